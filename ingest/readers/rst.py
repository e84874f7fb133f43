"""reStructuredText, as Python's documentation is written in. The text stays as it was written."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace

from ingest.document import distinct_blocks, new_note, property_tags
from ingest.readers.line_rules import LinedPage, Rule, indent, listing, paragraph, scan
from ingest.text import MAX_TEXT_BYTES, decode
from ingest.types import ReadNote, SourceFile
from rag.types import Span

_ADORNED = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*\Z")
_FIELD = re.compile(r":(?P<name>[^\s:`][^:`]{0,80}):(?:[ \t]+(?P<value>.*))?\Z")
_ITEM = re.compile(r"(?:[-*+\u2022]|\(?(?:\d{1,9}|[A-Za-z#]|[ivxlcdm]{1,9})[.)])(?:[ \t]|\Z)")
_ROLE = re.compile(r":[\w:+.-]{1,60}:`(?:[^`<]{0,200}<)?([^`<>]{1,200})>?`")
_SHORTEST_RULE = 4
_fields = listing(_FIELD, lazy=False)
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


class RstReader:
    """Reads reStructuredText."""

    suffixes = frozenset({".rst", ".rest"})
    fingerprint = "rst-1"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text.
        """
        rst = _Rst(decode(data))
        blocks = scan(rst.page, rst.rules)
        tags = (property_tags(rst.fields.get(key, "")) for key in ("tags", "keywords"))
        note = new_note(
            file,
            data,
            rst.page.text,
            kind="rst",
            title=rst.title or rst.fields.get("title", ""),
            tags=distinct_blocks(*tags),
        )
        return ReadNote(note, tuple(blocks))


class _Rst:
    """One file while it is read: its first title, the fields at its head, its adornments."""

    def __init__(self, text: str) -> None:
        self.page = LinedPage(text)
        self.title = ""
        self.fields: dict[str, str] = {}
        self._styles: list[tuple[str, bool]] = []
        tables = Tables(self.page.lines)
        own: list[Rule] = [self._section, self._rule, tables.grid, tables.simple, self._fields]
        shared = [directive, remark, indented_block, listing(_ITEM, lazy=False)]
        self.rules = [*own, *shared, paragraph]

    def _section(self, page: LinedPage, line: int) -> int:
        """A title with a line of one mark below it, and perhaps above: the order says the level."""
        over = _adornment(page, line)
        at = line + 1 if over else line
        title = "" if page.is_blank(at) else page.lines[at]
        under = _adornment(page, at + 1)
        is_long_enough = len(under) >= min(_SHORTEST_RULE, len(title.strip()))
        if not title or not under or not is_long_enough or over not in {"", under}:
            return line
        if not over and title[0].isspace():
            return line
        style = (under[0], bool(over))
        if style not in self._styles:
            self._styles.append(style)
        words = _ROLE.sub(r"\1", title).replace("``", "").strip()
        self.title = self.title or words
        page.headings.enter(self._styles.index(style) + 1, words)
        return page.put("heading", line, at + 2)

    def _rule(self, page: LinedPage, line: int) -> int:
        alone = page.is_blank(line + 1) and len(_adornment(page, line)) >= _SHORTEST_RULE
        return page.put("hr", line, line + 1) if alone else line

    def _fields(self, page: LinedPage, line: int) -> int:
        """`:name: words`; those at the head of a file say what it is."""
        after = _fields(page, line)
        if after == line:
            return line
        if any(block.kind not in {"heading", "meta"} for block in page.blocks[:-1]):
            return after
        block = page.blocks.pop()
        for words in page.lines[line:after]:
            if found := _FIELD.match(words):
                self.fields[found["name"].lower()] = (found["value"] or "").strip()
        page.blocks.append(replace(block, kind="meta", breaks=(), lead=None))
        return after


def _adornment(page: LinedPage, line: int) -> str:
    words = page.lines[line] if line < len(page.lines) else ""
    return words.rstrip() if _ADORNED.match(words) else ""


def directive(page: LinedPage, line: int) -> int:
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


def remark(page: LinedPage, line: int) -> int:
    """`.. words`: a comment, unless it is a footnote or the target of a link."""
    if not _EXPLICIT.match(page.lines[line]):
        return line
    kind = "footnote" if _TARGET.match(page.lines[line]) else "meta"
    return page.put(kind, line, _below(page, line))


def indented_block(page: LinedPage, line: int) -> int:
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

    def grid(self, page: LinedPage, line: int) -> int:
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

    def simple(self, page: LinedPage, line: int) -> int:
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


def _below(page: LinedPage, line: int, margin: int | None = None) -> int:
    """The line after all that is indented more than `line` is, or than `margin`."""
    least = indent(page.lines[line]) if margin is None else margin
    last = line + 1
    at = page.after_blanks(last)
    while at < len(page.lines) and indent(page.lines[at]) > least:
        last = at + 1
        at = page.after_blanks(last)
    return last


def _body(page: LinedPage, line: int, last: int) -> int:
    """The first line that is no option of the directive above."""
    while line < last and (page.is_blank(line) or _OPTION.match(page.lines[line])):
        line += 1
    return line


def _rows(page: LinedPage, body: int, last: int) -> list[int]:
    """Items of a list-table, else lines."""
    items = [at for at in range(body, last) if _BULLET.match(page.lines[at])]
    return items or [at for at in range(body, last) if not page.is_blank(at)]


def _header(page: LinedPage, line: int, body: int, last: int) -> Span:
    """The directive with its options, and with the first row if they say that it is a header."""
    said = "\n".join(page.lines[line:body])
    rows = [*_rows(page, body, last), last]
    has_header = ":header-rows:" in said and len(rows) > 1
    return page.span(line, (rows[1] if has_header else body) if body > line else line + 1)
