"""Is the page quick, for one and for twenty? Real server, real index, real browser (Chromium).

    python -m benchmarks.page [--questions 1000] [--people 20] [--turns 200] [--notes 10000]

Serves the shipped notes with extractive answers in a process of its own, and prints

- how long the page takes until it can be typed into, and from the key press until "searching" and
  until the sources stand there, measured in the page itself (medians of 9);
- the longest pause between frames while a model server streams 500 tokens at 50 a second;
- how long a talk of 200 turns takes to open and to be asked on, and the largest request and reply;
- the same of the notes' page over a library of 10,000 notes, made as in benchmarks/latency.py;
- the wait of 20 people who ask at once over HTTP, and the server's memory meanwhile.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.exam import CASES, NOTES
from benchmarks.latency import fill
from commands.ingestion import ingest, show_ingest
from eval.case_files import load_cases
from rag.chats.conversations import Conversations
from rag.config import load_settings
from rag.index_wiring import open_next
from rag.types import Answer, Status

ROUNDS = 9
TOKENS, TOKENS_A_SECOND = 500, 50
PORT, MODEL_PORT = 17862, 17863
MB = 1e6

# So that a thousand people ask a thousand things, though about the same notes.
OPENINGS = (
    "",
    *(f"{word}: " for word in "First Next Also Again Quickly Today Exam Review".split()),
)
OPENINGS += tuple(f"{word}, please: " for word in "Colleague Teacher Friend".split())

# In the page: when a key was pressed, and when its effect was first on the screen.
WATCH = """() => {
  window.crib_times = {};
  addEventListener("keydown", () => { window.crib_times = { pressed: performance.now() }; }, true);
  new MutationObserver(() => {
    const times = crib_times;
    if (times.pressed === undefined) return;
    const seen = (name) => {
      if (name in times) return;
      times[name] = null;  // until it is painted
      requestAnimationFrame(() => { times[name] = performance.now(); });
    };
    if (document.querySelector(".status.running")) seen("searching");
    // Those of the answer before are there until the server begins to search.
    const cards = document.querySelector("#cards .card");
    times.cleared ||= !cards;
    if (times.cleared && cards) seen("sources");
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
}"""
FRAMES = """() => {
  window.crib_longest = 0;
  let last = performance.now();
  const frame = (now) => {
    crib_longest = Math.max(crib_longest, now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""


@contextmanager
def serving(home: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """`crib serve` over `home`, in a process of its own."""
    command = [sys.executable, "-m", "app", "serve", "--port", str(PORT), "--no-watch"]
    environment = os.environ | {"CRIB_HOME": str(home), "CRIB_LANGUAGE": "en"} | settings
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            while not _is_up():
                time.sleep(0.1)
            yield process
        finally:
            process.terminate()


def _is_up() -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{PORT}/", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


# One person, in a browser


def opened(browser: Browser, path: str = "/") -> tuple[Page, float]:
    """A page that can be typed into, and the milliseconds until it could."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(120_000)
    begin = time.perf_counter()
    page.goto(f"http://127.0.0.1:{PORT}{path}")
    page.wait_for_selector("#question textarea:enabled")
    return page, 1000 * (time.perf_counter() - begin)


def ask(page: Page, question: str) -> dict[str, float]:
    """Ask, and give the milliseconds from the key press to each stage."""
    page.get_by_placeholder("Ask your notes a question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_function("window.crib_times?.sources > 0")
    page.wait_for_function("!document.querySelector('.status.running')")
    times: dict[str, float] = page.evaluate("window.crib_times")
    return {name: times[name] - times["pressed"] for name in ("searching", "sources")}


def one_person(browser: Browser, questions: Sequence[str]) -> Iterator[str]:
    """Lines on how quick the page is for one."""
    loads = []
    for _ in range(ROUNDS):
        page, milliseconds = opened(browser)
        loads.append(milliseconds)
        page.close()
    yield f"page load to interactive, ms: {_spread(loads)}"
    page, _ = opened(browser)
    page.evaluate(WATCH)
    stages = [ask(page, question) for question in questions[:ROUNDS]]
    for name in ("searching", "sources"):
        yield f"key press to {name}, ms: {_spread([stage[name] for stage in stages])}"
    page.close()


def streamed(browser: Browser, before: str, question: str) -> Iterator[str]:
    """A line on the longest frame while many tokens come; `before` is asked first."""
    page, _ = opened(browser)
    page.evaluate(WATCH)
    ask(page, before)  # the first answer of a server is shown when it is whole
    page.get_by_placeholder("Ask your notes a question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(".answer .layers")  # the first token
    page.evaluate(FRAMES)
    page.wait_for_function("!document.querySelector('.status.running')")
    longest = page.evaluate("crib_longest")
    yield f"{TOKENS} tokens streamed: longest time between frames {longest:.0f} ms"
    page.close()


def long_talk(browser: Browser, home: Path, turns: int, question: str) -> Iterator[str]:
    """Lines on a conversation of many turns."""
    chats, chat = Conversations(home), None
    for turn in range(turns):
        text = f"This is what was answered at turn {turn}. " * 5
        chat = chats.keep(Answer(f"Turn {turn}?", "", text, Status.ANSWERED, "x"), chat).chat
    page, _ = opened(browser)
    sizes = _watched(page)
    begin = time.perf_counter()
    page.locator("#chats .open").first.click()
    page.wait_for_function(f"document.querySelector('#log .answer.nth-{turns - 1}')")
    yield f"a talk of {turns} turns: opened in {1000 * (time.perf_counter() - begin):.0f} ms"
    page.evaluate(WATCH)
    stages = ask(page, question)
    yield f"... key press to {', '.join(f'{name} {ms:.0f} ms' for name, ms in stages.items())}"
    yield _told(sizes)
    page.close()


def large_library(browser: Browser, home: Path, notes: int) -> Iterator[str]:
    """Lines on the page over many notes: opened, searched, a note read, a question asked."""
    store = open_next(load_settings().model_copy(update={"home": home}))
    questions = list(fill(store, 3 * notes))
    held = store.index.counts()
    store.close()
    with serving(home, CRIB_LLM="none"):
        opened(browser)[0].close()  # what is loaded once is loaded
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        sizes, steps = _watched(page), []

        def done(said: str, step: Callable[[], object], seen: str) -> None:
            begin = time.perf_counter()
            step()
            page.wait_for_selector(seen)
            steps.append(f"{said} {1000 * (time.perf_counter() - begin):.0f} ms")

        name = f"note{notes // 2:06}"
        address = f"http://127.0.0.1:{PORT}/?tab=notes"
        done("page opened", lambda: page.goto(address), "#notes-tree button")
        search = page.get_by_placeholder("Search notes by name or by words")
        done("searched", lambda: search.fill(name), f"#notes-tree button:has-text('{name}')")
        found = page.locator("#notes-tree").get_by_role("button", name=name).first
        done("note read", found.click, f"#note-name:has-text('{name}')")
        yield f"{held[0]:,} notes, {held[1]:,} passages: {', '.join(steps)}"
        yield _told(sizes)
        page.close()
        page, _ = opened(browser)
        page.evaluate(WATCH)
        stages = [ask(page, question) for question in questions[:ROUNDS]]
        yield f"... key press to sources, ms: {_spread([stage['sources'] for stage in stages])}"
        page.close()


def _watched(page: Page) -> "Counter[str]":
    """Bytes of each reply by its request, and of all that is `sent`, as they come."""
    sizes: Counter[str] = Counter()
    page.on("request", lambda request: sizes.update({"sent": len(request.post_data or "")}))
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on(
        "Network.dataReceived",
        lambda event: sizes.update({event["requestId"]: event["dataLength"]}),
    )
    return sizes


def _told(sizes: "Counter[str]") -> str:
    sent = sizes.pop("sent", 0)
    return f"... largest reply {max(sizes.values()) / MB:.2f} MB, all requests {sent / MB:.2f} MB"


# Many people, over HTTP


def crowd(process: int, people: int, questions: Sequence[str]) -> Iterator[str]:
    """Lines on many people who ask at once, each the next question as soon as they are answered."""
    mine = threading.local()  # each person's connection, which is not made anew for every question

    def come() -> None:
        mine.client = httpx.Client(base_url=f"http://127.0.0.1:{PORT}/gradio_api/", timeout=60)

    with ThreadPoolExecutor(people, initializer=come) as pool:
        ask = lambda question: _answered(mine.client, question)  # noqa: E731
        list(pool.map(ask, questions[:people]))  # all that is loaded once is loaded
        held, part = [_memory(process)], -(-len(questions) // 4)
        waits: list[float | None] = []
        for start in range(0, len(questions), part):
            waits += pool.map(ask, questions[start : start + part])
            held.append(_memory(process))
    failed = sum(wait is None for wait in waits)
    seconds = sorted(wait for wait in waits if wait is not None)
    p95 = seconds[int(0.95 * len(seconds))]
    yield (
        f"{people} people, {len(questions)} questions: {failed} failed, median "
        f"{statistics.median(seconds):.2f} s, 95 in 100 within {p95:.2f} s"
    )
    said = ", ".join(f"{one:.0f}" for one in held)
    yield f"... memory of the server, MB, before and after each quarter: {said}"


def _answered(client: httpx.Client, question: str) -> float | None:
    """Seconds until a question was answered; None if it was not."""
    begin = time.perf_counter()
    try:
        event = client.post("call/ask", json={"data": [question, None, "short", False]}).json()
        reply = client.get(f"call/ask/{event['event_id']}").text
    except (httpx.HTTPError, KeyError, ValueError):
        return None
    is_answer = "event: complete" in reply and '"status"' in reply
    return time.perf_counter() - begin if is_answer else None


def _memory(process: int) -> float:
    """Resident megabytes of a process, on Linux."""
    for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    raise OSError("no VmRSS")


# A model server that streams


class Streaming(BaseHTTPRequestHandler):
    """An OpenAI-compatible server that says `word` many times."""

    def do_GET(self) -> None:
        """The models there are."""
        self._begin("application/json")
        self.wfile.write(json.dumps({"object": "list", "data": [{"id": "fake"}]}).encode())

    def do_POST(self) -> None:
        """An answer, a token at a time."""
        self.rfile.read(int(self.headers["content-length"]))
        self._begin("text/event-stream")
        for number in range(TOKENS):
            self._send({"content": f"word{number} "})
            time.sleep(1 / TOKENS_A_SECOND)
        self._send({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _begin(self, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()

    def _send(self, delta: dict[str, str], reason: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        told = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "fake"}
        self.wfile.write(f"data: {json.dumps(told | {'choices': [choice]})}\n\n".encode())
        self.wfile.flush()


@contextmanager
def model_server() -> Iterator[dict[str, str]]:
    """The settings that name it."""
    server = ThreadingHTTPServer(("127.0.0.1", MODEL_PORT), Streaming)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield {
            "CRIB_LLM": "openai:fake",
            "CRIB_LLM_BASE_URL": f"http://127.0.0.1:{MODEL_PORT}/v1",
            "CRIB_LLM_API_KEY": "none",
        }
    finally:
        server.shutdown()


def _spread(values: Sequence[float]) -> str:
    return f"median {statistics.median(values):.0f}, most {max(values):.0f}"


def main() -> None:
    """Measure, and print a line at a time."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--notes", type=int, default=10_000)
    options = parser.parse_args()
    asked = [case.question for case in load_cases(CASES) if case.answerable and not case.before]
    many = [f"{opening}{question}" for opening in OPENINGS for question in asked]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder)
        show_ingest(ingest(load_settings().model_copy(update={"home": home}), str(NOTES)))
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        with serving(home, CRIB_LLM="none") as process:
            for line in one_person(browser, asked):
                print(line, flush=True)
            for line in long_talk(browser, home, options.turns, asked[0]):
                print(line, flush=True)
            for line in crowd(process.pid, options.people, many[: options.questions]):
                print(line, flush=True)
        with model_server() as settings, serving(home, **settings):
            for line in streamed(browser, *asked[:2]):
                print(line, flush=True)
        with tempfile.TemporaryDirectory() as large:
            for line in large_library(browser, Path(large), options.notes):
                print(line, flush=True)
        browser.close()


if __name__ == "__main__":
    main()
