"""Which lines of a note stand in a quiz, and whether all of it is a deck of flashcards."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import PurePosixPath

from eval.quiz.types import Source
from rag.text.quizzes import says_quiz
from rag.types import Span

_TAG = re.compile(r"(?<!\S)#(?:flash-?cards?|anki)(?:/\S*)?(?![\w-])", re.I)
_LISTED_TAG = re.compile(r"(?:^tags?:.*|^[ \t]*-[ \t]+['\"]?)#?\bflash-?cards?\b", re.I)


def quiz_lines(
    source: Source, starts: Sequence[int], texts: Sequence[str], levels: Sequence[int]
) -> frozenset[int]:
    """Places of lines that stand in a quiz."""
    stem = re.sub(r"[_-]+", " ", PurePosixPath(source.path).stem)
    if says_quiz(stem):
        return frozenset(range(len(texts)))
    if source.quizzes is not None:
        return touched(source.quizzes, starts)
    found, open_level = set(), 0
    for at, (text, level) in enumerate(zip(texts, levels, strict=True)):
        if level and (not open_level or level <= open_level):
            open_level = level if says_quiz(text) else 0
        if open_level:
            found.add(at)
    return frozenset(found)


def touched(spans: Sequence[Span], starts: Sequence[int]) -> frozenset[int]:
    """Places of lines that have a character in one of the spans."""
    return frozenset(
        at
        for start, end in spans
        if end > start
        for at in range(bisect_right(starts, start) - 1, bisect_right(starts, end - 1))
    )


def is_deck(texts: Sequence[str], closed: frozenset[int]) -> bool:
    """True for a note that is tagged as flashcards, in its front matter or below."""
    tagged = (_TAG.search(text) for at, text in enumerate(texts) if at not in closed)
    front = texts[: max(1, _front_end(texts))] if texts and texts[0].strip() == "---" else ()
    return any(tagged) or any(map(_LISTED_TAG.search, front))


def _front_end(texts: Sequence[str]) -> int:
    ends = (at for at, text in enumerate(texts) if at and text.rstrip() in {"---", "..."})
    return next(ends, 0)
