"""Tables of contents of books, as EPUB 3 has them (a page of links) and EPUB 2 (NCX)."""

import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from ingest.formats.html_tokens import Tag, Text, tokens

_DEEPEST = 6
"""Levels of a table of contents."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents: where it leads, and its words below those above it."""

    document: str
    path: tuple[str, ...]


def nav_entries(text: str, place: str) -> Iterator[Entry]:
    """Entries of a navigation document: a list of links, of which one says that it is it."""
    found = list(tokens(text))
    starts = [at for at, token in enumerate(found) if isinstance(token, Tag) and _is_toc(token)]
    path: list[str] = []
    words: list[str] = []
    depth, target = 0, ""
    for token in found[starts[0] + 1 if starts else 0 :]:
        if isinstance(token, Text):
            words.append(token.words)
        elif token.name == "nav" and token.is_end:
            return
        elif token.name == "ol":
            depth += -1 if token.is_end else 1
        elif token.name in {"a", "span"} and not token.is_end:
            target, words = resolved(place, token.get("href") or ""), []
        elif token.name in {"a", "span"}:
            path = [*path[: max(0, min(depth, _DEEPEST) - 1)], joined(words)]
            if token.name == "a":
                yield Entry(target, tuple(path))


def ncx_entries(text: str, place: str) -> Iterator[Entry]:
    """Entries of a table of contents as EPUB 2 has it."""
    path: list[str] = []
    words: list[str] = []
    depth = 0
    for token in tokens(text):
        if isinstance(token, Text):
            words.append(token.words)
        elif token.name == "navpoint":
            depth += -1 if token.is_end else 1
        elif token.name == "text" and not token.is_end:
            words = []
        elif token.name == "text" and depth > 0:
            path = [*path[: min(depth, _DEEPEST) - 1], joined(words)]
        elif token.name == "content" and depth > 0:
            yield Entry(resolved(place, token.get("src") or ""), tuple(path))


def _is_toc(tag: Tag) -> bool:
    return tag.name == "nav" and not tag.is_end and "toc" in (tag.get("epub:type") or "").split()


def joined(words: Sequence[str]) -> str:
    """Words with single blanks between them."""
    return " ".join("".join(words).split())


def resolved(place: str, reference: str) -> str:
    """The name in the archive of what a document at `place` refers to."""
    path = unquote(reference.partition("#")[0])
    return posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
