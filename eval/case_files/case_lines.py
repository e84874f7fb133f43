"""A case as a line of JSON, read and written; a wrong case is worse than none, so all is checked.

`{"id", "question", "references": [...], "targets": [{"note", "quote"}], "answerable"}` have to be
there. The others may be left out, and are not written where they say nothing: "quiz_only", "kind",
"options": [...], "correct": [places in the options, from 0], "before": [...], "facts": [...],
"origin": {"note", "lines": [first, last], "form"}, and "draft" or "dropped", which say that nobody
has looked at the case, or that a person has turned it down. See eval/types.py for what they mean.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.case_files.columns import column
from eval.case_files.contradictions import contradiction_in
from eval.types import Case, Origin, Standing, Target
from rag.errors import CaseError

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


def parse(line: str, place: str) -> Case:
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
