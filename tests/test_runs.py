"""Runs are kept as they come: resumed after a kill, never asked twice, and no file is trusted."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from conftest import ROOT
from eval_fakes import ScriptedAssistant, make_answer, make_case, make_chunk

from eval.runner import RunOptions, run_cases
from eval.runs import RunPlan, Runs, answer_key, opened
from eval.types import Cause, Miss
from rag.errors import CaseError, ModelServerError
from rag.types import Status

CASES = [make_case(case_id=name) for name in ("one", "two", "three")]
ANSWERS = {case.question: make_answer(f"{case.id} [1]", chunks=[make_chunk()]) for case in CASES}


def plan(cases=CASES, setup="model a", repeats=1, **others):
    keys = [answer_key(setup, case, repeat) for repeat in range(repeats) for case in cases]
    origin = {"commit": others.pop("commit", "abc"), "cases": "c"}
    return RunPlan(keys, {"llm": setup}, origin, **others)


def carried_out(runs, plan, assistant, cases=CASES, **options):
    recording = runs.begin(plan)
    done = run_cases(assistant, cases, options=RunOptions(memory=recording, **options))
    if not done.partial:
        recording.end(done.outcomes)
    recording.close()
    return done, recording


def test_a_run_is_read_again_as_it_was(tmp_path):
    runs = Runs(tmp_path)
    done, recording = carried_out(runs, plan(name="first"), ScriptedAssistant(ANSWERS))
    kept = runs.run("first")
    assert kept.outcomes == done.outcomes
    assert (kept.id, kept.planned, kept.settings) == ("first", 3, {"llm": "model a"})
    assert runs.run("latest") == runs.run(str(recording.number)) == kept
    (info,) = runs.listing()
    assert (info.name, info.asked, info.planned, info.ended) == ("first", 3, 3, True)


def test_the_same_is_not_asked_twice_unless_it_is_to_be_asked_anew(tmp_path):
    runs = Runs(tmp_path)
    first, _ = carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    nobody = ScriptedAssistant({})
    second, recording = carried_out(runs, plan(commit="def"), nobody)
    assert nobody.asked == []
    assert (second.outcomes, recording.reused) == (first.outcomes, 3)
    assert len(runs.listing()) == 2
    again = ScriptedAssistant(ANSWERS)
    carried_out(runs, plan(fresh=True), again)
    assert len(again.asked) == 3


def test_what_decides_an_answer_is_the_question_not_what_is_held_to_be_right(tmp_path):
    """So a reference that was mended is scored at once."""
    runs = Runs(tmp_path)
    carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    mended = [make_case(case_id="one", references=("Canvas",)), *CASES[1:]]
    nobody = ScriptedAssistant({})
    done, _ = carried_out(runs, plan(mended), nobody, mended)
    assert nobody.asked == []
    assert done.outcomes[0].scores["reference_match"] == 0.0
    mended[0] = make_case(case_id="one", references=("one",))
    done, _ = carried_out(runs, plan(mended), nobody, mended)
    assert done.outcomes[0].scores["reference_match"] == 1.0


def test_another_model_and_other_settings_are_asked(tmp_path):
    runs = Runs(tmp_path)
    carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    assistant = ScriptedAssistant(ANSWERS)
    carried_out(runs, plan(setup="model b"), assistant)
    assert len(assistant.asked) == 3


def test_a_run_that_was_stopped_goes_on_where_it_was_with_the_same_command(tmp_path):
    runs = Runs(tmp_path)
    stopping = ScriptedAssistant(ANSWERS | {CASES[1].question: KeyboardInterrupt()})
    first, begun = carried_out(runs, plan(fresh=True), stopping)
    assert (first.partial, runs.listing()[0].ended) == (True, False)
    rest = ScriptedAssistant(ANSWERS)
    done, recording = carried_out(runs, plan(fresh=True), rest)
    assert rest.asked == [CASES[1].question, CASES[2].question]
    assert (recording.resumed, recording.number) == (True, begun.number)
    assert [outcome.case.id for outcome in done.outcomes] == ["one", "two", "three"]


def test_a_case_that_failed_is_asked_again(tmp_path):
    runs = Runs(tmp_path)
    broken = make_answer("Cl", status=Status.INTERRUPTED, notice="gone")
    script = {CASES[0].question: ModelServerError("gone"), CASES[1].question: broken}
    carried_out(runs, plan(), ScriptedAssistant(ANSWERS | script))
    assert [outcome.error for outcome in runs.run("latest").outcomes] == ["gone", "gone", ""]
    again = ScriptedAssistant(ANSWERS)
    carried_out(runs, plan(), again)
    assert again.asked == [CASES[0].question, CASES[1].question]


def test_a_kill_in_the_middle_loses_no_outcome(tmp_path):
    """A process that is killed between two questions, and the same command after it."""
    program = f"""
        import sys, time
        sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
        from pathlib import Path
        from test_runs import ANSWERS, Runs, ScriptedAssistant, CASES, carried_out, plan
        class Slow(ScriptedAssistant):
            def ask(self, question, history=()):
                if question == CASES[2].question:
                    print("two are done", flush=True)
                    time.sleep(60)
                return super().ask(question, history)
        carried_out(Runs(Path({str(tmp_path)!r})), plan(), Slow(ANSWERS))
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "two are done\n"
        os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    assistant = ScriptedAssistant(ANSWERS)
    done, recording = carried_out(Runs(tmp_path), plan(), assistant)
    assert assistant.asked == [CASES[2].question]
    assert (len(done.outcomes), recording.resumed) == (3, True)


def test_the_closed_book_half_is_kept_with_its_run_and_holds_what_was_said_alone(tmp_path):
    runs = Runs(tmp_path)
    _, recording = carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    half = plan(setup="closed", open_book=recording.number)
    carried_out(runs, half, ScriptedAssistant(ANSWERS))
    kept = runs.run("latest")
    assert set(kept.closed_book.outcomes[0].scores) >= {"reference_match"}
    assert "recall@5" not in kept.closed_book.outcomes[0].scores
    assert [info.closed for info in runs.listing()] == [True]
    runs.forget([recording.number])
    assert runs.listing() == []


def test_why_a_case_was_missed_is_kept(tmp_path):
    runs = Runs(tmp_path)
    recording = runs.begin(plan())
    done = run_cases(ScriptedAssistant(ANSWERS), CASES, options=RunOptions(memory=recording))
    miss = Miss(Cause.MISREAD, "said “é”", 2, "A", "the prompt")
    recording.end([type(one)(one.case, one.answer, {}, 0.0, miss=miss) for one in done.outcomes])
    recording.close()
    assert runs.run("latest").outcomes[0].miss == miss
    again, _ = carried_out(runs, plan(commit="def"), ScriptedAssistant({}))
    assert again.outcomes[0].miss == miss


def test_repeats_are_kept_apart(tmp_path):
    runs = Runs(tmp_path)
    done, _ = carried_out(runs, plan(repeats=2), ScriptedAssistant(ANSWERS), repeats=2)
    assert [(one.case.id, one.repeat) for one in done.outcomes] == [
        *(("one", 0), ("two", 0), ("three", 0)),
        *(("one", 1), ("two", 1), ("three", 1)),
    ]
    assert runs.run("latest").outcomes == done.outcomes


def test_what_is_forgotten_is_asked_again_and_what_another_run_holds_is_not(tmp_path):
    runs = Runs(tmp_path)
    _, first = carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    _, second = carried_out(runs, plan(CASES[:1], commit="def"), ScriptedAssistant({}), CASES[:1])
    runs.forget([first.number])
    assistant = ScriptedAssistant(ANSWERS)
    carried_out(runs, plan(), assistant)
    assert assistant.asked == [CASES[1].question, CASES[2].question]
    assert runs.run(str(second.number)).outcomes[0].case == CASES[0]


def test_a_run_that_is_not_there_is_named_with_those_that_are(tmp_path):
    runs = Runs(tmp_path)
    with pytest.raises(CaseError, match=r"no run 'x' .*there are none yet"):
        runs.run("x")
    carried_out(runs, plan(name="base"), ScriptedAssistant(ANSWERS))
    with pytest.raises(CaseError, match=r"no run 'x' .*kept: base.*crib eval runs"):
        runs.run("x")


def test_a_damaged_file_is_set_aside_and_said_in_one_line(tmp_path):
    runs = Runs(tmp_path)
    carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    file = tmp_path / "eval" / "runs.sqlite3"
    file.write_bytes(b"no database at all" * 100)
    again = Runs(tmp_path)
    done, _ = carried_out(again, plan(), ScriptedAssistant(ANSWERS))
    assert len(done.outcomes) == 3
    assert "damaged" in again.notice and "\n" not in again.notice
    assert again.run("latest").outcomes == done.outcomes


def test_an_answer_that_another_version_wrote_costs_itself_and_is_asked_again(tmp_path):
    runs = Runs(tmp_path)
    carried_out(runs, plan(), ScriptedAssistant(ANSWERS))
    database = opened(tmp_path / "eval" / "runs.sqlite3")
    with database.writing() as db:
        db.execute("UPDATE results SET answer = '{}' WHERE id = 2")
    database.close()
    errors = [outcome.error for outcome in runs.run("latest").outcomes]
    assert errors == ["", "its answer cannot be read any more; run it again", ""]
    assistant = ScriptedAssistant(ANSWERS)
    carried_out(runs, plan(), assistant)
    assert assistant.asked == [CASES[1].question]


def test_text_that_is_no_text_to_a_database_is_kept_too(tmp_path):
    case = make_case(case_id="half \ud800")
    answers = {case.question: make_answer("half \ud800 of a pair")}
    done, _ = carried_out(Runs(tmp_path), plan([case]), ScriptedAssistant(answers), [case])
    assert Runs(tmp_path).run("latest").outcomes == done.outcomes


def test_keeping_an_outcome_costs_less_than_two_milliseconds(tmp_path):
    """What a case costs beside its answer and its scores, as the best of three."""
    cases = [make_case(case_id=f"case {number}") for number in range(100)]
    chunks = [make_chunk(start_line=line) for line in range(1, 6)]
    answers = {case.question: make_answer(chunks=chunks) for case in cases}
    spent = []
    for turn in range(3):
        recording = Runs(tmp_path / str(turn)).begin(plan(cases))
        assistant = ScriptedAssistant(answers)
        begin = time.thread_time()
        run_cases(assistant, cases, options=RunOptions(memory=recording, scorers={}))
        spent.append((time.thread_time() - begin) / len(cases))
        recording.close()
    assert min(spent) < 0.002, json.dumps(spent)
