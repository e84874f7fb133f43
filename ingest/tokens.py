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

    def end_of(self, most: int, start: int) -> int:
        """Where the last word ends that, with all from `start` to it, has at most `most` tokens."""
        first = bisect_right(self._ends, start)
        last = bisect_right(self._totals, self._totals[first] + most) - 1
        return self._ends[last - 1] if last > first else start

    def next_end(self, start: int) -> int:
        """Where the word ends that begins at `start`; past the last word, the last end."""
        return self._ends[min(bisect_right(self._ends, start), len(self._ends) - 1)]

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
        """Tokens of each word; an estimate for those that are no words, and are cut anyway."""
        long = {word for word in words if len(word) > _LONG_WORD and _is_endless(word)}
        if not long:
            return self.count(words)
        counts = self.count(["" if word in long else word for word in words])
        pairs = zip(words, counts, strict=True)
        return [_estimate(word) if word in long else count for word, count in pairs]

    def _in_steps(self, words: list[str], counts: list[int]) -> tuple[list[str], list[int]]:
        found: list[str] = []
        costs: list[int | None] = []
        for word, count in zip(words, counts, strict=True):
            is_long = count > _MOST_OF_A_WORD and not BLOB.fullmatch(word.lstrip())
            steps = list(_steps(word)) if is_long else [word]
            found += steps
            costs += [None] * len(steps) if is_long else [count]
        # All in one call: a tokenizer takes as long to be called as to count a page.
        uncounted = [step for step, cost in zip(found, costs, strict=True) if cost is None]
        counted = iter(self.count(uncounted))
        return found, [next(counted) if cost is None else cost for cost in costs]


def _estimate(word: str) -> int:
    return max(len(word) // 4, _MOST_OF_A_WORD + 1)


def _steps(word: str) -> Iterator[str]:
    begin = len(word) - len(word.lstrip())
    yield word[: begin + _STEP]
    for start in range(begin + _STEP, len(word), _STEP):
        yield word[start : start + _STEP]


def _is_endless(word: str) -> bool:
    """True for a page of Chinese, a checksum, a picture as base64: no word is as long as these.

    What is as long and has marks in it, such as an address, may be one word.
    """
    return len(word) >= _DATA or word.strip().isalnum()


def _is_within_word(text: str, edge: int) -> bool:
    return 0 < edge < len(text) and not (text[edge - 1].isspace() or text[edge].isspace())
