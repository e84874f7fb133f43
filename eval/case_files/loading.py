"""Cases from JSONL files, checked before anything is asked: a wrong case is worse than none."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from eval.case_files.case_lines import parse
from eval.case_files.targets import Notes, place_of
from eval.types import Case, Standing
from rag.errors import CaseError
from rag.types import Span

_MARK = "\ufeff"
_NO_QUIZ: Mapping[str, Sequence[Span]] = MappingProxyType({})


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a JSONL file that a person has kept; see case_lines.py for its lines.

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
        CaseError: names the first such case, the note and the line that is nearest to the quote,
            and says how many other cases there are.
    """
    notes = Notes(texts, quiz_spans)
    problems: dict[str, str] = {}
    for case in cases:
        for target in case.targets:
            try:
                place_of(target, notes)
            except CaseError as error:
                problems.setdefault(case.id, str(error))
    if problems:
        case_id, problem = next(iter(problems.items()))
        others = f" (and {len(problems) - 1} more cases)" if len(problems) > 1 else ""
        raise CaseError(f"case {case_id!r}{others}: {problem}")
