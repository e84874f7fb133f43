"""Every form of a quiz is found where it stands, on its exact lines, and nothing else is."""

import json

import pytest
from conftest import ROOT
from reader_checks import read_as

from eval.quiz import extract_quiz
from eval.types import Standing
from ingest.readers.markdown import MarkdownReader

FOLDER = ROOT / "tests" / "quiz_notes"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def text_of(name):
    return (FOLDER / f"{name}.md").read_text("utf-8")


def found_in(name, text):
    return extract_quiz(read_as(MarkdownReader(), f"{name}.md", text.encode()), f"{name}.md")


def shown(case, expected):
    """What the fixture says of a case: the kind, too, where it says so."""
    found = {
        "lines": [case.origin.start_line, case.origin.end_line],
        "form": case.origin.form,
        "question": case.question,
        "references": list(case.references),
    }
    if case.options:
        found |= {"options": list(case.options), "correct": list(case.correct)}
    return found | ({"kind": case.kind} if "kind" in expected else {})


def check(name, text):
    expected = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    cases = found_in(name, text)
    paired = [*expected, *({} for _ in cases[len(expected) :])]
    assert [shown(case, one) for case, one in zip(cases, paired, strict=False)] == expected


@pytest.mark.parametrize("name", NAMES)
def test_a_note_gives_the_questions_that_stand_in_it_and_no_other(name):
    check(name, text_of(name))


@pytest.mark.parametrize("end", ["\r\n", "\r", "  \n"])
@pytest.mark.parametrize("name", NAMES)
def test_ends_of_lines_and_blanks_there_make_no_difference(name, end):
    check(name, text_of(name).replace("\n", end))


def test_there_are_enough_notes_to_go_by():
    assert len(NAMES) >= 13
    assert json.loads((FOLDER / "meeting.json").read_text("utf-8")) == []


def test_what_is_found_is_a_draft_with_an_id_of_its_own():
    cases = [case for name in NAMES for case in found_in(name, text_of(name))]
    assert {case.standing for case in cases} == {Standing.DRAFT}
    assert len({case.id for case in cases}) == len(cases)
