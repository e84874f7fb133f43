"""Dialogues: what ships is right, and what is wrong is named with its line."""

import json

import pytest
from conftest import ROOT
from fakes import make_hit

from benchmarks.dialogue_files import AskedTurn, Dialogue, check_quotes, load_dialogues
from benchmarks.dialogues import Always, course, new_topics, rank, table
from eval.types import Target
from rag.errors import CaseError
from rag.types import Answer, Status

SHIPPED = ROOT / "eval" / "cases" / "dialogues.jsonl"
FIRST = {"question": "What is SSH?", "kind": "opening", "note": "n.md", "quote": "a shell"}
NEXT = {"question": "Its port?", "kind": "pronoun", "note": "n.md", "quote": "port 22"}


def line(*turns, name="ssh"):
    return json.dumps({"id": name, "turns": turns})


def asked(question, quote, kind="pronoun"):
    return AskedTurn(question, kind, Target("n.md", quote))


@pytest.fixture
def load(tmp_path):
    def load_lines(*lines):
        path = tmp_path / "dialogues.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        return load_dialogues(path)

    return load_lines


def test_what_ships_quotes_its_notes_and_is_held_out_by_about_half():
    dialogues = load_dialogues(SHIPPED)
    folders = (ROOT / "notes", SHIPPED.parent / "dialogue_notes")
    paths = [path for folder in folders for path in folder.glob("*.md")]
    check_quotes(dialogues, {path.as_posix(): path.read_text("utf-8") for path in paths})
    assert len(dialogues) >= 60
    assert {len(dialogue.turns) for dialogue in dialogues} == {2, 3}
    assert 0.4 < sum(one.is_held_out for one in dialogues) / len(dialogues) < 0.6
    assert {turn.target.note_path for one in dialogues for turn in one.turns} == {
        path.name for path in paths
    }


def test_turns_keep_their_order_and_blank_lines_are_skipped(load):
    (dialogue,) = load("", line(FIRST, NEXT), "")
    assert dialogue == Dialogue(
        "ssh", (asked("What is SSH?", "a shell", "opening"), asked("Its port?", "port 22"))
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((), ":1: holds no dialogue"),
        (("{",), ":1:2: not JSON"),
        ((line(FIRST),), ":1: turns is "),
        ((line(FIRST, NEXT | {"quote": " "}),), ":1: turns.1.quote is ' '"),
        ((line(FIRST, NEXT | {"kind": "odd"}),), "write opening, then any of careless, "),
        ((line(NEXT, FIRST),), ":1: the kinds are "),
        ((line(FIRST, NEXT), line(FIRST, NEXT)), ":2: the id 'ssh' is taken"),
    ],
)
def test_what_is_no_dialogue_is_named_with_its_line(load, lines, message):
    with pytest.raises(CaseError) as caught:
        load(*lines)
    assert message in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CaseError, match=r"gone\.jsonl: cannot be read"):
        load_dialogues(tmp_path / "gone.jsonl")


def test_a_quote_that_is_not_in_its_note_is_named_with_its_turn(load):
    with pytest.raises(CaseError, match=r"case 'ssh/2': the quote 'port 22' is not in n\.md"):
        check_quotes(load(line(FIRST, NEXT)), {"/x/n.md": "SSH is a shell"})


# The benchmark


def answer(question, *texts):
    hits = tuple(make_hit(text, "SSH") for text in texts)
    return Answer(question, question, "", Status.EXTRACTIVE, "none", hits=hits)


def test_the_rank_is_the_place_of_the_first_passage_of_the_note_that_holds_the_quote():
    turn = asked("Its port?", "port 22")
    found = answer("", "a shell", "on port\n22", "port 22")
    assert rank(found, turn) == 2
    elsewhere = AskedTurn("Its port?", "pronoun", Target("other.md", "port 22"))
    assert rank(found, elsewhere) > len(found.hits)


def test_each_turn_is_searched_for_with_those_before_as_its_history():
    turns = (asked("What is SSH?", "a shell", "opening"), asked("Its port?", "port 22"))
    heard = []

    def ask(question):
        heard.append(question)
        return answer(question, "a shell, port 22")

    found = list(course(ask, Always(), turns))
    assert heard == ["What is SSH?", "Its port? (ssh)"]
    assert [one.rank for one in found] == [1, 1]
    others = [Dialogue(str(number), turns) for number in range(20)]
    fresh = new_topics(ask, Always(), others[:3], others)
    assert len(fresh) == 6
    assert {one.turn.kind for one in fresh} == {"opening"}
    assert {one.standalone for one in fresh} == {"What is SSH? (port)"}
    lines = list(table("all", {"ours": fresh}))
    assert lines[-1].split() == ["ours", "1.000", "1.000", "1.000", "1.00"]
