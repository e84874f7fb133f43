"""What goes wrong with what a person asked for, said on the page."""

import html
from collections.abc import Callable
from typing import TypeVar

import gradio as gr

from rag.errors import CribError
from web import words

Result = TypeVar("Result")


def told(work: Callable[[], Result]) -> Result | None:
    """What `work` gives; where it fails, None, and the person is told why."""
    try:
        return work()
    except CribError as error:
        gr.Warning(html.escape(words.failure(error)))  # it is shown as HTML
        return None
