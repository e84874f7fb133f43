"""Notes are added from the page and taken out again; what is forgotten is asked for first."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server
from typing import ClassVar

import httpx
import pytest
from page_fakes import (
    GRADIO_WARNINGS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
)

import web.server
from commands.ingestion import ingest
from commands.pages import notes as added
from commands.pages.library import NotesLibrary
from commands.pages.notes import IndexedNotes, NotesController
from ingest.types import Report
from rag.config import Settings
from rag.errors import NotesError
from rag.search.agreement import Conflict, Duplicate, Statement
from web.notes_page.keeping import _left_out
from web.notes_page.page import NotesPage
from web.notes_page.types import State, Todo
from web.server import serve
from web.templates import Macros

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]
HOSTILE = '<img src=x onerror=alert(1)>"'


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    folder.mkdir()
    for name in ("owl", "lark", "crow"):
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\nThe {name} is a bird.\n")
    return folder


@pytest.fixture
def library(settings: Settings, vault: Path, embedder, monkeypatch) -> NotesLibrary:
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    list(ingest(settings, str(vault)))
    return NotesLibrary(settings)


@pytest.fixture
def keeper(library: NotesLibrary) -> NotesController:
    return NotesController(library)


@pytest.fixture
def shelf(library: NotesLibrary) -> IndexedNotes:
    return IndexedNotes(library)


def states(shelf: IndexedNotes) -> dict[str, State]:
    return {item.name: item.state for item in shelf.overview(fresh=True).items}


def report(library: NotesLibrary) -> Report:
    *_, last = library.ingest()
    assert isinstance(last, Report)
    return last


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("plan.md", "plan.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plan.md", "plan.md"),
        ("..", "note"),
        (".bashrc", "bashrc"),
        ("CON.md", "_CON.md"),
        ("a\x00b\n\u202edm.md", "a_b__dm.md"),
        ("caf\u0065\u0301.md", "caf\u00e9.md"),
        ("\udcff.md", "?.md".replace("?", "_")),
        ("/", "note"),
    ],
)
def test_a_name_from_a_browser_becomes_a_file_in_our_folder(wanted: str, name: str) -> None:
    assert added.safe_name(wanted) == name


def test_a_long_name_keeps_its_ending_and_fits() -> None:
    name = added.safe_name("é" * 500 + ".md")
    assert name.endswith("é.md")
    assert len(name.encode()) <= 120


def test_files_are_kept_once_and_never_over_each_other(tmp_path: Path) -> None:
    for folder, text in (("a", "one"), ("b", "two"), ("c", "one")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.md").write_text(text)
        added.take_upload(tmp_path / "home", [tmp_path / folder / "x.md"])
    kept = {path.name: path.read_text() for path in (tmp_path / "home" / "added").iterdir()}
    assert kept == {"x.md": "one", "x (2).md": "two"}


def test_a_link_among_what_was_added_is_not_written_through(tmp_path: Path) -> None:
    mine, new = tmp_path / "mine.md", tmp_path / "new" / "x.md"
    mine.write_text("mine")
    new.parent.mkdir()
    new.write_text("new")
    (tmp_path / "added").mkdir()
    (tmp_path / "added" / "x.md").symlink_to(mine)
    added.take_upload(tmp_path, [new])
    assert mine.read_text() == "mine"
    assert (tmp_path / "added" / "x (2).md").read_text() == "new"


def test_what_cannot_be_a_note_is_left_out_and_it_is_said_why(tmp_path: Path) -> None:
    program, giant, note = tmp_path / "a.exe", tmp_path / "b.md", tmp_path / "c.md"
    program.write_bytes(b"MZ")
    note.write_text("# C\n")
    with giant.open("wb") as stream:
        stream.truncate(5_000_001)
    _, left = added.take_upload(tmp_path / "home", [program, giant, note])
    assert left == {
        "a.exe": ".exe is no format that is read",
        "b.md": "it is 5,000,001 bytes, the most is 5,000,000; split it",
    }
    with pytest.raises(NotesError, match=r"a\.exe"):
        added.take_upload(tmp_path / "home", [program])


def test_what_was_added_is_read_next_and_the_states_say_so(
    keeper: NotesController, library: NotesLibrary, shelf: IndexedNotes, vault: Path, tmp_path: Path
) -> None:
    new = tmp_path / "bee.md"
    new.write_text("# Bee\n\nThe bee sees ultraviolet light.\n")
    keeper.take_in([str(new)])
    (vault / "owl.md").write_text("# Owl\n\nThe owl hunts at night.\n")
    (vault / "wren.md").write_text("# Wren\n\nThe wren is small.\n")
    (vault / "crow.md").unlink()
    assert states(shelf) == {
        "lark.md": State.INDEXED,
        "owl.md": State.CHANGED,
        "wren.md": State.NEW,
        "crow.md": State.GONE,
    }
    assert report(library).new == 1
    assert states(shelf)["bee.md"] is State.INDEXED
    assert states(shelf)["owl.md"] is State.CHANGED  # only what was wanted was read
    report(library)
    assert set(states(shelf).values()) == {State.INDEXED}
    found = shelf.find("ultraviolet", 5)
    assert [chunk.name for chunk in found] == ["bee.md"]
    assert "ultraviolet" in shelf.read(found[0].note_path).text


def test_what_is_wanted_while_notes_are_read_is_read_in_the_same_ingest(
    keeper: NotesController, library: NotesLibrary, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "tit.md").write_text("# Tit\n\nThe tit is blue.\n")
    events = library.ingest()
    next(events)
    keeper.want(f' "{more}" ')
    reports = [event for event in events if isinstance(event, Report)]
    assert [one.folder for one in reports] == [more.as_posix()]
    assert library.counts()[0] == 4


def test_a_folder_that_is_not_there_is_said_at_once(
    keeper: NotesController, tmp_path: Path
) -> None:
    with pytest.raises(NotesError, match="no folder"):
        keeper.want(str(tmp_path / "nowhere"))
    with pytest.raises(NotesError, match="name a folder"):
        keeper.want("  ")


def test_most_notes_are_forgotten_only_once_that_is_confirmed(
    keeper: NotesController, library: NotesLibrary, vault: Path
) -> None:
    for name in ("owl", "lark"):
        (vault / f"{name}.md").unlink()
    (todo,) = keeper.plan()
    assert [Path(path).name for path in todo.deleted] == ["lark.md", "owl.md"]
    with pytest.raises(NotesError, match="2 of the 3 notes"):
        report(library)
    keeper.allow_deletions()
    assert report(library).deleted == 2


def test_a_source_is_taken_out_and_undo_brings_it_back(
    keeper: NotesController, library: NotesLibrary, shelf: IndexedNotes, vault: Path
) -> None:
    source = vault.resolve().as_posix()
    assert keeper.forget(source) == 3
    assert library.counts() == (0, 0)
    assert shelf.overview(fresh=True).sources == ()
    assert sorted(path.name for path in vault.iterdir()) == ["crow.md", "lark.md", "owl.md"]
    assert keeper.undo() == (3, 0)
    assert library.counts()[0] == 3
    assert shelf.overview(fresh=True).sources == (source,)
    with pytest.raises(NotesError, match="no source"):
        keeper.forget("/nowhere")


def test_what_was_added_does_not_come_back_once_it_was_taken_out(
    keeper: NotesController, library: NotesLibrary, settings: Settings, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nText of {name}.\n")
    keeper.take_in([str(tmp_path / "one.md")])
    report(library)
    keeper.forget((settings.home / "added").resolve().as_posix())
    keeper.take_in([str(tmp_path / "two.md")])
    report(library)
    assert [path.name for path in (settings.home / "added").iterdir()] == ["two.md"]
    assert len(list(settings.home.glob("added-until-*/one.md"))) == 1  # nothing is lost


def test_changes_are_not_told_while_watching_is_off(
    keeper: NotesController, library: NotesLibrary, vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commands.pages.library.changes", lambda *_: iter([None, None]))
    assert keeper.watches() is None
    stop = threading.Event()
    told = library.changes(stop)
    next(told)
    assert keeper.watches() is True
    keeper.watch(False)
    assert keeper.watches() is False
    waiting = threading.Thread(target=lambda: next(told, None), daemon=True)
    waiting.start()
    waiting.join(0.3)
    assert waiting.is_alive()
    keeper.watch(True)
    waiting.join(10)
    assert not waiting.is_alive()
    stop.set()


def test_what_is_asked_and_said_names_files_and_runs_nothing() -> None:
    todo = Todo(HOSTILE, 1, 2, 3, tuple(f"{HOSTILE}{n}" for n in range(30)), 4.2)
    notes = Macros("notes")
    shown = notes.plan([todo, Todo(HOSTILE, trouble=HOSTILE)]) + notes.forget(HOSTILE)
    shown += notes.sources([HOSTILE]) + Macros("parts").alert(HOSTILE)
    shown += notes.duplicates([Duplicate((HOSTILE, HOSTILE), 0.7, False)])
    hostile = Statement(HOSTILE, 1, HOSTILE, frozenset(), negated=False)
    shown += notes.conflicts([(hostile, hostile)])
    shown += notes.done(HOSTILE, _left_out({HOSTILE: HOSTILE}))
    assert "<img" not in shown
    assert "1 new, 2 changed, 3 moved, 30 to be removed; about 4 s" in shown
    assert "and 10 more" in shown


# Over HTTP


class NoNotes:
    """Neither notes nor anything that keeps them; says what it was given."""

    given: ClassVar[list[str]] = []

    def duplicates(self) -> list[Duplicate]:
        return []

    def conflicts(self) -> list[Conflict]:
        return []

    def take_in(self, files: list[str]) -> dict[str, str]:
        self.given += files
        return {}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    nothing = NoNotes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(web.server, "MAX_UPLOAD", 10_000)

        with closing(create_server(("127.0.0.1", 0))) as probe:
            port = int(probe.getsockname()[1])
        page = NotesPage(nothing, nothing, str)  # type: ignore[arg-type]
        served = serve(ScriptedLibrary(), port=port, pages=lambda: [page], block=False)
    yield served.url
    served.close()


def test_a_file_that_is_too_large_is_refused(url: str) -> None:
    upload = f"{url}/gradio_api/upload"
    for size, status in ((9_000, 200), (20_000, 413)):
        sent = httpx.post(upload, files={"files": ("a.md", b"x" * size)})
        assert sent.status_code == status
    origin = {"origin": "http://evil.example"}
    sent = httpx.post(upload, files={"files": ("a.md", b"x")}, headers=origin)
    assert sent.status_code == 403


def test_what_was_uploaded_is_not_served_as_a_page(url: str) -> None:
    sent = httpx.post(
        f"{url}/gradio_api/upload", files={"files": ("../../x.html", b"<script>1</script>")}
    )
    (path,) = sent.json()
    assert ".." not in path
    got = httpx.get(f"{url}/gradio_api/file={path}")
    assert got.status_code in {403, 404} or "attachment" in got.headers["content-disposition"]


def test_a_file_of_this_machine_cannot_be_named_as_an_upload(url: str, tmp_path: Path) -> None:
    mine = tmp_path / "mine.md"
    mine.write_text("mine")
    config = httpx.get(f"{url}/config").json()
    (files,) = [c["id"] for c in config["components"] if c["props"].get("elem_id") == "notes-files"]
    (number,) = [d["id"] for d in config["dependencies"] if [files, "upload"] in d["targets"]]

    def given(path: str) -> int:
        file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "mine.md"}
        sent = {"data": [[file], 0], "fn_index": number, "session_hash": "x"}
        return httpx.post(f"{url}/gradio_api/run/predict", json=sent).status_code

    (path,) = httpx.post(f"{url}/gradio_api/upload", files={"files": ("a.md", b"x")}).json()
    assert given(path) == 200
    assert [Path(one).name for one in NoNotes.given] == ["a.md"]
    assert given(str(mine)) >= 400
    assert mine.read_text() == "mine"
    assert len(NoNotes.given) == 1
