"""What a model writes when it is asked for a question, and which of it can stand."""

from dataclasses import replace

import pytest
from fakes import make_chunk

from eval.drafts.generating import (
    Reject,
    Written,
    agree,
    asks_the_same,
    completed,
    copied,
    draft_kind,
    draft_references,
    flaw,
    is_definition,
    leaks,
    read,
    reads_as_question,
    requested,
    rivals,
    to_answer,
    to_ask,
)
from eval.drafts.topics import plan_drafts, spread, things, topics_of
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
    [
        "",
        "How old?",
        "Question: How old?\nAnswer:",
        "Answer: old\nQuestion: How?",
        "Question: ?\nAnswer: -",
    ],
)
def test_what_is_of_another_shape_is_nothing(text):
    assert read(text) is None


def topic_of(text, *headings):
    """The only line of a passage that can be asked about."""
    (topic,) = topics_of(make_chunk(text, *headings))
    return topic


OAK = topic_of("- lives up to 1000 years", "Trees", "Oak")
PINE = topic_of("- keeps its needles in winter, and is old", "Trees", "Pine")


def test_all_things_of_a_list_are_asked_for():
    assert draft_references(Written("?", "paper, furniture and boats"), "list") == (
        "paper & furniture & boats",
    )
    assert draft_references(Written("?", "- paper\n- paper\n- boats."), "list") == (
        "paper & boats",
    )
    assert draft_references(Written("?", "paper\nfurniture"), "fact") == ("paper, furniture",)
    what = Written("What is feature engineering?", "adapt, add and transform data")
    assert draft_references(what, "fact") == (what.answer,)
    assert draft_kind("fact", what.question, [what.answer]) == "definition"
    three = Written("?", "paper, furniture, and old boats")
    assert draft_references(three, "fact") == ("paper & furniture & old boats",)
    prose = "it grows for a long time in a good place, where it is wet, and then it falls"
    assert draft_references(Written("?", prose), "fact") == (prose,)
    assert things("articles, posts, reviews, etc.") == ["articles", "posts", "reviews"]


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
        ("What are the main features of the pine?", "old", Reject.VAGUE),
        ("Which trees are there?", "Pine", Reject.UNNAMED),
        ("What is listed for the pine?", "paper", Reject.DANGLING),
        ("Which needles does a pine keep in winter, old ones?", "old", Reject.LEAKED),
        ("What is kept in winter?", "needles", Reject.UNNAMED),
        ("How old can oaks get?", "1000 years", Reject.KNOWN),
        ("Which tree keeps its needles in winter?", "Pine", None),
    ],
)
def test_a_question_that_cannot_stand_is_told_by_its_words(question, answer, why):
    written = Written(question, answer)
    about = OAK if "oak" in question else PINE
    assert flaw(written, about, requested("fact", written, about), [KNOWN]) is why


def test_a_part_of_an_answer_in_the_question_gives_it_away():
    assert leaks("Is paper made of pine?", ["furniture & papers"])
    assert not leaks("What is pine good for?", ["furniture & papers"])


def test_questions_of_the_same_words_are_the_same():
    assert asks_the_same("What is the fruit of an oak?", "Which fruits does the oak have?") is False
    assert asks_the_same("What is the fruit of an oak?", "What are the fruits of oaks?")
    assert not reads_as_question("What is \x1b[2J this fruit?")


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


def test_the_kind_is_that_of_what_was_written():
    assert (
        draft_kind("list", "?", ["paper & boats"]) == draft_kind("fact", "?", ["a & b"]) == "list"
    )
    assert draft_kind("list", "?", ["paper"]) == draft_kind("numeric", "?", ["many"]) == "fact"
    assert draft_kind("numeric", "?", ["3 years"]) == "numeric"
    situation = "Which tree should a farmer plant to keep the bank of a river?"
    assert draft_kind("scenario", situation, ["willow"]) == "scenario"
    assert draft_kind("scenario", "Which tree keeps a bank?", ["willow"]) == "definition"
    assert requested("fact", Written("?", "the pine"), PINE) == "definition"
    assert requested("scenario", Written("?", "needles"), PINE) == "fact"


def test_a_question_alone_gets_its_answer_from_the_line():
    oak = topic_of("- **Oak:** a tree that gives acorns --> look", "Trees")
    assert completed(read("Question: What is an oak?"), oak).answer == "a tree that gives acorns"
    assert completed(read("Question: Which tree gives acorns?"), oak).answer == "Oak"
    assert completed(Written("What is an oak?", "old"), oak).answer == "old"
    assert is_definition("What is an oak?", oak)
    assert not is_definition("What does an oak give?", oak)
    assert not is_definition("What is a pine?", PINE)  # the line may say anything of it


def test_both_tasks_begin_alike_so_that_the_examples_are_read_once():
    one, other = to_ask(OAK, "definition"), to_answer(OAK, "What?")
    assert one[:-1] == other[:-1]
    line = "Trees > Oak\nLine: lives up to 1000 years\n\n"
    assert one[-1][1] == f"{line}Ask a question whose answer is: Oak"
    assert other[-1][1] == f"{line}Answer: What?"


def test_a_number_is_only_asked_for_where_there_is_one_and_a_list_where_there_are_things():
    assert not PINE.suits("numeric")
    assert not topic_of("- stored in S3 with SSE-256 by default", "X").suits("numeric")
    assert OAK.suits("numeric")
    assert not OAK.suits("list")
    assert topic_of("- good for paper, boats and pencils", "Pine").suits("list")


def test_lines_that_say_something_are_asked_about_and_what_they_are_about_is_known():
    text = """Kinds of trees:
- **Oak:** gives acorns and lives long
- ex

This one is the oldest of them all.
- Which tree is the oldest one?
- Every tree has a mark: nobody knows which
![A picture of an old tree](tree.png)
```
tree = plant(name, place, year)
```
"""
    found = topics_of(make_chunk(text, "Trees", "Key features"))
    assert [(one.quote, one.name) for one in found] == [
        ("**Oak:** gives acorns and lives long", "Oak"),
        ("Every tree has a mark: nobody knows which", "Trees"),
    ]
    assert found[0].text == "Oak: gives acorns and lives long"
    assert all(text[one.span.start : one.span.end] == one.quote for one in found)


def test_an_answer_is_copied_from_the_line():
    assert copied(["up to 1000 years"], OAK)
    assert copied(["1000 years & Lives"], OAK)
    assert not copied(["1000 long years"], OAK)


def test_a_question_that_another_line_answers_too_is_told():
    topic = topic_of("- KNN algorithms (for classifications)", "Algorithms")
    others = ["Linear regressions and classifications"]
    case = replace(KNOWN, question="What is used for classification?", references=("KNN",))
    assert rivals(case, topic, others)
    assert not rivals(case, topic, ["KNN algorithms do classifications"])
    assert not rivals(replace(case, question="What are KNN algorithms for?"), topic, others)
    tuning = topic_of("- Tuning: picks the best of many values", "Models")
    named = replace(case, question="What does tuning pick the best of?", references=("values",))
    assert not rivals(named, tuning, ["They pick the best of models"])


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


def test_each_line_is_asked_about_once_a_line_of_every_passage_first():
    text = "Oak is the first of two trees here.\n\nA pine is the second of two trees."
    chunks = [make_chunk(text, "x"), passage("a", "y", "one")]
    asked = [(topic.text[:3], kind) for topic, kind in plan_drafts(chunks, ("fact", "definition"))]
    assert asked == [("Oak", "fact"), ("one", "definition"), ("A p", "fact")]
