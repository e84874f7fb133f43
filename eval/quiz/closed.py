"""Which lines of a note nothing is to be found in: front matter, code, formulas, comments."""

import re
from collections.abc import Callable, Sequence

_FENCE = re.compile(r"[ \t]*(?:(?:[-+*]|\d{1,4}[.)])[ \t]+)?(?P<fence>`{3,}(?=[^`]*$)|~{3,})")
_ITEM = re.compile(r"[ \t]*(?:[-+*]|\d{1,4}[.)])[ \t]")
_INDENTED = re.compile(r"(?: {4}| {0,3}\t)")
_MARKDOWN = (".md", ".markdown")
_LONGEST_COMMENT = 200

_Skip = Callable[[Sequence[str], int], int]
"""From lines and the place of one, where what opens there ends (exclusive); that place if not."""


def closed_lines(texts: Sequence[str], path: str) -> frozenset[int]:
    """Places of lines that are not to be read. `path` tells whether indented lines are code."""
    closed: set[int] = set()
    at, in_list, after_blank = 0, False, True
    is_markdown = path.lower().endswith(_MARKDOWN)
    while at < len(texts):
        text = texts[at]
        end = next((stop for skip in _SKIPS if (stop := skip(texts, at)) > at), at)
        if end > at:
            closed.update(range(at, end))
            at, after_blank = end, False
            continue
        if text.strip():
            in_list = bool(_ITEM.match(text)) or (in_list and text[0] in " \t")
            is_code = is_markdown and not in_list and bool(_INDENTED.match(text))
            # Indented lines are code only where a paragraph does not go on, or code does.
            if is_code and (after_blank or at - 1 in closed):
                closed.add(at)
        after_blank = not text.strip()
        at += 1
    return frozenset(closed)


def _front_matter(texts: Sequence[str], at: int) -> int:
    if at or texts[0].rstrip() != "---":
        return at
    ends = (place + 1 for place, text in enumerate(texts) if place and _ends_front(text))
    return next(ends, at)


def _ends_front(text: str) -> bool:
    return text.rstrip() in {"---", "..."}


def _fenced(texts: Sequence[str], at: int) -> int:
    """A fence, which ends with one as long, or with the note."""
    if not (opened := _FENCE.match(texts[at])):
        return at
    fence = opened["fence"]
    close = re.compile(rf"[ \t]*{re.escape(fence)}{re.escape(fence[0])}*[ \t]*$")
    return next((n + 1 for n in range(at + 1, len(texts)) if close.match(texts[n])), len(texts))


def _formula(texts: Sequence[str], at: int) -> int:
    """`$$`, which ends with another or at a blank line: many are never closed."""
    text = texts[at].strip()
    if not text.startswith("$$") or "$$" in text[2:]:
        return at
    for place in range(at + 1, len(texts)):
        if "$$" in texts[place] or not texts[place].strip():
            return place + 1
    return len(texts)


def _comment(texts: Sequence[str], at: int) -> int:
    """A comment of several lines; one that is never closed is none."""
    text = texts[at].strip()
    for start, end in (("<!--", "-->"), ("%%", "%%")):
        if text.startswith(start) and end not in text[len(start) :]:
            within = range(at + 1, min(at + _LONGEST_COMMENT, len(texts)))
            return next((n + 1 for n in within if end in texts[n]), at)
    return at


_SKIPS: tuple[_Skip, ...] = (_front_matter, _fenced, _formula, _comment)
