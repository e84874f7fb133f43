"""A file that is on its way: its bytes so far, and what a source of it promises.

Whatever the source, bytes go to `NAME.part`, are hashed as they come, and only take the file's name
once the SHA-256 is the one in the catalogue. Two sources may share a `.part`: a prefix of the right
file is the same whoever sent it.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, Self

from rag.errors import DigestError
from rag.models import Model, ModelFile


class Partial:
    """The bytes of a file so far, in `NAME.part`, hashed as they come.

    `journal` is where a source may note what it needs to resume; it goes when the part goes.
    """

    def __init__(self, folder: Path, file: ModelFile, on_size: Callable[[str, int], None]) -> None:
        self.file = file
        self.path = folder / f"{file.name}.part"
        self.journal = folder / f"{file.name}.part.json"
        self.size = 0
        self._target = folder / file.name
        self._on_size = on_size
        self._stream = self.path.open("a+b")
        self._rehash()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        if not self.size:
            self._forget()

    def write(self, data: bytes) -> None:
        """Append. Raises DigestError if that makes more bytes than the file has."""
        if self.size + len(data) > self.file.size:
            self.cut(0)
            raise DigestError(f"{self.file.name} has more than its {self.file.size:,} bytes")
        self._stream.write(data)
        self._stream.flush()
        self._hash.update(data)
        self.size += len(data)
        self._on_size(self.file.name, self.size)

    def cut(self, size: int) -> None:
        """Keep only the first `size` bytes."""
        if size != self.size:
            self._stream.truncate(size)
            self._rehash()

    def install(self) -> None:
        """Give the file its name. Raises DigestError, and forgets the bytes, if they are wrong."""
        found = self._hash.hexdigest()
        if found != self.file.sha256:
            self.cut(0)
            raise DigestError(
                f"{self.file.name} has SHA-256 {found} where {self.file.sha256} is expected"
            )
        # A stamp must not outlive, in a power cut, the bytes that it speaks for.
        os.fsync(self._stream.fileno())
        self._stream.close()
        self.path.replace(self._target)
        self._forget()

    def _forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.journal.unlink(missing_ok=True)

    def _rehash(self) -> None:
        self._stream.seek(0)
        self._hash = hashlib.file_digest(self._stream, "sha256")
        self.size = self._stream.seek(0, os.SEEK_END)
        self._on_size(self.file.name, self.size)


class ModelSource(Protocol):
    """Somewhere that models can be had from."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    def fetch(self, model: Model, partials: Sequence[Partial]) -> None:
        """Complete `partials`, files of `model`, from where they are if that can be done.

        Raises:
            DownloadError: the bytes cannot be had here.
            DigestError: they are plainly the wrong ones.
        """
