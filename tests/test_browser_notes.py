"""The page of notes in a real browser: read, found, asked about, opened from an answer, added."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from page_fakes import GRADIO_WARNINGS, serving_page
from playwright.sync_api import Browser, Page, expect
from test_accessibility import violations
from test_browser import (
    CHROMIUM,
    PHONE,
    ask,
    browser,  # noqa: F401 (this and the one below are fixtures)
    gradio_leftovers,  # noqa: F401
)

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from rag.config import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]
FILLER = "".join(f"\n## Section {number}\n\nNothing of note.\n" for number in range(60))
CELLS = f"# Cells\n\nA cell has a membrane.\n{FILLER}\n## Division\n\nMitosis gives two cells.\n"
HOSTILE = '# <img src=x onerror="window.ran=1">\n\n<script>window.ran=1</script> ${window.ran=1}\n'


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    folder = tmp_path / "vault"
    (folder / "biology").mkdir(parents=True)
    (folder / "biology" / "cells.md").write_text(CELLS)
    (folder / "odd.md").write_text(HOSTILE)
    return folder


@pytest.fixture
def url(settings: Settings, vault: Path) -> Iterator[str]:
    list(ingest(settings, str(vault)))
    library = NotesLibrary(settings)
    library.load_model()
    with serving_page(library, pages=lambda: pages(library)) as served:
        yield served.url


def opened(browser: Browser, url: str, query: str = "") -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(f"{url}/?__theme=light{query}")
    return page


def note(page: Page, name: str) -> None:
    page.locator("#notes-tree").get_by_role("button", name=name).first.click()
    expect(page.locator("#note-name")).to_contain_text(name)


def test_a_note_is_found_read_asked_about_and_opened_from_the_answer(
    browser: Browser,
    url: str,
) -> None:
    page = opened(browser, url, "&tab=notes")
    page.get_by_placeholder("Search notes by name or by words").fill("mitosis")
    found = page.locator("#notes-tree .excerpt b")
    expect(found).to_have_text("Mitosis")
    found.click()
    expect(page.locator("#note mark").first).to_be_in_viewport()
    page.locator("#note .outline").get_by_role("button", name="Cells", exact=True).click()
    expect(page.locator('#note [data-line="1"]')).to_be_in_viewport()
    page.get_by_role("button", name="Ask about this note").click()
    expect(page.locator("#where .token")).to_contain_text("in:vault/biology/cells.md")
    ask(page, "What does mitosis give?")
    expect(page.locator("#src-1 mark")).to_contain_text("Mitosis gives two cells.")
    page.locator("#src-1 .open-note").focus()
    page.keyboard.press("Enter")
    mark = page.locator("#note mark")
    expect(mark).to_have_count(1)  # the whole passage was marked before
    expect(mark).to_have_text("Mitosis gives two cells.")
    expect(mark).to_be_in_viewport()
    expect(page.locator("#note-name")).to_be_focused()
    page.close()


def test_notes_are_dropped_and_taken_back(
    browser: Browser,
    url: str,
    tmp_path: Path,
) -> None:
    page = opened(browser, url, "&tab=notes")
    expect(page.locator("#notes-tree")).to_contain_text("cells.md")
    page.get_by_role("button", name="Add notes", exact=False).first.click()
    for name in ("bee", "ant"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n\nThe {name} is an insect.\n")
    files = [tmp_path / "bee.md", tmp_path / "ant.md"]
    page.locator("#notes-files input[type=file]").set_input_files(files)
    expect(page.locator(".ingest.done")).to_contain_text("4 notes")
    expect(page.locator("#notes-tree")).to_contain_text("bee.md")
    page.locator("#notes-keep > button").click()
    page.get_by_role("button", name="Undo the last ingest").click()
    expect(page.locator("#notes-news")).to_contain_text("2 notes removed again")
    expect(page.locator("#header")).to_contain_text("2 notes")
    expect(page.locator("#notes-tree .badge.new")).to_have_count(0)
    page.close()


def test_a_folder_is_added_by_its_path_and_one_from_elsewhere_by_choosing_it(
    browser: Browser,
    url: str,
    tmp_path: Path,
) -> None:
    for folder, name in (("insects", "ant"), ("birds", "owl")):
        (tmp_path / folder / "deep").mkdir(parents=True)
        (tmp_path / folder / "deep" / f"{name}.md").write_text(f"# {name}\n\nThe {name} is seen.\n")
    page = opened(browser, url, "&tab=notes")
    expect(page.locator("#notes-tree")).to_contain_text("cells.md")
    page.locator("#notes-add > button").click()
    target = page.locator("#notes-add input[type=text]")
    target.fill(str(tmp_path / "nowhere"))
    target.press("Enter")
    expect(page.locator("#notes-news")).to_contain_text("nowhere")
    target.fill(str(tmp_path / "insects"))
    target.press("Enter")
    expect(target).to_have_value("")
    expect(page.locator(".ingest.done")).to_contain_text("3 notes")
    expect(page.locator("#notes-tree")).to_contain_text("ant.md")
    page.locator("#notes-add input[webkitdirectory]").set_input_files(tmp_path / "birds")
    expect(page.locator(".ingest.done")).to_contain_text("4 notes")
    expect(page.locator("#notes-tree")).to_contain_text("owl.md")
    note(page, "owl.md")
    expect(page.locator("#note .text")).to_contain_text("The owl is seen.")
    page.close()


def test_the_page_of_notes_can_be_read_by_all_and_runs_nothing(
    browser: Browser,
    url: str,
) -> None:
    for theme in ("light", "dark"):
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{url}/?__theme={theme}&tab=notes")
        note(page, "odd.md")
        expect(page.locator("#note .text")).to_contain_text("${window.ran=1}")
        assert page.evaluate("window.ran") is None
        page.get_by_role("button", name="Show passages").click()
        page.locator("#notes-add > button").click()
        page.locator("#notes-keep > button").click()
        assert violations(page) == []
        page.set_viewport_size(PHONE)
        page.wait_for_timeout(200)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"]
        assert violations(page) == []
        page.close()
