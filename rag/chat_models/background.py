"""One event loop for all that waits on models, in a thread of its own.

What waits there can be stopped wherever it waits: for a connection, for the first word, in a queue.
A thread that reads a socket cannot.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import aclosing
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

from rag.errors import StoppedError

_T = TypeVar("_T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


def run_async(work: Coroutine[Any, Any, _T]) -> _T:
    """Wait for `work`, and return what it does or raise what it raises."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


class _End:
    """No more items; `error` says why, if not because there are none."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


class Stop:
    """Takes back, from any thread, what waits on a model in the thread that is `with` it.

    A generator that waits cannot be closed by another thread: this can be done instead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._calls: list[Callable[[], object]] = []

    def set(self) -> None:
        """Stop now whatever waits, and at once whatever begins to wait later."""
        with self._lock:
            self._is_set = True
            calls, self._calls = self._calls, []
        for call in calls:
            call()

    def __enter__(self) -> None:
        self._token = _STOP.set(self)

    def __exit__(self, *_: object) -> None:
        _STOP.reset(self._token)

    def on_set(self, call: Callable[[], object]) -> None:
        """Have `call` made once it is set."""
        with self._lock:
            if not self._is_set:
                self._calls.append(call)
                return
        call()


_STOP: ContextVar[Stop | None] = ContextVar("stop", default=None)


def iterate(items: AsyncGenerator[_T, None]) -> Iterator[_T]:
    """Items as they come, or what was raised instead. Closing it stops whoever makes them.

    Raises:
        StoppedError: a Stop that the thread is with was set.
    """
    taken: queue.SimpleQueue[_T | _End] = queue.SimpleQueue()

    async def feed() -> None:
        end = _End(StoppedError("the question was taken back"))
        try:
            async with aclosing(items):
                async for item in items:
                    taken.put(item)
            end = _End()
        except Exception as error:  # it belongs to whoever iterates
            end = _End(error)
        finally:
            taken.put(end)

    feeding = asyncio.run_coroutine_threadsafe(feed(), _loop())
    try:
        if stop := _STOP.get():
            stop.on_set(feeding.cancel)
        while not isinstance(item := taken.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        feeding.cancel()
