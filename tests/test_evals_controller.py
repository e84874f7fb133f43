"""What the page of evals is given: cases that can be asked, and what is wrong with the others."""

import json
from datetime import UTC, datetime

import pytest

from commands.pages.evals import SHIPPED_CASES, LocalEvals
from eval.report.results import Result
from eval.types import Run


def test_gold_that_cannot_be_read_is_named_with_its_line_beside_what_is_shipped(settings, tmp_path):
    (tmp_path / "quiz.jsonl").write_text('{"question": 3}\n', "utf-8")
    evals = LocalEvals(lambda: settings.model_copy(update={"notes": tmp_path}))
    own, shipped = evals.case_sets()
    assert (own.count, own.key) == (0, str(tmp_path))
    assert "quiz.jsonl:1" in own.problem
    assert (shipped.key, shipped.problem) == (SHIPPED_CASES, "")
    assert shipped.count > 100


def test_gold_of_a_folder_without_a_mistake_has_no_problem(settings, tmp_path):
    case = {"id": "a", "question": "Why?", "references": [], "targets": [], "answerable": False}
    (tmp_path / "quiz.jsonl").write_text(json.dumps(case), "utf-8")
    own = LocalEvals(lambda: settings.model_copy(update={"notes": tmp_path})).case_sets()[0]
    assert (own.count, own.problem) == (1, "")


@pytest.mark.parametrize(("suffix", "begins"), [("html", "<!doctype html"), ("json", "{")])
def test_a_run_is_handed_over_as_a_file(settings, suffix, begins):
    run = Run((), 0, datetime.now(UTC), 0.0, {}, id="a run / of today")
    evals = LocalEvals(lambda: settings)  # the file is gone with it
    path = evals.report(Result(run), suffix)
    assert path.name == f"eval-a-run---of-today.{suffix}"
    assert path.read_text("utf-8").lower().startswith(begins)
    evals._folder.cleanup()
