"""The sources beside an answer: which, in which order and with which marks. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from rag.chats.staleness import Change, CitedNow
from rag.types import Answer, Chunk, Citation, Evidence, Hit, Span, is_address
from web.templates import Macros
from web.translation import gettext as _

Context = Callable[[Chunk], Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class SourceCard:
    """One source. `number` is what the answer calls it, None for a passage that it does not cite.

    `marks` are the cited characters of the chunk's text, in order and apart; `context` numbered
    lines of the note around the chunk, empty where the note cannot be read any more. `now` is what
    has become of what is cited, where something has.
    """

    number: int | None
    chunk: Chunk
    marks: tuple[Span, ...]
    context: tuple[tuple[int, str], ...]
    now: CitedNow | None = None

    @property
    def labels(self) -> dict[int, str]:
        """What a person calls a place (page 12), by its first line; where lines are lines, none."""
        places: dict[int, list[str]] = {}
        for place in self.chunk.anchors:
            line = self.chunk.line_at(max(place.offset, 0))
            places.setdefault(line, []).append(place.label)
        return {line: ", ".join(labels) for line, labels in places.items()}

    @property
    def cited_lines(self) -> frozenset[int]:
        """Lines of the note that hold cited characters."""
        at = self.chunk.line_at
        return frozenset(
            line for mark in self.marks for line in range(at(mark.start), at(mark.end - 1) + 1)
        )

    @property
    def since(self) -> str:
        """What the note says now, where that is not what was cited."""
        return since(self.now) if self.now else ""

    @property
    def shown_span(self) -> Span:
        """The characters of the chunk's text that are shown in the note: what is cited first."""
        return self.marks[0] if self.marks else Span(0, len(self.chunk.text))

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The chunk's text, verbatim, in pieces; true for those that are cited."""
        found, at = [], 0
        for start, end in self.marks:
            found += [(self.chunk.text[at:start], False), (self.chunk.text[start:end], True)]
            at = end
        return [*found, (self.chunk.text[at:], False)]

    def location(self, cwd: str) -> str:
        """Where to look: what is cited first, else where the passage begins.

        `path:line`, which editors and terminals open from the directory `cwd`; `path (page 12)`.
        """
        path = PurePath(self.chunk.note_path)
        shown = path.relative_to(cwd).as_posix() if path.is_relative_to(cwd) else path.as_posix()
        if is_address(self.chunk.note_path):
            shown = self.chunk.note_path  # a path would lose a slash of it
        if self.now and self.now.change is Change.MOVED:
            return self.now.place
        return self.chunk.place_at(self.marks[0].start if self.marks else 0, shown)


@dataclass(frozen=True, slots=True)
class Cards:
    """The sources of an answer: what it cites, what else was read for it, what else was found."""

    cited: tuple[SourceCard, ...] = ()
    read: tuple[SourceCard, ...] = ()
    found: tuple[SourceCard, ...] = ()


def found_cards(evidence: Evidence, context: Context, read: int) -> Cards:
    """All passages, before it is known what is cited; the first `read` by their numbers."""
    cards = [
        SourceCard(number if number <= read else None, hit.chunk, (), tuple(context(hit.chunk)))
        for number, hit in enumerate(evidence.passages, 1)
    ]
    return Cards(tuple(cards[:read]), found=tuple(cards[read:]))


def answer_cards(answer: Answer, context: Context, since: Iterable[CitedNow] = ()) -> Cards:
    """The cited sources in the order of their numbers, and the others in the order of their rank.

    `since` is what has become of the citations since the answer was kept.
    """
    now = {one.number: one for one in since if one.change is not Change.UNCHANGED}
    by_number: dict[int, list[Citation]] = {}
    for citation in sorted(answer.citations, key=lambda citation: citation.number):
        by_number.setdefault(citation.number, []).append(citation)
    cited = [
        SourceCard(
            number,
            group[0].chunk,
            _marks(group),
            tuple(context(group[0].chunk)),
            now.get(number),
        )
        for number, group in by_number.items()
    ]
    cited_ids = {card.chunk.id for card in cited}

    def rest(hits: Sequence[Hit]) -> tuple[SourceCard, ...]:
        chunks = [hit.chunk for hit in hits if hit.chunk.id not in cited_ids]
        return tuple(SourceCard(None, chunk, (), tuple(context(chunk))) for chunk in chunks)

    read = len(answer.hits) if answer.read is None else answer.read
    return Cards(tuple(cited), rest(answer.hits[:read]), rest(answer.hits[read:]))


def _marks(citations: Sequence[Citation]) -> tuple[Span, ...]:
    """The cited spans of one chunk, merged where they touch; an empty one is none."""
    merged: list[Span] = []
    for start, end in sorted((c.start, c.end) for c in citations if c.start < c.end):
        if merged and start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(end, merged[-1].end))
        else:
            merged.append(Span(start, end))
    return tuple(merged)


def sources_html(cards: Cards, *, cwd: str, earlier: int | None = None, question: str = "") -> str:
    """The panel of sources. What is not cited is folded away; paths are relative to `cwd`.

    Of an answer that is not the last, `earlier` is its place in the talk, `question` what it is to.
    """
    return Macros("chat").sources(cards, cwd, earlier, question)


def since(one: CitedNow) -> str:
    """What has become of the words that were cited; empty if they are still there."""
    if one.change is Change.DELETED:
        return _("The note is gone.")
    if one.change is Change.CHANGED:
        return _("Now: “{text}”", text=one.text) if one.text else _("The note no longer says this.")
    return ""
