"""Which words of the notes carry the answer of a case: its quotes, found for a person to confirm.

A line carries a part of a reference if it speaks of what is asked and holds the words of the part,
together with the headings above it; where none does, if it holds some of them and comes near in
meaning. The limits are those of rag/grounding.py, and the best of several lines is taken. What
this does not know: an answer in quite other words than the notes', which is left without a quote.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice

from eval.texts.text import parts, stems
from eval.types import Case, Target
from rag.types import Evidence, Hit, Sentence

MOST = 4
"""Quotes of a case at most."""

HELD = 0.75
"""Share of a reference's words from which one line carries it, whatever its cosine."""

NEAR, PARTLY = 0.62, 0.4
"""Cosine from which a line carries a reference that it shares this share of the words with."""

_OWN = 0.5
"""What a word in the line itself counts for beyond one in a heading above it."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A sentence with its stems, and those of it with the headings and the table above."""

    sentence: Sentence
    hit: Hit
    own: frozenset[str]
    held: frozenset[str]

    def holds(self, wanted: frozenset[str]) -> bool:
        return self._share(wanted) >= HELD

    def is_near(self, wanted: frozenset[str]) -> bool:
        return self._share(wanted) >= PARTLY and self.sentence.cosine >= NEAR

    def fit(self, wanted: frozenset[str], asked: frozenset[str]) -> float:
        own = len(wanted & self.own) / len(wanted)
        about = len(asked & self.held) / len(asked) if asked else 0.0
        return self.sentence.score + self._share(wanted) + _OWN * own + about

    def _share(self, wanted: frozenset[str]) -> float:
        return len(wanted & self.held) / len(wanted)


def searched(case: Case) -> str:
    """What to search the notes for: the question with its answer says more than either."""
    return " ".join([case.question, *parts(case.references[0])]) if case.references else ""


def quotes(case: Case, evidence: Evidence, paths: Collection[str]) -> tuple[Target, ...]:
    """The lines of `evidence`, which was found for `searched(case)`, that carry the answer.

    One for each part of the reference that is carried best; none if some part is by no line.
    `paths` are those of all notes: targets are named as shortly as tells them apart.
    """
    asked = frozenset(stems(case.question))
    lines = [_line(sentence, evidence.passages) for sentence in evidence.sentences]
    found = [one for ref in case.references if (one := _carriers(ref, asked, lines))]
    if not found:
        return ()
    _, best = max(found, key=lambda one: one[0])
    named = [Target(shortest(line.hit.chunk.note_path, paths), line.sentence.text) for line in best]
    return tuple(dict.fromkeys(named))[:MOST]


def nearest_lines(case: Case, evidence: Evidence, paths: Collection[str]) -> tuple[Target, ...]:
    """The lines that come nearest to carrying the answer, best first, for a person to choose."""
    asked = frozenset(stems(case.question))
    wanted = [frozenset(stems(reference)) for reference in case.references if stems(reference)]
    lines = [_line(sentence, evidence.passages) for sentence in evidence.sentences]
    ranked = sorted(lines, key=lambda one: -max((one.fit(w, asked - w) for w in wanted), default=0))
    named = (Target(shortest(one.hit.chunk.note_path, paths), one.sentence.text) for one in ranked)
    return tuple(islice(dict.fromkeys(named), MOST))


def shortest(path: str, paths: Collection[str]) -> str:
    """The shortest end of a note's path that names it alone among `paths`."""
    steps = path.split("/")
    ends = ("/".join(steps[-count:]) for count in range(1, len(steps)))
    alone = (end for end in ends if sum(Target(end, "").names(other) for other in paths) <= 1)
    return next(alone, path)


def _line(sentence: Sentence, passages: Sequence[Hit]) -> _Line:
    hit = passages[sentence.passage]
    own = frozenset(stems(sentence.text))
    above = " ".join([*hit.chunk.headings, hit.chunk.context])
    return _Line(sentence, hit, own, own | frozenset(stems(above)))


def _carriers(
    reference: str, asked: frozenset[str], lines: Sequence[_Line]
) -> tuple[tuple[bool, float], list[_Line]] | None:
    """The best line for each part of a reference, and how well the worst of them fits."""
    chosen: list[_Line] = []
    fits: list[tuple[bool, float]] = []
    for wanted in filter(None, (frozenset(stems(part)) for part in parts(reference))):
        about = asked - wanted
        there = [line for line in lines if about & line.held]
        holding = [line for line in there if line.holds(wanted)]
        able = holding or [line for line in there if line.is_near(wanted)]
        if not able:
            return None
        best = max(able, key=lambda line: line.fit(wanted, about))
        chosen.append(best)
        fits.append((bool(holding), best.fit(wanted, about)))
    return (min(fits), chosen) if chosen else None
