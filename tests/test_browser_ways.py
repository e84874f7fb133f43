"""Every page of one library: at narrow widths and at 200%, in both languages, by keyboard alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from page_fakes import GRADIO_WARNINGS, serving_page
from playwright.sync_api import Browser, Page, expect
from test_browser import (
    CHROMIUM,
    browser,  # noqa: F401 (this and the one below are fixtures)
    gradio_leftovers,  # noqa: F401
)
from test_browser_quiz import NOTE

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from rag.config import Settings
from web import translation

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]
LONG = "with_a_name_that_goes_on_" * 6
TABS = ("chat", "notes", "quiz", "evals", "settings")
SHOWN = {  # what is there once a page has been filled
    "chat": "#examples button",
    "notes": "#notes-tree li",
    "quiz": "#quiz-ready h2",
    "evals": "#evals-intro h2",
    "settings": "#settings .health",
}
CUT_OFF = """() => [...document.querySelectorAll(
  "main button, main h1, main h2, main h3, main p, main label, main [role=tab]")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((one) => !one.closest("[aria-hidden=true], .table, pre, .overflow-menu"))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 1 && (box.right > innerWidth + 1 || box.left < -1))
  .map(([one]) => one.outerHTML.slice(0, 160))"""
IS_SEEN = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  probe.style.color = "var(--crib-accent)";
  const accent = getComputedStyle(probe).color;
  probe.remove();
  let one = document.activeElement;
  if (one.matches("body")) return true;  // the browser's own bar
  for (let up = 0; one && up < 6; up++, one = one.parentElement) {
    const style = getComputedStyle(one);
    if (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) return true;
    if (one.matches(":focus-within") && style.borderTopColor === accent) return true;
  }
  return false;
}"""


@contextmanager
def served(settings: Settings, folder: Path) -> Iterator[str]:
    """All pages over two notes, one of which has a quiz; the other a name that is very long."""
    notes = folder / "notes"
    notes.mkdir()
    (notes / "cells.md").write_text(NOTE)
    (notes / f"{LONG}.md").write_text(f"# {LONG}\n\nThe {LONG} is long.\n")
    own = settings.model_copy(update={"notes": notes})
    list(ingest(own, str(notes)))
    library = NotesLibrary(own)
    library.load_model()
    with serving_page(library, pages=lambda: pages(library)) as page:
        yield page.url


@pytest.mark.parametrize("language", ["en", "fr"])
def test_no_page_is_wider_than_a_phone_or_a_window_at_200_percent(
    browser: Browser, settings: Settings, tmp_path: Path, language: str
) -> None:
    translation.set_language(language)
    try:
        with served(settings, tmp_path) as url:
            zoomed = browser.new_context(
                viewport={"width": 720, "height": 450}, device_scale_factor=2
            )
            page = zoomed.new_page()
            for tab in TABS:
                page.goto(f"{url}/?tab={tab}&__theme=light")
                expect(page.locator(SHOWN[tab]).first).to_be_visible()
                assert page.locator("html").get_attribute("lang") == language
                for width, height in ((720, 450), (360, 740)):
                    page.set_viewport_size({"width": width, "height": height})
                    page.wait_for_timeout(200)
                    where = f"{tab} at {width}"
                    assert page.evaluate("document.documentElement.scrollWidth") <= width, where
                    assert page.evaluate(CUT_OFF) == [], where
                    tabs = page.locator("#tabs > .tab-wrapper [role=tab]")
                    assert tabs.count() == len(TABS), where  # none is behind three dots
                page.set_viewport_size({"width": 720, "height": 450})
            zoomed.close()
    finally:
        translation.set_language("en")


def go_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Press a key until the focus is there, and see to it that it can be seen on its way."""
    for _ in range(80):
        page.keyboard.press(key)
        here = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
        assert page.evaluate(IS_SEEN), f"the focus cannot be seen on {here}"
        if page.evaluate("(one) => document.activeElement.matches(one)", selector):
            return
    raise AssertionError(f"{selector} is not reached by {key}")


def turn_to(page: Page, name: str, key: str = "Tab") -> None:
    """Go to another page by its tab."""
    tab = page.locator("#tabs > .tab-wrapper").get_by_role("tab", name=name, exact=True)
    go_to(page, f'[role=tab][data-tab-id="{tab.get_attribute("data-tab-id")}"]', key)
    page.keyboard.press("Enter")


def test_all_is_done_by_keyboard_alone_and_the_focus_is_seen(
    browser: Browser, settings: Settings, tmp_path: Path
) -> None:
    with served(settings, tmp_path) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/?__theme=light")
        expect(page.get_by_placeholder("Ask your notes a question")).to_be_focused()
        page.keyboard.type("What makes most of the ATP?")
        page.keyboard.press("Enter")
        expect(page.locator("#src-1 mark").first).to_be_visible()
        expect(page.locator(".answer.over a.cite").first).to_be_visible()
        go_to(page, "#log a.cite", "Shift+Tab")
        expect(page.locator("#quote")).to_have_class("shown")
        page.keyboard.press("Escape")
        expect(page.locator("#quote")).not_to_have_class("shown")
        page.keyboard.press("Enter")
        expect(page.locator("#src-1 mark").first).to_be_in_viewport()
        go_to(page, "#src-1 .open-note")
        page.keyboard.press("Enter")
        expect(page.locator("#note-name")).to_be_focused()
        expect(page.locator("#note mark").first).to_be_in_viewport()

        turn_to(page, "Quiz", "Shift+Tab")
        expect(page.locator("#quiz-ready h2")).to_be_visible()
        go_to(page, "#quiz-look-first")
        page.keyboard.press("Enter")
        expect(page.locator("#quiz-start")).to_be_visible()
        go_to(page, "#quiz-start")
        page.keyboard.press("Enter")
        box = page.locator("#quiz-text textarea")
        expect(box).to_be_focused()
        page.keyboard.type("mitochondria")
        page.keyboard.press("Enter")
        expect(page.locator("#quiz-verdict h3")).to_contain_text("Right")
        expect(page.locator("#quiz-verdict h3")).to_be_focused()  # until then one types
        page.keyboard.press("3")
        expect(page.locator("#quiz-one")).to_be_visible()

        turn_to(page, "Settings", "Shift+Tab")
        go_to(page, "input[type=range]")
        page.keyboard.press("ArrowRight")
        passages = page.get_by_role("spinbutton").first
        expect(passages).to_have_value("6")
        page.close()
