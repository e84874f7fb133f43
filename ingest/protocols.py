"""The seams of ingestion: where notes come from, how they are read, how they are cut."""

from collections.abc import Collection
from typing import Protocol

from ingest.types import Listing, ReadNote, SourceFile
from rag.types import Chunk


class NoteSource(Protocol):
    """Lists files that may hold notes."""

    @property
    def root(self) -> str:
        """Names the source; what the index knows under this name and is not listed is gone."""

    def listing(self) -> Listing:
        """All files, in a stable order. Raises NotesError if the source cannot be listed."""

    def read(self, file: SourceFile) -> bytes:
        """The bytes of a listed file. Raises OSError or NotesError if it cannot be had."""


class Reader(Protocol):
    """Reads one format. Has no state: several threads may use it at once.

    Where its files may be larger than others (pictures are in them that are not read), it has a
    `max_bytes`; see `ingest.reading.MAX_BYTES`.
    """

    @property
    def suffixes(self) -> Collection[str]:
        """File name endings, lower case, with the dot."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would give another note."""

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`. Raises NotesError, with the reason, if there is none."""


class Chunker(Protocol):
    """Cuts notes."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same note would be cut differently."""

    def chunk(self, read: ReadNote) -> list[Chunk]:
        """Verbatim spans of the note, in order, that cover all of it but blanks."""
