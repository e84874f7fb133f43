"""A "yes" that a line of the notes denies, or that the model itself half believes, is not said.

A small model says "yes" to much that is not so, but leans to it less. So its "yes" is taken only
where it leads its "no" by far as the first word, which none of 19 false ones did
(benchmarks/verdicts.py). Where a line says the opposite of all that was asked (a negation more or
less, another number of the same), the answer is "No" with that line; where the model is merely
unsure, it is the line that comes nearest, and no verdict. What this does not know: questions in
other languages than English; another name in the place of the one that was asked for, which need
be no "no" (a service may have several customers); and a model that is sure and wrong.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from rag.answering import SECOND_SENTENCE
from rag.answers.citations import MARKS
from rag.answers.composing import own_lines
from rag.answers.disagreement import disagreeing
from rag.answers.ending import WITHHELD, Read, context_of
from rag.protocols import Answerer, Leaning
from rag.text.contradiction import denies
from rag.text.facts import content, spelled_out
from rag.text.sentences import lead, sentence_spans
from rag.types import Answer, Sentence, Status, Style

LEAD = 4.0
"""Nats by which "Yes" has to lead "No" to be believed; chosen on benchmarks/yes_no.jsonl."""

HELD_LEAD = 2.0
"""The same where one line holds every word of the question."""

UNSURE = "The model is not sure whether yes or no: this is what the notes say."
DENIED = "What was asked is not what the notes say."
BOTH = "What the model wrote is withheld: two notes disagree."
INSTEAD = "What the model wrote is withheld: the notes say otherwise."

_ASKS = re.compile(
    r"(?:is|are|was|were|do|does|did|can|could|has|have|had|must|may|might|will|would|should)\b"
    r"(?!.*\bor\b)",
    re.IGNORECASE | re.DOTALL,
)
_YES = re.compile(r"\W*yes\b", re.IGNORECASE)


def asks_yes_or_no(question: str) -> bool:
    """True of "Is it free?", not of "Is it free or not?", which offers what to answer with."""
    spans = sentence_spans(question)
    return bool(spans and _ASKS.match(question, spans[-1].start))


def is_unsure(answerer: Answerer, read: Read, style: Style) -> bool:
    """True if a model begins with a "yes" that its "no" comes near. Raises ModelError."""
    evidence = read.evidence
    if not _is_one_answer(read) or not isinstance(answerer, Leaning):
        return False
    leaning = answerer.leaning(evidence, style)
    if leaning is None or not 0 < leaning < LEAD:
        return False
    return leaning < HELD_LEAD or _holding(read) is None


def nearest(draft: Answer, read: Read) -> Answer | None:
    """A line that denies what was asked, else the best one or two, without a verdict."""
    ranked = list(islice(_lines(read), 2))
    near = [one for one in ranked if one.score >= SECOND_SENTENCE * ranked[0].score]
    return denied(draft, read) or own_lines(replace(draft, notice=UNSURE), near, read)


def denied(draft: Answer, read: Read) -> Answer | None:
    """The line that says so behind a "No"; None of a question for more, or where no line does."""
    line = _denying(read.evidence.question, read) if _is_one_answer(read) else None
    return own_lines(replace(draft, notice=DENIED), [line], read, "No. ") if line else None


def instead(draft: Answer, read: Read) -> Answer | None:
    """What a question for yes or no gets in place of a refusal; None where no line is on it all."""
    line = _holding(read) if _is_one_answer(read) else None
    found = own_lines(replace(draft, notice=UNSURE), [line], read) if line else None
    return denied(draft, read) or found


def corrected(answer: Answer, draft: Answer, written: str, read: Read) -> Answer:
    """`answer`, of which a model wrote `written`; or the lines that say otherwise."""
    if draft.status is not Status.ANSWERED or answer.status is Status.INTERRUPTED:
        return answer
    if answer.status is not Status.REFUSED:
        return (denied(draft, read) if _YES.match(answer.text) else None) or answer
    is_withheld = answer.notice == WITHHELD
    both = _both(read) if is_withheld else None
    said = own_lines(replace(draft, notice=BOTH), both, read) if both else instead(draft, read)
    if said or not is_withheld:
        return said or answer
    bare = MARKS.sub("", written)
    claims = (bare[span.start : span.end] for span in sentence_spans(bare))
    spelled = (spelled_out(claim, read.evidence.question) for claim in claims)
    line = next(filter(None, (_denying(one, read) for one in spelled)), None)
    return (own_lines(replace(draft, notice=INSTEAD), [line], read) if line else None) or answer


def _is_one_answer(read: Read) -> bool:
    """True of a question for yes or no on which no two notes disagree."""
    return asks_yes_or_no(read.evidence.question) and disagreeing(read.evidence) is None


def _both(read: Read) -> tuple[Sentence, Sentence] | None:
    """Lines of two notes that disagree on all that is asked in a question for yes or no."""
    pair = disagreeing(read.evidence) if asks_yes_or_no(read.evidence.question) else None
    return pair if pair and all(_holds(one, read) for one in pair) else None


def _holding(read: Read) -> Sentence | None:
    """The best of the lines which holds every word of the question."""
    return next((one for one in _lines(read) if _holds(one, read)), None)


def _holds(line: Sentence, read: Read) -> bool:
    return line.passage < len(read.given) and content(read.evidence.question) <= content(
        f"{line.text}\n{_context(line, read)}"
    )


def _denying(said: str, read: Read) -> Sentence | None:
    """The best of the lines that were given which denies all that `said` says."""
    lines = _lines(read)
    return next((one for one in lines if denies(one.text, said, _context(one, read))), None)


def _lines(read: Read) -> Iterator[Sentence]:
    """Sentences of the passages that were given, best first."""
    return (one for one in read.evidence.sentences if one.passage < len(read.given))


def _context(line: Sentence, read: Read) -> str:
    hit = read.given[line.passage]
    return context_of(hit, lead(hit.chunk.text, line.span.start))
