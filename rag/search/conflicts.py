"""Sentences of two notes that cannot both be right: the same words, but other numbers or a no.

Only where the words are the same to the last stem, so that all notes are compared in one pass.
Limitation: notes that disagree in other words, and whether two sentences in the same words are
about the same thing ("It costs 5 dollars a month").

Notes that say the same: with the same bytes, or with most lines in common.

A line counts if it is long enough to say something, with case and blanks put aside. Two notes are
near duplicates if most of the shorter one's lines stand in the other (the containment of Broder,
"On the resemblance and containment of documents", 1997, over whole lines in place of shingles).
Lines that stand in many notes are a form that these share, and tell nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from rag.text.sentences import sentence_spans
from rag.text.words import asserted, content, numbers, says_no
from rag.types import Chunk

_FEWEST = 4  # words, numbers aside, of a sentence that says something
_LONGEST = 400  # characters; what is longer is hardly one sentence
_FORM = 6  # notes that hold a sentence which is but a form

_NEAR = 0.6
"""Two notes are near duplicates if this share of the shorter one's lines is in both."""

_TELLING = 24  # characters of a line that says something

_FEWEST_WORDS = 3  # lines in common; fewer may be chance

_COPY_FORM = 20  # notes that share a line which is but a form


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


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Notes that say the same. `share` of the shorter one's lines is in the other; 1 if all is."""

    paths: tuple[str, ...]
    share: float
    is_exact: bool


def duplicates(chunks: Iterable[Chunk], digests: Mapping[str, str]) -> list[Duplicate]:
    """Exact ones first, then near ones, those with most in common first.

    `digests` are those of the notes' files by path. Of notes with the same bytes only the first is
    compared with others.
    """
    same: defaultdict[str, list[str]] = defaultdict(list)
    for path, digest in sorted(digests.items()):
        same[digest].append(path)
    exact = [Duplicate(tuple(paths), 1.0, True) for paths in same.values() if len(paths) > 1]
    firsts = {paths[0] for paths in same.values()}
    lines = _lines(chunk for chunk in chunks if chunk.note_path in firsts)
    return [*exact, *sorted(_near(lines), key=lambda one: (-one.share, one.paths))]


def _lines(chunks: Iterable[Chunk]) -> dict[str, set[str]]:
    """What each note says, in lines."""
    said: defaultdict[str, set[str]] = defaultdict(set)
    for chunk in chunks:
        flat = (" ".join(line.split()).casefold() for line in chunk.text.splitlines())
        said[chunk.note_path].update(line for line in flat if len(line) >= _TELLING)
    return said


def _near(lines: Mapping[str, set[str]]) -> Iterable[Duplicate]:
    where: defaultdict[str, list[str]] = defaultdict(list)
    for path, said in sorted(lines.items()):
        for line in said:
            where[line].append(path)
    common = Counter(
        pair
        for paths in where.values()
        if 1 < len(paths) <= _COPY_FORM
        for pair in combinations(paths, 2)
    )
    for (one, other), count in common.items():
        share = count / min(len(lines[one]), len(lines[other]))
        if count >= _FEWEST_WORDS and share >= _NEAR:
            yield Duplicate((one, other), share, False)
