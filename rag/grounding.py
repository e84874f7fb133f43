"""Where in the passages is it said what an answer says, and how far? Sentence by sentence.

A claim is compared with every unit of the passages (sentence, item, row, each under its headings)
by general measures: how much of the claim the unit holds, weighted by rarity, and how much of the
unit the claim; its numbers; whether one of them says no; the order of the words both have; nearness
of meaning. A logistic model makes of these the probability that the unit carries the claim. What
one unit does not hold another may: units are cited until none adds to what is covered, the greedy
set cover of Chvátal, "A Greedy Heuristic for the Set-Covering Problem" (1979).

Where a model in this process has read claim and units, too, what it takes them for counts for more
(`checked`). The weights were chosen on one half of the fields of `python -m benchmarks.claims`,
which says what they do on the other. Limitation without a model: opposites that no word marks as
such ("to" and "away from"), and what is said in other words.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from difflib import SequenceMatcher

from rag.search.evidence import in_context
from rag.text.language import YES_NO
from rag.text.sentences import sentence_spans
from rag.text.words import content, content_words, numbers, says_no, stem, stems
from rag.types import Evidence, Grounding, Hit, Span

BIAS = -3.5
_WEIGHTS = (2.25, 1.05, 0.6, 0.2, -5.0, -2.7, -3.5, 1.0, 1.8)
"""Of the fields of ClaimFeatures, in their order."""

GROUNDED, WEAK = 0.73, 0.4
"""Probabilities from which a claim is carried, and carried in part."""

CHECK_BIAS, CHECK_WEIGHTS = -1.0, (0.2, 1.0, -0.55)
"""Of the log-odds by features, those that a model says supported, and contradicted over unsaid."""

CHECKED_GROUNDED, CHECKED_WEAK = 0.5, 0.35
"""GROUNDED and WEAK, where a model has read both."""

_TELLS = 0.5
"""What its three replies have to come to for a model to have understood what it was asked."""

ADDS = 0.2
"""Share of a claim's weight that a further unit has to cover to be cited, too."""

_NAMED = 0.1
"""What it counts that the writer named a unit's passage."""

QUESTION = 0.3
"""What a unit's score for the question counts beside its fit: an answer may be one word."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of a passage (by place, from 0), as it reads in context; `score` for the question."""

    passage: int
    span: Span
    text: str
    context: str
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class ClaimFeatures:
    """A claim beside a unit; all in [0, 1].

    `held` is the share of the claim that the unit and its headings hold, `added` the same of what
    the question does not say, `half` of the half of the claim that is held less; `back` the share
    of the unit that claim and question hold. `numbers` is 1 if the claim has one that is not
    there, `names` if it has such a name; `negated` is `held` where one of the two says no, else 0.
    `order` is the share of the words both have that stand in the same order, `cosine` nearness of
    meaning.
    """

    held: float
    added: float
    half: float
    back: float
    numbers: float
    names: float
    negated: float
    order: float
    cosine: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """The units that carry a claim, the best first, how far they do, and how probably.

    `said` is the claim as it was compared: a bare "yes" says what was asked.
    """

    units: tuple[Unit, ...]
    grounding: Grounding
    probability: float
    said: str = ""

    @property
    def lines(self) -> str:
        """The units as one reads them, in the order of the passages."""
        units = sorted(self.units, key=lambda unit: (unit.passage, unit.span))
        return "; ".join(unit.text for unit in units)

    def checked(self, scores: Sequence[float]) -> "Attribution":
        """With what a model takes the claim for; as it is where it says something else.

        `scores` are its log-probabilities that the units say the claim, that they say otherwise,
        and that they do not say it.
        """
        says, denies, silent = scores
        if sum(map(math.exp, scores)) < _TELLS:
            return self
        odds = (
            math.log(self.probability / (1 - self.probability)),
            says - math.log(math.exp(denies) + math.exp(silent)),
            denies - silent,
        )
        chance = _logistic(CHECK_BIAS, CHECK_WEIGHTS, odds)
        return replace(
            self, grounding=_grade(chance, CHECKED_GROUNDED, CHECKED_WEAK), probability=chance
        )


def units_of(evidence: Evidence, given: Sequence[Hit]) -> list[Unit]:
    """Every unit of the passages `given`, headings too: a heading may be what says it."""
    scores = {(one.passage, one.span): one.score for one in evidence.sentences}
    return [
        Unit(
            place,
            span,
            in_context(hit.chunk, span),
            f"{hit.chunk.breadcrumb} {hit.chunk.context}",
            scores.get((place, span), 0.0),
        )
        for place, hit in enumerate(given)
        for span in sentence_spans(hit.chunk.text)
    ]


def attribute(
    claim: str,
    question: str,
    units: Sequence[Unit],
    cosines: Sequence[float],
    rarity: Mapping[str, float],
    named: Collection[int] = (),
) -> Attribution:
    """Which of `units` carry a claim made on `question`, and how far.

    Args:
        claim: a sentence of an answer, without its marks.
        question: what was asked.
        units: of the passages that were given.
        cosines: of the claim to each unit.
        rarity: the weight of each stem; one that is not there weighs as much as the rarest.
        named: the passages (from 0) that whoever wrote it named, which decide where little else
            does.
    """
    said = _spelled_out(claim, question)
    wanted, asked = content(said), content(question)
    if not units or not wanted:
        return Attribution((), Grounding.NOT_FOUND, 0.0)
    chances = [
        probability(features(said, question, unit, cosine, rarity))
        for unit, cosine in zip(units, cosines, strict=True)
    ]
    fits = [
        chance
        + _NAMED * (unit.passage in named)
        + (0.0 if _stands_above(unit, wanted, asked) else QUESTION * unit.score)
        for chance, unit in zip(chances, units, strict=True)
    ]
    best, *others = sorted(range(len(units)), key=lambda at: (-fits[at], units[at].passage))
    chosen, covered = [best], _held(units[best]) & wanted
    total, least = _weight(wanted, rarity), min(WEAK, chances[best])
    for at in others:
        more = (content(units[at].text) & wanted) - covered
        if _weight(more, rarity) < ADDS * total:
            continue
        # The numbers and names that it lacks may be those of the units before.
        beside = _joined([units[one] for one in chosen])
        whole = replace(units[at], context=f"{units[at].context} {beside.text} {beside.context}")
        if probability(features(said, question, whole, cosines[at], rarity)) >= least:
            chosen.append(at)
            covered |= more
    chance = chances[best]
    if len(chosen) > 1:
        near = max(cosines[one] for one in chosen)
        together = _joined([units[one] for one in sorted(chosen)])
        chance = max(chance, probability(features(said, question, together, near, rarity)))
    carriers = tuple(units[one] for one in chosen)
    return Attribution(carriers, _grade(chance, GROUNDED, WEAK), chance, said)


def claim_features(
    claim: str,
    question: str,
    units: Sequence[Unit],
    cosines: Sequence[float],
    rarity: Mapping[str, float],
) -> ClaimFeatures:
    """A claim beside the one of `units` that fits it best; see `attribute`."""
    said = _spelled_out(claim, question)
    found = [features(said, question, u, c, rarity) for u, c in zip(units, cosines, strict=True)]
    return max(found, key=probability)


def features(
    said: str, question: str, unit: Unit, cosine: float, rarity: Mapping[str, float]
) -> ClaimFeatures:
    """How a claim and a unit compare."""
    wanted, own, asked = content(said), content(unit.text), content(question)
    held = own | content(unit.context)

    def share(words: frozenset[str]) -> float:
        return _weight(words & held, rarity) / _weight(words, rarity) if words else 1.0

    everything = f"{unit.text} {unit.context} {question}"
    mine, theirs = _sequence(said), _sequence(unit.text)
    middle = len(mine) // 2
    shared = [word for word in mine if word in theirs]
    there = [word for word in theirs if word in mine]
    in_order = SequenceMatcher(None, shared, there, autojunk=False)
    same = sum(block.size for block in in_order.get_matching_blocks())
    return ClaimFeatures(
        held=share(wanted),
        added=share(wanted - asked),
        half=min(share(frozenset(mine[:middle])), share(frozenset(mine[middle:]))),
        back=_weight(own & (wanted | asked), rarity) / (_weight(own, rarity) or 1.0),
        numbers=float(bool(numbers(said, spelt=False) - numbers(everything))),
        names=float(bool(_names(said) - stems(everything))),
        negated=share(wanted) if says_no(said) != says_no(unit.text) else 0.0,
        order=same / max(len(shared), len(there), 1),
        cosine=max(0.0, cosine),
    )


def probability(found: ClaimFeatures) -> float:
    """That a unit with these features carries the claim, in (0, 1)."""
    return _logistic(BIAS, _WEIGHTS, astuple(found))


def _logistic(bias: float, weights: Sequence[float], values: Sequence[float]) -> float:
    return 1 / (1 + math.exp(-bias - sum(w * x for w, x in zip(weights, values, strict=True))))


def _grade(chance: float, grounded: float, weak: float) -> Grounding:
    if chance >= grounded:
        return Grounding.GROUNDED
    return Grounding.WEAK if chance >= weak else Grounding.NOT_FOUND


def _spelled_out(claim: str, question: str) -> str:
    """A bare "yes" or "no" says what was asked; one before a sentence adds nothing to it."""
    first, _, rest = claim.strip().partition(" ")
    word = first.strip(".,:;!").casefold()
    if word not in _VERDICTS:
        return claim
    return rest if content(rest) else f"{'' if _VERDICTS[word] else 'not '}{question}"


_VERDICTS = {no.casefold(): False for _, no in YES_NO.values()}
_VERDICTS |= {yes.casefold(): True for yes, _ in YES_NO.values()}


def _names(text: str) -> frozenset[str]:
    """Stems of words with a capital, but for the first: whether that is a name it does not say."""
    found = (word for word in text.split()[1:] if any(map(str.isupper, word)))
    return frozenset(one for word in found for one in stems(word))


def _stands_above(unit: Unit, wanted: frozenset[str], asked: frozenset[str]) -> bool:
    """True if the heading says of the claim what the question does not, and the unit nothing."""
    above = content(unit.context)
    own = content(unit.text) - above
    return bool((wanted - asked) & above) and not own & (wanted | asked)


def _joined(units: Sequence[Unit]) -> Unit:
    texts = " ".join(unit.text for unit in units)
    return Unit(0, Span(0, 0), texts, " ".join(unit.context for unit in units))


def _held(unit: Unit) -> frozenset[str]:
    return content(unit.text) | content(unit.context)


def _weight(words: frozenset[str], rarity: Mapping[str, float]) -> float:
    most = max(rarity.values(), default=1.0)
    return sum(rarity.get(word, most) for word in words)


def _sequence(text: str) -> list[str]:
    return [stem(word) for word in content_words(text)]
