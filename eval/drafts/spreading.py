"""Which passages questions are asked about, so that all notes and headings get their share."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import chain, cycle, zip_longest

from eval.drafts.drafting import KINDS, kinds_for
from eval.types import Case
from rag.types import Chunk, Role

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


def plan(chunks: Sequence[Chunk], kinds: Sequence[str] = KINDS) -> Iterator[tuple[Chunk, str]]:
    """Which kind to ask of which passage, the kinds in turn; each passage once with each of them.

    Raises:
        KeyError: a kind is not known.
    """
    turns = cycle(kinds)
    asked: set[tuple[str, str]] = set()
    for _ in kinds:
        for chunk in chunks:
            able = [one for one in kinds_for(chunk, kinds) if (chunk.id, one) not in asked]
            if able:
                first = next(one for one in turns if one in able)
                asked.add((chunk.id, first))
                yield chunk, first


def _is_worth(chunk: Chunk) -> bool:
    return chunk.role is Role.NOTE and len(re.findall(r"\w{2,}", chunk.text)) >= LEAST_WORDS


def _is_quoted(chunk: Chunk, known: Sequence[Case]) -> bool:
    targets = [target for case in known for target in case.targets]
    return any(t.names(chunk.note_path) and t.quote in chunk.text for t in targets)


def _shuffled(chunk: Chunk) -> str:
    return sha256(chunk.id.encode()).hexdigest()


def _in_turn(several: Sequence[Sequence[Chunk]]) -> list[Chunk]:
    return [one for one in chain(*zip_longest(*several)) if one is not None]
