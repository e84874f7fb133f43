"""axe-core finds nothing serious on the page, light and dark, empty, asked and refused."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_fakes import GRADIO_WARNINGS, REFUSAL, ScriptedLibrary
from playwright.sync_api import BrowserContext, Page, expect
from test_browser import (
    CHROMIUM,
    PHONE,
    ask,
    browser,  # noqa: F401 (this and those below are fixtures)
    context,  # noqa: F401
    gradio_leftovers,  # noqa: F401
    library,  # noqa: F401
    profile,  # noqa: F401
    served,  # noqa: F401
)

from rag.types import Claim, Grounding

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]

GRAVE = {"serious", "critical"}


def violations(page: Page) -> list[str]:
    page.add_style_tag(content="* { transition: none !important; }")  # colours on their way
    found = Axe().run(page).response["violations"]
    return [
        f"{one['impact']} {one['id']}: {node['html'][:200]}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


def opened(context: BrowserContext, theme: str) -> Page:
    page = context.new_page()
    page.goto(f"/?__theme={theme}")
    expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()
    return page


def test_the_check_finds_what_is_wrong(context: BrowserContext) -> None:
    page = opened(context, "light")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<button></button>')")
    assert any("button-name" in one for one in violations(page))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chat_can_be_read_by_all(
    context: BrowserContext, library: ScriptedLibrary, theme: str
) -> None:
    page = opened(context, theme)
    assert violations(page) == []
    library.say = "Chlorophyll absorbs red and blue light [1]. It is purple. It may be green."
    library.claims = (Claim(44, 57, Grounding.NOT_FOUND), Claim(58, 74, Grounding.WEAK))
    ask(page)
    expect(page.locator(".answer.answered .claim.missing")).to_have_count(1)
    page.locator("#cards summary").first.click()
    page.locator("#chats summary").first.click()
    assert violations(page) == []
    library.say, library.claims = "", ()
    ask(page, "Who won?")
    expect(page.locator(".answer.refused")).to_contain_text(REFUSAL)
    page.set_viewport_size(PHONE)
    assert violations(page) == []
