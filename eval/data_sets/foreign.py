"""Records as Ragas and DeepEval write them: what both say of a question, in one shape."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from eval.data_sets.exchange import OWN
from eval.types import Format
from rag.errors import CaseError

_LISTS = ("samples", "goldens", "test_cases", "testCases")


class Row(BaseModel):
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

    def to_row(self) -> Row:
        said = self.user_input
        asked = [said] if isinstance(said, str) else [m.content for m in said if m.type == "human"]
        return Row(
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

    def to_row(self) -> Row:
        own = (self.additional_metadata or {}).get(OWN)
        return Row(
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


def row_of(record: Any, kind: Format) -> Row:
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
