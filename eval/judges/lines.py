"""Lines of JSON that are only ever added to: a kill costs the line being written, if any."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path


def append(path: Path, written: Mapping[str, object]) -> None:
    """Add a line, in pure ASCII, and see it onto the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        # What a kill left of a line must not swallow this one.
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        is_torn = size > 0 and file.read(1) != b"\n"
        file.write(b"\n" * is_torn + json.dumps(written).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def lines(path: Path) -> Iterator[object]:
    """What the lines hold, in order, without those that are no JSON; none if there is no file."""
    if not path.is_file():
        return
    for line in path.read_bytes().split(b"\n"):
        try:
            yield json.loads(line)
        except ValueError:
            continue
