"""The tables of the catalog, their rows as notes and chunks, and the log by which to undo.

A change of what a chunk or note holds raises SCHEMA_VERSION. The tables of the full text are in
rag/store/fulltext.py: they are derived, and made anew at will.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import astuple
from sqlite3 import Connection

from rag.store.database import Database, Row
from rag.store.vector_sync import Slot
from rag.types import Anchor, Chunk, FileState, Note, Role

SCHEMA_VERSION = 2

CHUNK_COLUMNS = (
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

_NOTE = """
    path TEXT PRIMARY KEY, title TEXT NOT NULL, kind TEXT NOT NULL, tags TEXT NOT NULL,
    text TEXT NOT NULL, anchors TEXT NOT NULL, warnings TEXT NOT NULL, indexed REAL NOT NULL,
    root TEXT NOT NULL, size INTEGER NOT NULL, modified_ns INTEGER NOT NULL,
    digest TEXT NOT NULL, fingerprint TEXT NOT NULL"""

_CHUNK = """
    id TEXT NOT NULL UNIQUE, note_path TEXT NOT NULL,
    note_digest TEXT NOT NULL, ordinal INTEGER NOT NULL, headings TEXT NOT NULL,
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL,
    start_line INTEGER NOT NULL, end_line INTEGER NOT NULL,
    text TEXT NOT NULL, role TEXT NOT NULL, anchors TEXT NOT NULL, context TEXT NOT NULL,
    vector_key TEXT NOT NULL"""

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


SELECTED = ", ".join(f"chunks.{name}" for name in CHUNK_COLUMNS)
PUT_CHUNK = (
    f"INSERT INTO chunks (slot, vector_key, synced, {', '.join(CHUNK_COLUMNS)}) "
    f"VALUES (?, ?, ?, {', '.join('?' * len(CHUNK_COLUMNS))}) "
    # The same words in the same note: Chroma has them already unless vector or role changed.
    "ON CONFLICT (slot) DO UPDATE SET synced = CASE "
    "WHEN synced = 1 AND (vector_key <> excluded.vector_key OR role <> excluded.role) THEN 2 "
    "ELSE synced END, "
    + ", ".join(f"{name} = excluded.{name}" for name in ("vector_key", *CHUNK_COLUMNS))
)


def put_note(db: Connection, note: Note, state: FileState, warnings: Sequence[str]) -> None:
    """Write the row of a note, in place of the one that it has."""
    row = (
        note.path,
        note.title,
        note.kind,
        json.dumps(note.tags, ensure_ascii=False),
        note.text,
        json.dumps([astuple(anchor) for anchor in note.anchors], ensure_ascii=False),
        json.dumps(list(warnings), ensure_ascii=False),
        time.time(),
        *astuple(state),
    )
    # Not REPLACE, which would delete the row, and with it the chunks that are kept.
    db.execute(
        f"INSERT INTO notes VALUES ({', '.join('?' * len(row))}) ON CONFLICT (path) DO UPDATE SET "
        "title = excluded.title, kind = excluded.kind, tags = excluded.tags, "
        "text = excluded.text, anchors = excluded.anchors, warnings = excluded.warnings, "
        "indexed = excluded.indexed, root = excluded.root, size = excluded.size, "
        "modified_ns = excluded.modified_ns, digest = excluded.digest, "
        "fingerprint = excluded.fingerprint",
        row,
    )


def row_of(chunk: Chunk) -> tuple[object, ...]:
    """The values of CHUNK_COLUMNS, in their order."""
    place = (chunk.start, chunk.end, chunk.start_line, chunk.end_line)
    headings = json.dumps(chunk.headings, ensure_ascii=False)
    anchors = json.dumps([astuple(anchor) for anchor in chunk.anchors], ensure_ascii=False)
    of_note = (chunk.note_path, chunk.note_digest, chunk.ordinal)
    words = (chunk.text, str(chunk.role), anchors, chunk.context)
    return (chunk.id, *of_note, headings, *place, *words)


def chunk_of(row: Row) -> Chunk:
    """The chunk whose columns, as SELECTED names them, are `row`."""
    *of_note, headings, start, end, first, last, text, role, anchors, context = row
    identity, path, digest, ordinal = of_note
    return Chunk(
        id=identity,
        note_path=path,
        note_digest=digest,
        ordinal=ordinal,
        headings=tuple(json.loads(headings)),
        start=start,
        end=end,
        start_line=first,
        end_line=last,
        text=text,
        role=Role(role),
        anchors=anchors_of(anchors),
        context=context,
    )


def anchors_of(text: str) -> tuple[Anchor, ...]:
    """The anchors of a note or chunk, as a column holds them."""
    return tuple(Anchor(*anchor) for anchor in json.loads(text)) if text != "[]" else ()


_COLUMNS = ", ".join((*CHUNK_COLUMNS, "vector_key"))


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
