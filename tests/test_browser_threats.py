"""Hostile notes in a real library, on every page that is served: nothing runs or is loaded."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from page_fakes import (
    GRADIO_WARNINGS,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)
from playwright.sync_api import Browser, Page, expect
from test_browser import (  # noqa: F401 (browser and sink are fixtures)
    CHROMIUM,
    ask,
    browser,
    sink,
)

from commands.pages import serving
from commands.pages.library import NotesLibrary
from rag.config import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no Chromium at {CHROMIUM}"),
    *(pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS),
]

OPENS = "[data-note]:visible, a:visible, [role=treeitem]:visible"  # what shows a note, or a case


def payload(site: str, mark: str) -> str:
    """One line of all that has ever worked somewhere; `mark` says where it stood."""
    at = f"{site}/{mark}"
    return (
        f"![a]({at}-1.png) ![b][r] <img src={at}-2.png onerror=owned=1>"
        f" <video src={at}-3.mp4 autoplay poster={at}-4.png></video> <audio src={at}-5 autoplay>"
        f" <iframe src={at}-6 srcdoc='<script>parent.owned=1</script>'></iframe>"
        f" <b style='background:url({at}-7.png)'>x</b> <style>@import url({at}-8.css);</style>"
        f" <script>owned=1;fetch('{at}-9')</script> <svg onload=owned=1>"
        f"<image href={at}-10></svg>"
        f" <link rel=stylesheet href={at}-11.css> <link rel=prefetch href={at}-12>"
        f" <object data={at}-13></object> <embed src={at}-14> <meta http-equiv=refresh content='0;"
        f" url={at}-15'> <base href={site}> <form action={at}-16><input autofocus onfocus=owned=1>"
        f"</form> [x](javascript:owned=1) ${{owned=1}} {{{{owned=1}}}} <%= owned=1 %>"
        f" $\\href{{javascript:owned=1}}{{x}}$ $$\\includegraphics{{{at}-17.png}}$$"
    )


def hostile_notes(folder: Path, site: str) -> None:
    """Notes whose text, titles, tags, headings, names, cards and tables are payloads."""
    folder.mkdir()
    short = "<img src=x onerror=owned=1>${owned=1}{{owned=1}}"
    text = (
        f'---\ntitle: "{short}"\ntags: ["{short}", exam]\n---\n\n# {payload(site, "title")}\n\n'
        f"## {payload(site, 'heading')}\n\nOsmosis moves water. {payload(site, 'text')}\n\n"
        f"- {payload(site, 'item')}\n\n| a | b |\n|---|---|\n| {payload(site, 'cell')} | x |\n\n"
        f"```html\n{payload(site, 'code')}\n```\n\n## Quiz\n\n"
        f"Q: What moves water? {payload(site, 'question')}\nA: Osmosis {payload(site, 'answer')}\n"
        f"\n[r]: {site}/reference.png\n"
    )
    (folder / f"{short}.md").write_text(text)
    (folder / f"{short}").mkdir()
    (folder / f"{short}" / "osmosis.md").write_text(f"# Osmosis\n\nWater. {payload(site, 'b')}\n")
    (folder / f"{short}.pdf").write_bytes(b"no PDF " + payload(site, "pdf").encode())
    (folder / "page.html").write_text(f"<title>{short}</title><p>Water. {payload(site, 'html')}")


@pytest.fixture
def hostile(settings: Settings, tmp_path: Path, sink: tuple[str, list[str]]) -> NotesLibrary:
    notes = tmp_path / "notes"
    hostile_notes(notes, sink[0])
    library = NotesLibrary(settings.model_copy(update={"notes": notes}))
    library.load_model()
    list(library.ingest())
    assert library.counts()[0] == 3
    return library


@pytest.fixture
def watched(browser: Browser, hostile: NotesLibrary) -> Iterator[Page]:
    """The page over those notes with all others beside it; it counts what it asks of others."""
    with (
        serving_page(hostile, pages=lambda: serving.pages(hostile)) as served,
        closing(browser.new_context(base_url=served.url)) as context,
    ):
        page = context.new_page()
        page.elsewhere = []  # type: ignore[attr-defined]
        page.dialogs = []  # type: ignore[attr-defined]

        def heard(address: str) -> None:
            if not address.startswith((served.url, "data:", "blob:")):
                page.elsewhere.append(address)  # type: ignore[attr-defined]

        page.on("request", lambda request: heard(request.url))
        page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))  # type: ignore[attr-defined]
        page.goto("/")
        expect(page.get_by_placeholder("Ask your notes a question")).to_be_enabled()
        yield page


def assert_untouched(page: Page, heard: list[str]) -> None:
    assert page.evaluate("typeof owned") == "undefined"
    assert page.dialogs == []  # type: ignore[attr-defined]
    assert page.elsewhere == []  # type: ignore[attr-defined]
    assert heard == []


def test_the_payload_works_where_nothing_stops_it(browser: Browser, sink) -> None:
    """Else the tests below would prove nothing."""
    site, heard = sink
    with closing(browser.new_page()) as page:
        page.set_content(payload(site, "bare"), wait_until="commit")
        page.wait_for_function("typeof owned !== 'undefined'")
        page.wait_for_timeout(300)
    assert {"/bare-2.png", "/bare-9"} <= set(heard)


def test_hostile_notes_do_nothing_in_the_chat(watched: Page, sink) -> None:
    ask(watched, f"What moves water? {payload(sink[0], 'asked')}")
    expect(watched.locator(".answer.extractive, .answer.refused")).to_have_count(1)
    ask(watched, "What is osmosis?")
    expect(watched.locator(".answer.extractive, .answer.refused")).to_have_count(2)
    opened = watched.locator("#cards summary")
    expect(opened.first).to_be_visible()
    for place in range(opened.count()):
        opened.nth(place).click()
    watched.reload()  # the conversation's title in the list, and its answers again
    watched.locator("#chats .open").first.click()
    expect(watched.locator(".answer").first).to_contain_text("owned=1")
    watched.wait_for_timeout(300)
    assert_untouched(watched, sink[1])


def test_hostile_notes_do_nothing_on_any_other_page(watched: Page, sink) -> None:
    tabs = watched.locator("#tabs").get_by_role("tab")
    names = [name for name in tabs.all_inner_texts() if name != "Chat"]
    assert names
    for name in names:
        watched.locator("#tabs").get_by_role("tab", name=name, exact=True).click()
        watched.wait_for_timeout(700)
        panel = watched.locator("#tabs [role=tabpanel]:visible").first
        expect(panel).not_to_be_empty()
        for opened in panel.locator("details:not([open]) > summary:visible").all()[:10]:
            opened.click(timeout=2000)
        for one in panel.locator("[data-note]:visible, a:visible, [role=treeitem]:visible").all()[
            :6
        ]:
            one.click(timeout=2000, force=True)
            watched.wait_for_timeout(300)
        assert_untouched(watched, sink[1])
