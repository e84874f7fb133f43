"""Pictures of the real page, answering a real question: `python -m benchmarks.screenshots`.

Writes chat-light.png, chat-dark.png (1440 x 900) and their phone-sized sisters (390 x 844), and the
same of the note that the answer cites (notes-light.png and so on), of a card of the quiz in the
notes (quiz-...), of an eval (evals-...), of one of its cases (evals-case-...) and of the settings
(settings-...), into docs/screenshots/, and eval-report.png, the report of an eval of some of the
shipped cases, with the notes and without. The model is that of CRIB_LLM; needs chromium.
"""

import tempfile
import time
from itertools import product
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from commands.eval_index import CASES, NOTES
from commands.evals.run import NO_MODEL_RUN, EvalRequest, evaluate
from commands.ingestion import ingest, show_ingest
from commands.pages.library import NotesLibrary
from commands.pages.serving import pages
from eval.report import html
from eval.report.results import Result
from ingest.document import QUIZ_FILE
from rag.answers.writers import STILL_LOADING
from rag.config import Settings, load_settings
from rag.files import write_text
from web import words
from web.server import serve

TARGET = Path("docs/screenshots")
QUESTION = "Which SageMaker tool explains how a model makes predictions?"
PORT = 17861
SIZES = {"": (1440, 900), "phone-": (390, 844)}
PATIENCE_MS = 180_000
EVERY = 3
"""Of the shipped cases one in so many is asked for the picture of a report."""


def opened(browser: Browser, address: str, prefix: str) -> Page:
    """A fresh page of the size that `prefix` stands for."""
    width, height = SIZES[prefix]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    return page


def take(browser: Browser, url: str, theme: str, prefix: str) -> None:
    """Ask the question on a fresh page and take its picture once the citation stands there."""
    page = opened(browser, f"{url}/?__theme={theme}", prefix)
    page.get_by_placeholder("Ask your notes a question").fill(QUESTION)
    page.keyboard.press("Enter")
    page.locator("#src-1 mark").first.wait_for()
    page.wait_for_timeout(1000)  # the last animation
    page.screenshot(path=TARGET / f"chat-{prefix}{theme}.png")
    page.locator("#src-1 .open-note").click()
    page.locator("#note mark").first.wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=TARGET / f"notes-{prefix}{theme}.png")
    page.close()


def take_quiz(browser: Browser, url: str, theme: str, prefix: str) -> None:
    """Answer a card of the notes' quiz, and take its picture with the passage that holds it."""
    page = opened(browser, f"{url}/?__theme={theme}&tab=quiz", prefix)
    page.locator("#quiz-ready h2").wait_for()
    if page.locator("#quiz-look-first").is_visible():
        page.locator("#quiz-look-first").click()
    page.locator("#quiz-start").click()
    page.locator("#quiz-text textarea").fill("To create a model, and to fine-tune one")
    page.locator("#quiz-text textarea").press("Enter")
    page.locator("#quiz-passages mark").first.wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=TARGET / f"quiz-{prefix}{theme}.png")
    page.close()


def take_evals(browser: Browser, url: str, theme: str, prefix: str) -> None:
    """Take the picture of the last run: its figures, and one of its cases."""
    page = opened(browser, f"{url}/?__theme={theme}&tab=evals", prefix)
    page.locator("#evals-scores tbody tr").first.wait_for()
    page.wait_for_timeout(1500)  # the plot is drawn
    page.screenshot(path=TARGET / f"evals-{prefix}{theme}.png")
    page.get_by_role("tab", name=words.EVALS_MISSES, exact=True).click()
    page.locator("#evals-list li.missed button").first.click()
    page.locator("#evals-case h3").wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=TARGET / f"evals-case-{prefix}{theme}.png")
    page.close()


def take_settings(browser: Browser, url: str, theme: str, prefix: str) -> None:
    """Take the picture of the settings, once it was looked whether all is well."""
    page = opened(browser, f"{url}/?__theme={theme}&tab=settings", prefix)
    page.get_by_role("button", name="Look whether all is well").click()
    page.get_by_text("All is well.").wait_for()
    page.wait_for_timeout(1000)
    page.screenshot(path=TARGET / f"settings-{prefix}{theme}.png")
    page.close()


def take_report(browser: Browser, settings: Settings, folder: Path) -> None:
    """Have some of the cases answered, with the notes and without, and picture the report."""
    cases, report = folder / "cases.jsonl", folder / "report.html"
    cases.write_text("\n".join(CASES.read_text("utf-8").splitlines()[::EVERY]), "utf-8")
    request = EvalRequest(cases, NOTES, llm=True, closed_book=settings.llm != NO_MODEL_RUN)
    write_text(report, html.render_html(Result(evaluate(settings, request))))
    page = browser.new_page(viewport={"width": 1280, "height": 1400}, color_scheme="light")
    page.goto(report.resolve().as_uri())
    page.screenshot(path=TARGET / "eval-report.png")
    page.close()


def main() -> None:
    """Serve a library of the shipped notes, and take its pictures."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        settings = load_settings().model_copy(update={"home": Path(home), "notes": Path("notes")})
        show_ingest(ingest(settings, "notes"))
        had_quiz = (settings.notes / QUIZ_FILE).exists()
        library = NotesLibrary(settings)
        library.load_model()
        while library.notice() == STILL_LOADING:
            time.sleep(0.2)
        page = serve(library, port=PORT, pages=lambda: pages(library), block=False)
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        take_report(browser, settings, Path(home))  # first: it leaves a run for the page of evals
        for theme, prefix in product(("light", "dark"), SIZES):
            take(browser, page.url, theme, prefix)
            take_quiz(browser, page.url, theme, prefix)
            take_evals(browser, page.url, theme, prefix)
            take_settings(browser, page.url, theme, prefix)
        if not had_quiz:  # the pictures leave nothing among the notes
            (settings.notes / QUIZ_FILE).unlink(missing_ok=True)
        browser.close()
        page.close()


if __name__ == "__main__":
    main()
