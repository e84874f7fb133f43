"""HTML files: what is read in them, with the lines of the file it stands on."""

import codecs
import hashlib
import re
from pathlib import Path

from ingest.formats.html_blocks import html_blocks
from ingest.formats.text import BOMS, decode
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Note

_CHARSET = re.compile(rb"charset\s{0,5}=\s{0,5}[\"']?([\w.:-]{2,40})", re.I)
_XML_ENCODING = re.compile(
    rb"\A\s{0,100}<\?xml[^>]{0,200}encoding\s{0,5}=\s{0,5}[\"']([\w.:-]{2,40})"
)
_WITHIN = 4096
"""Bytes in which a page says its charset."""

_KNOWN = re.compile(
    r"utf-8|cp125\d|cp8\d\d|iso8859-\d+|koi8-[rtu]|shift_jis|euc_(?:jp|kr|jis_2004)|iso2022_jp"
    r"|gb2312|gbk|gb18030|big5|big5hkscs|cp9\d\d|mac-\w+|tis-620|johab"
)
"""Charsets that pages are written in; Python knows codecs that are none."""


class HtmlReader:
    """Reads HTML and XHTML files."""

    suffixes = frozenset({".html", ".htm", ".xhtml"})
    fingerprint = "html-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text, has nothing to read, or more tags than can be read.
        """
        page = html_blocks(decode_html(data))
        if not page.text:
            raise NotesError("it has no text to read (its words may be written by a script)")
        top = next((block.headings[0] for block in page.blocks if block.headings), "")
        note = Note(
            path=file.path,
            title=page.title or top or Path(file.path).stem,
            text=page.text,
            digest=hashlib.sha256(data).hexdigest(),
            kind="html",
            modified=file.modified_ns / 1e9,
            tags=page.tags,
            anchors=tuple(Anchor(offset, f"line {line}") for offset, line in page.lines),
        )
        return ReadNote(note, page.blocks)


def decode_html(data: bytes) -> str:
    """Text of a page: by its mark or as it says itself, else as `decode` does.

    Raises:
        NotesError: it is empty or not text.
    """
    head = data[:_WITHIN]
    said = _XML_ENCODING.search(head) or _CHARSET.search(head)
    if said is None or b"\0" in data or data.startswith(tuple(mark for mark, _ in BOMS)):
        return decode(data)
    try:
        name = codecs.lookup(said[1].decode("ascii")).name
        # Browsers take Latin-1 for Windows' own charset, which has quotes and dashes besides.
        name = "cp1252" if name in {"iso8859-1", "ascii"} else name
        text = data.decode(name) if _KNOWN.fullmatch(name) else decode(data)
    except (LookupError, UnicodeError):
        return decode(data)
    if not text.strip():
        raise NotesError("it is empty")
    return text
