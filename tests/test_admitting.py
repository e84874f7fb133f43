"""What somebody with the password may have read, and what the page's own listeners give away."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from page_fakes import (
    GRADIO_WARNINGS,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)

from commands.pages import serving
from commands.pages.library import NotesLibrary
from commands.pages.notes import NotesController
from commands.pages.serving import access, folders
from rag.config import Settings
from rag.errors import NotesError, SettingsError

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]

PASSWORD = "canary-password"
CANARY = "canary-outside"
HOSTILE = ("../../../../etc/passwd", -1, None, {"path": "/etc/passwd"})


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outside")
    (folder / "secret.md").write_text(f"# Secret\n\n{CANARY}\n")
    return folder


@pytest.fixture(scope="module")
def library(outside: Path, tmp_path_factory: pytest.TempPathFactory) -> NotesLibrary:
    notes = tmp_path_factory.mktemp("notes")
    (notes / "cells.md").write_text("# Cells\n\nMitosis gives two identical cells.\n")
    (notes / "more").mkdir()
    (notes / "more" / "owls.md").write_text("# Owls\n\nAn owl hunts at night.\n")
    (notes / "linked").symlink_to(outside)
    home = tmp_path_factory.mktemp("home")
    library = NotesLibrary(Settings(home=home, notes=notes, llm="none", password=PASSWORD))  # type: ignore[arg-type]
    library.load_model()
    list(library.ingest())
    return library


@pytest.fixture(scope="module")
def client(library: NotesLibrary) -> Iterator[httpx.Client]:
    """Somebody who is logged in, at a page from which no other folder may be added."""
    settings = library.settings
    made: dict[str, Any] = {
        "pages": lambda: serving.pages(library, folders(settings)),
        "access": access(settings),
    }
    with (
        serving_page(library, **made) as page,
        httpx.Client(base_url=page.url, timeout=30) as client,
    ):
        given = {"username": settings.user, "password": PASSWORD}
        assert client.post("/login", data=given).status_code == 200
        yield client


@pytest.fixture(scope="module")
def listeners(client: httpx.Client) -> list[dict[str, Any]]:
    return [one for one in client.get("/config").json()["dependencies"] if one["backend_fn"]]


def sent(client: httpx.Client, number: int, data: list[Any], **more: Any) -> str:
    """What the server says to a call of a listener by its number."""
    call = {"data": data, "fn_index": number, "session_hash": "mine", "trigger_id": None} | more
    direct = client.post("/gradio_api/run/predict", json=call)
    if "queue" not in direct.text or direct.status_code == 200:
        return direct.text
    joined = client.post("/gradio_api/queue/join", json=call)
    if joined.status_code != 200:
        return joined.text
    return client.get("/gradio_api/queue/data", params={"session_hash": "mine"}).text


def added(client: httpx.Client, listeners: list[dict[str, Any]], target: str) -> str:
    """What the page of notes says when somebody adds a path."""
    config = client.get("/config").json()
    (button,) = [
        c["id"] for c in config["components"] if c["props"].get("elem_id") == "notes-target-add"
    ]
    (number,) = [one["id"] for one in listeners if [button, "click"] in one["targets"]]
    return str(json.loads(sent(client, number, [target, 0]))["data"][0])


def test_only_what_lies_in_a_folder_of_notes_is_added_by_path(
    client: httpx.Client, listeners: list[dict[str, Any]], library: NotesLibrary, outside: Path
) -> None:
    notes = library.settings.notes
    for target in (
        str(outside),
        str(outside / "secret.md"),
        str(outside / "nothing.md"),
        str(notes / "linked"),
        f"{notes}/../{outside.name}",
        "/etc",
        "/",
        "~root",
    ):
        said = added(client, listeners, target)
        assert "--allow-path" in said, target
        assert 'role="alert"' in said
    assert 'role="alert"' in added(client, listeners, "\x00")
    for target in (str(notes), str(notes / "more"), str(notes / "more" / "owls.md")):
        assert 'role="status"' in added(client, listeners, target)
    library._wanted.clear()


def test_an_address_of_this_machine_or_its_network_is_not_fetched(
    client: httpx.Client, listeners: list[dict[str, Any]], library: NotesLibrary
) -> None:
    for target in ("http://127.0.0.1:9/x", "http://169.254.169.254/latest", "http://[::1]/"):
        assert 'role="status"' in added(client, listeners, target)
        with pytest.raises(NotesError, match=r"private|loopback|own|network|public"):
            list(library.ingest())


def test_whoever_starts_the_page_allows_more(library: NotesLibrary, outside: Path) -> None:
    settings = library.settings
    NotesController(library, folders(settings, [str(outside)])).want(str(outside / "secret.md"))
    library._wanted.clear()
    NotesController(library, folders(Settings())).want(str(outside))  # no login: who sits here
    library._wanted.clear()
    with pytest.raises(SettingsError, match="CRIB_PASSWORD"):
        folders(Settings(), [str(outside)])
    with pytest.raises(SettingsError, match="no folder"):
        folders(settings, [str(outside / "secret.md")])


def test_no_listener_gives_what_lies_outside_whatever_it_is_given(
    client: httpx.Client, listeners: list[dict[str, Any]], outside: Path
) -> None:
    """Gradio calls every listener for whoever knows its number, and they are numbered from 0."""
    before, answered = sorted(outside.iterdir()), set()
    for one in listeners:
        for bad in (str(outside / "secret.md"), *HOSTILE):
            event = {"do": "open", "value": bad, "id": bad, "path": bad, "index": bad}
            said = sent(client, one["id"], [bad] * len(one["inputs"]), event_data=event)
            if '"data":[' in said or "process_completed" in said:
                answered.add(one["id"])
            assert CANARY not in said, (one["id"], bad)
            assert "root:" not in said, (one["id"], bad)
            assert "Traceback" not in said, (one["id"], bad)
            assert PASSWORD not in said, (one["id"], bad)
    assert sorted(outside.iterdir()) == before
    assert len(answered) > len(listeners) / 2  # they were really called
    assert client.get("/config").status_code == 200
