"""Dialogues from a JSONL file: questions that follow one another, each with where its answer is.

A line is one dialogue: `{"id", "turns": [{"question", "kind", "note", "quote"}, ...]}`. The kind of
a first turn is "opening"; that of a later one says how it leans on those before, or that it does
not ("shift"). Half of the dialogues are held out, once and for all by a hash of their ids, so that
what is tuned on one half can be reported on the other.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from eval.case_files import check_targets
from eval.types import Case, Target
from rag.errors import CaseError

OPENING = "opening"
KINDS = frozenset(
    f"{OPENING} pronoun ellipsis other why comparison shift return correction more careless".split()
)

_Filled = Annotated[str, StringConstraints(pattern=r"\S")]


@dataclass(frozen=True, slots=True)
class AskedTurn:
    """A question of a dialogue, and the place in the notes that answers it."""

    question: str
    kind: str
    target: Target


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Two or more questions in order."""

    id: str
    turns: tuple[AskedTurn, ...]

    @property
    def is_held_out(self) -> bool:
        """True for about every other dialogue; depends on the id alone."""
        return hashlib.sha256(self.id.encode()).digest()[0] % 2 == 1


class _TurnLine(BaseModel):
    """A turn as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: _Filled
    kind: _Filled
    note: _Filled
    quote: _Filled

    def to_turn(self) -> AskedTurn:
        return AskedTurn(self.question, self.kind, Target(self.note, self.quote))


class _DialogueLine(BaseModel):
    """A dialogue as it is written."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: _Filled
    turns: list[_TurnLine] = Field(min_length=2)


def load_dialogues(path: Path) -> tuple[Dialogue, ...]:
    """Read the dialogues of a JSONL file; blank lines are skipped.

    Raises:
        CaseError: the file cannot be read or holds no dialogue, or a line is not one; the message
            begins with `path:line`, or with `path`, and says what to change.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CaseError(f"{path}: cannot be read ({error}); check the path") from None
    found: dict[str, Dialogue] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            dialogue = _parse(line, f"{path}:{number}")
            if dialogue.id in found:
                raise CaseError(f"{path}:{number}: the id {dialogue.id!r} is taken; choose another")
            found[dialogue.id] = dialogue
    if not found:
        raise CaseError(f"{path}:1: holds no dialogue; write one JSON object a line")
    return tuple(found.values())


def check_quotes(dialogues: Iterable[Dialogue], texts: Mapping[str, str]) -> None:
    """Make sure that every quote stands in its note; `texts` by the notes' absolute paths.

    Raises:
        CaseError: names the turn, the note and the line that is nearest to the quote.
    """
    check_targets(
        [
            Case(f"{dialogue.id}/{place}", turn.question, (), (turn.target,), answerable=True)
            for dialogue in dialogues
            for place, turn in enumerate(dialogue.turns, start=1)
        ],
        texts,
    )


def _parse(line: str, place: str) -> Dialogue:
    try:
        read = _DialogueLine.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise CaseError(f"{place}:{error.colno}: not JSON ({error.msg}); fix the line") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise CaseError(f"{place}: {where} is {first['input']!r}: {first['msg']}") from None
    dialogue = Dialogue(read.id, tuple(turn.to_turn() for turn in read.turns))
    kinds = [turn.kind for turn in dialogue.turns]
    if kinds[0] != OPENING or OPENING in kinds[1:] or not KINDS.issuperset(kinds):
        allowed = ", ".join(sorted(KINDS - {OPENING}))
        raise CaseError(f"{place}: the kinds are {kinds}; write opening, then any of {allowed}")
    return dialogue
