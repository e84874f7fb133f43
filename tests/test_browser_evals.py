"""The page of evals in a real browser: scripted from one end to the other, and over real notes."""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from evals_fakes import ScriptedEvals, keep_run
from page_fakes import GRADIO_WARNINGS, ScriptedLibrary, serving_page
from playwright.sync_api import Browser, Page, expect
from test_accessibility import violations
from test_browser import (
    CHROMIUM,
    PHONE,
    browser,  # noqa: F401 (this and the one below are fixtures)
    gradio_leftovers,  # noqa: F401
)

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from eval.labels import LABELS_FILE
from eval.types import Cause
from rag.config import Settings
from web import words
from web.evals_page.page import EvalsPage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]
NOTE = """# Cells

Mitochondria make most of the cell's ATP.

Ribosomes build the proteins of the cell.
"""
CASES = """\
{"id": "atp", "question": "What makes most of the ATP?", "references": ["Mitochondria"], \
"targets": [{"note": "cells.md", "quote": "Mitochondria make most of the cell's ATP."}], \
"answerable": true}
{"id": "cup", "question": "Who won the cup of 1930?", "references": [], "targets": [], \
"answerable": false}
"""


@pytest.fixture
def scripted(tmp_path: Path) -> ScriptedEvals:
    return ScriptedEvals(tmp_path)


@pytest.fixture
def evals(browser: Browser, scripted: ScriptedEvals) -> Iterator[Page]:
    """The page of evals, scripted, in light."""
    with (
        serving_page(ScriptedLibrary(), pages=lambda: [EvalsPage(scripted)]) as served,
        closing(browser.new_page(viewport={"width": 1440, "height": 900})) as page,
    ):
        page.goto(f"{served.url}/?tab=evals&__theme=light")
        yield page


def inner(page: Page, name: str) -> None:
    """Go to a tab of the run that is looked at, which may be among those that did not fit."""
    tabs = page.locator("#evals-tabs")
    shown = tabs.get_by_role("tab", name=name, exact=True)
    if not shown.count():
        tabs.get_by_role("button", name="More tabs").click()
        shown = tabs.locator(".overflow-dropdown").get_by_text(name, exact=True)
    shown.click()


def test_a_run_is_started_watched_read_case_by_case_compared_and_labelled(
    evals: Page, scripted: ScriptedEvals
) -> None:
    keep_run(scripted.runs, scripted.cases, {1, 2, 3}, "before")
    evals.reload()
    expect(evals.locator("#evals-head")).to_contain_text("before")

    scripted.gate.clear()
    evals.locator("#evals-go").click()
    running = evals.locator("#evals-news .ingest.running")
    expect(running).to_contain_text(words.evals_part(1, 6))
    expect(running).to_contain_text(words.left(12))
    expect(evals.locator("#evals-go")).to_be_disabled()
    assert violations(evals) == []
    scripted.gate.set()
    expect(evals.locator("#evals-news")).to_contain_text(words.EVALS_DONE)
    expect(evals.locator("#evals-runs li")).to_have_count(2)

    right = evals.locator("#evals-head .heads li").filter(
        has_text=words.EVALS_METRICS["reference_match"]
    )
    expect(right).to_contain_text(re.compile(r"80\s*%"))  # 4 of the 5 that the notes answer
    expect(right).to_contain_text(re.compile(r"\d+ to \d+%"))
    row = evals.locator("#evals-scores tr").filter(has_text=words.EVALS_METRICS["reference_match"])
    expect(row).to_contain_text("0.8")
    expect(evals.locator("#evals-scores-plot canvas, #evals-scores-plot svg").first).to_be_visible()
    assert violations(evals) == []

    inner(evals, words.EVALS_MISSES)
    missed = evals.locator("#evals-list li.missed")
    expect(missed).to_have_count(1)
    expect(missed).to_contain_text("case-1")
    evals.locator("#evals-which input").click()
    evals.get_by_role("option", name=words.EVALS_MISSED, exact=True).click()
    expect(evals.locator("#evals-list li")).to_have_count(1)
    missed.get_by_role("button").click()
    case = evals.locator("#evals-case")
    expect(case.locator("h3")).to_contain_text("case-1")
    expect(case).to_contain_text(words.EVALS_CAUSES[Cause.MISREAD])
    expect(case.locator(".found")).to_contain_text("Clarify explains biases.")
    case.get_by_text(words.EVALS_CASE_SCORES).click()
    assert violations(evals) == []
    evals.locator("#evals-again-do").click()
    expect(evals.locator("#evals-sides")).to_contain_text(words.EVALS_NOW)
    expect(evals.locator("#evals-sides .right")).to_contain_text(words.EVALS_RIGHT)

    inner(evals, words.EVALS_COMPARE)
    evals.locator("#evals-other input").click()
    evals.get_by_role("option", name=re.compile("^before")).click()
    expect(evals.locator("#evals-compared .flips li.right")).to_have_count(2)
    assert violations(evals) == []

    inner(evals, words.EVALS_LABEL)
    expect(evals.locator("#evals-label")).to_contain_text("What is asked by")
    first = evals.locator("#evals-label h3").inner_text()
    evals.locator("#evals-labels").get_by_role("button", name=words.EVALS_LABELS["correct"]).click()
    expect(evals.locator("#evals-label h3")).not_to_have_text(first)
    assert len((scripted.home / "eval" / LABELS_FILE).read_text("utf-8").splitlines()) == 1
    evals.set_viewport_size(PHONE)  # type: ignore[arg-type]
    for name in (words.EVALS_SCORES, words.EVALS_MISSES, words.EVALS_COMPARE):
        inner(evals, name)
        assert evals.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_the_first_eval_of_real_notes_is_begun_from_the_empty_page_and_read_in_the_dark(
    browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    """Nothing is scripted here: notes, index, cases and scores are real; there is no model."""
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text(NOTE)
    (notes / "quiz.jsonl").write_text(CASES)
    own = settings.model_copy(update={"notes": notes})
    list(ingest(own, str(notes)))
    library = NotesLibrary(own)
    with (
        serving_page(library, pages=lambda: pages(library)) as served,
        closing(browser.new_page(viewport={"width": 1440, "height": 900})) as page,
    ):
        page.goto(f"{served.url}/?tab=evals&__theme=dark")
        expect(page.locator("#evals-intro")).to_contain_text(words.EVALS_FIRST)
        expect(page.locator("#evals-body")).to_be_hidden()
        assert violations(page) == []
        page.locator("#evals-go").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#evals-news")).to_contain_text(words.EVALS_DONE)
        expect(page.locator("#evals-head")).to_contain_text("100%")
        inner(page, words.EVALS_MISSES)
        page.locator("#evals-list li").first.get_by_role("button").click()
        expect(page.locator("#evals-case .found .target").first).to_contain_text("ATP")
        expect(page.locator("#evals-case")).to_contain_text("cells.md")
        assert violations(page) == []
