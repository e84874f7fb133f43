"""The library: what the page is given of a person's notes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_files import pdf

from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from ingest.types import Progress, Report
from rag.answers.writers import STILL_LOADING
from rag.errors import ModelMissingError, NotesError
from rag.types import Chunk, Finished, Found, Status
from web.refresh import Refresh
from web.sources import found_cards, sources_html
from web.work import Halt


@pytest.fixture
def notes(tmp_path):
    """Two folders of notes."""
    for folder, name in (("aws", "clarify"), ("math", "matrix")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.md").write_text(
            f"---\ntitle: x\n---\n# {name.title()}\n\nThe {name} explains bias.\n\n"
            f"More on it.\n\n## Quiz\n\nWhat?\n\n## Uses of a {name}\n\nMany.\n"
        )
    return tmp_path


@pytest.fixture
def library(settings, notes, embedder, monkeypatch):
    """A library into which both folders were ingested."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    for folder in ("aws", "math"):
        list(ingest(settings, str(notes / folder)))
    return NotesLibrary(settings)


def loaded(library):
    """The library once it is known who answers."""
    library.load_model()
    give_up = time.monotonic() + 30
    while library.is_loading() and time.monotonic() < give_up:
        time.sleep(0.01)
    return library


def chunk_of(library, heading) -> Chunk:
    """The nearest passage to what its heading says."""
    found = next(iter(library.stream(heading, ())))
    assert isinstance(found, Found)
    hits = [h for h in found.evidence.passages if h.chunk.headings[-1:] == (heading,)]
    return hits[0].chunk


def test_a_new_library_is_empty_and_shows_the_folder_it_will_read(settings, tmp_path, monkeypatch):
    wanted = settings.model_copy(update={"notes": tmp_path / "mine"})
    library = NotesLibrary(wanted)
    assert library.is_empty()
    assert library.counts() == (0, 0)
    assert library.folder() == str(tmp_path / "mine")
    with pytest.raises(NotesError, match="no folder"):
        list(library.ingest())


def test_the_first_ingest_takes_the_folder_of_the_settings(settings, notes):
    library = NotesLibrary(settings.model_copy(update={"notes": notes / "aws"}))
    *steps, report = library.ingest()
    assert all(isinstance(step, Progress) for step in steps)
    assert isinstance(report, Report)
    assert (report.notes, library.folder()) == (1, (notes / "aws").as_posix())
    assert not library.is_empty()


def test_without_the_embedding_model_there_is_no_library(settings, tmp_path):
    with pytest.raises(ModelMissingError, match="crib models pull"):
        NotesLibrary(settings.model_copy(update={"cache": tmp_path / "empty"}))


def test_headings_are_those_of_the_notes_in_order_and_not_of_quizzes_or_front_matter(library):
    assert library.headings() == [
        ("Clarify",),
        ("Clarify", "Uses of a clarify"),
        ("Matrix",),
        ("Matrix", "Uses of a matrix"),
    ]
    of_one = {chunk.note_path for chunk in library.store.index.catalog.all_chunks()[:1]}
    assert library.headings(of_one) == [("Clarify",), ("Clarify", "Uses of a clarify")]


def test_of_many_notes_some_from_the_first_to_the_last_serve_as_examples(library):
    assert library.store.index.catalog.sample(1)[0].endswith("clarify.md")
    assert len(library.store.index.catalog.sample(2)) == 2
    assert library.store.index.catalog.sample(50) == library.store.index.catalog.sample(2)


def test_both_folders_are_named_and_counted(library, notes):
    assert library.folder() == f"{(notes / 'aws').as_posix()}, {(notes / 'math').as_posix()}"
    assert library.counts() == (2, 8)


def test_context_is_numbered_as_the_file_is(library):
    chunk = chunk_of(library, "Clarify")
    assert (chunk.start_line, chunk.end_line) == (4, 8)
    assert library.context(chunk, 0) == [
        (4, "# Clarify"),
        (5, ""),
        (6, "The clarify explains bias."),
        (7, ""),
        (8, "More on it."),
    ]
    assert [number for number, _ in library.context(chunk, 2)] == list(range(2, 11))


def test_context_ends_where_the_note_does(library):
    chunk = chunk_of(library, "Uses of a clarify")
    numbered = library.context(chunk, 100)
    assert numbered[0] == (1, "---")
    assert numbered[-1] == (16, "Many.")


def test_a_source_of_a_pdf_is_placed_by_its_pages_and_not_by_lines_of_its_text(settings, tmp_path):
    pages = [["Copper conducts heat well."], ["It is used in wires."]]
    (tmp_path / "metals.pdf").write_bytes(pdf(pages))
    library = NotesLibrary(settings.model_copy(update={"notes": tmp_path}))
    list(library.ingest())
    found = next(iter(library.stream("Is copper used in wires?", ())))
    assert isinstance(found, Found)
    cards = found_cards(found.evidence, lambda chunk: library.context(chunk, 6), 1)
    (card,) = cards.cited
    assert card.location(str(tmp_path)) == "metals.pdf (page 1)"
    assert [(card.labels.get(number), text) for number, text in card.context] == [
        ("page 1", "Copper conducts heat well."),
        (None, ""),
        ("page 2", "It is used in wires."),
    ]
    panel = sources_html(cards, cwd="/")
    assert '<span class="at" title="page 2">page 2</span><code>It is used in wires.' in panel
    assert '<span class="at" title="">' in panel  # where a number would stand for no line


def test_lines_of_a_note_that_has_changed_since_are_not_shown(settings, notes):
    """They would be others than those that the passage stands in."""
    library = NotesLibrary(settings.model_copy(update={"notes": notes}))
    list(library.ingest())
    found = next(iter(library.stream("What does clarify explain?", ())))
    assert isinstance(found, Found)
    chunk = found.evidence.passages[0].chunk
    assert library.context(chunk, 1)
    path = Path(chunk.note_path)
    path.write_text("# New\n\n" + path.read_text())
    list(library.ingest())
    assert library.context(chunk, 1) == []


def test_asking_again_is_kept_in_the_place_of_the_first_answer(settings, notes):
    library = NotesLibrary(settings.model_copy(update={"notes": notes}))
    list(library.ingest())
    first = library.stream_kept("What does clarify explain?", ())
    assert [type(event).__name__ for event in first][-1] == "Finished"
    again = library.stream_kept("What does clarify explain?", (), instead_of=first.place)
    assert list(again)
    assert again.place == first.place
    (kept,) = library.conversation(first.place.chat).exchanges
    assert kept.id == first.place.exchange


def test_separators_that_end_no_line_do_not_shift_the_context(settings, tmp_path):
    """A form feed from a PDF, or U+2028 from a web page, is a character like any other."""
    (tmp_path / "a.md").write_bytes("a\x0cb\u2028c\r\n\r\n# Later\r\n\r\nwords\r\n".encode())
    library = NotesLibrary(settings.model_copy(update={"notes": tmp_path}))
    list(library.ingest())
    assert library.context(chunk_of(library, "Later"), 0) == [(3, "# Later"), (4, ""), (5, "words")]


def test_an_ingest_of_all_folders_ends_with_one_report_of_both(library, notes):
    (notes / "aws" / "new.md").write_text("# New\n\n![x](gone.png)\n")
    (notes / "math" / "broken.md").write_bytes(b"\0")
    (notes / "math" / "matrix.md").write_text("# Matrix\n\nOther words.\n")
    events = list(library.ingest())
    reports = [event for event in events if isinstance(event, Report)]
    (report,) = reports
    assert events[-1] is report
    assert (report.notes, report.chunks) == library.counts() == (3, 6)
    assert (report.new, report.changed, report.unchanged, report.embedded) == (1, 1, 1, 2)
    assert report.skipped == {(notes / "math" / "broken.md").as_posix(): "it is binary, not text"}
    assert list(report.warnings) == [(notes / "aws" / "new.md").as_posix()]
    assert report.folder == library.folder()


def test_a_folder_that_is_gone_does_not_keep_the_others_from_being_read(library, notes):
    gone = notes / "aws"
    gone.rename(notes / "moved")
    (notes / "math" / "new.md").write_text("# New\n\nWords.\n")
    *_, report = library.ingest()
    assert isinstance(report, Report)
    assert report.new == 1
    assert report.deleted == 0
    assert "is gone, and the notes known from it are kept" in report.skipped[gone.as_posix()]


def test_a_folder_that_is_gone_is_forgotten_only_where_a_person_says_so(settings, library, notes):
    gone = notes / "aws"
    gone.rename(notes / "moved")
    with pytest.raises(NotesError, match=r"run: crib ingest .*aws --allow-deletions$"):
        list(ingest(settings, str(gone)))
    before = library.counts()[0]
    *_, report = ingest(settings, str(gone), allow_deletions=True)
    assert isinstance(report, Report)
    assert report.notes == before - report.deleted
    assert gone.as_posix() not in library.folder()


def test_without_a_language_model_the_notes_own_sentences_answer_and_it_is_said(settings, library):
    missing = settings.model_copy(update={"llm": "local:/nowhere/model.gguf"})
    standing_in = loaded(NotesLibrary(missing))
    *_, finished = standing_in.stream("What explains bias?", ())
    assert isinstance(finished, Finished)
    assert finished.answer.status is Status.EXTRACTIVE
    assert "explains bias" in finished.answer.text
    assert finished.answer.notice
    assert "no language model" in standing_in.model()
    assert standing_in.is_local()


def test_nothing_stands_in_where_no_model_is_wanted(library):
    assert loaded(library).model() == "the notes' own sentences, no language model"
    assert library.notice() == ""


def test_until_the_model_is_loaded_the_notes_own_sentences_answer_and_it_is_said(library):
    assert library.is_loading()
    *_, finished = library.stream("What explains bias?", ())
    assert isinstance(finished, Finished)
    assert (finished.answer.status, finished.answer.notice) == (Status.EXTRACTIVE, STILL_LOADING)
    assert library.notice() == STILL_LOADING


@contextmanager
def watched(library) -> Iterator[list[None]]:
    """What `changes` yields, as it does."""
    heard, stop = [], threading.Event()
    thread = threading.Thread(target=lambda: heard.extend(library.changes(stop)))
    thread.start()
    try:
        yield heard
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def repeat_until(holds, change) -> None:
    """Change something, time and again, until that is heard: nobody says when watching begins."""
    give_up = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < give_up
        change()
        again = time.monotonic() + 1.5  # changes that follow each other faster are one
        while not holds() and time.monotonic() < again:
            time.sleep(0.02)


def test_an_ingest_that_was_stopped_keeps_what_it_read_and_the_next_one_goes_on(
    settings, notes, embedder, monkeypatch
):
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    many = notes / "many"
    many.mkdir()
    for number in range(300):
        (many / f"{number}.md").write_text(f"# Note {number}\n\nIt says it {number} times.\n")
    library = NotesLibrary(settings.model_copy(update={"notes": many}))
    refresh = Refresh(library)
    for news in refresh.join():
        if isinstance(news, Progress) and news.done:
            refresh.stop()
    assert news is Halt.STOPPED
    kept = library.counts()[0]
    assert 0 < kept < 300
    found = next(iter(library.stream("Which note says it 0 times?", ())))
    assert isinstance(found, Found)
    assert found.evidence.passages
    *_, report = refresh.join()
    assert isinstance(report, Report)
    assert (report.unchanged, report.new, report.notes) == (kept, 300 - kept, 300)
    assert report.embedded == 300 - kept  # nothing a second time


def test_a_change_is_heard_in_a_source_that_came_to_be_while_others_were_watched(
    settings, library, notes
):
    torts = notes / "law" / "torts.md"
    torts.parent.mkdir()
    torts.write_text("# Torts\n\nA wrong.\n")
    with watched(library) as heard:
        list(ingest(settings, str(torts.parent)))
        # At most one of these says that there is another source.
        repeat_until(lambda: len(heard) > 1, lambda: torts.write_text(f"# Law\n\n{time.time()}\n"))


def test_a_folder_that_comes_and_goes_is_noticed(settings, tmp_path):
    mine = tmp_path / "mine"
    library = NotesLibrary(settings.model_copy(update={"notes": mine}))
    with watched(library) as heard:
        repeat_until(lambda: heard, lambda: mine.rmdir() if mine.exists() else mine.mkdir())
