"""Anki's exports: every note a card, every deck a heading."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import IO

from ingest.formats.anki import AnkiNote, notes
from ingest.formats.archives import open_archive
from ingest.formats.drafting import Draft, clean
from ingest.types import Block, ReadNote, SourceFile
from rag.errors import NotesError

MAX_BYTES = 200_000_000
"""Of a collection once it is unpacked, which is a hundred times a large one."""

_COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""The newest first: beside it an export has an older one that only says to update Anki."""

_STEP = 1 << 20
_MAX_TAGS = 50


class ApkgReader:
    """Reads decks and collections of any version of Anki."""

    suffixes = frozenset({".apkg", ".colpkg"})
    fingerprint = "apkg-1"
    max_bytes = 300_000_000  # pictures and recordings, which are not read

    def read(self, file: SourceFile, data: bytes) -> ReadNote:
        """The note in `data`: a heading for each deck, and the sides of each card below it.

        Raises:
            NotesError: `data` is no export of Anki, is over the limits, or zstandard is missing.
        """
        found = notes(_collection(data))
        draft = Draft()
        deck: tuple[str, ...] = ()  # which is that of cards in no deck: they come first
        for number, card in enumerate(found, 1):
            if card.deck != deck:
                deck = card.deck
                _write(draft, "heading", deck[-1], deck)
            start = _write(draft, "card", _sides(card), deck)
            draft.mark(start, f"card {number}")
        title = _title(found) or PurePath(file.path).stem
        read = draft.note(file, data, kind="anki", title=title)
        return replace(read, note=replace(read.note, tags=_tags(found)))


def _write(draft: Draft, kind: str, text: str, headings: tuple[str, ...]) -> int:
    cleaned = clean(text)
    start = draft.append(cleaned)
    draft.blocks.append(Block(kind, start, start + len(cleaned), headings))
    return start


def _sides(card: AnkiNote) -> str:
    """A card as it is read: front, back, and what else its type has, by name."""
    (_, front), *others = card.fields
    named = (text if card.is_plain or not name else f"{name}: {text}" for name, text in others)
    return "\n".join([front, *named])


def _title(found: Sequence[AnkiNote]) -> str:
    """The name of the one deck that all others are in, if there is one."""
    tops = {card.deck[:1] for card in found}
    return "".join(tops.pop()) if len(tops) == 1 else ""


def _tags(found: Sequence[AnkiNote]) -> tuple[str, ...]:
    counts = Counter(tag for card in found for tag in card.tags)
    return tuple(tag for tag, _ in counts.most_common(_MAX_TAGS))


def _collection(data: bytes) -> bytes:
    """The database in an export."""
    archive = open_archive(data)
    name = next((name for name in _COLLECTIONS if name in archive), "")
    if not name:
        raise NotesError("there is no collection in it; export it from Anki again")
    if archive.size(name) > MAX_BYTES:
        raise NotesError(_too_large())
    packed = archive.read(name)
    return _unpacked(packed) if name.endswith("b") else packed


def _unpacked(packed: bytes) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise NotesError(
            "it needs an extra that is not installed; run: .venv/bin/pip install 'cribsheet[anki]'"
        ) from None
    try:
        decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 27)
        with decompressor.stream_reader(packed) as opened:
            return _limited(opened)
    except zstandard.ZstdError as error:
        raise NotesError(f"its collection is damaged ({error}); export it again") from error


def _limited(opened: IO[bytes]) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := opened.read(_STEP):
        size += len(part)
        if size > MAX_BYTES:
            raise NotesError(_too_large())
        parts.append(part)
    return b"".join(parts)


def _too_large() -> str:
    return f"its collection unpacks to more than {MAX_BYTES:,} bytes; export its decks one by one"
