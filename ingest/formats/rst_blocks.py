"""Blocks of reStructuredText that take lines below the one that begins them."""

import re
from bisect import bisect_right
from collections.abc import Sequence

from ingest.formats.scanning import Page, indent
from rag.types import Span

_DIRECTIVE = re.compile(r"[ \t]*\.\.[ \t]+(?:\|[^|]{1,100}\|[ \t]+)?(?P<name>[\w:.+-]{1,60})::")
_EXPLICIT = re.compile(r"[ \t]*\.\.(?:[ \t]|\Z)")
_TARGET = re.compile(r"[ \t]*\.\.[ \t]+(?:_|\[)")
_OPTION = re.compile(r"[ \t]+:[\w-]{1,60}:")
_GRID = re.compile(r"[ \t]*\+[-=+]+\+[ \t]*\Z")
_GRID_LINE = re.compile(r"[ \t]*[+|]")
_BORDER = re.compile(r"=+(?:[ ]+=+)+[ ]*\Z")
_BULLET = re.compile(r"[ \t]+\*[ \t]")

_KINDS = {
    **dict.fromkeys(("code", "code-block", "sourcecode", "parsed-literal", "testcode"), "code"),
    **dict.fromkeys(("doctest", "literalinclude", "prompt"), "code"),
    **dict.fromkeys(("meta", "toctree", "contents", "index", "include", "highlight"), "meta"),
    **dict.fromkeys(("table", "csv-table", "list-table"), "table"),
    **dict.fromkeys(("image", "figure"), "paragraph"),
    "math": "math",
    "raw": "html",
}
"""What directives are; those not named are notes, warnings and descriptions: callouts."""


def directive(page: Page, line: int) -> int:
    """`.. name:: words` with what is indented below."""
    found = _DIRECTIVE.match(page.lines[line])
    if not found:
        return line
    last = _below(page, line)
    kind = _KINDS.get(found["name"].lower(), "callout")
    body = _body(page, line + 1, last)
    if kind == "table":
        return page.put(kind, line, last, _rows(page, body, last), _header(page, line, body, last))
    lead = page.span(line, line + 1) if kind in {"code", "callout"} else None
    starts = [at for at in range(body, last) if page.is_blank(at - 1) and not page.is_blank(at)]
    return page.put(kind, line, last, starts if kind == "callout" else (), lead)


def remark(page: Page, line: int) -> int:
    """`.. words`: a comment, unless it is a footnote or the target of a link."""
    if not _EXPLICIT.match(page.lines[line]):
        return line
    kind = "footnote" if _TARGET.match(page.lines[line]) else "meta"
    return page.put(kind, line, _below(page, line))


def indented_block(page: Page, line: int) -> int:
    """Code if what stands before ends with `::`, else a quote; or what follows `>>>`."""
    if page.lines[line].startswith(">>>"):
        last = line + 1
        while not page.is_blank(last):
            last += 1
        return page.put("code", line, last)
    if indent(page.lines[line]) == 0:
        return line
    before = page.lines[page.before(line)].rstrip()
    last = _below(page, line, margin=0)
    is_code = before.endswith("::")
    return page.put(
        "code" if is_code else "quote", line, last, (), page.lead(line) if is_code else None
    )


class Tables:
    """Tables drawn with `+---+` and with `===  ===`."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._borders = [at for at, words in enumerate(lines) if _BORDER.match(words)]
        after = [*lines[1:], ""]
        self._ends = [at for at in self._borders if not after[at].strip()]

    def grid(self, page: Page, line: int) -> int:
        """A table whose cells have walls; those above `+===+` are the header."""
        if not _GRID.match(page.lines[line]):
            return line
        last = line + 1
        while last < len(page.lines) and _GRID_LINE.match(page.lines[last]):
            last += 1
        walls = [at for at in range(line, last) if _GRID.match(page.lines[at])]
        header = next((at for at in walls[1:] if "=" in page.lines[at]), None)
        lead = None if header is None else page.span(line, header + 1)
        return page.put("table", line, last, [at + 1 for at in walls if at + 1 < last], lead)

    def simple(self, page: Page, line: int) -> int:
        """A table between borders; of three, the second ends the header."""
        place = bisect_right(self._ends, line)
        if not _BORDER.match(page.lines[line]) or place == len(self._ends):
            return line
        end = self._ends[place]
        second = self._borders[bisect_right(self._borders, line)]
        lead = page.span(line, second + 1) if second < end else None
        inside = range(line + 1, end)
        rows = [at for at in inside if page.lines[at][:1].strip() and at != second]
        return page.put("table", line, end + 1, rows, lead)


def _below(page: Page, line: int, margin: int | None = None) -> int:
    """The line after all that is indented more than `line` is, or than `margin`."""
    least = indent(page.lines[line]) if margin is None else margin
    last = line + 1
    at = page.after_blanks(last)
    while at < len(page.lines) and indent(page.lines[at]) > least:
        last = at + 1
        at = page.after_blanks(last)
    return last


def _body(page: Page, line: int, last: int) -> int:
    """The first line that is no option of the directive above."""
    while line < last and (page.is_blank(line) or _OPTION.match(page.lines[line])):
        line += 1
    return line


def _rows(page: Page, body: int, last: int) -> list[int]:
    """Items of a list-table, else lines."""
    items = [at for at in range(body, last) if _BULLET.match(page.lines[at])]
    return items or [at for at in range(body, last) if not page.is_blank(at)]


def _header(page: Page, line: int, body: int, last: int) -> Span:
    """The directive with its options, and with the first row if they say that it is a header."""
    said = "\n".join(page.lines[line:body])
    rows = [*_rows(page, body, last), last]
    has_header = ":header-rows:" in said and len(rows) > 1
    return page.span(line, (rows[1] if has_header else body) if body > line else line + 1)
