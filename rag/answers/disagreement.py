"""Do two notes answer a question differently?

By rules: sentences of two notes, both near the question, are about the same words and differ in a
number, in a name, in whether they say no, or in one word. What this does not know: two notes that
disagree in other words, and whether the two are about different things that go by the same name.
"""

from collections.abc import Sequence
from itertools import islice

from rag.text.facts import Statement, names, numbers, statements
from rag.text.words import stems
from rag.types import Evidence, Hit, Sentence

NEAR = 0.75
"""A sentence counts if its score is at least this share of the best one's."""

ALIKE = 0.75
"""Share of the words of the longer sentence that both hold, numbers and names aside."""

LOOKED_AT = 12
"""Sentences that are compared, from the best one on."""


def disagreeing(evidence: Evidence) -> tuple[Sentence, Sentence] | None:
    """The best sentence that another note's differs from, and that other; None if there is none."""
    best = evidence.sentences[0].score if evidence.sentences else 0.0
    near = [s for s in islice(evidence.sentences, LOOKED_AT) if s.score >= NEAR * best]
    for place, one in enumerate(near):
        for other in near[place + 1 :]:
            if _differ(one, other, evidence):
                return one, other
    return None


def _differ(one: Sentence, other: Sentence, evidence: Evidence) -> bool:
    if _note(one, evidence.passages) == _note(other, evidence.passages):
        return False
    asked = stems(evidence.question)
    # "What does Polly cost?" is not answered by what a sentence on Lex says of its cost.
    if asked & _in_context(one, evidence) != asked & _in_context(other, evidence):
        return False
    return _values_differ(one.text, other.text, asked) or _one_denies(one.text, other.text)


def _values_differ(one: str, other: str, asked: frozenset[str]) -> bool:
    counted = [numbers(text, spelt=False) for text in (one, other)]
    named = [names(text) - asked for text in (one, other)]
    if all(counted) and not counted[0] & counted[1]:
        return _alike(_without_digits(one), _without_digits(other))
    if all(named) and not named[0] & named[1] and counted[0] == counted[1]:
        return _alike(stems(one) - named[0], stems(other) - named[1])
    own = (stems(one) - stems(other), stems(other) - stems(one))
    return all(len(words) == 1 and not words & asked for words in own) and _alike(
        stems(one) - own[0], stems(other) - own[1], least=3
    )


def _without_digits(text: str) -> frozenset[str]:
    """Stems that are no number, nor a part of one such as 18:30."""
    return frozenset(word for word in stems(text) if not word[0].isdigit())


def _alike(one: frozenset[str], other: frozenset[str], least: int = 2) -> bool:
    shared = len(one & other)
    return shared >= least and shared >= ALIKE * max(len(one), len(other))


def _one_denies(one: str, other: str) -> bool:
    said, answered = list(statements(one)), list(statements(other))
    return any(_denies(mine, theirs) for mine in said for theirs in answered)


def _denies(one: Statement, other: Statement) -> bool:
    return one.negated != other.negated and _alike(one.words, other.words)


def _note(sentence: Sentence, passages: Sequence[Hit]) -> str:
    return passages[sentence.passage].chunk.note_path


def _in_context(sentence: Sentence, evidence: Evidence) -> frozenset[str]:
    """Words of the sentence and its headings, without those of the note's title.

    Two editions of a handbook have titles that differ.
    """
    return stems(" ".join([*evidence.passages[sentence.passage].chunk.headings[1:], sentence.text]))
