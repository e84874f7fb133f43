"""Cases as lines of JSON: read, checked and written; a wrong case is worse than none.

`{"id", "question", "references": [...], "targets": [{"note", "quote"}], "answerable"}` have to be
there. The others may be left out, and are not written where they say nothing: "quiz_only", "kind",
"options": [...], "correct": [places in the options, from 0], "before": [...], "facts": [...],
"origin": {"note", "lines": [first, last], "form"}, and "draft" or "dropped", which say that nobody
has looked at the case, or that a person has turned it down. See eval/types.py for what they mean.
"""

import difflib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.texts.tokens import find_quote, grader_words, overlap, parts
from eval.types import Case, Origin, Standing, Target
from rag.errors import CaseError
from rag.files import write_text
from rag.text.sentences import sentence_spans
from rag.types import Span

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[][{},:]|[^][{},:"\s]+')


def column(line: str, way: Sequence[str | int]) -> int:
    """The column, from 1, of what `way` (keys, and places in lists) leads to in a valid `line`.

    What a key holds is pointed at by the key; where the way leads nowhere, by its last known step.
    """
    columns: dict[tuple[str | int | None, ...], int] = {}
    path: list[str | int | None] = []  # a key or a place in each open container; None before a key
    for token in _TOKEN.finditer(line):
        word, own = token[0], path[-1] if path else 0
        if word in "]}":
            path.pop()
        elif word == ",":
            path[-1] = own + 1 if isinstance(own, int) else None
        elif word != ":":
            if own is None:
                path[-1] = json.loads(word)
            if not isinstance(own, str):  # else it is what a key holds
                columns[tuple(path)] = token.start()
            if word in "[{":
                path.append(0 if word == "[" else None)
    steps = (tuple(way[:count]) for count in range(len(way), -1, -1))
    return next(columns[one] for one in steps if one in columns) + 1


def contradiction_in(case: Case) -> str:
    """The first contradiction and the way out of it; empty if there is none.

    A draft need not be quoted yet.
    """
    found = _of_answerable(case) if case.answerable else _of_unanswerable(case)
    return next(chain(found, _of_any(case)), "")


def _of_answerable(case: Case) -> Iterator[str]:
    if not case.references:
        yield "answerable without references; add one, or set answerable to false"
    if not case.targets and case.standing is Standing.GOLD:
        yield "answerable without targets; quote the note, or set answerable to false"
    if case.quiz_only:
        yield "answerable and quiz_only; what only the quiz answers has answerable false"


def _of_unanswerable(case: Case) -> Iterator[str]:
    for name in ("references", "targets", "facts"):
        if getattr(case, name):
            yield f"not answerable but with {name}; empty them, or set answerable to true"


def _of_any(case: Case) -> Iterator[str]:
    for name in ("references", "facts"):
        texts: tuple[str, ...] = getattr(case, name)
        if wordless := [part for text in texts for part in parts(text) if not grader_words(part)]:
            yield f"the {name} {wordless!r} have no word that counts; give each part one"
    if beyond := [place for place in case.correct if place >= len(case.options)]:
        yield f"correct names {beyond!r}, but the {len(case.options)} options are counted from 0"
    if len(set(case.correct)) < len(case.correct):
        yield f"correct is {list(case.correct)!r}; name each option once"
    if case.origin and case.origin.start_line > case.origin.end_line:
        yield "the lines of the origin end before they begin; write [first, last]"


_MOST = 300
"""Characters shown of it at most."""


def describe_nearest(quote: str, text: str) -> str:
    """The piece of `text` most like the quote, in words for a person, with its line.

    Pieces are sentences and items, and as many lines in a row as the quote has.
    """
    pieces = {piece: line for line, piece in _pieces(text, quote.strip().count("\n") + 1)}
    found = difflib.get_close_matches(quote.strip(), pieces, n=1, cutoff=0)
    if not found:
        return "it is empty"
    shown = found[0] if len(found[0]) <= _MOST else f"{found[0][:_MOST]}..."
    return f"nearest is line {pieces[found[0]]}: {shown!r}"


def _pieces(text: str, count: int) -> Iterator[tuple[int, str]]:
    for span in sentence_spans(text):
        yield text.count("\n", 0, span.start) + 1, text[span.start : span.end]
    lines = text.split("\n")
    for first in range(len(lines) - count + 1):
        if piece := "\n".join(lines[first : first + count]).strip():
            yield first + 1, piece


_MOST_NOTES = 3


@dataclass(frozen=True, slots=True)
class NoteTexts:
    """The text of each note by its absolute path, and where it is a quiz: offsets into it."""

    texts: Mapping[str, str]
    quizzes: Mapping[str, Sequence[Span]] = field(default_factory=dict)

    def outside(self, words: str, path: str) -> list[Span]:
        """Where the words stand in a note, quizzes left out; any run of blanks equals another."""
        hidden = self.quizzes.get(path, ())
        found = find_quote(words, self.texts[path])
        return [span for span in found if not any(overlap(span, quiz) for quiz in hidden)]


def place_of(target: Target, notes: NoteTexts) -> tuple[str, Span]:
    """The note that is quoted, and where the quote stands in it first, outside of its quizzes.

    Raises:
        CaseError: says what is wrong with the target: which note is not there, or which line is
            nearest to a quote that is not in it.
    """
    path = _path(target, notes)
    text = notes.texts[path]
    what = f"the quote {target.quote!r}"
    if target.quote not in text:
        raise CaseError(
            f"{what} is not in {target.note_path}; {describe_nearest(target.quote, text)}; "
            "copy it verbatim, or run: crib quiz review --stale"
        )
    places = notes.outside(target.quote, path)
    if not places:
        raise CaseError(
            f"{what} stands only in a quiz of {target.note_path}; quote what stands outside, "
            "or set answerable to false and quiz_only to true"
        )
    verbatim = (span for span in places if text[span.start : span.end] == target.quote)
    return path, next(verbatim, places[0])


def shortest(path: str, paths: Collection[str]) -> str:
    """The shortest end of a note's path that names it alone among `paths`."""
    steps = path.split("/")
    ends = ("/".join(steps[-count:]) for count in range(1, len(steps)))
    alone = (end for end in ends if sum(Target(end, "").names(other) for other in paths) <= 1)
    return next(alone, path)


def _path(target: Target, notes: NoteTexts) -> str:
    paths = sorted(path for path in notes.texts if target.names(path))
    if len(paths) == 1:
        return paths[0]
    what = f"the note {target.note_path!r}"
    if paths:
        raise CaseError(f"{what} is any of {', '.join(paths)}; write more of its path")
    there = sorted(notes.texts)
    if len(there) > _MOST_NOTES:
        by_end = {path[-len(target.note_path) - 1 :]: path for path in there}
        close = difflib.get_close_matches(f"/{target.note_path}", by_end, _MOST_NOTES, cutoff=0)
        there = [*(by_end[end] for end in close), "..."]
    raise CaseError(f"{what} is none of the notes ({', '.join(there) or 'there are none'}); add it")


_Filled = Annotated[str, StringConstraints(pattern=r"\S")]
_Place = Annotated[int, Field(ge=0)]
_LineNumber = Annotated[int, Field(ge=1)]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _TargetLine(_Line):
    """A target as it is written."""

    note: _Filled
    quote: _Filled


class _OriginLine(_Line):
    """Where a case was found, as it is written."""

    note: _Filled
    lines: Annotated[list[_LineNumber], Field(min_length=2, max_length=2)]
    form: _Filled

    def to_origin(self) -> Origin:
        first, last = self.lines
        return Origin(self.note, first, last, self.form)


class _CaseLine(_Line):
    """A case as it is written; the keys in their order."""

    id: _Filled
    question: _Filled
    references: list[_Filled]
    targets: list[_TargetLine]
    answerable: bool
    quiz_only: bool = False
    kind: _Filled = "fact"
    options: list[_Filled] = []
    correct: list[_Place] = []
    before: list[_Filled] = []
    facts: list[_Filled] = []
    origin: _OriginLine | None = None
    draft: bool = False
    dropped: bool = False

    def to_case(self) -> Case:
        standing = Standing.DROPPED if self.dropped else Standing.DRAFT
        return Case(
            id=self.id,
            question=self.question,
            references=tuple(self.references),
            targets=tuple(Target(target.note, target.quote) for target in self.targets),
            answerable=self.answerable,
            quiz_only=self.quiz_only,
            kind=self.kind,
            options=tuple(self.options),
            correct=tuple(self.correct),
            before=tuple(self.before),
            facts=tuple(self.facts),
            origin=self.origin.to_origin() if self.origin else None,
            standing=standing if self.draft or self.dropped else Standing.GOLD,
        )


def parse_case(line: str, place: str) -> Case:
    """The case of a line; `place` is what errors begin with, such as `path:line`.

    Raises:
        CaseError: names the place with its column, and says what to change.
    """
    try:
        read = json.loads(line, object_pairs_hook=_once)
        written = _CaseLine.model_validate(read)
    except json.JSONDecodeError as error:
        raise CaseError(f"{place}:{error.colno}: not JSON ({error.msg}); fix the line") from None
    except ValidationError as error:
        at = column(line, error.errors()[0]["loc"])
        raise CaseError(f"{place}:{at}: {_explain(error)}") from None
    except (ValueError, RecursionError) as error:  # the latter of brackets in thousands
        raise CaseError(f"{place}: {error}; fix the line") from None
    case = written.to_case()
    both = "draft and dropped; take one of them out" if written.draft and written.dropped else ""
    if contradiction := contradiction_in(case) or both:
        raise CaseError(f"{place}: {contradiction}")
    return case


def dump(case: Case) -> str:
    """The line of a case: always the same one, in readable UTF-8, without what it leaves unsaid."""
    line: dict[str, Any] = {
        "id": case.id,
        "question": case.question,
        "references": case.references,
        "targets": [{"note": target.note_path, "quote": target.quote} for target in case.targets],
        "answerable": case.answerable,
    }
    others = {
        "quiz_only": case.quiz_only,
        "kind": "" if case.kind == "fact" else case.kind,
        **{name: getattr(case, name) for name in ("options", "correct", "before", "facts")},
        "origin": _written(case.origin) if case.origin else None,
        "draft": case.standing is Standing.DRAFT,
        "dropped": case.standing is Standing.DROPPED,
    }
    line |= {name: value for name, value in others.items() if value}
    return json.dumps(line, ensure_ascii=False)


def _written(origin: Origin) -> dict[str, Any]:
    lines = [origin.start_line, origin.end_line]
    return {"note": origin.note_path, "lines": lines, "form": origin.form}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these keys, none of which may stand twice: only the last would be read."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands twice; leave one of them")
    return made


def _explain(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(map(str, first["loc"]))
    match first["type"]:
        case "extra_forbidden":
            known = _MODELS.get(str(first["loc"][0]), _CaseLine)
            fields = (known if len(first["loc"]) > 1 else _CaseLine).model_fields
            return f"unknown key {key!r}; the keys are {', '.join(fields)}"
        case "missing":
            return f"the key {key!r} is missing; add it"
        case "string_pattern_mismatch":
            return f"{key} is blank; fill it in"
        case _:
            return f"{key or 'the line'} is {first['input']!r}: {first['msg']}"


_MODELS: dict[str, type[_Line]] = {"targets": _TargetLine, "origin": _OriginLine}


_MARK = "\ufeff"
_NO_QUIZ: Mapping[str, Sequence[Span]] = MappingProxyType({})


def load_cases(path: Path) -> tuple[Case, ...]:
    """The cases of a JSONL file that a person has kept.

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


def distinct_cases(cases: Sequence[Case]) -> tuple[tuple[Case, ...], tuple[str, ...]]:
    """The cases, each question once, and the ids of those that only ask it again.

    Two cases with the same question, after the same ones, are no two observations: counted as such
    they would make every interval too narrow.
    """
    first: dict[tuple[str, ...], Case] = {}
    again = []
    for case in cases:
        words = tuple(" ".join(one.casefold().split()) for one in (*case.before, case.question))
        if first.setdefault(words, case) is not case:
            again.append(case.id)
    return tuple(first.values()), tuple(again)


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
            case = parse_case(line, f"{path}:{number}")
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
    notes = NoteTexts(texts, quiz_spans)
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


def put_cases(path: Path, cases: Iterable[Case]) -> None:
    """Write cases into the file, each in the place of the one of its id, new ones at the end.

    The file is read anew and replaced as a whole, so that what was typed into it meanwhile is
    kept, and a kill leaves the old one or the new one.

    Raises:
        CaseError: the file, if it is there, is no file of cases, or it cannot be written; or a
            case contradicts itself, and could not be read again.
    """
    cases = tuple(cases)
    for case in cases:
        if contradiction := contradiction_in(case):
            raise CaseError(f"case {case.id!r}: {contradiction}")
    old = read_text(path) if path.exists() else ""
    known = {case.id: (number - 1, case) for number, case in numbered(old, str(path))}
    ending = "\r" if "\r\n" in old else ""
    *lines, last = old.split("\n")
    lines += [last + ending] if last else []
    for case in cases:
        place, there = known.get(case.id, (len(lines), None))
        if there is None:
            known[case.id] = (place, case)
            lines.append("")
        if there != case:
            lines[place] = dump(case) + ending
    try:
        write_text(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise CaseError(f"{path}: cannot be written ({error.strerror}); check the path") from None


def add_cases(path: Path, cases: Iterable[Case]) -> int:
    """Write those cases into the file whose ids it does not hold yet; how many these are.

    What a person has made of a draft stays, and so does that it was dropped.

    Raises:
        CaseError: as `put_cases`.
    """
    text = read_text(path) if path.exists() else ""
    known = {case.id for _, case in numbered(text, str(path))}
    new = [case for case in cases if case.id not in known]
    if new:
        put_cases(path, new)
    return len(new)
