"""What a person sees and does beside the chat: conversations, options, marks; in a real browser."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    NOTE,
    NOTE_PATH,
    QUESTION,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from test_browser import (
    CHROMIUM,
    PHONE,
    ask,
    browser,  # noqa: F401 (this and those below are fixtures)
    context,  # noqa: F401
    library,  # noqa: F401
    profile,  # noqa: F401
    served,  # noqa: F401
    tab,  # noqa: F401
    url,  # noqa: F401
)

from commands.pages.library import NotesLibrary
from rag.chats.staleness import Change, CitedNow
from rag.config import Settings
from rag.errors import ModelServerError
from rag.types import Claim, Grounding, Scope, Style

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]
SECOND = "Which cells does meiosis give?"
TWO_NOTES = {NOTE_PATH: NOTE, "/notes/metals/tin.md": "# Tin\n\nTin melts at 232 degrees.\n"}


def chats(page: Page) -> Locator:
    return page.locator("#chats .open")


def ask_both(page: Page) -> None:
    """Two conversations, the second one open."""
    ask(page)
    expect(chats(page)).to_have_count(1)
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".answer")).to_have_count(0)
    ask(page, SECOND)
    expect(chats(page)).to_have_count(2)


def menu(page: Page, title: str, what: str) -> None:
    page.locator("#chats li").filter(has_text=title).locator("summary").click()
    page.locator("#chats").get_by_role("button", name=what, exact=True).click()


# Conversations


def test_a_conversation_is_opened_after_a_restart_and_says_what_has_changed(
    browser: Browser,
    settings: Settings,
    tmp_path: Path,
) -> None:
    """Nothing is scripted here: page, index, notes and what is kept are real."""
    note = tmp_path / "notes" / "cells.md"
    note.parent.mkdir()
    note.write_text("# Cells\n\nMitosis gives two identical cells.\n\nLeaves are green.\n")
    own = settings.model_copy(update={"notes": note.parent})

    def opened() -> NotesLibrary:
        notes = NotesLibrary(own)
        notes.load_model()
        return notes

    with serving_page(opened()) as page_served, closing(browser.new_page()) as page:
        page.goto(page_served.url)
        expect(page.locator("#header")).to_contain_text("1 note · 1 passage")
        ask(page, "What does mitosis give?")
        expect(page.locator(".answer.extractive")).to_contain_text("two identical cells")
        expect(chats(page)).to_have_count(1)
    with serving_page(opened()) as page_served, closing(browser.new_page()) as page:
        page.goto(page_served.url)
        expect(page.locator(".answer")).to_have_count(0)
        chats(page).click()
        expect(page.locator(".answer.extractive")).to_contain_text("two identical cells")
        expect(page.locator("#src-1 mark")).to_contain_text("Mitosis gives two identical cells.")
        expect(page.locator(".line.stale")).to_have_count(0)
        note.write_text("# Cells\n\nMitosis gives four identical cells.\n\nLeaves are green.\n")
        page.get_by_role("button", name="Refresh notes").click()
        expect(page.locator(".ingest.done")).to_be_visible()
        chats(page).click()
        expect(page.locator(".line.stale")).to_contain_text("no longer say what [1] cites")
        expect(page.locator("#src-1 mark")).to_contain_text("Mitosis gives two identical cells.")
        expect(page.locator("#src-1 .since")).to_contain_text("Mitosis gives four identical cells.")
        expect(page.locator("#src-1").get_by_text("Show in the note")).to_have_count(0)


def test_each_tab_has_its_own_conversation(
    tab: Page,
    context: BrowserContext,
    library: ScriptedLibrary,
) -> None:
    ask_both(tab)
    other = context.new_page()
    other.goto("/")
    chats(other).filter(has_text=QUESTION).click()
    expect(other.locator(".answer.answered")).to_contain_text(CITED)
    expect(chats(other).filter(has_text=QUESTION)).to_have_attribute("aria-current", "true")
    ask(other, "And what is the stroma?")
    expect(other.locator(".answer.answered")).to_have_count(2)
    ask(tab, "And mitosis?")
    expect(tab.locator(".answer.answered")).to_have_count(2)
    asked = {question: [turn.question for turn in turns] for question, turns in library.asked}
    assert asked["And what is the stroma?"] == [QUESTION]
    assert asked["And mitosis?"] == [SECOND]
    assert [info.exchanges for info in library.conversations().chats] == [2, 2]


def test_a_deletion_is_asked_about_first(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    ask_both(tab)
    menu(tab, SECOND, "Delete")
    dialog = tab.get_by_role("dialog")
    expect(dialog).to_contain_text(SECOND)
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    assert library.conversations().total == 2
    menu(tab, SECOND, "Delete")
    dialog.get_by_role("button", name="Delete").click()
    expect(chats(tab)).to_have_count(1)
    expect(tab.locator(".answer")).to_have_count(0)  # it was open
    expect(tab.locator("#src-1")).to_have_count(0)
    assert [info.title for info in library.conversations().chats] == [QUESTION]


def test_a_conversation_is_renamed_found_and_exported_by_keyboard(
    tab: Page,
) -> None:
    ask_both(tab)
    tab.locator("#chats summary").nth(1).focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("textbox", name="New title")).to_be_focused()
    tab.keyboard.type("Green <b>leaves</b>")
    tab.keyboard.press("Enter")
    expect(chats(tab).nth(1)).to_contain_text("Green <b>leaves</b>")
    expect(tab.locator("#chats summary").nth(1)).to_be_focused()
    tab.get_by_label("Search conversations").fill("chlorophyll")
    expect(chats(tab)).to_have_count(1)
    tab.get_by_label("Search conversations").fill("moon")
    expect(tab.locator("#chats .hint")).to_have_text("No conversation holds these words.")
    tab.get_by_label("Search conversations").fill("")
    expect(chats(tab)).to_have_count(2)
    with tab.expect_download() as download:
        menu(tab, "Green", "Export")
    assert download.value.suggested_filename == "chat.md"
    assert CITED in download.value.path().read_text()


def test_a_conversation_that_is_gone_says_so_and_an_answer_is_not_left_alone(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    ask_both(tab)
    library.tokens.clear()
    ask(tab, "And mitosis?")
    expect(tab.locator("#status")).to_contain_text("Reading")
    chats(tab).filter(has_text=QUESTION).click()
    expect(tab.get_by_text("An answer is being written; stop it first.")).to_be_visible()
    library.tokens.set()
    expect(tab.locator(".answer.answered")).to_have_count(2)
    expect(chats(tab).first).to_contain_text("2 questions")
    for number in list(library.chats.chats):
        library.delete(number)
    chats(tab).filter(has_text=QUESTION).click()
    expect(tab.get_by_text("there is no conversation")).to_be_visible()
    expect(chats(tab)).to_have_count(0)


def test_a_stale_conversation_is_marked_in_the_list_and_in_the_answer(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    ask_both(tab)
    library.chats.cited = (CitedNow(1, Change.CHANGED, "/notes/biology.md:14", 14, 14, "Green."),)
    chats(tab).filter(has_text=QUESTION).click()
    expect(tab.locator(".line.stale")).to_be_visible()
    expect(tab.locator("#src-1 .since")).to_have_text("Now: “Green.”")
    expect(tab.locator("#chats .stale").first).to_have_text("notes changed")


def test_on_a_phone_the_list_is_a_drawer_and_the_options_fold(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    ask_both(tab)
    tab.set_viewport_size(PHONE)  # type: ignore[arg-type]
    drawer, switch = tab.locator("#history"), tab.get_by_role("button", name="Conversations")
    expect(drawer).to_be_hidden()
    expect(switch).to_have_attribute("aria-expanded", "false")
    switch.click()
    expect(drawer).to_be_visible()
    expect(switch).to_have_attribute("aria-expanded", "true")
    tab.keyboard.press("Escape")
    expect(drawer).to_be_hidden()
    expect(switch).to_be_focused()
    switch.click()
    chats(tab).filter(has_text=QUESTION).click()
    expect(tab.locator(".answer.answered")).to_contain_text(CITED)
    expect(drawer).to_be_hidden()
    expect(tab.locator("#options")).to_be_hidden()
    tab.get_by_role("button", name="Options").click()
    expect(tab.get_by_label("Style")).to_be_visible()
    assert tab.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    small = """() => [...document.querySelectorAll("button, summary, #options input")]
        .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 28)
        .map((one) => one.outerHTML)"""
    assert tab.evaluate(small) == []


# Options


def test_where_to_look_and_how_to_answer_reach_the_library(
    context: BrowserContext,
    library: ScriptedLibrary,
) -> None:
    library.script(TWO_NOTES)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Look in").click()
    page.get_by_role("option", name="folder:notes/metals").click()
    page.keyboard.press("Escape")
    page.get_by_label("Style").click()
    page.get_by_role("option", name="step by step").click()
    ask(page, "At how many degrees?")
    expect(page.locator(".answer.answered")).to_have_count(1)
    (options,) = library.options
    assert options.scope == Scope(folders=("notes/metals",))
    assert options.style is Style.STEPS
    library.tokens.clear()
    page.get_by_role("button", name="Ask again").click()
    expect(page.locator("#status")).to_contain_text("Reading")
    library.tokens.set()
    expect(page.locator("#status")).to_contain_text("0.3 s")
    assert [one.style for one in library.options] == [Style.STEPS] * 2


def test_there_is_no_choice_where_there_is_nothing_to_choose(tab: Page) -> None:
    expect(tab.get_by_label("Style")).to_be_visible()
    expect(tab.locator("#where")).to_have_count(0)
    expect(tab.locator("#model")).to_have_count(0)


def test_a_hosted_model_says_where_passages_go_before_the_first_question(
    context: BrowserContext,
    library: ScriptedLibrary,
) -> None:
    library.offered["big:model"] = "api.example.com"
    page = context.new_page()
    page.goto("/")
    expect(page.locator("#remark .remark")).to_have_count(0)
    page.get_by_label("Model").click()
    library.loaded.clear()
    page.get_by_role("option", name="big:model · api.example.com").click()
    expect(page.locator("#remark")).to_contain_text("sent to api.example.com")
    expect(page.locator("#header")).to_contain_text("passages leave this machine")
    expect(page.locator("#status")).to_contain_text("still loading")
    library.loaded.set()
    expect(page.locator("#header")).to_contain_text("big:model")
    expect(page.locator("#status")).not_to_contain_text("still loading")
    assert library.asked == []
    library.use_error = ModelServerError("it does not answer; start it with: serve")
    page.get_by_label("Model").click()
    page.get_by_role("option", name="local ·").click()
    expect(page.get_by_text("start it with: serve")).to_be_visible()
    expect(page.get_by_role("combobox", name="Model")).to_have_value("big:model · api.example.com")


# Answers


def test_sentences_that_no_passage_carries_are_marked(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    library.say = "Leaves are **green** [1]. It may rain. The moon is made of cheese."
    weak, missing = library.say.index("It"), library.say.index("The moon")
    library.claims = (
        Claim(0, weak - 1, Grounding.GROUNDED),
        Claim(weak, missing - 1, Grounding.WEAK),
        Claim(missing, len(library.say), Grounding.NOT_FOUND),
    )
    ask(tab)
    expect(tab.locator(".claim.weak")).to_have_text("It may rain.")
    expect(tab.locator(".claim.weak")).to_have_attribute(
        "title",
        "Your notes carry this sentence only in part: read the source before you rely on it.",
    )
    expect(tab.locator(".claim.missing")).to_have_text("The moon is made of cheese.")
    expect(tab.locator(".claim.missing")).to_have_attribute(
        "title", "No passage that was read says this: the model may have made it up."
    )
    expect(tab.locator(".aside.missing")).to_be_visible()  # in words, not by colour alone
    expect(tab.locator(".line.doubts")).to_contain_text("1 sentence not in your notes")
    expect(tab.get_by_role("link", name="[1]")).to_be_visible()


def test_the_notes_own_sentences_stand_in_and_give_way_without_a_jump(
    tab: Page,
    library: ScriptedLibrary,
) -> None:
    library.standin = "Photosynthesis: Chlorophyll absorbs light. [1]\n\nPlants make sugar. [1]\n\n"
    library.tokens.clear()
    ask(tab)
    expect(tab.locator(".standin")).to_contain_text("From the notes, while the model reads")
    expect(tab.locator(".standin")).to_contain_text("Plants make sugar.")
    measure = """() => {
        const { y, height } = document.querySelector(".answer").getBoundingClientRect();
        return [y, height];
    }"""
    before = tab.evaluate(measure)
    library.say, library.pace = "Chlorophyll " + "word " * 2000, 0.05  # longer than is waited for
    library.tokens.set()
    expect(tab.locator(".answer.writing")).to_contain_text("Chlorophyll")
    during = tab.evaluate(measure)  # at once: the answer is drawn anew with each word
    assert during[0] == before[0]
    assert during[1] > before[1] / 2  # room is kept
    expect(tab.locator(".standin")).to_be_hidden()
    tab.locator("#question .stop-button").click()
    expect(tab.locator(".answer.stopped")).to_have_class(re.compile("stopped"))
    expect(tab.locator(".standin")).to_have_count(0)
