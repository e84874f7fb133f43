"""What the notes were before the last ingest, so that it can be taken back.

The log begins anew with the first change of an ingest, unless the one before was cut short: then
both are one. What is kept are the rows as they were, so that nothing has to be cut or embedded.
"""

from sqlite3 import Connection

from rag.store.database import Database, Row
from rag.store.following import Slot
from rag.store.schema import CHUNK_COLUMNS

_COLUMNS = ", ".join((*CHUNK_COLUMNS, "vector_key"))


class UndoLog:
    """Rows of notes and chunks as they were."""

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
        return [
            (str(path), int(existed))
            for path, existed in db.execute("SELECT path, existed FROM undo_log").fetchall()
        ]

    def count(self) -> int:
        """How many notes would be taken back."""
        return self._db.value("SELECT count(*) FROM undo_log")

    def restore_note(self, db: Connection, path: str) -> list[Row]:
        """Put the note back as it was, and give the ids of the chunks that it had."""
        db.execute("INSERT INTO notes SELECT * FROM undo_notes WHERE path = ?", (path,))
        found = db.execute("SELECT id FROM undo_chunks WHERE note_path = ?", (path,))
        return list(found.fetchall())

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
