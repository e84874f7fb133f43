"""The catalog: notes, chunks, full-text index and cached vectors in one SQLite file. The truth.

Chroma holds what the catalog says and can be rebuilt from it without embedding anything again:
every chunk knows whether Chroma has it (`synced`), and every id that Chroma must forget has a row
in `tombstones`. A note is replaced in one transaction, so a kill at any moment leaves each note
whole, in its old state or its new one.
"""

import json
import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path

from rag.errors import StoreError
from rag.types import Anchor, Chunk, FileState, Note, Role

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (
    path TEXT PRIMARY KEY, title TEXT NOT NULL, kind TEXT NOT NULL, tags TEXT NOT NULL,
    text TEXT NOT NULL, root TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    digest TEXT NOT NULL, fingerprint TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chunks (
    rowid INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    note_path TEXT NOT NULL REFERENCES notes (path) ON DELETE CASCADE,
    note_digest TEXT NOT NULL, ordinal INTEGER NOT NULL, headings TEXT NOT NULL,
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
    text TEXT NOT NULL, role TEXT NOT NULL, anchors TEXT NOT NULL, context TEXT NOT NULL,
    vector_key TEXT NOT NULL, synced INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS chunks_by_note ON chunks (note_path, ordinal);
CREATE INDEX IF NOT EXISTS chunks_unsynced ON chunks (synced) WHERE synced = 0;
CREATE INDEX IF NOT EXISTS chunks_by_vector ON chunks (vector_key);
CREATE VIRTUAL TABLE IF NOT EXISTS chunks_fts USING fts5 (
    body, headings, title, tokenize = 'porter unicode61 remove_diacritics 2');
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tombstones (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""

_COLUMNS = (
    "id",
    "note_path",
    "note_digest",
    "ordinal",
    "headings",
    '"start"',
    '"end"',
    "start_line",
    "end_line",
    "text",
    "role",
    "anchors",
    "context",
)
_SELECT = ", ".join(f"chunks.{name}" for name in _COLUMNS)
_INSERT = (
    f"INSERT INTO chunks ({', '.join(_COLUMNS)}, vector_key, synced) "
    f"VALUES ({', '.join('?' * len(_COLUMNS))}, ?, 0) "
    # The same words in the same note: Chroma has them already unless vector or role changed.
    "ON CONFLICT (id) DO UPDATE SET "
    "synced = synced AND vector_key = excluded.vector_key AND role = excluded.role, "
    + ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS[1:], "vector_key"))
)


class Catalog:
    """One SQLite file, shared between threads by a lock.

    Raises:
        StoreError: the file cannot be opened, is not a catalog, or was written by a later version
            of Cribsheet.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = _connect(path)
        try:
            self._open()
        except sqlite3.DatabaseError as error:
            self._db.close()
            fix = f"move {path.parent} away and run: crib ingest"
            raise StoreError(f"{path} cannot be read ({error}); {fix}") from error
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != SCHEMA_VERSION:
            self._db.close()
            raise StoreError(f"{path} was written by another version of Cribsheet; update it")

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
            with self._writing():
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        with self._lock:
            return self._db.execute(query, tuple(values)).fetchall()

    def _value(self, query: str, values: Sequence[object] = ()) -> int:
        rows = self._rows(query, values)
        return int(str(rows[0][0])) if rows else 0

    # Notes

    def replace(
        self,
        note: Note,
        state: FileState,
        chunks: Sequence[Chunk],
        vectors: Sequence[tuple[str, bytes]],
    ) -> None:
        """Store `note` with exactly these chunks, and the key and bytes of the vector of each."""
        with self._writing() as db:
            self._forget_chunks(db, note.path, keep={chunk.id for chunk in chunks})
            tags = json.dumps(note.tags)
            db.execute(
                "INSERT INTO notes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (path) "
                "DO UPDATE SET title = excluded.title, kind = excluded.kind, tags = excluded.tags, "
                "text = excluded.text, root = excluded.root, size = excluded.size, "
                "modified_ns = excluded.modified_ns, digest = excluded.digest, "
                "fingerprint = excluded.fingerprint",
                (note.path, note.title, note.kind, tags, note.text, *astuple(state)),
            )
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", vectors)
            rows = [(*_row(c), key) for c, (key, _) in zip(chunks, vectors, strict=True)]
            db.executemany(_INSERT, rows)
            db.executemany("DELETE FROM tombstones WHERE id = ?", [(c.id,) for c in chunks])
            db.execute(
                "INSERT INTO chunks_fts (rowid, body, headings, title) "
                "SELECT rowid, text, headings, ? FROM chunks WHERE note_path = ?",
                (note.title, note.path),
            )

    def delete(self, paths: Collection[str]) -> None:
        """Forget these notes."""
        with self._writing() as db:
            for path in paths:
                self._forget_chunks(db, path, keep=frozenset())
                db.execute("DELETE FROM notes WHERE path = ?", (path,))

    @staticmethod
    def _forget_chunks(db: sqlite3.Connection, path: str, keep: Collection[str]) -> None:
        old = db.execute("SELECT rowid, id FROM chunks WHERE note_path = ?", (path,)).fetchall()
        db.executemany("DELETE FROM chunks_fts WHERE rowid = ?", [(rowid,) for rowid, _ in old])
        gone = [(identity,) for _, identity in old if identity not in keep]
        db.executemany("DELETE FROM chunks WHERE id = ?", gone)
        db.executemany("INSERT OR IGNORE INTO tombstones VALUES (?)", gone)

    def states(self, root: str | None = None) -> dict[str, FileState]:
        """What is remembered of each note's file; of one folder's notes if `root` is given."""
        query = "SELECT path, root, size, modified_ns, digest, fingerprint FROM notes"
        found = self._rows(f"{query} WHERE root = ?" if root else query, (root,) if root else ())
        return {
            str(path): FileState(str(base), _int(size), _int(modified), str(digest), str(mark))
            for path, base, size, modified, digest, mark in found
        }

    def roots(self) -> list[str]:
        """The folders that notes were found in."""
        return [str(row[0]) for row in self._rows("SELECT DISTINCT root FROM notes ORDER BY 1")]

    def move_root(self, old: str, new: str) -> None:
        """Have all notes that belong to the root `old` belong to `new`."""
        with self._writing() as db:
            db.execute("UPDATE notes SET root = ? WHERE root = ?", (new, old))

    def text(self, path: str) -> str:
        """The note's text as it was indexed; empty if the note is not known."""
        rows = self._rows("SELECT text FROM notes WHERE path = ?", (path,))
        return str(rows[0][0]) if rows else ""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""
        notes = self._value("SELECT count(*) FROM notes")
        return notes, self._value("SELECT count(*) FROM chunks")

    def is_sound(self) -> bool:
        """True if SQLite finds no damage in the file."""
        return self._rows("PRAGMA integrity_check") == [("ok",)]

    # Chunks

    def chunks(self, ids: Collection[str]) -> dict[str, Chunk]:
        """Chunks by id; an id that is not known is left out."""
        marks = ", ".join("?" * len(ids))
        rows = self._rows(f"SELECT {_SELECT} FROM chunks WHERE id IN ({marks})", list(ids))
        return {chunk.id: chunk for chunk in map(_chunk, rows)}

    def all_chunks(self) -> list[Chunk]:
        """Every chunk, note by note, in order."""
        return [_chunk(row) for row in self._rows(f"SELECT {_SELECT} FROM chunks ORDER BY 2, 4")]

    def search(
        self, words: Sequence[str], k: int, roles: Collection[Role]
    ) -> list[tuple[Chunk, float]]:
        """The `k` best chunks that hold any of `words`, with their BM25 score, best first.

        A word in a heading counts twice, one in the title half: FTS5's `bm25` with these weights.
        """
        if not words or not roles:
            return []
        marks = ", ".join("?" * len(roles))
        rows = self._rows(
            f"SELECT {_SELECT}, bm25(chunks_fts, 1.0, 2.0, 0.5) AS cost FROM chunks_fts "
            "JOIN chunks ON chunks.rowid = chunks_fts.rowid "
            f"WHERE chunks_fts MATCH ? AND chunks.role IN ({marks}) ORDER BY cost, id LIMIT ?",
            (" OR ".join(map(_quoted, words)), *roles, k),
        )
        # bm25() is lower for the better match.
        return [(_chunk(row[:-1]), -float(str(row[-1]))) for row in rows]

    def document_frequencies(self, words: Collection[str]) -> dict[str, int]:
        """In how many chunks each word occurs, in any of its inflections."""
        query = "SELECT count(*) FROM chunks_fts WHERE chunks_fts MATCH ?"
        return {word: self._value(query, (_quoted(word),)) for word in words}

    # Vectors, and what Chroma has of them

    def vectors(self, keys: Collection[str]) -> dict[str, bytes]:
        """Cached vectors by key; a key that is not known is left out."""
        found: dict[str, bytes] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), 500):
            part = wanted[start : start + 500]
            marks = ", ".join("?" * len(part))
            rows = self._rows(f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part)
            found |= {str(key): vector for key, vector in rows if isinstance(vector, bytes)}
        return found

    def unsynced(self, limit: int) -> list[tuple[str, Role, bytes]]:
        """Id, role and vector of chunks that Chroma does not have yet."""
        rows = self._rows(
            "SELECT id, role, vector FROM chunks JOIN vectors ON key = vector_key "
            "WHERE synced = 0 LIMIT ?",
            (limit,),
        )
        return [(str(i), Role(str(role)), v) for i, role, v in rows if isinstance(v, bytes)]

    def tombstones(self) -> list[str]:
        """Ids that Chroma has to forget."""
        return [str(row[0]) for row in self._rows("SELECT id FROM tombstones")]

    def mark_synced(self, added: Collection[str], removed: Collection[str]) -> None:
        """Chroma has these, and no longer has those."""
        with self._writing() as db:
            db.executemany("UPDATE chunks SET synced = 1 WHERE id = ?", [(i,) for i in added])
            db.executemany("DELETE FROM tombstones WHERE id = ?", [(i,) for i in removed])
            db.execute(
                "INSERT INTO meta VALUES ('generation', 1) "
                "ON CONFLICT (key) DO UPDATE SET value = value + 1"
            )

    def mark_unsynced(self) -> None:
        """Chroma has nothing: all chunks have to go there again."""
        with self._writing() as db:
            db.execute("UPDATE chunks SET synced = 0")
            db.execute("DELETE FROM tombstones")

    def generation(self) -> int:
        """Rises with every change of what Chroma holds, whichever process made it."""
        return self._value("SELECT value FROM meta WHERE key = 'generation'")

    def prune(self) -> None:
        """Drop cached vectors that no chunk has any more."""
        with self._writing() as db:
            db.execute("DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM chunks)")


def _connect(path: Path) -> sqlite3.Connection:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return sqlite3.connect(path, timeout=30, check_same_thread=False, isolation_level=None)
    except (OSError, sqlite3.OperationalError) as error:
        fix = "set CRIB_HOME to a folder that can be written to"
        raise StoreError(f"{path} cannot be opened ({error}); {fix}") from error


def _row(chunk: Chunk) -> tuple[object, ...]:
    place = (chunk.start, chunk.end, chunk.start_line, chunk.end_line)
    headings = json.dumps(chunk.headings, ensure_ascii=False)
    of_note = (chunk.note_path, chunk.note_digest, chunk.ordinal)
    anchors = json.dumps([astuple(anchor) for anchor in chunk.anchors], ensure_ascii=False)
    role = str(chunk.role)
    return (chunk.id, *of_note, headings, *place, chunk.text, role, anchors, chunk.context)


def _chunk(row: Sequence[object]) -> Chunk:
    identity, path, digest, ordinal, headings, start, end, first, last, text, role, *more = row
    anchors, context = map(str, more)
    return Chunk(
        id=str(identity),
        note_path=str(path),
        note_digest=str(digest),
        ordinal=_int(ordinal),
        headings=tuple(json.loads(str(headings))),
        start=_int(start),
        end=_int(end),
        start_line=_int(first),
        end_line=_int(last),
        text=str(text),
        role=Role(str(role)),
        anchors=tuple(Anchor(*anchor) for anchor in json.loads(anchors)),
        context=context,
    )


def _int(value: object) -> int:
    return int(str(value))


def _quoted(word: str) -> str:
    """A word as an FTS5 string, in which no character is an operator."""
    return '"' + word.replace('"', '""') + '"'
