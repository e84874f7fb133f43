"""Notes that say the same: with the same bytes, or with most lines in common.

A line counts if it is long enough to say something, with case and blanks put aside. Two notes are
near duplicates if most of the shorter one's lines stand in the other (the containment of Broder,
"On the resemblance and containment of documents", 1997, over whole lines in place of shingles).
Lines that stand in many notes are a form that these share, and tell nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations

from rag.types import Chunk

NEAR = 0.6
"""Two notes are near duplicates if this share of the shorter one's lines is in both."""

_TELLING = 24  # characters of a line that says something
_FEWEST = 3  # lines in common; fewer may be chance
_FORM = 20  # notes that share a line which is but a form


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
        if 1 < len(paths) <= _FORM
        for pair in combinations(paths, 2)
    )
    for (one, other), count in common.items():
        share = count / min(len(lines[one]), len(lines[other]))
        if count >= _FEWEST and share >= NEAR:
            yield Duplicate((one, other), share, False)
