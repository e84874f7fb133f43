"""`[1]` in an answer -> the exact characters of the passage that carry what was said.

Pure: it sees the answer's text and the passages that were really given, nothing else. A number
that was not given is dropped from the text; a claim whose number was forgotten or wrong gets that
of the passage that does carry it, where one clearly does.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from rag.text.places import CARRIED, Place, Said, places_in, with_items
from rag.text.sentences import sentence_spans
from rag.types import Citation, Hit, Span

MARKS = re.compile(r"\s*\[\d{1,3}(?:\s*[,;]\s*\d{1,3})*\]")
_NUMBER = re.compile(r"\d+")
_GLUED = re.compile(r"(?<=[.!?])(?=\[\d)")

_NOTHING_KNOWN: Mapping[tuple[int, int], float] = MappingProxyType({})

FAR_WORSE = 0.5
"""A named passage that holds no more than this share of what the best one holds, or as much but is
no nearer to the question than this share of the best one, was misnamed; unless it holds a word of
the claim that no other named one holds."""

BETTER = 0.25
"""By how much the best sentence fits a claim better that holds all that the named one does, where
the named one was misnamed."""


def resolve_citations(
    text: str,
    passages: Sequence[Hit],
    question: str = "",
    scores: Mapping[tuple[int, int], float] = _NOTHING_KNOWN,
) -> tuple[str, tuple[Citation, ...]]:
    """Resolve the citations of an answer to `question`.

    `scores` say how well sentences fit the question, by passage (from 0) and first character.

    Returns:
        The text with the numbers that hold, and a citation for each place they point at, in order
        and without repeats.
    """
    written: list[str] = []
    citations: dict[Citation, None] = {}
    for claim, numbers in _claims(text):
        said = Said.of(claim, question)
        found = [list(places_in(number, said, hit, scores)) for number, hit in enumerate(passages)]
        places = [
            one for place in _carriers(numbers, found) for one in with_items(place, said, found)
        ]
        marks = "".join(f" [{number}]" for number in dict.fromkeys(p.passage + 1 for p in places))
        written.append(_with_marks(claim, marks))
        citations |= dict.fromkeys(_citation(place, passages) for place in places)
    return "".join(written).strip(), tuple(citations)


def _claims(text: str) -> Iterator[tuple[str, list[int]]]:
    """The answer's sentences without marks, each with the numbers that stand in or behind it."""
    # "so.[1] Next" is two sentences, which only a blank behind the full stop shows.
    text = _GLUED.sub(" ", text)
    position = 0
    for span in _claim_spans(text):
        piece = text[position : span.end]
        numbers = [int(n) for mark in MARKS.findall(piece) for n in _NUMBER.findall(mark)]
        yield MARKS.sub("", piece), numbers
        position = span.end
    if position < len(text):
        yield MARKS.sub("", text[position:]), []


def _claim_spans(text: str) -> Iterator[Span]:
    for span in sentence_spans(text):
        if MARKS.sub("", text[span.start : span.end]).strip():
            # Marks behind the full stop belong to the sentence before them.
            behind = re.compile(rf"(?:{MARKS.pattern})*\s*[.]?").match(text, span.end)
            yield Span(span.start, behind.end() if behind else span.end)


def _carriers(numbers: Sequence[int], found: Sequence[Sequence[Place]]) -> Iterator[Place]:
    """Where each named passage carries the claim; the best of all where none or a wrong one was."""
    best = max((place for places in found for place in places), key=_by_fit, default=None)
    named = [number - 1 for number in dict.fromkeys(numbers) if 0 < number <= len(found)]
    if numbers and len(found) == 1:
        named = [0]  # whatever it wrote, it can mean no other
    carried = best is not None and best.share >= CARRIED
    places = [max(found[passage], key=_by_fit, default=None) for passage in named]
    for place in places:
        if best and carried and (place is None or _is_misnamed(place, best, places)):
            yield best
        elif place:
            yield place
    if best and carried and not named:
        yield best


def _is_misnamed(place: Place, best: Place, named: Sequence[Place | None]) -> bool:
    """True if `best` carries the claim and `place` does not, nor a part of it that is its own."""
    others = {word for other in named if other and other is not place for word in other.held}
    adds = len(named) > 1 and bool(place.held - others)
    beside = place.share <= best.share and place.asked <= FAR_WORSE * best.asked
    worse = place.held <= best.held and place.fit <= best.fit - BETTER
    lacks = any(word[0].isdigit() for word in best.held - place.held)
    return (place.share <= FAR_WORSE * best.share or beside or worse or lacks) and not adds


def _by_fit(place: Place) -> tuple[float, int, int]:
    return (place.fit, -place.passage, -place.span.start)


def _citation(place: Place, passages: Sequence[Hit]) -> Citation:
    return Citation(
        place.passage + 1, passages[place.passage].chunk, place.span.start, place.span.end
    )


def _with_marks(claim: str, marks: str) -> str:
    """Put the marks before the full stop and whatever follows it."""
    body = claim.rstrip()
    stop = body[-1:] if body[-1:] in {".", "!", "?"} else ""
    return body[: len(body) - len(stop)].rstrip() + marks + stop + claim[len(body) :]
