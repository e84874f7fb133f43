"""The page of evals: what is told of a run, what is escaped, and how much is sent."""

import threading
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from eval_fakes import make_answer, make_chunk
from evals_fakes import HOSTILE, ScriptedDesk, cases_of, keep_run

from eval.labels import to_label
from eval.runs import Runs
from eval.types import Cause, Miss, Target, Verdict
from rag.errors import CaseError
from web import words
from web.evals_page import cases, comparing, labelling, listing, plots, reading, scores
from web.evals_page.cases import Look
from web.evals_page.comparing_panel import HistoryPanel
from web.evals_page.kept import Kept
from web.evals_page.protocols import Asking, Order, Phase
from web.evals_page.running import Running
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
def desk(tmp_path):
    return ScriptedDesk(tmp_path)


def test_a_run_is_told_of_step_by_step_and_then_by_its_number(desk):
    desk.gate.clear()
    running = Running(desk)
    run = running.join(Order("shipped"))
    news = iter(run)
    assert isinstance(next(news), Asking)
    assert running.join(Order("other")) is run  # one at a time
    desk.gate.set()
    assert list(news)[-1] == 1
    assert running.join(Order("shipped")).number == 2


def test_a_run_goes_on_when_nobody_watches_and_ends_when_it_is_stopped(desk):
    desk.gate.clear()
    running = Running(desk)
    run = running.join(Order("shipped"))
    assert not run.is_over
    running.stop()
    run.wait(10)
    assert run.news is Halt.STOPPED
    assert desk.listing() == []


def test_what_goes_wrong_in_a_run_is_told_to_all_who_watch(desk):
    desk.error = CaseError("no such cases")
    run = Running(desk).join(Order("shipped"))
    for _ in range(2):
        with pytest.raises(CaseError, match="no such cases"):
            list(run)


def test_the_progress_says_how_far_it_is_and_how_long_it_takes():
    html = listing.progress_html(Asking(Phase.ASKING, 3, 12, 50.0))
    assert 'value="3" max="12"' in html
    assert "3 of 12" in html
    assert "50 s left" in html
    assert "max=" not in listing.progress_html(Asking())


def test_the_list_shows_scores_that_agree_with_the_run(desk):
    number = keep_run(desk.runs, desk.cases, {1, 2}, "first")
    means = desk.means(listing.MAIN)
    summary = Kept(desk).opened(number).means
    for name, mean in zip(listing.MAIN, means[number], strict=True):
        assert mean == pytest.approx(summary[name].mean), name
    html = listing.list_html(desk.listing(), means, number, 12)
    assert "first" in html
    assert 'aria-current="true"' in html
    assert "60%" in html  # 3 of the 5 that the notes answer


def test_the_list_says_of_a_run_that_it_was_stopped(desk):
    keep_run(desk.runs, desk.cases, name="half", ended=False)
    html = listing.list_html(desk.listing(), {}, 0, 12)
    assert f"2 of 6, {words.EVALS_UNFINISHED}" in html


def test_what_people_models_and_notes_wrote_is_escaped(desk):
    number = keep_run(desk.runs, cases_of(question=HOSTILE), {1}, HOSTILE, HOSTILE)
    opened = Kept(desk).opened(number)
    for html in (
        listing.list_html(desk.listing(), {}, number, 12),
        scores.head_html(opened),
        scores.scores_html(opened),
    ):
        assert is_safe(html)
        assert "\n" not in html


def test_a_plot_shows_each_share_within_its_bounds(desk):
    plot = plots.scores(Kept(desk).opened(keep_run(desk.runs, desk.cases, {1})))
    by_name = {row[0]: row for row in plot["data"]}
    name, mean, low, high, n, _ = by_name[words.EVALS_METRICS["reference_match"]]
    assert (mean, n) == (0.8, 5)
    assert 0 <= low < mean < high <= 1
    assert words.EVALS_METRICS["seconds_total"] not in by_name
    assert plot["columns"][:2] == ["score", "mean"]
    assert name in by_name


def test_a_run_is_read_once_until_it_changes(desk, monkeypatch):
    number = keep_run(desk.runs, desk.cases)
    kept, read = Kept(desk), []
    monkeypatch.setattr(
        Runs, "run", lambda self, which, run=Runs.run: (read.append(which), run(self, which))[1]
    )
    assert kept.opened(number) is kept.opened(number)
    assert read == [str(number)]
    desk.forget(number)
    with pytest.raises(CaseError, match="not there"):
        kept.opened(number)


def test_many_may_watch_a_run_at_once(desk):
    desk.gate.clear()
    run, ends = Running(desk).join(Order("shipped")), []
    watchers = [threading.Thread(target=lambda: ends.append(list(run)[-1])) for _ in range(4)]
    for one in watchers:
        one.start()
    desk.gate.set()
    for one in watchers:
        one.join(10)
    assert ends == [1] * 4


def test_cases_are_found_by_result_cause_and_words(desk):
    opened = Kept(desk).opened(keep_run(desk.runs, desk.cases, {1, 3}))
    assert cases.found(opened, Look()) == [0, 1, 2, 3, 4, 5]
    assert cases.found(opened, Look(cases.MISSED)) == [1, 3]
    assert cases.found(opened, Look(cases.RIGHT, query="case-4")) == [4]
    (label, cause) = cases.causes_of(opened)[0]
    assert label == words.EVALS_CAUSES[Cause.MISREAD]
    assert cases.found(opened, Look(cause=cause)) == [1, 3]
    assert cases.found(opened, Look(cause=Cause.FAILED)) == []
    assert cases.found(opened, Look(note="sagemaker.md")) == [0, 1, 2, 3, 4]
    assert cases.found(opened, Look(kind="no such kind")) == []


def test_a_thousand_cases_come_page_by_page(desk):
    number = keep_run(desk.runs, cases_of(1000, "word " * 400), set(range(0, 1000, 3)))
    opened = Kept(desk).opened(number)
    for look in (Look(), Look(page=39), Look(page=999)):
        html = cases.list_html(opened, look)
        assert html.count("<li") == cases.PAGE
        assert len(html) < 20_000
    assert words.evals_page(976, 1000, 1000) in html
    assert len(scores.scores_html(opened)) < 100_000


def test_a_case_shows_its_passage_with_the_target_marked_and_why_it_was_missed(desk):
    opened = Kept(desk).opened(keep_run(desk.runs, desk.cases, {1}))
    html = reading.case_html(opened.run.outcomes[1])
    assert '<span class="target">Clarify explains biases.</span>' in html
    assert words.EVALS_CAUSES[Cause.MISREAD] in html
    assert words.EVALS_HOLDS in html
    assert "Canvas [1]" in html
    right = reading.case_html(opened.run.outcomes[0])
    assert f'<b class="right">{words.EVALS_RIGHT}</b>' in right


def test_a_case_of_hostile_text_is_escaped_and_bounded(desk):
    outcome = Kept(desk).opened(keep_run(desk.runs, desk.cases, {1})).run.outcomes[1]
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
    for html in (reading.case_html(hostile), reading.side_by_side_html(hostile, outcome)):
        assert is_safe(html)
        assert "\n" not in html
        assert len(html) < 1_000_000


def test_two_runs_are_compared_and_the_cases_that_turned_are_named(desk):
    kept = Kept(desk)
    before = kept.opened(keep_run(desk.runs, cases_of(40), set(range(20)), "old"))
    after = kept.opened(keep_run(desk.runs, cases_of(40), set(), HOSTILE))
    html = comparing.comparison_html(before.run, after.run)
    assert words.EVALS_VERDICTS[Verdict.BETTER] in html
    assert html.count(words.EVALS_WON) == 20
    assert words.EVALS_LOST not in html
    assert is_safe(html)
    other = replace(after.run, outcomes=())
    assert words.EVALS_NOTHING_SHARED in comparing.comparison_html(before.run, other)


def test_a_score_over_time_has_a_point_for_each_whole_run_of_the_same_cases(desk):
    for wrong in (set(), {1}, {1, 2}):
        keep_run(desk.runs, desk.cases, wrong, HOSTILE)
    keep_run(desk.runs, desk.cases, ended=False)
    points = HistoryPanel(desk)._points("c", "reference_match")
    assert [mean for _, mean in points] == pytest.approx([1.0, 0.8, 0.6])
    assert len(plots.history(points)["data"]) == 3
    assert is_safe(comparing.history_html(points, "reference_match"))
    assert HistoryPanel(desk)._points("other cases", "reference_match") == []


def test_an_answer_is_labelled_without_a_word_of_what_the_scorers_say(desk):
    opened = Kept(desk).opened(keep_run(desk.runs, cases_of(question=HOSTILE), {1}))
    left = to_label(opened.run, desk.labels())
    html = labelling.answer_html(left)
    assert words.evals_to_label(len(left)) in html
    for told in (*words.EVALS_CAUSES.values(), words.EVALS_RIGHT, words.EVALS_MISSED):
        assert told not in html
    assert is_safe(html)
    assert words.EVALS_ALL_LABELLED in labelling.answer_html([])
