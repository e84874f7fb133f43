"""Cases and runs as data sets of Ragas and of DeepEval, and cases back from these, as drafts.

Ragas reads its `SingleTurnSample`s from JSONL (0.2 and later), DeepEval its goldens from a JSON
list with the keys that its `save_as` writes. What they have no place for goes along under the key
`cribsheet`, where neither looks, so that what is brought back is the same case. References are
given as one text there; a question to be refused has the refusal itself for its reference.

Coming back, a context that is said to hold the answer becomes a verbatim quote if it, or a sentence
of it, stands in a note. Limitations: a context in other words than the notes'; such a case stays
without a quote until one is found or given to it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from eval.case_files import contradiction_in, dump, parse_case, shortest
from eval.causes import given
from eval.runner import posed
from eval.texts.tokens import find_quote, grader_words, parts, token_stems
from eval.types import Case, Format, Run, Standing, Target
from rag.errors import CaseError
from rag.files import write_text
from rag.prompts import REFUSAL, is_refusal
from rag.text.sentences import sentence_spans
from rag.types import Answer, Chunk

_OWN = "cribsheet"
"""The key of what only Cribsheet reads."""

Asked = tuple[Case, Answer | None]
_Record = dict[str, Any]  # an object of JSON, before it is known to be anything

_MARK = re.compile(r"\s*\[\d{1,3}\]")


def asked_in(run: Run) -> list[Asked]:
    """The cases of a run with what was answered; None where nothing was."""
    return [(outcome.case, outcome.answer) for outcome in run.outcomes]


def data_set_records(asked: Iterable[Asked], to: Format) -> list[_Record]:
    """A record for each case, with what was answered where it was asked."""
    make = {Format.RAGAS: _ragas, Format.DEEPEVAL: _deepeval}[to]
    return [make(case, answer) for case, answer in asked]


def write_records(found: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write JSON, or JSONL where the name ends so: all of it, or nothing. Raises OSError."""
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found)
    else:
        text = json.dumps(list(found), ensure_ascii=False, indent=2) + "\n"
    write_text(path, text)


def reference_of(case: Case) -> str:
    """The first reference as one text; the refusal for a case that is to be refused."""
    if not case.answerable:
        return REFUSAL
    return " and ".join(parts(case.references[0])) if case.references else ""


def _ragas(case: Case, answer: Answer | None) -> _Record:
    record: _Record = {
        "user_input": posed(case),
        "reference": reference_of(case),
        "reference_contexts": [target.quote for target in case.targets],
        "reference_context_ids": [target.note_path for target in case.targets],
    }
    if answer:
        read = [hit.chunk for hit in given(answer)]
        record["response"] = _MARK.sub("", answer.text).strip()
        record["retrieved_contexts"] = [chunk.text for chunk in read]
        record["retrieved_context_ids"] = [_place(chunk) for chunk in read]
    return {**record, _OWN: _own(case)}


def _deepeval(case: Case, answer: Answer | None) -> _Record:
    read = given(answer) if answer else ()
    return {
        "input": posed(case),
        "actual_output": _MARK.sub("", answer.text).strip() if answer else None,
        "expected_output": reference_of(case),
        "retrieval_context": [hit.chunk.text for hit in read] if answer else None,
        "context": [target.quote for target in case.targets],
        "name": case.id,
        "comments": None,
        "source_file": case.targets[0].note_path if case.targets else None,
        "additional_metadata": {_OWN: _own(case)},
    }


def _own(case: Case) -> _Record:
    own: _Record = json.loads(dump(case))
    return own


def _place(chunk: Chunk) -> str:
    return chunk.place_at(0, chunk.name)


_LISTS = ("samples", "goldens", "test_cases", "testCases")


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
    own: dict[str, Any] | None = Field(None, alias=_OWN)

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
        own = (self.additional_metadata or {}).get(_OWN)
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


def _row_of(record: Any, kind: Format) -> _Row:
    """What a record says. Raises pydantic's ValidationError if it is none."""
    return _MODELS[kind].model_validate(_whole(record)).to_row()


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


CARRIES = 0.5
"""A sentence of a context is the quote if it holds this share of the reference's words."""

_ID_CHARS = 48


@dataclass(frozen=True, slots=True)
class Imported:
    """The cases, all of them drafts, and a line for each record that is none."""

    cases: tuple[Case, ...]
    problems: tuple[str, ...]


def imported(found: Sequence[tuple[str, Any]], kind: Format, texts: Mapping[str, str]) -> Imported:
    """Cases of the records; `texts` of the notes are by their absolute paths."""
    cases: dict[str, Case] = {}
    problems = []
    for place, record in found:
        try:
            case = _case(_row_of(record, kind), place, texts)
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


def _case(row: _Row, place: str, texts: Mapping[str, str]) -> Case:
    """The case of a row. What was changed where it had been taken to counts, not what it was."""
    known = parse_case(json.dumps(row.own), place) if row.own else None
    case = _changed(known, row) if known else _new(row, texts)
    if not case.question:
        raise CaseError(f"{place}: has no question; write one")
    if problem := contradiction_in(case):
        raise CaseError(f"{place}: {problem}")
    return case


def _changed(known: Case, row: _Row) -> Case:
    """A case that is brought back."""
    case = replace(known, standing=Standing.DRAFT)
    if row.question != posed(known):
        options = posed(known).removeprefix(known.question)
        case = replace(case, question=_line(row.question.removesuffix(options)))
    if row.reference == reference_of(known):
        return case
    if is_refusal(row.reference):
        return replace(case, answerable=False, references=(), targets=(), facts=())
    return replace(case, answerable=True, quiz_only=False, references=(_line(row.reference),))


def _new(row: _Row, texts: Mapping[str, str]) -> Case:
    answerable = not is_refusal(row.reference)
    return Case(
        id=row.name or _identity(row.question),
        question=_line(row.question),
        references=(_line(row.reference),) if answerable and row.reference else (),
        targets=tuple(dict.fromkeys(_targets(row, texts))) if answerable else (),
        answerable=answerable,
        before=tuple(row.before),
        standing=Standing.DRAFT,
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _targets(row: _Row, texts: Mapping[str, str]) -> Iterator[Target]:
    for context in row.contexts:
        found = _standing(context, row.reference, texts)
        if found:
            path, quote = found
            yield Target(shortest(path, texts.keys()), quote)


def _standing(context: str, reference: str, texts: Mapping[str, str]) -> tuple[str, str] | None:
    """The note and its very words that hold the context, or the sentence of it that answers."""
    wanted = frozenset(token_stems(reference))
    sentences = [context[span.start : span.end] for span in sentence_spans(context)]
    shares = {one: _share(wanted, one) for one in sentences}
    able = sorted((one for one in sentences if shares[one] >= CARRIES), key=lambda s: -shares[s])
    for piece in (*able, context):
        for path, text in texts.items():
            for span in find_quote(piece, text):
                return path, text[span.start : span.end]
    return None


def _share(wanted: frozenset[str], sentence: str) -> float:
    return len(wanted.intersection(token_stems(sentence))) / len(wanted) if wanted else 0.0


def _identity(question: str) -> str:
    return "-".join(grader_words(question))[:_ID_CHARS].strip("-") or "question"
