"""What the listeners of all pages share: HTML, what a browser sent, warnings, paced updates."""

import functools
import time
from collections.abc import Callable, Generator
from contextlib import closing
from html import escape
from typing import Any, Protocol, TypeVar

import gradio as gr

from rag.errors import CribError
from web.translation import failure


def html(value: str, elem_id: str) -> gr.HTML:
    """HTML of the templates, with the style of the page and no script."""
    return gr.HTML(value, elem_id=elem_id, js_on_load=None, apply_default_css=False)


def session_of(request: gr.Request) -> str:
    """Which page it is."""
    return request.session_hash or ""


def sent_value(event: gr.EventData, name: str) -> object:
    """What came with a click. A browser sends it, so it may be anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    return sent.get(name, "")


_Result = TypeVar("_Result")


def told(work: Callable[[], _Result]) -> _Result | None:
    """What `work` gives; where it fails, None, and the person is told why."""
    try:
        return work()
    except CribError as error:
        gr.Warning(escape(failure(error)))  # it is shown as HTML
        return None


Updates = dict[Any, Any]  # by component, as Gradio's listeners may return them
Feed = Generator[Updates, None, None]

FRAME_SECONDS = 0.05


class _Listening(Protocol):
    """Whose methods are listeners."""

    def unchanged(self) -> Updates:
        """An update that changes nothing."""


def paced(listener: Callable[..., Feed]) -> Callable[..., Feed]:
    """Have a _Listening's listener update at most once a frame, and at last change nothing.

    Of several changes that reach it at almost the same time, Gradio's page loses some. It is sent
    the last one again when all is over, which would undo what was clicked meanwhile; and where
    there was none, it is emptied. What comes within a frame, the listener's own source has to put
    into one.
    """

    @functools.wraps(listener)  # Gradio looks at the parameters
    def listen(page: _Listening, *given: Any) -> Feed:
        shown = -FRAME_SECONDS
        with closing(listener(page, *given)) as updates:  # as Gradio does when a tab is closed
            for update in updates:
                time.sleep(max(0.0, shown + FRAME_SECONDS - time.monotonic()))
                yield update
                shown = time.monotonic()
        time.sleep(max(0.0, shown + FRAME_SECONDS - time.monotonic()))
        yield page.unchanged()

    return listen


MOST_PAGES = 1_000
"""Pages of which something is known: more than are open at a time."""

_Known = TypeVar("_Known")


def remember(known: dict[str, _Known], session: str, what: _Known) -> None:
    """Keep `what` is known of a page; of too many, what was learnt longest ago is forgotten."""
    known.pop(session, None)
    known[session] = what
    while len(known) > MOST_PAGES:
        known.pop(next(iter(known)), None)
