"""crib eval on the command line: kept runs, compared, varied, and the same figures every time."""

import math
import shutil
from datetime import UTC, datetime
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from conftest import ROOT
from eval_fakes import ScriptedAssistant, make_answer, make_case, make_chunk
from fakes import ScriptedWriter
from rich.console import Console
from test_runs import carried_out, plan
from tiny_gguf import write_model

from commands.evals import kept, run, varying
from commands.evals.run import EvalRequest, evaluate, judge_for, questions_at_once
from eval.report import as_json, terminal
from eval.report.results import Result
from eval.runs import Runs
from eval.types import Outcome, Run
from rag.answers.writers import NoModel
from rag.config import Settings
from rag.errors import CaseError, ModelError, SettingsError
from rag.types import Message

MANY = [make_case(case_id=f"case-{number}") for number in range(12)]


def run_of(runs, right, **others):
    """A kept run in which so many of the cases are answered rightly."""
    answers = {
        case.question: make_answer("Clarify" if place < right else "Canvas", chunks=[make_chunk()])
        for place, case in enumerate(MANY)
    }
    keyed = plan(MANY, setup=f"{right} right", **others)
    return carried_out(runs, keyed, ScriptedAssistant(answers), MANY)[1].number


def request(**others):
    return EvalRequest(Path("cases.jsonl"), Path("notes"), **others)


def printed(*shown):
    console = Console(width=80, record=True, file=StringIO())
    console.print(*shown)
    return console.export_text()


@pytest.fixture
def runs(tmp_path):
    return Runs(tmp_path)


def test_two_runs_are_told_apart_with_the_cases_that_flipped(runs):
    run_of(runs, 1, name="worse")
    run_of(runs, 12, name="better")
    both = [kept.run_of(runs, which) for which in ("worse", "latest")]
    text = printed(terminal.two_runs(kept.compare_runs(*both)))
    assert "before: worse" in text and "after:  better" in text
    line = next(line for line in text.splitlines() if "reference_match" in line)
    assert line.split()[-1] == "better"
    assert "Gained: 11" in text and "Lost" not in text


def test_runs_of_other_cases_are_not_compared(runs):
    run_of(runs, 1, name="these")
    others = [make_case(case_id="other")]
    answers = {others[0].question: make_answer()}
    carried_out(runs, plan(others, name="those"), ScriptedAssistant(answers), others)
    with pytest.raises(CaseError, match="no case in common"):
        kept.compare_runs(runs.run("these"), runs.run("those"))


def test_a_report_that_was_written_is_compared_as_the_run_itself(runs, tmp_path):
    run_of(runs, 1)
    path = tmp_path / "report.json"
    path.write_text(as_json.render_json(Result(runs.run("latest"))))
    run_of(runs, 12)
    text = printed(
        terminal.two_runs(kept.compare_runs(kept.run_of(runs, str(path)), runs.run("2")))
    )
    assert "before: a file" in text and "Gained: 11" in text


def test_a_metric_is_shown_over_the_runs_of_the_same_cases(runs):
    run_of(runs, 3, commit="aaa", name="early")
    carried_out(runs, plan(), ScriptedAssistant({c.question: make_answer() for c in MANY}), [])
    run_of(runs, 9, commit="bbb")
    text = printed(kept.run_history(runs, "reference_match", every=False))
    assert text.index("aaa") < text.index("bbb")
    assert "0.250" in text and "0.750" in text and text.count("●") == 2
    with pytest.raises(SettingsError, match="there is no metric 'bleu'; known: recall@1"):
        kept.run_history(runs, "bleu", every=False)


def test_runs_are_listed_and_forgotten_by_name_and_number(runs):
    for right in (1, 2, 3):
        run_of(runs, right, name="" if right == 3 else "same")
    text = printed(terminal.run_list(runs.listing()))
    assert text.count("same") == 2 and "12" in text
    assert kept.forget_runs(runs, ["same"], every=False) == "forgotten: 2 of 3 runs"
    with pytest.raises(CaseError, match="no run 'same'"):
        kept.forget_runs(runs, ["same"], every=False)
    with pytest.raises(SettingsError, match="name the runs to forget, or --all"):
        kept.forget_runs(runs, [], every=False)
    kept.forget_runs(runs, [], every=True)
    assert runs.listing() == []


def test_what_the_notes_brought_is_shown_beside_the_run(runs):
    number = run_of(runs, 12)
    closed = {case.question: make_answer("Canvas", model="alone") for case in MANY}
    half = plan(MANY, setup="closed", open_book=number)
    carried_out(runs, half, ScriptedAssistant(closed), MANY)
    text = printed(*terminal.closed_book(Result(runs.run("latest"))))
    assert "the 12 answerable questions put to alone without the notes" in " ".join(text.split())
    assert "Right only with the notes: 12; only without: 0" in text
    assert "recall@5" not in text
    run_of(runs, 11)
    assert list(terminal.closed_book(Result(runs.run("latest")))) == []


def test_a_grid_holds_every_combination_the_first_values_first():
    points = varying.settings_grid(["passages=3,5", "retrieval.reranker=none,folder"])
    assert varying.titles(points) == [
        "passages=3 reranker=none",
        "passages=3 reranker=folder",
        "passages=5 reranker=none",
        "passages=5 reranker=folder",
    ]
    first = varying.settings_with(Settings(), dict(points[0]), "")
    assert (first.passages, first.reranker) == (3, None)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["passage=3,5"], "did you mean passages?"),
        (["home=a,b"], "what can be varied: llm, "),
        (["passages"], "write it as --vary passages=3,5"),
        (["passages=3"], "one value leaves nothing to compare"),
        (["passages=1,2", "retrieval.k=3,4"], "put all values of one in one"),
        ([f"prompt_tokens={','.join(map(str, range(500, 565)))}"], "65 runs are more than the 64"),
    ],
)
def test_what_cannot_be_varied_is_said(words, message):
    with pytest.raises(SettingsError) as caught:
        varying.settings_grid(words)
    assert message in str(caught.value)


def test_files_and_gates_are_of_one_run():
    varying.require_no_outputs(None, None, [])
    with pytest.raises(SettingsError, match="--vary makes several runs"):
        varying.require_no_outputs(None, Path("a.json"), [])


def test_a_value_that_is_not_allowed_is_said_before_anything_is_asked(tmp_path):
    request = EvalRequest(tmp_path / "none", tmp_path / "none")
    with pytest.raises(SettingsError, match=r"--vary passages=50: .* less than or equal to 20"):
        varying.vary(Settings(), request, varying.settings_grid(["passages=3,50"]))


@pytest.mark.parametrize(
    ("llm", "parallel", "expected"),
    [("none", 0, 1), ("none", 3, 3), ("local", 0, 1), ("ollama:a", 0, 1), ("openai:a", 0, 4)],
)
def test_as_many_are_asked_at_once_as_suits_who_answers(llm, parallel, expected):
    assert questions_at_once(Settings(llm=llm), parallel) == expected


def test_a_model_in_the_process_takes_one_question_after_another():
    with pytest.raises(SettingsError, match="--parallel 2: the model in this process"):
        questions_at_once(Settings(llm="local"), 2)


@pytest.mark.parametrize(("llm", "message"), [("none", "add --llm"), ("openai:a,ollama:b", "one")])
def test_closed_book_needs_one_model(llm, message):
    with pytest.raises(SettingsError, match=message):
        run.require_one_model(Settings(llm=llm))


def test_a_judge_that_tells_how_likely_yes_and_no_are_is_asked_for_no_word_of_what_is_right():
    faith = "Quote: Clarify explains biases.\nVerdict: yes"
    writer = ScriptedWriter(faith, likely={"yes": math.log(0.9), "no": math.log(0.05)})
    (outcome,) = judged_by(writer).outcomes
    assert outcome.scores == {"judged": 1.0, "judged_faithful": 1.0}
    assert len(writer.asked) == 3
    first, *votes = writer.scored  # the first but asks whether it tells
    assert [one[0].role for one in votes] == ["system"] * 3
    assert len(first) == 1


def test_a_judge_that_does_not_tell_writes_its_votes():
    writer = ScriptedWriter("Quote: Clarify\nVerdict: wrong")
    (outcome,) = judged_by(writer).outcomes
    assert outcome.scores["judged"] == 0.0
    assert len(writer.asked) == 6


def test_a_judge_that_goes_on_and_on_is_cut_off():
    writer = ScriptedWriter(*["word " * 100] * 1000)
    (outcome,) = judged_by(writer).outcomes
    assert outcome.scores["judged"] is None
    assert writer.closed


@pytest.mark.parametrize("judge", ["none", "local,none", " "])
def test_a_judge_that_is_no_model_is_refused(judge):
    with pytest.raises(SettingsError, match=r"--judge .* names no model"):
        judge_for(Settings(), request(judge=judge), ScriptedWriter())


def judged_by(writer):
    """A run of one right answer, judged by the very model that answered it."""
    outcome = Outcome(make_case(), make_answer(chunks=[make_chunk()]), {}, 0.1)
    done = Run((outcome,), 1, datetime.now(UTC), 1.0, {})
    asked = request(llm=True, judge="openai:x")
    return judge_for(Settings(llm="openai:x"), asked, writer)(done)


def test_a_model_alone_is_told_nothing_of_the_notes_and_starts_over_each_time():
    writer, beginnings = ScriptedWriter("Clarify"), []
    writer.start_over = beginnings.append
    said = [Message("system", "Be brief."), Message("user", "What explains bias?")]
    assert list(run.ask_alone(writer)(said, 20)) == ["Clarify"]
    assert (writer.asked, beginnings) == ([said], [said[:1]])
    with pytest.raises(ModelError, match="no language model cannot be asked without passages"):
        run.ask_alone(lambda: [NoModel()])(said, 20)


@pytest.mark.parametrize("name", ["7", "latest", "a.json"])
def test_a_name_that_means_another_run_is_refused(name):
    with pytest.raises(SettingsError, match="choose another"):
        request(name=name)


def test_the_same_run_twice_gives_the_same_figures_to_the_last_digit(tmp_path):
    """The real search over the shipped note, by one thread and by two; all but the seconds."""
    shutil.copy(ROOT / "notes" / "sagemaker.md", tmp_path)
    lines = (ROOT / "eval/cases/sagemaker.jsonl").read_text("utf-8").splitlines()[:15]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines), "utf-8")

    def figures(**how):
        done = evaluate(Settings(), EvalRequest(tmp_path / "cases.jsonl", tmp_path, **how))
        found = as_json.run_json(Result(done))["metrics"]
        assert len(done.outcomes) == 15
        return {name: value for name, value in found.items() if not name.startswith("seconds")}

    first = figures()
    assert figures(fresh=True) == first
    assert figures(fresh=True, parallel=2) == first
    assert figures() == first
    assert len(Runs(Settings().home).listing()) == 4


@pytest.mark.slow
def test_the_real_model_says_the_same_whatever_it_was_asked_before(tmp_path):
    """Greedy, from the same state of its cache: the very words, and how sure it is, to the bit."""
    shutil.copy(ROOT / "notes" / "sagemaker.md", tmp_path)
    lines = (ROOT / "eval/cases/sagemaker.jsonl").read_text("utf-8").splitlines()
    short = [line for line in lines if '"fact"' in line and '"before"' not in line][:4]

    def said(order):
        (tmp_path / "cases.jsonl").write_text("\n".join(order), "utf-8")
        how = {"llm": True, "closed_book": True, "fresh": True}
        asked = EvalRequest(tmp_path / "cases.jsonl", tmp_path, **how)
        done = evaluate(Settings(llm="local"), asked)
        assert not done.failed and not done.closed_book.failed
        answers = [one.answer for half in (done, done.closed_book) for one in half.outcomes]
        return sorted((one.question, one.text, str(one.confidence)) for one in answers)

    assert said(short) == said(short[::-1])


def test_closed_book_is_kept_beside_the_run_and_neither_hangs_on_the_order(tmp_path):
    """llama.cpp with a model of nonsense: what it says, and how sure it is, to the last bit."""
    model = write_model(tmp_path / "tiny.gguf")
    notes = tmp_path / "notes"
    notes.mkdir()
    shutil.copy(ROOT / "notes" / "sagemaker.md", notes)
    lines = (ROOT / "eval/cases/sagemaker.jsonl").read_text("utf-8").splitlines()[:3]

    def said(order):
        (tmp_path / "cases.jsonl").write_text("\n".join(order), "utf-8")
        settings = Settings(llm=f"local:{model}", llm_context=8000)
        how = {"llm": True, "closed_book": True, "fresh": True}
        done = evaluate(settings, EvalRequest(tmp_path / "cases.jsonl", notes, **how))
        found = Runs(settings.home).run("latest")
        assert not done.failed and len(done.closed_book.outcomes) == 3
        assert [o.answer for o in found.closed_book.outcomes] == [
            o.answer for o in done.closed_book.outcomes
        ]
        assert found.provenance["model_digest"] == sha256(model.read_bytes()).hexdigest()
        answers = [one.answer for half in (done, done.closed_book) for one in half.outcomes]
        return sorted((one.question, one.text, str(one.confidence)) for one in answers)

    assert said(lines) == said(lines[::-1])


def test_a_model_that_is_gone_ends_the_command_with_what_to_do(tmp_path, monkeypatch, capsys):
    """Nobody listens there; what was asked is kept, and the same command goes on."""
    shutil.copy(ROOT / "notes" / "sagemaker.md", tmp_path)
    lines = (ROOT / "eval/cases/sagemaker.jsonl").read_text("utf-8").splitlines()[:5]
    (tmp_path / "cases.jsonl").write_text("\n".join(lines), "utf-8")
    monkeypatch.setattr("rag.chat_models.chatting.ATTEMPTS", 1)
    settings = Settings(llm="openai:x", llm_base_url="http://127.0.0.1:9/v1")
    done = evaluate(settings, EvalRequest(tmp_path / "cases.jsonl", tmp_path, llm=True))
    assert (done.partial, len(done.failed)) == (True, 3)
    said = capsys.readouterr().err
    assert "the model failed 3 times in a row (openai:x failed: nothing listens at" in said
    assert "3 of 5 cases are done and kept, the same command goes on from there" in said
