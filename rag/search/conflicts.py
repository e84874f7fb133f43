"""Sentences of two notes that cannot both be right: the same words, but other numbers or a no.

Only where the words are the same to the last stem, so that all notes are compared in one pass.
Limitation: notes that disagree in other words, and whether two sentences in the same words are
about the same thing ("It costs 5 dollars a month").
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from rag.text.facts import asserted, content, numbers, says_no
from rag.text.sentences import sentence_spans
from rag.types import Chunk

_FEWEST = 4  # words, numbers aside, of a sentence that says something
_LONGEST = 400  # characters; what is longer is hardly one sentence
_FORM = 6  # notes that hold a sentence which is but a form


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, verbatim, and the line of its note that it begins in."""

    path: str
    line: int
    text: str
    numbers: frozenset[str]
    negated: bool


Conflict = tuple[Statement, Statement]


def conflicts(chunks: Iterable[Chunk]) -> list[Conflict]:
    """Pairs of sentences of two notes, in the order of their paths and lines."""
    alike: defaultdict[frozenset[str], dict[tuple[str, int], Statement]] = defaultdict(dict)
    for chunk in chunks:
        for words, said in _sentences(chunk):
            alike[words].setdefault((said.path, said.line), said)
    pairs = (
        (one, other)
        for group in alike.values()
        if len({said.path for said in group.values()}) <= _FORM
        for one, other in combinations(sorted(group.values(), key=_place), 2)
    )
    found = [pair for pair in pairs if _differ(*pair)]
    return sorted(found, key=lambda pair: (_place(pair[0]), _place(pair[1])))


def _sentences(chunk: Chunk) -> Iterator[tuple[frozenset[str], Statement]]:
    for span in sentence_spans(chunk.text):
        text = chunk.text[span.start : span.end]
        if len(text) > _LONGEST:
            continue
        words = frozenset(word for word in content(asserted(text)) if not word[0].isdigit())
        if len(words) >= _FEWEST:
            negated = says_no(text)
            line = chunk.start_line + chunk.text.count("\n", 0, span.start)
            yield words, Statement(chunk.note_path, line, text, numbers(text), negated)


def _place(said: Statement) -> tuple[str, int]:
    return said.path, said.line


def _differ(one: Statement, other: Statement) -> bool:
    if one.path == other.path:
        return False
    counted = bool(one.numbers) and bool(other.numbers) and one.numbers != other.numbers
    return counted or one.negated != other.negated
