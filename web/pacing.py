"""Updates of a page, no faster than a browser takes them."""

import functools
import time
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Any, Protocol

Updates = dict[Any, Any]  # by component, as Gradio's listeners may return them
Feed = Generator[Updates, None, None]

FRAME_SECONDS = 0.05


class Page(Protocol):
    """Whose methods are listeners."""

    def unchanged(self) -> Updates:
        """An update that changes nothing."""


def paced(listener: Callable[..., Feed]) -> Callable[..., Feed]:
    """Have a Page's listener update at most once a frame, and at last change nothing.

    Of several changes that reach it at almost the same time, Gradio's page loses some. It is sent
    the last one again when all is over, which would undo what was clicked meanwhile; and where
    there was none, it is emptied. What comes within a frame, the listener's own source has to put
    into one.
    """

    @functools.wraps(listener)  # Gradio looks at the parameters
    def listen(page: Page, *given: Any) -> Feed:
        shown = -FRAME_SECONDS
        with closing(listener(page, *given)) as updates:  # as Gradio does when a tab is closed
            for update in updates:
                time.sleep(max(0.0, shown + FRAME_SECONDS - time.monotonic()))
                yield update
                shown = time.monotonic()
        time.sleep(max(0.0, shown + FRAME_SECONDS - time.monotonic()))
        yield page.unchanged()

    return listen
