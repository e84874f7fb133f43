"""What a model writes when it is asked for a question, and which of it can stand."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from fakes import make_chunk

from eval.drafts.generating import Drafter, Reject
from eval.drafts.topics import Topic, plan_drafts, spread, things, topics_of
from eval.types import Case, Target
from rag.types import Role

KNOWN = Case("known", "How old can an oak get?", ("1000 years",), (), answerable=True)


def topic_of(text: str, *headings: str) -> Topic:
    """The only line of a passage that can be asked about."""
    (topic,) = topics_of(make_chunk(text, *headings))
    return topic


OAK = topic_of("- lives up to 1000 years", "Trees", "Oak")
PINE = topic_of("- keeps its needles in winter, and is old", "Trees", "Pine")
BEECH = topic_of("- **Beech:** a tree that gives nuts in autumn --> look", "Trees")
WOOD = topic_of("- good for paper, furniture, and old boats", "Trees", "Pine")


class Search:
    """Finds these lines, best first, whatever is asked."""

    def __init__(self, *lines: str) -> None:
        self.lines = lines

    def retrieve(self, question: str) -> list[object]:
        return []

    def read(self, question: str, hits: object) -> Any:
        return SimpleNamespace(sentences=[SimpleNamespace(text=line) for line in self.lines])


def draft(
    topic: Topic, written: str, wanted: str = "fact", back: str = "", others: tuple[str, ...] = ()
) -> Case | Reject:
    """What becomes of what a model writes of a line; asked back it gives `back`, or the answer."""
    answer = back or written.partition("Answer:")[2] or f"{topic.name}: {topic.statement}"

    def ask(prompt: Any, tokens: int) -> str:
        return answer if "\n\nAnswer: " in prompt[-1][1] else written

    search: Any = Search(topic.quote, *others)
    return Drafter(ask, search, search, ("/notes/aws.md",), [KNOWN]).draft(topic, wanted)


WINTER = "Which tree keeps its needles in winter?"
LONG = "Which tree should somebody plant to have needles in winter?"
GOOD = "What is the wood of a pine good for?"
KEPT = "What does a pine keep in winter?"


@pytest.mark.parametrize(
    ("topic", "wanted", "asked", "answered", "kind", "reference"),
    [
        (OAK, "numeric", "How long can oaks live?", "1000 years.", "numeric", "1000 years"),
        (PINE, "numeric", KEPT, "**its needles**", "fact", "its needles"),
        (PINE, "definition", WINTER, "the pine", "definition", "Pine"),
        (PINE, "fact", WINTER, "pine", "definition", "Pine"),
        (PINE, "scenario", WINTER, "pine", "definition", "Pine"),
        (PINE, "scenario", LONG, "pine", "scenario", "Pine"),
        (PINE, "scenario", KEPT, "its needles", "fact", "its needles"),
        (WOOD, "list", GOOD, "paper, furniture", "list", "paper & furniture"),
        (WOOD, "list", GOOD, "\n- paper\n- paper\n- boats", "list", "paper & boats"),
        (WOOD, "fact", GOOD, "paper, furniture, and boats", "list", "paper & furniture & boats"),
        (WOOD, "list", GOOD, "paper", "fact", "paper"),
        (BEECH, "fact", "What is a beech?", "a tree", "definition", "a tree"),
    ],
)
def test_what_stands_is_a_case_of_the_kind_that_was_written(
    topic: Topic, wanted: str, asked: str, answered: str, kind: str, reference: str
) -> None:
    case = draft(topic, f'\nQuestion: "{asked}"\n\nAnswer: {answered}', wanted)
    assert isinstance(case, Case), case
    assert (case.kind, case.question, case.references) == (kind, asked, (reference,))
    assert case.targets == (Target("n.md", topic.quote),)


@pytest.mark.parametrize(
    ("asked", "reference"),
    [
        ("What is a beech?", "a tree that gives nuts in autumn"),
        ("Which tree gives nuts in autumn?", "Beech"),
    ],
)
def test_a_question_alone_gets_its_answer_from_the_line(asked: str, reference: str) -> None:
    case = draft(BEECH, f"Question: {asked}")
    assert isinstance(case, Case), case
    assert case.references == (reference,)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "How old?",
        "Question: How old is a pine?\nAnswer:",
        "Answer: old\nQuestion: How?",
        "Question: ?\nAnswer: -",
        f"Question: {KEPT}\nAnswer: {'word ' * 40}",
        f"Question: {KEPT}\nAnswer: Not in the notes",
        *(
            f"Question: {asked}\nAnswer: old"
            for asked in (
                "Name the pine.",
                "Which pine? Why?",
                "It is a pine. Is it old?",
                "What is \x1b[2J a pine in winter?",
            )
        ),
    ],
)
def test_what_is_no_question_with_a_short_answer_is_malformed(written: str) -> None:
    assert draft(PINE, written) is Reject.MALFORMED


@pytest.mark.parametrize(
    ("asked", "answered", "why"),
    [
        ("Which tree is named in this passage?", "old", Reject.DANGLING),
        ("What is it good for?", "old", Reject.DANGLING),
        ("What is listed for the pine?", "old", Reject.DANGLING),
        ("What are the main features of the pine?", "old", Reject.VAGUE),
        ("Which trees are there?", "Pine", Reject.UNNAMED),
        ("What is kept in winter?", "needles", Reject.UNNAMED),
        ("Which needles does a pine keep in winter, old ones?", "old", Reject.LEAKED),
        ("Which pine keeps needles in winter?", "pine", Reject.LEAKED),
        (KEPT, "its cones", Reject.NOT_CARRIED),
        ("When does a pine keep needles?", "winter, in", Reject.NOT_CARRIED),
    ],
)
def test_what_cannot_stand_is_turned_down_for_its_reason(asked, answered, why) -> None:
    assert draft(PINE, f"Question: {asked}\nAnswer: {answered}") is why


def test_a_part_of_an_answer_in_the_question_gives_it_away() -> None:
    written = "Question: Is furniture made of pine?\nAnswer: furniture & paper"
    assert draft(WOOD, written) is Reject.LEAKED


def test_what_was_asked_in_about_the_same_words_is_known() -> None:
    assert draft(OAK, "Question: How old can oaks get?\nAnswer: 1000 years") is Reject.KNOWN


@pytest.mark.parametrize(
    ("written", "other", "stands"),
    [
        (
            "Which broth is of kelp and fish?\nAnswer: dashi",
            "A broth of kelp and bones of fish",
            False,
        ),
        (
            "Which broth is of kelp and fish?\nAnswer: dashi",
            "The fish broth of kelp is dashi",
            True,
        ),
        ("Which broth is of kelp and fish?\nAnswer: dashi", "A broth of kelp", True),
        ("What is dashi a broth of?\nAnswer: kelp and smoked fish", "A broth of bones", True),
    ],
)
def test_a_question_that_another_line_answers_too_is_told(written, other, stands) -> None:
    dashi = topic_of("- Dashi: a broth of kelp and smoked fish", "Cooking")
    made = draft(dashi, f"Question: {written}", others=(other,))
    assert isinstance(made, Case) if stands else made is Reject.AMBIGUOUS


@pytest.mark.parametrize(
    ("back", "stands"),
    [
        ("1000 years", True),
        ("It lives up to 1000 years.", True),
        ("acorn", False),
        ("Not in the notes.", False),
    ],
)
def test_an_answer_has_to_come_back(back: str, stands: bool) -> None:
    made = draft(OAK, "Question: How long can an oak live?\nAnswer: up to 1000 years", back=back)
    assert made is Reject.DISAGREED if not stands else isinstance(made, Case)


def test_both_tasks_begin_alike_so_that_the_examples_are_read_once() -> None:
    prompts = []

    def ask(prompt: Any, tokens: int) -> str:
        prompts.append(prompt)
        return f"Question: {WINTER}\nAnswer: pine"

    search: Any = Search(PINE.quote)
    Drafter(ask, search, search, (), []).draft(PINE, "definition")
    one, other = prompts
    assert one[:-1] == other[:-1]
    line = "Trees > Pine\nLine: keeps its needles in winter, and is old\n\n"
    assert one[-1][1] == f"{line}Ask a question whose answer is: Pine"
    assert other[-1][1] == f"{line}Answer: {WINTER}"


def test_a_number_is_only_asked_for_where_there_is_one_and_a_list_where_there_are_things() -> None:
    assert not PINE.suits("numeric")
    assert not topic_of("- stored in S3 with SSE-256 by default", "X").suits("numeric")
    assert OAK.suits("numeric")
    assert not OAK.suits("list")
    assert WOOD.suits("list")
    assert things("articles, posts, reviews, etc.") == ["articles", "posts", "reviews"]
    assert things("it grows for a long time in a good place, where it is wet, then it falls") == []


def test_lines_that_say_something_are_asked_about_and_what_they_are_about_is_known() -> None:
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
    found = list(topics_of(make_chunk(text, "Trees", "Key features")))
    assert [(one.quote, one.name) for one in found] == [
        ("**Oak:** gives acorns and lives long", "Oak"),
        ("Every tree has a mark: nobody knows which", "Trees"),
    ]
    assert found[0].text == "Oak: gives acorns and lives long"
    assert all(text[one.span.start : one.span.end] == one.quote for one in found)


def passage(note: str, heading: str, name: str, role: Role = Role.NOTE) -> Any:
    words = f"{name} is a passage of more than eight words, so that it is worth asking"
    return make_chunk(words, heading, path=f"/n/{note}.md", role=role)


def test_notes_and_headings_get_their_share() -> None:
    long = [passage("a", heading, f"{heading}{number}") for heading in "xy" for number in range(9)]
    chunks = [*long, passage("b", "z", "z1"), passage("b", "q", "q1", role=Role.QUIZ)]
    first = spread([*chunks, make_chunk("too short")], [])[:4]
    assert {chunk.note_path for chunk in first[:2]} == {"/n/a.md", "/n/b.md"}
    assert {chunk.headings for chunk in first} == {("x",), ("y",), ("z",)}
    assert len(spread(chunks, [])) == 19


def test_what_a_case_quotes_already_is_asked_about_last() -> None:
    chunks = [passage("a", "x", "one"), passage("a", "x", "two")]
    for chunk in chunks:
        known = replace(KNOWN, targets=(Target("a.md", chunk.text[:20]),))
        assert spread(chunks, [known])[-1] is chunk


def test_each_line_is_asked_about_once_a_line_of_every_passage_first() -> None:
    text = "Oak is the first of two trees here.\n\nA pine is the second of two trees."
    chunks = [make_chunk(text, "x"), passage("a", "y", "one")]
    asked = [(topic.text[:3], kind) for topic, kind in plan_drafts(chunks, ("fact", "definition"))]
    assert asked == [("Oak", "fact"), ("one", "definition"), ("A p", "fact")]
