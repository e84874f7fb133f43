"""Reads files that may be hostile with a reader in another process, so that this one is safe."""

import hashlib
from collections.abc import Collection
from dataclasses import replace

from ingest.processes import Cell
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError


class Isolated:
    """Reads with another reader, which runs in a `Cell`.

    `reader` ("module:Class") is imported there and not here. `extra` names the extra of this
    package that holds what it needs. Of the `max_bytes` of a file most are usually pictures,
    which are not read.
    """

    def __init__(
        self,
        reader: str,
        *,
        suffixes: Collection[str],
        fingerprint: str,
        extra: str = "",
        max_bytes: int = 100_000_000,
        cell: Cell | None = None,
    ) -> None:
        self.suffixes = frozenset(suffixes)
        self.fingerprint = fingerprint
        self.max_bytes = max_bytes
        self._reader = reader
        self._extra = extra
        self._cell = cell or _SHARED

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: there is none, or reading it took too much, or an extra is not installed.
        """
        answer = self._cell.read(self._reader, file, data)
        if answer.missing and self._extra:
            raise NotesError(
                "it needs an extra that is not installed; "
                f"run: .venv/bin/pip install 'cribsheet[{self._extra}]'"
            )
        if answer.note is None:
            raise NotesError(_line(answer.error))
        # What is known here is not taken from there.
        note = replace(
            answer.note.note,
            path=file.path,
            digest=hashlib.sha256(data).hexdigest(),
            modified=file.modified_ns / 1e9,
        )
        return replace(answer.note, note=note, warnings=tuple(map(_line, answer.note.warnings)))


_SHARED = Cell()


def _line(text: str) -> str:
    """Words from the other side, fit to be shown."""
    return "".join(c if c.isprintable() else " " for c in text)[:500]
