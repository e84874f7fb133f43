"""Which words may be another, misspelt? Pure; knows letters, and no dictionary.

A person misspells in the notes as well as in a question. So there are two measures. `spelling_key`
is the same for spellings that are told apart by a doubled letter, a syllable written twice, or z
for s (tunning and tuning, infererence and inference, vizualise and visualise); few other words
share one. `distance` counts edits, and is for a word that stands nowhere.
"""

import re
from collections.abc import Iterator

SHORTEST = 5
"""Letters of a word that may be misspelt: one edit makes most shorter words into others."""

_LONG = 8
_TWICE = re.compile(r"(.{1,3})\1+")
_ALIKE = (("ph", "f"), ("z", "s"), ("our", "or"))
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def may_be_misspelt(word: str) -> bool:
    """True for words of letters alone; codes and numbers are what they are."""
    return len(word) >= SHORTEST and word.isalpha()


def spelling_key(word: str) -> str:
    """What common misspellings of a word, and British and American ones, have in common."""
    for written, same in _ALIKE:
        word = word.replace(written, same)
    return _TWICE.sub(r"\1", word)


def most_edits(word: str) -> int:
    """So many edits may lie between a word and what was meant."""
    return 2 if len(word) >= _LONG else 1


def distance(one: str, other: str, most: int) -> int:
    """Edits from one word to the other, or `most` + 1 where there are more.

    An edit puts in, drops or changes a letter, or swaps two neighbours: the optimal string
    alignment of Damerau (1964).
    """
    if abs(len(one) - len(other)) > most or len(set(one) ^ set(other)) > 2 * most:
        return most + 1
    before, above = [0] * (len(other) + 1), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, against in enumerate(other, 1):
            changed = above[column - 1] + (letter != against)
            cost = min(above[column] + 1, line[-1] + 1, changed)
            is_swap = row > 1 < column and (one[row - 2], letter) == (against, other[column - 2])
            line.append(min(cost, before[column - 2] + 1) if is_swap else cost)
        if min(line) > most:
            return most + 1
        before, above = above, line
    return min(above[-1], most + 1)


def begun_wrong(word: str) -> Iterator[str]:
    """Words that `word` is with one edit at its first two letters."""
    for at in (0, 1):
        head, letter, tail = word[:at], word[at], word[at + 1 :]
        yield head + tail
        yield head + tail[:1] + letter + tail[1:]
        for other in _LETTERS:
            yield head + other + tail
            yield head + other + letter + tail
