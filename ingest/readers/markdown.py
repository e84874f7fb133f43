"""Markdown files. The text stays as it was written; title, tags and missing images are read off."""

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from markdown_it.token import Token

from ingest.commonmark import blocks, front_matter, parse, plain_text
from ingest.readers.text import decode
from ingest.types import ReadNote, SourceFile
from rag.types import Note


class MarkdownReader:
    """Reads CommonMark with tables and front matter."""

    suffixes = frozenset({".md", ".markdown"})
    fingerprint = "markdown-1"

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text.
        """
        text, path = decode(data), Path(file.path)
        meta, complaint = _meta(text)
        tokens = parse(text)
        note = Note(
            path=file.path,
            title=_scalar(meta.get("title")) or _first_heading(tokens) or path.stem,
            text=text,
            digest=hashlib.sha256(data).hexdigest(),
            kind="markdown",
            modified=file.modified_ns / 1e9,
            tags=tuple(_tags(meta)),
        )
        warnings = (*complaint, *_missing_images(tokens, path.parent))
        return ReadNote(note, tuple(blocks(text)), warnings)


def _meta(text: str) -> tuple[dict[str, object], list[str]]:
    found = front_matter(text)
    try:
        loaded = yaml.safe_load(found) if found else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A day that is in no calendar is a ValueError, a thousand brackets end the stack.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return {}, [f"its front matter is not YAML ({reason}); title and tags are not read"]
    return (loaded, []) if isinstance(loaded, dict) else ({}, [])


def _tags(meta: dict[str, object]) -> Iterator[str]:
    tags = meta.get("tags")
    if isinstance(tags, list):
        yield from filter(None, map(_scalar, tags))
    else:
        yield from _scalar(tags).replace(",", " ").split()


def _scalar(value: object) -> str:
    """A word or number; empty for anything nested, which YAML's aliases can blow up."""
    return "" if value is None or isinstance(value, (dict, list, set, tuple)) else str(value)


def _first_heading(tokens: list[Token]) -> str:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return plain_text(inline)
    return ""


def _missing_images(tokens: list[Token], folder: Path) -> Iterator[str]:
    for block in tokens:
        line = block.map[0] + 1 if block.map else 1
        for child in block.children or []:
            line += child.type in {"softbreak", "hardbreak"}
            source = str(child.attrs.get("src", "")) if child.type == "image" else ""
            if source and not _is_there(source, folder):
                yield f"image not found: {unquote(source)} (line {line})"


def _is_there(source: str, folder: Path) -> bool:
    try:
        parts = urlsplit(source)
        if parts.scheme or parts.netloc:
            return True  # it lies elsewhere, and nothing is fetched to find out
        return (folder / unquote(parts.path)).exists()
    except (OSError, ValueError):
        return False
