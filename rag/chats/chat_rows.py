"""The tables that conversations are kept in, and what is done with their rows.

A change of the tables raises VERSION, and MIGRATIONS gets what turns the version before into it.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from rag.chats.kept import ChatInfo, Kept, broken, clean, feedback_from_json, from_json, title_of
from rag.errors import DamagedError
from rag.store.database import Database, Row
from rag.types import Answer

VERSION = 1
MIGRATIONS: dict[int, str] = {}
"""By the version that each takes a file from. None is needed yet."""

SCHEMA = """
CREATE TABLE chats (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL,
    created REAL NOT NULL, changed REAL NOT NULL);
CREATE INDEX chats_by_change ON chats (changed);
CREATE TABLE exchanges (id INTEGER PRIMARY KEY AUTOINCREMENT, chat INTEGER NOT NULL,
    asked REAL NOT NULL, question TEXT NOT NULL, text TEXT NOT NULL, answer TEXT NOT NULL,
    feedback TEXT, FOREIGN KEY (chat) REFERENCES chats (id) ON DELETE CASCADE);
CREATE INDEX exchanges_by_chat ON exchanges (chat, id);
CREATE TABLE cited (exchange INTEGER NOT NULL, path TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (exchange, path, digest),
    FOREIGN KEY (exchange) REFERENCES exchanges (id) ON DELETE CASCADE) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5 (
    title, questions, answers, tokenize = 'porter unicode61 remove_diacritics 2');
"""

INFO = (
    "chats.id, title, created, changed, "
    "(SELECT count(*) FROM exchanges WHERE chat = chats.id) FROM chats"
)
KEPT = "id, asked, question, text, answer, feedback FROM exchanges"
INSERT = "INSERT INTO exchanges (chat, asked, question, text, answer) VALUES (?, ?, ?, ?, ?)"


class Place(NamedTuple):
    """Where an exchange is kept."""

    chat: int
    exchange: int


@dataclass(frozen=True, slots=True)
class CitedNote:
    """A note that an answer cites, with the digest that its file had then."""

    place: Place
    path: str
    digest: str


def opened(path: Path) -> Database:
    """The file of conversations; what is deleted from it is overwritten."""
    database = Database(path, SCHEMA, VERSION, MIGRATIONS)
    database.rows("PRAGMA secure_delete = ON")
    return database


def chat_for(db: Connection, chat: int | None, question: str, now: float) -> int:
    """The conversation, marked as changed; a new one if it is not there (any more)."""
    known = db.execute("UPDATE chats SET changed = ? WHERE id = ?", (now, chat)).rowcount
    if chat is not None and known:
        return chat
    row = (title_of(question), now, now)
    added = db.execute("INSERT INTO chats (title, created, changed) VALUES (?, ?, ?)", row)
    return int(added.lastrowid or 0)


def cite(db: Connection, place: Place, answer: Answer) -> None:
    """Remember which notes an answer cites, and have its words be found."""
    chunks = [citation.chunk for citation in answer.citations]
    db.execute("DELETE FROM cited WHERE exchange = ?", (place.exchange,))
    rows = {(place.exchange, clean(chunk.note_path), chunk.note_digest) for chunk in chunks}
    db.executemany("INSERT OR IGNORE INTO cited VALUES (?, ?, ?)", rows)
    index_words(db, place.chat)


def retitle(db: Connection, place: Place, question: str) -> None:
    """Give a conversation its first question as a title, if it had the one that this replaces."""
    first = "SELECT id, question FROM exchanges WHERE chat = ? ORDER BY id LIMIT 1"
    identity, before = db.execute(first, (place.chat,)).fetchone() or (None, "")
    if identity == place.exchange:
        row = (title_of(question), place.chat, title_of(before))
        db.execute("UPDATE chats SET title = ? WHERE id = ? AND title = ?", row)


def index_words(db: Connection, chat: int) -> None:
    """Have a conversation be found by its words of today."""
    db.execute("DELETE FROM words WHERE rowid = ?", (chat,))
    db.execute(
        "INSERT INTO words (rowid, title, questions, answers) "
        "SELECT chats.id, title, group_concat(question, char(10)), group_concat(text, char(10)) "
        "FROM chats JOIN exchanges ON chat = chats.id WHERE chats.id = ? GROUP BY chats.id",
        (chat,),
    )


def cited_notes(database: Database, chats: Collection[int]) -> list[CitedNote]:
    """The notes that the answers of these conversations cite."""
    rows = database.rows(
        "SELECT chat, exchange, path, digest FROM cited JOIN exchanges ON id = exchange "
        "WHERE chat IN (SELECT value FROM json_each(?))",
        (json.dumps(list(chats)),),
    )
    return [
        CitedNote(Place(int(str(chat)), int(str(exchange))), str(path), str(digest))
        for chat, exchange, path, digest in rows
    ]


def match(query: str) -> str:
    """Every word of the query, the last one perhaps unfinished, in which nothing is an operator."""
    words = [word for word in clean(query).split() if any(map(str.isalnum, word))]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else '""'


def info(row: Row) -> ChatInfo:
    """A row of INFO."""
    identity, title, created, changed, exchanges = row
    return ChatInfo(
        id=int(str(identity)),
        title=str(title),
        created=float(str(created)),
        changed=float(str(changed)),
        exchanges=int(str(exchanges)),
    )


def kept(row: Row) -> Kept:
    """A row of KEPT; where its answer cannot be read, question and text still can."""
    identity, asked, question, text, answer, feedback = row
    try:
        found = from_json(str(answer))
    except ValueError:
        found = broken(str(question), str(text))
    thought = feedback_from_json(str(feedback)) if feedback else None
    return Kept(int(str(identity)), float(str(asked)), found, feedback=thought)


def rescue(old: Database, new: Database) -> int:
    """Copy what can be read of `old`; how many exchanges that were."""
    count = 0
    with new.writing() as db:
        for row in _readable(old, "id, title, created, changed", "chats"):
            db.execute("INSERT OR IGNORE INTO chats VALUES (?, ?, ?, ?)", row)
        columns = "id, chat, asked, question, text, answer, feedback"
        for identity, chat, asked, question, *rest in _readable(old, columns, "exchanges"):
            lost = (chat, title_of(str(question)), asked, asked)  # unless it is there
            db.execute("INSERT OR IGNORE INTO chats VALUES (?, ?, ?, ?)", lost)
            row = (identity, chat, asked, question, *rest)
            db.execute("INSERT OR IGNORE INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            place = Place(int(str(chat)), int(str(identity)))
            cite(db, place, kept((identity, asked, question, *rest)).answer)
            count += 1
    return count


def _readable(database: Database, columns: str, table: str) -> Iterator[Row]:
    """Rows of a table by their `id`, the first column: from both ends up to what is damaged."""
    last, select = 0, f"SELECT {columns} FROM {table} WHERE id"
    try:
        while rows := database.rows(f"{select} > ? ORDER BY id LIMIT 1", (last,)):
            last = int(str(rows[0][0]))
            yield rows[0]
        return
    except DamagedError:
        first = 2**62
    try:
        while rows := database.rows(
            f"{select} < ? AND id > ? ORDER BY id DESC LIMIT 1", (first, last)
        ):
            first = int(str(rows[0][0]))
            yield rows[0]
    except DamagedError:
        return
