"""The page of evals: what is told of a run, what is escaped, and how much is sent."""

import threading
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from eval_fakes import make_answer, make_chunk
from evals_fakes import HOSTILE, ScriptedEvals, cases_of, keep_run

from eval.labels import to_label
from eval.report.results import RunComparison
from eval.runs import Runs
from eval.types import Cause, Miss, Target, Verdict
from rag.errors import CaseError
from web import words
from web.evals_page import view
from web.evals_page.protocols import EvalPhase, RunProgress, RunRequest
from web.evals_page.start import Runner
from web.evals_page.tabs import HistoryTab, OpenedRuns
from web.evals_page.view import Filter
from web.work import Halt


class Tags(HTMLParser):
    """The tags there are, and their attributes."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def is_safe(html):
    parser = Tags()
    parser.feed(html)
    return "img" not in parser.tags and not [a for a in parser.attributes if a.startswith("on")]


@pytest.fixture
def scripted(tmp_path):
    return ScriptedEvals(tmp_path)


def test_a_run_is_told_of_step_by_step_and_then_by_its_number(scripted):
    scripted.gate.clear()
    runner = Runner(scripted)
    run = runner.join(RunRequest("shipped"))
    news = iter(run)
    assert isinstance(next(news), RunProgress)
    assert runner.join(RunRequest("other")) is run  # one at a time
    scripted.gate.set()
    assert list(news)[-1] == 1
    assert runner.join(RunRequest("shipped")).number == 2


def test_a_run_goes_on_when_nobody_watches_and_ends_when_it_is_stopped(scripted):
    scripted.gate.clear()
    runner = Runner(scripted)
    run = runner.join(RunRequest("shipped"))
    assert not run.is_over
    runner.stop()
    run.wait(10)
    assert run.news is Halt.STOPPED
    assert scripted.listing() == []


def test_what_goes_wrong_in_a_run_is_told_to_all_who_watch(scripted):
    scripted.error = CaseError("no such cases")
    run = Runner(scripted).join(RunRequest("shipped"))
    for _ in range(2):
        with pytest.raises(CaseError, match="no such cases"):
            list(run)


def test_the_progress_says_how_far_it_is_and_how_long_it_takes():
    html = view.progress_html(RunProgress(EvalPhase.ASKING, 3, 12, 50.0))
    assert 'value="3" max="12"' in html
    assert "3 of 12" in html
    assert "50 s left" in html
    assert "max=" not in view.progress_html(RunProgress())


def test_the_list_shows_scores_that_agree_with_the_run(scripted):
    number = keep_run(scripted.runs, scripted.cases, {1, 2}, "first")
    means = scripted.means(view.MAIN)
    summary = OpenedRuns(scripted).get(number).result.means
    for name, mean in zip(view.MAIN, means[number], strict=True):
        assert mean == pytest.approx(summary[name].mean), name
    html = view.eval_html("run_list", scripted.listing(), means, number, 12)
    assert "first" in html
    assert 'aria-current="true"' in html
    assert "60%" in html  # 3 of the 5 that the notes answer


def test_the_list_says_of_a_run_that_it_was_stopped(scripted):
    keep_run(scripted.runs, scripted.cases, name="half", ended=False)
    html = view.eval_html("run_list", scripted.listing(), {}, 0, 12)
    assert f"2 of 6, {words.EVALS_UNFINISHED}" in html


def test_what_people_models_and_notes_wrote_is_escaped(scripted):
    number = keep_run(scripted.runs, cases_of(question=HOSTILE), {1}, HOSTILE, HOSTILE)
    opened = OpenedRuns(scripted).get(number)
    for html in (
        view.eval_html("run_list", scripted.listing(), {}, number, 12),
        view.eval_html("head", opened),
        view.eval_html("scores", opened.result),
    ):
        assert is_safe(html)
        assert "\n" not in html


def test_a_plot_shows_each_share_within_its_bounds(scripted):
    plot = view.scores_plot(
        OpenedRuns(scripted).get(keep_run(scripted.runs, scripted.cases, {1})).result
    )
    by_name = {row[0]: row for row in plot["data"]}
    name, mean, low, high, n, _ = by_name[words.EVALS_METRICS["reference_match"]]
    assert (mean, n) == (0.8, 5)
    assert 0 <= low < mean < high <= 1
    assert words.EVALS_METRICS["seconds_total"] not in by_name
    assert plot["columns"][:2] == ["score", "mean"]
    assert name in by_name


def test_a_run_is_read_once_until_it_changes(scripted, monkeypatch):
    number = keep_run(scripted.runs, scripted.cases)
    runs, read = OpenedRuns(scripted), []
    monkeypatch.setattr(
        Runs, "run", lambda self, which, run=Runs.run: (read.append(which), run(self, which))[1]
    )
    assert runs.get(number) is runs.get(number)
    assert read == [str(number)]
    scripted.forget(number)
    with pytest.raises(CaseError, match="not there"):
        runs.get(number)


def test_many_may_watch_a_run_at_once(scripted):
    scripted.gate.clear()
    run, ends = Runner(scripted).join(RunRequest("shipped")), []
    watchers = [threading.Thread(target=lambda: ends.append(list(run)[-1])) for _ in range(4)]
    for one in watchers:
        one.start()
    scripted.gate.set()
    for one in watchers:
        one.join(10)
    assert ends == [1] * 4


def test_cases_are_found_by_result_cause_and_words(scripted):
    opened = OpenedRuns(scripted).get(keep_run(scripted.runs, scripted.cases, {1, 3}))
    assert Filter().places(opened) == [0, 1, 2, 3, 4, 5]
    assert Filter(view.MISSED).places(opened) == [1, 3]
    assert Filter(view.RIGHT, query="case-4").places(opened) == [4]
    (label, cause) = view.causes_of(opened)[0]
    assert label == words.EVALS_CAUSES[Cause.MISREAD]
    assert Filter(cause=cause).places(opened) == [1, 3]
    assert Filter(cause=Cause.FAILED).places(opened) == []
    assert Filter(note="sagemaker.md").places(opened) == [0, 1, 2, 3, 4]
    assert Filter(kind="no such kind").places(opened) == []


def test_a_thousand_cases_come_page_by_page(scripted):
    number = keep_run(scripted.runs, cases_of(1000, "word " * 400), set(range(0, 1000, 3)))
    opened = OpenedRuns(scripted).get(number)
    for look in (Filter(), Filter(page=39), Filter(page=999)):
        html = view.case_list_html(opened, look)
        assert html.count("<li") == view.CASES_A_PAGE
        assert len(html) < 20_000
    assert words.evals_page(976, 1000, 1000) in html
    assert len(view.eval_html("scores", opened.result)) < 100_000


def test_a_case_shows_its_passage_with_the_target_marked_and_why_it_was_missed(scripted):
    opened = OpenedRuns(scripted).get(keep_run(scripted.runs, scripted.cases, {1}))
    html = view.eval_html("case", opened.result.run.outcomes[1])
    assert '<span class="target">Clarify explains biases.</span>' in html
    assert words.EVALS_CAUSES[Cause.MISREAD] in html
    assert words.EVALS_HOLDS in html
    assert "Canvas [1]" in html
    right = view.eval_html("case", opened.result.run.outcomes[0])
    assert f'<b class="right">{words.EVALS_RIGHT}</b>' in right


def test_a_case_of_hostile_text_is_escaped_and_bounded(scripted):
    outcome = (
        OpenedRuns(scripted)
        .get(keep_run(scripted.runs, scripted.cases, {1}))
        .result.run.outcomes[1]
    )
    chunk = make_chunk(HOSTILE + "\n\n" + "x" * 9_000, path=f"/notes/{HOSTILE}.md")
    answer = make_answer(HOSTILE * 4_000, [chunk] * 200, [(chunk, "alert(1)")], notice=HOSTILE)
    case = replace(
        outcome.case,
        question=HOSTILE,
        references=(HOSTILE,),
        targets=(Target(HOSTILE, HOSTILE),),
        options=(HOSTILE,),
        before=(HOSTILE,),
    )
    miss = Miss(Cause.MISREAD, HOSTILE, prompt=HOSTILE * 30_000)
    hostile = replace(outcome, case=case, answer=answer, miss=miss, error=HOSTILE)
    for html in (
        view.eval_html("case", hostile),
        view.eval_html("two_answers", hostile, outcome),
    ):
        assert is_safe(html)
        assert "\n" not in html
        assert len(html) < 1_000_000


def test_two_runs_are_compared_and_the_cases_that_turned_are_named(scripted):
    runs = OpenedRuns(scripted)
    before = runs.get(keep_run(scripted.runs, cases_of(40), set(range(20)), "old"))
    after = runs.get(keep_run(scripted.runs, cases_of(40), set(), HOSTILE))
    html = view.eval_html("comparison", RunComparison(before.result.run, after.result.run))
    assert words.EVALS_VERDICTS[Verdict.BETTER] in html
    assert html.count(words.EVALS_WON) == 20
    assert words.EVALS_LOST not in html
    assert is_safe(html)
    other = RunComparison(before.result.run, replace(after.result.run, outcomes=()))
    assert words.EVALS_NOTHING_SHARED in view.eval_html("comparison", other)


def test_a_score_over_time_has_a_point_for_each_whole_run_of_the_same_cases(scripted):
    for wrong in (set(), {1}, {1, 2}):
        keep_run(scripted.runs, scripted.cases, wrong, HOSTILE)
    keep_run(scripted.runs, scripted.cases, ended=False)
    points = HistoryTab(scripted).points("c", "reference_match")
    assert [mean for _, mean in points] == pytest.approx([1.0, 0.8, 0.6])
    assert len(view.history_plot(points)["data"]) == 3
    assert is_safe(view.eval_html("history", points, "reference_match"))
    assert HistoryTab(scripted).points("other cases", "reference_match") == []


def test_an_answer_is_labelled_without_a_word_of_what_the_scorers_say(scripted):
    opened = OpenedRuns(scripted).get(keep_run(scripted.runs, cases_of(question=HOSTILE), {1}))
    left = to_label(opened.result.run, scripted.labels())
    html = view.eval_html("answer_to_label", left)
    assert words.evals_to_label(len(left)) in html
    for told in (*words.EVALS_CAUSES.values(), words.EVALS_RIGHT, words.EVALS_MISSED):
        assert told not in html
    assert is_safe(html)
    assert words.EVALS_ALL_LABELLED in view.eval_html("answer_to_label", [])
