"""The cases that ship: right by the note, balanced over kinds, none asked twice."""

from collections import Counter
from itertools import combinations

import pytest
from conftest import ROOT

from eval.case_files import check_targets, load_cases
from eval.scorers import reference_match
from eval.texts.tokens import find_quote, grader_words, overlap
from rag.text.words import stems as content_stems
from rag.types import Answer, Span, Status

NOTE = ROOT / "notes" / "sagemaker.md"
TEXT = NOTE.read_text("utf-8")
LINES = TEXT.split("\n")
QUIZ = LINES.index("## Quiz")
CASES = load_cases(ROOT / "eval" / "cases" / "sagemaker.jsonl")
ANSWERABLE = [case for case in CASES if case.answerable]

LEAST = {
    "fact": 20,
    "list": 8,
    "comparison": 8,
    "definition": 8,
    "scenario": 8,
    "yes/no": 8,
    "numeric": 4,  # the note has no more numbers to ask for
    "follow-up": 8,
    "multiple choice": 8,
    "unanswerable": 20,
}
SAME = 0.7
"""Share of the content words of two questions from which one is the other asked again."""


def test_there_are_enough_of_every_kind_and_no_other_kinds():
    counts = Counter(case.kind for case in CASES)
    assert len(CASES) >= 80
    assert counts.keys() == LEAST.keys()
    assert [kind for kind, least in LEAST.items() if counts[kind] < least] == []


def test_what_is_not_answerable_is_told_by_its_kind():
    assert all((case.kind == "unanswerable") is not case.answerable for case in CASES)
    assert any(case.quiz_only for case in CASES)


def test_every_quote_stands_in_the_note_outside_of_its_quiz():
    start = sum(len(line) + 1 for line in LINES[:QUIZ])
    quiz = Span(start, len(TEXT))
    check_targets(CASES, {NOTE.as_posix(): TEXT}, {NOTE.as_posix(): [quiz]})
    for case in CASES:
        for target in case.targets:
            assert not any(overlap(place, quiz) for place in find_quote(target.quote, TEXT))


def test_every_line_of_the_quiz_is_asked_about():
    """By a case that names the line, and shares a word with it."""
    asked = {case.origin.start_line: case for case in CASES if case.origin}
    for number, line in enumerate(LINES[QUIZ + 1 :], start=QUIZ + 2):
        if line.strip():
            case = asked[number]
            assert content_stems(line) & content_stems(f"{case.question} {case.references}")


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.id)
def test_the_quotes_and_their_headings_hold_a_reference(case):
    """But for what has to be counted, or is a plain yes or no: there the words may be others."""
    said = " ".join(f"{_heading(target.quote)}: {target.quote}" for target in case.targets)
    answer = Answer(case.question, case.question, said, Status.ANSWERED, "quotes")
    assert reference_match(case, answer) == 1.0


@pytest.mark.parametrize("case", ANSWERABLE, ids=lambda case: case.id)
def test_an_answer_that_only_repeats_the_question_is_not_right(case):
    answer = Answer(case.question, case.question, case.question, Status.ANSWERED, "parrot")
    assert reference_match(case, answer) == 0.0


def test_no_question_is_asked_twice():
    """In other words neither, but for what another place answers, and what leans on another."""
    assert len({tuple(grader_words(" ".join([*c.before, c.question]))) for c in CASES}) == len(
        CASES
    )
    for one, other in combinations(CASES, 2):
        first, second = (content_stems(" ".join([*c.before, c.question])) for c in (one, other))
        if set(one.targets) == set(other.targets) and bool(one.before) is bool(other.before):
            assert len(first & second) < SAME * len(first | second), (one.id, other.id)


def test_kinds_are_what_they_say():
    assert all(bool(case.before) for case in CASES if case.kind == "follow-up")
    assert all(case.facts for case in CASES if case.kind in {"list", "comparison"})
    for case in CASES:
        assert bool(case.options) is bool(case.correct) is (case.kind == "multiple choice")


def test_the_right_options_hold_a_reference_and_the_others_none():
    for case in CASES:
        right = " ".join(case.options[place] for place in case.correct)
        rest = " ".join(o for place, o in enumerate(case.options) if place not in case.correct)
        for text, score in ((right, 1.0), (rest, 0.0)) if case.options else ():
            answer = Answer(case.question, case.question, text, Status.ANSWERED, "chooser")
            assert reference_match(case, answer) == score, case.id


def test_questions_of_yes_and_no_are_balanced():
    """So that a model that always says yes is right about half of the time."""
    yes = [case for case in CASES if case.kind == "yes/no" and "yes" in case.references]
    no = [case for case in CASES if case.kind == "yes/no" and "no" in case.references]
    assert len(yes) + len(no) == LEAST["yes/no"] + 3
    assert abs(len(yes) - len(no)) <= 2


def _heading(quote: str) -> str:
    """The innermost heading above a quote."""
    place = find_quote(quote, TEXT)[0].start
    return next(one for one in reversed(TEXT[:place].split("\n")) if one.startswith("#"))
