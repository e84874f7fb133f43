"""Questions with options: which are taken, by whom, and what is said and cited of them."""

import re
from collections.abc import Callable, Sequence

import pytest
from fakes import ScriptedWriter, make_chunk, make_hit
from test_assistant import HOPELESS, NOT_SURE, SURE, UNKNOWN, assistant, never, quotes, tokens

from rag.answers.options import (
    CLOSE,
    Choices,
    choices_in,
    named_in,
    taken,
    weighed_by_model,
    weighed_by_notes,
)
from rag.answers.writers import NoModel
from rag.assistant import ALIKE
from rag.errors import QuestionError
from rag.prompts import CHOOSE, CHOOSE_IN_WORDS
from rag.types import (
    Evidence,
    Finished,
    Found,
    Grounding,
    Message,
    Reading,
    Sentence,
    Span,
    Status,
    Token,
    Turn,
)

TRADE = make_chunk(
    "- Venice sells glass and mirrors\n- Genoa sells alum and salt\n- Lübeck sells herring",
    "History",
    "Trade",
)
COURTS = make_chunk("- Juries decide on facts\n- Judges decide on law", "Law", "Courts")
NOTES = (TRADE, COURTS)
STEM = "Which city sells alum and salt?"
ASKED = f"{STEM}\nA. Venice\nB. Genoa\nC. Lübeck"
GENOA = "Genoa sells alum and salt"


def lettered(*likely: float, **more: float) -> ScriptedWriter:
    """A model that holds its letters for so likely, and never writes."""
    told = dict(zip("ABCDEFGH", likely, strict=False))
    return ScriptedWriter("never", likely=told | more)


# Which, and what is said of it


@pytest.mark.parametrize(
    "question",
    [
        ASKED,
        f"{STEM} A) Venice B) Genoa C) Lübeck",
        f"{STEM} (a) Venice (b) Genoa (c) Lübeck",
        f"{STEM}\n1. Venice\n2. Genoa\n3. Lübeck",
        f"{STEM}\n- [ ] Venice\n- [ ] Genoa\n- [ ] Lübeck",
        f"{STEM}\nVenice\nGenoa\nLübeck",
        f"{STEM}\n\nVenice\nGenoa\nLübeck\n\n(Choose one.)",
    ],
)
def test_however_options_are_written_the_one_that_a_line_speaks_for_is_taken(question):
    """Under its label, then the line that carries it."""
    answer = assistant(NoModel(), notes=NOTES).ask(question)
    option, line = answer.text.split("\n\n")
    assert re.fullmatch(r"[B2]\. Genoa \[1\]", option)
    assert line == f"Trade: {GENOA} [1]"
    assert quotes(answer) == [(1, GENOA)]
    assert answer.status is Status.EXTRACTIVE
    assert answer.standalone == STEM


def test_it_streams_as_any_other_answer_does():
    model = lettered(-9.0, -0.1, -9.0)
    found, reading, token, last = assistant(model, notes=NOTES).stream(ASKED)
    assert isinstance(found, Found)
    assert isinstance(reading, Reading)
    assert isinstance(last, Finished)
    answer = last.answer
    assert token == Token(answer.text)
    assert (answer.status, answer.model, model.asked) == (Status.ANSWERED, "a script", [])
    assert answer.timings.first_token == answer.timings.total
    said = [answer.text[claim.start : claim.end] for claim in answer.claims]
    assert said == ["B. Genoa [1]", f"Trade: {GENOA} [1]"]
    assert {claim.grounding for claim in answer.claims} == {Grounding.GROUNDED}


def test_the_model_takes_what_it_holds_likely_though_the_notes_lean_otherwise():
    """They are cited all the same: an option that no line carries is marked."""
    answer = assistant(lettered(-0.1, -9.0, -9.0), notes=NOTES).ask(
        f"{STEM}\nA. Carthage\nB. Genoa\nC. Lübeck"
    )
    assert answer.text.startswith("A. Carthage\n\n")
    assert answer.claims[0].grounding is Grounding.NOT_FOUND
    assert answer.citations  # the best line is shown below


def test_a_model_is_told_the_stem_the_options_and_to_give_a_letter():
    model = lettered(-9.0, -0.1, -9.0)
    assistant(model, notes=NOTES).ask(ASKED)
    (messages,) = model.scored
    assert messages[-1].text.startswith("[1] History > Trade\n")
    assert messages[-1].text.endswith(f"Question: {ASKED}\n{CHOOSE}")


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("Quelle ville vend du sel ? A. Venise B. Gênes", "B. Gênes [1]"),
        ("Welche Stadt verkauft Hering? A. Lübeck B. Köln", "A. Lübeck [2]"),
    ],
)
def test_options_are_taken_in_other_languages(question, options):
    notes = [
        make_chunk("- Gênes vend du sel\n- Venise vend du verre", "Commerce", path="/f.md"),
        make_chunk("Die Stadt Lübeck verkauft Hering", "Handel", path="/d.md"),
    ]
    number = 1 if "Gênes" in options else 2
    answer = assistant(NoModel(), notes=notes, confidence=SURE).ask(question)
    assert answer.text.startswith(options.rpartition(" ")[0])
    assert answer.citations[0].chunk == notes[number - 1]


# How many


def test_as_many_as_are_asked_for_are_taken_in_their_order_each_with_its_line():
    asked = "Which two cities sell glass or salt?\nA. Genoa\nB. Lübeck\nC. Venice"
    for writer in (NoModel(), lettered(-1.0, -5.0, -1.1)):
        answer = assistant(writer, notes=NOTES, confidence=SURE).ask(asked)
        assert answer.text.startswith("A. Genoa [1]\n\nC. Venice [1]\n\n")
        assert {quote for _, quote in quotes(answer)} == {
            *(GENOA, "Venice sells glass and mirrors"),
        }


@pytest.mark.parametrize(
    ("likely", "options"),
    [
        ((-0.7, -0.7 - ALIKE[1] + 0.1, -0.7 - ALIKE[1] - 0.1), ["A. Venice", "B. Genoa"]),
        ((-0.1, -9.0, -9.0), ["A. Venice"]),
        ((-1.1, -1.1, -1.1), ["A. Venice", "B. Genoa", "C. Lübeck"]),
    ],
)
def test_of_all_that_apply_those_are_taken_that_come_near_the_best(likely, options):
    class InEveryOrder(ScriptedWriter):
        """Holds an option for as likely wherever it stands."""

        def score(self, messages: Sequence[Message], *_: object, **__: object) -> list[float]:
            return [chances[option] for option in posed(messages)]

    chances = dict(zip(("Venice", "Genoa", "Lübeck"), likely, strict=True))
    asked = f"Which cities sell something? Choose all that apply.\n{ASKED.partition('?')[2]}"
    answer = assistant(InEveryOrder(), notes=NOTES, confidence=SURE).ask(asked)
    said = [part.partition(" [")[0] for part in answer.text.split("\n\n")]
    assert said[: len(options)] == options
    assert not re.match(r"[ABC]\. ", said[len(options)])


def test_without_a_model_all_that_apply_are_those_that_lines_speak_for_alike():
    asked = "Which cities sell salt or glass? (Select all that apply.)"
    options = "A. Genoa\nB. Carthage\nC. Venice"
    answer = assistant(NoModel(), notes=NOTES, confidence=SURE).ask(f"{asked}\n{options}")
    assert answer.text.startswith("A. Genoa [1]\n\nC. Venice [1]\n\n")


def test_the_exception_is_what_lines_speak_for_least_and_nothing_has_to_carry_it():
    asked = "Which city does not sell anything?\nA. Venice\nB. Carthage\nC. Genoa"
    answer = assistant(NoModel(), notes=NOTES, confidence=SURE).ask(asked)
    option, line = answer.text.split("\n\n")
    assert option == "B. Carthage"
    assert line.startswith("Trade: ")
    assert [claim.grounding for claim in answer.claims] == [Grounding.WEAK, Grounding.GROUNDED]
    assert "Carthage" not in "".join(quote for _, quote in quotes(answer))


# In every order


def posed(messages: Sequence[Message]) -> list[str]:
    """The options as a model is given them, in order."""
    return re.findall(r"^[A-H]\. (.+)$", messages[-1].text, re.MULTILINE)


class Leaning(ScriptedWriter):
    """Holds what stands first for likelier by `first`, and one of the options by `own`."""

    def __init__(self, option: str, *, own: float, first: float) -> None:
        super().__init__("never")
        self._option, self._own, self._first = option, own, first

    def score(self, messages: Sequence[Message], *_: object, **__: object) -> list[float]:
        self.scored.append(list(messages))
        return [
            -3.0 + self._first * (place == 0) + self._own * (option == self._option)
            for place, option in enumerate(posed(messages))
        ]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_where_it_is_close_each_option_is_put_in_each_place(order):
    """So a model that leans to a place takes the same, whichever way the options stand."""
    names = ("Venice", "Genoa", "Lübeck")
    options = [names[place] for place in order]
    model = Leaning("Genoa", own=0.8, first=1.0)
    labelled = "\n".join(map("{}. {}".format, "ABC", options))
    answer = assistant(model, notes=NOTES).ask(f"{STEM}\n{labelled}")
    assert answer.text.splitlines()[0][3:].startswith("Genoa")
    assert len(model.scored) == 3
    places = [posed(messages).index("Genoa") for messages in model.scored]
    assert sorted(places) == [0, 1, 2]


def test_where_it_is_clear_a_model_is_asked_once():
    model = Leaning("Genoa", own=CLOSE + 1.5, first=1.0)
    assistant(model, notes=NOTES).ask(ASKED)
    assert len(model.scored) == 1


def weighed(likely: Callable[[Choices], Sequence[float] | None], wanted: int = 1):
    choices = Choices("Which?", ("A", "B", "C"), ("x", "y", "z"), wanted)
    return weighed_by_model(likely, choices)


def test_what_a_model_says_is_averaged_below_its_favourite_of_each_order():
    by_place = [-1.0, -2.0, -3.0]
    assert weighed(lambda choices: by_place) == pytest.approx([-1.0, -1.0, -1.0])
    by_option = {"x": -5.0, "y": -4.0, "z": -4.5}
    found = weighed(lambda choices: [by_option[one] for one in choices.options])
    assert found == pytest.approx([-1.0, 0.0, -0.5])


def test_of_several_wanted_it_is_close_where_the_last_of_them_hardly_leads_the_next():
    asked = []

    def letters(choices: Choices) -> list[float]:
        asked.append(choices.options)
        return [-0.1, -0.2, -9.0]

    weighed(letters, wanted=2)
    assert len(asked) == 1
    weighed(letters, wanted=1)
    assert len(asked) == 1 + 3


def test_one_that_does_not_tell_weighs_nothing():
    assert weighed(lambda choices: None) is None


@pytest.mark.parametrize(
    ("wanted", "weights", "places"),
    [
        (1, [0.1, 0.9, 0.5], [1]),
        (2, [0.1, 0.9, 0.5], [1, 2]),
        (0, [0.1, 0.9, 0.7], [1, 2]),
        (0, [0.9, 0.9, 0.9], [0, 1, 2]),
    ],
)
def test_options_are_taken_by_weight_and_given_in_their_order(wanted, weights, places):
    choices = Choices("Which?", ("A", "B", "C"), ("x", "y", "z"), wanted)
    assert taken(choices, weights, 0.25) == places


# By what a model writes


def test_a_model_that_does_not_tell_its_letters_is_asked_to_write_one():
    scripted = ScriptedWriter("It is ", "B. Genoa [1].")
    answer = assistant(scripted, notes=NOTES).ask(ASKED)
    assert answer.text == f"B. Genoa [1]\n\nTrade: {GENOA} [1]"
    assert answer.status is Status.ANSWERED
    (messages,) = scripted.asked
    assert messages[-1].text.endswith(f"Question: {ASKED}\n{CHOOSE_IN_WORDS}")


def test_what_it_writes_beside_the_option_is_not_shown():
    """It cites what it likes."""
    asked = assistant(ScriptedWriter("B [9], see http://evil.example."), notes=NOTES)
    (shown,) = tokens(asked, ASKED)
    assert shown == f"B. Genoa [1]\n\nTrade: {GENOA} [1]"


def test_what_it_refuses_is_refused():
    answer = assistant(ScriptedWriter("Not in the notes."), notes=NOTES).ask(ASKED)
    assert answer.status is Status.REFUSED
    assert "Genoa" not in answer.text


def test_where_it_takes_none_the_notes_decide():
    answer = assistant(ScriptedWriter("I would say so."), notes=NOTES).ask(ASKED)
    assert answer.text.startswith("B. Genoa [1]")


@pytest.mark.parametrize(
    ("said", "places"),
    [
        ("B. Two [1]", [1]),
        ("B", [1]),
        ("A and C", [0, 2]),
        ("A. One\nC. Three", [0, 2]),
        ("**B.** Two", [1]),
        ("It is two.", [1]),
        ("Nobody knows", []),
    ],
)
def test_what_is_written_takes_options_by_label_or_by_words(said, places):
    assert named_in(said, Choices("Which?", ("A", "B", "C"), ("One", "Two", "Three"))) == places


# Without a model


def test_without_a_model_the_search_decides_whether_any_is_taken():
    assert assistant(NoModel(), notes=NOTES, confidence=SURE).ask(ASKED).text.startswith("B.")
    refused = assistant(NoModel(), notes=NOTES, confidence=NOT_SURE).ask(ASKED)
    assert refused.status is Status.REFUSED


@pytest.mark.parametrize(
    ("question", "confidence"),
    [(f"{UNKNOWN}\nA. Karl\nB. Otto", None), (ASKED, HOPELESS)],
)
def test_options_of_a_question_that_the_notes_do_not_touch_are_refused_without_a_model(
    question, confidence
):
    answer = assistant(ready=never, notes=NOTES, confidence=confidence).ask(question)
    assert answer.status is Status.REFUSED
    assert answer.citations == ()


def test_an_option_fills_the_gap_of_its_stem_or_stands_behind_it():
    asked = choices_in("Alum and salt are sold by ____.\nA. Venice\nB. Genoa")
    assert asked.statement(1) == "Alum and salt are sold by Genoa."
    assert choices_in(ASKED).statement(1) == f"{STEM} Genoa"
    answer = assistant(NoModel(), notes=NOTES, confidence=SURE).ask(
        "Alum and salt are sold by ____.\nA. Venice\nB. Genoa"
    )
    assert answer.text.startswith("B. Genoa [1]")


def test_words_that_options_share_tell_little():
    """Two of them hold three words of a line that is about neither."""

    class NothingIsNear:
        def likeness(self, claims: Sequence[str], texts: Sequence[str]) -> list[list[float]]:
            return [[0.0 for _ in texts] for _ in claims]

    lines = ("Cells of the blood stream clot", "Platelets clot")
    hits = tuple(map(make_hit, lines))
    sentences = tuple(
        Sentence(place, Span(0, len(line)), line, 0.0, 0.0) for place, line in enumerate(lines)
    )
    options = ("red cells of the blood stream", "white cells of the blood stream", "platelets, ice")
    choices = Choices("What clots?", ("A", "B", "C"), options)
    evidence = Evidence(choices.stem, hits, sentences)
    red, white, platelets = weighed_by_notes(choices, evidence, NothingIsNear())
    assert red == white < platelets
    assert weighed_by_notes(choices, Evidence(choices.stem, hits), NothingIsNear()) == [0.0] * 3


# What is searched, and what is asked


def test_the_stem_of_a_follow_up_takes_its_topic_from_the_question_before():
    """And nothing of the options that were given then."""
    model = lettered(-0.1, -9.0)
    before = Turn("Who deals in alum?\nA. Carthage\nB. Genoa", "B.", "Who deals in alum?")
    asked = assistant(model, notes=NOTES, confidence=SURE)
    answer = asked.ask("What else is it famous for? A. salt B. tides", [before])
    assert "alum" in answer.standalone
    question = model.scored[0][-1].text.rpartition("Question: ")[2]
    assert "alum" in question
    assert "Carthage" not in question
    assert answer.text.startswith("A. salt [1]")


def test_a_model_reads_the_stem_as_it_was_typed_and_the_search_as_the_notes_spell_it():
    model = lettered(-9.0, -0.1, -9.0)
    asked = assistant(model, notes=NOTES, correct=lambda typed: typed.replace("alumm", "alum"))
    answer = asked.ask(ASKED.replace("alum", "alumm"))
    assert answer.standalone == STEM
    assert "alumm" in model.scored[0][-1].text
    assert answer.text.startswith("B. Genoa [1]")


def test_filters_hold_for_the_options_too():
    with pytest.raises(QuestionError):
        assistant(ready=never, notes=NOTES).ask(f"{ASKED} in:nowhere.md")


def test_strictness_keeps_what_is_taken_whole():
    answer = assistant(lettered(-9.0, -0.1, -9.0), notes=NOTES, strict=True).ask(ASKED)
    assert answer.text == f"B. Genoa [1]\n\nTrade: {GENOA} [1]"
    assert answer.notice == ""
