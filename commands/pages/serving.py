"""The pages beside the chat, put together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.pages.controls import Controls
from commands.pages.eval_desk import EvalDesk
from commands.pages.library import NotesLibrary
from commands.pages.notes_keeper import NotesKeeper
from commands.pages.notes_shelf import NotesShelf
from commands.pages.quiz_desk import QuizDesk

if TYPE_CHECKING:
    from web.tabs import Page


def pages(library: NotesLibrary, allowed: Sequence[Path] | None = None) -> Sequence["Page"]:
    """Every page beside the chat, in the order of their tabs; `allowed` is as in `NotesKeeper`.

    Imports Gradio, which reads the environment then: call it once that is as it should be.
    """
    from web.evals_page.page import EvalsPage
    from web.notes_page.page import NotesPage
    from web.quiz_page.page import QuizPage
    from web.settings_page.page import SettingsPage
    from web.view import header_html

    return [
        NotesPage(NotesShelf(library), NotesKeeper(library, allowed), lambda: header_html(library)),
        QuizPage(QuizDesk(library)),
        EvalsPage(EvalDesk(lambda: library.settings)),
        SettingsPage(Controls(library)),
    ]
