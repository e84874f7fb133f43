"""Markdown files. The text stays as it was written; title, tags and missing images are read off.

Logseq keeps a page as one outline of bullets, with `key:: value` lines at its head and below
bullets. Notion writes `Key: value` lines under the first heading, and a long id into the name.
"""

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml
from markdown_it.token import Token

from ingest.commonmark import blocks, front_matter, is_readable, parse, plain_text
from ingest.document import distinct_blocks, new_note, property_tags
from ingest.readers.plain import text_blocks
from ingest.text import MAX_TEXT_BYTES, Lines, decode, split_lines
from ingest.types import Block, ReadNote, SourceFile
from rag.types import Span

_TOO_LONG = "it is too long to be read as Markdown, so as plain text; split it to have its headings"
_PROPERTY = re.compile(r"[ \t]*(?:[-*+][ \t]+)?(?P<key>[\w./-]{1,60})::(?:[ \t]+(?P<value>.*))?\Z")
_MACRO = re.compile(r"[ \t]*(?:[-*+][ \t]+)?\{\{.*\}\}[ \t]*\Z")
_NOTION_ID = re.compile(r"[ _-][0-9a-f]{32}\Z")
_NOTION_LINE = re.compile(r"(?P<key>[^:\n]{1,60}): (?P<value>.+)\Z")
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".bmp", ".avif"}
_MOST_FILES = 100_000
_REMEMBERED_SECONDS = 30
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^`]*\1(?!`)")
_INLINE = re.compile(r"(?:(?<=[\s(])|\A)#(?=[\d/_-]*[^\W\d_])([\w/-]{1,100})")


class MarkdownReader:
    """Reads CommonMark with what GitHub, Obsidian, Logseq and Notion add to it."""

    suffixes = frozenset({".md", ".markdown"})
    fingerprint = "markdown-2"
    max_bytes = MAX_TEXT_BYTES

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`.

        Raises:
            NotesError: `data` is no text.
        """
        text, path = decode(data), Path(file.path)
        meta, warnings = _meta(text)
        tokens, found = _parsed(text, warnings)
        page = page_properties(text)
        notion = notion_properties(text, path.stem, found)
        aliases = [*_aliases(meta), notion_title(path.stem)]
        titles = (scalar(meta.get("title")), page.get("title"), _first_heading(tokens), *aliases)
        note = new_note(
            file,
            data,
            text,
            kind="markdown",
            title=next(filter(None, titles), ""),
            tags=distinct_blocks(
                *(listed_tags(meta.get(key)) for key in ("tags", "tag", "keywords")),
                *(property_tags(found.get("tags", "")) for found in (page, notion)),
                inline_tags(tokens),
            ),
        )
        warnings += missing_images(tokens, path.parent)
        return ReadNote(note, tuple(found), tuple(warnings))


def _parsed(text: str, warnings: list[str]) -> tuple[list[Token], list[Block]]:
    if not is_readable(text):
        warnings.append(_TOO_LONG)
        return [], text_blocks(text)
    tokens = parse(text)
    return tokens, _outline(text, tokens, blocks(text, tokens))


def _meta(text: str) -> tuple[dict[str, object], list[str]]:
    found = front_matter(text)
    try:
        loaded = yaml.safe_load(found) if found else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A day that is in no calendar is a ValueError, a thousand brackets end the stack.
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        return {}, [f"its front matter is not YAML ({reason}); title and tags are not read"]
    return (loaded, []) if isinstance(loaded, dict) else ({}, [])


def _aliases(meta: dict[str, object]) -> list[str]:
    """Other names of the note, in its front matter."""
    found = meta.get("aliases", meta.get("alias"))
    return [scalar(one) for one in (found if isinstance(found, list) else [found])]


def _first_heading(tokens: list[Token]) -> str:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return plain_text(inline)
    return ""


def page_properties(text: str) -> Mapping[str, str]:
    """The `key:: value` lines that a note begins with, by key in lower case."""
    head = split_lines(text.lstrip("\ufeff\r\n")[:10_000])
    matches = takewhile(bool, map(_PROPERTY.match, head))
    return {found["key"].lower(): found["value"] or "" for found in matches if found}


def _outline(text: str, tokens: Sequence[Token], found: Sequence[Block]) -> list[Block]:
    """The blocks of a note; of a Logseq page each bullet of the first level is a block.

    The first line of such a bullet goes with what is cut from below it, and as a heading it names
    that. Bullets and paragraphs of nothing but properties and queries are "meta".
    """
    marked = [_without_properties(block, text, is_first=not at) for at, block in enumerate(found)]
    is_page = {block.kind for block in marked} <= {"list", "meta"}
    if not is_page or not any(word in text for word in (":: ", "{{")):
        return marked
    lines = Lines(text)
    rest = [block for block in marked if block.kind == "meta"]
    return sorted([*rest, *_bullets(text, tokens, lines)], key=lambda block: block.start)


def notion_title(stem: str) -> str:
    """A file's name without its ending, and without the id that Notion puts there."""
    return _NOTION_ID.sub("", stem) or stem


def notion_properties(text: str, stem: str, found: Sequence[Block]) -> Mapping[str, str]:
    """The `Key: value` lines under the first heading of a page that Notion wrote."""
    is_export = bool(_NOTION_ID.search(stem)) and len(found) > 1 and found[0].kind == "heading"
    if not is_export or found[1].kind != "paragraph":
        return {}
    matches = map(_NOTION_LINE.match, split_lines(text[found[1].start : found[1].end]))
    return {match["key"].lower(): match["value"] for match in matches if match}


def _without_properties(block: Block, text: str, *, is_first: bool) -> Block:
    """A paragraph of nothing but properties is none, where Logseq has them: it is "meta"."""
    is_one = block.kind == "paragraph" and is_first
    if is_one and _says_nothing(text[block.start : block.end]):
        return Block("meta", block.start, block.end, block.headings)
    return block


def _says_nothing(words: str) -> bool:
    said = [line for line in split_lines(words) if line.strip(" \t-*+")]
    return bool(said) and all(_PROPERTY.match(line) or _MACRO.match(line) for line in said)


def _bullets(text: str, tokens: Sequence[Token], lines: Lines) -> Iterator[Block]:
    starts = [at for at, token in enumerate(tokens) if _is_bullet(token, level=1)]
    for at, after in pairwise([*starts, len(tokens)]):
        first, last = tokens[at].map or (0, 0)
        start, end = lines.offset(first), lines.offset(last)
        if _says_nothing(text[start:end]):
            yield Block("meta", start, end)
            continue
        below = [
            token.map[0] for token in tokens[at + 1 : after] if token.map and _is_bullet(token)
        ]
        title = plain_text(tokens[at + 2]) if tokens[at + 1].type == "heading_open" else ""
        head = text[start : lines.offset(first + 1)].rstrip()
        lead = Span(start, start + len(head)) if below else None
        breaks = tuple(map(lines.offset, below))
        yield Block("list", start, end, (title,) if title else (), breaks, lead)


def _is_bullet(token: Token, level: int | None = None) -> bool:
    return token.type == "list_item_open" and level in {None, token.level}


def missing_images(tokens: Sequence[Token], folder: Path) -> Iterator[str]:
    """A line for each `![image](of a file)` or `![[embedded.png]]` that is not there.

    `tokens` are those of `ingest.commonmark.parse`; `folder` is the note's.
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


def inline_tags(tokens: Sequence[Token]) -> Iterator[str]:
    """`#tag` and `#tag/below` in the lines of a note, outside of code."""
    for token in tokens:
        if token.type == "inline" and "#" in token.content:
            yield from (
                found.strip("/") for found in _INLINE.findall(_CODE.sub(" ", token.content))
            )


def listed_tags(value: object) -> Iterator[str]:
    """Tags of a YAML value: a list, or words with commas or blanks between them."""
    if isinstance(value, list):
        words = [scalar(one) for one in value]
    else:
        words = scalar(value).replace(",", " ").split()
    yield from (word.lstrip("#") for word in words)


def scalar(value: object) -> str:
    """A word or number; empty for anything nested, which YAML's aliases can blow up."""
    return "" if value is None or isinstance(value, (dict, list, set, tuple)) else str(value)
