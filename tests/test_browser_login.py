"""Logging in as a person does, in a real browser, on a page that others can reach."""

from contextlib import closing

import pytest
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)
from playwright.sync_api import Browser, expect
from pydantic import SecretStr
from test_accessibility import violations
from test_browser import CHROMIUM, PHONE, ask, browser  # noqa: F401 (the last is a fixture)

from web.guard import Access

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]


def test_a_person_logs_in_asks_and_logs_out_by_keyboard_alone(browser: Browser) -> None:
    access = Access("crib", SecretStr("canary-password"))
    with (
        serving_page(ScriptedLibrary(), host="0.0.0.0", access=access) as served,  # noqa: S104
        closing(browser.new_context(base_url=served.url, viewport=PHONE)) as context,
    ):
        page = context.new_page()
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto("/?tab=notes")
            assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
        for password in ("not this one", "canary-password"):
            expect(page.get_by_label("User")).to_be_focused()
            page.keyboard.type("crib")
            page.keyboard.press("Tab")
            page.keyboard.type(password)
            page.keyboard.press("Enter")
            if password == "not this one":
                expect(page.get_by_role("alert")).to_have_text("User or password are wrong.")
        expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()
        ask(page)
        expect(page.locator(".answer.answered")).to_contain_text(CITED)
        assert page.evaluate("document.cookie") == ""
        way_out = page.get_by_role("link", name="Log out")
        way_out.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Password")).to_be_visible()
