"""The report of a run and its figures, as files."""

from functools import partial

import gradio as gr

from web import words
from web.evals_page.kept import Kept
from web.evals_page.parts import QUICK
from web.evals_page.protocols import EvalDesk
from web.parts import told

_CLICK = "() => document.querySelector('#evals-file')?.click()"


class Downloads:
    """Two buttons. A file is made once it is asked for, and then handed over at once."""

    def __init__(self, desk: EvalDesk, kept: Kept) -> None:
        self._desk = desk
        self._kept = kept

    def lay_out(self) -> None:
        """Build the parts."""
        self._buttons = {
            suffix: gr.Button(said, size="sm")
            for suffix, said in (("html", words.EVALS_REPORT), ("json", words.EVALS_JSON))
        }
        self._file = gr.DownloadButton("", visible="hidden", elem_id="evals-file", interactive=True)

    def listen(self, chosen: gr.State) -> None:
        """Connect the listeners."""
        for suffix, button in self._buttons.items():
            made = button.click(partial(self._make, suffix), chosen, self._file, **QUICK)
            made.success(None, None, None, js=_CLICK, **QUICK)

    def _make(self, suffix: str, chosen: int) -> str | None:
        path = told(lambda: self._desk.report(self._kept.opened(chosen).run, suffix))
        return str(path) if path else None
