"""What is in the library, how fresh it is, and what was left out and why."""

import time
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from commands.ingestion import pipeline, source_of
from ingest.types import Plan
from rag.config import Settings
from rag.errors import CribError
from rag.index_wiring import Store, open_store
from rag.store.home import Home
from rag.types import NoteInfo, is_address


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """The library as `crib status` and the page show it. `size` is in bytes on the disk.

    `plans` says, by source, what an ingest would do now, or why that is not known.
    """

    notes: tuple[NoteInfo, ...]
    chunks: int
    size: int
    embedding_model: str
    is_whole: bool
    plans: dict[str, Plan | str]
    skipped: dict[str, str]


def look(settings: Settings) -> LibraryStatus:
    """What there is. Files are listed, and read only where size or time changed; no model runs.

    Raises:
        StoreError: the index cannot be read.
    """
    with closing(open_store(settings)) as store:
        catalog = store.index.catalog
        record = Home(settings.home).record()
        sources = record.sources if record else ()
        return LibraryStatus(
            notes=tuple(catalog.infos()),
            chunks=catalog.counts()[1],
            size=_size(settings.home),
            embedding_model=record.model if record else settings.embedding_model,
            is_whole=store.index.is_whole() or not catalog.counts()[1],
            plans={source: _plan(store, source) for source in sources},
            skipped=catalog.skipped(),
        )


def status_lines(status: LibraryStatus, *, every: bool) -> Iterator[str]:
    """The status, a fact a line; with `every`, a line for each note too."""
    yield f"embedding model: {status.embedding_model}"
    yield f"sources: {', '.join(status.plans) or 'none; run: crib ingest FOLDER'}"
    yield f"notes: {len(status.notes)}\nchunks: {status.chunks}"
    yield f"size: {status.size / 1e6:,.1f} MB"
    whole = (
        "whole" if status.is_whole else "not whole, answers come without Chroma; run: crib ingest"
    )
    yield f"index: {whole}"
    for source, plan in status.plans.items():
        fresh = plan if isinstance(plan, str) else plan_in_words(plan, status.skipped)
        yield f"fresh: {source}: {fresh}"
    if every:
        yield from (_note_line(info) for info in status.notes)
    yield f"skipped: {len(status.skipped)}"
    yield from (f"  {path}: {reason}" for path, reason in status.skipped.items())
    warned = [(info.path, line) for info in status.notes for line in info.warnings]
    yield f"warnings: {len(warned)}"
    yield from (f"  {path}: {line}" for path, line in warned)


def plan_in_words(plan: Plan, skipped: Collection[str]) -> str:
    """What an ingest would do, in a few words. What is `skipped` is no news."""
    counts = {
        "new": sum(file.shown not in skipped for file in plan.new),
        "changed": len(plan.changed),
        "moved": len(plan.moved),
        "deleted": len(plan.deleted),
    }
    words = [f"{count:,} {name}" for name, count in counts.items() if count]
    return f"{', '.join(words)}; run: crib ingest" if words else "up to date"


def _note_line(info: NoteInfo) -> str:
    return f"  {info.path}: {info.kind}, {info.chunks} chunks, indexed {age(info.indexed)} ago"


def age(since: float) -> str:
    """How long ago a POSIX timestamp is, in the largest unit that fits."""
    seconds = max(0.0, time.time() - since)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _plan(store: Store, source: str) -> Plan | str:
    if is_address(source):
        return "a page; what changed is seen by the next ingest"
    try:
        return pipeline(store).plan(source_of(store, source, allow_deletions=False))
    except CribError as error:
        return str(error)


def _size(home: Path) -> int:
    return sum(path.stat().st_size for path in home.glob("index-*/**/*") if path.is_file())
