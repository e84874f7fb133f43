"""Zip files of formats that are made of one, opened only if they do not blow up."""

import io
import zipfile
import zlib
from pathlib import PurePosixPath

from rag.errors import NotesError

MAX_MEMBERS = 10_000
MAX_UNPACKED = 250_000_000
"""Bytes of all members together, pictures and all."""

MAX_RATIO = 200
"""Unpacked to packed bytes of a member. XML of real documents comes to 50 at the very most."""

_SMALL = 1_000_000
"""Members below this many bytes may be as repetitive as they like."""


class Archive:
    """A zip file in memory. Members are read whole, and never written anywhere."""

    def __init__(self, opened: zipfile.ZipFile) -> None:
        self._opened = opened
        self._members = {member.filename: member for member in opened.infolist()}
        self.names = tuple(self._members)

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def read(self, name: str) -> bytes:
        """The bytes of a member.

        Raises:
            NotesError: there is none of that name, or it is damaged or locked.
        """
        member = self._members.get(name)
        if member is None:
            raise NotesError(f"it is incomplete: there is no {_shown(name)} in it")
        if member.flag_bits & 1:
            raise NotesError("it is locked with a password; save it without one")
        try:
            with self._opened.open(member) as stream:
                # `read()` without a number trusts the data, and not the size it says it has.
                return stream.read(member.file_size + 1)
        except _DAMAGED as error:
            raise NotesError(f"it is damaged: {_shown(name)} cannot be unpacked") from error


_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError)


def open_archive(data: bytes) -> Archive:
    """The zip file in `data`, if unpacking it is safe.

    Raises:
        NotesError: it is no zip file, or a bomb (too many members, bytes or too high a ratio), or
            it has members that want to lie outside it.
    """
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except (*_DAMAGED, RuntimeError) as error:
        raise NotesError("it is damaged, or not what its name says") from error
    members = opened.infolist()
    if len(members) > MAX_MEMBERS:
        raise NotesError(f"it holds {len(members):,} files, the most is {MAX_MEMBERS:,}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > MAX_UNPACKED:
        raise NotesError(f"it unpacks to {unpacked:,} bytes, the most is {MAX_UNPACKED:,}")
    for member in members:
        _check(member)
    return Archive(opened)


def _check(member: zipfile.ZipInfo) -> None:
    name = member.filename
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
