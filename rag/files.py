"""Files that are written whole or not at all, and what tells whether one has changed."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Where to write what is to take the place of `path`, whose folder is made if it is not there.

    It takes the name once all is written: a kill leaves the old file or the new one. A link stays
    one, and a file keeps its mode.
    """
    whole = path.resolve()
    whole.parent.mkdir(parents=True, exist_ok=True)
    scratch = whole.with_name(f".{whole.name}.{secrets.token_hex(4)}")
    try:
        yield scratch
        if whole.exists():
            shutil.copymode(whole, scratch)
        scratch.replace(whole)
    finally:
        scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path`, whole or not at all, and have it on the disk. Raises OSError."""
    with replacing(path) as scratch:
        # A file name that is not UTF-8 holds lone surrogates, which JSON can escape, UTF-8 not.
        with scratch.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())


def write_json(path: Path, value: object) -> None:
    """Write `value` as JSON, as `write_text` does."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in lower-case hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
