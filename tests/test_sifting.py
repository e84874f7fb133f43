"""What a model writes when it is asked for a question, and which of it can stand."""

import pytest
from fakes import make_chunk

from eval.drafts.drafting import Written, kind_of, kinds_for, read, references, to_answer, to_ask
from eval.drafts.sifting import Reject, agree, asks_the_same, flaw, is_question, leaks
from eval.drafts.spreading import plan, spread
from eval.types import Case, Target
from rag.types import Role

KNOWN = Case("known", "How old can an oak get?", ("1000 years",), (), answerable=True)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Question: How old?\nAnswer: very old.", "How old?", "very old"),
        ('Question: "How  old?"\n\nAnswer: **very old**', "How old?", "very old"),
        ("\nQuestion: What?\nAnswer:\n- one\n- two\n", "What?", "- one\n- two"),
    ],
)
def test_a_question_and_its_answer_are_read(text, question, answer):
    assert read(text) == Written(question, answer)


@pytest.mark.parametrize(
    "text",
    ["", "How old?", "Question: How old?", "Answer: old\nQuestion: How?", "Question: ?\nAnswer: -"],
)
def test_what_is_of_another_shape_is_nothing(text):
    assert read(text) is None


def test_all_things_of_a_list_are_asked_for():
    assert references(Written("?", "paper, furniture and boats"), "list") == (
        "paper & furniture & boats",
    )
    assert references(Written("?", "- paper\n- paper\n- boats."), "list") == ("paper & boats",)
    assert references(Written("?", "paper, or\nfurniture"), "fact") == ("paper, or furniture",)


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("Name the tree.", "oak", Reject.MALFORMED),
        ("Which tree? Why?", "oak", Reject.MALFORMED),
        ("It is old. Which tree is it?", "oak", Reject.MALFORMED),
        ("Which tree lives longest?", "word " * 40, Reject.MALFORMED),
        ("Which tree lives longest?", "Not in the notes", Reject.MALFORMED),
        ("Which tree is named in this passage?", "oak", Reject.DANGLING),
        ("What is it good for?", "paper", Reject.DANGLING),
        ("What is listed for the pine?", "paper", Reject.DANGLING),
        ("Which fruit does an oak have, acorns?", "acorn", Reject.LEAKED),
        ("How old can oaks get?", "1000 years", Reject.KNOWN),
        ("Which tree keeps its needles in winter?", "Pine", None),
    ],
)
def test_a_question_that_cannot_stand_is_told_by_its_words(question, answer, why):
    assert flaw(Written(question, answer), [KNOWN]) is why


def test_a_part_of_an_answer_in_the_question_gives_it_away():
    assert leaks("Is paper made of pine?", ["furniture & papers"])
    assert not leaks("What is pine good for?", ["furniture & papers"])


def test_questions_of_the_same_words_are_the_same():
    assert asks_the_same("What is the fruit of an oak?", "Which fruits does the oak have?") is False
    assert asks_the_same("What is the fruit of an oak?", "What are the fruits of oaks?")
    assert not is_question("What is \x1b[2J this fruit?")


@pytest.mark.parametrize(
    ("answer", "same"),
    [
        ("1000 years", True),
        ("It lives up to 1000 years.", True),
        ("acorn", False),
        ("Not in the notes.", False),
    ],
)
def test_an_answer_that_comes_back_is_compared_by_its_words(answer, same):
    assert agree(["up to 1000 years"], answer) is same


def test_a_list_of_one_thing_and_a_number_without_figures_are_facts():
    assert kind_of("list", ["paper & boats"]) == "list"
    assert kind_of("list", ["paper"]) == kind_of("numeric", ["many"]) == "fact"
    assert (kind_of("numeric", ["3 years"]), kind_of("scenario", ["pine"])) == (
        ("numeric", "scenario")
    )


def test_both_tasks_begin_alike_so_that_a_passage_is_read_once():
    chunk = make_chunk("- fruit: acorn", "Trees", "Oak")
    one, other = to_ask(chunk, "fact"), to_answer(chunk, "What?")
    assert one[:-1] == other[:-1]
    assert one[-1][1].startswith("Trees > Oak\n- fruit: acorn\n\n")
    assert other[-1][1] == "Trees > Oak\n- fruit: acorn\n\nAnswer: What?"


def test_a_number_is_only_asked_for_where_there_is_one_and_a_list_where_there_are_items():
    kinds = ("fact", "numeric", "list")
    assert kinds_for(make_chunk("words"), kinds) == ["fact"]
    assert kinds_for(make_chunk("- a\n- 2"), kinds) == ["fact", "numeric", "list"]


def passage(note, heading, name, role=Role.NOTE):
    words = f"{name} is a passage of more than eight words, so that it is worth asking"
    return make_chunk(words, heading, path=f"/n/{note}.md", role=role)


def test_notes_and_headings_get_their_share():
    long = [passage("a", heading, f"{heading}{number}") for heading in "xy" for number in range(9)]
    chunks = [*long, passage("b", "z", "z1"), passage("b", "q", "q1", role=Role.QUIZ)]
    first = spread([*chunks, make_chunk("too short")], [])[:4]
    assert {chunk.note_path for chunk in first[:2]} == {"/n/a.md", "/n/b.md"}
    assert {chunk.headings for chunk in first} == {("x",), ("y",), ("z",)}
    assert len(spread(chunks, [])) == 19


def test_what_a_case_quotes_already_is_asked_about_last():
    chunks = [passage("a", "x", "one"), passage("a", "x", "two")]
    for chunk in chunks:
        known = [Case("k", "?", ("a",), (Target("a.md", chunk.text[:20]),), answerable=True)]
        assert spread(chunks, known)[-1] is chunk


def test_each_passage_is_asked_about_once_with_each_kind():
    chunks = [passage("a", "x", "one"), passage("a", "x", "two")]
    asked = [(chunk.text[:3], kind) for chunk, kind in plan(chunks, ("fact", "definition"))]
    assert asked == [("one", "fact"), ("two", "definition"), ("one", "definition"), ("two", "fact")]
