"""Answers run side by side: one person's stream, held back, keeps nobody else's from ending."""

import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    QUESTION,
    WAIT_SECONDS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)

from rag.types import AskOptions, Event, Token, Turn

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]

SLOW = "Which light does slow chlorophyll absorb?"


class OneHeldBack(ScriptedLibrary):
    """Holds back every word of an answer to the question SLOW until `let_go` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go, self.reached = threading.Event(), threading.Event()

    def stream(
        self, question: str, history: tuple[Turn, ...], options: AskOptions = AskOptions()
    ) -> Iterator[Event]:
        for event in super().stream(question, history, options):
            if question == SLOW and isinstance(event, Token):
                self.reached.set()
                self.let_go.wait(WAIT_SECONDS)
            yield event


class Client(threading.Thread):
    """A browser's part: joins the queue, then reads what the server sends until it is done."""

    def __init__(self, url: str, question: str, session: str) -> None:
        super().__init__(daemon=True)
        self.api, self.question, self.session = f"{url}/gradio_api", question, session
        self.said: list[str] = []
        self.sources = threading.Event()
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        with httpx.Client(timeout=WAIT_SECONDS) as client:
            config = client.get(self.api.removesuffix("gradio_api") + "config").json()
            where = asking(config)
            values = [self.question, *[None] * (len(where["inputs"]) - 1)]
            request = {"data": values, "fn_index": where["id"], "session_hash": self.session}
            client.post(f"{self.api}/queue/join", json=request).raise_for_status()
            query = {"session_hash": self.session}
            with client.stream("GET", f"{self.api}/queue/data", params=query) as answer:
                for line in answer.iter_lines():
                    if line.startswith("data:"):
                        self._hear(line)
                        if json.loads(line[5:])["msg"] == "process_completed":
                            break
        self.ended.set()

    def _hear(self, line: str) -> None:
        self.said.append(line)
        if CITED in line:
            self.sources.set()


def asking(config: dict) -> dict:
    """The listener that a question is sent to."""
    boxes = {one["id"] for one in config["components"] if one["type"] == "textbox"}
    return next(
        one
        for one in config["dependencies"]
        for target, event in one["targets"]
        if target in boxes and event == "submit"
    )


def test_an_answer_that_is_held_back_holds_back_no_other() -> None:
    library = OneHeldBack()
    with serving_page(library) as page:
        slow = Client(page.url, SLOW, "slow")
        try:
            assert library.reached.wait(WAIT_SECONDS)
            assert slow.sources.wait(WAIT_SECONDS)  # the passage is on the page meanwhile
            others = [Client(page.url, QUESTION, f"tab {number}") for number in range(3)]
            assert all(client.ended.wait(WAIT_SECONDS) for client in others)
            assert all(f"Your notes say: {CITED}" in " ".join(one.said) for one in others)
            assert not slow.ended.is_set()
            assert "Your notes say" not in " ".join(slow.said)
        finally:
            library.let_go.set()
        assert slow.ended.wait(WAIT_SECONDS)
        assert f"Your notes say: {CITED}" in " ".join(slow.said)
