"""Images that a Markdown note shows and that are not there."""

import os
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it.token import Token

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp", ".avif"}
_MOST_FILES = 100_000
_REMEMBERED_SECONDS = 30


def missing_images(tokens: Sequence[Token], folder: Path) -> Iterator[str]:
    """A line for each `![image](of a file)` or `![[embedded.png]]` that is not there.

    `tokens` are those of `ingest.formats.commonmark.parse`; `folder` is the note's.
    """
    for block in tokens:
        line = block.map[0] + 1 if block.map else 1
        for child in block.children or []:
            line += child.type in {"softbreak", "hardbreak"}
            source = str(child.attrs.get("src", ""))
            if child.type == "image" and source and not _is_there(source, folder):
                yield f"image not found: {unquote(source)} (line {line})"
            elif child.type == "embed" and _is_picture(source) and not _is_near(source, folder):
                yield f"image not found: {source} (line {line})"


def _is_there(source: str, folder: Path) -> bool:
    try:
        parts = urlsplit(source)
        if parts.scheme or parts.netloc:
            return True  # it lies elsewhere, and nothing is fetched to find out
        return (folder / unquote(parts.path)).exists()
    except (OSError, ValueError):
        return False


def _is_picture(source: str) -> bool:
    return os.path.splitext(source)[1].lower() in _PICTURES  # noqa: PTH122 (it may be no path)


def _is_near(source: str, folder: Path) -> bool:
    """Obsidian finds an embed by its name, wherever in the vault it lies."""
    vault = next((up for up in (folder, *folder.parents) if (up / ".obsidian").is_dir()), folder)
    try:
        if (folder / source).exists() or (vault / source).exists():
            return True
    except (OSError, ValueError):
        return False
    now = int(time.monotonic() / _REMEMBERED_SECONDS)
    return Path(source).name.lower() in _names(vault, now)


@lru_cache(maxsize=2)
def _names(vault: Path, _now: int) -> frozenset[str]:
    """Names of the files below a folder, read again after a while: one walk for all its notes."""
    names: set[str] = set()
    for _, folders, files in os.walk(vault):
        folders[:] = [name for name in folders if not name.startswith(".")]
        names.update(name.lower() for name in files)
        if len(names) > _MOST_FILES:
            break
    return frozenset(names)
