"""Anki's exports: every note a card, every deck a heading.

The collection (SQLite, of either generation) comes from strangers: it is opened in memory, and may
only be read, without functions, recursion or virtual tables, and within limits of time and size.
Markup of fields is taken out by patterns that read each character once.
"""

import html
import json
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import IO

from ingest.document import Draft, clean
from ingest.readers.archives import open_archive
from ingest.types import ReadNote, SourceFile
from rag.errors import NotesError

_MAX_BYTES = 200_000_000
"""Of a collection once it is unpacked, which is a hundred times a large one."""

_COLLECTIONS = ("collection.anki21b", "collection.anki21", "collection.anki2")
"""The newest first: beside it an export has an older one that only says to update Anki."""

_STEP = 1 << 20
_MAX_TAGS = 50

MAX_NOTES = 50_000
"""More than a person learns in years."""

MAX_CHARS = 20_000_000
"""Of all fields together, with their markup."""

MAX_FIELD_CHARS = 100_000
"""A longer field is cut."""

_TOO_MUCH = f"it has more than {MAX_NOTES:,} notes or {MAX_CHARS:,} characters"

_IN_MEMORY = hasattr(sqlite3.Connection, "deserialize")
"""SQLite can be built without; then a file that is deleted at once has to do."""

_SECONDS = 20.0
_MAX_VALUE = 20_000_000
_STEPS = 10_000
_READING = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ})
_MAX_DEPTH = 10
_NOTES = (
    "SELECT n.id, n.mid, n.tags, n.flds, c.did, c.odid FROM notes n "
    "LEFT JOIN cards c ON c.nid = n.id ORDER BY n.id, c.ord"
)
Deck = tuple[str, ...]
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<hidden>script|style)\b.*?(?:</(?P=hidden)\s*>|\Z)"
    # An attribute may hold `>` between quotes; where its quotes do not close it may not.
    r"""|<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*+)(?P<attributes>(?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[^<>]*+)>""",
    re.I | re.S,
)
_SOURCE = re.compile(r"""\bsrc\s*+=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"']++))""", re.I)
_LINES = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 "
    "header hr li main nav ol p pre section table tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_CLOZE = re.compile(
    r"\{\{c\d++::(?P<shown>(?:(?!\{\{|\}\}|::).)*+)(?:::(?:(?!\{\{|\}\}).)*+)?\}\}", re.S | re.I
)
_OCCLUSION = "image-occlusion:"

_NESTED = 8
"""Clozes within clozes are undone this deep, which is deeper than Anki goes."""

_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" ?\n\s*")


@dataclass(frozen=True, slots=True)
class AnkiNote:
    """A note under the path of its deck: (name of the field, its words), the empty ones left out.

    `is_plain` says that its type has just two sides, which need no names.
    """

    deck: Deck
    fields: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    is_plain: bool


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
        found = _notes_in(_collection(data))
        draft = Draft()
        deck: tuple[str, ...] = ()  # which is that of cards in no deck: they come first
        for number, card in enumerate(found, 1):
            if card.deck != deck:
                deck = card.deck
                for level, name in enumerate(deck):
                    draft.enter(level, name)
                draft.add_text("heading", deck[-1])
            start = draft.add_text("card", clean(_sides(card)))
            draft.mark(start, f"card {number}")
        title = _title(found) or PurePath(file.path).stem
        return draft.note(file, data, kind="anki", title=title, tags=_tags(found))


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
    if archive.size(name) > _MAX_BYTES:
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
        if size > _MAX_BYTES:
            raise NotesError(_too_large())
        parts.append(part)
    return b"".join(parts)


def _too_large() -> str:
    return f"its collection unpacks to more than {_MAX_BYTES:,} bytes; export its decks one by one"


def _notes_in(database: bytes) -> list[AnkiNote]:
    """Notes with words in them, by deck as Anki lists them, in a deck by age.

    Raises:
        NotesError: `database` is no Anki collection, or one over the limits.
    """
    if not database.startswith(b"SQLite format 3\0"):
        raise NotesError("its collection is no SQLite database; export it from Anki again")
    try:
        with _opened(database) as connection:
            _guard(connection)
            found = list(_notes(connection))
    except (sqlite3.Error, OverflowError, ValueError) as error:
        why = " ".join(str(error).split())  # which may quote the collection
        raise NotesError(f"its collection is damaged ({why}); export it from Anki again") from error
    return sorted(found, key=lambda note: note.deck)


@contextmanager
def _opened(database: bytes) -> Iterator[sqlite3.Connection]:
    # Bytes 18 and 19 ask for a write-ahead log, which a database in memory cannot have.
    # https://www.sqlite.org/c3ref/deserialize.html
    without_log = database[:18] + b"\1\1" + database[20:]
    if _IN_MEMORY:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(without_log)
            yield connection
        return
    with TemporaryDirectory() as folder:
        path = Path(folder, "collection")
        path.write_bytes(without_log)
        uri = f"{path.as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            yield connection


def _guard(connection: sqlite3.Connection) -> None:
    connection.text_factory = lambda raw: raw.decode(errors="replace")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA query_only = ON")
    connection.create_collation("unicase", lambda a, b: (a > b) - (a < b))
    deadline = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    connection.set_authorizer(_may_only_read)


def _may_only_read(action: int, *_: object) -> int:
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _notes(connection: sqlite3.Connection) -> Iterator[AnkiNote]:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    decks = _decks(connection, is_new="decks" in tables)
    names = _field_names(connection, is_new="fields" in tables)
    last, count, size = None, 0, 0
    for number, kind, tags, fields, deck, home in connection.execute(_NOTES):
        if number == last:
            continue  # another card of the same note
        last, count, size = number, count + 1, size + len(str(fields))
        if count > MAX_NOTES or size > MAX_CHARS:
            raise NotesError(f"{_TOO_MUCH}; export its decks one by one")
        known = names.get(kind, [])
        words = tuple(_words(str(fields or ""), known))
        if words:
            at_home = decks.get(home or deck, ())  # a filtered deck only borrows its cards
            yield AnkiNote(at_home, words, tuple(str(tags or "").split()), len(known) <= 2)


def _words(fields: str, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, field in enumerate(fields.split("\x1f")):
        if text := card_text(field[:MAX_FIELD_CHARS]):
            yield names[place] if place < len(names) else "", text


def _decks(connection: sqlite3.Connection, *, is_new: bool) -> Mapping[object, Deck]:
    """Paths of decks by their ids. The deck that every collection has is nothing to go by."""
    if is_new:
        rows = connection.execute("SELECT id, name FROM decks")
        named = {number: str(name).split("\x1f") for number, name in rows}
    else:
        found = _json(connection, "SELECT decks FROM col").items()
        named = {_id(key): _name(deck).split("::") for key, deck in found}
    return {
        key: tuple(filter(None, (clean(deck).strip() for deck in path[:_MAX_DEPTH])))
        for key, path in named.items()
        if path != ["Default"]
    }


def _field_names(connection: sqlite3.Connection, *, is_new: bool) -> Mapping[object, list[str]]:
    """Names of fields by the id of the type of note."""
    names: dict[object, list[str]] = {}
    if is_new:
        for kind, name in connection.execute("SELECT ntid, name FROM fields ORDER BY ntid, ord"):
            names.setdefault(kind, []).append(str(name))
        return names
    for key, model in _json(connection, "SELECT models FROM col").items():
        fields = model.get("flds") if isinstance(model, dict) else None
        if isinstance(fields, list):
            names[_id(key)] = list(map(_name, fields))
    return names


def _json(connection: sqlite3.Connection, statement: str) -> Mapping[str, object]:
    (row,) = connection.execute(statement).fetchmany(1) or [("",)]
    try:
        loaded = json.loads(row[0])
    except (TypeError, ValueError, RecursionError):
        return {}
    return loaded if isinstance(loaded, dict) else {}


def _name(value: object) -> str:
    """What an entry is called, in characters that can be stored: JSON can name halves of some."""
    found = value.get("name") if isinstance(value, dict) else ""
    return clean(str(found or ""))


def _id(key: str) -> int | str:
    return int(key) if key.isascii() and key.isdigit() and len(key) < 20 else key


def card_text(field: str) -> str:
    """The words of a field: its markup gone, images named, clozes filled in, no line blank."""
    shown = html.unescape(_MARKUP.sub(_replaced, field))
    for _ in range(_NESTED):
        filled = _CLOZE.sub(_filled, shown)
        if filled == shown:
            break
        shown = filled
    return _GAPS.sub("\n", _BLANKS.sub(" ", shown)).strip()


def _replaced(match: re.Match[str]) -> str:
    tag = (match["tag"] or "").lower()
    if tag == "img":
        return _named(match["attributes"])
    if tag in _LINES:
        return "\n- " if tag == "li" and not match["end"] else "\n"
    return " " if tag in _CELLS else ""


def _named(attributes: str) -> str:
    source = _SOURCE.search(attributes)
    name = next(filter(None, source.groups()), "") if source else ""
    return " [image] " if not name or name.startswith("data:") else f" [image: {name}] "


def _filled(match: re.Match[str]) -> str:
    return "" if match["shown"].startswith(_OCCLUSION) else match["shown"]
