"""Zip files of formats that are made of one: what would blow up is not unpacked."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from rag.errors import NotesError

MAX_MEMBERS = 100_000
"""Large decks of flashcards have ten thousand pictures and recordings."""


MAX_UNPACKED = 250_000_000
"""Bytes of all that is read."""


MAX_RATIO = 200
"""Unpacked to packed bytes of a member. XML of real documents comes to 50 at the very most."""


_SMALL = 1_000_000
"""Members below this many bytes may be as repetitive as they like."""


class Archive:
    """A zip file in memory. Members are read whole, and never written anywhere."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        self._members = {member.filename: member for member in opened.infolist()}
        self._read = 0
        self.names = tuple(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        """The most bytes that `read` gives of a member. Raises NotesError if there is none."""
        return self._member(name).file_size

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            NotesError: there is none of that name; it is damaged, locked, or a bomb (too many
                bytes, all that was read before counted in, or too high a ratio); or it wants to
                lie outside the archive.
        """
        member = self._member(name)
        _check(member)
        self._read += member.file_size
        if self._read > MAX_UNPACKED:
            raise NotesError(f"it unpacks to {self._read:,} bytes, the most is {MAX_UNPACKED:,}")
        try:
            with self._opened.open(member) as stream:
                # `read()` without a number trusts the data, and not the size it says it has.
                return stream.read(member.file_size + 1)
        except _DAMAGED as error:
            raise NotesError(f"it is damaged: {_shown(name)} cannot be unpacked") from error

    def _member(self, name: str) -> zipfile.ZipInfo:
        member = self._members.get(name)
        if member is None:
            raise NotesError(f"it is incomplete: there is no {_shown(name)} in it")
        return member


_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def open_archive(data: bytes) -> Archive:
    """The zip file in `data`. Raises NotesError if it is none, or holds too many files."""
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except (*_DAMAGED, RuntimeError) as error:
        raise NotesError("it is damaged, or not what its name says") from error
    count = len(opened.infolist())
    if count > MAX_MEMBERS:
        raise NotesError(f"it holds {count:,} files, the most is {MAX_MEMBERS:,}")
    return Archive(opened)


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename
    if member.flag_bits & 1:
        raise NotesError("it is locked with a password; save it without one")
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        # The others unpack all there is, whatever number of bytes they are asked for.
        raise NotesError(f"{_shown(name)} is packed as in no document; save it again")
    if name.startswith("/") or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise NotesError(f"it is not safe: {_shown(name)} wants to lie outside it")
    if member.file_size > _SMALL and member.file_size > MAX_RATIO * member.compress_size:
        raise NotesError(
            f"it looks like a bomb: {_shown(name)} unpacks {member.compress_size:,} bytes "
            f"to {member.file_size:,}"
        )


def _shown(name: str) -> str:
    return repr(name[:80])
