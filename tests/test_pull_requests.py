"""What a CI service reads of a run: JUnit XML, and Markdown for a pull request."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from eval_fakes import make_answer, make_case
from test_comparison import right, run_of
from test_gate import with_failed

from eval.gate import Baseline, Check, check_gate
from eval.report import junit, markdown
from eval.report.results import Result
from eval.types import Cause, Miss, Outcome

BEFORE, AFTER = (
    run_of(reference_match=scores) for scores in right(lost=12, gained=1, same=60, wrong=7)
)
CHECKS = check_gate(AFTER, {"reference_match": 0.5}, Baseline(BEFORE))


def summary(run, checks=(), baseline=None):
    return markdown.render_markdown(Result(run, checks, baseline))


def suites(run, checks=()):
    root = ElementTree.fromstring(junit.render_junit(Result(run, checks)))  # noqa: S314
    return {suite.get("name"): suite for suite in root}


def test_each_case_is_a_testcase_and_each_miss_is_told_without_failing_the_build():
    cases = suites(AFTER)["cases"]
    assert {key: cases.get(key) for key in ("tests", "skipped", "failures", "errors")} == {
        "tests": "80",
        "skipped": "19",
        "failures": "0",
        "errors": "0",
    }
    assert cases[0].get("name") == "c0"
    assert cases[0].find("skipped").get("message").startswith("missed; asked: What is asked by c0?")
    assert len(cases[20]) == 0


def test_the_cause_of_a_miss_is_told():
    outcome = replace(AFTER.outcomes[0], miss=Miss(Cause.MISREAD, "said otherwise"))
    cases = suites(replace(AFTER, outcomes=(outcome,)))["cases"]
    assert cases[0].find("skipped").get("message").startswith("missed: in the context but misread;")


def test_what_breaks_the_gate_is_a_failure_and_what_could_not_be_scored_an_error():
    found = suites(with_failed(AFTER), CHECKS)
    assert [len(found["gate"]), found["gate"].get("failures")] == [2, "1"]
    assert [one.get("classname") for one in found["gate"]] == ["gate.limit", "gate.fall"]
    (failure,) = found["gate"].iter("failure")
    assert failure.get("message").startswith("reference_match went from 0.900 to 0.762")
    assert found["cases"].get("errors") == "1"
    assert found["cases"][-1].find("error").get("message") == "the server is gone"


def test_what_xml_cannot_hold_breaks_no_reader():
    case = make_case(case_id="a\x00<&\ud800]]>")
    outcome = Outcome(case, make_answer("\x1b[2J\ufffe"), {"reference_match": 0.0}, 0.1)
    (one,) = suites(replace(AFTER, outcomes=(outcome,)))["cases"]
    assert one.get("name") == "a\ufffd<&\ufffd]]>"


def test_the_summary_says_what_broke_the_gate_what_moved_and_what_flipped():
    text = summary(AFTER, CHECKS, Baseline(BEFORE))
    assert text.startswith("### crib eval: gate broken\n")
    assert "80 cases, 19 missed, 0 not scored, 1 s" in text
    assert "- reference\\_match went from 0.900 to 0.762" in text
    (row,) = [line for line in text.splitlines() if line.startswith("| reference_match")]
    assert "| 0.900 | 0.762 | -0.138 | \\[-0.2" in row
    assert row.endswith("| 80 | worse |")
    assert "Lost (12):\n\n- c0: What is asked by c0?\n" in text
    assert "Gained (1):\n\n- c12: What is asked by c12?\n" in text
    assert "<details><summary>Missed: 19</summary>" in text
    assert "- and 9 more" in text


def test_without_a_baseline_the_summary_has_the_means():
    text = summary(AFTER, check_gate(AFTER, {"reference_match": 0.5}))
    assert text.startswith("### crib eval: gate passed\n")
    assert "| reference_match | 0.762 | \\[0.659, 0.842\\] | 80 |" in text
    assert summary(AFTER).startswith("### crib eval\n")


@pytest.mark.parametrize("hostile", ["a|b\nc", "<img src=x>", "[x](http://y)", "`$(x)`", "*b* #1"])
def test_what_stands_in_a_question_turns_into_no_markup(hostile):
    case = replace(make_case(case_id="c"), question=hostile)
    run = replace(AFTER, outcomes=(Outcome(case, None, {"reference_match": 0.0}, 0.1),))
    told = next(
        line for line in summary(run, [Check("whole", "c", hostile, broken=True)]).splitlines()[4:]
    )
    bare = told.removeprefix("- ").replace("\\\\", "")
    for special in "|<[`*#":
        assert bare.count(special) == bare.count("\\" + special)
