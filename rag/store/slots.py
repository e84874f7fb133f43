"""The numbers by which Chroma knows chunks: given out, kept, freed and used again."""

from collections.abc import Sequence
from sqlite3 import Connection

from rag.store.following import Slot
from rag.store.fulltext import forget


def take_slots(db: Connection, path: str, ids: Sequence[str]) -> dict[str, Slot]:
    """A slot for each id of the note's chunks: its own if it has one, else a free or a new one.

    The note's chunks that are not among `ids` are forgotten, their slots are free. Chroma's files
    grow with each id that it has ever seen; so ids are slots, which are used again.
    """
    rows = db.execute("SELECT id, slot, synced FROM chunks WHERE note_path = ?", (path,)).fetchall()
    forget(db, [slot for _, slot, _ in rows])
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
    used = [int(row[0]) for row in rows]
    (last,) = db.execute(
        "SELECT max(coalesce((SELECT max(slot) FROM chunks), 0), "
        "coalesce((SELECT max(slot) FROM free_slots), 0))"
    ).fetchone()
    beyond = max([last, *used]) + 1
    fresh = range(beyond, beyond + count - len(used))
    return [*(Slot(slot, 2) for slot in used), *(Slot(slot, 0) for slot in fresh)]
