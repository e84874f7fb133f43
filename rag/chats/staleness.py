"""What has become of the words that an answer cites, now that its notes may have changed.

A note whose file has the same bytes is not read again. In one that has not, the cited words are
looked for: at their place, elsewhere, and then what comes nearest to them. What this does not know:
whether words that still stand there mean the same under another heading.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum
from functools import partial
from heapq import nlargest
from itertools import takewhile
from typing import Protocol

from rag.text.sentences import sentence_spans
from rag.types import Anchor, Answer, Chunk, Citation, Span

_NEAR = 0.5
"""Text is what became of a quote if at least this share of their characters is common to both."""

# "5 GB" stands neither in "15 GB" nor in "2.5 GB".
_NO_WORD_BEFORE = r"(?<!\w)(?<!\d[.,])"
_NO_WORD_AFTER = r"(?!\w|[.,]\d)"
_AROUND = 80  # characters before and after a quote that tell one place of it from another
_COMPARED = 12  # sentences that share most words with the quote, which difflib then compares
_LOOKED_THROUGH = 300_000  # characters around the old place, of a note that is longer


class Change(StrEnum):
    """What has become of a cited passage."""

    UNCHANGED = "unchanged"
    MOVED = "moved"
    CHANGED = "changed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class CitedNow:
    """What has become of what `[number]` cites: the words as they are at `place` today.

    `place` is `path:line` or `path (page 12)`, and lines count from 1. `text` is empty, lines are 0
    and the place is the old one where nothing is left: the note is gone, or nothing is like it.
    """

    number: int
    change: Change
    place: str
    start_line: int
    end_line: int
    text: str


class CurrentNotes(Protocol):
    """What there is to know of the notes of today. A catalog implements it."""

    def digests(self, paths: Collection[str]) -> Mapping[str, str]:
        """Digests of these notes' files, by path; a note that is not there is left out."""

    def paths_of(self, digest: str) -> list[str]:
        """Notes whose files have these bytes."""

    def body(self, path: str) -> tuple[str, tuple[Anchor, ...]]:
        """A note's text and its anchors."""


def is_stale(cited: Iterable[CitedNow]) -> bool:
    """True if something that was cited is no longer there; elsewhere is still there."""
    return any(one.change in {Change.CHANGED, Change.DELETED} for one in cited)


def in_words(now: CitedNow) -> str:
    """What has become of a cited passage, in a line; empty where it is as it was."""
    match now.change:
        case Change.UNCHANGED:
            return ""
        case Change.MOVED:
            return f"is now at {now.place}"
        case Change.DELETED:
            return f"is gone, its note with it: {now.place}"
        case Change.CHANGED if now.text:
            return f"has changed; at {now.place} it now says: {' '.join(now.text.split())}"
        case Change.CHANGED:
            return f"has changed; nothing like it is left in its note: {now.place}"


def staleness(answer: Answer, notes: CurrentNotes) -> tuple[CitedNow, ...]:
    """What has become of each citation of `answer`, in order."""
    digests = notes.digests({citation.chunk.note_path for citation in answer.citations})
    return tuple(_now(citation, digests, notes) for citation in answer.citations)


def _now(citation: Citation, digests: Mapping[str, str], notes: CurrentNotes) -> CitedNow:
    chunk = citation.chunk
    digest = digests.get(chunk.note_path)
    if digest == chunk.note_digest or not citation.quote.strip():
        return _as_it_was(citation, Change.UNCHANGED)
    if digest is not None:
        return compare_with_notes(citation, *notes.body(chunk.note_path))
    if paths := notes.paths_of(chunk.note_digest):
        moved = replace(citation, chunk=replace(chunk, note_path=paths[0]))
        return _as_it_was(moved, Change.MOVED)
    return CitedNow(citation.number, Change.DELETED, citation.location, 0, 0, "")


def compare_with_notes(citation: Citation, text: str, anchors: Iterable[Anchor] = ()) -> CitedNow:
    """What has become of a citation in a note that now has this text."""
    found = partial(_found, citation, text, tuple(anchors))
    if same := _same_words(citation, text):
        old, moved = _as_it_was(citation, Change.UNCHANGED), found(Change.MOVED, same)
        is_there = same.start == _start(citation) and _lines(old) == _lines(moved)
        return old if is_there else moved
    if near := _nearest(citation.quote.strip(), text, _start(citation)):
        return found(Change.CHANGED, near)
    return CitedNow(citation.number, Change.CHANGED, citation.location, 0, 0, "")


def _lines(now: CitedNow) -> tuple[int, int]:
    return now.start_line, now.end_line


def _as_it_was(citation: Citation, change: Change) -> CitedNow:
    at, last = citation.chunk.line_at, max(citation.start, citation.end - 1)
    lines = at(citation.start), at(last)
    return CitedNow(citation.number, change, citation.location, *lines, citation.quote)


def _found(
    citation: Citation, text: str, anchors: tuple[Anchor, ...], change: Change, span: Span
) -> CitedNow:
    # The note as one chunk, which knows its lines and what its places are called.
    path, end = citation.chunk.note_path, len(text)
    whole = Chunk("", path, "", 0, (), 0, end, 1, 1, text, anchors=anchors)
    return _as_it_was(Citation(citation.number, whole, *span), change)


def _start(citation: Citation) -> int:
    """Where the quote's first character that is no blank stood in the note."""
    quote = citation.quote
    return citation.chunk.start + citation.start + len(quote) - len(quote.lstrip())


def _same_words(citation: Citation, text: str) -> Span | None:
    """Where the quote stands, however its lines are broken; of several places, the likeliest."""
    quote, old = citation.quote.strip(), citation.chunk
    words = r"\s+".join(map(re.escape, quote.split()))
    whole = _NO_WORD_BEFORE + words + _NO_WORD_AFTER
    is_whole = re.compile(whole).match(old.text, _start(citation) - old.start)
    pattern = whole if is_whole else words
    places = [Span(*match.span()) for match in re.finditer(pattern, text)]

    def likelihood(place: Span) -> tuple[int, int]:
        return _common_around(citation, text, place), -abs(place.start - _start(citation))

    return max(places, key=likelihood, default=None)


def _common_around(citation: Citation, text: str, place: Span) -> int:
    """How many characters next to the quote are as they were."""
    old, start, end = citation.chunk.text, citation.start, citation.end
    before = old[max(start - _AROUND, 0) : start], text[max(place.start - _AROUND, 0) : place.start]
    after = old[end : end + _AROUND], text[place.end : place.end + _AROUND]
    return _in_common(*(one[::-1] for one in before)) + _in_common(*after)


def _in_common(left: str, right: str) -> int:
    """Characters that both begin with."""
    pairs = zip(left, right, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _nearest(quote: str, text: str, before: int) -> Span | None:
    """The sentence that is most like the quote; None where none is."""
    words = set(quote.casefold().split())
    longest = 4 * len(quote) + 200  # a long one is not what became of a short one, and costs most
    shared = [
        (len(words & set(text[span.start : span.end].casefold().split())), -span.start, span)
        for span in _sentences_around(text, before)
        if span.end - span.start <= longest
    ]
    scored = [
        (SequenceMatcher(None, quote, text[span.start : span.end], autojunk=False).ratio(), span)
        for count, _, span in nlargest(_COMPARED, shared)
        if count
    ]
    return max([one for one in scored if one[0] >= _NEAR], default=(0.0, None))[1]


def _sentences_around(text: str, offset: int) -> Iterator[Span]:
    first = max(0, min(offset, len(text)) - _LOOKED_THROUGH // 2)
    for span in sentence_spans(text[first : first + _LOOKED_THROUGH]):
        yield Span(first + span.start, first + span.end)
