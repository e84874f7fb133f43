"""Answer keys that stand in the notes a second time, outside of any quiz, where an eval finds them.

A key counts as copied where a stretch of a note holds most pairs of neighbouring words of what the
quiz says (COPIED), or fewer of them but the same meaning (NEARLY and SAME_MEANING; the share is the
containment of Broder, "On the resemblance and containment of documents", 1997). That a note states
the fact in its own words is what notes are for: of 397 keys over 36 notes by someone else, four
lines hold half of a key's pairs, none of them with the same meaning or with most pairs. Copies with
one word lost or misspelt are found in 99 of 100, with two in 70 to 80. What this does not know: a
copy in another order, in other words or in another language, and keys of fewer than LEAST words.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from eval.text import find_quote, parts, stems
from eval.types import Case, Target
from rag.types import Span

COPIED = 0.75
NEARLY = 0.5
SAME_MEANING = 0.87
"""Cosine of a key and its copy; that of a key and a line which says it in other words is less."""

LEAST = 5
"""Words of a key that are a copy together, and a coincidence if they are fewer."""

_SLACK = 1.5
"""Words in which a copy may stand, for each word of the key."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")

Texts = Mapping[str, str]
Quizzes = Mapping[str, Sequence[Span]]
Likeness = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""Cosines of pairs of texts."""

_Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Leak:
    """Lines of a note, from 1, both ends included, that say what the key of a case says.

    `share` is that of the key's pairs of words which they hold, `key` the words of the key.
    """

    case: Case
    key: str
    note_path: str
    start_line: int
    end_line: int
    text: str
    share: float


@dataclass(frozen=True, slots=True)
class _Key:
    case: Case
    text: str
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
    cases: Iterable[Case], texts: Texts, quizzes: Quizzes, likeness: Likeness | None = None
) -> list[Leak]:
    """The places outside of `quizzes` that give the answer of a case away, by note and line.

    Args:
        cases: whose keys are looked for: what stands where they were found, and the question with
            each of its references. Where a case's target stands is no leak.
        texts: the notes by path.
        quizzes: where they are a quiz, by path; offsets into the text.
        likeness: compares meanings; without it only what is copied word by word is found.
    """
    keys = [key for case in cases for key in _keys(case, texts)]
    by_pair: dict[_Pair, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        for pair in key.pairs:
            by_pair[pair].append(number)
    found: dict[tuple[str, str, int], Leak] = {}
    for path, text in texts.items():
        for leak in _confirmed(list(_in_note(_read(path, text, quizzes), keys, by_pair)), likeness):
            place = (leak.case.id, path, leak.start_line)
            if place not in found or found[place].share < leak.share:
                found[place] = leak
    return sorted(found.values(), key=lambda leak: (leak.note_path, leak.start_line, leak.case.id))


def _keys(case: Case, texts: Texts) -> Iterator[_Key]:
    said = [f"{case.question} {' '.join(parts(one))}" for one in case.references]
    if origin := case.origin:
        meant = Target(origin.note_path, "")
        homes = [text for path, text in texts.items() if meant.names(path)]
        said += ["".join(_lines(text)[origin.start_line - 1 : origin.end_line]) for text in homes]
    for text in said:
        words = stems(text)
        if len(words) >= LEAST:
            yield _Key(case, text, frozenset(pairwise(words)), len(words))


def _read(path: str, text: str, quizzes: Quizzes) -> _Words:
    lines = _lines(text)
    words: list[str] = []
    numbers: list[int] = []
    spans = sorted(quizzes.get(path, ()))
    start = 0
    for number, line in enumerate(lines, 1):
        end = start + len(line)
        if not any(max(start, span.start) < min(end, span.end) for span in spans):
            own = stems(line)
            words += own
            numbers += [number] * len(own)
        start = end
    return _Words(path, lines, words, numbers)


def _in_note(
    note: _Words, keys: Sequence[_Key], by_pair: Mapping[_Pair, Sequence[int]]
) -> Iterator[Leak]:
    places: dict[int, list[int]] = defaultdict(list)
    pairs = list(pairwise(note.words))
    for place, pair in enumerate(pairs):
        for number in by_pair.get(pair, ()):
            places[number].append(place)
    for number, held in places.items():
        key = keys[number]
        if len(set(held)) < NEARLY * len(key.pairs):
            continue
        share, first, last = _densest(held, pairs, key)
        lines = (note.numbers[first], note.numbers[last + 1])
        text = "".join(note.lines[lines[0] - 1 : lines[1]]).strip()
        leak = Leak(key.case, key.text.strip(), note.path, *lines, text, share)
        if share >= NEARLY and not _is_its_place(leak):
            yield leak


def _densest(places: Sequence[int], pairs: Sequence[_Pair], key: _Key) -> tuple[float, int, int]:
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
    """True where the case is meant to be answered from, and where it was found."""
    case, origin = leak.case, leak.case.origin
    if origin and Target(origin.note_path, "").names(leak.note_path):
        if leak.start_line <= origin.end_line and origin.start_line <= leak.end_line:
            return True
    quotes = [target.quote for target in case.targets if target.names(leak.note_path)]
    return any(find_quote(one, leak.text) or find_quote(leak.text, one) for one in quotes)


def _lines(text: str) -> list[str]:
    """Lines with their ends, numbered as a chunk's are."""
    return _LINE.findall(text)


def _confirmed(found: Sequence[Leak], likeness: Likeness | None) -> Iterator[Leak]:
    unsure = [leak for leak in found if leak.share < COPIED]
    cosines = likeness([(leak.key, leak.text) for leak in unsure]) if likeness and unsure else ()
    same = {id(leak) for leak, near in zip(unsure, cosines, strict=False) if near >= SAME_MEANING}
    return (leak for leak in found if leak.share >= COPIED or id(leak) in same)
