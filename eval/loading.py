"""Cases from JSONL files, checked before anything is asked: a wrong case is worse than none."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from eval.case_lines import parse
from eval.text import find_quote, overlap
from eval.types import Case, Standing, Target
from rag.errors import CaseError
from rag.types import Span

_MARK = "\ufeff"
_NO_QUIZ: Mapping[str, Sequence[Span]] = MappingProxyType({})


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a JSONL file that a person has kept; see eval/case_lines.py for its lines.

    Raises:
        CaseError: as `all_cases`; or none of the cases was kept yet.
    """
    cases = all_cases(path)
    gold = tuple(case for case in cases if case.standing is Standing.GOLD)
    if not gold:
        drafts = sum(case.standing is Standing.DRAFT for case in cases)
        raise CaseError(
            f"{path}: none of its {len(cases)} cases was kept yet; "
            + (f"look at the drafts: crib quiz review {path}" if drafts else "all were dropped")
        )
    return gold


def all_cases(path: Path) -> tuple[Case, ...]:
    """All cases of a JSONL file, drafts and dropped ones too; blank lines are skipped.

    Raises:
        CaseError: the file cannot be read or holds no case, or a line is not a case; the message
            begins with `path:line` and says what to change.
    """
    cases = tuple(case for _, case in numbered(read_text(path), str(path)))
    if not cases:
        raise CaseError(f"{path}:1: holds no case; write one JSON object a line")
    return cases


def numbered(text: str, path: str) -> Iterator[tuple[int, Case]]:
    """The cases in the text of a file, each with the number of its line, from 1.

    Raises:
        CaseError: a line is not a case, or its id is taken.
    """
    lines_by_id: dict[str, int] = {}
    for number, line in enumerate(text.removeprefix(_MARK).split("\n"), start=1):
        if line.strip():
            case = parse(line, f"{path}:{number}")
            first = lines_by_id.setdefault(case.id, number)
            if first != number:
                raise CaseError(
                    f"{path}:{number}: the id {case.id!r} is taken by line {first}; choose another"
                )
            yield number, case


def read_text(path: Path) -> str:
    """The text of a file of cases, with its byte order mark. Raises CaseError."""
    try:
        return path.read_bytes().decode()
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from None


def check_targets(
    cases: Iterable[Case],
    texts: Mapping[str, str],
    quiz_spans: Mapping[str, Sequence[Span]] = _NO_QUIZ,
) -> None:
    """Make sure that every quote stands in its note, and not in an answer key alone.

    Args:
        cases: whose targets are checked.
        texts: the text of each note, by its absolute path.
        quiz_spans: where each note is a quiz, by its path; offsets into its text.

    Raises:
        CaseError: names the case, the note and the line that is nearest to the quote.
    """
    for case in cases:
        for target in case.targets:
            path = _note_of(case, target, texts)
            _check_quote(case, target, texts[path], quiz_spans.get(path, ()))


def _note_of(case: Case, target: Target, texts: Mapping[str, str]) -> str:
    paths = [path for path in texts if target.names(path)]
    if len(paths) == 1:
        return paths[0]
    if paths:
        problem = f"is any of {', '.join(sorted(paths))}; write more of its path"
    else:
        problem = f"is none of the notes ({', '.join(sorted(texts)) or 'there are none'}); add it"
    raise CaseError(f"case {case.id!r}: the note {target.note_path!r} {problem}")


def _check_quote(case: Case, target: Target, text: str, quizzes: Sequence[Span]) -> None:
    what = f"case {case.id!r}: the quote {target.quote!r}"
    if target.quote not in text:
        raise CaseError(
            f"{what} is not in {target.note_path}; {_nearest(target.quote, text)}; copy it verbatim"
        )
    places = find_quote(target.quote, text)
    if all(any(overlap(place, quiz) for quiz in quizzes) for place in places):
        raise CaseError(
            f"{what} stands only in a quiz of {target.note_path}; quote what stands outside, "
            "or set answerable to false and quiz_only to true"
        )


def _nearest(quote: str, text: str) -> str:
    lines = {
        line.strip(): number
        for number, line in enumerate(text.removeprefix(_MARK).split("\n"), start=1)
    }
    nearest = difflib.get_close_matches(quote, filter(None, lines), n=1, cutoff=0)
    return f"nearest is line {lines[nearest[0]]}: {nearest[0]!r}" if nearest else "it is empty"
