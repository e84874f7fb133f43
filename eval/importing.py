"""Records of Ragas or of DeepEval -> cases, as drafts: somebody has to look at them.

A context that is told to hold the answer becomes a verbatim quote if it, or a sentence of it,
stands in a note. What this does not know: a context in other words than the notes'; such a case
stays without a quote until one is found or given to it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from eval.case_lines import parse
from eval.contradictions import contradiction_in
from eval.exchange import OWN, reference_of
from eval.quoting import shortest
from eval.text import find_quote, stems, words
from eval.types import Case, Format, Standing, Target
from rag.errors import CaseError
from rag.prompts import is_refusal
from rag.sentences import sentence_spans

CARRIES = 0.5
"""A sentence of a context is the quote if it holds this share of the reference's words."""

_ID_CHARS = 48
_LISTS = ("samples", "goldens", "test_cases", "testCases")


@dataclass(frozen=True, slots=True)
class Imported:
    """The cases, all of them drafts, and a line for each record that is none."""

    cases: tuple[Case, ...]
    problems: tuple[str, ...]


class _Row(BaseModel):
    """What both formats say of a question."""

    model_config = ConfigDict(extra="ignore")

    question: str
    reference: str = ""
    contexts: list[str] = []
    before: list[str] = []
    name: str = ""
    own: dict[str, Any] | None = None


class _Message(BaseModel):
    type: str
    content: str


class _Ragas(BaseModel):
    """A sample of Ragas, as it is written since 0.2, or before."""

    user_input: str | list[_Message] = Field(
        validation_alias=AliasChoices("user_input", "question")
    )
    reference: str | None = Field(None, validation_alias=AliasChoices("reference", "ground_truth"))
    reference_contexts: list[str] | None = None
    own: dict[str, Any] | None = Field(None, alias=OWN)

    def to_row(self) -> _Row:
        said = self.user_input
        asked = [said] if isinstance(said, str) else [m.content for m in said if m.type == "human"]
        return _Row(
            question=asked[-1] if asked else "",
            before=asked[:-1],
            reference=self.reference or "",
            contexts=self.reference_contexts or [],
            own=self.own,
        )


class _DeepEval(BaseModel):
    """A golden or test case of DeepEval, with the keys of its files or of its platform."""

    input: str
    expected_output: str | None = Field(
        None, validation_alias=AliasChoices("expected_output", "expectedOutput")
    )
    context: list[str] | None = None
    name: str | None = None
    additional_metadata: dict[str, Any] | None = Field(
        None, validation_alias=AliasChoices("additional_metadata", "additionalMetadata")
    )

    def to_row(self) -> _Row:
        own = (self.additional_metadata or {}).get(OWN)
        return _Row(
            question=self.input,
            reference=self.expected_output or "",
            contexts=self.context or [],
            name=self.name or "",
            own=own if isinstance(own, dict) else None,
        )


_MODELS: Mapping[Format, type[_Ragas] | type[_DeepEval]] = {
    Format.RAGAS: _Ragas,
    Format.DEEPEVAL: _DeepEval,
}


def records_in(text: str, place: str) -> list[tuple[str, Any]]:
    """The records of a JSON list or of JSONL, each with where it stands, as `path:line`.

    Raises:
        CaseError: it is neither; names line and column.
    """
    try:
        whole = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip()]
        return [(f"{place}:{n}", _read(line, f"{place}:{n}")) for n, line in lines]
    if isinstance(whole, dict):
        lists = [whole[name] for name in _LISTS if isinstance(whole.get(name), list)]
        whole = lists[0] if lists else [whole]
    if not isinstance(whole, list):
        raise CaseError(f"{place}: holds no list of records; export it as JSON or JSONL")
    return [(f"{place}, record {number}", one) for number, one in enumerate(whole, 1)]


def imported(found: Sequence[tuple[str, Any]], kind: Format, texts: Mapping[str, str]) -> Imported:
    """Cases of the records; `texts` of the notes are by their absolute paths."""
    cases: dict[str, Case] = {}
    problems = []
    for place, record in found:
        try:
            row = _MODELS[kind].model_validate(_whole(record)).to_row()
            case = _case(row, place, texts)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the record"
            problems.append(f"{place}: {where}: {first['msg']}")
            continue
        except CaseError as error:
            problems.append(str(error))
            continue
        numbers = (f"{case.id}-{number}" for number in count(2))
        identity = next(one for one in chain([case.id], numbers) if one not in cases)
        cases[identity] = replace(case, id=identity)
    return Imported(tuple(cases.values()), tuple(problems))


def _read(line: str, place: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise CaseError(f"{place}:{error.colno}: not JSON ({error.msg}); fix the line") from None
    except RecursionError:
        raise CaseError(f"{place}: nested too deeply; fix the line") from None


def _whole(record: Any) -> Any:
    """Without halves of surrogate pairs, which JSON can escape and UTF-8 cannot write."""
    text = json.dumps(record, ensure_ascii=False)
    return json.loads(text.encode(errors="replace").decode())


def _case(row: _Row, place: str, texts: Mapping[str, str]) -> Case:
    """The case of a row. What was changed where it had been taken to counts, not what it was."""
    known = parse(json.dumps(row.own), place) if row.own else None
    if known and (known.question, reference_of(known)) == (row.question, row.reference):
        return replace(known, standing=Standing.DRAFT)
    if not row.question.strip():
        raise CaseError(f"{place}: has no question; write one")
    answerable = not is_refusal(row.reference)
    case = Case(
        id=(known.id if known else "") or row.name or _identity(row.question),
        question=" ".join(row.question.split()),
        references=(" ".join(row.reference.split()),) if answerable and row.reference else (),
        targets=tuple(dict.fromkeys(_targets(row, texts))) if answerable else (),
        answerable=answerable,
        before=tuple(row.before),
        standing=Standing.DRAFT,
    )
    if problem := contradiction_in(case):
        raise CaseError(f"{place}: {problem}")
    return case


def _targets(row: _Row, texts: Mapping[str, str]) -> Iterator[Target]:
    for context in row.contexts:
        found = _standing(context, row.reference, texts)
        if found:
            path, quote = found
            yield Target(shortest(path, texts.keys()), quote)


def _standing(context: str, reference: str, texts: Mapping[str, str]) -> tuple[str, str] | None:
    """The note and its very words that hold the context, or the sentence of it that answers."""
    wanted = frozenset(stems(reference))
    sentences = [context[span.start : span.end] for span in sentence_spans(context)]
    shares = {one: _share(wanted, one) for one in sentences}
    able = sorted((one for one in sentences if shares[one] >= CARRIES), key=lambda s: -shares[s])
    for piece in (*able, context):
        for path, text in texts.items():
            for span in find_quote(piece, text):
                return path, text[span.start : span.end]
    return None


def _share(wanted: frozenset[str], sentence: str) -> float:
    return len(wanted.intersection(stems(sentence))) / len(wanted) if wanted else 0.0


def _identity(question: str) -> str:
    return "-".join(words(question))[:_ID_CHARS].strip("-") or "question"
