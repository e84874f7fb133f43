"""The catalog: notes, chunks, full-text index and cached vectors in one SQLite file. The truth.

A note is replaced in one transaction, so a kill at any moment leaves each note whole, in its old
state or its new one. Chroma holds what the catalog says and can be rebuilt from it without
embedding anything again: rag/store/vector_sync.py says what it still lacks.

A change of what a chunk or note holds raises SCHEMA_VERSION. The tables of the full text are in
rag/store/fulltext.py: they are derived, and made anew at will.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, fields
from pathlib import Path
from sqlite3 import Connection

from rag.store.database import Database, Row
from rag.store.fulltext import index_note
from rag.store.lexical import Lexical
from rag.store.scoping import Scoping
from rag.store.vector_sync import Slot, VectorSync, free_slots, take_slots
from rag.types import Anchor, Chunk, FileState, Note, NoteInfo, Role, Scope

SCHEMA_VERSION = 2

NOTE_COLUMNS = {
    "path": "TEXT PRIMARY KEY",
    **dict.fromkeys(("title", "kind", "tags", "text", "anchors", "warnings"), "TEXT NOT NULL"),
    "indexed": "REAL NOT NULL",
    "root": "TEXT NOT NULL",
    **dict.fromkeys(("size", "modified_ns"), "INTEGER NOT NULL"),
    **dict.fromkeys(("digest", "fingerprint"), "TEXT NOT NULL"),
}
"""What a note has, the last five as in FileState."""

CHUNK_COLUMNS = {
    field.name: "INTEGER NOT NULL" if field.type is int else "TEXT NOT NULL"
    for field in fields(Chunk)
} | {"id": "TEXT NOT NULL UNIQUE"}
"""The fields of a Chunk, in their order: some are called as words of SQL are, so all are quoted."""

CHUNK_NAMES = [f'"{name}"' for name in CHUNK_COLUMNS]
_NOTE = ", ".join(f"{name} {kind}" for name, kind in NOTE_COLUMNS.items())
_CHUNK = ", ".join(f'"{name}" {kind}' for name, kind in CHUNK_COLUMNS.items())
_CHUNK += ", vector_key TEXT NOT NULL"

SCHEMA = f"""
CREATE TABLE notes ({_NOTE}) WITHOUT ROWID;
CREATE TABLE chunks (slot INTEGER PRIMARY KEY, {_CHUNK}, synced INTEGER NOT NULL,
    FOREIGN KEY (note_path) REFERENCES notes (path) ON DELETE CASCADE);
CREATE INDEX chunks_by_note ON chunks (note_path, ordinal);
CREATE INDEX chunks_unsynced ON chunks (synced) WHERE synced <> 1;
CREATE INDEX chunks_by_vector ON chunks (vector_key);
CREATE TABLE free_slots (slot INTEGER PRIMARY KEY, hidden INTEGER NOT NULL);
CREATE TABLE vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE skipped (path TEXT PRIMARY KEY, root TEXT NOT NULL, reason TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE undo_log (path TEXT PRIMARY KEY, existed INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE undo_notes ({_NOTE}) WITHOUT ROWID;
CREATE TABLE undo_chunks ({_CHUNK});
CREATE INDEX undo_chunks_by_note ON undo_chunks (note_path);
CREATE INDEX undo_chunks_by_vector ON undo_chunks (vector_key);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


SELECTED = ", ".join(f"chunks.{name}" for name in CHUNK_NAMES)


def _marks(names: Collection[object]) -> str:
    return ", ".join("?" * len(names))


def _taken_over(names: Iterable[str]) -> str:
    """What becomes of a row that is there. Not REPLACE: that deletes it, with all that refers."""
    return ", ".join(f"{name} = excluded.{name}" for name in names)


PUT_NOTE = (
    f"INSERT INTO notes VALUES ({_marks(NOTE_COLUMNS)}) "
    f"ON CONFLICT (path) DO UPDATE SET {_taken_over(NOTE_COLUMNS)}"
)
PUT_CHUNK = (
    f"INSERT INTO chunks (slot, vector_key, synced, {', '.join(CHUNK_NAMES)}) "
    f"VALUES (?, ?, ?, {_marks(CHUNK_NAMES)}) "
    # The same words in the same note: Chroma has them already unless vector or role changed.
    "ON CONFLICT (slot) DO UPDATE SET synced = CASE "
    "WHEN synced = 1 AND (vector_key <> excluded.vector_key OR role <> excluded.role) THEN 2 "
    f"ELSE synced END, {_taken_over(['vector_key', *CHUNK_NAMES])}"
)


def put_note(db: Connection, note: Note, state: FileState, warnings: Sequence[str]) -> None:
    """Write the row of a note, in place of the one that it has."""
    of_note = (note.path, note.title, note.kind, _json(note.tags), note.text)
    found = (_anchors_json(note.anchors), _json(warnings), time.time())
    db.execute(PUT_NOTE, (*of_note, *found, *astuple(state)))


def row_of(chunk: Chunk) -> list[object]:
    """The values of CHUNK_COLUMNS, in their order."""
    changed = {"headings": _json(chunk.headings), "anchors": _anchors_json(chunk.anchors)}
    return [changed.get(name, getattr(chunk, name)) for name in CHUNK_COLUMNS]


def chunk_of(row: Row) -> Chunk:
    """The chunk whose columns, as SELECTED names them, are `row`."""
    values = dict(zip(CHUNK_COLUMNS, row, strict=True))
    values["headings"] = tuple(json.loads(values["headings"]))
    values["role"] = Role(values["role"])
    values["anchors"] = anchors_of(values["anchors"])
    return Chunk(**values)


def _json(values: Sequence[object]) -> str:
    return json.dumps(values, ensure_ascii=False)


def _anchors_json(anchors: Sequence[Anchor]) -> str:
    return _json([astuple(anchor) for anchor in anchors])


def anchors_of(text: str) -> tuple[Anchor, ...]:
    """The anchors of a note or chunk, as a column holds them."""
    return tuple(Anchor(*anchor) for anchor in json.loads(text)) if text != "[]" else ()


_COLUMNS = ", ".join((*CHUNK_NAMES, "vector_key"))


class UndoLog:
    """What the notes were before the last ingest, so that it can be taken back.

    The log begins anew with the first change of an ingest, unless the one before was cut short:
    then both are one. What is kept are the rows as they were, so that nothing has to be cut or
    embedded.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._is_new = False

    def begin(self) -> None:
        """An ingest begins. The log of the one before goes with the first change."""
        self._is_new = not self.was_cut_short()

    def was_cut_short(self) -> bool:
        """True if the last ingest that changed something did not come to its end."""
        return bool(self._db.rows("SELECT 1 FROM meta WHERE key = 'undo_open'"))

    def finish(self) -> None:
        """The ingest has ended: the next one begins a log of its own."""
        with self._db.writing() as db:
            db.execute("DELETE FROM meta WHERE key = 'undo_open'")

    def remember(self, db: Connection, path: str) -> None:
        """Within a change, and before it: keep what is there of this note, once an ingest."""
        if self._is_new:
            self.forget(db)
            db.execute("INSERT OR REPLACE INTO meta VALUES ('undo_open', '1')")
            self._is_new = False
        existed = db.execute("SELECT count(*) FROM notes WHERE path = ?", (path,)).fetchone()[0]
        added = db.execute("INSERT OR IGNORE INTO undo_log VALUES (?, ?)", (path, existed))
        if added.rowcount and existed:
            db.execute("INSERT INTO undo_notes SELECT * FROM notes WHERE path = ?", (path,))
            db.execute(
                f"INSERT INTO undo_chunks ({_COLUMNS}) "
                f"SELECT {_COLUMNS} FROM chunks WHERE note_path = ?",
                (path,),
            )

    def paths(self, db: Connection) -> list[tuple[str, int]]:
        """Notes that the last ingest changed, and 1 for each that was there before, else 0."""
        return list(db.execute("SELECT path, existed FROM undo_log").fetchall())

    def count(self) -> int:
        """How many notes would be taken back."""
        return self._db.value("SELECT count(*) FROM undo_log")

    def restore_note(self, db: Connection, path: str) -> list[str]:
        """Put the note back as it was, and give the ids of the chunks that it had."""
        db.execute("INSERT INTO notes SELECT * FROM undo_notes WHERE path = ?", (path,))
        found = db.execute("SELECT id FROM undo_chunks WHERE note_path = ?", (path,))
        return [identity for (identity,) in found.fetchall()]

    def restore_chunk(self, db: Connection, identity: str, slot: Slot) -> None:
        """Put a chunk back, into `slot`."""
        db.execute(
            f"INSERT INTO chunks (slot, synced, {_COLUMNS}) "
            f"SELECT ?, ?, {_COLUMNS} FROM undo_chunks WHERE id = ?",
            (*slot, identity),
        )

    def forget(self, db: Connection) -> None:
        """Empty the log."""
        for table in ("undo_log", "undo_notes", "undo_chunks"):
            db.execute(f"DELETE FROM {table}")


_STATE = "path, root, size, modified_ns, digest, fingerprint"


class Catalog:
    """Notes and their chunks. `lexical` finds them by words, heeding `is_word`, `scoping` filters.

    `vector_sync` is what Chroma has of them, `undo_log` what they were before the last ingest.
    Raises what `rag.store.database.Database` raises.
    """

    def __init__(self, path: Path, is_word: Callable[[str], bool] = lambda _: False) -> None:
        self._db = Database(path, SCHEMA, SCHEMA_VERSION)
        self.vector_sync = VectorSync(self._db)
        self.undo_log = UndoLog(self._db)
        self.scoping = Scoping(self._db)
        self.lexical = Lexical(self._db, self.scoping, is_word)
        self.path = path
        self.close = self._db.close
        self.is_sound = self._db.is_sound
        self.tidy = self._db.tidy
        self.transaction = self._db.writing

    # Notes

    def replace(
        self,
        note: Note,
        state: FileState,
        chunks: Sequence[Chunk],
        vectors: Sequence[tuple[str, bytes]],
        warnings: Sequence[str] = (),
    ) -> None:
        """Store `note` with exactly these chunks, and the key and bytes of the vector of each."""
        keyed = [(chunk, key) for chunk, (key, _) in zip(chunks, vectors, strict=True)]
        with self._db.writing() as db:
            self.undo_log.remember(db, note.path)
            slots = take_slots(db, note.path, [chunk.id for chunk in chunks])
            put_note(db, note, state, warnings)
            db.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?)", vectors)
            rows = [(slots[c.id].number, key, slots[c.id].synced, *row_of(c)) for c, key in keyed]
            db.executemany(PUT_CHUNK, rows)
            index_note(db, note.path)

    def touch(self, path: str, state: FileState) -> None:
        """The note's file has another time of change and the same bytes."""
        with self._db.writing() as db:
            db.execute(
                "UPDATE notes SET root = ?, size = ?, modified_ns = ?, digest = ?, fingerprint = ? "
                "WHERE path = ?",
                (*astuple(state), path),
            )

    def delete(self, note_paths: Collection[str]) -> None:
        """Forget these notes; a path that is not there is no error."""
        for path in note_paths:
            with self._db.writing() as db:
                self.undo_log.remember(db, path)
                self._forget(db, path)

    def _forget(self, db: Connection, path: str) -> None:
        take_slots(db, path, [])
        db.execute("DELETE FROM notes WHERE path = ?", (path,))

    def undo(self) -> tuple[int, int]:
        """Take the last ingest back: how many notes are as they were before, how many are gone."""
        restored = removed = 0
        with self._db.writing() as db:
            for path, existed in self.undo_log.paths(db):
                self._forget(db, path)
                restored, removed = restored + existed, removed + (not existed)
                for identity in self.undo_log.restore_note(db, path):
                    (slot,) = free_slots(db, 1)
                    self.undo_log.restore_chunk(db, identity, slot)
                index_note(db, path)
            self.undo_log.forget(db)
        return restored, removed

    def states(self, root: str | None = None) -> dict[str, FileState]:
        """What is remembered of each note's file; of one source's notes if `root` is given."""
        query = f"SELECT {_STATE} FROM notes"
        found = self._db.rows(f"{query} WHERE root = ?" if root else query, (root,) if root else ())
        return {path: FileState(*state) for path, *state in found}

    def infos(self) -> list[NoteInfo]:
        """What there is to say of every note, by path."""
        rows = self._db.rows(
            "SELECT notes.path, notes.root, notes.kind, notes.size, notes.indexed, notes.warnings, "
            "count(chunks.slot) FROM notes LEFT JOIN chunks ON note_path = path "
            "GROUP BY path ORDER BY path"
        )
        return [
            NoteInfo(path, root, kind, size, chunks, indexed, tuple(json.loads(warnings)))
            for path, root, kind, size, indexed, warnings, chunks in rows
        ]

    def roots(self) -> list[str]:
        """The sources that notes were found in."""
        return [root for (root,) in self._db.rows("SELECT DISTINCT root FROM notes ORDER BY 1")]

    def move_root(self, old: str, new: str) -> None:
        """Have all notes that belong to the root `old` belong to `new`."""
        with self._db.writing() as db:
            db.execute("UPDATE notes SET root = ? WHERE root = ?", (new, old))

    def text(self, path: str) -> str:
        """The note's text as it was indexed; empty if the note is not known."""
        rows = self._db.rows("SELECT text FROM notes WHERE path = ?", (path,))
        return str(rows[0][0]) if rows else ""

    def body(self, path: str) -> tuple[str, tuple[Anchor, ...]]:
        """The note's text as it was indexed and its anchors; empty if the note is not known."""
        rows = self._db.rows("SELECT text, anchors FROM notes WHERE path = ?", (path,))
        text, anchors = rows[0] if rows else ("", "[]")
        return text, anchors_of(anchors)

    def sample(self, most: int) -> list[str]:
        """At most so many notes, evenly spread over all in order of path."""
        paths = [path for (path,) in self._db.rows("SELECT path FROM notes ORDER BY path")]
        count = min(most, len(paths))
        return [paths[place * len(paths) // count] for place in range(count)]

    def digests(self, paths: Collection[str]) -> dict[str, str]:
        """Digests of these notes' files, by path; a note that is not known is left out."""
        query = "SELECT path, digest FROM notes WHERE path IN (SELECT value FROM json_each(?))"
        return dict(self._db.rows(query, (json.dumps(list(paths)),)))

    def paths_of(self, digest: str) -> list[str]:
        """Notes whose files have these bytes."""
        query = "SELECT path FROM notes WHERE digest = ? ORDER BY path"
        return [path for (path,) in self._db.rows(query, (digest,))]

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""
        notes = self._db.value("SELECT count(*) FROM notes")
        return notes, self._db.value("SELECT count(*) FROM chunks")

    def set_skipped(self, root: str, reasons: Mapping[str, str]) -> None:
        """Remember why files of `root` were not read, in place of what was remembered."""
        with self._db.writing() as db:
            db.execute("DELETE FROM skipped WHERE root = ?", (root,))
            rows = [(path, root, why) for path, why in reasons.items()]
            db.executemany("INSERT OR REPLACE INTO skipped VALUES (?, ?, ?)", rows)

    def skipped(self) -> dict[str, str]:
        """Why a file was not read, by its path, as the last ingest of its source found it."""
        return dict(self._db.rows("SELECT path, reason FROM skipped ORDER BY path"))

    # Chunks

    def chunks(self, slots: Collection[int]) -> dict[int, Chunk]:
        """Chunks by slot; a slot that holds none is left out."""
        query = f"SELECT slot, {SELECTED} FROM chunks WHERE slot IN ({_marks(slots)})"
        return {row[0]: chunk_of(row[1:]) for row in self._db.rows(query, list(slots))}

    def all_chunks(self) -> list[Chunk]:
        """Every chunk, note by note, in order."""
        query = f"SELECT {SELECTED} FROM chunks ORDER BY note_path, ordinal"
        return [chunk_of(row) for row in self._db.rows(query)]

    def chunks_of(self, path: str) -> list[Chunk]:
        """The chunks of a note, in order."""
        query = f"SELECT {SELECTED} FROM chunks WHERE note_path = ? ORDER BY ordinal"
        return [chunk_of(row) for row in self._db.rows(query, (path,))]

    def headings(self, paths: Collection[str]) -> list[tuple[str, ...]]:
        """Breadcrumbs of the sections that are notes, of notes in order of path, each once."""
        rows = self._db.rows(
            "SELECT headings FROM chunks WHERE note_path IN (SELECT value FROM json_each(?)) "
            "AND role = ? ORDER BY note_path, ordinal",
            (json.dumps(list(paths)), Role.NOTE),
        )
        return [tuple(json.loads(text)) for text in dict.fromkeys(row[0] for row in rows)]

    def search(
        self, words: Sequence[str], k: int, roles: Collection[Role], scope: Scope = Scope()
    ) -> list[tuple[Chunk, float]]:
        """The `k` best chunks that hold any of `words`, with a BM25 score, best first.

        Raises:
            QuestionError: no note fulfils `scope`.
        """
        return self.scored_chunks(self.lexical.search(words, k, roles, self.scoping.paths(scope)))

    def scored_chunks(self, found: Sequence[tuple[int, float]]) -> list[tuple[Chunk, float]]:
        """Chunks in the place of slots. A slot that has just been freed is left out."""
        chunks = self.chunks([slot for slot, _ in found])
        return [(chunks[slot], score) for slot, score in found if slot in chunks]

    # Vectors

    def vectors(self, keys: Collection[str]) -> dict[str, bytes]:
        """Cached vectors by key; a key that is not known is left out."""
        query = "SELECT key, vector FROM vectors WHERE key IN (SELECT value FROM json_each(?))"
        return dict(self._db.rows(query, (json.dumps(list(keys)),)))

    def kept(self, key: str) -> str | None:
        """What `keep` wrote under this name."""
        rows = self._db.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else None

    def keep(self, key: str, value: str) -> None:
        """Write a fact about the whole library, in place of the one of that name."""
        with self._db.writing() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def prune(self) -> None:
        """Drop cached vectors that no chunk has any more, nor would have if undone."""
        with self._db.writing() as db:
            db.execute(
                "DELETE FROM vectors WHERE key NOT IN (SELECT vector_key FROM chunks) "
                "AND key NOT IN (SELECT vector_key FROM undo_chunks)"
            )
