"""Conversations, in an SQLite file of their own: an index is made anew, what was asked is not.

A file that is damaged is set aside, and what can be read of it is kept.
"""

import time
from collections.abc import Collection, Iterable
from pathlib import Path

from rag.chats import chat_rows as rows
from rag.chats.chat_rows import CitedNote, Place
from rag.chats.kept import (
    Chat,
    Feedback,
    Kept,
    Listing,
    clean,
    feedback_to_json,
    one_line,
    title_of,
    to_json,
)
from rag.errors import ChatError
from rag.store.database import Database
from rag.store.own_file import OwnFile
from rag.types import Answer

FILE = "conversations.sqlite3"
PAGE = 20
"""Conversations in a page of their list."""

TITLE_CHARS = 200
"""Characters of a title that a person gave, at most."""

_AMEND = (
    "UPDATE exchanges SET question = ?, text = ?, answer = ?, feedback = NULL "
    "WHERE chat = ? AND id = ?"
)
_RATE = "UPDATE exchanges SET feedback = ? WHERE chat = ? AND id = ?"
_HOLDS = "chats.id IN (SELECT rowid FROM words WHERE words MATCH ?)"


class Conversations:
    """The conversations under the folder `home`; any process may read and write them.

    Raises, from every method:
        StoreError: the file was written by another version of Cribsheet, or cannot be used.
    """

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._file = OwnFile(self._path, rows.opened, rows.rescue)

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
        parts = (self._path, self._path.with_name(f"{FILE}-wal"))
        found = (path.stat() for path in parts if path.exists())
        try:
            return tuple(n for one in found for n in (one.st_mtime_ns, one.st_size))
        except OSError:  # it went away just now
            return ()

    def keep(self, answer: Answer, chat: int | None = None) -> Place:
        """Keep a question and its answer, in `chat` if that is there, else in a new one."""
        question, text = clean(answer.question), clean(answer.text)

        def work(database: Database) -> Place:
            now = time.time()
            with database.writing() as db:
                known = rows.chat_for(db, chat, question, now)
                row = (known, now, question, text, to_json(answer))
                place = Place(known, int(db.execute(rows.INSERT, row).lastrowid or 0))
                rows.cite(db, place, answer)
                return place

        return self._file.do(work)

    def amend(self, place: Place, answer: Answer) -> None:
        """Put an answer in the place of the one that is kept there, if it still is.

        What was thought of that one goes with it. If it was the first, and its question the title,
        the new question is.
        """
        question = clean(answer.question)
        row = (question, clean(answer.text), to_json(answer), *place)

        def work(database: Database) -> None:
            with database.writing() as db:
                rows.retitle(db, place, question)
                if db.execute(_AMEND, row).rowcount:
                    rows.cite(db, place, answer)

        self._file.do(work)

    def drop_after(self, place: Place) -> None:
        """Delete what was asked in that conversation after the exchange that is kept there."""

        def work(database: Database) -> None:
            with database.writing() as db:
                db.execute("DELETE FROM exchanges WHERE chat = ? AND id > ?", place)
                rows.index_words(db, place.chat)

        self._file.do(work)

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Keep what a person thinks of the answer kept there; None forgets it.

        Raises ChatError if the answer is not there.
        """
        said = feedback_to_json(feedback) if feedback else None

        def work(database: Database) -> None:
            with database.writing() as db:
                _require(place.chat, db.execute(_RATE, (said, *place)).rowcount)

        self._file.do(work)

    def rated(self) -> list[tuple[Place, Kept]]:
        """All answers that a person has said something of, the oldest first."""
        query = f"SELECT chat, {rows.KEPT} WHERE feedback NOT NULL ORDER BY id"
        found = self._file.do(lambda db: db.rows(query))
        return [
            (Place(int(str(chat)), int(str(row[0]))), rows.kept(tuple(row))) for chat, *row in found
        ]

    def listing(self, query: str = "", page: int = 0) -> Listing:
        """A page of the conversations that hold every word of `query`, the newest first."""
        held, values = (_HOLDS, [rows.match(query)]) if query.strip() else ("TRUE", [])

        def work(db: Database) -> Listing:
            total = db.value(f"SELECT count(*) FROM chats WHERE {held}", values)
            found = db.rows(
                f"SELECT {rows.INFO} WHERE {held} ORDER BY changed DESC, chats.id DESC "
                f"LIMIT {PAGE} OFFSET {PAGE * max(page, 0)}",
                values,
            )
            return Listing(tuple(map(rows.info, found)), total)

        found = self._file.do(work)
        return Listing(found.chats, found.total, self.notice)

    def chat(self, chat: int) -> Chat:
        """A conversation. Raises ChatError if there is none of this number."""

        def work(db: Database) -> Chat:
            infos = db.rows(f"SELECT {rows.INFO} WHERE id = ?", (chat,))
            kept = db.rows(f"SELECT {rows.KEPT} WHERE chat = ? ORDER BY id", (chat,))
            _require(chat, len(infos))
            return Chat(rows.info(infos[0]), tuple(map(rows.kept, kept)))

        return self._file.do(work)

    def ids(self) -> list[int]:
        """The numbers of all conversations, the newest first."""
        query = "SELECT id FROM chats ORDER BY changed DESC, id DESC"
        return self._file.do(lambda db: [int(str(row[0])) for row in db.rows(query)])

    def cited(self, chats: Collection[int]) -> list[CitedNote]:
        """The notes that the answers of these conversations cite, as they were then."""
        return self._file.do(lambda db: rows.cited_notes(db, chats))

    def answers(self, places: Iterable[Place]) -> list[tuple[Place, Kept]]:
        """What is kept there."""
        query = f"SELECT {rows.KEPT} WHERE id = ?"

        def work(db: Database) -> list[tuple[Place, Kept]]:
            found = [(place, db.rows(query, (place.exchange,))) for place in places]
            return [(place, rows.kept(row)) for place, some in found for row in some]

        return self._file.do(work)

    def rename(self, chat: int, title: str) -> None:
        """Give a conversation another title, of at most 200 characters; "" is that it had at first.

        Raises ChatError if it is not there.
        """
        line = one_line(title)[:TITLE_CHARS].strip()

        def work(database: Database) -> None:
            with database.writing() as db:
                first = "SELECT question FROM exchanges WHERE chat = ? ORDER BY id LIMIT 1"
                asked = db.execute(first, (chat,)).fetchone() or [""]
                row = (line or title_of(asked[0]), chat)
                _require(chat, db.execute("UPDATE chats SET title = ? WHERE id = ?", row).rowcount)
                rows.index_words(db, chat)

        self._file.do(work)

    def delete(self, chat: int) -> None:
        """Delete a conversation; one that is not there is no error."""
        self._delete("= ?", [chat])

    def delete_all(self) -> None:
        """Delete every conversation."""
        self._delete("> 0", [])

    def _delete(self, which: str, values: list[int]) -> None:
        def work(database: Database) -> None:
            with database.writing() as db:
                db.execute(f"DELETE FROM chats WHERE id {which}", values)
                db.execute(f"DELETE FROM words WHERE rowid {which}", values)
                db.execute("INSERT INTO words (words) VALUES ('optimize')")

        self._file.do(work)


def _require(chat: int, found: int) -> None:
    if not found:
        raise ChatError(f"there is no conversation {chat}; crib chats lists those there are")
