"""What people say of answers, and how far others agree with them."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from eval_fakes import make_answer, make_case
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from commands.evals.kept import label
from eval.labels import ENOUGH, Labels, agreement, agreements, kappa, to_label
from eval.runs import RunPlan, Runs
from eval.types import Outcome, Run
from rag.errors import CaseError
from rag.types import Status


def outcome(name, text="Clarify [1]", score=1.0, **others):
    case = make_case(case_id=name, answerable=others.pop("answerable", True))
    scores = {"reference_match": score, "judged": others.pop("judged", None)}
    return Outcome(case, make_answer(text, **others), scores, 0.1)


def run_of(*outcomes):
    return Run(outcomes, len(outcomes), datetime.now(UTC), 1.0, {})


def test_a_label_is_of_the_case_and_of_the_words_of_the_answer(tmp_path):
    labels = Labels(tmp_path / "eval" / "labels.jsonl")
    one = outcome("one")
    labels.put(one.case, one.answer, "partly")
    again = Labels(tmp_path / "eval" / "labels.jsonl")
    assert again.of(one.case, replace(one.answer, model="other", citations=())) == 0.5
    assert again.of(one.case, make_answer("Canvas")) is None
    assert again.of(make_case(case_id="two"), one.answer) is None


def test_the_later_of_two_labels_counts_and_a_torn_line_costs_nothing_else(tmp_path):
    path = tmp_path / "labels.jsonl"
    one, two = outcome("one"), outcome("two")
    Labels(path).put(one.case, one.answer, "wrong")
    with path.open("ab") as file:
        file.write(b'{"case": "two", "ans')
    Labels(path).put(two.case, two.answer, "correct")
    Labels(path).put(one.case, one.answer, "correct")
    labels = Labels(path)
    assert labels.of(one.case, one.answer) == labels.of(two.case, two.answer) == 1.0


def test_what_is_left_to_label_is_each_answer_once_without_refusals(tmp_path):
    labels = Labels(tmp_path / "labels.jsonl")
    done = outcome("done")
    labels.put(done.case, done.answer, "correct")
    refusal = outcome("refused", status=Status.REFUSED)
    open_case = outcome("open", answerable=False)
    failed = replace(outcome("failed"), error="the model is gone")
    left = to_label(run_of(done, refusal, open_case, failed, outcome("a"), outcome("a")), labels)
    assert [one.case.id for one in left] == ["a"]


MARKS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=40)


@settings(deadline=None)  # on a busy machine it may take longer
@given(MARKS)
def test_kappa_is_that_of_scikit_learn(marks):
    first, second = (np.array(side) for side in zip(*marks, strict=True))
    found = kappa(first, second)
    if len({*first, *second}) > 1:  # where nothing varies, theirs warns
        assert found == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_agreement_comes_with_intervals_that_hold_it():
    scores, labels = [1.0] * 10 + [0.0] * 10, [1.0] * 8 + [0.0] * 12
    found = agreement("judged", scores, labels, whole=False)
    assert found.share.mean == 0.9
    # 18 of 20 agree; by chance 10 * 8 + 10 * 12 of 400.
    assert found.kappa.mean == pytest.approx((0.9 - 0.5) / 0.5)
    assert found.kappa.low < 0.8 < found.kappa.high
    assert found == agreement("judged", scores, labels, whole=False)


def test_a_scorer_that_knows_no_partly_is_held_against_right_or_not():
    found = agreement("reference_match", [0.0, 1.0, 0.0], [0.5, 1.0, 0.0], whole=True)
    assert found.share.mean == 1.0


def test_a_judge_that_always_says_the_same_has_no_kappa():
    found = agreement("judged", [1.0] * 12, [1.0, 0.0, 1.0] * 4, whole=False)
    assert found.kappa is None
    assert found.share.mean == pytest.approx(2 / 3)


def test_few_labels_have_no_kappa_however_well_they_agree():
    assert agreement("judged", [1.0, 0.0], [1.0, 0.0], whole=False).kappa is None


def test_answers_that_a_judge_gave_no_score_do_not_count(tmp_path):
    labels = Labels(tmp_path / "labels.jsonl")
    run = run_of(outcome("a", judged=1.0), outcome("b", judged=None), outcome("c", judged=0.0))
    for one in run.outcomes:
        labels.put(one.case, one.answer, "correct")
    found = {one.metric: one for one in agreements(run, labels)}
    assert found["judged"].share.n == 2
    assert found["reference_match"].share.n == 3


class Keys:
    """Keys that a person presses; what was on the screen by then is looked at by the test."""

    def __init__(self, keys, screen):
        self._keys = list(keys)
        self._screen = screen
        self.shown = []

    def key(self, _prompt):
        self.shown.append(self._screen())
        return self._keys.pop(0)


@pytest.fixture
def kept_run(tmp_path, settings):
    home = tmp_path / "home"
    outcomes = [outcome(name, f"It is {name}", score=0.25) for name in "abcd"]
    recording = Runs(home).begin(RunPlan([f"key {o.case.id}" for o in outcomes], {"llm": "x"}, {}))
    for place, one in enumerate(outcomes):
        recording.keep(place, one)
    recording.end(outcomes)
    recording.close()
    return settings.model_copy(update={"home": home})


def press(settings, keys, capsys):
    typed = Keys(keys, lambda: capsys.readouterr().out)
    label(settings, "latest", typed)
    return typed.shown, capsys.readouterr().out


def test_labels_are_given_with_keys_and_what_is_labelled_is_not_shown_again(kept_run, capsys):
    shown, told = press(kept_run, "yxnsq", capsys)
    assert sum("answer  It is" in screen for screen in shown) == 4
    assert "2 labelled now, 2 without" in told
    shown, told = press(kept_run, "pp", capsys)
    assert "2 labelled now, 0 without" in told
    shown, told = press(kept_run, "", capsys)
    assert shown == []
    assert f"not enough labels to tell (of {ENOUGH}): reference_match 4" in told


def test_nothing_that_a_scorer_or_judge_says_is_on_the_screen_before_the_label(kept_run, capsys):
    shown, _ = press(kept_run, "yyyy", capsys)
    assert not any(word in "".join(shown) for word in ("0.25", "match", "judged", "kappa"))
    assert "right   Clarify" in shown[0]
    assert "note    Clarify explains biases." in shown[0]


def test_a_label_is_on_the_disk_before_the_next_answer_is_shown(kept_run, capsys):
    path = kept_run.home / "eval" / "labels.jsonl"

    class Killed(Keys):
        def key(self, prompt):
            if len(self.shown) == 2:
                assert len(path.read_bytes().splitlines()) == 2
                raise KeyboardInterrupt
            return super().key(prompt)

    with pytest.raises(KeyboardInterrupt):
        label(kept_run, "latest", Killed("yn", lambda: ""))
    shown, _ = press(kept_run, "q", capsys)
    assert "1 of 2" in shown[0]


def test_what_a_judge_said_at_the_end_of_a_run_is_kept_with_it(kept_run):
    plan = RunPlan(["key"], {"llm": "x"}, {})
    recording = Runs(kept_run.home).begin(plan)
    recording.keep(0, outcome("a"))
    recording.end([outcome("a", judged=0.5)])
    recording.close()
    assert Runs(kept_run.home).run("latest").outcomes[0].scores["judged"] == 0.5


def test_a_run_that_is_not_there_is_named(kept_run):
    with pytest.raises(CaseError, match="no run 'nine'"):
        label(kept_run, "nine", Keys("", str))


def test_a_judge_that_never_says_partly_is_held_against_right_or_not(tmp_path):
    labels = Labels(tmp_path / "labels.jsonl")
    run = run_of(outcome("a", judged=1.0), outcome("b", judged=0.0))
    for one, said in zip(run.outcomes, ("correct", "partly"), strict=True):
        labels.put(one.case, one.answer, said)
    found = {one.metric: one for one in agreements(run, labels)}
    assert found["judged"].share.mean == 1.0
