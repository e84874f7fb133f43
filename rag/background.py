"""One event loop for all that waits on models, in a thread of its own.

What waits there can be stopped wherever it waits: for a connection, for the first word, in a queue.
A thread that reads a socket cannot.
"""

import asyncio
import queue
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="models", daemon=True).start()
    return loop


def run(work: Coroutine[Any, Any, T]) -> T:
    """Wait for `work`, and return what it does or raise what it raises."""
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


class _End:
    """No more items; `error` says why, if not because there are none."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error


def iterate(items: AsyncGenerator[T, None]) -> Iterator[T]:
    """Items as they come, or what was raised instead. Closing it stops whoever makes them."""
    taken: queue.SimpleQueue[T | _End] = queue.SimpleQueue()

    async def feed() -> None:
        end = _End()
        try:
            async with aclosing(items):
                async for item in items:
                    taken.put(item)
        except Exception as error:  # it belongs to whoever iterates
            end = _End(error)
        finally:
            taken.put(end)

    feeding = asyncio.run_coroutine_threadsafe(feed(), _loop())
    try:
        while not isinstance(item := taken.get(), _End):
            yield item
        if item.error:
            raise item.error
    finally:
        feeding.cancel()
