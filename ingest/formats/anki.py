"""An Anki collection (SQLite, of either generation) -> its notes, by deck.

The file comes from strangers: it is opened in memory, and may only be read, without functions,
recursion or virtual tables, and within limits of time and size.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.formats.anki_text import plain_text
from ingest.formats.drafting import clean
from rag.errors import NotesError

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


@dataclass(frozen=True, slots=True)
class AnkiNote:
    """A note under the path of its deck: (name of the field, its words), the empty ones left out.

    `is_plain` says that its type has just two sides, which need no names.
    """

    deck: Deck
    fields: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    is_plain: bool


def notes(database: bytes) -> list[AnkiNote]:
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
        if text := plain_text(field[:MAX_FIELD_CHARS]):
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
