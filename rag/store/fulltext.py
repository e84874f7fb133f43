"""The full text in SQLite's FTS5: bodies, headings, titles, and what its tokenizer does not see.

Words are stemmed here, by the language of their note: FTS5's own stemmer is English. A word is
looked up by its stem in each language that the notes are in.

Everything here is derived from notes and chunks, and is made anew where it was made in another way:
VERSION tells, so that nothing has to be read or embedded again. `vocabulary` holds the words of the
notes as they are written, since the stems of a word and its misspelling may have little in common.
A word may stay there after its last note has gone: what is taken from it is looked up first.
"""

import json
import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from sqlite3 import Connection

import numpy as np
import numpy.typing as npt

from rag.store.database import Database
from rag.text.language import LANGUAGES, language
from rag.text.words import fold, is_gram, may_be_misspelt, spelling_key, stem, unseen

_VERSION = "3"

_TABLES = """
DROP TABLE IF EXISTS chunks_fts;
CREATE VIRTUAL TABLE chunks_fts USING fts5 (
    body, headings, title, unseen, tokenize = 'unicode61');
DROP TABLE IF EXISTS vocabulary;
CREATE TABLE vocabulary (
    word TEXT PRIMARY KEY, key TEXT NOT NULL, written TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX vocabulary_by_key ON vocabulary (key);
DROP INDEX IF EXISTS notes_by_facts;
CREATE INDEX notes_by_facts ON notes (root, path, kind, tags, modified_ns)
"""
_PRIVATE = 0xF0000
"""A sign is a letter to FTS5 as a character for private use, from this one on."""

_ENDS = ("+", "#")
_LETTERS = re.compile(r"[^\W\d_]+")
_TERM = re.compile(r"[^\W_]+")


class FullText:
    """Makes the tables in `db` if they are not there or are of another version; counts in them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: tuple[object, list[str], dict[str, int]] = None, [], {}
        if not self._is_made():
            with db.writing() as connection:
                if not self._is_made():  # another process may have been first
                    _make(connection)

    def _is_made(self) -> bool:
        found = self._db.rows("SELECT value FROM meta WHERE key = 'lexical'")
        return found == [(_VERSION,)]

    def languages(self) -> list[str]:
        """The languages that the notes are in."""
        return self._remembered()[1]

    def _remembered(self) -> tuple[object, list[str], dict[str, int]]:
        """Languages and counts of the catalog as it is."""
        stamp = self._db.stamp()
        if self._kept[0] != stamp:
            spoken = [name for name in LANGUAGES if self._matches(_mark(name))]
            self._kept = stamp, spoken, {}
        return self._kept

    def count(self, phrases: Sequence[str]) -> int:
        """In how many chunks a word occurs, by what `phrases` gives for it."""
        counts, asked = self._remembered()[2], " OR ".join(phrases)
        found = counts.get(asked)
        if found is None:
            query = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?"
            counts[asked] = found = self._db.value(query, (asked,))
        return found

    def count_word(self, word: str) -> int:
        """In how many chunks a word occurs, in any of its inflections."""
        return self.count(self.phrases(word))

    def holds(self, word: str) -> bool:
        """True if a chunk holds the word, in any of its inflections."""
        return any(map(self._matches, self.phrases(word)))

    def _matches(self, phrase: str) -> bool:
        query = "SELECT 1 FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT 1"
        return bool(self._db.rows(query, (phrase,)))

    def phrases(self, word: str) -> tuple[str, ...]:
        """What FTS5 has to be asked for a word: its stem in each language of the notes."""
        if is_gram(word):
            # The only character of a run may stand at the beginning of a longer one.
            return (f"unseen : {_quoted(_as_letters(word))} *",)
        if word.endswith(_ENDS):
            whole = self._stems("unseen : ", _as_letters(word))
            if any(map(self._matches, whole)):
                return whole
        return self._stems("", word)

    def _stems(self, where: str, word: str) -> tuple[str, ...]:
        stemmed = (_stemmed(word, name) for name in self.languages() or ("English",))
        return tuple(dict.fromkeys(where + _quoted(one) for one in stemmed))


def index_note(db: Connection, path: str) -> None:
    """Make the chunks of a note searchable; none of them is yet."""
    rows = db.execute(
        "SELECT slot, chunks.text, headings, title FROM chunks JOIN notes ON path = note_path "
        "WHERE note_path = ?",
        (path,),
    ).fetchall()
    spoken = language("\n".join(row[1] for row in rows)) or "English"
    written: set[str] = set()
    for slot, text, headings, title in rows:
        parts = (text, "\n".join(json.loads(headings)), title)
        everything = "\n".join(parts)
        hidden = " ".join(map(_as_letters, unseen(everything)))
        columns = [_stemmed(text, spoken) for text in (*map(fold, parts), hidden)]
        db.execute(
            "INSERT INTO chunks_fts (rowid, body, headings, title, unseen) VALUES (?, ?, ?, ?, ?)",
            (slot, *columns[:3], f"{columns[3]} {_mark(spoken)}"),
        )
        written.update(_LETTERS.findall(unicodedata.normalize("NFC", everything.lower())))
    found = {fold(word): word for word in written if may_be_misspelt(word) and not is_gram(word)}
    db.executemany(
        "INSERT OR IGNORE INTO vocabulary VALUES (?, ?, ?)",
        [(word, spelling_key(word), written) for word, written in found.items()],
    )


def forget_words(db: Connection, slots: Collection[int]) -> None:
    """Find these chunks by no word any more."""
    db.executemany("DELETE FROM chunks_fts WHERE rowid = ?", [(slot,) for slot in slots])


def _make(db: Connection) -> None:
    for statement in _TABLES.split(";\n"):
        db.execute(statement)
    for (path,) in db.execute("SELECT path FROM notes").fetchall():
        index_note(db, path)
    db.execute("INSERT OR REPLACE INTO meta VALUES ('lexical', ?)", (_VERSION,))


def _stemmed(text: str, language: str) -> str:
    """Folded text with the stem of each of its words in the word's place."""
    return _TERM.sub(lambda found: stem(found[0], language), text)


def _mark(language: str) -> str:
    """A word that all chunks of the language hold, and no note writes."""
    return f"{chr(_PRIVATE)}{language}"


def _as_letters(word: str) -> str:
    return "".join(c if c.isalnum() else chr(_PRIVATE + ord(c) % 0xFFFE) for c in word)


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which no character is an operator."""
    return '"' + word.replace('"', '""') + '"'


_WEIGHTS = {"body": 1.0, "headings": 2.0, "title": 0.5, "unseen": 1.0}
"""What a word counts in each column of chunks_fts."""

_COST = f"bm25(chunks_fts, {', '.join(map(str, _WEIGHTS.values()))})"
"""The score in SQL, with its sign changed."""

K1 = 1.2
"""BM25 gives a phrase at most its idf times `K1 + 1`; FTS5's own, like B and LEAST_IDF."""

B = 0.75
LEAST_IDF = 1e-6

Slots = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

_COLUMN = " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(_WEIGHTS))
_PLACES = (
    f"SELECT group_concat(doc * {len(_WEIGHTS)} + CASE col {_COLUMN} END) FROM temp.places "
    "WHERE term = ?"
)
"""One long text: a row at a time takes four times as long, and waits for Python's lock."""


class Postings:
    """Reads the index of chunks_fts in `db`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._measured: tuple[object, _Lengths] = None, _Lengths.read("", "")
        db.rows("CREATE VIRTUAL TABLE temp.places USING fts5vocab (main, chunks_fts, instance)")

    def scores(self, phrase: str) -> tuple[Slots, Scores]:
        """The slots that hold a phrase, as FullText gives it, rising; what it gives each of them.

        What may consist of several terms, or is looked for in one column, is left to FTS5.
        """
        term = phrase.removeprefix('"').removesuffix('"')
        places = str(self._db.rows(_PLACES, (term,))[0][0] or "") if term.isalnum() else ""
        if not places:
            return self.scores_where("TRUE", (), phrase)
        slots, columns = np.divmod(np.fromstring(places, np.int64, sep=","), len(_WEIGHTS))
        starts = np.flatnonzero(np.diff(slots, prepend=-1))
        counts = np.add.reduceat(np.array([*_WEIGHTS.values()])[columns], starts)
        return self._scored(slots[starts], counts)

    def _scored(self, slots: Slots, counts: Scores) -> tuple[Slots, Scores]:
        lengths = self._lengths()
        known = slots < len(lengths.of)  # one may have come since, from another process
        slots, counts = slots[known], counts[known]
        norm = K1 * (1 - B + B * lengths.of[slots] / lengths.mean)
        return slots, idf(len(slots), lengths.chunks) * (counts * (K1 + 1) / (counts + norm))

    def scores_where(
        self, condition: str, values: Sequence[object], phrase: str
    ) -> tuple[Slots, Scores]:
        """The same of slots that fulfil a condition in SQL, by FTS5, which takes long for each."""
        query = f"SELECT rowid, -{_COST} FROM chunks_fts WHERE chunks_fts MATCH ? AND {condition}"
        rows = self._db.rows(f"{query} ORDER BY rowid", (phrase, *values))
        slots = np.array([slot for slot, _ in rows], np.int64)
        return slots, np.array([score for _, score in rows], np.float64)

    def _lengths(self) -> "_Lengths":
        stamp, measured = self._db.stamp(), self._measured
        if measured[0] != stamp:
            query = "SELECT group_concat(id), group_concat(hex(sz), '') FROM chunks_fts_docsize"
            slots, sizes = self._db.rows(query)[0]
            self._measured = measured = stamp, _Lengths.read(str(slots or ""), str(sizes or ""))
        return measured[1]


@dataclass(frozen=True, slots=True)
class _Lengths:
    """How many terms the chunk in each slot has, how many chunks there are, and the mean."""

    of: Slots
    chunks: int
    mean: float

    @classmethod
    def read(cls, slots: str, sizes: str) -> "_Lengths":
        """Of each row as many of SQLite's varints, in hexadecimal, as there are columns."""
        rows = np.fromstring(slots, np.int64, sep=",")
        data = np.frombuffer(bytes.fromhex(sizes), np.uint8)
        is_last = data < 128
        number: Slots = np.cumsum(is_last) - is_last
        behind = np.flatnonzero(is_last)[number] - np.arange(len(data))
        counts = np.bincount(number, (data & 127).astype(np.int64) << 7 * behind)
        of = np.bincount(np.repeat(rows, len(_WEIGHTS)), counts).astype(np.int64)
        return cls(of, len(rows), float(counts.sum()) / max(1, len(rows)))


def idf(count: int, total: int) -> float:
    """What BM25 weighs a phrase with that `count` of `total` chunks hold, as FTS5 does."""
    return max(math.log((max(total - count, 0) + 0.5) / (count + 0.5)), LEAST_IDF)
