"""Says in every citation of a page when it was fetched, since pages change."""

from dataclasses import replace
from datetime import date

from ingest.types import ReadNote, SourceFile, is_address
from rag.types import Anchor, Note


def dated(read: ReadNote, file: SourceFile) -> ReadNote:
    """`read` with the day (in local time) on which `file` was fetched in the label of each place.

    What does not come from an address is returned as it is.
    """
    if not is_address(file.path):
        return read
    day = f"retrieved {date.fromtimestamp(file.modified_ns / 1e9).isoformat()}"
    return replace(read, note=replace(read.note, anchors=_labelled(read.note, day)))


def _labelled(note: Note, day: str) -> tuple[Anchor, ...]:
    labelled = tuple(Anchor(anchor.offset, f"{anchor.label}, {day}") for anchor in note.anchors)
    starts_unlabelled = not labelled or labelled[0].offset > 0
    return (Anchor(0, day), *labelled) if starts_unlabelled else labelled
