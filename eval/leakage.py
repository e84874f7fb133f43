"""Answer keys that stand in the notes a second time, outside of any quiz, where an eval finds them.

A key counts as copied where a stretch of a note holds most pairs of neighbouring words of what the
quiz says (COPIED), or fewer of them but the same meaning (NEARLY and SAME_MEANING; the share is the
containment of Broder, "On the resemblance and containment of documents", 1997). That a note states
the fact in its own words is what notes are for: of 397 keys over 36 notes by someone else, four
lines hold half of a key's pairs, none of them with the same meaning or with most pairs. Copies with
one word lost or misspelt are found in 99 of 100, with two in 70 to 80. Limitations: a copy in
another order, in other words or in another language, and keys of fewer than LEAST words.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval.texts.tokens import find_quote, parts, token_stems
from eval.types import Case, Origin, Target
from rag.types import Span

Texts = Mapping[str, str]
_Quizzes = Mapping[str, Sequence[Span]]
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Key:
    """What a quiz gives away. `origin` is where it stands, `case` the case that it is the key of.

    Without a case it is a line of a quiz that no case was made of.
    """

    text: str
    origin: Origin | None = None
    case: Case | None = None


def keys_of(cases: Iterable[Case], texts: Texts) -> Iterator[Key]:
    """The keys of cases: the question with each reference, and the lines where it was found."""
    for case in cases:
        for reference in case.references:
            yield Key(f"{case.question} {' '.join(parts(reference))}", case.origin, case)
        if origin := case.origin:
            meant = Target(origin.note_path, "")
            for text in (text for path, text in texts.items() if meant.names(path)):
                lines = lines_of(text)[origin.start_line - 1 : origin.end_line]
                yield Key("".join(lines).strip(), origin, case)


def keys_left(cases: Iterable[Case], texts: Texts, quizzes: _Quizzes) -> Iterator[Key]:
    """The lines of quizzes, headings aside, that none of the cases was found on."""
    origins = [case.origin for case in cases if case.origin]
    for path, spans in quizzes.items():
        own = [one for one in origins if Target(one.note_path, "").names(path)]
        taken = {n for one in own for n in range(one.start_line, one.end_line + 1)}
        for number, line, touched in _marked(texts.get(path, ""), spans):
            says = line.strip() and not line.lstrip().startswith("#")
            if touched and says and number not in taken:
                yield Key(line.strip(), Origin(path, number, number, "line of a quiz"))


def _marked(text: str, spans: Sequence[Span]) -> Iterator[tuple[int, str, bool]]:
    """The lines of a note with their numbers, from 1, and whether each touches one of the spans."""
    start = 0
    for number, line in enumerate(lines_of(text), 1):
        end = start + len(line)
        yield number, line, any(max(start, one.start) < min(end, one.end) for one in spans)
        start = end


def lines_of(text: str) -> list[str]:
    """Lines with their ends, numbered as a chunk's are."""
    return _LINE.findall(text)


COPIED = 0.75
NEARLY = 0.5
SAME_MEANING = 0.87
"""Cosine of a key and its copy; that of a key and a line which says it in other words is less."""

_LEAST = 5
"""Words of a key that are a copy together, and a coincidence if they are fewer."""

_SLACK = 1.5
"""Words in which a copy may stand, for each word of the key."""

_Likeness = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""Cosines of pairs of texts."""

_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Leak:
    """Lines of a note, from 1, both ends included, that say what a key says.

    `share` is that of the key's pairs of words which they hold.
    """

    key: Key
    note_path: str
    start_line: int
    end_line: int
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class _Sought:
    key: Key
    pairs: frozenset[_Pair]
    length: int


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a note outside of its quizzes, and on which line, from 1, each stands."""

    path: str
    lines: Sequence[str]
    words: Sequence[str]
    numbers: Sequence[int]


def find_leaks(
    keys: Iterable[Key], texts: Texts, quizzes: _Quizzes, likeness: _Likeness | None = None
) -> list[Leak]:
    """The places outside of `quizzes` that give a key away, by note and line, each told once.

    Args:
        keys: what is looked for. Where a key itself stands, or a target of its case, is no leak.
        texts: the notes by path.
        quizzes: where they are a quiz, by path; offsets into the text.
        likeness: compares meanings; without it only what is copied word by word is found.
    """
    sought = [one for key in keys if (one := _sought(key)).length >= _LEAST]
    by_pair: dict[_Pair, list[_Sought]] = defaultdict(list)
    for one in sought:
        for pair in one.pairs:
            by_pair[pair].append(one)
    best: dict[tuple[str, int], Leak] = {}
    for path, text in texts.items():
        for leak in _confirmed(list(_in_note(_read(path, text, quizzes), by_pair)), likeness):
            place = (path, leak.start_line)
            if place not in best or best[place].share < leak.share:
                best[place] = leak
    return sorted(best.values(), key=lambda leak: (leak.note_path, leak.start_line))


def _sought(key: Key) -> _Sought:
    words = token_stems(key.text)
    return _Sought(key, frozenset(pairwise(words)), len(words))


def _read(path: str, text: str, quizzes: _Quizzes) -> _Words:
    words: list[str] = []
    numbers: list[int] = []
    for number, line, touched in _marked(text, quizzes.get(path, ())):
        own = [] if touched else token_stems(line)
        words += own
        numbers += [number] * len(own)
    return _Words(path, lines_of(text), words, numbers)


def _in_note(note: _Words, by_pair: Mapping[_Pair, Sequence[_Sought]]) -> Iterator[Leak]:
    places: dict[int, tuple[_Sought, list[int]]] = {}
    pairs = list(pairwise(note.words))
    for place, pair in enumerate(pairs):
        for one in by_pair.get(pair, ()):
            places.setdefault(id(one), (one, []))[1].append(place)
    for one, held in places.values():
        if len(held) < NEARLY * len(one.pairs):
            continue
        share, first, last = _densest(held, pairs, one)
        lines = (note.numbers[first], note.numbers[last + 1])
        text = "".join(note.lines[lines[0] - 1 : lines[1]]).strip()
        leak = Leak(one.key, note.path, *lines, text, share)
        if share >= NEARLY and not _is_its_place(leak):
            yield leak


def _densest(places: Sequence[int], pairs: Sequence[_Pair], key: _Sought) -> tuple[float, int, int]:
    """The stretch that holds most of the key's pairs: their share, its first and its last one."""
    best = (0, places[0], places[0])
    held: Counter[_Pair] = Counter()
    left = 0
    for place in places:
        held[pairs[place]] += 1
        while place - places[left] >= _SLACK * key.length:
            gone = pairs[places[left]]
            held[gone] -= 1
            if not held[gone]:
                del held[gone]
            left += 1
        best = max(best, (len(held), places[left], place), key=lambda one: one[0])
    most, first, last = best
    return most / len(key.pairs), first, last


def _is_its_place(leak: Leak) -> bool:
    """True where the key was found, and where its case is meant to be answered from."""
    origin = leak.key.origin
    if origin and Target(origin.note_path, "").names(leak.note_path):
        if leak.start_line <= origin.end_line and origin.start_line <= leak.end_line:
            return True
    targets = leak.key.case.targets if leak.key.case else ()
    quotes = [target.quote for target in targets if target.names(leak.note_path)]
    return any(find_quote(one, leak.text) or find_quote(leak.text, one) for one in quotes)


def _confirmed(found: Sequence[Leak], likeness: _Likeness | None) -> Iterator[Leak]:
    unsure = [leak for leak in found if leak.share < COPIED]
    cosines = (
        likeness([(leak.key.text, leak.text) for leak in unsure]) if likeness and unsure else ()
    )
    same = {id(leak) for leak, near in zip(unsure, cosines, strict=False) if near >= SAME_MEANING}
    return (leak for leak in found if leak.share >= COPIED or id(leak) in same)
