"""Plain text: paragraphs, lists, and the headings that people draw a line under."""

import re

from ingest.document import new_note
from ingest.readers.line_rules import LinedPage, indent, listing, paragraph, scan
from ingest.text import MAX_TEXT_BYTES, decode
from ingest.types import Block, ReadNote, SourceFile

_RULED = re.compile(r"(=)=+\s*\Z|(-)-+\s*\Z")
_ITEM = re.compile(r"[ \t]*(?:[-*+\u2022\u2013]|\(?(?:\d{1,3}|[A-Za-z])[.)])[ \t]+\S")
_LONGEST_TITLE = 120


class TextReader:
    """Reads plain text."""

    suffixes = frozenset({".txt", ".text"})
    fingerprint = "text-1"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text.
        """
        text = decode(data)
        blocks = text_blocks(text)
        first = blocks[0].headings[:1] if blocks and blocks[0].kind == "heading" else ()
        note = new_note(file, data, text, kind="text", title=first[0] if first else "")
        return ReadNote(note, tuple(blocks))


def text_blocks(text: str) -> list[Block]:
    """The blocks of plain text, in order."""
    return scan(LinedPage(text), (_heading, listing(_ITEM, lazy=True), paragraph))


def _heading(page: LinedPage, line: int) -> int:
    """A line that stands alone with `===` or `---` of about its length below it.

    Nothing else is a heading for sure: lines in capitals are shouted, numbered ones are lists.
    """
    title = page.lines[line].strip()
    if line + 1 >= len(page.lines) or not 0 < len(title) <= _LONGEST_TITLE:
        return line
    ruled = _RULED.match(page.lines[line + 1])
    is_long_enough = ruled and len(ruled[0].strip()) >= max(3, len(title) // 2)
    alone = line == 0 or page.is_blank(line - 1)
    if not (is_long_enough and alone and indent(page.lines[line]) == 0 and _has_words(title)):
        return line
    page.headings.enter(1 if ruled and ruled[1] else 2, title)
    return page.put("heading", line, line + 2)


def _has_words(title: str) -> bool:
    return any(character.isalnum() for character in title)
