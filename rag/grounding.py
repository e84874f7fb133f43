"""Is what an answer says in the passages it was given? Sentence by sentence, and with no model.

A sentence is grounded where one sentence of a passage holds its words or comes near its meaning,
says the same numbers and names, and says no where it does. It is not found where a number or name
stands in no passage, where the passage says the opposite or another number, or where nothing that
it adds to the question is there. Between the two it is weak. The limits were chosen on one half of
benchmarks/claims.jsonl; what the rules do not know is said in rag/text/facts.py.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag.text.contradiction import contradicts
from rag.text.facts import content, counted, names, numbers, parts, spelled_out
from rag.text.orders import is_only_ordered
from rag.text.words import stems
from rag.types import Grounding

HELD = 0.75
"""Share of a claim's words from which one sentence carries it, whatever its cosine."""

NEAR = 0.62
"""Cosine from which a sentence carries a claim that it shares `PARTLY` of the words with."""

PARTLY = 0.4
"""Share of a claim's words below which a sentence that is not near either does not carry it."""

FAR = 0.45
"""Cosine from which a sentence is near enough for a claim in other words to be weak."""

LOST = 0.34
"""Share of a part's words ("A and B") below which no sentence carries that part."""

FEW = 3
"""Words that a claim adds to the question at most for the question to say what is meant."""

ABOUT = 0.5
"""Share of the words of the question, of those that one sentence holds, that the sentence of such a
claim holds too."""

AS_GOOD = 0.1
"""Sentences that hold so much less of a claim than the best one may carry its numbers too."""


_FIRST = re.compile(r"\s*[A-Z][\w.'+#-]*(?!\w|\s*,)")


@dataclass(frozen=True, slots=True)
class Carrier:
    """A sentence of a passage, its headings and context, and its cosine to the claim."""

    text: str
    context: str
    similarity: float


def grade(
    claim: str, question: str, carriers: Sequence[Carrier], *, foreign: bool = False
) -> Grounding:
    """How far `carriers`, all sentences of the passages given, carry a claim made on `question`.

    A claim in another language than theirs (`foreign`) shares few words with what carries it, so
    only its numbers are looked at, and it is never better than weak.
    """
    said = spelled_out(claim, question)
    if not carriers or not stems(said):
        return Grounding.NOT_FOUND
    if foreign:
        made_up = numbers(said, spelt=False) - _numbers_given(question, carriers)
        told = _is_told(said, question, carriers)
        return Grounding.NOT_FOUND if made_up or told else Grounding.WEAK
    best = _best(said, carriers)
    if (
        _is_made_up(said, question, carriers)
        or _miscounts(said, question, best, carriers)
        or contradicts(said, best[0].text, best[0].context)
        or _adds_nothing_held(said, question, best)
        or _is_told(said, question, carriers)
    ):
        return Grounding.NOT_FOUND
    share = max(_share(said, one) for one in best)
    similarity = max(one.similarity for one in best)
    shares = [max(_part_held(part, one) for one in carriers) for part in parts(said)]
    if max(share, min(shares, default=0.0) if len(shares) > 1 else 0.0) >= HELD or (
        share >= PARTLY and similarity >= NEAR
    ):
        lost = (
            min(shares, default=1.0) < LOST
            or names(said) - _given(carriers)
            or _is_beside_the_point(said, question, best, carriers)
            or _begins_with_another(said, question, best, carriers)
        )
        return Grounding.WEAK if lost else Grounding.GROUNDED
    weak = share >= PARTLY or similarity >= FAR
    return Grounding.WEAK if weak else Grounding.NOT_FOUND


def _is_beside_the_point(
    said: str, question: str, best: Sequence[Carrier], carriers: Sequence[Carrier]
) -> bool:
    """True if a claim of a few words is what a sentence says that is not about the question.

    "Batch" is in the notes, but another sentence is the one on "long processing".
    """
    asked = content(question) - content(said)
    repeats = len(asked) < ABOUT * len(content(question))  # then it is about the question by itself
    if repeats or len(content(said) - content(question)) > FEW:
        return False
    # An answer that is a heading is held by every sentence below it.
    share = max(_share(said, one) for one in best)
    as_good = [one for one in carriers if _share(said, one) >= share]
    covered = max(len(asked & _held(one)) for one in as_good)
    return covered < ABOUT * max(len(asked & _held(one)) for one in carriers)


def _begins_with_another(
    said: str, question: str, best: Sequence[Carrier], carriers: Sequence[Carrier]
) -> bool:
    """True if the claim is a sentence to the letter but for its first word, which is nowhere.

    That word may be a name, which its capital does not say there. An adverb has a comma behind it.
    """
    first = _FIRST.match(said)
    if not first:
        return False
    new = stems(first[0]) - stems(question) - _given(carriers)
    rest = content(said[first.end() :], spelt=False)
    return bool(new) and any(rest <= _held(one) for one in best)


def _part_held(part: frozenset[str], one: Carrier) -> float:
    return len(part & _held(one)) / len(part)


def _given(carriers: Sequence[Carrier]) -> frozenset[str]:
    return frozenset().union(*map(_held, carriers))


def _best(said: str, carriers: Sequence[Carrier]) -> Sequence[Carrier]:
    """The sentence that fits the claim best but for its numbers, then those nearly as good."""
    wanted = stems(said) - numbers(said)

    def fit(one: Carrier) -> float:
        held = len(wanted & _held(one)) / len(wanted) if wanted else 0.0
        own = len(wanted & stems(one.text)) / len(wanted) if wanted else 0.0
        return held + 0.5 * own + 0.5 * one.similarity

    ranked = sorted(carriers, key=fit, reverse=True)
    return [one for one in ranked if fit(one) >= fit(ranked[0]) - AS_GOOD]


def _held(one: Carrier) -> frozenset[str]:
    return content(_all(one))


def _all(one: Carrier) -> str:
    return f"{one.text}\n{one.context}"


def _share(said: str, best: Carrier) -> float:
    """Share of the claim's words that are held; one with a capital that is not counts twice."""
    wanted, held = content(said, spelt=False), _held(best)
    missing = wanted - held
    capitals = {word for one in said.split() if one[:1].isupper() for word in stems(one)}
    return len(wanted & held) / (len(wanted) + len(missing & capitals))


def _is_made_up(said: str, question: str, carriers: Sequence[Carrier]) -> bool:
    """True if a number or name of the claim was given nowhere."""
    made_up = numbers(said, spelt=False) - _numbers_given(question, carriers)
    return bool(made_up) or bool(names(said) - stems(question) - _given(carriers))


def _numbers_given(question: str, carriers: Sequence[Carrier]) -> frozenset[str]:
    return numbers(question).union(*(numbers(_all(one)) for one in carriers))


def _miscounts(
    said: str, question: str, best: Sequence[Carrier], carriers: Sequence[Carrier]
) -> bool:
    """True if the best sentences say other numbers, or the same of other things.

    A part of the claim that one sentence holds to the last word has its numbers from there.
    """
    wanted = numbers(said, spelt=False) - numbers(question)
    whole = (part for part in parts(said) if any(_part_held(part, one) == 1 for one in carriers))
    wanted -= frozenset().union(*whole)
    given = frozenset().union(*(numbers(f"{one.text} {one.context}") for one in best))
    if wanted - given:
        return bool(given)
    pairs = frozenset().union(*(counted(one.text) for one in best))
    units = {unit for _, unit in pairs}
    return any(unit in units and (n, unit) not in pairs for n, unit in counted(said))


def _is_told(said: str, question: str, carriers: Sequence[Carrier]) -> bool:
    """True if what the claim adds stands only where the notes order a model to say it."""
    added = content(said, spelt=False) - content(question)
    passages = "\n".join(one.text for one in carriers)
    holding = [one for one in carriers if added & content(one.text)]
    return bool(holding) and all(is_only_ordered(added, one.text, passages) for one in holding)


def _adds_nothing_held(said: str, question: str, best: Sequence[Carrier]) -> bool:
    """True if none of the words that the claim adds to the question is in the best sentences."""
    added = content(said, spelt=False) - content(question)
    held = _given(best)
    near = max(one.similarity for one in best) >= NEAR
    return bool(added) and not added & held and not near
