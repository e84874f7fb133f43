"""Staleness: an answer says so when its notes no longer hold what it rests on, and what they do."""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_files import pdf

from commands.pages.library import NotesLibrary
from rag.answers.answer_cache import AnswerCache
from rag.chats.conversations import with_staleness
from rag.chats.kept import Chat, ChatInfo, Kept
from rag.chats.staleness import Change, CitedNow, in_words, is_stale, staleness
from rag.errors import DamagedError
from rag.index_wiring import open_catalog, open_store
from rag.store.catalog import Catalog
from rag.types import Anchor, Answer, Chunk, Citation, Finished, Status

PATH = "/notes/aws.md"
NOTE = (
    "# Clarify\n\n- Explains bias in a dataset.\n- Debugs predictions.\n\n# Studio\n\nA web IDE.\n"
)
QUOTE = "Explains bias in a dataset."


class Notes:
    """Notes in memory, that count how often one is read."""

    def __init__(self, notes: Mapping[str, str], anchors: tuple[Anchor, ...] = ()) -> None:
        self.notes, self.anchors = notes, anchors
        self.read: list[str] = []

    def counts(self) -> tuple[int, int]:
        return len(self.notes), len(self.notes)

    def digests(self, paths: Collection[str]) -> dict[str, str]:
        return {path: self.notes[path] for path in paths if path in self.notes}

    def paths_of(self, digest: str) -> list[str]:
        return sorted(path for path, text in self.notes.items() if text == digest)

    def body(self, path: str) -> tuple[str, tuple[Anchor, ...]]:
        self.read.append(path)
        return self.notes[path], self.anchors


def cited(quote: str = QUOTE, note: str = NOTE) -> Answer:
    """An answer that cites `quote`. Its digest, as in Notes, is the note's text."""
    start = note.index(quote)
    first = note.count("\n", 0, start) + 1
    begin = note.rindex("\n", 0, start) + 1
    text = note[begin : start + len(quote) + 10]
    last = first + text.count("\n")
    chunk = Chunk("1", PATH, note, 0, ("Clarify",), begin, begin + len(text), first, last, text)
    citation = Citation(1, chunk, start - begin, start - begin + len(quote))
    assert citation.quote == quote
    return Answer("?", "?", "It does [1].", Status.ANSWERED, "a script", (citation,))


def now(text: str | None, quote: str = QUOTE, note: str = NOTE) -> CitedNow:
    """What became of the quote once the note had this text; None if it is gone."""
    (found,) = staleness(cited(quote, note), Notes({} if text is None else {PATH: text}))
    return found


def test_a_note_of_the_same_bytes_is_not_read_again():
    notes = Notes({PATH: NOTE})
    (found,) = staleness(cited(), notes)
    assert found == CitedNow(1, Change.UNCHANGED, f"{PATH}:3", 3, 3, QUOTE)
    assert notes.read == []
    assert in_words(found) == ""


GIVES = NOTE.replace("bias in", "bias\n  in")
DRIFT = NOTE.replace(QUOTE, "Explains drift in a dataset.")
MODELS = NOTE.replace("bias in a dataset", "bias in models and data")


@pytest.mark.parametrize(
    ("text", "change", "lines", "becomes", "says"),
    [
        (NOTE + "\nMore.\n", Change.UNCHANGED, (3, 3), QUOTE, ""),
        ("# New\n\nwords\n\n" + NOTE, Change.MOVED, (7, 7), QUOTE, f"is now at {PATH}:7"),
        (GIVES, Change.MOVED, (3, 4), "Explains bias\n  in a dataset.", f"is now at {PATH}:3"),
        ("new\r\nlines\r" + NOTE.replace("\n", "\r\n"), Change.MOVED, (5, 5), QUOTE, "is now at"),
        (MODELS, Change.CHANGED, (3, 3), "Explains bias in models and data.", "it now says: Exp"),
        (
            DRIFT,
            Change.CHANGED,
            (3, 3),
            "Explains drift in a dataset.",
            f"has changed; at {PATH}:3",
        ),
        ("# Clarify\n\nZebras graze.\n", Change.CHANGED, (0, 0), "", "nothing like it is left"),
        (None, Change.DELETED, (0, 0), "", f"is gone, its note with it: {PATH}:3"),
    ],
)
def test_what_has_become_of_a_quote_is_said(text, change, lines, becomes, says):
    found = now(text)
    assert (found.change, found.text) == (change, becomes)
    assert (found.start_line, found.end_line) == lines
    assert found.place == f"{PATH}:{lines[0] or 3}"
    assert is_stale([found]) == (change in {Change.CHANGED, Change.DELETED})
    assert says in in_words(found)


@pytest.mark.parametrize("text", ["At most 15 GB.", "At most 5 GBit.", "At most 5.5 GB."])
@pytest.mark.parametrize("quote", ["At most 5 GB.", "5 GB"])
def test_a_number_that_changed_is_a_change(text, quote):
    """It is what an exam asks for, and looks much the same."""
    note = NOTE.replace(QUOTE, "At most 5 GB.")
    found = now(note.replace("At most 5 GB.", text), quote, note)
    assert found.change is Change.CHANGED
    assert found.text == (text if len(quote) > 9 else "")  # next to nothing is like a short one


def test_of_two_places_the_one_among_the_same_words_is_meant():
    note = "# Batch\n\n- Payload:\n- At most 6 MB.\n- For hours.\n"
    text = "# A\n\n- At most 6 MB.\n\n# B\n\n- Payload:\n- At most 6 MB.\n- For hours.\n"
    found = now(text, "At most 6 MB.", note)
    assert (found.change, found.start_line) == (Change.MOVED, 8)


def test_a_note_of_another_name_and_the_same_bytes_was_renamed():
    notes = Notes({"/notes/cloud/aws.md": NOTE})
    (found,) = staleness(cited(), notes)
    assert (found.change, found.place) == (Change.MOVED, "/notes/cloud/aws.md:3")
    assert notes.read == []


def test_a_place_that_a_person_calls_by_a_page_is_called_so():
    anchors = (Anchor(0, "page 1"), Anchor(30, "page 2"))
    (found,) = staleness(cited(), Notes({PATH: "x" * 29 + "\n" + NOTE}, anchors))
    assert (found.change, found.place) == (Change.MOVED, f"{PATH} (page 2)")


@given(st.text(), st.text(min_size=1), st.text(), st.text())
def test_whatever_a_note_becomes_what_is_said_to_be_there_is_there(before, quote, after, text):
    note = f"#\n{before}{quote}{after}"
    start = note.rindex(quote) if not before else 2 + len(before)
    chunk = Chunk("1", PATH, note, 0, (), 0, len(note), 1, 1 + note.count("\n"), note)
    answer = Answer(
        "?", "?", "", Status.ANSWERED, "", (Citation(1, chunk, start, start + len(quote)),)
    )
    for becomes in (text, text + note, note + text):
        (found,) = staleness(answer, Notes({PATH: becomes}))
        if quote.strip() and found.text and found.change is not Change.UNCHANGED:
            assert found.text in becomes
    (found,) = staleness(answer, Notes({PATH: note + " " + text}))
    assert not is_stale([found])


def test_a_large_note_is_looked_through_in_little_time():
    lines = [f"- Fact {number} says that {number * 7} things are so.\n" for number in range(60_000)]
    note = "# Facts\n" + "".join(lines)
    quote = lines[30_000][2:-1]
    found = now(note.replace(quote, quote.replace("things", "matters")), quote, note)
    assert "210000 matters are so" in found.text


# Through a library


PAGES = [["Copper conducts heat well."], ["It is used in wires."]]


@pytest.fixture
def library(settings, tmp_path, embedder, monkeypatch):
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "aws.md").write_text(NOTE)
    (tmp_path / "notes" / "more.md").write_text("# Zebras\n\nZebras graze on savannas.\n")
    (tmp_path / "notes" / "metals.pdf").write_bytes(pdf(PAGES))
    library = NotesLibrary(settings.model_copy(update={"notes": tmp_path / "notes"}))
    list(library.ingest())
    return library


def keep(library, question: str) -> int:
    *_, finished = library.stream(question, ())
    assert isinstance(finished, Finished)
    return library.keep(None, finished.answer)


def test_a_conversation_whose_note_is_edited_is_marked_and_only_that(
    library, tmp_path, monkeypatch
):
    """Only notes that have changed are read for the list."""
    questions = ("What explains bias in a dataset?", "What graze?", "Does copper conduct heat?")
    bias, zebras, copper = (keep(library, question) for question in questions)
    assert not any(one.is_stale for one in library.conversations().chats)
    note, metals = tmp_path / "notes" / "aws.md", tmp_path / "notes" / "metals.pdf"
    note.write_text(NOTE.replace("bias in a dataset", "drift in a model"))
    metals.write_bytes(pdf([["A new first page."], *PAGES]))
    list(library.ingest())
    read: list[str] = []
    whole = Catalog.body

    def body(self: Catalog, path: str) -> tuple[str, tuple[Anchor, ...]]:
        read.append(path)
        return whole(self, path)

    with monkeypatch.context() as patch:
        patch.setattr(Catalog, "body", body)
        marked = {one.id: one.is_stale for one in library.conversations().chats}
    assert marked == {bias: True, zebras: False, copper: False}
    assert set(read) == {note.as_posix(), metals.as_posix()}
    (kept,) = library.conversation(copper).exchanges
    assert (kept.cited[0].change, kept.cited[0].place) == (
        Change.MOVED,
        f"{metals.as_posix()} (page 2)",
    )
    (kept,) = library.conversation(bias).exchanges
    assert kept.is_stale
    assert [one.change for one in kept.cited][:1] == [Change.CHANGED]
    assert kept.cited[0].text == "Explains drift in a model."
    note.write_text("One more line.\n\n" + NOTE)  # it was put back, further down
    list(library.ingest())
    assert not any(one.is_stale for one in library.conversations().chats)
    (kept,) = library.conversation(bias).exchanges
    assert [one.change for one in kept.cited][:1] == [Change.MOVED]
    note.unlink()
    list(library.ingest())
    assert library.conversation(bias).info.is_stale


def test_an_answer_is_kept_as_it_is_streamed_and_found_again_by_another_process(library, settings):
    first = library.stream_kept("What explains bias in a dataset?", ())
    *_, finished = first
    again = library.stream_kept("What graze?", (), conversation=first.conversation)
    list(again)
    assert again.conversation == first.conversation
    other = NotesLibrary(settings)
    (info,) = other.conversations("bias").chats
    assert (info.id, info.exchanges, info.title) == (
        first.conversation,
        2,
        "What explains bias in a dataset?",
    )
    assert other.conversation(info.id).exchanges[0].answer == finished.answer
    name, markdown = other.export(info.id)
    assert name == f"What explains bias in a dataset {info.id}.md"
    assert "aws.md#L" in markdown
    keep(library, "What graze?")
    name, everything = other.export()
    assert (name, everything.count("\n# ")) == ("conversations.md", 1)
    assert markdown in everything
    other.rename(info.id, "Bias")
    assert library.conversations().chats[1].title == "Bias"


def test_what_a_person_deletes_is_gone_from_what_is_kept_to_be_given_again_too(library, settings):
    for delete in (library.delete, lambda _: library.delete_all()):
        chat = keep(library, "What explains bias in a dataset?")
        AnswerCache(settings.home).put("key", "It was the canaryword.")
        delete(chat)
        assert library.conversations().total == 0
        assert AnswerCache(settings.home).get("key") is None
        files = [path.read_bytes() for path in settings.home.glob("*.sqlite3*")]
        assert not any(b"canaryword" in found or b"What explains" in found for found in files)


def test_without_an_index_that_can_be_read_nothing_is_said(settings):
    class Damaged(Notes):
        def digests(self, paths):
            raise DamagedError("it is damaged")

    chat = Chat(ChatInfo(1, "?", 0.0, 0.0, 1), (Kept(1, 0.0, cited()),))
    assert open_catalog(settings) is None
    assert with_staleness(chat, None) is chat
    with closing(open_store(settings)) as store:
        assert with_staleness(chat, store.index.catalog) is chat  # nothing was ingested yet
    assert with_staleness(chat, Damaged({PATH: NOTE})) is chat
    assert with_staleness(chat, Notes({"/other.md": ""})).info == replace(chat.info, is_stale=True)
