"""What the parts of the page of evals have in common."""

from pathlib import Path
from typing import Any, Protocol

import gradio as gr
from gradio.blocks import Block

from web.evals_page.kept import Opened
from web.evals_page.plots import Plot
from web.parts import Updates

PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
QUICK: dict[str, Any] = PRIVATE | {"queue": False}

_SCRIPT = Path(__file__).with_name("evals.js")
_DIGITS = 9  # of the largest number that a click may send


class Panel(Protocol):
    """A tab of the run that is looked at."""

    @property
    def label(self) -> str:
        """Its name on the tab."""

    @property
    def outputs(self) -> list[Block]:
        """What `fill` may change."""

    def lay_out(self, chosen: gr.State) -> None:
        """Build its parts and connect its listeners; `chosen` is the number of the run."""

    def fill(self, opened: Opened) -> Updates:
        """Show another run."""


def active(elem_id: str, value: str = "") -> gr.HTML:
    """HTML whose buttons with `data-do` tell the server what was clicked."""
    return gr.HTML(
        value,
        elem_id=elem_id,
        js_on_load=_SCRIPT.read_text(encoding="utf-8"),
        apply_default_css=False,
    )


def drawn(plot: Plot) -> Updates:
    """What shows a plot.

    Gradio's page changes the value that it was sent last into the next one, in place, under the
    hands of a plot that is drawn later, on another tab; what an update holds it leaves whole.
    """
    return {**gr.update(value=plot)}


def number_of(event: gr.EventData) -> int:
    """What was clicked, by its number; -1 for what is none. A browser sends it: it is anything."""
    sent = event._data if isinstance(event._data, dict) else {}
    text = str(sent.get("id", ""))
    is_one = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_one else -1
