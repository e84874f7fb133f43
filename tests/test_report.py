"""What a run reports: figures, JSON and the terminal."""

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from conftest import ROOT
from eval_fakes import CANVAS, make_answer, make_case, make_chunk
from rich.console import Console

from eval.causes import find_cause, missed
from eval.comparison import summarise
from eval.measures import MEASURES
from eval.metrics import METRICS, as_markdown
from eval.report import as_json, terminal
from eval.report.results import Result, RunComparison
from eval.runner import score
from eval.scorers import SCORERS
from eval.types import Method, Outcome, Run
from rag.files import write_text
from rag.types import Status
from web import words

CHUNK = make_chunk(start_line=60)


def judged(case, answer):
    return Outcome(case, answer, score(case, answer), seconds=0.5)


def make_run(*outcomes, planned=None):
    return Run(
        outcomes=outcomes,
        planned=len(outcomes) if planned is None else planned,
        started_at=datetime(2026, 1, 2, tzinfo=UTC),
        seconds=1.5,
        settings={"llm": "none"},
    )


RIGHT = judged(
    make_case([CHUNK.text], case_id="right"),
    make_answer(chunks=[CHUNK], cited=[(CHUNK, "debugs predictions")]),
)
WRONG = judged(make_case(case_id="wrong"), make_answer("Canvas", chunks=[make_chunk(CANVAS)]))
REFUSED = judged(
    make_case(case_id="refused", answerable=False),
    make_answer("The notes do not say.", status=Status.REFUSED),
)
INVENTED = judged(make_case(case_id="invented", answerable=False), make_answer("It costs 5."))
FAILED = Outcome(make_case(case_id="failed"), None, {}, 0.1, "the server is gone")
RUN = make_run(RIGHT, WRONG, REFUSED, INVENTED, FAILED)


def to_json(run):
    return as_json.run_json(Result(run))


def write_json(run, path):
    write_text(path, as_json.render_json(Result(run)))


def shown(run, **options):
    console = Console(width=160, color_system=None, file=io.StringIO())
    console.print(terminal.run_report(Result(run), **options))
    return console.file.getvalue()


def test_means_are_over_the_cases_that_could_be_judged():
    metrics = summarise(RUN)
    assert set(metrics) == set(SCORERS)
    match = metrics["reference_match"]
    assert (match.mean, match.n, match.method) == (0.5, 2, Method.WILSON)
    assert (metrics["refusal_right"].mean, metrics["refusal_right"].n) == (0.5, 2)
    assert metrics["refusal_right_quiz_only"] is None


def test_a_failed_case_moves_no_mean():
    assert summarise(make_run(RIGHT, WRONG, FAILED)) == summarise(make_run(RIGHT, WRONG))


def test_figures_are_the_same_each_time():
    assert to_json(RUN) == to_json(RUN)


def test_json_holds_the_figures_and_the_counts():
    report = to_json(RUN)
    assert report["schema_version"] == 1
    assert (report["model"], report["settings"]) == ("tiny", {"llm": "none"})
    assert report["started_at"] == "2026-01-02T00:00:00+00:00"
    assert report["counts"] == {
        "planned": 5,
        "asked": 5,
        "answerable": 3,
        "unanswerable": 2,
        "quiz_only": 0,
        "failed": 1,
    }
    assert report["metrics"]["refusal_right_quiz_only"] is None
    assert report["metrics"]["recall@1"] == {
        "mean": 0.5,
        "low": pytest.approx(0.0945, abs=5e-5),
        "high": pytest.approx(0.9055, abs=5e-5),
        "n": 2,
        "method": "Wilson score",
    }


def test_every_key_of_the_json_is_in_the_docs():
    report = to_json(RUN)
    told = (ROOT / "docs" / "eval-json.md").read_text("utf-8")
    assert [key for key in (*report, *report["cases"][0]) if f"`{key}`" not in told] == []


def test_json_holds_what_each_case_rests_on():
    right, *_, failed = to_json(RUN)["cases"]
    assert (right["id"], right["status"], right["answer"]) == ("right", "answered", "Clarify [1]")
    assert right["scores"] == RIGHT.scores
    assert right["retrieved"] == ["/notes/aws/sagemaker.md:60"]
    assert right["citations"] == [
        {"location": "/notes/aws/sagemaker.md:61", "quote": "debugs predictions"}
    ]
    assert right["error"] is None
    assert (failed["status"], failed["answer"], failed["scores"]) == (None, None, {})
    assert failed["error"] == "the server is gone"
    assert (right["missed"], right["cause"], failed["missed"]) == (False, None, True)


def test_what_is_written_is_what_is_read(tmp_path):
    path = tmp_path / "new" / "report.json"
    odd = judged(make_case(), make_answer("naïve “quotes” \U0001f600\n[1]"))
    run = make_run(odd, FAILED)
    write_json(run, path)
    assert json.loads(path.read_text(encoding="utf-8")) == to_json(run)
    assert [file.name for file in path.parent.iterdir()] == ["report.json"]


def test_a_note_whose_name_is_not_utf_8_can_be_reported(tmp_path):
    path = tmp_path / "report.json"
    run = make_run(judged(make_case(), make_answer(chunks=[make_chunk(path="/notes/caf\udce9")])))
    write_json(run, path)
    assert json.loads(path.read_text(encoding="utf-8")) == to_json(run)


def test_a_report_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old", encoding="utf-8")
    not_json = replace(RUN, seconds=float("nan"))
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(not_json, path)
    assert path.read_text(encoding="utf-8") == "old"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_json(RUN, tmp_path / "folder")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["folder", "report.json"]


def test_the_terminal_shows_each_metric_with_its_interval():
    text = shown(RUN)
    row = next(line for line in text.splitlines() if "recall@1" in line)
    assert [part in row for part in ("0.500", "[0.095, 0.905]", " 2 ")] == [True] * 3
    assert all(name in text for name in SCORERS)
    assert "tiny: 3 answerable and 2 unanswerable questions, 1 failed, 1.5 s" in text


def test_the_terminal_lists_what_went_wrong_and_only_that():
    lines = shown(RUN).partition("Missed: 3:")[2].split("\n")
    assert [line.strip() for line in lines if line.strip()] == [
        "wrong  What is asked by wrong?",
        "answered: Canvas",
        "invented  What is asked by invented?",
        "answered: It costs 5.",
        "failed  What is asked by failed?",
        "failed: the server is gone",
    ]
    assert [missed(outcome) for outcome in RUN.outcomes] == [False, True, False, True, True]


def test_the_list_of_misses_can_be_cut():
    text = shown(RUN, misses=1)
    assert "Missed: 3, of them 1:" in text
    assert "invented" not in text
    assert "Missed" not in shown(make_run(RIGHT))


def test_each_miss_comes_with_its_cause():
    run = replace(RUN, outcomes=tuple(replace(o, miss=find_cause(o)) for o in RUN.outcomes))
    assert to_json(run)["cases"][1]["cause"] == "not retrieved"
    text = shown(run)
    assert "1 not retrieved, 1 answered what should be refused, 1 could not be scored" in text
    assert "answered what should be refused: said “It costs 5.”" in text


def test_what_a_model_says_cannot_style_or_steer_the_terminal():
    text = shown(make_run(judged(make_case(), make_answer("[red]x[/red]\x1b[2J\n" + "y " * 999))))
    assert "[red]x[/red] [2J y y" in text
    assert "\x1b" not in text
    assert "y " * 100 not in text


def test_the_terminal_says_that_a_run_was_stopped():
    assert "stopped after 1 of 9" in shown(make_run(RIGHT, planned=9))
    assert "no answers: 0 answerable" in shown(make_run(planned=9))


def sure(outcome, confidence):
    return replace(outcome, answer=replace(outcome.answer, confidence=confidence))


SURE = make_run(sure(RIGHT, 0.9), sure(WRONG, 0.8), sure(REFUSED, 0.95), sure(INVENTED, 0.3))


def test_the_surest_answers_are_the_least_often_wrong_where_confidence_is_worth_something():
    """A refusal is no answer: it counts as not covered, and last, however sure it was."""
    found = to_json(SURE)["confidence"]
    assert found["risk_coverage"] == [[0.25, 0.0], [0.5, 0.5], [0.75, pytest.approx(2 / 3)]]
    assert found["auroc"]["mean"] == 1.0
    assert found["auroc"]["low"] < 1.0


def test_the_terminal_shows_what_leaving_out_the_least_sure_brings():
    text = shown(SURE)
    assert re.search(r"refusal_auroc +1\.000", text)
    assert "surest 25%" in text
    assert "66.7%" in text


def test_of_answers_without_a_confidence_nothing_is_said():
    assert to_json(RUN)["confidence"] == {"auroc": None, "risk_coverage": []}
    assert "AUROC" not in shown(RUN)


def test_every_metric_has_a_name_in_words_that_the_docs_and_the_page_use_too():
    assert list(METRICS) == [*SCORERS, *MEASURES]
    docs = (ROOT / "docs" / "eval-metrics.md").read_text("utf-8")
    of_answers = [one for one in METRICS.values() if one.of == "answer"]
    assert as_markdown(of_answers) in docs
    assert as_markdown([one for one in METRICS.values() if one.of == "run"]) in docs
    assert words.EVALS_METRICS == {one.name: one.label for one in of_answers}


def test_the_points_of_a_grid_stand_below_each_other_under_each_metric():
    better = make_run(RIGHT, replace(RIGHT, case=WRONG.case))
    compared = RunComparison(make_run(RIGHT, WRONG), better, metrics=("reference_match", "mrr"))
    console = Console(width=80, color_system=None, file=io.StringIO())
    console.print(terminal.grid_table("passages=3", [("passages=5", compared, compared.rows)]))
    text = console.file.getvalue()
    assert "Each against passages=3" in text
    assert text.index("reference_match") < text.index("0.500") < text.index("1.000")
    assert "adjusted over all 2 comparisons" in text
    assert "passages=5: 1 cases flipped:" in text
