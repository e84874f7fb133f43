"""Which model answers: what there is to choose from, and what happens when one is chosen."""

import html
import time

import gradio as gr

from rag.errors import CribError
from web import render, words
from web.layout import Layout
from web.pacing import Feed, Updates, paced
from web.protocols import Library
from web.view import header_html

NO_MODEL = "none"  # as in CRIB_LLM
_LOADING_SECONDS = 0.3  # between looks whether the model is there


class Switch:
    """Listeners that show the models and change the one that answers. `on` are the page's parts."""

    def __init__(self, library: Library, on: Layout) -> None:
        self._library = library
        self._on = on

    def listen(self) -> None:
        """Connect the listener, within `gr.Blocks`."""
        on = self._on
        # Of `input`, Gradio's dropdown tells twice.
        on.options.model.select(
            self.use,
            on.options.model,
            [*on.options.entailed, on.remark, on.header, on.status],
            api_visibility="private",
            show_progress="hidden",
        )

    def offered(self) -> Updates:
        """The models to choose from, if there are several; and what the one in use entails."""
        used = self._library.used()
        hosts = {used: ""} if used else {}  # several that follow one another are no offer
        hosts |= {offer.llm: offer.host for offer in self._library.models()}
        choices = [(words.model(llm, host), llm) for llm, host in hosts.items()]
        picker = gr.update(choices=choices, value=used or None, visible=len(choices) > 1)
        return self.entailed() | {self._on.options.model: picker}

    @paced
    def use(self, llm: str) -> Feed:
        """Have this model answer; where it cannot, say why, and that the one before goes on."""
        try:
            self._library.use(llm)
        except CribError as error:
            gr.Warning(html.escape(words.failure(error)))  # it is shown as HTML
        loads = self._library.is_loading()  # before it is said, or its end could be missed
        yield self._used()
        if not loads:
            return
        while self._library.is_loading():
            time.sleep(_LOADING_SECONDS)
            yield self.unchanged()  # so that a closed tab ends this
        yield self._used()

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._on.status: gr.skip()}

    def _used(self) -> Updates:
        return self.entailed() | {
            self._on.options.model: self._library.used() or None,
            self._on.status: render.status_html(None, self._library.notice()),
        }

    def entailed(self) -> Updates:
        """What the model that answers entails; where none does, there is no way of answering."""
        how = gr.update(visible=self._library.used() != NO_MODEL)
        return {
            self._on.options.style: how,
            self._on.options.strict: how,
            self._on.remark: render.remark_html(self._library.hosts()),
            self._on.header: header_html(self._library),
        }
