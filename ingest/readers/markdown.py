"""Markdown files. The text stays as it was written; title, tags and missing images are read off."""

import hashlib
from itertools import pairwise
from pathlib import Path

import yaml
from markdown_it.token import Token

from ingest.formats.commonmark import blocks, front_matter, is_readable, parse, plain_text
from ingest.formats.markdown_images import missing_images
from ingest.formats.markdown_properties import (
    notion_properties,
    notion_title,
    outline,
    page_properties,
)
from ingest.formats.tags import distinct, inline_tags, listed_tags, property_tags, scalar
from ingest.formats.text import MAX_TEXT_BYTES, decode
from ingest.readers.plain import text_blocks
from ingest.types import Block, ReadNote, SourceFile
from rag.types import Note

_TOO_LONG = "it is too long to be read as Markdown, so as plain text; split it to have its headings"


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
        note = Note(
            path=file.path,
            title=next(filter(None, titles), ""),
            text=text,
            digest=hashlib.sha256(data).hexdigest(),
            kind="markdown",
            modified=file.modified_ns / 1e9,
            tags=distinct(
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
    return tokens, outline(text, tokens, blocks(text, tokens))


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
