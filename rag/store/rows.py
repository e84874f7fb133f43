"""Notes and chunks as rows of the catalog's tables."""

import json
import time
from collections.abc import Sequence
from dataclasses import astuple
from sqlite3 import Connection

from rag.store.database import Row
from rag.store.schema import CHUNK_COLUMNS
from rag.types import Anchor, Chunk, FileState, Note, Role

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
    identity, path, digest, ordinal, headings, start, end, first, last, *words = row
    text, role, anchors, context = map(str, words)
    return Chunk(
        id=str(identity),
        note_path=str(path),
        note_digest=str(digest),
        ordinal=number(ordinal),
        headings=tuple(json.loads(str(headings))),
        start=number(start),
        end=number(end),
        start_line=number(first),
        end_line=number(last),
        text=text,
        role=Role(role),
        anchors=tuple(Anchor(*anchor) for anchor in json.loads(anchors)) if anchors != "[]" else (),
        context=context,
    )


def number(value: object) -> int:
    """What is known to be a whole number."""
    return value if isinstance(value, int) else int(str(value))
