"""Do lines of two notes, or of two sections of one, answer a question differently?

They do where nearly all they say is the same, by the weight of their words, and each has a word or
two of its own: another number, date or name; or where one of them says no. Where each has numbers
that the other has not, it is enough that one of them says little else: "Open day Sat 21 June" and
"Open day moved to Sat 28 June because of the fete". Limitation: notes that disagree in other words,
and whether the two are about different things that go by the same name.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from rag.text.words import asserted, content, says_no, stems
from rag.types import Evidence, Sentence

_NEAR = 0.75
"""A sentence counts if its score is at least this share of the best one's."""

_ALIKE = 0.6
"""Share of the weight of the longer sentence that both hold, where they say the same."""

_HELD = 0.8
"""Share of the weight of the shorter sentence, numbers aside, that the longer one holds, too."""

_OWN = 2
"""Words at most in which each of them differs."""

_LOOKED_AT = 12
_FEWEST = 2


def with_disagreement(evidence: Evidence, rarity: Mapping[str, float]) -> Evidence:
    """The evidence with what of it disagrees: of each note the sentence nearest the question."""
    best = evidence.sentences[0].score if evidence.sentences else 0.0
    near = [s for s in evidence.sentences[:_LOOKED_AT] if s.score >= _NEAR * best]
    for one, other in combinations(near, 2):
        if _differ(one, other, evidence, rarity):
            others = [s for s in near if s not in (one, other)]
            more = [s for s in others if all(_differ(s, t, evidence, rarity) for t in (one, other))]
            return replace(evidence, disagreeing=(one, other, *more[:1]))
    return evidence


def _differ(
    one: Sentence, other: Sentence, evidence: Evidence, rarity: Mapping[str, float]
) -> bool:
    chunks = [evidence.passages[sentence.passage].chunk for sentence in (one, other)]
    if chunks[0].note_path == chunks[1].note_path and chunks[0].headings == chunks[1].headings:
        return False
    asked = stems(evidence.question)
    # "What does Polly cost?" is not answered by what a sentence on Lex says of its cost. Titles
    # are left out: those of two editions of a handbook differ.
    about = [
        stems(" ".join([*chunk.headings[1:], sentence.text])) & asked
        for chunk, sentence in zip(chunks, (one, other), strict=True)
    ]
    return about[0] == about[1] and differ(one.text, other.text, rarity, asked)


def differ(
    one: str, other: str, rarity: Mapping[str, float], asked: frozenset[str] = frozenset()
) -> bool:
    """True if two sentences cannot both be right, for all that their words tell."""
    mine, theirs = content(asserted(one)), content(asserted(other))
    if _count_otherwise(mine, theirs, rarity):
        return True
    both, longer = mine & theirs, max(mine, theirs, key=len)
    if len(both) < _FEWEST or _weight(both, rarity) < _ALIKE * _weight(longer, rarity):
        return False
    own = (mine - theirs, theirs - mine)
    if not any(own):
        return says_no(one) != says_no(other)
    return all(own) and all(len(words) <= _OWN and not words & asked for words in own)


def _count_otherwise(
    mine: frozenset[str], theirs: frozenset[str], rarity: Mapping[str, float]
) -> bool:
    """True if each has numbers of its own, and the shorter hardly says anything else of its own."""
    if not all(any(word[0].isdigit() for word in own) for own in (mine - theirs, theirs - mine)):
        return False
    mine, theirs = (frozenset(w for w in one if not w[0].isdigit()) for one in (mine, theirs))
    shorter, both = min(mine, theirs, key=len), mine & theirs
    return len(both) >= _FEWEST and _weight(both, rarity) >= _HELD * _weight(shorter, rarity)


def _weight(words: frozenset[str], rarity: Mapping[str, float]) -> float:
    """Numbers are rare, and tell little; in few notes no word is rare, and tells as much."""
    return sum(1.0 if word[0].isdigit() else max(1.0, rarity.get(word, 1.0)) for word in words)
