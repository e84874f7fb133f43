"""The served page without a browser: what its server refuses, and how it asks."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from socket import create_server

import httpx
import pytest
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    QUESTION,
    WAIT_SECONDS,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    served_page,
    serving_page,
)

from ingest.types import Progress, Report
from rag.errors import LockedError, NotesError, PortError, SettingsError
from rag.types import AskOptions, Scope, Style
from web.asking import AnswerController
from web.conversation import Stage
from web.refresh import IngestRun, Refresh, Watch
from web.server import serve
from web.work import Halt

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served_page() as (_, page):
        yield page.url


# Before anything is served


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])  # noqa: S104
def test_a_host_beyond_this_machine_is_refused_without_a_password_and_told_why(host: str) -> None:
    with pytest.raises(SettingsError, match=r"set CRIB_PASSWORD .*or use --host 127\.0\.0\.1"):
        serve(ScriptedLibrary(), host=host)


def test_a_host_that_is_no_address_is_refused_with_what_to_name() -> None:
    with pytest.raises(SettingsError, match=r"not an address; use --host 0\.0\.0\.0"):
        serve(ScriptedLibrary(), host="example.org")


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with closing(create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortError, match=f"^port {port} is in use; choose another with --port"):
            serve(ScriptedLibrary(), port=port)


def test_the_server_module_does_not_import_gradio() -> None:
    code = "import sys, web.server; sys.exit('gradio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# What the server refuses


def test_the_page_is_served_with_a_policy_that_keeps_it_on_this_machine(url: str) -> None:
    response = httpx.get(url)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    for rule in ("default-src 'self'", "connect-src 'self'", "img-src 'self' data: blob:"):
        assert rule in policy
    assert "object-src 'none'" in policy
    assert "http:" not in policy
    assert "https:" not in policy


def test_the_page_names_no_font_or_script_of_another_site(url: str) -> None:
    page = httpx.get(url).text
    assert "fonts.googleapis" not in page
    assert "cdn" not in page.lower()


def test_another_host_name_is_refused(url: str) -> None:
    port = url.rpartition(":")[2]
    assert httpx.get(url, headers={"host": f"evil.example:{port}"}).status_code == 400
    for name in ("localhost", "127.0.0.1", "[::1]"):
        assert httpx.get(url, headers={"host": f"{name}:{port}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/queue/join",
        "/gradio_api/upload",
        "/gradio_api/cancel",
        "/gradio_api/component_server",
    ],
)
def test_a_post_from_another_site_is_refused(url: str, origin: str, path: str) -> None:
    assert httpx.post(url + path, headers={"origin": origin}, json={}).status_code == 403


def test_files_of_this_machine_are_not_served(url: str, tmp_path: Path) -> None:
    secret = tmp_path / "note.html"
    secret.write_text("mine")
    for path in (secret, Path("pyproject.toml").resolve(), Path("/etc/passwd")):
        assert httpx.get(f"{url}/gradio_api/file={path}").status_code in {403, 404}


def test_uploads_are_refused(url: str) -> None:
    files = {"files": ("note.html", b"<script>alert(1)</script>")}
    assert httpx.post(f"{url}/gradio_api/upload", files=files).status_code == 413


# Asking, without a browser


def test_an_exchange_comes_about_step_by_step() -> None:
    library = ScriptedLibrary()
    library.tokens.clear()
    steps = AnswerController(library).ask("tab", QUESTION, ())
    assert [next(steps).stage, next(steps).stage] == [Stage.SEARCHING, Stage.READING]
    library.tokens.set()
    *_, last = steps
    assert last.stage is Stage.DONE
    assert last.text == f"Your notes say: {CITED} [1]"


def test_what_was_chosen_reaches_the_library() -> None:
    library = ScriptedLibrary()
    options = AskOptions(Scope(tags=("exam",)), Style.STEPS)
    list(AnswerController(library).ask("tab", QUESTION, (), options))
    assert library.options == [options]


def test_what_comes_while_the_page_is_busy_is_shown_at_once() -> None:
    """A page that is redrawn for every token falls behind a fast model."""
    library = ScriptedLibrary()
    library.say = "word " * 2000
    steps = AnswerController(library).ask("tab", QUESTION, ())
    assert next(steps).stage is Stage.SEARCHING
    next(steps)
    assert library.closed.wait(WAIT_SECONDS)
    *before, last = steps
    assert (last.stage, last.text.count("word")) == (Stage.DONE, 2000)
    assert len(before) < 5


def test_a_page_gets_one_answer_at_a_time_and_then_the_next() -> None:
    """Enter may be pressed twice."""
    library = ScriptedLibrary()
    library.tokens.clear()
    desk = AnswerController(library)
    first = desk.ask("tab", QUESTION, ())
    next(first)
    assert list(desk.ask("tab", QUESTION, ())) == []
    assert next(desk.ask("another tab", QUESTION, ())).stage is Stage.SEARCHING
    library.tokens.set()
    assert list(first)[-1].stage is Stage.DONE
    assert list(desk.ask("tab", QUESTION, ()))[-1].stage is Stage.DONE


def test_a_page_that_goes_away_at_once_can_ask_again() -> None:
    desk = AnswerController(ScriptedLibrary())
    first = desk.ask("tab", QUESTION, ())
    next(first)
    first.close()  # type: ignore[attr-defined]  # as Gradio does when a tab is closed
    assert list(desk.ask("tab", QUESTION, ()))[-1].stage is Stage.DONE


def test_a_stop_takes_effect_while_the_model_is_silent() -> None:
    library = ScriptedLibrary()
    library.tokens.clear()
    desk = AnswerController(library)
    steps = desk.ask("tab", QUESTION, ())
    assert [next(steps).stage, next(steps).stage] == [Stage.SEARCHING, Stage.READING]
    desk.stop("tab")
    assert [step.stage for step in steps] == [Stage.STOPPED]
    assert not library.closed.is_set()  # the model has not come back yet
    library.tokens.set()
    assert library.closed.wait(WAIT_SECONDS)


def test_a_reader_that_goes_away_closes_the_answer() -> None:
    library = ScriptedLibrary()
    library.say, library.pace = "word " * 2000, 0.05  # longer than is waited for below
    steps = AnswerController(library).ask("tab", QUESTION, ())
    assert [next(steps).stage, next(steps).stage] == [Stage.SEARCHING, Stage.READING]
    steps.close()  # type: ignore[attr-defined]  # as Gradio does when a tab is closed
    assert library.closed.wait(WAIT_SECONDS)


def test_an_unexpected_error_is_told_without_its_details(caplog: pytest.LogCaptureFixture) -> None:
    library = ScriptedLibrary()
    library.error = RuntimeError("sk-canary")
    last = list(AnswerController(library).ask("tab", QUESTION, ()))[-1]
    assert last.error == "Something went wrong on our side; the log of the program says what."
    assert "sk-canary" in caplog.text


def test_an_ingest_is_run_once_for_all_who_watch_it() -> None:
    library = ScriptedLibrary(empty=True)
    library.ingesting.clear()
    refresh = Refresh(library)
    first, second = iter(refresh.join()), iter(refresh.join())
    assert isinstance(next(first), Progress)
    assert isinstance(next(second), Progress)
    running = [refresh.is_running]
    library.ingesting.set()
    assert [isinstance(list(watched)[-1], Report) for watched in (first, second)] == [True, True]
    running.append(refresh.is_running)
    assert running == [True, False]
    assert library.ingests == 1


# Stopping an ingest


def test_a_stop_is_told_at_once_and_what_is_at_hand_is_finished() -> None:
    library = ScriptedLibrary()
    library.ingesting.clear()
    library.batch.clear()
    refresh = Refresh(library)
    run = refresh.join()
    watched = [iter(run), iter(run)]
    assert all(isinstance(next(news), Progress) for news in watched)
    refresh.stop()
    assert [next(news) for news in watched] == [Halt.STOPPING] * 2
    assert (refresh.is_running, refresh.was_stopped) == (True, False)
    assert refresh.join() is run  # there is one at a time, to its very end
    library.batch.set()
    assert [list(news) for news in watched] == [[Halt.STOPPED]] * 2
    assert (refresh.is_running, refresh.was_stopped) == (False, True)


def test_after_a_stop_the_next_ingest_is_a_new_one_that_ends_with_its_report() -> None:
    library = ScriptedLibrary()
    library.ingesting.clear()
    refresh = Refresh(library)
    run = refresh.join()
    refresh.stop()
    run.wait(WAIT_SECONDS)
    library.ingesting.set()
    assert isinstance(list(refresh.join())[-1], Report)
    assert not refresh.was_stopped
    assert (library.ingests, refresh.number) == (2, 2)


def test_a_stop_while_nothing_runs_does_nothing() -> None:
    refresh = Refresh(ScriptedLibrary())
    refresh.stop()
    *_, report = refresh.join()
    refresh.stop()
    assert isinstance(report, Report)
    assert refresh.latest is not None
    assert refresh.latest.news is report
    assert not refresh.was_stopped


def test_what_an_ingest_raises_is_raised_though_it_was_to_stop() -> None:
    library = ScriptedLibrary()
    library.ingest_error = NotesError("/notes is not there")
    with pytest.raises(NotesError, match="not there"):
        list(Refresh(library).join())


# Watching


def until(holds: Callable[[], bool]) -> None:
    """Wait until it does."""
    give_up = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


@contextmanager
def watching(library: ScriptedLibrary) -> Iterator[Refresh]:
    refresh = Refresh(library)
    watch = Watch(library, refresh)
    watch.start()
    try:
        yield refresh
    finally:
        library.ingesting.set()
        watch.close(WAIT_SECONDS)
        assert not [one for one in threading.enumerate() if one.name == "watch"]


def heard(library: ScriptedLibrary) -> bool:
    """True once a change was taken in, and all that was done about it is over."""
    return not library.changed.is_set()


def ended(refresh: Refresh, number: int) -> bool:
    return refresh.number == number and not refresh.is_running


def test_a_change_of_the_notes_is_brought_in() -> None:
    library = ScriptedLibrary()
    with watching(library) as refresh:
        for number in (1, 2):
            library.changed.set()
            until(lambda number=number: ended(refresh, number))  # type: ignore[misc]
    assert library.ingests == 2


def test_a_change_during_an_ingest_is_brought_in_by_the_next() -> None:
    """The one that runs may have looked at the notes before."""
    library = ScriptedLibrary()
    library.ingesting.clear()
    with watching(library) as refresh:
        refresh.join()
        library.changed.set()
        until(lambda: heard(library))
        assert refresh.number == 1
        library.ingesting.set()
        until(lambda: ended(refresh, 2))


def test_what_goes_wrong_is_said_once_in_a_line_and_tried_again_with_the_next_change(
    caplog: pytest.LogCaptureFixture,
) -> None:
    library = ScriptedLibrary()
    library.ingest_error = LockedError("another crib (process 7) is at it")
    with watching(library) as refresh:
        for number in (1, 2):
            library.changed.set()
            until(lambda number=number: ended(refresh, number))  # type: ignore[misc]
        library.ingest_error = RuntimeError("two\nlines")
        library.changed.set()
        until(lambda: len(caplog.records) == 2)
        library.ingest_error = None
        library.changed.set()
        until(lambda: ended(refresh, 4))
        assert isinstance(refresh.latest and refresh.latest.news, Report)
    assert [record.getMessage() for record in caplog.records] == [
        "the notes are not up to date: another crib (process 7) is at it",
        "the notes are not up to date: RuntimeError: two lines",
    ]
    assert not any(record.exc_info for record in caplog.records)


def test_what_a_person_stopped_is_not_begun_anew_by_a_change() -> None:
    library = ScriptedLibrary()
    library.ingesting.clear()
    with watching(library) as refresh:
        run: IngestRun = refresh.join()
        refresh.stop()
        run.wait(WAIT_SECONDS)
        library.ingesting.set()
        library.changed.set()
        until(lambda: heard(library))
        list(refresh.join())  # somebody asks for it
        library.changed.set()
        until(lambda: ended(refresh, 3))


def test_a_page_that_is_closed_watches_no_more_and_ends_its_ingest() -> None:
    library = ScriptedLibrary()
    library.ingesting.clear()
    with serving_page(library) as page:
        page.watch()
        library.changed.set()
        until(lambda: library.ingests == 1)
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"watch", "ingest"}
