"""An iterator that is read ahead of its reader, in a thread, no further than there is room."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Items of `items`, taken by a thread while the last ones are being worked on.

    `weigh` says how much an item takes of the `room` there is; an item that is heavier than all
    of it waits until there is nothing else. What `items` raises is raised where it would be met.
    Use it in a `with`, which ends the thread.
    """

    def __init__(self, items: Iterator[T], weigh: Callable[[T], int], room: int) -> None:
        self._items, self._weigh, self._room = items, weigh, room
        self._changed = threading.Condition()
        self._ready: deque[T] = deque()
        self._weight = 0
        self._error: BaseException | None = None
        self._is_over = self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="read-ahead", daemon=True)

    def __enter__(self) -> "Ahead[T]":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._ready or self._is_over)
                if not self._ready:
                    if self._error:
                        raise self._error
                    return
                item = self._ready.popleft()
                self._weight -= self._weigh(item)
                self._changed.notify_all()
            yield item

    def _run(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    break
        except BaseException as error:
            self._error = error
        finally:
            with self._changed:
                self._is_over = True
                self._changed.notify_all()

    def _put(self, item: T) -> bool:
        weight = self._weigh(item)
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or not self._ready or self._weight + weight <= self._room
            )
            self._ready.append(item)
            self._weight += weight
            self._changed.notify_all()
            return not self._is_closed
