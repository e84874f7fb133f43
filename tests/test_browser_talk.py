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

from rag.chats.kept import Feedback
from rag.types import Answer, Status

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
    tool(tab, "Good answer").click()
    expect(tab.locator(".thought")).to_have_text("You found this good.")
    expect(tool(tab, "Good answer")).to_have_attribute("aria-pressed", "true")
    tool(tab, "Bad answer").focus()
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("dialog")).to_contain_text("What do you think of this answer?")
    tab.get_by_label("Why (if you like)").fill("Half <b>of</b> it.")
    tab.get_by_label("What would be right (if you know)").fill("Red, and blue.")
    tab.get_by_role("button", name="Keep").click()
    expect(tab.locator(".thought .reason")).to_have_text("Half <b>of</b> it.")
    assert feedback(library) == [Feedback(False, "Half <b>of</b> it.", "Red, and blue.")]
    tool(tab, "Make it a question of your quiz").click()
    expect(tab.locator(".thought .drafted")).to_have_text(
        "It is a draft in your quiz; review it before it counts."
    )
    expect(tool(tab, "Make it a question of your quiz")).to_have_count(0)
    tab.reload()
    tab.locator("#chats .open").click()
    expect(tab.locator(".thought .correction")).to_have_text("Red, and blue.")
    expect(tab.locator(".thought .drafted")).to_be_visible()
    tool(tab, "Bad answer").click()  # and taken back
    expect(tab.locator(".thought")).to_have_count(0)
    assert feedback(library) == [None]


def test_an_answer_is_copied_with_what_it_cites(tab: Page) -> None:
    tab.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(tab)
    tool(tab, "Copy the answer with its sources").click()
    expect(tool(tab, "Copy the answer with its sources")).to_have_class(re.compile("copied"))
    copied = tab.evaluate("navigator.clipboard.readText()")
    assert copied == (
        f"Your notes say: {CITED} [1]\n\nSources:\n[1] /notes/biology.md:12: “{CITED}”"
    )


def test_a_question_is_asked_in_other_words_and_what_came_after_it_goes(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    ask(tab, SECOND)
    expect(tab.locator(".answer.answered")).to_have_count(2)
    tab.locator("#log .question .tool").first.focus()
    tab.keyboard.press("Enter")
    field = tab.get_by_role("dialog").get_by_role("textbox")
    expect(field).to_have_value(QUESTION)
    field.fill("What happens in the stroma?")
    tab.get_by_role("button", name="Ask", exact=True).click()
    expect(tab.locator(".answer.answered")).to_have_count(1)
    expect(tab.locator(".answer.answered")).to_contain_text("Calvin cycle")
    expect(tab.locator("#chats .open")).to_contain_text("1 question")
    (chat,) = library.chats.chats.values()
    assert [one.answer.question for one in chat.exchanges] == ["What happens in the stroma?"]
    assert library.asked[-1] == ("What happens in the stroma?", ())
    assert not library.options[-1].fresh
    library.tokens.clear()
    tab.get_by_role("button", name="Ask again").click()
    expect(tab.locator("#status")).to_contain_text("Reading")
    assert library.options[-1].fresh


def test_a_citation_shows_what_it_cites_to_the_mouse_and_to_the_keyboard(tab: Page) -> None:
    ask(tab)
    link, tip = tab.get_by_role("link", name="[1]"), tab.get_by_role("tooltip")
    link.hover()
    expect(tip).to_contain_text(CITED)
    expect(tip).to_contain_text("biology.md")
    tab.mouse.move(2, 2)
    expect(tip).to_have_count(0)
    link.focus()
    expect(tip).to_contain_text(CITED)
    expect(link).to_have_attribute("aria-describedby", "quote")
    tab.keyboard.press("Enter")
    expect(tab.locator("#src-1 mark")).to_be_in_viewport()
    expect(tab.locator("#src-1")).to_have_class(re.compile("flash"))


def test_a_long_talk_shows_its_end_and_all_of_it_at_a_click(
    tab: Page, library: ScriptedLibrary
) -> None:
    first = library.chats.keep(Answer("Turn 0?", "", "Said 0.", Status.ANSWERED, "x"))
    for turn in range(1, 30):
        answer = Answer(f"Turn {turn}?", "", f"Said {turn}.", Status.ANSWERED, "x")
        library.chats.keep(answer, first.chat)
    tab.reload()
    tab.locator("#chats .open").click()
    expect(tab.locator("#log .question")).to_have_count(21)
    ask(tab)
    expect(tab.locator(".answer.answered").last).to_contain_text(CITED)
    expect(tab.locator("#log .question").first).to_have_text("Turn 10?")
    expect(tab.get_by_role("link", name="[1]")).to_have_count(1)
    tab.get_by_role("link", name="[1]").click()  # its sources are those beside it
    expect(tab.locator("#src-1")).to_have_class(re.compile("flash"))
    tab.locator("#log .before").scroll_into_view_if_needed()
    place = tab.locator("#log .question.nth-10")
    top = place.bounding_box()
    tab.get_by_role("button", name="Show the 10 questions before").click()
    expect(tab.locator("#log .question")).to_have_count(31)
    expect(tab.locator("#log .before")).to_have_count(0)
    now = place.bounding_box()
    assert top and now and abs(top["y"] - now["y"]) < 4  # what was read has not moved
    thought = tab.locator("#log .answer.nth-3").get_by_role("button", name="Good answer")
    thought.click()
    expect(tab.locator("#log .answer.nth-3 .thought")).to_have_text("You found this good.")
    (chat,) = library.chats.chats.values()
    assert [at for at, one in enumerate(chat.exchanges) if one.feedback] == [3]


def test_an_answer_leads_on_and_a_refusal_leads_to_the_closest_notes(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab)
    expect(tab.locator(".follow .ask")).to_have_count(2)
    further = tab.locator(".follow .ask").first.inner_text()
    tab.locator(".follow .ask").first.click()
    expect(tab.locator("#log .question").last).to_contain_text(further)
    expect(tab.locator(".answer.over")).to_have_count(2)
    expect(tab.locator(".follow")).to_have_count(1)  # under the last answer alone
    library.refuse = True
    ask(tab, "Which light does the moon absorb?")
    near = tab.locator(".answer.refused .near a")
    expect(near).to_have_text("biology.md:12")
    near.click()
    expect(tab.locator("#near-1")).to_have_class(re.compile("flash"))


def test_only_what_is_in_the_notes_can_be_asked_for_where_a_model_answers(
    context: BrowserContext, library: ScriptedLibrary
) -> None:
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Only what is in the notes").check()
    ask(page)
    expect(page.locator(".answer.answered")).to_have_count(1)
    assert library.options[-1].strict
    library.offered["none"], library.llm = "", "none"
    page.reload()
    expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()
    expect(page.get_by_label("Only what is in the notes")).to_have_count(0)
    expect(page.get_by_label("Style")).to_have_count(0)


def test_formulas_tables_and_code_are_shown_and_load_nothing(
    tab: Page, library: ScriptedLibrary
) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    library.say = (
        "It costs $5 or $6, $E = mc^2$ [1].\n\n$$\n\\frac{a}{b}\n= c\n$$\n\n"
        "\\(\\href{javascript:alert(1)}{x} \\includegraphics{http://a.example/x.png}\\)\n\n"
        "| A | B |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```\n"
    )
    ask(tab)
    answer = tab.locator(".answer.answered")
    expect(answer.locator(".katex")).to_have_count(3)
    expect(answer.locator(".katex-display")).to_have_count(1)
    expect(answer).to_contain_text("It costs $5 or $6")
    expect(answer.locator("td")).to_have_text(["1", "2"])
    expect(answer.get_by_role("button", name="Copy the code")).to_be_visible()
    expect(answer.locator("a:not(.cite), img")).to_have_count(0)
    assert not [url for url in asked if "127.0.0.1" not in url and not url.startswith("data:")]


def test_what_is_asked_is_on_the_screen_before_the_server_answers(
    tab: Page, library: ScriptedLibrary
) -> None:
    ask(tab)
    expect(tab.locator(".answer.answered")).to_have_count(1)
    held = tab.evaluate(
        """() => new Promise((done) => {
          const box = document.querySelector("#question textarea");
          box.value = "And <b>mitosis</b>?";
          box.dispatchEvent(new Event("input", { bubbles: true }));
          box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
          requestAnimationFrame(() => done([
            document.querySelector("#asked").textContent,
            document.querySelector("#status").innerText.trim(),
          ]));
        })"""
    )
    assert held == ["And <b>mitosis</b>?", "Searching your notes"]
    tab.get_by_placeholder("Ask your notes a question").press("Enter")
    expect(tab.locator(".answer.answered")).to_have_count(2)
    expect(tab.locator("#asked")).to_have_count(0)
    expect(tab.locator("#log .question")).to_have_count(2)


def test_a_conversation_of_another_tab_comes_into_the_list(
    tab: Page, context: BrowserContext
) -> None:
    other = context.new_page()
    other.goto("/")
    expect(other.get_by_placeholder("Ask your notes a question")).to_be_enabled()
    ask(tab)
    expect(other.locator("#chats .open")).to_contain_text(QUESTION)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_done_with_answers_can_be_done_by_all(context: BrowserContext, theme: str) -> None:
    page = context.new_page()
    page.goto(f"/?__theme={theme}")
    ask(page)
    tool(page, "Good answer").click()
    expect(page.locator(".thought")).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    tool(page, "Say why, or what would be right").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
