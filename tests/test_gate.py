"""What a gate lets pass, and the baseline that it compares with."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from conftest import ROOT
from eval_fakes import make_case
from test_comparison import right, run_of

from commands.evals.output import gate_of
from eval.case_files import distinct_cases, load_cases
from eval.comparison import other_cases
from eval.gate import GATED, Baseline, check_falls, check_gate, read_baseline, write_baseline
from eval.report import as_json
from eval.report.results import Result
from eval.types import Outcome
from rag.errors import BaselineError, SettingsError
from rag.files import write_text


def broken(checks):
    return [check.says for check in checks if check.broken]


def with_failed(run):
    failed = Outcome(make_case(case_id="failed"), None, {}, 0.1, "the server is gone")
    return replace(run, outcomes=(*run.outcomes, failed), planned=run.planned + 1)


def falls(margin=0.05, metric="reference_match", **counts):
    before, after = (run_of(**{metric: scores}) for scores in right(**counts))
    (check,) = check_falls(after, Baseline(before), margin)
    return check


def test_a_gate_names_each_limit_that_is_broken():
    run = run_of(
        **{"recall@1": [1.0, 0.0], "refusal_wrong": [0.0, 0.0], "seconds_total": [0.5] * 2}
    )
    assert not broken(
        check_gate(run, {"recall@1": 0.5, "refusal_wrong": 0.0, "seconds_total": 0.5})
    )
    assert broken(check_gate(run, {"recall@1": 0.6, "seconds_total": 0.4})) == [
        "recall@1 is 0.500, below 0.6",
        "seconds_total is 0.500, above 0.4",
    ]


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("recall@5=nan", "its limit has to be a number, between 0 and 1"),
        ("recall@5=inf", "its limit has to be a number, between 0 and 1"),
        ("recall@5=1.5", "its limit has to be a number, between 0 and 1"),
        ("refusal_wrong=-0.1", "its limit has to be a number, between 0 and 1"),
        ("seconds_total=-1", "its limit has to be a number, 0 or more"),
        ("recal@5=0.9", "there is no metric 'recal@5'; did you mean recall@5?"),
        ("citaton_recall=0.9", "did you mean citation_recall?"),
        ("=0.5", "there is no metric ''"),
        ("recall@5", "write it as recall@5=0.95"),
    ],
)
def test_a_limit_that_could_not_be_meant_is_refused_before_anything_is_asked(word, says):
    with pytest.raises(SettingsError, match=re.escape(says)):
        gate_of([word])


def test_limits_that_can_be_meant_are_taken():
    words = ["recall@5=0", "refusal_wrong=1", "seconds_total=30"]
    assert gate_of(words).limits == {"recall@5": 0, "refusal_wrong": 1, "seconds_total": 30}


def test_a_gate_that_no_run_could_break_says_so():
    run = run_of(
        **{"recall@5": [1.0, 0.0], "refusal_wrong": [0.0, 0.0], "seconds_total": [0.5] * 2}
    )
    checks = check_gate(run, {"recall@5": 0.0, "refusal_wrong": 1.0, "seconds_total": 1.0})
    assert [check.says.endswith("no run could break this limit") for check in checks] == [
        True,
        True,
        False,
    ]
    few = run_of(reference_match=[1.0, 1.0, 1.0])
    (check,) = check_falls(few, Baseline(few, ("reference_match",)))
    assert check.says.endswith("with 3 cases no fall could break this")
    many = run_of(reference_match=[1.0] * 30)
    (check,) = check_falls(many, Baseline(many, ("reference_match",)))
    assert "30 cases find a fall of about" in check.says


def test_the_same_question_under_two_ids_is_one_case():
    asked = ("What is ATP?", "what is  atp?", "What is ATP?")
    cases = [
        replace(make_case(case_id=name), question=q) for name, q in zip("abc", asked, strict=True)
    ]
    cases[2] = replace(cases[2], before=("What do cells use?",))
    kept, again = distinct_cases(cases)
    assert ([case.id for case in kept], again) == (["a", "c"], ("b",))


def test_a_gate_is_not_passed_by_what_was_not_measured():
    run = run_of(reference_match=[1.0])
    assert broken(check_gate(run, {"refusal_right": 0.8, "recal": 0.1})) == [
        "refusal_right was not measured; its limit is 0.8",
        "recal was not measured; its limit is 0.1",
    ]
    assert broken(check_gate(replace(with_failed(run), planned=3), {})) == [
        "failed could not be scored: the server is gone",
        "only 2 of 3 cases were asked",
    ]


def test_a_fall_beyond_the_margin_that_chance_hardly_explains_breaks_the_gate():
    check = falls(lost=12, gained=1, same=67)
    assert check.broken
    assert check.says == (
        "reference_match went from 0.988 to 0.850, by -0.138 [-0.222, -0.046]; p = 0.001"
    )


def test_a_large_fall_of_few_cases_may_be_chance_and_the_gate_says_what_it_would_find():
    check = falls(lost=2, same=8)
    assert not check.broken
    assert check.says.endswith("p = 0.125; 10 cases find a fall of about 0.50")


def test_a_fall_within_the_margin_passes_however_sure_it_is():
    assert not falls(lost=30, gained=4, same=966).broken
    assert falls(lost=30, gained=4, same=966, margin=0.02).broken


def test_a_rise_breaks_only_the_gate_of_what_is_better_low():
    assert not falls(lost=1, gained=12, same=67).broken
    assert falls(metric="refusal_wrong", lost=1, gained=12, same=67).broken


def test_of_two_equal_runs_few_break_a_gate_of_five_metrics():
    """60 pairs of runs of one system, whose answers vary; the benchmark does 200."""
    rng, alarms = np.random.default_rng(4), 0
    for _ in range(60):
        chances = rng.beta(4, 1, 80)
        before, after = (
            run_of(**{name: list(np.float64(rng.random(80) < chances)) for name in GATED})
            for _ in range(2)
        )
        alarms += any(check.broken for check in check_falls(after, Baseline(before), margin=0.0))
    assert alarms <= 6


def test_a_metric_of_the_baseline_that_is_no_longer_measured_breaks_the_gate():
    before, after = run_of(reference_match=[1.0] * 4), run_of(reference_match=[None] * 4)
    assert broken(check_falls(after, Baseline(before))) == [
        "reference_match was measured in the baseline and not now"
    ]


def test_a_baseline_of_other_cases_is_refused_and_says_how_they_differ():
    before, after = run_of(reference_match=[1.0] * 9), run_of(reference_match=[1.0] * 3)
    other = Outcome(make_case(case_id="new"), None, {}, 0.1)
    asked = Outcome(make_case(case_id="c0", references=("Canvas",)), None, {}, 0.1)
    after = replace(after, outcomes=(asked, *after.outcomes[1:], other), planned=4)
    with pytest.raises(BaselineError) as caught:
        check_gate(after, {}, Baseline(before))
    assert str(caught.value) == (
        "the baseline is of other cases: 6 missing (c3, c4, c5, c6, c7, …); 1 added (new); "
        "1 changed (c0); make it anew with: crib eval --baseline FILE"
    )


# The file


def test_the_baseline_that_ships_is_of_the_cases_that_ship():
    """Where it is not, `make baseline` makes it anew."""
    kept = read_baseline(ROOT / "eval" / "baselines" / "sagemaker.json")
    cases = load_cases(ROOT / "eval" / "cases" / "sagemaker.jsonl")
    asked = replace(kept.run, outcomes=tuple(Outcome(case, None, {}, 0.1) for case in cases))
    assert str(other_cases(kept.run, asked)) == ""
    assert kept.gated == GATED


RUN = run_of(reference_match=[1.0, 0.0, 1 / 3], seconds_total=[0.5, 0.25, 0.125])


def test_what_is_kept_of_a_run_is_what_is_gated(tmp_path):
    path = tmp_path / "new" / "base.json"
    write_baseline(RUN, path)
    found = read_baseline(path)
    assert found.gated == ("reference_match",)
    assert [dict(o.scores) for o in found.run.outcomes] == [
        {"reference_match": score} for score in (1.0, 0.0, 0.333333)
    ]
    assert not broken(check_falls(RUN, found))
    assert len(path.read_text().splitlines()) == len(RUN.outcomes) + 8


def test_a_report_is_a_baseline_too(tmp_path):
    path = tmp_path / "report.json"
    write_text(path, as_json.render_json(Result(RUN)))
    found = read_baseline(path)
    assert found.gated == GATED
    assert not broken(check_falls(RUN, found))


def test_a_run_that_was_not_scored_to_its_end_is_no_baseline(tmp_path):
    with pytest.raises(BaselineError, match="only 3 of 4 cases were scored"):
        write_baseline(with_failed(RUN), tmp_path / "base.json")
    assert not (tmp_path / "base.json").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is damaged: Expecting value"),
        ('{"baseline_version": 1, "cases": [', "is damaged: Expecting value"),
        ("[]", "is damaged: the file: Input should be"),
        ('{"baseline_version": 1}', "is damaged: cases: Field required"),
        ('{"baseline_version": 1, "cases": []}', "is damaged: cases: List should have"),
        ('{"baseline_version": 1, "cases": [{"id": "a"}]}', "is damaged: cases.0.question: Field"),
        (
            '{"baseline_version": 1, "cases": [{"id": "a", "question": "", "scores": {"c": NaN}}]}',
            "is damaged: cases.0.scores.c: Input should be a finite number",
        ),
        (
            '{"baseline_version": 9, "cases": [{"id": "a", "question": "b", "scores": {}}]}',
            "is of version 9, and this reads 1",
        ),
        (
            '{"cases": [{"id": "a", "question": "b", "scores": {}}]}',
            "is of version None, and this reads 1",
        ),
    ],
)
def test_a_baseline_that_cannot_be_used_says_why_and_how_to_make_it_anew(tmp_path, text, message):
    path = tmp_path / "base.json"
    path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        read_baseline(path)
    said = str(caught.value)
    assert said.startswith(f"{path} {message}")
    assert said.endswith(f"make it with: crib eval --baseline {path}")
    assert "\n" not in said


def test_a_baseline_that_is_no_text_or_not_there_is_told_in_a_line(tmp_path):
    path = tmp_path / "base.json"
    with pytest.raises(BaselineError, match="cannot be read"):
        read_baseline(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BaselineError, match="is damaged"):
        read_baseline(path)


def test_the_questions_survive_in_any_script(tmp_path):
    case = replace(make_case(case_id="c"), question="Was heißt 氣 “x\u2028y”?", before=("Und?",))
    run = replace(RUN, outcomes=(Outcome(case, None, {"reference_match": 1.0}, 0.1),), planned=1)
    write_baseline(run, tmp_path / "b.json")
    assert not broken(check_falls(run, read_baseline(tmp_path / "b.json")))
    assert json.loads((tmp_path / "b.json").read_text("utf-8"))["cases"][0]["id"] == "c"
