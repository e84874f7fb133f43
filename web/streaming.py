"""An answer's events, awaited in a thread of their own, so that a stop takes effect at once.

A generator that waits for a model's next token cannot be closed until that token comes, and before
the first one this takes seconds. So a thread waits in its place: stopping ends the reader right
away, and the thread closes the model's iterator as soon as the model gives it back.
"""

import queue
from collections.abc import Iterator
from threading import Event as Flag
from threading import Thread

from rag.types import Event

_END = object()


class EventStream:
    """`events`, to be iterated once. It is closed when read to its end, stopped or failed.

    An error of `events` is raised to the reader.
    """

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._items: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._stopped = Flag()

    def stop(self) -> None:
        """End the reader now, and the model at its next token."""
        self._stopped.set()
        self._items.put(_END)

    def __iter__(self) -> Iterator[Event]:
        Thread(target=self._pump, name="answer", daemon=True).start()
        try:
            while not self._stopped.is_set() and (item := self._items.get()) is not _END:
                if isinstance(item, Exception):
                    raise item
                yield item  # type: ignore[misc]  # only events are left
        finally:
            self._stopped.set()  # a reader that went away wants no more either

    def _pump(self) -> None:
        try:
            for event in self._events:
                if self._stopped.is_set():
                    break
                self._items.put(event)
        except Exception as error:  # whatever it is, it is the reader's
            self._items.put(error)
        finally:
            if close := getattr(self._events, "close", None):
                close()
            self._items.put(_END)
