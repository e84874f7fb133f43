"""Conversations, in an SQLite file of their own: an index is made anew, what was asked is not.

A file that is damaged is set aside, and what can be read of it is kept. A change of the tables
raises VERSION, and MIGRATIONS gets what turns the version before into it.

Keeps an answer while it is being written, so that whatever ends it, a kill too, loses little.
"""

import json
import time
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from sqlite3 import Connection
from typing import NamedTuple, Protocol, TypeVar

from rag.chats.kept import (
    Chat,
    ChatInfo,
    ChatListing,
    Feedback,
    Kept,
    answer_json,
    broken,
    clean_text,
    feedback_from_json,
    feedback_to_json,
    from_json,
    title_line,
    title_of,
    unfinished,
)
from rag.chats.staleness import CurrentNotes, is_stale, staleness
from rag.errors import ChatError, CribError, DamagedError, StoreError
from rag.store.database import Database, OwnFile, Row
from rag.types import Answer, Event, Evidence, Finished, Found, Token

CHATS_FILE = "conversations.sqlite3"
CHATS_A_PAGE = 20
"""Conversations in a page of their list."""

_TITLE_CHARS = 200
"""Characters of a title that a person gave, at most."""

_VERSION = 1
_MIGRATIONS: dict[int, str] = {}
"""By the version that each takes a file from. None is needed yet."""

_SCHEMA = """
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
_KEPT = "id, asked, question, text, answer, feedback FROM exchanges"
_HOLDS = "chats.id IN (SELECT rowid FROM words WHERE words MATCH ?)"

_T = TypeVar("_T")

EVERY_SECONDS = 1.0
"""An answer that is being written is put down no more often than this."""


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
    """The conversations under the folder `home`; any process may read and write them.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / CHATS_FILE
        self._file = OwnFile(self._path, _opened, _rescue)

    def _change(self, work: Callable[[Connection], _T]) -> _T:
        """What `work` gives, in one transaction; it is done again where the file was damaged."""

        def attempt(database: Database) -> _T:
            with database.writing() as db:
                return work(db)

        return self._file.do(attempt)

    @property
    def notice(self) -> str:
        """One line on what was lost; empty if nothing was, since this process began."""
        if not self._file.set_aside:
            return ""
        return (
            f"The file of your conversations was damaged. {self._file.rescued} answers of it "
            f"could be read and are here; what was there before is in {self._file.set_aside}"
        )

    def version(self) -> tuple[int, ...]:
        """Other numbers once any process has written; asks the disk, and raises nothing."""
        parts = (self._path, self._path.with_name(f"{CHATS_FILE}-wal"))
        found = (path.stat() for path in parts if path.exists())
        try:
            return tuple(n for one in found for n in (one.st_mtime_ns, one.st_size))
        except OSError:  # it went away just now
            return ()

    # Writing

    def keep(self, answer: Answer, chat: int | None = None) -> Place:
        """Keep a question and its answer, in `chat` if that is there, else in a new one."""
        question, text = clean_text(answer.question), clean_text(answer.text)

        def work(db: Connection) -> Place:
            now = time.time()
            known = _chat_for(db, chat, question, now)
            added = db.execute(
                "INSERT INTO exchanges (chat, asked, question, text, answer) "
                "VALUES (?, ?, ?, ?, ?)",
                (known, now, question, text, answer_json(answer)),
            )
            place = Place(known, int(added.lastrowid or 0))
            _cite(db, place, answer)
            return place

        return self._change(work)

    def amend(self, place: Place, answer: Answer) -> None:
        """Put an answer in the place of the one that is kept there, if it still is.

        What was thought of that one goes with it. If it was the first, and its question the title,
        the new question is.
        """
        question = clean_text(answer.question)
        row = (question, clean_text(answer.text), answer_json(answer), *place)

        def work(db: Connection) -> None:
            _retitle(db, place, question)
            changed = db.execute(
                "UPDATE exchanges SET question = ?, text = ?, answer = ?, feedback = NULL "
                "WHERE chat = ? AND id = ?",
                row,
            )
            if changed.rowcount:
                _cite(db, place, answer)

        self._change(work)

    def drop_after(self, place: Place) -> None:
        """Delete what was asked in that conversation after the exchange that is kept there."""

        def work(db: Connection) -> None:
            db.execute("DELETE FROM exchanges WHERE chat = ? AND id > ?", place)
            _index_words(db, place.chat)

        self._change(work)

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Keep what a person thinks of the answer kept there; None forgets it.

        Raises ChatError if the answer is not there.
        """
        row = (feedback_to_json(feedback) if feedback else None, *place)
        update = "UPDATE exchanges SET feedback = ? WHERE chat = ? AND id = ?"
        self._change(lambda db: _require(place.chat, db.execute(update, row).rowcount))

    def rename(self, chat: int, title: str) -> None:
        """Give a conversation another title, of at most 200 characters; "" is that it had at first.

        Raises ChatError if it is not there.
        """
        line = title_line(title)[:_TITLE_CHARS].strip()

        def work(db: Connection) -> None:
            first = "SELECT question FROM exchanges WHERE chat = ? ORDER BY id LIMIT 1"
            asked = db.execute(first, (chat,)).fetchone() or [""]
            row = (line or title_of(asked[0]), chat)
            _require(chat, db.execute("UPDATE chats SET title = ? WHERE id = ?", row).rowcount)
            _index_words(db, chat)

        self._change(work)

    def delete(self, chat: int) -> None:
        """Delete a conversation; one that is not there is no error."""
        self._delete("= ?", [chat])

    def delete_all(self) -> None:
        """Delete every conversation."""
        self._delete("> 0", [])

    def _delete(self, which: str, values: list[int]) -> None:
        def work(db: Connection) -> None:
            db.execute(f"DELETE FROM chats WHERE id {which}", values)
            db.execute(f"DELETE FROM words WHERE rowid {which}", values)
            db.execute("INSERT INTO words (words) VALUES ('optimize')")

        self._change(work)

    # Reading

    def listing(self, query: str = "", page: int = 0) -> ChatListing:
        """A page of the conversations that hold every word of `query`, the newest first."""
        held, values = (_HOLDS, [_match(query)]) if query.strip() else ("TRUE", [])

        def work(db: Database) -> ChatListing:
            total = db.value(f"SELECT count(*) FROM chats WHERE {held}", values)
            found = db.rows(
                f"SELECT {_INFO} WHERE {held} ORDER BY changed DESC, chats.id DESC "
                f"LIMIT {CHATS_A_PAGE} OFFSET {CHATS_A_PAGE * max(page, 0)}",
                values,
            )
            return ChatListing(tuple(ChatInfo(*row) for row in found), total)

        return replace(self._file.do(work), notice=self.notice)

    def chat(self, chat: int) -> Chat:
        """A conversation. Raises ChatError if there is none of this number."""

        def work(db: Database) -> Chat:
            infos = db.rows(f"SELECT {_INFO} WHERE id = ?", (chat,))
            kept = db.rows(f"SELECT {_KEPT} WHERE chat = ? ORDER BY id", (chat,))
            _require(chat, len(infos))
            return Chat(ChatInfo(*infos[0]), tuple(map(_kept, kept)))

        return self._file.do(work)

    def ids(self) -> list[int]:
        """The numbers of all conversations, the newest first."""
        query = "SELECT id FROM chats ORDER BY changed DESC, id DESC"
        return self._file.do(lambda db: [row[0] for row in db.rows(query)])

    def answers(self, places: Iterable[Place]) -> list[tuple[Place, Kept]]:
        """What is kept there."""
        query = f"SELECT {_KEPT} WHERE id = ?"

        def work(db: Database) -> list[tuple[Place, Kept]]:
            found = [(place, db.rows(query, (place.exchange,))) for place in places]
            return [(place, _kept(row)) for place, some in found for row in some]

        return self._file.do(work)

    def rated(self) -> list[tuple[Place, Kept]]:
        """All answers that a person has said something of, the oldest first."""
        query = f"SELECT chat, {_KEPT} WHERE feedback NOT NULL ORDER BY id"
        found = self._file.do(lambda db: db.rows(query))
        return [(Place(chat, row[0]), _kept(tuple(row))) for chat, *row in found]

    def cited(self, chats: Collection[int]) -> list[CitedNote]:
        """The notes that the answers of these conversations cite, as they were then."""
        query = (
            "SELECT chat, exchange, path, digest FROM cited JOIN exchanges ON id = exchange "
            "WHERE chat IN (SELECT value FROM json_each(?))"
        )
        found = self._file.do(lambda db: db.rows(query, (json.dumps(list(chats)),)))
        return [
            CitedNote(Place(chat, exchange), path, digest) for chat, exchange, path, digest in found
        ]


def _opened(path: Path) -> Database:
    """The file of conversations; what is deleted from it is overwritten."""
    database = Database(path, _SCHEMA, _VERSION, _MIGRATIONS)
    database.rows("PRAGMA secure_delete = ON")
    return database


def _require(chat: int, found: int) -> None:
    if not found:
        raise ChatError(f"there is no conversation {chat}; crib chats lists those there are")


def _chat_for(db: Connection, chat: int | None, question: str, now: float) -> int:
    """The conversation, marked as changed; a new one if it is not there (any more)."""
    known = db.execute("UPDATE chats SET changed = ? WHERE id = ?", (now, chat)).rowcount
    if chat is not None and known:
        return chat
    row = (title_of(question), now, now)
    added = db.execute("INSERT INTO chats (title, created, changed) VALUES (?, ?, ?)", row)
    return int(added.lastrowid or 0)


def _cite(db: Connection, place: Place, answer: Answer) -> None:
    """Remember which notes an answer cites, and have its words be found."""
    chunks = [citation.chunk for citation in answer.citations]
    db.execute("DELETE FROM cited WHERE exchange = ?", (place.exchange,))
    rows = {(place.exchange, clean_text(chunk.note_path), chunk.note_digest) for chunk in chunks}
    db.executemany("INSERT OR IGNORE INTO cited VALUES (?, ?, ?)", rows)
    _index_words(db, place.chat)


def _retitle(db: Connection, place: Place, question: str) -> None:
    """Give a conversation its first question as a title, if it had the one that this replaces."""
    first = "SELECT id, question FROM exchanges WHERE chat = ? ORDER BY id LIMIT 1"
    identity, before = db.execute(first, (place.chat,)).fetchone() or (None, "")
    if identity == place.exchange:
        row = (title_of(question), place.chat, title_of(before))
        db.execute("UPDATE chats SET title = ? WHERE id = ? AND title = ?", row)


def _index_words(db: Connection, chat: int) -> None:
    """Have a conversation be found by its words of today."""
    db.execute("DELETE FROM words WHERE rowid = ?", (chat,))
    db.execute(
        "INSERT INTO words (rowid, title, questions, answers) "
        "SELECT chats.id, title, group_concat(question, char(10)), group_concat(text, char(10)) "
        "FROM chats JOIN exchanges ON chat = chats.id WHERE chats.id = ? GROUP BY chats.id",
        (chat,),
    )


def _match(query: str) -> str:
    """Every word of the query, the last one perhaps unfinished, in which nothing is an operator."""
    words = [word for word in clean_text(query).split() if any(map(str.isalnum, word))]
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    return " ".join(quoted) + "*" if quoted else '""'


def _kept(row: Row) -> Kept:
    """A row of _KEPT; where its answer cannot be read, question and text still can.

    What is read out of a damaged file may not even be text.
    """
    identity, asked, question, text, answer, feedback = row
    try:
        found = from_json(str(answer))
    except ValueError:
        found = broken(str(question), str(text))
    thought = feedback_from_json(str(feedback)) if feedback else None
    return Kept(identity, asked, found, feedback=thought)


# A damaged file


def _rescue(old: Database, new: Database) -> int:
    """Copy what can be read of `old`; how many exchanges that were."""
    count = 0
    with new.writing() as db:
        for row in _readable(old, "id, title, created, changed", "chats"):
            db.execute("INSERT OR IGNORE INTO chats VALUES (?, ?, ?, ?)", row)
        columns = "id, chat, asked, question, text, answer, feedback"
        for row in _readable(old, columns, "exchanges"):
            identity, chat, asked, question, *rest = row
            lost = (chat, title_of(str(question)), asked, asked)  # unless it is there
            db.execute("INSERT OR IGNORE INTO chats VALUES (?, ?, ?, ?)", lost)
            db.execute("INSERT OR IGNORE INTO exchanges VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            kept = _kept((identity, asked, question, *rest))
            _cite(db, Place(chat, identity), kept.answer)
            count += 1
    return count


def _readable(database: Database, columns: str, table: str) -> Iterator[Row]:
    """Rows of a table by their `id`, the first column: from both ends up to what is damaged."""
    last, first, select = 0, 2**62, f"SELECT {columns} FROM {table} WHERE id"
    try:
        while rows := database.rows(f"{select} > ? ORDER BY id LIMIT 1", (last,)):
            last = rows[0][0]
            yield rows[0]
        return
    except DamagedError:
        before = f"{select} < ? AND id > ? ORDER BY id DESC LIMIT 1"
    with suppress(DamagedError):
        while rows := database.rows(before, (first, last)):
            first = rows[0][0]
            yield rows[0]


# What has become of what they cite


class _Library(CurrentNotes, Protocol):
    """The notes of today, and how many there are."""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks: none for an index that is just being made anew."""


def with_staleness(chat: Chat, notes: _Library | None) -> Chat:
    """The conversation, with what has become of all that its answers cite.

    As it is kept where that cannot be said: there is no index, or none that can be read.
    """
    with suppress(StoreError):
        if notes and notes.counts()[0]:
            kept = [replace(one, cited=staleness(one.answer, notes)) for one in chat.exchanges]
            info = replace(chat.info, is_stale=any(one.is_stale for one in kept))
            return replace(chat, info=info, exchanges=tuple(kept))
    return chat


def with_marks(listing: ChatListing, chats: Conversations, notes: _Library | None) -> ChatListing:
    """The list, with those marked that are stale. Reads only notes whose files have changed."""
    with suppress(StoreError):
        if notes and notes.counts()[0]:
            cited = chats.cited([info.id for info in listing.chats])
            digests = notes.digests({one.path for one in cited})
            changed = {one.place for one in cited if digests.get(one.path) != one.digest}
            stale = {
                place.chat
                for place, kept in chats.answers(changed)
                if is_stale(staleness(kept.answer, notes))
            }
            marked = (replace(info, is_stale=info.id in stale) for info in listing.chats)
            return replace(listing, chats=tuple(marked))
    return listing


class Recording:
    """`events` of an answer, kept as they pass: with the passages, while it is written, at its end.

    One that is closed, or fails, or whose process dies, is kept as interrupted, with what there was
    of it. `place`, `conversation` and `notice` (why it could not be kept, in one line) are up to
    date after each event. What is not kept is answered all the same.
    """

    def __init__(
        self,
        events: Iterator[Event],
        question: str,
        chats: Conversations,
        conversation: int | None,
        place: Place | None = None,
    ) -> None:
        """Take events, to be kept at the end of `conversation`, or in the `place` of others."""
        self.conversation = place.chat if place else conversation
        self.notice = ""
        self._question = question
        self._chats = chats
        self.place = place
        self._events = self._recorded(events)

    def __iter__(self) -> "Recording":
        return self

    def __next__(self) -> Event:
        return next(self._events)

    def close(self) -> None:
        """Stop the model, and keep what it wrote."""
        self._events.close()

    def _recorded(self, events: Iterator[Event]) -> Generator[Event, None, None]:
        found: Evidence | None = None
        written, ending, last = "", "", time.monotonic()
        try:
            for event in events:
                match event:
                    case Found(evidence):
                        found = evidence
                        self._put(unfinished(self._question, evidence, ""))
                    case Token(text):
                        written += text
                        if found and time.monotonic() - last > EVERY_SECONDS:
                            self._put(unfinished(self._question, found, written))
                            last = time.monotonic()
                    case Finished(answer):
                        found = None
                        self._put(answer)
                yield event
        except CribError as error:
            ending = str(error)
            raise
        finally:
            if found:
                self._put(replace(unfinished(self._question, found, written), notice=ending))
            getattr(events, "close", lambda: None)()

    def _put(self, answer: Answer) -> None:
        try:
            if self.place:
                self._chats.amend(self.place, answer)
            else:
                self.place = self._chats.keep(answer, self.conversation)
                self.conversation = self.place.chat
        except StoreError as error:
            self.notice = f"This conversation is not kept: {error}"
