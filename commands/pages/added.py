"""Files that a person gives to the page, kept in a folder of the library under names of our own.

What a browser says of a file's name is no more than a wish: it may name another folder, a device of
Windows, or a file that is hidden.
"""

import os
import re
import shutil
import time
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from ingest.readers import all_readers
from ingest.reading import MAX_BYTES
from rag.errors import NotesError
from rag.models import digest_of

FOLDER = "added"
"""Below the library's home."""

_NAME_BYTES = 120  # file systems take 255, and a number may have to be put behind
_BAD = re.compile(r'[\x00-\x1f\x7f<>:"|?*/\\]|[\u202a-\u202e\u2066-\u2069]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(wanted: str) -> str:
    """A file name that is one on every system, and as near to `wanted` as can be."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", wanted))[-1]
    name = _BAD.sub("_", last.encode(errors="replace").decode()).strip(" .") or "note"
    if _DEVICES.match(name):
        name = f"_{name}"
    suffix = PurePosixPath(name).suffix[:16]
    stem = name[: len(name) - len(suffix)] if suffix else name
    while len((stem + suffix).encode()) > _NAME_BYTES:
        stem = stem[:-1]
    return f"{stem or 'note'}{suffix}"


def take_in(home: Path, files: Sequence[Path]) -> tuple[str, Mapping[str, str]]:
    """Move files into the folder of what was added: the folder, and why some were left out.

    A file whose bytes are there under its name already is there.

    Raises:
        NotesError: none of them can be read as a note, or the folder cannot be written.
    """
    suffixes = all_readers()
    folder = home / FOLDER
    left: dict[str, str] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if why := _unfit(file, suffixes.suffixes):
                left[file.name] = why
            else:
                _move(file, folder)
    except OSError as error:
        raise NotesError(f"{folder} cannot be written: {error.strerror or error}") from error
    if files and len(left) == len(files):
        raise NotesError("; ".join(f"{name}: {why}" for name, why in left.items()))
    return folder.resolve().as_posix(), left


def set_aside(home: Path) -> None:
    """Rename the folder of what was added, so that what is added next does not bring it back."""
    folder = home / FOLDER
    if folder.is_dir():
        folder.rename(home / f"{FOLDER}-until-{time.strftime('%Y%m%d-%H%M%S')}")


def _unfit(file: Path, suffixes: frozenset[str]) -> str:
    suffix = PurePosixPath(safe_name(file.name)).suffix.lower()
    if suffix not in suffixes:
        return f"{suffix or 'a name without an ending'} is no format that is read"
    most = _most(suffix)
    size = file.stat().st_size
    return f"it is {size:,} bytes, the most is {most:,}; split it" if size > most else ""


def _most(suffix: str) -> int:
    for reader in all_readers().readers:
        if suffix in reader.suffixes:
            return int(getattr(reader, "max_bytes", MAX_BYTES))
    return MAX_BYTES


def _move(file: Path, folder: Path) -> None:
    """Under the first name that is free, or that has the same bytes."""
    name = PurePosixPath(safe_name(file.name))
    digest, number = digest_of(file), 1
    target = folder / name
    while os.path.lexists(target) and not _has_bytes(target, digest):
        number += 1
        target = folder / f"{name.stem} ({number}){name.suffix}"
    if not os.path.lexists(target):
        shutil.copyfile(file, target, follow_symlinks=True)
    file.unlink(missing_ok=True)


def _has_bytes(path: Path, digest: str) -> bool:
    return path.is_file() and not path.is_symlink() and digest_of(path) == digest
