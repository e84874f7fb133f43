"""Files of reports: written as a whole, or not at all."""

import os
import tempfile
from pathlib import Path


def write_text(text: str, path: Path) -> None:
    """Write `text` to `path`, making its folder: all of it, or nothing.

    Raises:
        OSError: it cannot be written there; what was there before is left as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        # A file name that is not UTF-8 holds lone surrogates, which JSON can escape, UTF-8 not.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
