"""Where in the passages a claim is said: each sentence, with what it holds of the claim's words."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from rag.text.contradiction import contradicts
from rag.text.facts import content, parts
from rag.text.sentences import sentence_spans
from rag.types import Hit, Span

_LABEL = re.compile(r"[:=(\[]|\s-+>?\s|\*\*")

CARRIED = 0.6
"""Share of a claim's words from which a sentence is taken to carry it without being named."""

ASKED_WEIGHT = 0.2
"""What the share of the question's words counts beside that of the claim's."""

SCORE_WEIGHT = 0.3
"""What a sentence's score for the question counts beside the share of the claim's words."""

OWN_WEIGHT = 0.3
"""What the share of the claim's words in the sentence itself counts, beside those of its heading.

At 0.5 a sentence that repeats a name is taken for the one that says something of it.
"""

CONTRADICTED = 0.5
"""What remains of the share of a sentence that says the opposite."""


@dataclass(frozen=True, slots=True)
class Said:
    """A claim, its words, those that only the question has, and those that both have.

    `parts` are what each part of a list or sentence ("A and B") adds to the question.
    """

    text: str
    wanted: frozenset[str]
    asked: frozenset[str]
    also_asked: frozenset[str]
    parts: tuple[frozenset[str], ...]

    @classmethod
    def of(cls, claim: str, question: str) -> "Said":
        """What `claim`, made on `question`, says."""
        wanted, asked = content(claim, spelt=False), content(question)
        added = tuple(filter(None, (part - asked for part in parts(claim))))
        return cls(claim, wanted, asked - wanted, asked & wanted, added)


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of a passage: what it holds of the claim's words, and how near the question is.

    `asked` weighs the share of the question's words and the sentence's score for the question,
    `own` that of the claim's words without those of the headings. `label` are the words that it
    begins with, up to a colon, a bracket or the like.
    """

    passage: int
    span: Span
    held: frozenset[str]
    share: float
    asked: float
    own: float
    label: frozenset[str]

    @property
    def fit(self) -> float:
        """An answer may be one word, and the question then says which sentence is meant."""
        return self.share + self.asked + self.own


def places_in(
    passage: int, said: Said, hit: Hit, scores: Mapping[tuple[int, int], float]
) -> Iterator[Place]:
    """The sentences of `hit`, which is the passage of this number (from 0); no headings.

    `scores` say how well sentences fit the question, by passage and first character.
    """
    text = hit.chunk.text
    heading = content(hit.chunk.breadcrumb)
    for span in sentence_spans(text):
        words = content(text[span.start : span.end])
        if not text.startswith(("#", "!["), span.start):
            # A list item is about its heading, but the heading alone carries no claim.
            held = words | heading if words & (said.wanted | said.asked) else words
            share = _share(said.wanted, held)
            if share >= CARRIED and contradicts(
                said.text, text[span.start : span.end], hit.chunk.breadcrumb
            ):
                share *= CONTRADICTED
            score = SCORE_WEIGHT * scores.get((passage, span.start), 0.0)
            asked = ASKED_WEIGHT * _share(said.asked, held) + score
            label = content(_LABEL.split(text[span.start : span.end].lstrip("*_ "), maxsplit=1)[0])
            # An answer that is the heading's name is not said better where the name is repeated.
            own = 0.0 if said.wanted <= heading else OWN_WEIGHT * _share(said.wanted, words)
            yield Place(passage, span, said.wanted & held, share, asked, own, label)


def _share(wanted: frozenset[str], held: frozenset[str]) -> float:
    return len(wanted & held) / len(wanted) if wanted else 0.0


def with_items(place: Place, said: Said, found: Sequence[Sequence[Place]]) -> list[Place]:
    """`place`, and the others of its passage that the claim names, or draws a part from."""
    kept, named = [place], set(place.held)
    # The better ones first, or an item that holds a word of a part stands for the one that says it.
    for other in sorted(found[place.passage], key=lambda one: (-one.fit, one.span)):
        if other is not place and (
            _is_named(other, said, named) or _adds_a_part(other, said, named)
        ):
            named |= other.held
            kept.append(other)
    return sorted(kept, key=lambda one: one.span)


def _is_named(other: Place, said: Said, named: Set[str]) -> bool:
    """True for an item whose label the claim lists: "A, B or C"."""
    return bool(other.label - named - said.asked) and other.label <= said.wanted - said.also_asked


def _adds_a_part(other: Place, said: Said, named: Set[str]) -> bool:
    """True if all that a part of the claim adds to the question is there, and not where named."""
    return any(own <= other.held and not own <= named for own in said.parts)
