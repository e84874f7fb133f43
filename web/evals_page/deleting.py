"""Deletes a run, once that was asked a second time."""

from collections.abc import Callable

import gradio as gr
from gradio.blocks import Block
from markupsafe import Markup

from web import words
from web.evals_page import marks
from web.evals_page.parts import QUICK
from web.evals_page.protocols import EvalDesk
from web.parts import Updates, html, told


class Deleting:
    """The button, and the question `sure`, which is shown while it is not empty."""

    def __init__(self, desk: EvalDesk, gone: Callable[[], Updates]) -> None:
        """Take what is shown once a run is gone."""
        self._desk = desk
        self._gone = gone

    def lay_out(self) -> None:
        """Build the button."""
        self._ask = gr.Button(words.EVALS_DELETE, size="sm")

    def lay_out_question(self) -> None:
        """Build the question, below the row of the button."""
        with gr.Row(elem_id="evals-sure"):
            self.sure = html("", "evals-sure-text")
            self._yes = gr.Button(words.EVALS_DELETE_YES, size="sm", variant="stop")
            self._no = gr.Button(words.EVALS_DELETE_NO, size="sm")

    def listen(self, chosen: gr.State, shown: list[Block]) -> None:
        """Connect the listeners; `shown` is what changes once the run is gone."""
        self._ask.click(self._question, chosen, self.sure, **QUICK)
        self._no.click(lambda: "", None, self.sure, **QUICK)
        self._yes.click(self._delete, chosen, shown, **QUICK)

    def _question(self, chosen: int) -> str:
        info = next((o for o in told(self._desk.listing) or () if o.id == chosen), None)
        if info is None:
            return ""
        text = words.evals_delete_sure(marks.run_name(info))
        return marks.whole(Markup('<p role="alert">{}</p>').format(text))

    def _delete(self, chosen: int) -> Updates:
        told(lambda: self._desk.forget(chosen))
        return self._gone()
