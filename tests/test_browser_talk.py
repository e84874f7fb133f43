"""What a person does with an answer, in a real browser."""

import re

import pytest
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    QUESTION,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
)
from playwright.sync_api import BrowserContext, Locator, Page, expect
from test_accessibility import violations
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
)

from rag.kept import Feedback
from web import words

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]
SECOND = "Which cells does meiosis give?"


def tool(page: Page, name: str) -> Locator:
    return page.locator("#log").get_by_role("button", name=name).last


def feedback(library: ScriptedLibrary) -> list[Feedback | None]:
    return [one.feedback for chat in library.chats.chats.values() for one in chat.exchanges]


def test_an_answer_is_called_bad_corrected_and_made_a_question_of_the_quiz(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab)
    tool(tab, words.TALK_GOOD).click()
    expect(tab.locator(".thought")).to_have_text(words.TALK_THOUGHT_GOOD)
    expect(tool(tab, words.TALK_GOOD)).to_have_attribute("aria-pressed", "true")
    tool(tab, words.TALK_BAD).focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_contain_text(words.TALK_WHY_TITLE)
    tab.get_by_label(words.TALK_REASON).fill("Half <b>of</b> it.")
    tab.get_by_label(words.TALK_CORRECTION).fill("Red, and blue.")
    tab.get_by_role("button", name=words.TALK_KEEP).click()
    expect(tab.locator(".thought .reason")).to_have_text("Half <b>of</b> it.")
    assert feedback(library) == [Feedback(False, "Half <b>of</b> it.", "Red, and blue.")]
    tool(tab, words.TALK_QUIZ).click()
    expect(tab.locator(".thought .drafted")).to_have_text(words.TALK_DRAFTED)
    expect(tool(tab, words.TALK_QUIZ)).to_have_count(0)
    tab.reload()
    tab.locator("#chats .open").click()
    expect(tab.locator(".thought .correction")).to_have_text("Red, and blue.")
    expect(tab.locator(".thought .drafted")).to_be_visible()
    tool(tab, words.TALK_BAD).click()  # and taken back
    expect(tab.locator(".thought")).to_have_count(0)
    assert feedback(library) == [None]


def test_an_answer_is_copied_with_what_it_cites(tab: Page) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(tab)
    tool(tab, words.TALK_COPY).click()
    expect(tool(tab, words.TALK_COPY)).to_have_class(re.compile("copied"))
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied == (
        f"Your notes say: {CITED} [1]\n\nSources:\n[1] /notes/biology.md:12: “{CITED}”"
    )


def test_a_question_is_asked_in_other_words_and_what_came_after_it_goes(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab)
    ask(tab, SECOND)
    expect(tab.locator(".answer.answered")).to_have_count(2)
    tab.locator("#log .question .tool").first.focus()
    tab.keyboard.press("Enter")
    field = tab.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_have_value(QUESTION)
    field.fill("What happens in the stroma?")
    tab.get_by_role("button", name=words.TALK_ASK, exact=True).click()
    expect(tab.locator(".answer.answered")).to_have_count(1)
    expect(tab.locator(".answer.answered")).to_contain_text("Calvin cycle")
    expect(tab.locator("#chats .open")).to_contain_text("1 question")
    (chat,) = library.chats.chats.values()
    assert [one.answer.question for one in chat.exchanges] == ["What happens in the stroma?"]
    assert library.asked[-1] == ("What happens in the stroma?", ())
    assert not library.options[-1].fresh
    tab.get_by_role("button", name=words.RETRY).click()
    expect(tab.locator("#status")).to_contain_text("0.3 s")
    assert library.options[-1].fresh


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_done_with_answers_can_be_done_by_all(context: BrowserContext, theme: str) -> None:
    page = context.new_page()
    page.goto(f"/?__theme={theme}")
    ask(page)
    tool(page, words.TALK_GOOD).click()
    expect(page.locator(".thought")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    tool(page, words.TALK_WHY).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
