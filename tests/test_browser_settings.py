"""The page of settings as a person goes it: over a real library, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from page_fakes import GRADIO_WARNINGS, gradio_leftovers, serving_page  # noqa: F401
from playwright.sync_api import Browser, Page, expect
from test_accessibility import violations
from test_browser import CHROMIUM, PHONE, browser  # noqa: F401 (the latter is a fixture)

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from rag.config import load_settings, read_preferences, write_preferences

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CRIB_HOME", str(tmp_path))
    monkeypatch.delenv("CRIB_LLM", raising=False)
    write_preferences(tmp_path, {"llm": "none"})
    return tmp_path


@pytest.fixture
def url(home: Path) -> Iterator[str]:
    settings = load_settings()
    list(ingest(settings, str(ROOT / "notes")))
    library = NotesLibrary(settings)
    with serving_page(library, pages=lambda: pages(library)) as page:
        yield page.url


def opened(browser: Browser, url: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme="light")
    page.goto(f"{url}/?tab=settings")
    expect(page.get_by_role("heading", name="Answers")).to_be_visible()
    return page


def test_settings_are_chosen_kept_and_looked_after(browser: Browser, url: str, home: Path) -> None:
    page = opened(browser, url)
    passages = page.get_by_role("slider", name="range slider for Passages found for a question")
    passages.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_label("Leave out what no passage says").check()
    page.get_by_role("button", name="Look whether all is well").click()
    expect(page.locator("#health")).to_contain_text("All is well.")
    diagnosis = page.locator("#diagnosis textarea")
    expect(diagnosis).to_have_value(re.compile("setting passages: 6"))
    assert read_preferences(home) == {"llm": "none", "passages": 6, "strict": True}
    assert violations(page) == []
    page.get_by_label("dark").check()
    expect(page.locator("body.dark")).to_have_count(1)
    assert violations(page) == []
    page.goto(url)  # the theme is this browser's from now on
    expect(page.locator("body.dark")).to_have_count(1)
    page.set_viewport_size(PHONE)
    page.goto(f"{url}/?tab=settings")
    expect(page.get_by_label("Leave out what no passage says")).to_be_checked()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    page.close()
