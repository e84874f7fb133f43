"""How many things does a text list? What a question for a number asks, where no number is written.

Items of a list that stand one below the other are counted, each depth for itself, and what a
sentence names one after the other. What this does not know: lists that go on in another passage.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rag.text.facts import SPELT
from rag.text.sentences import marker, sentence_spans

_HOW_MANY = re.compile(r"\b(?:how many|combien|wie viele)\b", re.IGNORECASE)
_NAMED = re.compile(r",\s*(?:and|or)?\b|\b(?:and|or)\b", re.IGNORECASE)
_FEWEST = 3
"""Two that a sentence names may be anything; three are a list."""


def asks_how_many(question: str) -> bool:
    """True of "How many phases are there?"."""
    return bool(_HOW_MANY.search(question))


def counted_out(text: str) -> str:
    """The numbers of things that `text` lists, in digits and spelt: "4 four"."""
    found = sorted({*_items(text), *_enumerated(text)})
    words = {value: word for word, value in SPELT.items()}
    return " ".join(f"{n} {words.get(str(n), '')}".strip() for n in found)


def _items(text: str) -> Iterator[int]:
    lines = [marker(line) for line in text.splitlines() if line.strip()]
    for is_list, run in groupby(lines, bool):
        if is_list:
            yield from Counter(len(one) - len(one.lstrip()) for one in run).values()


def _enumerated(text: str) -> Iterator[int]:
    for span in sentence_spans(text):
        named = len(_NAMED.findall(text[span.start : span.end])) + 1
        if named >= _FEWEST:
            yield named
