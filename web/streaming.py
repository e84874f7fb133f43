"""An answer's events, awaited in a thread of their own, so that a stop takes effect at once.

A generator that waits for a model's next token cannot be closed until that token comes, and before
the first one this takes seconds. So a thread waits in its place: stopping ends the reader right
away, takes the question back from the model, and has the thread close the model's iterator.
"""

import queue
from collections.abc import Iterator
from threading import Event as Flag
from threading import Thread
from typing import TypeGuard

from rag.chat_models.background import Stop
from rag.types import Event

_END = object()


def _is_event(item: object) -> TypeGuard[Event]:
    return item is not _END and not isinstance(item, Exception)


class EventStream:
    """`events`, to be iterated once. It is closed when read to its end, stopped or failed.

    An error of `events` is raised to the reader.
    """

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._items: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._stopped = Flag()
        self._taken_back = Stop()

    def stop(self) -> None:
        """End the reader now, and the model as soon as it can be."""
        self._stopped.set()
        self._taken_back.set()
        self._items.put(_END)

    def begin(self) -> None:
        """Have the events come, once. Until then they can be stopped, but not read."""
        Thread(target=self._pump, name="answer", daemon=True).start()

    def __iter__(self) -> Iterator[list[Event]]:
        """The events in order, each time all that came since the last look, at least one."""
        try:
            while not self._stopped.is_set():
                items = self._take()
                events: list[Event] = [item for item in items if _is_event(item)]
                if events:
                    yield events
                if isinstance(items[-1], Exception):
                    raise items[-1]
                if items[-1] is _END:
                    return
        finally:
            self._stopped.set()  # a reader that went away wants no more either
            self._taken_back.set()

    def _take(self) -> list[object]:
        """What has come, up to the end or the error that ends it; waits until something has."""
        items = [self._items.get()]
        while _is_event(items[-1]) and not self._items.empty():
            items.append(self._items.get())
        return items

    def _pump(self) -> None:
        try:
            with self._taken_back:
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
