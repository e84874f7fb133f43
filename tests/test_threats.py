"""What the server promises under attack, over HTTP, with every page that it serves."""

import json
import logging
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from gradio_client import Client
from page_fakes import (
    GRADIO_WARNINGS,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)

from commands.pages import serving
from commands.pages.library import NotesLibrary
from rag.config import Settings
from web.server import RunningPage

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]

KEY = "sk-canary-0123456789"
PASSWORD = "canary-password"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Notes among which lie files that a browser must not get, and a link out of the folder."""
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.md").write_text("# Secret\n\ncanary-outside\n")
    notes = tmp_path_factory.mktemp("notes")
    (notes / "cells.md").write_text("# Cells\n\nMitosis gives two identical cells.\n")
    (notes / "page.html").write_text("<title>Page</title><p>canary-inside</p>")
    (notes / "image.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (notes / ".env").write_text("KEY=canary-inside")
    (notes / "link.md").symlink_to(outside / "secret.md")
    (notes / "linked").symlink_to(outside)
    return notes


@pytest.fixture(scope="module")
def connected() -> Iterator[list[str]]:
    """Every address that something in this process connects to."""
    addresses: list[str] = []
    before = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        addresses.append(str(address[0]) if isinstance(address, tuple) else "")
        before(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield addresses


@pytest.fixture(scope="module")
def served(
    folder: Path, connected: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningPage]:
    """A real library with every page, whose settings hold secrets that nobody is to see."""
    home = tmp_path_factory.mktemp("home")
    settings = Settings(
        home=home,
        notes=folder,
        llm="none",
        llm_api_key=KEY,  # type: ignore[arg-type]
        password=PASSWORD,  # type: ignore[arg-type]
    )
    library = NotesLibrary(settings)
    library.load_model()
    list(library.ingest())
    with serving_page(library, pages=lambda: serving.pages(library)) as page:
        yield page


@pytest.fixture(scope="module")
def url(served: RunningPage) -> str:
    return served.url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    opened = Client(url, verbose=False, analytics_enabled=False)
    yield opened
    opened.close()


def test_every_listener_of_every_page_is_private_but_the_four_named_ones(url: str) -> None:
    config = httpx.get(f"{url}/config").json()
    public = {
        one["api_name"] for one in config["dependencies"] if one["api_visibility"] != "private"
    }
    assert public == {"ask", "search", "ingest", "status"}
    info = httpx.get(f"{url}/gradio_api/info").json()
    assert set(info["named_endpoints"]) == {"/ask", "/search", "/ingest", "/status"}
    assert info["unnamed_endpoints"] == {}


@pytest.mark.parametrize("name", ["page.html", "image.svg", ".env", "link.md", "linked/secret.md"])
def test_files_of_the_notes_are_not_served(url: str, folder: Path, name: str) -> None:
    path = quote(str(folder / name))
    for address in (
        f"file={path}",
        f"file/{path}",
        f"file={quote(os.path.relpath(folder / name))}",
    ):
        response = httpx.get(f"{url}/gradio_api/{address}", follow_redirects=True)
        assert response.status_code in {403, 404}, address
        assert "canary" not in response.text


def test_no_way_out_of_a_folder_that_is_served(url: str) -> None:
    climbs = ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "....//" * 6, "..%5c" * 12)
    starts = ("gradio_api/file=", "assets/", "static/", "svelte/", "gradio_api/custom_component/x/")
    with httpx.Client(base_url=url) as client:
        for start in starts:
            for climb in climbs:
                response = client.get(f"/{start}{climb}etc/passwd")
                assert response.status_code >= 400, start + climb
                assert "root:" not in response.text


def test_no_other_machine_is_asked_through_this_one(url: str, connected: list[str]) -> None:
    before = len(connected)
    for address in ("http://127.0.0.1:9/x", "http://169.254.169.254/latest", "file:///etc/passwd"):
        for way in ("proxy=", "file="):
            response = httpx.get(f"{url}/gradio_api/{way}{address}")
            assert response.status_code >= 400, way + address
            assert "location" not in response.headers
            assert "root:" not in response.text
    assert not {"169.254.169.254"} & set(connected[before:])


def test_what_lies_beyond_a_link_is_not_read_into_the_library(client: Client) -> None:
    status = client.predict(api_name="/status")
    assert status["notes"] == 2
    found = client.predict(question="canary-outside secret", api_name="/search")
    assert "canary-outside" not in json.dumps(found)


def test_no_key_is_on_any_page_in_any_answer_or_in_the_log(
    url: str,
    client: Client,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    told = [httpx.get(url + path).text for path in ("/", "/config", "/gradio_api/info")]
    told += [str(client.predict(api_name="/status"))]
    told += [str(client.predict(question="What does mitosis give?", api_name="/ask"))]
    for wrong in ({"data": [{"x": 1}, 7, None, "?"]}, {"data": []}, [], None):
        event = httpx.post(f"{url}/gradio_api/call/ask", json=wrong)
        told.append(event.text)
        if event.status_code == 200:
            told.append(httpx.get(f"{url}/gradio_api/call/ask/{event.json()['event_id']}").text)
    out, err = capfd.readouterr()
    for text in (*told, out, err, caplog.text):
        assert KEY not in text
        assert PASSWORD not in text
    assert not [text for text in told if "Traceback" in text]


def test_an_answer_without_a_hosted_model_reaches_nothing_but_this_machine(
    client: Client, connected: list[str]
) -> None:
    assert (
        "two identical"
        in client.predict(question="What does mitosis give?", api_name="/ask")["text"]
    )
    client.predict(api_name="/ingest")
    assert set(connected) <= {"127.0.0.1", "localhost", "::1", ""}


def test_who_calls_again_and_again_does_not_fill_the_memory(served: RunningPage) -> None:
    """Gradio keeps a copy of every part of the page for each call, until there are too many."""
    state = served._page.blocks.state_holder
    call = f"{served.url}/gradio_api/call/status"
    with httpx.Client() as client:
        for _ in range(300):
            client.get(f"{call}/{client.post(call, json={'data': []}).json()['event_id']}")
    assert 0 < len(state.session_data) <= 256
    assert len(state.time_last_used) <= 256
