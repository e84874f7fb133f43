"""reStructuredText, as Python's documentation is written in. The text stays as it was written."""

import hashlib
import re
from dataclasses import replace
from pathlib import Path

from ingest.formats.rst_blocks import Tables, directive, indented_block, remark
from ingest.formats.scanning import Page, Rule, listing, paragraph, scan
from ingest.formats.tags import distinct, property_tags
from ingest.formats.text import MAX_TEXT_BYTES, decode
from ingest.types import ReadNote, SourceFile
from rag.types import Note

_ADORNED = re.compile(r"([!-/:-@\[-`{-~])\1+[ \t]*\Z")
_FIELD = re.compile(r":(?P<name>[^\s:`][^:`]{0,80}):(?:[ \t]+(?P<value>.*))?\Z")
_ITEM = re.compile(r"(?:[-*+\u2022]|\(?(?:\d{1,9}|[A-Za-z#]|[ivxlcdm]{1,9})[.)])(?:[ \t]|\Z)")
_ROLE = re.compile(r":[\w:+.-]{1,60}:`(?:[^`<]{0,200}<)?([^`<>]{1,200})>?`")
_SHORTEST_RULE = 4


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
        titles = [rst.title, rst.fields.get("title"), Path(file.path).stem]
        note = Note(
            path=file.path,
            title=next(filter(None, titles), ""),
            text=rst.page.text,
            digest=hashlib.sha256(data).hexdigest(),
            kind="rst",
            modified=file.modified_ns / 1e9,
            tags=distinct(*tags),
        )
        return ReadNote(note, tuple(blocks))


class _Rst:
    """One file while it is read: its first title, the fields at its head, its adornments."""

    def __init__(self, text: str) -> None:
        self.page = Page(text)
        self.title = ""
        self.fields: dict[str, str] = {}
        self._styles: list[tuple[str, bool]] = []
        tables = Tables(self.page.lines)
        own: list[Rule] = [self._section, self._rule, tables.grid, tables.simple, self._fields]
        shared = [directive, remark, indented_block, listing(_ITEM, lazy=False)]
        self.rules = [*own, *shared, paragraph]

    def _section(self, page: Page, line: int) -> int:
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

    def _rule(self, page: Page, line: int) -> int:
        alone = page.is_blank(line + 1) and len(_adornment(page, line)) >= _SHORTEST_RULE
        return page.put("hr", line, line + 1) if alone else line

    def _fields(self, page: Page, line: int) -> int:
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


_fields = listing(_FIELD, lazy=False)


def _adornment(page: Page, line: int) -> str:
    words = page.lines[line] if line < len(page.lines) else ""
    return words.rstrip() if _ADORNED.match(words) else ""
