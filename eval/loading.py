"""Cases from JSONL files, checked before anything is asked: a wrong case is worse than none.

A line is one case:
`{"id", "question", "references": [...], "targets": [{"note", "quote"}], "answerable",
"quiz_only", "kind", "options"}`, of which the last three may be left out.
"""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from eval.text import find_quote, overlap, parts, words
from eval.types import Case, Target
from rag.errors import CaseError
from rag.types import Span

_Filled = Annotated[str, StringConstraints(pattern=r"\S")]
_NO_QUIZ: Mapping[str, Sequence[Span]] = MappingProxyType({})


class _TargetLine(BaseModel):
    """A target as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    note: _Filled
    quote: _Filled


class _CaseLine(BaseModel):
    """A case as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: _Filled
    question: _Filled
    references: list[_Filled]
    targets: list[_TargetLine]
    answerable: bool
    quiz_only: bool = False
    kind: _Filled = "fact"
    options: list[_Filled] = []

    def to_case(self) -> Case:
        return Case(
            id=self.id,
            question=self.question,
            references=tuple(self.references),
            targets=tuple(Target(target.note, target.quote) for target in self.targets),
            answerable=self.answerable,
            quiz_only=self.quiz_only,
            kind=self.kind,
            options=tuple(self.options),
        )


def load_cases(path: Path) -> tuple[Case, ...]:
    """Read the cases of a JSONL file; blank lines are skipped.

    Raises:
        CaseError: the file cannot be read or holds no case, or a line is not a case; the message
            begins with `path:line` and says what to change.
    """
    lines_by_id: dict[str, int] = {}
    cases = []
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if line.strip():
            case = _parse(line, f"{path}:{number}")
            first = lines_by_id.setdefault(case.id, number)
            if first != number:
                raise CaseError(
                    f"{path}:{number}: the id {case.id!r} is taken by line {first}; choose another"
                )
            cases.append(case)
    if not cases:
        raise CaseError(f"{path}:1: holds no case; write one JSON object a line")
    return tuple(cases)


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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise CaseError(f"{path}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise CaseError(f"{path}: byte {error.start} is not UTF-8; save it as UTF-8") from None


def _parse(line: str, place: str) -> Case:
    try:
        case = _CaseLine.model_validate(json.loads(line)).to_case()
    except json.JSONDecodeError as error:
        raise CaseError(f"{place}:{error.colno}: not JSON ({error.msg}); fix the line") from None
    except ValidationError as error:
        raise CaseError(f"{place}: {_explain(error)}") from None
    contradiction = _contradiction(case)
    if contradiction:
        raise CaseError(f"{place}: {contradiction}")
    return case


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    match first["type"]:
        case "extra_forbidden":
            known = (_CaseLine if len(first["loc"]) == 1 else _TargetLine).model_fields
            return f"unknown key {key!r}; the keys are {', '.join(known)}"
        case "missing":
            return f"the key {key!r} is missing; add it"
        case "string_pattern_mismatch":
            return f"{key} is blank; fill it in"
        case _:
            return f"{key or 'the line'} is {first['input']!r}: {first['msg']}"


def _contradiction(case: Case) -> str:
    """What in the case cannot be true together, and the way out; empty if nothing."""
    wordless = [part for ref in case.references for part in parts(ref) if not words(part)]
    rules = (
        (
            case.answerable and not case.references,
            "answerable without references; add one, or set answerable to false",
        ),
        (
            case.answerable and not case.targets,
            "answerable without targets; quote the note, or set answerable to false",
        ),
        (
            case.answerable and case.quiz_only,
            "answerable and quiz_only; what only the quiz answers has answerable false",
        ),
        (
            not case.answerable and bool(case.references or case.targets),
            "not answerable but with references or targets; empty both, or set answerable to true",
        ),
        (
            bool(wordless),
            f"the references {wordless!r} have no word that counts; give each part one",
        ),
    )
    return next((message for broken, message in rules if broken), "")


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
    lines = {line.strip(): number for number, line in enumerate(text.split("\n"), start=1)}
    nearest = difflib.get_close_matches(quote, filter(None, lines), n=1, cutoff=0)
    return f"nearest is line {lines[nearest[0]]}: {nearest[0]!r}" if nearest else "it is empty"
