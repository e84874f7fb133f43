"""The quiz page in a real browser, over real notes: found, studied by keyboard, judged, seen."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server

import pytest
from page_fakes import GRADIO_WARNINGS
from playwright.sync_api import Browser, Page, expect
from test_accessibility import violations
from test_browser import (
    CHROMIUM,
    PHONE,
    browser,  # noqa: F401 (this and those below are fixtures)
    gradio_leftovers,  # noqa: F401
)

from commands.ingestion import ingest, show_ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from eval.case_files import all_cases
from eval.types import Standing
from rag.config import Settings
from web.server import serve

NOTE = """# Cells

Mitochondria make most of the cell's ATP.

Ribosomes build the proteins of the cell.

## Quiz

Q: What makes most of the ATP?
A: Mitochondria

Q: What do ribosomes build?
A. sugars
B. proteins
C. fats
Answer: B
"""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]


@pytest.fixture
def quiz(settings: Settings, tmp_path: Path, browser: Browser) -> Iterator[Page]:
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text(NOTE)
    own = settings.model_copy(update={"notes": notes, "llm": "none"})
    show_ingest(ingest(own, str(notes)))
    library = NotesLibrary(own)
    with closing(create_server(("127.0.0.1", 0))) as probe:
        port = int(probe.getsockname()[1])
    served = serve(library, port=port, pages=lambda: pages(library), block=False)
    with closing(browser.new_page(viewport={"width": 1440, "height": 900})) as page:
        page.goto(f"{served.url}/?tab=quiz&__theme=dark")
        yield page
    served.close()


def shown(quiz: Page, verdict: str) -> None:
    expect(quiz.locator("#quiz-ratings")).to_be_visible()
    expect(quiz.locator("#quiz-verdict h3")).to_contain_text(verdict)


def test_a_key_rates_though_the_field_that_was_answered_in_still_has_the_focus(quiz: Page) -> None:
    """Which it has until the next frame, though it is gone: a quick "1" was lost in it."""
    quiz.get_by_role("button", name="Find the quiz in my notes").click()
    quiz.locator("#quiz-start").click()
    box = quiz.locator("#quiz-text textarea")
    box.fill("the nucleus")
    box.press("Enter")
    shown(quiz, "Not right")
    box.dispatch_event("keydown", {"key": "1"})
    expect(quiz.locator("#quiz-one")).to_be_visible()


def test_the_quiz_of_the_notes_is_found_studied_by_keyboard_and_judged(
    quiz: Page, tmp_path: Path
) -> None:
    quiz.get_by_role("button", name="Find the quiz in my notes").click()
    expect(quiz.locator("#quiz-news")).to_contain_text("2 new drafts in 1 note")
    quiz.locator("#quiz-start").click()

    box = quiz.locator("#quiz-text textarea")  # the first card, in words, which are wrong
    expect(box).to_be_focused()
    quiz.locator("#quiz-sure").get_by_text("sure", exact=True).click()
    box.fill("the nucleus")
    box.press("Enter")
    shown(quiz, "Not right")
    expect(quiz.locator("#quiz-passages mark")).to_have_text(
        "Mitochondria make most of the cell's ATP."
    )
    assert violations(quiz) == []
    quiz.keyboard.press("1")

    expect(quiz.locator("#quiz-one")).to_be_visible()  # the second, of which one is chosen
    quiz.keyboard.press("2")
    quiz.keyboard.press("Enter")
    shown(quiz, "Right")
    expect(quiz.locator("#quiz-verdict li.right")).to_contain_text("you chose this")
    quiz.keyboard.press("3")

    expect(box).to_be_focused()  # what was missed comes again; and undo brings back what was known
    quiz.locator("#quiz-undo").click()
    expect(quiz.locator("#quiz-one")).to_be_visible()
    quiz.keyboard.press("2")
    quiz.keyboard.press("Enter")
    shown(quiz, "Right")
    quiz.keyboard.press("3")
    box.fill("mitochondria")
    box.press("Enter")
    shown(quiz, "Right")
    quiz.keyboard.press("Enter")
    expect(quiz.locator("#quiz-end")).to_contain_text("1 of 2 cards known at once")
    quiz.locator("#quiz-end summary").click()
    quiz.locator("#quiz-end .open-note").first.click()
    expect(quiz.locator("#note mark")).to_have_text("Mitochondria make most of the cell's ATP.")

    quiz.get_by_role("tab", name="Quiz", exact=True).click()
    quiz.get_by_role("tab", name="Drafts").click()
    expect(quiz.locator("#quiz-draft-sheet")).to_contain_text("2 drafts left")
    assert violations(quiz) == []
    quiz.locator("#quiz-keep").click()
    expect(quiz.locator("#quiz-draft-sheet")).to_contain_text("1 draft left")
    quiz.locator("#quiz-drop").click()
    expect(quiz.locator("#quiz-draft-sheet")).to_contain_text("No draft is waiting")
    standings = [case.standing for case in all_cases(tmp_path / "notes" / "quiz.jsonl")]
    assert standings == [Standing.GOLD, Standing.DROPPED]

    quiz.get_by_role("tab", name="Progress").click()
    expect(quiz.locator("#quiz-forecast canvas, #quiz-forecast svg").first).to_be_visible()
    with quiz.expect_download() as got:
        quiz.locator("#quiz-csv").click()
    assert "cells.md:" in Path(got.value.path()).read_text("utf-8")
    quiz.set_viewport_size(PHONE)
    assert violations(quiz) == []
    assert quiz.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_empty_quiz_says_what_to_do_and_can_be_read_in_light(quiz: Page) -> None:
    quiz.goto(quiz.url.replace("dark", "light"))
    expect(quiz.locator("#quiz-ready")).to_contain_text("There is no quiz here yet")
    assert violations(quiz) == []
    quiz.get_by_role("button", name="Find the quiz in my notes").click()
    expect(quiz.locator("#quiz-start")).to_be_visible()
    assert violations(quiz) == []
