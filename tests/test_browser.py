"""What a person sees and does on the page, in a real browser."""

import re
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from conftest import ROOT
from made_files import pdf
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    LOADING,
    MODEL,
    NOTE,
    NOTE_PATH,
    QUESTION,
    REFUSAL,
    WAIT_SECONDS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    served_page,
    serving_page,
)
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

from commands.pages.library import NotesLibrary
from rag import prompts
from rag.config import Settings
from rag.errors import ModelServerError, NotesError
from web.server import RunningPage

CHROMIUM = Path("/usr/bin/chromium")
CHROMIUM_ARGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()
PHONE = {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ScriptedLibrary, RunningPage]]:
    """One server for all tests, since Gradio takes seconds to start."""
    with served_page() as both:
        yield both


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_SECONDS * 1000)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield chromium
        chromium.close()


@pytest.fixture
def library(served: tuple[ScriptedLibrary, RunningPage]) -> Iterator[ScriptedLibrary]:
    served[0].script()
    yield served[0]
    served[0].script()  # opens what is still held


@pytest.fixture
def url(served: tuple[ScriptedLibrary, RunningPage]) -> str:
    return served[1].url


@pytest.fixture(scope="module")
def profile(
    browser: Browser, served: tuple[ScriptedLibrary, RunningPage]
) -> Iterator[BrowserContext]:
    """One cache for all tests, since Gradio's page is made of many files."""
    opened = browser.new_context(base_url=served[1].url, viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(WAIT_SECONDS * 1000)
    yield opened
    opened.close()


@pytest.fixture
def context(
    profile: BrowserContext, library: ScriptedLibrary, capfd: pytest.CaptureFixture[str]
) -> Iterator[BrowserContext]:
    """A browser with no page open, over a library that starts over."""
    yield profile
    for page in profile.pages:
        page.close()
    assert "Traceback" not in capfd.readouterr().err  # where Gradio says that a click failed


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    """The page, ready to be asked. Its address has a query, which `#src-1` links must survive."""
    page = context.new_page()
    page.goto("/?__theme=light")
    expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()
    return page


def ask(tab: Page, question: str = QUESTION) -> None:
    box = tab.get_by_placeholder("Ask your notes a question")
    box.fill(question)
    box.press("Enter")


def answers(tab: Page) -> list[str]:
    return tab.locator(".answer").all_inner_texts()


def test_a_question_is_answered_and_its_citation_shows_the_marked_sentence(tab: Page) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_contain_text(f"Your notes say: {CITED}")
    mark = tab.locator("#src-1 mark")
    expect(mark).to_have_text(CITED)
    tab.get_by_role("link", name="[1]").click()
    expect(mark).to_be_in_viewport()
    expect(tab.locator("#src-1")).to_have_class(re.compile("flash"))
    expect(tab.locator(".answer.answered")).to_be_visible()  # the page was not loaded again


def test_a_first_run_reads_the_notes_and_its_answer_opens_on_their_lines(
    browser: Browser, settings: Settings
) -> None:
    """Nothing is scripted here: page, index, notes and embedding model are real."""
    notes = ROOT / "notes"
    library = NotesLibrary(settings.model_copy(update={"notes": notes}))
    library.load_model()
    with serving_page(library) as served, closing(browser.new_page()) as page:
        page.goto(served.url)
        expect(page.locator(".ingest.done")).to_contain_text("17 passages: 17 added")
        ask(page, "Which tool prepares data with SQL support?")
        expect(page.locator(".answer.extractive")).to_contain_text("SQL support")
        page.locator(".answer a.cite").first.click()
        mark = page.locator("#sources mark").first
        expect(mark).to_be_in_viewport()
        line = page.locator("#sources .copy").first.inner_text().rpartition(":")[2]
        lines = (notes / "sagemaker.md").read_text("utf-8").splitlines()
        assert mark.inner_text() in lines[int(line) - 1]
        ask(page, "What is the capital of France?")
        expect(page.locator(".answer.refused")).to_contain_text(prompts.REFUSAL)


def test_changed_notes_are_brought_in_and_shown_while_the_page_is_open(
    browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    """Nothing is scripted here either; and the note has pages in place of lines."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text("# Cells\n\nMitosis gives two identical cells.\n")
    library = NotesLibrary(settings.model_copy(update={"notes": notes}))
    library.load_model()
    with serving_page(library) as served, closing(browser.new_page()) as page:
        served.watch()
        page.goto(served.url)
        expect(page.locator("#header")).to_contain_text("1 note · 1 passage")
        (notes / "metals.pdf").write_bytes(pdf([["Copper is a metal."], ["Tin melts first."]]))
        expect(page.locator("#header")).to_contain_text("2 notes · 2 passages")
        expect(page.locator(".ingest.done")).to_contain_text("2 notes, 2 passages: 1 added")
        ask(page, "Which metal melts first: is it tin?")
        expect(page.locator(".answer.extractive")).to_contain_text("Tin melts first")
        source = page.locator(".card").filter(has_text="Tin melts first.")
        expect(source.locator(".copy")).to_contain_text("metals.pdf (page")
        source.get_by_text("Show in the note").click()
        assert source.locator(".at").all_inner_texts() == ["page 1", "", "page 2"]
        (notes / "metals.pdf").unlink()
        expect(page.locator("#header")).to_contain_text("1 note · 1 passage")
        expect(page.locator(".answer.extractive")).to_contain_text("Tin melts first")


def test_notes_that_change_while_an_answer_comes_do_not_disturb_it(
    tab: Page, library: ScriptedLibrary, served: tuple[ScriptedLibrary, RunningPage]
) -> None:
    library.tokens.clear()
    ask(tab)
    expect(tab.locator("#status")).to_contain_text("Reading")
    library.notes["/notes/more.md"] = "# More\n\nMore text.\n"
    library.changed.set()
    served[1].watch()
    expect(tab.locator("#header")).to_contain_text("2 notes · 5 passages")
    library.tokens.set()
    expect(tab.locator(".answer.answered")).to_contain_text(CITED)
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)
    expect(tab.locator("#status")).to_contain_text("0.3 s")


def test_the_source_names_the_line_and_opens_in_the_note(tab: Page) -> None:
    ask(tab)
    line = 1 + NOTE.count("\n", 0, NOTE.index(CITED))
    expect(tab.get_by_role("button", name=f"{NOTE_PATH}:{line}")).to_be_visible()
    tab.locator("#src-1").get_by_text("Show in the note").click()
    expect(tab.locator("#src-1 .cited")).to_be_in_viewport()
    expect(tab.locator("#src-1 .cited")).to_contain_text(CITED)
    expect(tab.locator("#src-1 .cited .at")).to_have_text(str(line))


def test_a_note_that_was_opened_while_the_answer_came_stays_open(
    tab: Page, library: ScriptedLibrary
) -> None:
    library.tokens.clear()
    ask(tab)
    tab.locator("#src-1").get_by_text("Show in the note").click()
    expect(tab.locator("#src-1 .lines")).to_be_visible()
    library.tokens.set()
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)
    expect(tab.locator("#src-1 .cited")).to_be_in_viewport()


def test_a_path_is_copied_at_a_click(tab: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(tab)
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)  # until then cards are drawn anew
    path = tab.locator("#src-1 .copy")
    path.click()
    expect(path).to_have_class(re.compile("copied"))
    assert tab.evaluate("navigator.clipboard.readText()") == path.get_attribute("data-copy")


def test_sources_appear_before_the_first_token(tab: Page, library: ScriptedLibrary) -> None:
    library.tokens.clear()
    ask(tab)
    expect(tab.locator("#src-1")).to_contain_text(CITED)
    expect(tab.locator("#src-1 mark")).to_have_count(0)
    expect(tab.locator("#status")).to_contain_text("Reading")
    assert answers(tab) == [""]
    library.tokens.set()
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)


def test_stop_keeps_what_was_written_and_closes_the_answer(
    tab: Page, library: ScriptedLibrary
) -> None:
    library.say, library.pace = "word " * 2000, 0.05  # longer than anybody here waits
    ask(tab)
    expect(tab.locator(".answer")).to_contain_text("word word")
    tab.locator("#question .stop-button").click()
    expect(tab.locator(".answer.stopped")).to_contain_text(
        "Stopped. This is as far as the answer got."
    )
    expect(tab.locator(".answer.stopped")).to_contain_text("word word")
    assert library.closed.wait(WAIT_SECONDS)


def test_a_tab_that_is_closed_closes_the_answer(tab: Page, library: ScriptedLibrary) -> None:
    library.say, library.pace = "word " * 2000, 0.05
    ask(tab)
    expect(tab.locator(".answer")).to_contain_text("word word")
    tab.close()
    assert library.closed.wait(WAIT_SECONDS)


def test_asking_again_replaces_the_last_answer(tab: Page, library: ScriptedLibrary) -> None:
    library.error = ModelServerError("the model server does not answer; start it with: serve")
    ask(tab)
    expect(tab.locator(".answer.failed")).to_contain_text("start it with: serve")
    library.error = None
    tab.get_by_role("button", name="Ask again").click()
    expect(tab.locator(".answer.answered")).to_contain_text(CITED)
    assert len(answers(tab)) == 1
    assert [question for question, _ in library.asked] == [QUESTION, QUESTION]


def test_a_follow_up_is_asked_with_what_was_said(tab: Page, library: ScriptedLibrary) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    ask(tab, "And which cells does meiosis give?")
    expect(tab.locator(".answer.answered")).to_have_count(2)
    (turn,) = library.asked[1][1]
    assert (turn.question, turn.answer) == (QUESTION, f"Your notes say: {CITED} [1]")
    expect(tab.get_by_role("link", name="[1]")).to_have_count(2)


def test_a_citation_of_an_earlier_answer_brings_its_sources_back(tab: Page) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    ask(tab, "And which cells does meiosis give?")
    expect(tab.locator(".answer.answered")).to_have_count(2)
    expect(tab.locator("#src-1 mark")).not_to_have_text(CITED)
    earlier, last = tab.get_by_role("link", name="[1]").all()
    earlier.hover()
    expect(tab.get_by_role("tooltip")).to_contain_text(CITED)
    earlier.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)
    expect(tab.locator("#src-1")).to_have_class(re.compile("flash"))
    expect(tab.locator("#sources .earlier")).to_have_text(f"Of the earlier answer to “{QUESTION}”")
    last.click()
    expect(tab.locator("#src-1 mark")).not_to_have_text(CITED)
    expect(tab.locator("#sources .earlier")).to_have_count(0)


def test_enter_on_nothing_or_during_an_answer_changes_nothing(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab, " ")
    library.tokens.clear()
    ask(tab)
    expect(tab.locator("#status")).to_contain_text("Reading")
    ask(tab, "And mitosis?")
    library.tokens.set()
    expect(tab.locator(".answer.answered")).to_have_count(1)
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)
    assert library.asked == [(QUESTION, ())]


def test_a_new_chat_forgets_the_old_one(tab: Page, library: ScriptedLibrary) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    tab.get_by_role("button", name="New chat").click()
    expect(tab.locator(".answer")).to_have_count(0)
    expect(tab.locator("#src-1")).to_have_count(0)
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    assert library.asked[1][1] == ()


def test_an_example_question_is_asked_at_a_click(tab: Page, library: ScriptedLibrary) -> None:
    tab.get_by_role("button", name="What is Photosynthesis?").click()
    expect(tab.locator(".question")).to_have_text("What is Photosynthesis?")
    expect(tab.locator(".answer")).to_have_count(1)
    assert library.asked == [("What is Photosynthesis?", ())]


def test_a_refusal_is_shown_calmly(tab: Page) -> None:
    ask(tab, "Who won the cup?")
    expect(tab.locator(".answer.refused")).to_have_text(REFUSAL)
    expect(tab.locator("#sources")).to_contain_text("Nothing in your notes is near this question.")


def test_an_empty_library_is_read_first_and_then_answers(
    context: BrowserContext, library: ScriptedLibrary
) -> None:
    library.script(empty=True)
    library.ingesting.clear()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto("/")
        expect(page.locator(".ingest.running")).to_contain_text(NOTE_PATH)
        expect(page.get_by_placeholder("Reading your notes")).to_be_disabled()
    library.ingesting.set()
    for page in (first, second):
        expect(page.locator(".ingest.done")).to_contain_text("1 note, 4 passages: 4 added")
        expect(page.locator("#header")).to_contain_text("1 note · 4 passages")
    assert library.ingests == 1
    ask(first)
    expect(first.locator(".answer.answered")).to_contain_text(CITED)


def test_the_page_says_when_the_model_is_loaded(
    context: BrowserContext, library: ScriptedLibrary
) -> None:
    library.loaded.clear()
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#status")).to_contain_text(LOADING)
    expect(page.locator("#header")).to_contain_text("No model")
    ask(page)  # which need not wait for the model
    expect(page.locator(".answer.answered")).to_have_count(1)
    library.loaded.set()
    expect(page.locator("#header")).to_contain_text(MODEL)
    expect(page.locator("#status")).to_contain_text("0.3 s")  # of the answer, still
    library.loaded.clear()
    page.reload()
    expect(page.locator("#status")).to_contain_text(LOADING)
    library.loaded.set()
    expect(page.locator("#status")).not_to_contain_text(LOADING)


def test_an_ingest_that_fails_says_why_and_can_be_tried_again(
    context: BrowserContext, library: ScriptedLibrary
) -> None:
    library.script(empty=True)
    library.ingest_error = NotesError("/notes is not there; put notes into it")
    page = context.new_page()
    page.goto("/")
    expect(page.locator(".ingest.failed")).to_have_text("/notes is not there; put notes into it")
    expect(page.get_by_placeholder("There are no notes to ask yet")).to_be_disabled()
    library.ingest_error = None
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()


def test_notes_can_be_refreshed_at_any_time(tab: Page, library: ScriptedLibrary) -> None:
    library.notes["/notes/more.md"] = "# More\n\nMore text.\n"
    tab.get_by_role("button", name="Refresh notes").click()
    expect(tab.locator("#header")).to_contain_text("2 notes · 5 passages")
    expect(tab.locator(".ingest.done")).to_contain_text("2 notes, 5 passages")
    expect(tab.get_by_role("button", name="Try again")).to_be_hidden()


def test_an_ingest_shows_how_fast_it_is_and_how_long_it_takes_yet(
    tab: Page, library: ScriptedLibrary
) -> None:
    library.ingesting.clear()
    tab.get_by_role("button", name="Refresh notes").click()
    banner = tab.locator(".ingest.running")
    expect(banner).to_contain_text("Embedding")
    expect(banner).to_contain_text("0 of 1")
    expect(banner).to_contain_text(NOTE_PATH)
    expect(banner).to_contain_text("42 passages/s, 3 min left")
    library.ingesting.set()
    expect(tab.locator(".ingest.done")).to_be_visible()


def test_a_stop_ends_an_ingest_for_all_who_watch_and_a_refresh_goes_on(
    tab: Page, context: BrowserContext, library: ScriptedLibrary
) -> None:
    library.ingesting.clear()
    library.batch.clear()
    other = context.new_page()
    other.goto("/")
    expect(other.get_by_placeholder("Ask your notes a question")).to_be_enabled()
    for page in (tab, other):
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    tab.get_by_role("button", name="Refresh notes").click()
    expect(other.locator(".ingest.running")).to_contain_text("42 passages/s")
    stop = other.get_by_role("button", name="Stop", exact=True)
    stop.focus()
    other.keyboard.press("Enter")
    for page in (tab, other):
        expect(page.locator(".ingest.stopping")).to_contain_text("Stopping")
        expect(page.get_by_role("button", name="Stop", exact=True)).to_be_hidden()
    library.batch.set()
    for page in (tab, other):
        expect(page.locator(".ingest.stopped")).to_have_text(
            "Stopped. What was read is kept; Refresh notes goes on from there."
        )
    library.ingesting.set()
    tab.get_by_role("button", name="Refresh notes").click()
    for page in (tab, other):
        expect(page.locator(".ingest.done")).to_contain_text("1 note, 4 passages")
    assert library.ingests == 2


def test_a_first_reading_that_was_stopped_is_not_begun_anew_by_the_next_page(
    context: BrowserContext, library: ScriptedLibrary
) -> None:
    library.script(empty=True)
    library.ingesting.clear()
    first, second = context.new_page(), context.new_page()
    first.goto("/")
    first.get_by_role("button", name="Stop", exact=True).click()
    expect(first.locator(".ingest.stopped")).to_be_visible()
    expect(first.get_by_placeholder("There are no notes to ask yet")).to_be_disabled()
    second.goto("/")
    expect(second.locator(".ingest.stopped")).to_have_text(
        "Stopped. What was read is kept; Refresh notes goes on from there."
    )
    assert library.ingests == 1
    library.ingesting.set()
    second.get_by_role("button", name="Refresh notes").click()
    for page in (first, second):
        expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()


def test_an_ingest_that_ends_during_a_chat_brings_no_example_questions_into_it(
    tab: Page, library: ScriptedLibrary
) -> None:
    library.ingesting.clear()
    library.notes = {"/notes/more.md": "# Osmosis\n\nMore text.\n", **library.notes}
    tab.get_by_role("button", name="Refresh notes").click()
    expect(tab.locator(".ingest.running")).to_be_visible()
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    library.ingesting.set()
    expect(tab.locator("#header")).to_contain_text("2 notes")
    expect(tab.locator("#examples")).to_be_hidden()
    tab.get_by_role("button", name="New chat").click()
    expect(tab.get_by_role("button", name="What is Osmosis?")).to_be_visible()


def test_a_phone_shows_one_column_that_does_not_scroll_sideways(tab: Page) -> None:
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    ask(tab)
    expect(tab.locator("#src-1 mark")).to_have_text(CITED)
    tab.locator("#src-1").get_by_text("Show in the note").click()
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    chat, sources = (tab.locator(part).bounding_box() for part in ("#chat", "#sources"))
    assert chat is not None
    assert sources is not None
    assert sources["y"] >= chat["y"] + chat["height"]
    tab.get_by_role("link", name="[1]").click()
    expect(tab.locator("#src-1 mark")).to_be_in_viewport()


class Sink(BaseHTTPRequestHandler):
    """Another site, which must never hear from the page."""

    heard: list[str]

    def do_GET(self) -> None:
        """Note who came."""
        self.heard.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[tuple[str, list[str]]]:
    heard: list[str] = []
    handler = type("Handler", (Sink,), {"heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()


def hostile(site: str) -> str:
    return (
        f"photosynthesis ![a]({site}/1.png) ![b][r] <img src={site}/2.png onerror=alert(1)>"
        f" <video src={site}/3.mp4 autoplay></video> <iframe src={site}/4></iframe>"
        f" <b style='background:url({site}/5.png)'>x</b> <script>fetch('{site}/6')</script>"
        f" <svg onload=\"fetch('{site}/7')\"></svg> [x](javascript:alert(1)) ${{alert(1)}}"
        f" {{{{alert(1)}}}} <link rel=stylesheet href={site}/8.css>\n\n[r]: {site}/9.png\n"
    )


def test_hostile_notes_and_answers_run_nothing_and_load_nothing(
    context: BrowserContext, library: ScriptedLibrary, url: str, sink: tuple[str, list[str]]
) -> None:
    site, heard = sink
    text = hostile(site)
    title = text.partition("\n")[0].replace("/", "∕")  # noqa: RUF001  # a slash ends a file's name
    library.script({f"/notes/{title}.md": f"# {text.partition(chr(10))[0]}\n\n{text}"})
    library.say = text + "[1]"
    page = context.new_page()
    dialogs: list[str] = []
    requested: list[str] = []

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("request", lambda request: requested.append(request.url))
    page.goto("/")
    ask(page, text)
    expect(page.locator(".answer.answered")).to_contain_text(f"![a]({site}/1.png)")
    expect(page.locator("#src-1")).to_contain_text(f"![a]({site}/1.png)")
    page.get_by_role("link", name="[1]").click()
    expect(page.locator("#src-1")).to_be_in_viewport()
    assert dialogs == []
    assert heard == []
    assert [address for address in requested if not address.startswith((url, "data:"))] == []


def test_the_policy_stops_what_would_slip_through(tab: Page, sink: tuple[str, list[str]]) -> None:
    site, heard = sink
    blocked = tab.evaluate(
        """async (site) => {
            const blocked = [];
            addEventListener("securitypolicyviolation", (event) => blocked.push(event.blockedURI));
            await new Promise((done) => {
                const image = new Image();
                image.onerror = () => setTimeout(done);  // after the report
                image.src = `${site}/image`;
            });
            await fetch(`${site}/fetch`, { mode: "no-cors" }).catch(() => {});
            await new Promise((done) => setTimeout(done));
            return blocked;
        }""",
        site,
    )
    assert blocked == [f"{site}/image", f"{site}/fetch"]
    assert heard == []


def test_no_console_error_and_no_outside_request_on_a_plain_page(
    context: BrowserContext, library: ScriptedLibrary, url: str
) -> None:
    page = context.new_page()
    errors: list[str] = []
    requested: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    page.on("request", lambda request: requested.append(request.url))
    page.goto("/")
    ask(page)
    expect(page.locator(".answer.answered")).to_contain_text(CITED)
    assert errors == []
    assert [address for address in requested if not address.startswith((url, "data:"))] == []
