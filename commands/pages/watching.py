"""Watches the sources of a library, whichever they are just then."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from commands.sourcing import sources
from ingest.types import is_address
from ingest.watch import changes
from rag.config import Settings

_LOOK_SECONDS = 1.0
"""Between looks whether there are other sources than those that are watched."""


def source_changes(
    settings: Settings, stop: threading.Event, watches: threading.Event
) -> Iterator[None]:
    """Yields after each change of the notes' sources until `stop` is set, while `watches` is.

    Also after a source has come to be or has gone: an ingest, of whatever process, adds some,
    and a disk may be mounted meanwhile.
    """
    while not stop.is_set():
        for _ in _changes(settings, stop):
            if watches.is_set():
                yield
        if not stop.is_set() and watches.is_set():
            yield


def _changes(settings: Settings, stop: threading.Event) -> Iterator[None]:
    """The changes of the sources that there are now, as long as there are no others."""
    watched = _watchable(settings)
    with _until(stop, lambda: _watchable(settings) == watched) as ended:
        yield from changes(sorted(watched), ended)


def _watchable(settings: Settings) -> frozenset[str]:
    """The sources that are on this machine just now."""
    paths = [Path(one) for one in sources(settings) if not is_address(one)]
    return frozenset(path.resolve().as_posix() for path in paths if path.exists())


@contextmanager
def _until(stop: threading.Event, holds: Callable[[], bool]) -> Iterator[threading.Event]:
    """An event that is set once `stop` is, or once something does not hold any more."""
    ended = threading.Event()

    def look() -> None:
        while not stop.wait(_LOOK_SECONDS) and not ended.is_set() and holds():
            pass
        ended.set()

    looker = threading.Thread(target=look, name="watch-sources", daemon=True)
    looker.start()
    try:
        yield ended
    finally:
        ended.set()
        looker.join()
