"""What readers share: the headings above a place, and the words that lead into a list."""

from ingest.types import Block
from rag.text.sentences import sentence_spans
from rag.types import Span

_SHORT = 100
"""Characters of a line that is no sentence and still leads in: `Algorithms`, `Steps (in order)`."""

_LONG = 240
"""More characters than this are not repeated before every piece of a list."""


class Headings:
    """The path of headings above a place. A heading ends those of its level and below."""

    def __init__(self) -> None:
        self._open: list[tuple[int, str]] = []
        self.path: tuple[str, ...] = ()

    def enter(self, level: int, title: str) -> None:
        """What follows stands under `title`. A heading without words is left out of the path."""
        self._open = [entry for entry in self._open if entry[0] < level]
        self._open.append((level, title))
        self.path = tuple(words for _, words in self._open if words)


def lead_in(text: str, before: Block | None, start: int) -> Span | None:
    """The words directly before a list at `start` that say what it lists, if there are any.

    That is what ends with a colon: the paragraph if it is short, else its last line or sentence;
    or a short paragraph that is no sentence.
    """
    if before is None or before.kind != "paragraph" or text[before.end : start].strip():
        return None
    words = text[before.start : before.end]
    said = words.strip()
    span = _span(words, before.start)
    if not said.endswith((":", "\uff1a")):
        is_phrase = len(said) <= _SHORT and said[-1:].isalnum() and len(said.splitlines()) == 1
        return span if is_phrase else None
    if len(said) <= _LONG:
        return span
    last = said.splitlines()[-1]
    if len(last) > _LONG:
        tail = said[-2 * _LONG :]
        starts = [sentence.start for sentence in sentence_spans(tail)]
        last = tail[max(starts, default=0) :]
    return Span(span.end - len(last), span.end) if len(last) <= _LONG else None


def _span(words: str, start: int) -> Span:
    left = len(words) - len(words.lstrip())
    return Span(start + left, start + len(words.rstrip()))
