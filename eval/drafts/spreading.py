"""Which passages questions are asked about, so that all notes and headings get their share."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain, zip_longest
from typing import TypeVar

from eval.drafts.drafting import KINDS
from eval.drafts.topics import Topic, topics_of
from eval.types import Case
from rag.types import Chunk, Role

_One = TypeVar("_One")

LEAST_WORDS = 8
"""Words of a passage that is worth a question."""


def spread(chunks: Sequence[Chunk], known: Sequence[Case]) -> list[Chunk]:
    """Passages in the order in which to ask: a note after another, a heading after another.

    Those that a known case quotes come last. The order depends on nothing but the notes.
    """
    worth = [chunk for chunk in chunks if _is_worth(chunk)]
    quoted = {chunk.id for chunk in worth if _is_quoted(chunk, known)}
    notes: dict[str, dict[tuple[str, ...], list[Chunk]]] = {}
    for chunk in sorted(worth, key=lambda one: (one.id in quoted, _shuffled(one))):
        notes.setdefault(chunk.note_path, {}).setdefault(chunk.headings, []).append(chunk)
    in_notes = [_in_turn(list(headings.values())) for headings in notes.values()]
    return sorted(_in_turn(in_notes), key=lambda one: one.id in quoted)


def plan(chunks: Sequence[Chunk], kinds: Sequence[str] = KINDS) -> Iterator[tuple[Topic, str]]:
    """Which line to ask about for which kind: a line of each passage, then the next ones.

    Of the kinds that suit a line the one that was had least is taken, so that all get their share.
    A passage whose line came to nothing has another one tried in its next turn.
    """
    had = dict.fromkeys(kinds, 0)
    several = [topics_of(chunk) for chunk in chunks]
    for topic in _in_turn([_told(one) for one in several]):
        able = [kind for kind in kinds if topic.suits(kind)]
        if able:
            kind = min(able, key=had.__getitem__)
            had[kind] += 1
            yield topic, kind


def _told(topics: Sequence[Topic]) -> list[Topic]:
    """Those that name what they are about come first."""
    return sorted(topics, key=lambda one: not one.has_term)


def _is_worth(chunk: Chunk) -> bool:
    return chunk.role is Role.NOTE and len(re.findall(r"\w{2,}", chunk.text)) >= LEAST_WORDS


def _is_quoted(chunk: Chunk, known: Sequence[Case]) -> bool:
    targets = [target for case in known for target in case.targets]
    return any(t.names(chunk.note_path) and t.quote in chunk.text for t in targets)


def _shuffled(chunk: Chunk) -> str:
    return sha256(chunk.id.encode()).hexdigest()


def _in_turn(several: Sequence[Sequence[_One]]) -> list[_One]:
    return [one for one in chain(*zip_longest(*several)) if one is not None]
