"""What a person may choose beside the question: where to look, how to answer, which model.

A choice of where to look is written as the filter that may stand in a question (`tag:exam`).
"""

import html
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice

import gradio as gr

from rag.errors import CribError
from rag.query import NAMES
from rag.store.scoping import Facets
from rag.types import AskOptions, Scope, Style
from web import render, words
from web.layout import Layout
from web.parts import Feed, Updates, paced
from web.protocols import Library
from web.render import library_header_html
from web.templates import Macros
from web.translation import failure

_FIRST = ("folders", "tags", "kinds", "notes")  # the few and wide before the many and narrow
_MOST = 2000  # of each: a browser takes no more at a time, and all can be typed


def scope_places(facets: Facets) -> list[tuple[str, str]]:
    """What there is to choose from, as a label and a value; nothing where all would be the same."""
    named = [(field, getattr(facets, field)) for field in _FIRST]
    total = sum(facets.notes.values())
    return list(
        chain.from_iterable(
            islice(_choices(NAMES[field], counts, total), _MOST) for field, counts in named
        )
    )


def _choices(name: str, counts: Mapping[str, int], total: int) -> Iterable[tuple[str, str]]:
    for value, count in counts.items():
        if count < total:
            label = f"{name}:{value}"
            yield (label if count == 1 else f"{label} ({count:,})", f"{name}:{value}")


def ask_options_of(
    where: Sequence[str] | None, style: str | None, strict: bool | None = False
) -> AskOptions:
    """The options that were chosen; what is no choice (any more) is left out."""
    chips = [str(choice).partition(":") for choice in where or ()]

    def named(name: str) -> tuple[str, ...]:
        return tuple(value for found, _, value in chips if found == name and value)

    scope = Scope(named("in"), named("folder"), named("tag"), named("kind"))
    how = Style(style) if style in set(Style) else Style.SHORT
    return AskOptions(scope, how, strict is True)


_NO_MODEL = "none"  # as in CRIB_LLM
_LOADING_SECONDS = 0.3  # between looks whether the model is there


class ModelPicker:
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
            gr.Warning(html.escape(failure(error)))  # it is shown as HTML
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
        how = gr.update(visible=self._library.used() != _NO_MODEL)
        return {
            self._on.options.style: how,
            self._on.options.strict: how,
            self._on.remark: Macros("chat").remark(self._library.hosts()),
            self._on.header: library_header_html(self._library),
        }
