"""Conversations, in an SQLite file of their own: an index is made anew, what was asked is not.

Each method opens the file for itself. So another process may set a damaged file aside, or a person
put an older one back, and nobody goes on writing where nobody looks any more.
"""

import json
import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple

from rag.database import Database, Row
from rag.errors import ChatError
from rag.kept import Chat, ChatInfo, Kept, Listing, clean, from_json, title_of, to_json
from rag.types import Answer

FILE = "conversations.sqlite3"
PAGE = 20
"""Conversations in a page of their list."""

VERSION = 1
MIGRATIONS: dict[int, str] = {}
"""What turns a file of an older version into one of the next. None is needed yet."""

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

_INFO = (
    "chats.id, title, created, changed, "
    "(SELECT count(*) FROM exchanges WHERE chat = chats.id) FROM chats"
)
_HOLDS = "chats.id IN (SELECT rowid FROM words WHERE words MATCH ?)"
_INSERT = "INSERT INTO exchanges (chat, asked, question, text, answer) VALUES (?, ?, ?, ?, ?)"


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


class Conversations:
    """The conversations under the folder `home`.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self.notice = ""

    def keep(self, answer: Answer, chat: int | None = None) -> Place:
        """Keep a question and its answer, in `chat` if that is there, else in a new one."""
        with closing(self._opened()) as database, database.writing() as db:
            now = time.time()
            chat = _chat_for(db, chat, answer.question, now)
            question, text = clean(answer.question), clean(answer.text)
            added = db.execute(_INSERT, (chat, now, question, text, to_json(answer)))
            place = Place(chat, int(added.lastrowid or 0))
            _cite(db, place, answer)
            return place

    def amend(self, place: Place, answer: Answer) -> None:
        """Put an answer in the place of the one that is kept there, if it still is."""
        with closing(self._opened()) as database, database.writing() as db:
            row = (clean(answer.text), to_json(answer), place.exchange)
            changed = db.execute("UPDATE exchanges SET text = ?, answer = ? WHERE id = ?", row)
            if changed.rowcount:
                _cite(db, place, answer)

    def listing(self, query: str = "", page: int = 0) -> Listing:
        """A page of the conversations that hold every word of `query`, the newest first."""
        held, values = (_HOLDS, [_match(query)]) if query.strip() else ("TRUE", [])
        with closing(self._opened()) as db:
            total = db.value(f"SELECT count(*) FROM chats WHERE {held}", values)
            rows = db.rows(
                f"SELECT {_INFO} WHERE {held} ORDER BY changed DESC, chats.id DESC "
                f"LIMIT {PAGE} OFFSET {PAGE * max(page, 0)}",
                values,
            )
        return Listing(tuple(map(_info, rows)), total, self.notice)

    def chat(self, chat: int) -> Chat:
        """A conversation. Raises ChatError if there is none of this number."""
        with closing(self._opened()) as db:
            rows = db.rows(f"SELECT {_INFO} WHERE id = ?", (chat,))
            kept = db.rows(
                "SELECT id, asked, answer FROM exchanges WHERE chat = ? ORDER BY id", (chat,)
            )
        if not rows:
            raise _unknown(chat)
        return Chat(_info(rows[0]), tuple(map(_kept, kept)))

    def cited(self, chats: Collection[int]) -> list[CitedNote]:
        """The notes that the answers of these conversations cite, as they were then."""
        query = (
            "SELECT chat, exchange, path, digest FROM cited JOIN exchanges ON id = exchange "
            "WHERE chat IN (SELECT value FROM json_each(?))"
        )
        with closing(self._opened()) as db:
            rows = db.rows(query, (json.dumps(list(chats)),))
        return [
            CitedNote(Place(int(str(chat)), int(str(exchange))), str(path), str(digest))
            for chat, exchange, path, digest in rows
        ]

    def answers(self, places: Collection[Place]) -> Iterator[tuple[Place, Answer]]:
        """The answers that are kept there."""
        query = "SELECT answer FROM exchanges WHERE id = ?"
        with closing(self._opened()) as db:
            for place in places:
                for (answer,) in db.rows(query, (place.exchange,)):
                    yield place, from_json(str(answer))

    def rename(self, chat: int, title: str) -> None:
        """Give a conversation another title. Raises ChatError if it is not there."""
        with closing(self._opened()) as database, database.writing() as db:
            if not db.execute("UPDATE chats SET title = ? WHERE id = ?", (title, chat)).rowcount:
                raise _unknown(chat)
            _index_words(db, chat)

    def delete(self, chat: int) -> None:
        """Delete a conversation; one that is not there is no error."""
        with closing(self._opened()) as database, database.writing() as db:
            db.execute("DELETE FROM chats WHERE id = ?", (chat,))
            db.execute("DELETE FROM words WHERE rowid = ?", (chat,))

    def delete_all(self) -> None:
        """Delete every conversation."""
        with closing(self._opened()) as database, database.writing() as db:
            db.execute("DELETE FROM chats")
            db.execute("DELETE FROM words")

    def _opened(self) -> Database:
        return Database(self._path, SCHEMA, VERSION, MIGRATIONS)


def _chat_for(db: Connection, chat: int | None, question: str, now: float) -> int:
    """The conversation, marked as changed; a new one if it is not there (any more)."""
    known = db.execute("UPDATE chats SET changed = ? WHERE id = ?", (now, chat)).rowcount
    if chat is not None and known:
        return chat
    row = (title_of(question), now, now)
    added = db.execute("INSERT INTO chats (title, created, changed) VALUES (?, ?, ?)", row)
    return int(added.lastrowid or 0)


def _cite(db: Connection, place: Place, answer: Answer) -> None:
    chunks = [citation.chunk for citation in answer.citations]
    db.execute("DELETE FROM cited WHERE exchange = ?", (place.exchange,))
    rows = {(place.exchange, clean(chunk.note_path), chunk.note_digest) for chunk in chunks}
    db.executemany("INSERT OR IGNORE INTO cited VALUES (?, ?, ?)", rows)
    _index_words(db, place.chat)


def _index_words(db: Connection, chat: int) -> None:
    db.execute("DELETE FROM words WHERE rowid = ?", (chat,))
    db.execute(
        "INSERT INTO words (rowid, title, questions, answers) "
        "SELECT chats.id, title, group_concat(question, char(10)), group_concat(text, char(10)) "
        "FROM chats JOIN exchanges ON chat = chats.id WHERE chats.id = ? GROUP BY chats.id",
        (chat,),
    )


def _match(query: str) -> str:
    """Every word of the query, the last one perhaps unfinished, in which nothing is an operator."""
    words = [word for word in clean(query).split() if any(map(str.isalnum, word))]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else '""'


def _info(row: Row) -> ChatInfo:
    identity, title, created, changed, exchanges = row
    return ChatInfo(
        id=int(str(identity)),
        title=str(title),
        created=float(str(created)),
        changed=float(str(changed)),
        exchanges=int(str(exchanges)),
    )


def _kept(row: Row) -> Kept:
    identity, asked, answer = row
    return Kept(int(str(identity)), float(str(asked)), from_json(str(answer)))


def _unknown(chat: int) -> ChatError:
    return ChatError(f"there is no conversation {chat}; crib chats lists those there are")
