"""Search by words: FTS5 over text, headings and titles, and over what its tokenizer does not see.

Everything here is derived from notes and chunks, and is made anew where it was made in another way:
VERSION tells, so that nothing has to be read or embedded again. `vocabulary` holds the words of the
notes as they are written. FTS5 knows their stems alone, and the stems of a word and its misspelling
may have little in common. A word may stay there after its last note has gone: what is taken from it
is looked up first.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from sqlite3 import Connection

from rag.database import Database
from rag.spelling import begun_wrong, distance, may_be_misspelt, most_edits, spelling_key
from rag.types import Role
from rag.words import fold, is_gram, unseen, words

VERSION = "2"

_TABLES = """
DROP TABLE IF EXISTS chunks_fts;
CREATE VIRTUAL TABLE chunks_fts USING fts5 (
    body, headings, title, unseen, tokenize = 'porter unicode61 remove_diacritics 2');
DROP TABLE IF EXISTS vocabulary;
CREATE TABLE vocabulary (word TEXT PRIMARY KEY, key TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX vocabulary_by_key ON vocabulary (key);
DROP INDEX IF EXISTS notes_by_facts;
CREATE INDEX notes_by_facts ON notes (root, path, kind, tags, modified_ns)
"""
_PRIVATE = 0xF0000
"""A sign is a letter to FTS5 as a character for private use, from this one on."""

_ENDS = ("+", "#")
_PARTS = re.compile(r"[^\W\d_]+")
_MOST_OTHERS = 3
"""Words that are searched for in the place of one."""

_MOST_MATCHES = 10_000
"""Chunks that are scored for a question, about: 1 ms a thousand."""

_LAST = "\U0010ffff"


class Lexical:
    """The full-text half of the catalog in `db`.

    `is_word` tells words that are no misspelling, wherever they stand. An embedding model's
    tokenizer knows the common ones: without it, bread is looked for as broad where no note has it.
    """

    def __init__(self, db: Database, is_word: Callable[[str], bool] = lambda _: False) -> None:
        self._db = db
        self._is_word = is_word
        if not self._is_made():
            with db.writing() as connection:
                if not self._is_made():  # another process may have been first
                    _make(connection)

    def _is_made(self) -> bool:
        found = self._db.rows("SELECT value FROM meta WHERE key = 'lexical'")
        return found == [(VERSION,)]

    def search(
        self, wanted: Sequence[str], k: int, roles: Collection[Role], paths: Sequence[str] | None
    ) -> list[tuple[int, float]]:
        """The `k` best slots that hold any of the words, with their BM25 score, best first.

        Only chunks of these roles and, unless it is None, of the notes in `paths`. A word in a
        heading counts twice, one in the title half: FTS5's `bm25` with these weights. A word that
        is nowhere is looked for as what it may be a misspelling of.
        """
        if not wanted or not roles:
            return []
        others = self.alternatives(wanted)
        written = [word for one in wanted for word in (one, *others.get(one, ()))]
        phrases = list(dict.fromkeys(map(self._phrase, written)))
        if paths is None:
            phrases = self._rarest(phrases)
        marks = ", ".join("?" * len(roles))
        within = "" if paths is None else "AND note_path IN (SELECT value FROM json_each(?))"
        rows = self._db.rows(
            "SELECT slot, bm25(chunks_fts, 1.0, 2.0, 0.5, 1.0) AS cost FROM chunks_fts "
            "JOIN chunks ON slot = chunks_fts.rowid "
            f"WHERE chunks_fts MATCH ? AND role IN ({marks}) {within} ORDER BY cost, id LIMIT ?",
            (" OR ".join(phrases), *roles, *(() if paths is None else (json.dumps(paths),)), k),
        )
        # bm25() is lower for the better match.
        return [(int(str(slot)), -float(str(cost))) for slot, cost in rows]

    def _rarest(self, phrases: list[str]) -> list[str]:
        """The phrases that say most, as many as can be scored in time; all in a small library."""
        if self._db.value("SELECT max(slot) FROM chunks") <= _MOST_MATCHES:
            return phrases
        counts = [self._count(phrase) for phrase in phrases]
        ranked = sorted(zip(counts, phrases, strict=True))
        sums = accumulate(count for count, _ in ranked)
        kept = [phrase for at, (_, phrase) in zip(sums, ranked, strict=True) if at <= _MOST_MATCHES]
        return kept or [ranked[0][1]]

    def document_frequencies(self, wanted: Collection[str]) -> dict[str, int]:
        """In how many chunks each word occurs, in any of its inflections."""
        return {word: self._count(self._phrase(word)) for word in wanted}

    def _count(self, phrase: str) -> int:
        query = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?"
        return self._db.value(query, (phrase,))

    def alternatives(self, wanted: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Words of the notes that are to be looked for as well, or instead, by the word asked for.

        Those are other spellings of it. For a word that is nowhere: it and its neighbour as one,
        its parts, what it is the beginning of, or what is fewest edits away.
        """
        neighbours = _neighbours(wanted)
        found = {}
        for word in wanted:
            if may_be_misspelt(word):
                others = self._spellings(word)
                if not others and not self._holds(word):
                    others = self._instead(word, neighbours[word])
                if others:
                    found[word] = tuple(others[:_MOST_OTHERS])
        return found

    def corrected(self, question: str) -> str:
        """The question with words that are nowhere, and are none, as the notes spell them."""

        def correct(found: "re.Match[str]") -> str:
            word = fold(found[0])
            wrong = may_be_misspelt(word) and not self._is_word(word) and not self._holds(word)
            near = (self._spellings(word) or self._near(word)) if wrong else []
            return near[0] if near else found[0]

        return _PARTS.sub(correct, question)

    def _spellings(self, word: str) -> list[str]:
        query = "SELECT word FROM vocabulary WHERE key = ? AND word <> ? ORDER BY word"
        found = self._db.rows(query, (spelling_key(word), word))
        return [other for (other,) in found if isinstance(other, str) and self._holds(other)]

    def _instead(self, word: str, neighbours: Sequence[str]) -> list[str]:
        for others in (neighbours, _splits(word), self._longer(word)):
            if found := list(filter(self._holds, others)):
                return found
        return self._near(word)

    def _longer(self, word: str) -> Iterator[str]:
        yield from sorted(self._between(word), key=lambda other: (len(other), other))

    def _near(self, word: str) -> list[str]:
        """What is fewest edits away, the most frequent first; nothing for a word that is one."""
        if self._is_word(word):
            return []
        query = "SELECT word FROM vocabulary WHERE word IN (SELECT value FROM json_each(?))"
        begun = self._db.rows(query, (json.dumps(list(begun_wrong(word))),))
        most = most_edits(word)
        edits = {other: distance(word, other, most) for other in self._between(word[:2])}
        edits |= {str(other): distance(word, str(other), most) for (other,) in begun}
        held = [other for other, count in edits.items() if count <= most and self._holds(other)]
        fewest = min((edits[other] for other in held), default=0)
        counts = self.document_frequencies([o for o in held if edits[o] == fewest])
        return sorted(counts, key=lambda other: (-counts[other], other))

    def _between(self, start: str) -> list[str]:
        """The words that begin so."""
        query = "SELECT word FROM vocabulary WHERE word >= ? AND word < ?"
        return [str(row[0]) for row in self._db.rows(query, (start, start + _LAST))]

    def _holds(self, word: str) -> bool:
        return self._matches(_quoted(word))

    def _matches(self, phrase: str) -> bool:
        query = "SELECT 1 FROM chunks_fts WHERE chunks_fts MATCH ? LIMIT 1"
        return bool(self._db.rows(query, (phrase,)))

    def _phrase(self, word: str) -> str:
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
        written.update(_PARTS.findall(" ".join(words(everything))))
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


def _neighbours(wanted: Sequence[str]) -> Mapping[str, list[str]]:
    """Each word together with the one before or behind it, written as one."""
    joined: dict[str, list[str]] = {word: [] for word in wanted}
    for one, other in pairwise(wanted):
        joined[one].append(one + other)
        joined[other].append(one + other)
    return joined


def _splits(word: str) -> Iterator[str]:
    """The word as two that stand side by side, the most even first."""
    shortest = 3
    places = range(shortest, len(word) - shortest + 1)
    for at in sorted(places, key=lambda place: abs(2 * place - len(word))):
        yield f"{word[:at]} {word[at:]}"


def _as_letters(word: str) -> str:
    return "".join(c if c.isalnum() else chr(_PRIVATE + ord(c) % 0xFFFE) for c in word)


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which no character is an operator."""
    return '"' + word.replace('"', '""') + '"'
