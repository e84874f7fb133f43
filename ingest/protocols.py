"""The seams of ingestion: where notes come from, how they are read, how they are cut."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from ingest.types import Listing, ReadNote
from rag.types import Chunk, Note


class NoteSource(Protocol):
    """Lists files that may hold notes."""

    @property
    def root(self) -> str:
        """Names the source; what the index knows under this name and is not listed is gone."""

    def listing(self) -> Listing:
        """All files, in a stable order. Raises NotesError if the source cannot be listed."""


class Reader(Protocol):
    """Reads one format."""

    @property
    def suffixes(self) -> Collection[str]:
        """File name endings, lower case, with the dot."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would give another note."""

    def read(self, path: Path, data: bytes) -> ReadNote:
        """The note in `data`. Raises NotesError, with the reason, if there is none."""


class Chunker(Protocol):
    """Cuts notes."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same note would be cut differently."""

    def chunk(self, note: Note) -> list[Chunk]:
        """Verbatim spans of `note`, in order, that cover all of it but blanks."""
