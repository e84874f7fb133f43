"""The full text in SQLite's FTS5: bodies, headings, titles, and what its tokenizer does not see.

Everything here is derived from notes and chunks, and is made anew where it was made in another way:
VERSION tells, so that nothing has to be read or embedded again. `vocabulary` holds the words of the
notes as they are written. FTS5 knows their stems alone, and the stems of a word and its misspelling
may have little in common. A word may stay there after its last note has gone: what is taken from it
is looked up first.
"""

import json
import re
from collections.abc import Collection
from sqlite3 import Connection

from rag.store.database import Database
from rag.text.spelling import may_be_misspelt, spelling_key
from rag.text.words import fold, is_gram, unseen, words

VERSION = "2"

TOKENIZER = "porter unicode61 remove_diacritics 2"

_TABLES = f"""
DROP TABLE IF EXISTS chunks_fts;
CREATE VIRTUAL TABLE chunks_fts USING fts5 (
    body, headings, title, unseen, tokenize = '{TOKENIZER}');
DROP TABLE IF EXISTS vocabulary;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX vocabulary_by_key ON vocabulary (key);
DROP INDEX IF EXISTS notes_by_facts;
CREATE INDEX notes_by_facts ON notes (root, path, kind, tags, modified_ns)
"""
_PRIVATE = 0xF0000
"""A sign is a letter to FTS5 as a character for private use, from this one on."""

_REMEMBERED = 32
"""Phrases whose counts are kept: those of a question are asked for twice."""

_ENDS = ("+", "#")
_LETTERS = re.compile(r"[^\W\d_]+")


class FullText:
    """Makes the tables in `db` if they are not there or are of another version; counts in them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._counted: tuple[object, dict[str, int]] = None, {}
        if not self._is_made():
            with db.writing() as connection:
                if not self._is_made():  # another process may have been first
                    _make(connection)

    def _is_made(self) -> bool:
        found = self._db.rows("SELECT value FROM meta WHERE key = 'lexical'")
        return found == [(VERSION,)]

    def count(self, phrase: str) -> int:
        """In how many chunks a phrase, as `phrase` gives it, occurs."""
        stamp, counted = self._db.stamp(), self._counted
        if counted[0] != stamp or len(counted[1]) >= _REMEMBERED:
            self._counted = counted = stamp, {}
        if phrase not in counted[1]:
            query = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?"
            counted[1][phrase] = self._db.value(query, (phrase,))
        return counted[1][phrase]

    def count_word(self, word: str) -> int:
        """In how many chunks a word occurs, in any of its inflections."""
        return self.count(self.phrase(word))

    def holds(self, word: str) -> bool:
        """True if a chunk holds the word, in any of its inflections."""
        return self._matches(_quoted(word))

    def _matches(self, phrase: str) -> bool:
        query = "SELECT 1 FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT 1"
        return bool(self._db.rows(query, (phrase,)))

    def phrase(self, word: str) -> str:
        """A word as FTS5 has to be asked for it."""
        if is_gram(word):
            # The only character of a run may stand at the beginning of a longer one.
            return f"unseen : {_quoted(_as_letters(word))} *"
        if word.endswith(_ENDS):
            whole = f"unseen : {_quoted(_as_letters(word))}"
            return whole if self._matches(whole) else _quoted(word)
        return _quoted(word)


def index_note(db: Connection, path: str) -> None:
    """Make the chunks of a note searchable; none of them is yet."""
    rows = db.execute(
        "SELECT slot, chunks.text, headings, title FROM chunks JOIN notes ON path = note_path "
        "WHERE note_path = ?",
        (path,),
    ).fetchall()
    written: set[str] = set()
    for slot, text, headings, title in rows:
        parts = (text, "\n".join(json.loads(headings)), title)
        everything = "\n".join(parts)
        hidden = " ".join(map(_as_letters, unseen(everything)))
        db.execute(
            "INSERT INTO chunks_fts (rowid, body, headings, title, unseen) VALUES (?, ?, ?, ?, ?)",
            (slot, *map(fold, parts), hidden),
        )
        written.update(_LETTERS.findall(" ".join(words(everything))))
    db.executemany(
        "INSERT OR IGNORE INTO vocabulary VALUES (?, ?)",
        [(word, spelling_key(word)) for word in written if may_be_misspelt(word)],
    )


def forget(db: Connection, slots: Collection[int]) -> None:
    """Find these chunks by no word any more."""
    db.executemany("DELETE FROM chunks_fts WHERE rowid = ?", [(slot,) for slot in slots])


def _make(db: Connection) -> None:
    for statement in _TABLES.split(";\n"):
        db.execute(statement)
    for (path,) in db.execute("SELECT path FROM notes").fetchall():
        index_note(db, path)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('lexical', ?)", (VERSION,))


def _as_letters(word: str) -> str:
    return "".join(c if c.isalnum() else chr(_PRIVATE + ord(c) % 0xFFFE) for c in word)


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which no character is an operator."""
    return '"' + word.replace('"', '""') + '"'
