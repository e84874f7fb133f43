"""Which words may be another, misspelt? Pure; knows letters, and no dictionary.

A person misspells in the notes as well as in a question. So there are two measures. `spelling_key`
is the same for spellings that are told apart by a doubled letter, a syllable written twice, or z
for s (tunning and tuning, infererence and inference, vizualise and visualise); few other words
share one. Edits are counted (rag/store/respelling.py) for a word that stands nowhere.
"""

import re

SHORTEST = 5
"""Letters of a word that may be misspelt: one edit makes most shorter words into others."""

_LONG = 8
_TWICE = re.compile(r"(.{1,3})\1+")
_ALIKE = (("ph", "f"), ("z", "s"), ("our", "or"))


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
