"""Passages that were found -> what is given to whoever answers: no more than so much of it.

The best come first, and the last one ends with the sentence that still fits. A passage that says
nothing but what a better one has said is left out. Those of one section that touch, or nearly
touch, become one passage, which is a verbatim span of the note.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag.protocols import Retriever
from rag.text.sentences import sentence_spans
from rag.text.words import words
from rag.types import Anchor, Chunk, Hit, Scope

GAP = 200
"""Characters between two passages of a section that are read with them, if they fit."""

LONGEST = 1200
"""Characters of a joined passage at most: a long one hides which of its lines is meant."""

RUN = 5
REPEATED = 0.8
"""Share of its runs of RUN words from which a passage that holds no new word is a repetition."""

Cost = Callable[[Chunk], int]
TextOf = Callable[[str], str]
MayJoin = Callable[[Chunk, Chunk], bool]
"""False if what stands between two chunks, the first before the second, is not to be read."""

_Together = Callable[[Chunk, Chunk], Chunk | None]
Ranked = tuple[int, Hit]


@dataclass(frozen=True, slots=True)
class Budget:
    """What passages may cost together: `limit`, in the unit that `cost` counts in."""

    limit: int
    cost: Cost


def characters(chunk: Chunk) -> int:
    """What a passage costs a reader: its characters, and those of what stands above it."""
    return len(chunk.breadcrumb) + len(chunk.context) + len(chunk.text)


class PackingRetriever:
    """What `retriever` finds, packed: at most `most` passages, which cost no more than `budget`."""

    def __init__(
        self,
        retriever: Retriever,
        text_of: TextOf,
        most: int,
        budget: Budget,
        may_join: MayJoin = lambda _first, _second: True,
    ) -> None:
        self._retriever = retriever
        self._text_of = text_of
        self._most = most
        self._budget = budget
        self._may_join = may_join

    def retrieve(self, question: str, scope: Scope = Scope()) -> list[Hit]:
        """The best passages for `question`, best first, see `pack`."""
        hits = self._retriever.retrieve(question, scope)
        return pack(hits, self._most, self._budget, self._text_of, self._may_join)


def pack(
    hits: Sequence[Hit],
    most: int,
    budget: Budget,
    text_of: TextOf,
    may_join: MayJoin = lambda _first, _second: True,
) -> list[Hit]:
    """What fits of `hits`, which are best first; where there are any, at least the best.

    Args:
        hits: passages that were found, none of which overlaps another.
        most: passages that are returned at most.
        budget: what they may cost together.
        text_of: gives the text of a note by its path.
        may_join: says whether what stands between two passages is read with them.

    Returns:
        The passages, best first. A joined one has the score, similarity and ranks of the best that
        is in it.
    """
    kept = list(_fitting(hits, budget))
    left = budget.limit - sum(budget.cost(hit.chunk) for _, hit in kept)

    def together(first: Chunk, second: Chunk) -> Chunk | None:
        chunk = _together(first, second, text_of)
        return chunk if chunk and may_join(first, second) else None

    joined = sorted(_joined(kept, left, budget.cost, together), key=lambda ranked: ranked[0])
    return [hit for _, hit in joined[:most]]


def _fitting(hits: Sequence[Hit], budget: Budget) -> Iterator[Ranked]:
    left = budget.limit
    for place, hit in enumerate(_distinct(hits)):
        cost = budget.cost(hit.chunk)
        if cost > left:
            begun = _begun(hit.chunk, left, budget.cost)
            if begun:
                yield place, replace(hit, chunk=begun)
            elif place == 0:
                yield place, hit
            break
        yield place, hit
        left -= cost


def _begun(chunk: Chunk, left: int, cost: Cost) -> Chunk | None:
    """As many whole sentences from its beginning as cost no more than `left`; None if none do."""
    spans = sentence_spans(chunk.text)
    parts = [_until(chunk, span.end) for span in spans]
    fit = bisect_right(parts, left, key=cost)
    says = any(not chunk.text.startswith(("#", "!["), span.start) for span in spans[:fit])
    return parts[fit - 1] if says else None


def _until(chunk: Chunk, end: int) -> Chunk:
    return replace(
        chunk,
        id=f"{chunk.id}:{end}",
        end=chunk.start + end,
        end_line=chunk.line_at(end),
        text=chunk.text[:end],
        anchors=tuple(anchor for anchor in chunk.anchors if anchor.offset < end),
    )


def _distinct(hits: Sequence[Hit]) -> Iterator[Hit]:
    """The hits without repetitions of better ones; each is looked at only when it is asked for."""
    said: list[_Said] = []
    for hit in hits:
        own = _Said.by(hit.chunk)
        if not any(own.repeats(other) for other in said):
            said.append(own)
            yield hit


@dataclass(frozen=True, slots=True)
class _Said:
    """The words of a passage and its headings, and the runs of them."""

    words: frozenset[str]
    runs: frozenset[tuple[str, ...]]

    @classmethod
    def by(cls, chunk: Chunk) -> "_Said":
        found = words(f"{chunk.breadcrumb}\n{chunk.context}\n{chunk.text}")
        starts = range(max(1, len(found) - RUN + 1))
        return cls(frozenset(found), frozenset(tuple(found[i : i + RUN]) for i in starts))

    def repeats(self, other: "_Said") -> bool:
        """True if `other` says all of this. A copy with another number or name is no repetition."""
        held = len(self.runs & other.runs)
        return self.words <= other.words and held >= REPEATED * len(self.runs)


def _joined(kept: Sequence[Ranked], left: int, cost: Cost, together: _Together) -> list[Ranked]:
    """In the order of the notes, what belongs together joined as far as that fits into `left`."""
    runs: list[Ranked] = []
    for place, hit in sorted(kept, key=lambda r: (r[1].chunk.note_path, r[1].chunk.start)):
        if runs and (chunk := together(runs[-1][1].chunk, hit.chunk)):
            before = runs[-1]
            more = cost(chunk) - cost(before[1].chunk) - cost(hit.chunk)
            if more <= left:
                left -= more
                best = min(before, (place, hit), key=lambda ranked: ranked[0])
                runs[-1] = (best[0], replace(best[1], chunk=chunk))
                continue
        runs.append((place, hit))
    return runs


def _together(first: Chunk, second: Chunk, text_of: TextOf) -> Chunk | None:
    """Both, and what stands between them, as one chunk; None if they do not belong together."""
    gap = second.start - first.end
    of_one = (first.note_path, first.note_digest, first.headings, first.role)
    if of_one != (second.note_path, second.note_digest, second.headings, second.role):
        return None
    if not 0 <= gap <= GAP or second.end - first.start > LONGEST:
        return None
    text = text_of(first.note_path)[first.start : second.end]
    between = text[len(first.text) : len(first.text) + gap]
    if text != first.text + between + second.text:  # the note has changed meanwhile
        return None
    if between.strip() and (first.anchors or second.anchors):
        return None  # whose page it is on is not known
    anchors = [Anchor(a.offset + len(first.text) + gap, a.label) for a in second.anchors]
    return replace(
        first,
        id=f"{first.id}+{second.id}",
        end=second.end,
        end_line=second.end_line,
        text=text,
        anchors=(*first.anchors, *anchors),
    )
