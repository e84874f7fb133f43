"""Conversations: what is kept comes back as it was, whoever writes, dies or damages the file."""

import random
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ROOT
from fakes import make_chunk
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chats.conversations import CHATS_A_PAGE, CHATS_FILE, Conversations, Recording
from rag.chats.kept import BROKEN, TITLE_CHARS, answer_json, from_json, title_of
from rag.errors import ChatError, ModelError, StoreError
from rag.store.database import Database
from rag.types import (
    Anchor,
    Answer,
    Chunk,
    Citation,
    Claim,
    Event,
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
ANCHORS = st.lists(st.builds(Anchor, st.integers(-9, 99), ANY_TEXT), max_size=2).map(tuple)
HEADINGS = st.lists(ANY_TEXT, max_size=3).map(tuple)
OF_NOTE = (ANY_TEXT, ANY_TEXT, ANY_TEXT, COUNT, HEADINGS)
ROLES = st.sampled_from(Role)
CHUNKS = st.builds(Chunk, *OF_NOTE, *[COUNT] * 4, ANY_TEXT, ROLES, ANCHORS, ANY_TEXT)
RANK = st.none() | COUNT
HITS = st.builds(Hit, CHUNKS, NUMBER, NUMBER, st.builds(Ranks, RANK, RANK))
SECONDS = st.none() | NUMBER
CLAIMS = st.lists(st.builds(Claim, COUNT, COUNT, st.sampled_from(Grounding)), max_size=2).map(tuple)


def answers_of(hits: list[Hit]) -> st.SearchStrategy[Answer]:
    """Answers whose citations point at these passages, or at others."""
    chunk = st.sampled_from([hit.chunk for hit in hits]) | CHUNKS if hits else CHUNKS
    cited = st.lists(st.builds(Citation, COUNT, chunk, COUNT, COUNT), max_size=3)
    return st.builds(
        Answer,
        question=TEXT,
        standalone=ANY_TEXT,
        text=TEXT,
        status=st.sampled_from(Status),
        model=ANY_TEXT,
        citations=cited.map(tuple),
        hits=st.just(tuple(hits)),
        timings=st.builds(Timings, SECONDS, SECONDS, SECONDS),
        notice=ANY_TEXT,
        claims=CLAIMS,
        confidence=SECONDS,
        usage=st.none() | st.builds(Usage, COUNT, COUNT, SECONDS),
        cached=st.booleans(),
    )


ANSWERS = st.lists(HITS, max_size=3).flatmap(answers_of)


@given(ANSWERS)
@settings(max_examples=80)
def test_any_answer_comes_back_as_it_was(answer):
    assert from_json(answer_json(answer)) == answer


@given(st.lists(ANSWERS, min_size=1, max_size=3))
@settings(max_examples=15)
def test_a_conversation_comes_back_in_order(tmp_path_factory, several):
    chats = Conversations(tmp_path_factory.mktemp("home"))
    chat = chats.keep(several[0]).chat
    for answer in several[1:]:
        chats.keep(answer, chat)
    assert [kept.answer for kept in chats.chat(chat).exchanges] == several


def test_each_passage_is_kept_once_and_an_answer_of_another_version_is_read_as_far_as_it_goes():
    text = answer_json(answered())
    assert text.count('"text": "- Explains bias') == 1
    assert from_json(text.replace('"notice": ""', '"mood": "good"')) == answered()


# The list


def test_the_newest_conversation_comes_first_and_a_page_holds_twenty(chats):
    ids = [chats.keep(answered(f"Question {number}?")).chat for number in range(CHATS_A_PAGE + 3)]
    chats.keep(answered("And then?"), ids[1])
    newest = [ids[1], *reversed(ids[2:]), ids[0]]
    assert [chat.id for chat in chats.listing().chats] == newest[:CHATS_A_PAGE]
    last = chats.listing(page=1)
    assert [chat.id for chat in last.chats] == newest[CHATS_A_PAGE:]
    assert last.total == CHATS_A_PAGE + 3
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


def test_a_title_given_by_hand_stays_is_found_and_none_brings_the_first_one_back(chats):
    chat = chats.keep(answered()).chat
    chats.rename(chat, " Friday's\nexam  notes ")
    chats.keep(answered("And its cost?"), chat)
    assert chats.chat(chat).info.title == "Friday's exam notes"
    assert chats.listing("friday").total == 1
    chats.rename(chat, " ")
    assert chats.chat(chat).info.title == "What explains bias?"
    assert chats.listing("friday").total == 0


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


def failing(*events: Event, error: Exception | None = None) -> Iterator[Event]:
    """Events of an answer, and then perhaps an error."""
    yield from events
    if error:
        raise error


HITS_FOUND = answered().hits
FOUND = Found(Evidence("What explains bias?", HITS_FOUND))
TOKENS = (Token("Clarify explains "), Token("bias [1]"))


def recording(chats: Conversations, events: Iterator[Event], chat: int | None = None) -> Recording:
    return Recording(events, "What explains bias?", chats, chat)


def last_kept(chats: Conversations, chat: int | None) -> Answer:
    assert chat is not None
    return chats.chat(chat).exchanges[-1].answer


def test_a_stream_is_kept_as_it_ends_and_says_where_from_its_first_event_on(chats):
    kept = recording(chats, iter([FOUND, *TOKENS, Finished(answered())]))
    assert next(kept) == FOUND
    begun = last_kept(chats, kept.conversation)
    assert (begun.status, begun.hits) == (Status.INTERRUPTED, HITS_FOUND)
    assert list(kept) == [*TOKENS, Finished(answered())]
    assert last_kept(chats, kept.conversation) == answered()


@pytest.mark.parametrize(
    ("pieces", "cited"),
    [
        # No sentence of it was looked for in the passages yet, so a number means the whole one.
        (TOKENS, [(1, "- Explains bias\n- Debugs")]),
        # One that was not given cites nothing, and one that is given twice cites once.
        ((Token("It does [2, 9]. "), Token("So it is [0] [2]")), [(2, "A web IDE.")]),
    ],
)
def test_an_answer_that_is_stopped_is_kept_as_interrupted_with_what_there_is(chats, pieces, cited):
    source = failing(FOUND, *pieces, Finished(answered()))
    kept = recording(chats, source)
    assert [next(kept) for _ in range(3)] == [FOUND, *pieces]
    kept.close()
    answer = last_kept(chats, kept.conversation)
    assert (answer.status, answer.text) == (
        Status.INTERRUPTED,
        "".join(piece.text for piece in pieces),
    )
    assert [(one.number, one.quote) for one in answer.citations] == cited
    assert list(source) == []  # the model was stopped


def test_an_answer_that_fails_is_kept_with_the_reason_and_the_reader_hears_of_it(chats):
    events = failing(FOUND, error=ModelError("the server went away"))
    kept = recording(chats, events, chats.keep(answered()).chat)
    with pytest.raises(ModelError, match="went away"):
        list(kept)
    answer = last_kept(chats, kept.conversation)
    assert (answer.status, answer.notice) == (Status.INTERRUPTED, "the server went away")


def test_a_question_that_cannot_be_asked_is_not_kept(chats):
    with pytest.raises(ModelError):
        list(recording(chats, failing(error=ModelError("no"))))
    assert chats.listing().total == 0


def test_what_cannot_be_kept_is_answered_all_the_same(tmp_path):
    (tmp_path / CHATS_FILE).mkdir()  # no file
    kept = recording(Conversations(tmp_path), iter([FOUND, Finished(answered())]))
    assert list(kept) == [FOUND, Finished(answered())]
    assert kept.notice.startswith("This conversation is not kept: ")
    assert "CRIB_HOME" in kept.notice


# Others

KEEPER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests"]
from test_conversations import *
chats = Conversations(Path(sys.argv[2]))
"""


class Program:
    """A process that has `chats` and what this module has."""

    def __init__(self, home: Path, body: str) -> None:
        pipe = subprocess.PIPE
        code = KEEPER + textwrap.dedent(body)
        command = [sys.executable, "-c", code, str(ROOT), str(home)]
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
        assert self.process.stdin and self.process.stdout
        self.tell, self.hear = self.process.stdin, self.process.stdout.readline

    def kill(self) -> str:
        """End it at once; what else it said."""
        self.process.kill()
        return self.process.communicate()[0]


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
    writers = [Program(tmp_path, body.replace("NAMES", names)) for names in ('"AB"', '"CD"')]
    for writer in writers:
        assert writer.hear() == "ready\n"
    for writer in writers:
        writer.tell.write("\n")
        writer.tell.flush()
    for writer in writers:
        writer.process.communicate(timeout=200)
        assert writer.process.returncode == 0
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
    said: dict[int, int] = {}
    dice = random.Random(7)  # noqa: S311 (nothing secret)
    for _ in range(4):
        writer = Program(tmp_path, body)
        for _ in range(dice.randint(1, 40)):
            chat, number = map(int, writer.hear().split())
            said[chat] = number
        rest = writer.kill().splitlines()
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
    writer = Program(tmp_path, body)
    assert writer.hear() == "written\n"
    writer.kill()
    (info,) = chats.listing().chats
    answer = last_kept(chats, info.id)
    assert (answer.status, answer.text) == (Status.INTERRUPTED, "Clarify explains bias [1]")
    assert answer.hits == HITS_FOUND


# Damage


def many(chats: Conversations) -> list[int]:
    """Conversations that fill some pages of the file."""
    ids = [chats.keep(answered(f"Question {number}?", "word " * 300)).chat for number in range(60)]
    chats.rename(ids[0], "By hand")
    return ids


def sql(home: Path, statement: str) -> list[tuple]:
    """Do this to the file behind everybody's back."""
    with closing(sqlite3.connect(home / CHATS_FILE)) as db, db:
        return db.execute(statement).fetchall()


def test_a_file_that_is_none_is_set_aside_with_a_notice_and_a_new_one_made(chats, tmp_path):
    many(chats)
    (tmp_path / CHATS_FILE).write_bytes(b"no database at all, of some length" * 1000)
    assert chats.listing().chats == ()
    assert chats.keep(answered()).chat
    assert chats.listing().total == 1
    (aside,) = tmp_path.glob("damaged-conversations-*")
    assert str(aside) in chats.listing().notice
    assert (aside / CHATS_FILE).read_bytes().startswith(b"no database")
    assert Conversations(tmp_path).listing().total == 1


def test_of_several_who_find_the_damage_one_sets_the_file_aside(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.store.database._WAIT_SECONDS", 300.0)  # a busy machine is no failure
    tabs = [Conversations(tmp_path) for _ in range(4)]
    many(tabs[0])
    damage(tmp_path, "exchanges")
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
    damage(tmp_path, "exchanges")
    readable = sum(len(chats.chat(number).exchanges) for number in chats.ids())
    assert 20 < readable < 60
    assert f" {readable} answers of it could be read" in chats.notice
    assert chats.listing("hand").total == 1  # it is searched, and has the title it was given
    assert sql(tmp_path, "PRAGMA integrity_check") == [("ok",)]
    assert len(list(tmp_path.glob("damaged-*"))) == 1


def damage(home: Path, table: str) -> None:
    """Overwrite a page in the middle of a table."""
    ((size,),) = sql(home, "PRAGMA page_size")
    ((root,),) = sql(home, f"SELECT rootpage FROM sqlite_master WHERE name = '{table}'")  # noqa: S608
    pages = page_numbers(home / CHATS_FILE, size, root)
    with (home / CHATS_FILE).open("r+b") as stream:
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
    sql(tmp_path, "UPDATE words_data SET block = x'ffffffff'")
    chats.keep(answered("A new one?"), ids[5])
    assert chats.listing("new").total == 1
    assert chats.listing("question").total == 60
    assert len(chats.chat(ids[7]).exchanges) == 1


def test_one_answer_that_cannot_be_read_keeps_no_other_from_being_read(chats, tmp_path):
    chat = chats.keep(answered()).chat
    chats.keep(answered("And then?"), chat)
    sql(tmp_path, "UPDATE exchanges SET answer = '{' WHERE id = 1")
    first, second = chats.chat(chat).exchanges
    assert (first.answer.text, first.answer.notice) == ("Clarify does [1].", BROKEN)
    assert second.answer == answered("And then?")


def test_bytes_that_are_no_text_are_damage(chats, tmp_path):
    many(chats)
    sql(tmp_path, "UPDATE chats SET title = CAST(x'ff41' AS TEXT) WHERE id = 30")
    assert chats.listing(page=1).total == 60
    assert chats.chat(30).info.title == "Question 29?"


@pytest.mark.skipif(sys.platform == "win32", reason="such folders are not closed to anybody there")
def test_a_damaged_file_that_cannot_be_set_aside_is_named(chats, tmp_path, monkeypatch):
    (tmp_path / CHATS_FILE).write_bytes(b"no database at all" * 1000)
    monkeypatch.setattr("rag.store.database.shutil.copy2", denied)
    with pytest.raises(StoreError, match=r"is damaged, and cannot be set aside .*CRIB_HOME"):
        chats.listing()


def denied(*_: object) -> None:
    raise PermissionError(13, "denied")


# Versions


def test_a_file_of_a_newer_version_is_refused_in_one_line_and_left_alone(chats, tmp_path):
    chats.keep(answered())
    sql(tmp_path, "PRAGMA user_version = 99")
    before = (tmp_path / CHATS_FILE).read_bytes()
    for act in (chats.listing, lambda: chats.keep(answered()), lambda: chats.delete(1)):
        with pytest.raises(StoreError, match=r"its format is 99, this one knows 1\); update Crib"):
            act()
    assert (tmp_path / CHATS_FILE).read_bytes() == before
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
