"""Which of the options of a question are taken, and how that is said.

What the notes say of each option (rag/answers/backing.py) is weighed together with how likely a
model in this process holds its letter, in every order of the options where that is close; a model
that does not tell is asked to write, and without one the notes decide where they are clear. The
limits were chosen on the even ones of the questions that benchmarks/choice.py asks. An option that
no passage speaks for is never taken; so what a model merely knows is not said. Of a question for
the exception the notes hold the others.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.answers.answer_cache import CachedAnswerer, Replayed
from rag.answers.backing import FEWEST, LEAST, Backed
from rag.answers.citations import MARKS
from rag.answers.composing import written
from rag.answers.ending import Read, ended
from rag.answers.options import Choices
from rag.answers.orders import in_every_place, leanings
from rag.answers.pointing import ALIKE, standing_in
from rag.answers.writing import told
from rag.prompts import is_refusal
from rag.protocols import Answerer, Choosing
from rag.types import Answer, AskOptions, Status

WEIGHT = 10.0
"""Of what speaks for an option in the notes, beside the logarithm of its letter's probability."""

CLOSE = 2.0
"""Nats by which what is taken leads at least, or the model is asked in every order of the options.

That is one question in seven; asking so of all gives the same answers.
"""

CLEAR = 0.05
"""By how much more the notes have to speak for what is taken than for the rest, without a model."""

SURE = -0.22
"""The log-probability of a label, from 0.8, of which a model is sure."""

STRANGE = 0.1
"""How much more has to be said where no note holds any of the stem's words; its share of less."""

OUTDOES = 0.5
"""What speaks at least for an option that is taken over a model's favourite which no note names.

Chosen on 39 exam questions whose answer's name no note holds, of which it refuses six that were
all answered wrongly, and on 37 over notes that say something else than a model believes, of which
it refuses none.
"""

UNCLEAR = "The notes do not speak for one of the options alone: this is what they say."
INSTRUCTION = "Answer with the letter and the option."


def enough(backed: Backed, least: float = LEAST) -> bool:
    """True if the notes speak for an option; of an exception, for most of what is none."""
    least = _least(backed, least)
    choices, spoken = backed.choices, sum(one.support >= least for one in backed.backings)
    if choices.exception:
        return spoken >= (len(choices.options) - choices.wanted + 1) // 2
    return spoken > 0


def chosen(
    draft: Answer, answerer: Answerer, backed: Backed, options: AskOptions, read: Read
) -> Answer | None:
    """The answer that takes options; None where it is not clear which, so that none is taken.

    Raises:
        ModelError: the model failed.
    """
    backed = standing_in(backed)
    draft = replace(draft, model=answerer.model, notice=answerer.notice, status=answerer.status)
    likely = answerer.letters(backed.choices) if isinstance(answerer, Choosing) else None
    if not enough(backed, FEWEST) and max(likely or (), default=SURE - 1) < SURE:
        return ended(draft, "", "", read)
    if likely is not None and isinstance(answerer, Choosing):
        lean = leanings(likely)
        # "Both A and C" means others in another order.
        points = any(backing.of for backing in backed.backings)
        if not points and _margin(backed, lean) < CLOSE:
            lean = in_every_place(answerer.letters, backed.choices, likely)
        if _lacks_favourite(backed, lean):
            return ended(draft, "", "", read)
        return written(draft, weighed(backed, lean), backed, options.style, read)
    if answerer.status is Status.ANSWERED:
        draft, said = _asked(draft, answerer, backed, options)
        if is_refusal(said):
            return ended(draft, said, "", read)
        if places := named_in(said, backed.choices):
            return written(draft, places, backed, options.style, read)
    places = clear(backed)
    return written(draft, places, backed, options.style, read) if places else None


def weighed(backed: Backed, lean: Sequence[float] = ()) -> list[int]:
    """The places of the options taken, in order; `lean` is what a model thinks of each, in nats."""
    scores = _scores(backed, lean)
    ranked = sorted(_able(backed), key=lambda place: -scores[place])
    return sorted(ranked[: backed.choices.wanted or _all_that_apply(backed)])


def _all_that_apply(backed: Backed) -> int:
    """How many options the notes speak for, nearly as much as for the first of them."""
    support = [one.support for one in backed.backings]
    least = max(_least(backed, FEWEST), ALIKE * max(support))
    return max(1, sum(one >= least for one in support))


def clear(backed: Backed) -> list[int]:
    """The same by the notes alone; empty where others come near them."""
    return weighed(backed) if _margin(backed, ()) >= WEIGHT * CLEAR else []


def _margin(backed: Backed, lean: Sequence[float]) -> float:
    """By how much what is taken leads the rest."""
    scores, places = _scores(backed, lean), weighed(backed, lean)
    rest = [score for place, score in enumerate(scores) if place not in places]
    return min((scores[place] for place in places), default=0.0) - max(rest, default=0.0)


def _scores(backed: Backed, lean: Sequence[float]) -> list[float]:
    nats = lean or [0.0] * len(backed.backings)
    signs = [-1 if backed.choices.exception and not b.says_no else 1 for b in backed.backings]
    return [
        one + WEIGHT * sign * backing.support
        for one, sign, backing in zip(nats, signs, backed.backings, strict=True)
    ]


def _lacks_favourite(backed: Backed, lean: Sequence[float]) -> bool:
    """True if no note names what a model favours, and what is taken instead is little spoken for.

    Such notes do not hold the answer, rather than hold another than the model believes.
    """
    favourite = backed.backings[max(range(len(lean)), key=lean.__getitem__)]
    taken = (backed.backings[place].support for place in weighed(backed, lean))
    is_weak = max(taken, default=0.0) < _least(backed, OUTDOES)
    is_named = favourite.sentence or favourite.of or backed.choices.exception
    return not is_named and is_weak


def _least(backed: Backed, least: float) -> float:
    return least + STRANGE * backed.evidence.support.unknown


def _able(backed: Backed) -> list[int]:
    """Places of the options that can be taken: nothing has to speak for an exception."""
    return [
        place
        for place, backing in enumerate(backed.backings)
        if backing.sentence or backing.of or backed.choices.exception
    ]


def _asked(
    draft: Answer, answerer: Answerer, backed: Backed, options: AskOptions
) -> tuple[Answer, str]:
    """What a model writes to passages that speak for options, those that do it most first."""
    strongest = sorted(backed.backings, key=lambda one: -one.support)
    places = [one.sentence.passage for one in strongest if one.sentence]
    order = dict.fromkeys([*places, *range(len(backed.evidence.passages))])
    passages = tuple(replace(backed.evidence.passages[place], score=1.0) for place in order)
    posed = f"{backed.choices.posed}\n{INSTRUCTION}"
    evidence = replace(backed.evidence, question=posed, passages=passages, sentences=())
    if options.fresh and isinstance(answerer, CachedAnswerer):
        answerer.forget(evidence)
    pieces = answerer.stream(evidence, ())
    said = "".join(pieces)
    return replace(told(draft, pieces), cached=isinstance(pieces, Replayed)), said


def named_in(said: str, choices: Choices) -> list[int]:
    """The places of the options that a text takes: by their labels, or else by their words."""
    bare = MARKS.sub("", said)
    labels = set(re.findall(r"(?<![\w'])([A-Z]|\d{1,2})(?=[.):,*]|\s*$|\s+and\b)", bare))
    named = [place for place, label in enumerate(choices.labels) if label in labels]
    by_words = (p for p, one in enumerate(choices.options) if one.casefold() in bare.casefold())
    return named or list(by_words)
