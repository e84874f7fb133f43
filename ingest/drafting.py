"""The text of a note whose file is none: put together piece by piece, with exact offsets."""

import hashlib
import re
from pathlib import PurePath

from ingest.types import Block, SourceFile
from rag.errors import NotesError
from rag.types import Anchor, Note

_NO_TEXT = re.compile("[\0\ud800-\udfff]")
"""NUL, and halves of characters, which JSON can name and no file or database can hold."""


def clean(text: str) -> str:
    """`text` of the same length, without characters that are none."""
    return _NO_TEXT.sub("\ufffd", text)


class Draft:
    """A note's text so far. Add `blocks` and `anchors` at the offsets that `append` returns."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.anchors: list[Anchor] = []
        self._parts: list[str] = []
        self._length = 0

    def append(self, text: str) -> int:
        """Add a piece after a blank line; the offset of its first character."""
        gap = "\n\n" if self._parts else ""
        self._parts += [gap, clean(text)]
        self._length += len(gap) + len(text)
        return self._length - len(text)

    def note(self, file: SourceFile, data: bytes, kind: str, title: str = "") -> Note:
        """The note. Without a title it has the file's name.

        Raises:
            NotesError: nothing was added but blanks.
        """
        text = "".join(self._parts)
        if not text.strip():
            raise NotesError("it holds no text")
        return Note(
            path=file.path,
            title=clean(title) or PurePath(file.path).stem,
            text=text,
            digest=hashlib.sha256(data).hexdigest(),
            kind=kind,
            modified=file.modified_ns / 1e9,
            anchors=tuple(self.anchors),
        )
