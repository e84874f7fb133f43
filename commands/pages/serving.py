"""The pages beside the chat, put together."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from commands.pages.evals import LocalEvals
from commands.pages.library import NotesLibrary
from commands.pages.notes import IndexedNotes, NotesController
from commands.pages.quiz import QuizController
from commands.pages.settings import SettingsController
from rag.config import Settings
from rag.errors import SettingsError
from web.guard import Access
from web.server import is_loopback

if TYPE_CHECKING:
    from web.layout import Page


def pages(library: NotesLibrary, allowed: Sequence[Path] | None = None) -> Sequence["Page"]:
    """Every page beside the chat, in the order of their tabs; `allowed` is as in `NotesController`.

    Imports Gradio, which reads the environment then: call it once that is as it should be.
    """
    from web.evals_page.page import EvalsPage
    from web.notes_page.page import NotesPage
    from web.quiz_page.page import QuizPage
    from web.render import library_header_html
    from web.settings_page import SettingsPage

    def header() -> str:
        return library_header_html(library)

    return [
        NotesPage(IndexedNotes(library), NotesController(library, allowed), header),
        QuizPage(QuizController(library)),
        EvalsPage(LocalEvals(lambda: library.settings)),
        SettingsPage(SettingsController(library)),
    ]


def access(settings: Settings, names: Sequence[str] = ()) -> Access | None:
    """What opens the page, which `names` also call; None where it asks nobody.

    Raises:
        SettingsError: there are names by which others call it, and no password.
    """
    if settings.password:
        return Access(settings.user, settings.password, tuple(names))
    if names:
        raise SettingsError(
            f"--allow-host {names[0]!r} is for a page that others can reach; set CRIB_PASSWORD too"
        )
    return None


def folders(settings: Settings, paths: Sequence[str] = ()) -> tuple[Path, ...] | None:
    """Folders of this machine from which may be added by path; None where any may be named.

    That is where there is no login, and the page is for whoever sits at this machine.

    Raises:
        SettingsError: there are `paths` and no password; or one of them is no folder.
    """
    if not settings.password:
        if paths:
            raise SettingsError(
                f"--allow-path {paths[0]!r} is for a page with a login, which CRIB_PASSWORD sets;"
                " without one, any folder may be added"
            )
        return None
    allowed = tuple(Path(path).expanduser().resolve() for path in paths)
    if missing := [path for path in allowed if not path.is_dir()]:
        raise SettingsError(f"--allow-path {str(missing[0])!r} is no folder")
    return allowed


def address_lines(host: str, url: str) -> Iterator[str]:
    """Lines on where the page is, and what to mind there."""
    yield f"Cribsheet is at {url} (Ctrl-C stops it)"
    if not is_loopback(host):
        yield (
            f"{host} can be reached from other machines. The login and your notes go over the"
            " network unencrypted; for https, put a reverse proxy in front and serve on 127.0.0.1"
        )
