"""The tables of the catalog. A change of what a chunk or note holds raises SCHEMA_VERSION.

Those of the full text are in rag/store/fulltext.py: they are derived, and made anew at will.
"""

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
