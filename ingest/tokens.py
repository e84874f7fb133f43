"""How many tokens any part of a text has, from those of its words: each word is counted once."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from rag.protocols import TokenCounter
from rag.types import Span

_DATA = 500
BLOB = re.compile(rf"(?<![A-Za-z0-9+/=_%-])[A-Za-z0-9+/=_%-]{{{_DATA},}}")
"""A picture that is written into a note as base64, or the like: kept, but nothing to be found."""

_WORD = re.compile(r"\s*\S+")
_MOST_OF_A_WORD = 32
_STEP = 16
_LONG_WORD = 40
_MOST_KNOWN = 100_000


class Tokens:
    """Token counts of the spans of one text."""

    def __init__(self, ends: Sequence[int], counts: Iterable[int]) -> None:
        """Take the offsets at which words end, in order, and the tokens of each."""
        self._ends = ends
        self._totals = list(accumulate(counts, initial=0))

    def of(self, span: Span) -> int:
        """Tokens of the words that end in `span`."""
        first, last = bisect_right(self._ends, span.start), bisect_right(self._ends, span.end)
        return self._totals[last] - self._totals[first]

    def ends(self, span: Span) -> Sequence[int]:
        """Where words end in `span`."""
        first, last = bisect_right(self._ends, span.start), bisect_right(self._ends, span.end)
        return self._ends[first:last]


class TokenMeter:
    """Measures texts word by word, and remembers what a word costs.

    The tokens of a text are those of its words for every tokenizer that parts words at blanks, as
    those of embedding models do. Notes repeat their words, so this is several times faster than
    to have each passage tokenized. A word of very many tokens, such as a page of Chinese, is
    measured in steps of 16 characters.
    """

    def __init__(self, count_tokens: TokenCounter) -> None:
        self._count_tokens = count_tokens
        self._known: dict[str, int] = {}

    def measure(self, text: str, edges: Iterable[int] = ()) -> Tokens:
        """Measure `text`; a word is counted in parts where one of `edges` lies within it."""
        inside = sorted({edge for edge in edges if _is_within_word(text, edge)})
        words: list[str] = []
        parted: list[int] = []
        for start, end in pairwise([0, *inside, len(text)]):
            parted.append(len(words))
            words += _WORD.findall(text, start, end)
        counts = self._costs(words)
        for place in parted[1:]:
            counts[place] += 1  # the parts of a word may be fewer tokens than the word
        if max(counts, default=0) > _MOST_OF_A_WORD:
            words, counts = self._in_steps(words, counts)
        return Tokens(list(accumulate(map(len, words))), counts)

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, all new ones counted in one call; short ones are remembered."""
        known = self._known
        missing = list({text for text in texts if text not in known})
        if not missing:
            return [known[text] for text in texts]
        fresh = dict(zip(missing, self._count_tokens(missing), strict=True))
        counts = [fresh[text] if text in fresh else known[text] for text in texts]
        if len(known) > _MOST_KNOWN:
            known.clear()
        known.update((text, count) for text, count in fresh.items() if len(text) < _LONG_WORD)
        return counts

    def _costs(self, words: Sequence[str]) -> list[int]:
        data = {w: len(w) // 4 for w in words if len(w) >= _DATA and BLOB.fullmatch(w.lstrip())}
        if not data:
            return self.count(words)
        counts = self.count(["" if word in data else word for word in words])
        return [data.get(word, count) for word, count in zip(words, counts, strict=True)]

    def _in_steps(self, words: list[str], counts: list[int]) -> tuple[list[str], list[int]]:
        found: list[str] = []
        costs: list[int] = []
        for word, count in zip(words, counts, strict=True):
            is_long = count > _MOST_OF_A_WORD and not BLOB.fullmatch(word.lstrip())
            steps = list(_steps(word)) if is_long else [word]
            found += steps
            costs += self.count(steps) if is_long else [count]
        return found, costs


def _steps(word: str) -> Iterator[str]:
    begin = len(word) - len(word.lstrip())
    yield word[: begin + _STEP]
    for start in range(begin + _STEP, len(word), _STEP):
        yield word[start : start + _STEP]


def _is_within_word(text: str, edge: int) -> bool:
    return 0 < edge < len(text) and not (text[edge - 1].isspace() or text[edge].isspace())
