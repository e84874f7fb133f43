"""What Chroma has of the catalog, and what it still has to be given.

Chroma knows a chunk by its slot, a number that is used again once it is free: Chroma's files grow
with each number that they have ever seen. Each chunk has a mark, `synced`: 1 where Chroma has its
vector. It is dirty at 0, where Chroma has never heard of the slot, and at 2, where it has another
vector there. A free slot is `hidden` once Chroma finds it no more. As long as nothing is dirty,
nothing is to be hidden and nobody is writing, Chroma is in sync, with its `files` as they were
left; until then nobody asks it (rag/search/dense.py searches the catalog's own vectors).
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import NamedTuple

from rag.store.database import Database
from rag.store.fulltext import forget_words
from rag.types import Role

Pending = tuple[int, Role, bytes]
"""Slot, role and vector of a chunk."""

_VECTORS = "SELECT slot, vector FROM chunks JOIN vectors ON key = vector_key WHERE"
_BLOCK = 4000
_NOTES = 200


class Slot(NamedTuple):
    """A chunk's place in Chroma, and whether Chroma has it there."""

    number: int
    synced: int


class VectorSync:
    """The catalog's account of Chroma. Writing to Chroma itself is up to rag/index.py."""

    def __init__(self, db: Database) -> None:
        self._db = db

    # The whole

    def is_in_sync(self) -> bool:
        """True if Chroma has everything, and nothing else."""
        return not self._db.value(
            "SELECT EXISTS (SELECT 1 FROM chunks WHERE synced <> 1) "
            "OR EXISTS (SELECT 1 FROM free_slots WHERE hidden = 0) "
            "OR EXISTS (SELECT 1 FROM meta WHERE key = 'writing')"
        )

    def begin_writing(self) -> None:
        """Chroma's files are about to change; a death from here on may damage them."""
        with self._db.writing() as db:
            _set(db, "writing", "1")

    def died_writing(self) -> bool:
        """True if Chroma's files were being changed when the last writer ended."""
        return bool(self._db.rows("SELECT 1 FROM meta WHERE key = 'writing'"))

    def finish_writing(self, files: Mapping[str, int]) -> None:
        """Chroma has everything, in `files` (size in bytes by name), and is left alone."""
        with self._db.writing() as db:
            _set(db, "files", json.dumps(dict(files), sort_keys=True))
            db.execute("DELETE FROM meta WHERE key = 'writing'")
            db.execute(
                "INSERT INTO meta VALUES ('generation', '1') "
                "ON CONFLICT (key) DO UPDATE SET value = value + 1"
            )

    def files(self) -> dict[str, int]:
        """Chroma's files as they were left; empty if there was nothing to leave."""
        found = self._db.rows("SELECT value FROM meta WHERE key = 'files'")
        return dict(json.loads(found[0][0])) if found else {}

    def generation(self) -> int:
        """Rises with every change of what Chroma holds, whichever process made it."""
        return self._db.value("SELECT value FROM meta WHERE key = 'generation'")

    def start_over(self) -> None:
        """Chroma has nothing: all has to go there again, and no slot is worth keeping free."""
        with self._db.writing() as db:
            db.execute("DELETE FROM meta WHERE key IN ('files', 'changes')")
            db.execute("UPDATE chunks SET synced = 0")
            db.execute("DELETE FROM free_slots")

    # What is to be given, and what was

    def pending(self, limit: int) -> list[Pending]:
        """Chunks whose vectors Chroma does not have yet."""
        rows = self._db.rows(
            "SELECT slot, role, vector FROM chunks JOIN vectors ON key = vector_key "
            "WHERE synced <> 1 LIMIT ?",
            (limit,),
        )
        return [(slot, Role(role), vector) for slot, role, vector in rows]

    def pending_count(self) -> int:
        """How many chunks Chroma does not have yet."""
        return self._db.value("SELECT count(*) FROM chunks WHERE synced <> 1")

    def freed(self) -> list[int]:
        """Free slots that Chroma still finds."""
        return [slot for (slot,) in self._db.rows("SELECT slot FROM free_slots WHERE hidden = 0")]

    def mark_synced(self, added: Collection[int], hidden: Collection[int]) -> None:
        """Chroma has the chunks in `added`, and finds the free slots in `hidden` no more."""
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

    def slots(self) -> tuple[int, int]:
        """How many slots hold a chunk, and how many are free."""
        used = self._db.value("SELECT count(*) FROM chunks")
        return used, self._db.value("SELECT count(*) FROM free_slots")

    def known_count(self) -> int:
        """How many slots Chroma has been given, free ones included."""
        chunks = self._db.value("SELECT count(*) FROM chunks WHERE synced > 0")
        return chunks + self._db.value("SELECT count(*) FROM free_slots")

    # The catalog's own vectors

    def vectors(self, roles: Collection[Role]) -> Iterator[list[tuple[int, bytes]]]:
        """Slot and vector of all chunks of these roles, a few thousand at a time."""
        marks, last = ", ".join("?" * len(roles)), 0
        while block := self._db.rows(
            f"{_VECTORS} slot > ? AND role IN ({marks}) ORDER BY slot LIMIT {_BLOCK}",
            (last, *roles),
        ):
            last = block[-1][0]
            yield [(slot, vector) for slot, vector in block]

    def vectors_of(
        self, paths: Sequence[str], roles: Collection[Role]
    ) -> Iterator[list[tuple[int, bytes]]]:
        """Slot and vector of the chunks of these notes and roles, some notes at a time."""
        marks = ", ".join("?" * len(roles))
        for start in range(0, len(paths), _NOTES):
            block = self._db.rows(
                f"{_VECTORS} note_path IN (SELECT value FROM json_each(?)) AND role IN ({marks})",
                (json.dumps(paths[start : start + _NOTES]), *roles),
            )
            if block:
                yield [(slot, vector) for slot, vector in block]


def take_slots(db: Connection, path: str, ids: Sequence[str]) -> dict[str, Slot]:
    """A slot for each id of the note's chunks: its own if it has one, else a free or a new one.

    The note's chunks that are not among `ids` are forgotten, and their slots are free.
    """
    rows = db.execute("SELECT id, slot, synced FROM chunks WHERE note_path = ?", (path,)).fetchall()
    forget_words(db, [slot for _, slot, _ in rows])
    wanted = set(ids)
    gone = [(slot, synced) for identity, slot, synced in rows if identity not in wanted]
    db.executemany("DELETE FROM chunks WHERE slot = ?", [(slot,) for slot, _ in gone])
    freed = [(slot,) for slot, synced in gone if synced]  # others Chroma has never heard of
    db.executemany("INSERT INTO free_slots VALUES (?, 0)", freed)
    slots = {i: Slot(slot, synced) for i, slot, synced in rows if i in wanted}
    missing = [identity for identity in ids if identity not in slots]
    return slots | dict(zip(missing, free_slots(db, len(missing)), strict=True))


def free_slots(db: Connection, count: int) -> list[Slot]:
    """So many slots that no chunk has: first those that were freed, then new ones."""
    if not count:
        return []
    rows = db.execute("SELECT slot FROM free_slots LIMIT ?", (count,)).fetchall()
    db.executemany("DELETE FROM free_slots WHERE slot = ?", rows)
    used = [slot for (slot,) in rows]
    (last,) = db.execute(
        "SELECT max(coalesce((SELECT max(slot) FROM chunks), 0), "
        "coalesce((SELECT max(slot) FROM free_slots), 0))"
    ).fetchone()
    beyond = max([last, *used]) + 1
    fresh = range(beyond, beyond + count - len(used))
    return [*(Slot(slot, 2) for slot in used), *(Slot(slot, 0) for slot in fresh)]


def _set(db: Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))
