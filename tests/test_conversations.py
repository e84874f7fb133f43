"""Conversations: what is kept comes back as it was, whoever writes, dies or damages the file."""

import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import make_chunk
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chats.conversations import FILE, PAGE, Conversations, Recording
from rag.chats.kept import BROKEN, TITLE_CHARS, from_json, title_of, to_json
from rag.errors import ChatError, ModelError, StoreError
from rag.store.database import Database
from rag.types import (
    Anchor,
    Answer,
    Chunk,
    Citation,
    Claim,
    Evidence,
    Finished,
    Found,
    Grounding,
    Hit,
    Ranks,
    Role,
    Status,
    Timings,
    Token,
    Usage,
)
from web.conversation import Exchange, Stage
from web.render import messages
from web.sources import answer_cards, sources_html


@pytest.fixture
def chats(tmp_path) -> Conversations:
    return Conversations(tmp_path)


def answered(question: str = "What explains bias?", text: str = "Clarify does [1].") -> Answer:
    """An answer that cites the first of the two passages found."""
    clarify = make_chunk("- Explains bias\n- Debugs", "Clarify", path="/notes/aws.md")
    studio = make_chunk("A web IDE.", "Studio", path="/notes/studio.md")
    return Answer(
        question,
        question,
        text,
        Status.ANSWERED,
        "a script",
        (Citation(1, clarify, 2, 15),),
        (Hit(clarify, 1.0, 0.5, Ranks(1, 2)), Hit(studio, 0.4, 0.1)),
        Timings(0.1, 0.2, 0.3),
    )


# What is kept comes back

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ANY_TEXT = st.text(max_size=20)  # halves of surrogate pairs too: paths may hold some
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
COUNT = st.integers(0, 10**6)
CHUNKS = st.builds(
    Chunk,
    id=ANY_TEXT,
    note_path=ANY_TEXT,
    note_digest=ANY_TEXT,
    ordinal=COUNT,
    headings=st.lists(ANY_TEXT, max_size=3).map(tuple),
    start=COUNT,
    end=COUNT,
    start_line=COUNT,
    end_line=COUNT,
    text=ANY_TEXT,
    role=st.sampled_from(Role),
    anchors=st.lists(st.builds(Anchor, st.integers(-9, 99), ANY_TEXT), max_size=2).map(tuple),
    context=ANY_TEXT,
)
RANK = st.none() | COUNT
HITS = st.builds(Hit, CHUNKS, NUMBER, NUMBER, st.builds(Ranks, RANK, RANK))
SECONDS = st.none() | NUMBER


@st.composite
def answers(draw):
    """Any answer whose citations point at its passages, or at others."""
    hits = draw(st.lists(HITS, max_size=3))
    chunk = st.sampled_from([hit.chunk for hit in hits]) | CHUNKS if hits else CHUNKS
    cited = st.builds(Citation, COUNT, chunk, COUNT, COUNT)
    claims = st.builds(Claim, COUNT, COUNT, st.sampled_from(Grounding))
    return Answer(
        question=draw(TEXT),
        standalone=draw(ANY_TEXT),
        text=draw(TEXT),
        status=draw(st.sampled_from(Status)),
        model=draw(ANY_TEXT),
        citations=tuple(draw(st.lists(cited, max_size=3))),
        hits=tuple(hits),
        timings=draw(st.builds(Timings, SECONDS, SECONDS, SECONDS)),
        notice=draw(ANY_TEXT),
        claims=tuple(draw(st.lists(claims, max_size=2))),
        confidence=draw(SECONDS),
        usage=draw(st.none() | st.builds(Usage, COUNT, COUNT, SECONDS)),
        cached=draw(st.booleans()),
    )


@given(answers())
@settings(max_examples=80, deadline=None)
def test_any_answer_comes_back_as_it_was(answer):
    assert from_json(to_json(answer)) == answer


@given(st.lists(answers(), min_size=1, max_size=3))
@settings(max_examples=15, deadline=None)
def test_a_conversation_comes_back_in_order(tmp_path_factory, several):
    chats = Conversations(tmp_path_factory.mktemp("home"))
    chat = None
    for answer in several:
        chat = chats.keep(answer, chat).chat
    assert [kept.answer for kept in chats.chat(chat).exchanges] == several


def test_the_page_shows_a_kept_answer_as_it_showed_the_answer(chats):
    answer = answered()
    (kept,) = chats.chat(chats.keep(answer).chat).exchanges
    before, after = (shown(one) for one in (answer, kept.answer))
    assert "Explains bias" in before
    assert before == after


def shown(answer: Answer) -> str:
    exchange = Exchange(answer.question, Stage.DONE, answer.text, answer=answer)
    cards = answer_cards(answer, lambda _: [(1, "a line")])
    return f"{messages(exchange)} {sources_html(cards, cwd='/')}"


def test_each_passage_is_kept_once(chats):
    assert to_json(answered()).count('"text": "- Explains bias') == 1


def test_an_answer_of_another_version_is_read_as_far_as_it_is_known():
    text = to_json(answered()).replace('"notice": ""', '"mood": "good"')
    assert from_json(text) == answered()


# The list


def test_the_newest_conversation_comes_first_and_a_page_holds_twenty(chats):
    ids = [chats.keep(answered(f"Question {number}?")).chat for number in range(PAGE + 3)]
    chats.keep(answered("And then?"), ids[1])
    newest = [ids[1], *reversed(ids[2:]), ids[0]]
    assert [chat.id for chat in chats.listing().chats] == newest[:PAGE]
    last = chats.listing(page=1)
    assert [chat.id for chat in last.chats] == newest[PAGE:]
    assert last.total == PAGE + 3
    assert chats.listing().chats[0].exchanges == 2
    assert chats.listing(page=7).chats == ()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("bias", True),
        ("explaining BIAS", True),  # by stem, in any case
        ("clar", True),  # while the word is being typed
        ("clarify pipelines", True),  # of two exchanges
        ("clarify zebra", False),
        ('"bias', True),
        ("bias OR zebra", False),  # a word like any other
        ("bias NOT clarify", False),
        ("title:bias", False),
        ("bias*", True),
        ("NEAR(bias clarify)", False),
        ("^-+", False),
        ("\0", False),
        ("   ", True),
        ("\udcff bias", True),
    ],
)
def test_a_conversation_is_found_by_its_words_and_no_word_is_an_operator(chats, query, found):
    chat = chats.keep(answered("What explains bias?")).chat
    chats.keep(answered("How are steps run?", "By pipelines [1]."), chat)
    assert bool(chats.listing(query).chats) == found
    assert chats.listing(query).total == found


def test_a_conversation_is_found_by_the_title_it_has(chats):
    chat = chats.keep(answered()).chat
    chats.rename(chat, "Revision for Friday")
    assert chats.listing("friday").total == 1
    chats.rename(chat, "Something else")
    assert chats.listing("friday").total == 0


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is  it?\n", "What is it?"),
        ("x" * 60, "x" * 60),
        ("x" * 61, "x" * 59 + "…"),
        (
            "Which of the tools of SageMaker explains where the bias in a dataset comes from?",
            "Which of the tools of SageMaker explains where the bias in…",
        ),
        ("a" * 30 + " " + "b" * 28 + " c", "a" * 30 + " " + "b" * 28 + "…"),
    ],
)
def test_a_title_is_the_first_question_cut_at_a_word(chats, question, title):
    chat = chats.keep(answered(question)).chat
    chats.keep(answered("Another?"), chat)
    assert chats.listing().chats[0].title == title
    assert len(title) <= TITLE_CHARS


@given(st.text())
def test_no_title_is_too_long_or_of_more_lines(question):
    title = title_of(question)
    assert len(title) <= TITLE_CHARS
    assert len(title.splitlines()) <= 1


def test_a_title_given_by_hand_stays_and_none_brings_the_first_one_back(chats):
    chat = chats.keep(answered()).chat
    chats.rename(chat, " My\nexam  notes ")
    chats.keep(answered("And its cost?"), chat)
    assert chats.chat(chat).info.title == "My exam notes"
    chats.rename(chat, " ")
    assert chats.chat(chat).info.title == "What explains bias?"


def test_what_is_not_there_is_named(chats):
    for act in (chats.chat, lambda chat: chats.rename(chat, "x")):
        with pytest.raises(ChatError, match=r"no conversation 7; crib chats lists"):
            act(7)
    chats.delete(7)  # is what was wanted


# Deleting


def test_what_is_deleted_is_gone_from_the_list_the_search_and_the_disk(chats, tmp_path):
    """A person who deletes does not want it found by whoever reads the file."""
    chat, other = (chats.keep(answered(q, "x")).chat for q in ("My canaryword?", "Another?"))
    chats.keep(answered("More on canaryword?"), chat)
    assert chats.listing("canaryword").total == 1
    chats.delete(chat)
    assert chats.listing("canaryword").total == 0
    assert [one.id for one in chats.listing().chats] == [other]
    assert on_disk(tmp_path, b"canaryword") == []
    chats.delete_all()
    assert chats.listing().total == 0
    assert on_disk(tmp_path, b"Another") == []


def on_disk(folder: Path, words: bytes) -> list[str]:
    return [path.name for path in folder.iterdir() if words in path.read_bytes()]


def test_an_answer_to_a_conversation_that_was_deleted_meanwhile_begins_a_new_one(chats):
    """Another tab may delete it; its number must not come to name a stranger's."""
    chat = chats.keep(answered()).chat
    chats.delete(chat)
    place = chats.keep(answered("And then?"), chat)
    assert place.chat != chat
    assert chats.chat(place.chat).info.title == "And then?"


# While it is being written


class Failing:
    """Events of an answer, then an error or a wait for the end."""

    def __init__(self, *events, error=None):
        self.closed = False
        self._events, self._error = events, error

    def __iter__(self):
        try:
            yield from self._events
            if self._error:
                raise self._error
        finally:
            self.closed = True


HITS_FOUND = answered().hits
FOUND = Found(Evidence("What explains bias?", HITS_FOUND, (), 1.0))
TOKENS = (Token("Clarify explains "), Token("bias [1]"))


def test_a_stream_is_kept_as_it_ends_and_says_where_from_its_first_event_on(chats):
    recording = Recording(
        iter([FOUND, *TOKENS, Finished(answered())]), "What explains bias?", chats, None
    )
    assert next(recording) == FOUND
    assert recording.conversation is not None
    (begun,) = chats.chat(recording.conversation).exchanges
    assert (begun.answer.status, begun.answer.hits) == (Status.INTERRUPTED, HITS_FOUND)
    assert list(recording) == [*TOKENS, Finished(answered())]
    (kept,) = chats.chat(recording.conversation).exchanges
    assert kept.answer == answered()


def test_an_answer_that_is_stopped_is_kept_as_interrupted_with_what_there_is(chats):
    source = iter(Failing(FOUND, *TOKENS, Finished(answered())))
    recording = Recording(source, "What explains bias?", chats, None)
    assert [next(recording) for _ in range(3)] == [FOUND, *TOKENS]
    recording.close()
    (kept,) = chats.chat(recording.conversation).exchanges
    assert (kept.answer.status, kept.answer.text) == (
        Status.INTERRUPTED,
        "Clarify explains bias [1]",
    )
    # No sentence of it was looked for in the passages yet, so a number means the whole one.
    assert [one.quote for one in kept.answer.citations] == ["- Explains bias\n- Debugs"]
    assert list(source) == []  # the model was stopped


def test_a_number_that_was_not_given_cites_nothing_in_what_was_stopped(chats):
    """Nor does one that is given twice cite twice."""
    pieces = [Token("It does [2, 9]. "), Token("So it is [0] [2]")]
    recording = Recording(iter(Failing(FOUND, *pieces)), "What explains bias?", chats, None)
    for _ in range(3):
        next(recording)
    recording.close()
    (kept,) = chats.chat(recording.conversation).exchanges
    assert [(one.number, one.quote) for one in kept.answer.citations] == [(2, "A web IDE.")]


def test_an_answer_that_fails_is_kept_with_the_reason_and_the_reader_hears_of_it(chats):
    events = iter(Failing(FOUND, error=ModelError("the server went away")))
    recording = Recording(events, "What explains bias?", chats, chats.keep(answered()).chat)
    with pytest.raises(ModelError, match="went away"):
        list(recording)
    _, kept = chats.chat(recording.conversation).exchanges
    assert (kept.answer.status, kept.answer.notice) == (
        Status.INTERRUPTED,
        "the server went away",
    )


def test_a_question_that_cannot_be_asked_is_not_kept(chats):
    with pytest.raises(ModelError):
        list(Recording(iter(Failing(error=ModelError("no"))), "?", chats, None))
    assert chats.listing().total == 0


def test_what_cannot_be_kept_is_answered_all_the_same(tmp_path):
    (tmp_path / FILE).mkdir()  # no file
    recording = Recording(iter([FOUND, Finished(answered())]), "?", Conversations(tmp_path), None)
    assert list(recording) == [FOUND, Finished(answered())]
    assert recording.notice.startswith("This conversation is not kept: ")
    assert "CRIB_HOME" in recording.notice


# Others

KEEPER = """
    import sys
    from pathlib import Path
    sys.path[:0] = [{root!r}, {tests!r}]
    from test_conversations import *
    chats = Conversations(Path({home!r}))
"""


def program(home: Path, body: str) -> str:
    head = KEEPER.format(root=str(ROOT), tests=str(ROOT / "tests"), home=str(home))
    return textwrap.dedent(head) + textwrap.dedent(body)


def started(home: Path, body: str) -> subprocess.Popen:
    """A process that has `chats` and what this module has."""
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", program(home, body)]
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)


def test_two_processes_of_two_tabs_each_begin_and_keep_everything(chats, tmp_path):
    """The file does not exist before: they make it at once."""
    body = """
        from threading import Thread
        def tab(name):
            chat = None
            for number in range(15):
                chat = chats.keep(answered(f"{name} {number}?"), chat).chat
        print("ready", flush=True)
        sys.stdin.readline()
        tabs = [Thread(target=tab, args=(name,)) for name in NAMES]
        [one.start() for one in tabs]
        [one.join() for one in tabs]
    """
    writers = [started(tmp_path, body.replace("NAMES", names)) for names in ('"AB"', '"CD"')]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    listing = chats.listing()
    assert sorted(one.exchanges for one in listing.chats) == [15] * 4
    for one in listing.chats:
        asked = [kept.answer.question for kept in chats.chat(one.id).exchanges]
        assert asked == [f"{asked[0][0]} {number}?" for number in range(15)]
    assert chats.notice == ""


def test_a_kill_at_any_moment_loses_no_answer_that_was_kept(chats, tmp_path):
    body = """
        chat = None
        for number in range(10_000):
            chat = chats.keep(answered(f"Question {number}?"), chat).chat
            print(chat, number, flush=True)
    """
    dice, said = random.Random(7), {}  # noqa: S311 (nothing secret)
    for _ in range(4):
        writer = started(tmp_path, body)
        for _ in range(dice.randint(1, 40)):
            chat, number = map(int, writer.stdout.readline().split())
            said[chat] = number
        writer.kill()
        rest = writer.communicate()[0].splitlines()
        said |= {int(one.split()[0]): int(one.split()[1]) for one in rest if one.count(" ")}
        for chat, number in said.items():
            asked = [kept.answer.question for kept in chats.chat(chat).exchanges]
            assert asked[: number + 1] == [f"Question {n}?" for n in range(number + 1)]
            assert len(asked) <= number + 2  # one may have been kept and not been said
    assert len(said) == 4
    assert chats.notice == ""


def test_a_kill_in_the_middle_of_an_answer_keeps_what_was_written(chats, tmp_path):
    body = """
        import itertools, time
        import rag.chats.conversations
        rag.chats.conversations.EVERY_SECONDS = 0
        def events():
            yield FOUND
            yield from TOKENS
            print("written", flush=True)
            time.sleep(600)
        list(Recording(events(), "What explains bias?", chats, None))
    """
    writer = started(tmp_path, body)
    assert writer.stdout.readline() == "written\n"
    writer.kill()
    writer.communicate()
    (info,) = chats.listing().chats
    (kept,) = chats.chat(info.id).exchanges
    assert (kept.answer.status, kept.answer.text) == (
        Status.INTERRUPTED,
        "Clarify explains bias [1]",
    )
    assert kept.answer.hits == HITS_FOUND


# Damage


def many(chats: Conversations) -> list[int]:
    """Conversations that fill some pages of the file."""
    ids = [chats.keep(answered(f"Question {number}?", "word " * 300)).chat for number in range(60)]
    chats.rename(ids[0], "By hand")
    return ids


def test_a_file_that_is_none_is_set_aside_with_a_notice_and_a_new_one_made(chats, tmp_path):
    many(chats)
    (tmp_path / FILE).write_bytes(b"no database at all, of some length" * 1000)
    assert chats.listing().chats == ()
    assert chats.keep(answered()).chat
    assert chats.listing().total == 1
    (aside,) = tmp_path.glob("damaged-conversations-*")
    assert str(aside) in chats.listing().notice
    assert (aside / FILE).read_bytes().startswith(b"no database")
    assert Conversations(tmp_path).listing().total == 1


def test_of_several_who_find_the_damage_one_sets_the_file_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.store.database._WAIT_SECONDS", 300.0)  # a busy machine is no failure
    tabs = [Conversations(tmp_path) for _ in range(4)]
    many(tabs[0])
    damage(tmp_path / FILE, "exchanges")
    together = threading.Barrier(len(tabs))

    def keep(tab: Conversations) -> None:
        together.wait()
        for chat in range(1, 61):
            tab.keep(answered("And then?"), chat)

    threads = [threading.Thread(target=keep, args=(tab,)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.glob("damaged-*"))) == 1
    assert sum(bool(tab.notice) for tab in tabs) == 1
    said = [len(tabs[1].chat(chat).exchanges) for chat in range(1, 61)]
    assert set(said) <= {4, 5}  # those of the damaged page lost their first


def test_what_can_be_read_of_a_damaged_file_is_kept(chats, tmp_path):
    many(chats)
    damage(tmp_path / FILE, "exchanges")
    readable = 0
    for info_page in range(3):
        for info in chats.listing(page=info_page).chats:
            readable += len(chats.chat(info.id).exchanges)
    assert 20 < readable < 60
    assert f" {readable} answers of it could be read" in chats.notice
    assert chats.listing("hand").total == 1  # it is searched, and has the title it was given
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(list(tmp_path.glob("damaged-*"))) == 1


def damage(path: Path, table: str) -> None:
    """Overwrite a page in the middle of a table."""
    with closing(sqlite3.connect(path)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
        root = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        pages = page_numbers(path, size, root[0])
    with path.open("r+b") as stream:
        stream.seek((pages[len(pages) // 2] - 1) * size)
        stream.write(b"\xff" * size)


def page_numbers(path: Path, size: int, root: int) -> list[int]:
    """The leaves of the table whose root this is: SQLite's file format, interior pages (0x05)."""
    page = path.read_bytes()[(root - 1) * size :][:size]
    assert page[0] == 5
    cells = [
        int.from_bytes(page[12 + 2 * n : 14 + 2 * n]) for n in range(int.from_bytes(page[3:5]))
    ]
    return [int.from_bytes(page[cell : cell + 4]) for cell in cells]


def test_the_words_that_are_searched_are_made_anew_where_only_they_are_damaged(chats, tmp_path):
    ids = many(chats)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE words_data SET block = x'ffffffff'")
        db.commit()
    chats.keep(answered("A new one?"), ids[5])
    assert chats.listing("new").total == 1
    assert chats.listing("question").total == 60
    assert len(chats.chat(ids[7]).exchanges) == 1


def test_one_answer_that_cannot_be_read_keeps_no_other_from_being_read(chats, tmp_path):
    chat = chats.keep(answered()).chat
    chats.keep(answered("And then?"), chat)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE exchanges SET answer = '{' WHERE id = 1")
        db.commit()
    first, second = chats.chat(chat).exchanges
    assert (first.answer.text, first.answer.notice) == ("Clarify does [1].", BROKEN)
    assert second.answer == answered("And then?")


def test_bytes_that_are_no_text_are_damage(chats, tmp_path):
    many(chats)
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("UPDATE chats SET title = CAST(x'ff41' AS TEXT) WHERE id = 30")
        db.commit()
    assert chats.listing(page=1).total == 60
    assert chats.chat(30).info.title == "Question 29?"


@pytest.mark.skipif(sys.platform == "win32", reason="such folders are not closed to anybody there")
def test_a_damaged_file_that_cannot_be_set_aside_is_named(chats, tmp_path, monkeypatch):
    (tmp_path / FILE).write_bytes(b"no database at all" * 1000)
    monkeypatch.setattr("rag.store.database.shutil.copy2", denied)
    with pytest.raises(StoreError, match=r"is damaged, and cannot be set aside .*CRIB_HOME"):
        chats.listing()


def denied(*_: object) -> None:
    raise PermissionError(13, "denied")


# Versions


def test_a_file_of_a_newer_version_is_refused_in_one_line_and_left_alone(chats, tmp_path):
    chats.keep(answered())
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        db.execute("PRAGMA user_version = 99")
    before = (tmp_path / FILE).read_bytes()
    for act in (chats.listing, lambda: chats.keep(answered()), lambda: chats.delete(1)):
        with pytest.raises(StoreError, match=r"its format is 99, this one knows 1\); update Crib"):
            act()
    assert (tmp_path / FILE).read_bytes() == before
    assert {path.suffix for path in tmp_path.iterdir()} <= {".sqlite3", ".lock"}


MIGRATIONS = {1: "ALTER TABLE a ADD y;\nUPDATE a SET y = 2 * x", 2: "CREATE TABLE b (z)"}


def test_a_file_of_an_older_version_is_brought_up_step_by_step(tmp_path):
    path = tmp_path / "some.sqlite3"
    with closing(Database(path, "CREATE TABLE a (x)", 1)) as old, old.writing() as db:
        db.execute("INSERT INTO a VALUES (21)")
    schema = "CREATE TABLE a (x, y);\nCREATE TABLE b (z)"
    for _ in range(2):
        with closing(Database(path, schema, 3, MIGRATIONS)) as new:
            assert new.rows("SELECT x, y FROM a") == [(21, 42)]
            assert new.rows("SELECT * FROM b") == []
    with closing(Database(tmp_path / "new.sqlite3", schema, 3, MIGRATIONS)) as new:
        assert new.rows("SELECT * FROM b") == []


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "some.sqlite3"
    Database(path, "CREATE TABLE a (x)", 1).close()
    wrong = {**MIGRATIONS, 2: "CREATE TABLE a (z)"}
    with pytest.raises(StoreError):
        Database(path, "", 3, wrong)
    with closing(Database(path, "", 1)) as old:
        assert old.rows("SELECT * FROM a") == []
        assert len(old.rows("PRAGMA table_info(a)")) == 1
