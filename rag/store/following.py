"""What Chroma has of the catalog, and what it still has to be told.

Chroma knows a chunk by its slot. `synced` is 1 where it has the chunk's vector, 2 where it has
another one under that slot, 0 where it has never heard of the slot; a slot that is free is
`hidden` once Chroma finds it no more. Only once all is told is the catalog `settled` with Chroma,
as its `files` are then; until then nobody asks Chroma (rag/index.py searches without it).
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rag.store.database import Database
from rag.types import Role

Pending = tuple[int, Role, bytes]
"""Slot, role and vector of a chunk."""

_BLOCK = 4000
_NOTES = 200


class Slot(NamedTuple):
    """A chunk's place in Chroma, and what Chroma has there."""

    number: int
    synced: int


class Following:
    """The catalog's account of Chroma."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def unsettle(self, db: Connection) -> None:
        """Within a change of chunks: Chroma does not have all of it any more."""
        db.execute("DELETE FROM meta WHERE key = 'settled'")

    def settle(self, files: Mapping[str, int]) -> None:
        """Chroma has everything, in `files` (size in bytes by name), and is left alone."""
        with self._db.writing() as db:
            _set(db, "settled", "1")
            _set(db, "files", json.dumps(dict(files), sort_keys=True))
            db.execute("DELETE FROM meta WHERE key = 'writing'")
            db.execute(
                "INSERT INTO meta VALUES ('generation', '1') "
                "ON CONFLICT (key) DO UPDATE SET value = value + 1"
            )

    def is_settled(self) -> bool:
        """True if Chroma has everything."""
        return self._has("settled")

    def files(self) -> dict[str, int]:
        """Chroma's files as they were left; empty if there was nothing to leave."""
        found = self._db.rows("SELECT value FROM meta WHERE key = 'files'")
        return dict(json.loads(str(found[0][0]))) if found else {}

    def begin_writing(self) -> None:
        """Chroma's files are about to change; a death from here on may damage them."""
        with self._db.writing() as db:
            _set(db, "writing", "1")

    def died_writing(self) -> bool:
        """True if Chroma's files were being changed when the last writer ended."""
        return self._has("writing")

    def _has(self, key: str) -> bool:
        return bool(self._db.rows("SELECT 1 FROM meta WHERE key = ?", (key,)))

    def generation(self) -> int:
        """Rises with every change of what Chroma holds, whichever process made it."""
        return self._db.value("SELECT value FROM meta WHERE key = 'generation'")

    def pending(self, limit: int) -> list[Pending]:
        """Chunks whose vectors Chroma does not have yet."""
        rows = self._db.rows(
            "SELECT slot, role, vector FROM chunks JOIN vectors ON key = vector_key "
            "WHERE synced <> 1 LIMIT ?",
            (limit,),
        )
        return [(int(str(s)), Role(str(role)), v) for s, role, v in rows if isinstance(v, bytes)]

    def pending_count(self) -> int:
        """How many chunks Chroma does not have yet."""
        return self._db.value("SELECT count(*) FROM chunks WHERE synced <> 1")

    def freed(self) -> list[int]:
        """Slots that are free, which Chroma has not been told."""
        return [
            int(str(row[0]))
            for row in self._db.rows("SELECT slot FROM free_slots WHERE hidden = 0")
        ]

    def told_count(self) -> int:
        """How many slots Chroma has been told of."""
        chunks = self._db.value("SELECT count(*) FROM chunks WHERE synced > 0")
        return chunks + self._db.value("SELECT count(*) FROM free_slots")

    def told(self, added: Collection[int], hidden: Collection[int]) -> None:
        """Chroma has the chunks in `added`, and knows `hidden` to be free."""
        with self._db.writing() as db:
            slots = [(slot,) for slot in added]
            known = "UPDATE chunks SET synced = 1 WHERE slot = ? AND synced = 2"
            changed = db.executemany(known, slots).rowcount
            db.executemany("UPDATE chunks SET synced = 1 WHERE slot = ?", slots)
            gone = [(slot,) for slot in hidden]
            db.executemany("UPDATE free_slots SET hidden = 1 WHERE slot = ?", gone)
            _set(db, "changes", str(self.changes() + max(0, changed)))

    def changes(self) -> int:
        """How many slots got another vector since Chroma was built."""
        return self._db.value("SELECT value FROM meta WHERE key = 'changes'")

    def start_anew(self) -> None:
        """Chroma has nothing: all has to go there again, and no slot is worth keeping free."""
        with self._db.writing() as db:
            db.execute("DELETE FROM meta WHERE key IN ('settled', 'files', 'changes')")
            db.execute("UPDATE chunks SET synced = 0")
            db.execute("DELETE FROM free_slots")

    def slots(self) -> tuple[int, int]:
        """How many slots hold a chunk, and how many are free."""
        used = self._db.value("SELECT count(*) FROM chunks")
        return used, self._db.value("SELECT count(*) FROM free_slots")

    def vectors(self, roles: Collection[Role]) -> Iterator[list[tuple[int, bytes]]]:
        """Slot and vector of all chunks of these roles, a few thousand at a time."""
        marks, last = ", ".join("?" * len(roles)), 0
        while rows := self._db.rows(
            "SELECT slot, vector FROM chunks JOIN vectors ON key = vector_key "
            f"WHERE slot > ? AND role IN ({marks}) ORDER BY slot LIMIT {_BLOCK}",
            (last, *roles),
        ):
            block = [(int(str(slot)), v) for slot, v in rows if isinstance(v, bytes)]
            last = block[-1][0]
            yield block

    def vectors_of(
        self, paths: Sequence[str], roles: Collection[Role]
    ) -> Iterator[list[tuple[int, bytes]]]:
        """Slot and vector of the chunks of these notes and roles, some notes at a time."""
        marks = ", ".join("?" * len(roles))
        for start in range(0, len(paths), _NOTES):
            rows = self._db.rows(
                "SELECT slot, vector FROM chunks JOIN vectors ON key = vector_key "
                f"WHERE note_path IN (SELECT value FROM json_each(?)) AND role IN ({marks})",
                (json.dumps(paths[start : start + _NOTES]), *roles),
            )
            if rows:
                yield [(int(str(slot)), v) for slot, v in rows if isinstance(v, bytes)]


def _set(db: Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
