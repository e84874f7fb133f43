"""Which questions hold options to choose from, and how these are read."""

import pytest

from rag.answers.options import choices_in, stem_of


@pytest.mark.parametrize(
    ("question", "labels", "options"),
    [
        ("Which two fit?\nA. one\nB. two\nC. three", "ABC", ("one", "two", "three")),
        ("What fits? A) one thing B) two", "AB", ("one thing", "two")),
        ("What fits? A: one B: two", "AB", ("one", "two")),
        ("What fits? (a) one (b) two (c) three", "ABC", ("one", "two", "three")),
        ("Which is it?\na) one\nb) two", "AB", ("one", "two")),
        ("Which is it?\n1. one\n2. two", "12", ("one", "two")),
        ("Which is it? 1) one 2) two", "12", ("one", "two")),
        ("The capital of it is:\n(1) one\n(2) two", "12", ("one", "two")),
        ("Which is it?\n- [ ] one\n- [ ] two", "AB", ("one", "two")),
        ("Which step\n- A. one\n- B. two", "AB", ("one", "two")),
        ("What fits? A. one\nmore\nB. two\n\nAnswer with the letter.", "AB", ("one more", "two")),
        ("What fits (Select TWO.) **A.** one **B.** two **C.** x", "ABC", ("one", "two", "x")),
        ("What meets these requirements? A. one; B. two", "AB", ("one", "two")),
        ("Quel service convient ? A. one B. two", "AB", ("one", "two")),
        ("What fits? A. one in:aws.md B. two tag:exam", "AB", ("one", "two")),
        ("Which is it?\none\ntwo\nthree", "ABC", ("one", "two", "three")),
        ("Which is it?\n\n- one\n- two\n- three", "ABC", ("one", "two", "three")),
        ("Which fits?\none\ntwo\nthree\n\n(Choose one.)", "ABC", ("one", "two", "three")),
        ("All of these are on it EXCEPT: a) one b) two", "AB", ("one", "two")),
        ("Was ist richtig?\nA) one\nB) two", "AB", ("one", "two")),
        ("Die Hauptstadt ist ____\n1. one\n2. two", "12", ("one", "two")),
        ("¿Cuál es?\n(a) one\n(b) two", "AB", ("one", "two")),
    ],
)
def test_options_are_read_however_they_are_labelled(question, labels, options):
    found = choices_in(question)
    assert found
    assert found.labels == tuple(labels)
    assert found.options == options
    assert "one" not in found.stem


@pytest.mark.parametrize(
    "question",
    [
        "",
        "What is x?",
        "A. one B. two",
        "What is vitamin A. and B. for",
        "What is hepatitis A, B. or C. about?",
        "Is A. Einstein right?",
        "Who was A. B. Yehoshua?",
        "What did J. A. Smith say about B. Jones?",
        "Why was version 1. 2. 3 released?",
        "What does f(a) do with (b)?",
        "Explain (a) training and (b) tuning.",
        "My steps 1. train 2. deploy fail",
        "1. What is Clarify?\n2. What is Canvas?",
        "Answer these:\n1. What is Clarify?\n2. What is Canvas?",
        "Is it true that plan A. beats plan B. in cost?",
        "What? A. same B. same",
        "Is Canvas for coders? A. Yes B. No",
        "Is it so?\nA. true\nB. false",
        "Gilt das?\nA. Ja\nB. Nein",
        "Which is it?\nThanks\nBob",
        "Which is it?\nI think the first.\nBut I am not sure.\nPlease explain.",
    ],
)
def test_a_question_that_merely_has_letters_or_a_list_in_it_is_like_any_other(question):
    assert choices_in(question) is None
    assert stem_of(question) == question


@pytest.mark.parametrize(
    ("stem", "wanted"),
    [
        ("Which fits?", 1),
        ("Which two fit?", 2),
        ("What fits? (Choose three.)", 3),
        ("What fits? Select 2.", 2),
        ("What fits? There are two correct answers.", 2),
        ("Which of the two is cheaper?", 1),
        ("Which of the 3 steps is the last?", 1),
        ("Lesquels ? Choisissez deux.", 2),
        ("Was passt? Wähle drei.", 3),
        ("¿Qué va? Elige dos.", 2),
        ("Which five fit?", 1),  # of four
        ("Which fit? (Select all that apply.)", 0),
        ("Which fit? Choose all that are correct.", 0),
    ],
)
def test_as_many_are_taken_as_the_stem_asks_for(stem, wanted):
    found = choices_in(f"{stem} A. w B. x C. y D. z")
    assert found
    assert found.wanted == wanted


@pytest.mark.parametrize(
    ("stem", "searched"),
    [
        ("Which cells divide? (Select TWO.)", "Which cells divide?"),
        ("Which cells divide? Select all that apply.", "Which cells divide?"),
        ("Lesquels se divisent ?\nChoisissez deux réponses.", "Lesquels se divisent ?"),
        ("Cells divide by ____.", "Cells divide by \u2026."),
        ("Select the organ that filters blood:", "Select the organ that filters blood:"),
        ("He bleeds. Select the organ that is hurt most:", "He bleeds. Select the organ that is"),
        ("Which cells divide?", "Which cells divide?"),
    ],
)
def test_how_many_to_take_is_told_to_a_model_and_not_looked_for(stem, searched):
    """No note says "select two"; a search for it finds less. Nor does one hold a gap."""
    found = choices_in(f"{stem}\nA. w\nB. x\nC. y")
    assert found
    assert found.stem.startswith(searched)
    assert len(found.stem) <= len(stem)
    assert found.posed == f"{' '.join(stem.split())}\nA. w\nB. x\nC. y"


def test_a_count_behind_the_options_counts_too_and_one_within_them_does_not():
    assert choices_in("What fits?\nA. x\nB. y\nC. z\n\n(Choose two.)").wanted == 2
    assert choices_in("What fits?\nA. which two rows\nB. y\nC. z").wanted == 1


@pytest.mark.parametrize(
    ("stem", "exception"),
    [
        ("Which is NOT a step?", True),
        ("Which is not a step?", True),
        ("Which of these isn't part of it?", True),
        ("What does it not do?", True),
        ("All of these are steps EXCEPT:", True),
        ("It can do everything except:", True),
        ("Which do not fit? Choose two.", True),
        ("Lequel n'est pas un service ?", True),
        ("Welches Tier ist kein Vogel?", True),
        ("Alle Tiere legen Eier, außer:", True),
        ("Which is a step?", False),
        ("A firm does not want servers. What should it use?", False),
        ("Which service helps a team that does not want to run servers?", False),
        ("Who may appeal, if the judge does not agree?", False),
        ("Which animals that fly are not birds?", False),
        ("Which fits if labels are not known?", False),
    ],
)
def test_a_stem_that_asks_for_the_exception_is_told_from_one_with_a_not_in_its_scene(
    stem, exception
):
    found = choices_in(f"{stem} A. w B. x C. y D. z")
    assert found
    assert found.exception is exception
