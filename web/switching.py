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

_LOADING_SECONDS = 0.3  # between looks whether the model is there


class Switch:
    """Listeners that show the models and change the one that answers. `on` are the page's parts."""

    def __init__(self, library: Library, on: Layout) -> None:
        self._library = library
        self._on = on

    def listen(self) -> None:
        """Connect the listener, within `gr.Blocks`."""
        on = self._on
        on.options.model.input(
            self.use,
            on.options.model,
            [on.options.model, on.remark, on.header, on.status],
            api_visibility="private",
            show_progress="hidden",
            trigger_mode="always_last",
        )

    def shown(self) -> Updates:
        """The models to choose from, if there are several; and whether passages leave."""
        models = self._library.models()
        used = next((model for model in models if model.is_used), None)
        choices = [(words.model(model.label, model.host), model.name) for model in models]
        return {
            self._on.options.model: gr.update(
                choices=choices, value=used.name if used else None, visible=len(choices) > 1
            ),
            self._on.remark: render.remark_html(used.host if used else ""),
            self._on.header: header_html(self._library),
        }

    @paced
    def use(self, name: str) -> Feed:
        """Let this model answer; where it cannot, say why, and that the one before goes on."""
        try:
            self._library.use(name)
        except CribError as error:
            gr.Warning(html.escape(str(error)))  # it is shown as HTML
        yield self.shown() | self._status()
        if not self._library.is_loading():
            return
        while self._library.is_loading():
            time.sleep(_LOADING_SECONDS)
            yield self.unchanged()  # so that a closed tab ends this
        yield self.shown() | self._status()

    def unchanged(self) -> Updates:
        """An update that changes nothing."""
        return {self._on.status: gr.skip()}

    def _status(self) -> Updates:
        return {self._on.status: render.status_html(None, self._library.notice())}
