"""Where in the passages a claim is said: each sentence, with what it holds of the claim's words."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from rag.text.contradiction import contradicts
from rag.text.counting import asks_how_many
from rag.text.facts import content, numbers, parts
from rag.text.sentences import lead, sentence_spans
from rag.types import Hit, Span

_LABEL = re.compile(r"[:=(\[]|\s-+>?\s|\*\*")
_AGAINST = re.compile(r";|\b(?:but|however|while|whereas|although|though)\b", re.IGNORECASE)
_ELEMENT = re.compile(r"[,;]|\b(?:and|or)\b", re.IGNORECASE)
_DOUBLED = re.compile(r"([b-df-hj-np-tv-z])\1(?=(?:ing|ed)\b)", re.IGNORECASE)
"""Of "tunning" and "tunned", as hurried notes have it."""

_OF_ANOTHER = re.compile(
    r"\b(?:opposed to|unlike|in contrast to|contrary to)\s+(?:the |an? )?(?P<other>[^\s,;:()]+)"
    r"[^,;()]*",
    re.IGNORECASE,
)
"""What a sentence says of something else than it is about."""

_SAYS_NOTHING = frozenset({"yes", "s"})
"""Stems that a claim has from "Yes, it does" and "Levene's"."""

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

CLEARLY = 0.1
"""By how much more a sentence holds of a clause ("..., while B is y") to be cited for it, too."""


@dataclass(frozen=True, slots=True)
class Said:
    """A claim, its words, those that only the question has, and those that both have.

    `parts` are what each part of a list or sentence ("A and B") adds to the question, `clauses` the
    words of what is set against each other ("A is x, while B is y"), `listed` those of each thing
    in a list, `count` the numbers that answer how many there are.
    """

    text: str
    wanted: frozenset[str]
    asked: frozenset[str]
    also_asked: frozenset[str]
    parts: tuple[frozenset[str], ...]
    clauses: tuple[frozenset[str], ...]
    listed: frozenset[frozenset[str]]
    count: frozenset[str]

    @classmethod
    def of(cls, claim: str, question: str) -> "Said":
        """What `claim`, made on `question`, says."""
        wanted, asked = content(claim, spelt=False) - _SAYS_NOTHING, content(question)
        added = tuple(filter(None, (part - asked for part in parts(claim))))
        clauses = tuple(filter(None, _each(_AGAINST, claim)))
        listed = frozenset(filter(None, _each(_ELEMENT, claim)))
        count = numbers(claim) if asks_how_many(question) else frozenset[str]()
        return cls(claim, wanted, asked - wanted, asked & wanted, added, clauses, listed, count)


def _each(between: "re.Pattern[str]", claim: str) -> Iterator[frozenset[str]]:
    return (content(one, spelt=False) - _SAYS_NOTHING for one in between.split(claim))


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence of a passage: what it holds of the claim's words, and how near the question is.

    `asked` weighs the share of the question's words and the sentence's score for the question,
    `own` that of the claim's words without those of the headings. `words` are all that it has;
    `label` those that it begins with, up to a colon, a bracket or the like. `under` is the line
    that its list is under.
    """

    passage: int
    span: Span
    held: frozenset[str]
    share: float
    asked: float
    own: float
    words: frozenset[str]
    label: frozenset[str]
    under: Span | None = None

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
        words = _words(text[span.start : span.end], said)
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
            under = lead(text, span.start) if said.count else None
            yield Place(passage, span, said.wanted & held, share, asked, own, words, label, under)


def _words(text: str, said: Said) -> frozenset[str]:
    """Those of a sentence, but for what it says of another thing, which is not asked about."""
    known = said.wanted | said.asked
    text = _OF_ANOTHER.sub(lambda one: one[0] if content(one["other"]) & known else "", text)
    return content(text) | content(_DOUBLED.sub(r"\1", text))


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
    of_it = found[place.passage]
    kept += [*_listed(said, of_it), *_against(said, of_it, kept), *_counted(place, said, of_it)]
    return sorted(set(kept), key=lambda one: one.span)


def _is_named(other: Place, said: Said, named: Set[str]) -> bool:
    """True for an item whose label the claim lists: "A, B or C"."""
    return bool(other.label - named - said.asked) and other.label <= said.wanted - said.also_asked


def _adds_a_part(other: Place, said: Said, named: Set[str]) -> bool:
    """True if all that a part of the claim adds to the question is there, and not where named."""
    return any(own <= other.held and not own <= named for own in said.parts)


def _listed(said: Said, places: Sequence[Place]) -> Sequence[Place]:
    """Items whose labels are what the claim lists; one alone may be a word that the claim uses."""
    items = [one for one in places if one.label in said.listed]
    return items if len(items) > 1 else ()


def _against(said: Said, places: Sequence[Place], kept: Sequence[Place]) -> Iterator[Place]:
    """What carries each of the clauses set against each other, if none kept does as well."""
    for clause in said.clauses if len(said.clauses) > 1 else ():

        def fit(one: Place, clause: frozenset[str] = clause) -> float:
            return (_share(clause, one.held) + _share(clause, one.words)) / 2

        best = max(places, key=lambda one: (fit(one), one.fit))
        carries = _share(clause, best.held) >= CARRIED
        if carries and all(fit(one) <= fit(best) - CLEARLY for one in kept):
            yield best


def _counted(place: Place, said: Said, places: Sequence[Place]) -> Sequence[Place]:
    """The items that stand under a line, if the claim says how many they are."""
    start, end = place.span.start, place.span.end
    items = [
        one for one in places if one.under and one.under.start <= start and end <= one.under.end
    ]
    return items if len(items) > 1 and str(len(items)) in said.count else ()
