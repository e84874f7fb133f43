"""A run that is kept: looked at case by case, tried again, written as a file, handed on."""

import functools
import io
import json
from dataclasses import replace

import pytest
from eval_fakes import CANVAS, make_answer, make_case, make_chunk
from rich.console import Console
from typer.testing import CliRunner

from app import cli
from eval.causes import find_cause
from eval.report.terminal import case_details as details
from eval.report.terminal import two_answers as side_by_side
from eval.runner import score
from eval.types import Outcome
from rag.embedding import load_embedder
from rag.types import Status

HOSTILE = "[red]x[/red]\x1b[2J\u202e\nnext"
loaded_once = functools.cache(load_embedder)


@pytest.fixture
def crib(monkeypatch, tmp_path):
    """Runs a command, over a note and a run of two cases, one of which is missed."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", loaded_once)
    monkeypatch.chdir(tmp_path)
    quote = "SageMaker Clarify explains bias in a dataset."
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "clarify.md").write_text(f"# Clarify\n\n{quote}\n")
    cases = [
        {
            "id": name,
            "question": f"Which tool explains {asked}?",
            "references": [reference],
            "targets": [{"note": "clarify.md", "quote": quote}],
            "answerable": True,
        }
        for name, reference, asked in (
            ("right", "Clarify", "bias"),
            ("odd", "never said", "the bias"),
        )
    ]
    (tmp_path / "cases.jsonl").write_text("\n".join(map(json.dumps, cases)))

    def run(*arguments):
        return CliRunner().invoke(cli, [str(one) for one in arguments], terminal_width=200)

    done = run("eval", "--cases", "cases.jsonl", "--notes", "notes", "--name", "first")
    assert done.exit_code == 0, done.output
    return run


def test_what_became_of_a_run_is_looked_at_and_handed_on(crib, tmp_path):
    """One test for all commands: each needs the same run, which takes a second to make."""
    shown = crib("eval", "case", "odd", "--run", "first").output
    assert "in the context but misread" in shown
    assert "[1]" in shown and "holds the answer" in shown
    assert "right" in crib("eval", "case", "right").output

    again = crib("eval", "retry", "odd", "--passages", "2", "--llm", "none", "--notes", "notes")
    assert again.exit_code == 0, again.output
    assert "before" in again.output and "now" in again.output
    assert again.output.count("misread") == 2

    report = crib("eval", "report", "first", "--html", "r.html", "--against", "first")
    assert report.exit_code == 0, report.output
    text = (tmp_path / "r.html").read_text("utf-8")
    assert "Against <bdi>first</bdi>" in text
    assert "What does" not in text and "never said" in text

    assert crib("eval", "export", "first", "set.jsonl", "--to", "ragas").exit_code == 0
    rows = [json.loads(line) for line in (tmp_path / "set.jsonl").read_text().splitlines()]
    assert [row["reference"] for row in rows] == ["Clarify", "never said"]
    assert all("Clarify explains bias" in row["response"] for row in rows)
    assert crib("eval", "export", "cases.jsonl", "set.json", "--to", "deepeval").exit_code == 0
    rows = json.loads((tmp_path / "set.json").read_text())
    assert [row["actual_output"] for row in rows] == [None, None]


def test_what_is_not_there_is_said_in_one_line(crib):
    for command, says in {
        ("case", "ood"): "no case 'ood' in the run first; did you mean odd",
        ("case", "odd", "--run", "second"): "no run 'second'",
        ("retry", "ood"): "did you mean odd",
        ("report", "--html", "notes"): "notes cannot be written",
        ("report", "--html", "x", "--against", "second"): "no run 'second'",
        ("export", "second", "x.json", "--to", "ragas"): "no run 'second'",
        ("export", "gone.jsonl", "x.json", "--to", "ragas"): "gone.jsonl: cannot be read",
        ("export", "first", "notes", "--to", "ragas"): "notes: cannot be written",
    }.items():
        error = crib("eval", *command).exception
        assert says in str(error), command
        assert "\n" not in str(error)


def judged(case, answer):
    outcome = Outcome(case, answer, score(case, answer), 0.5)
    return replace(outcome, miss=find_cause(outcome))


def printed(renderable):
    console = Console(width=120, color_system=None, file=io.StringIO())
    console.print(renderable)
    return console.file.getvalue()


CHUNKS = [make_chunk(CANVAS, start_line=9), make_chunk(start_line=60)]
MISSED = judged(make_case(), make_answer("Canvas", chunks=CHUNKS, read=1, confidence=0.5))
RIGHT = judged(
    make_case(), make_answer(chunks=CHUNKS, cited=[(CHUNKS[1], "explains biases")], confidence=0.9)
)


def test_a_case_is_shown_with_all_that_led_to_its_answer():
    text = printed(details(MISSED))
    assert "given        1 of 2 passages" in text
    assert "[2] /notes/aws/sagemaker.md:60  1.00, found, not given, holds the answer" in text
    assert "ranked too low for the budget" in text
    sent = replace(MISSED, miss=replace(MISSED.miss, prompt="system: be brief"))
    assert "be brief" in printed(details(sent, prompt=True))
    assert "be brief" not in printed(details(sent))


def test_two_answers_stand_side_by_side_with_what_changed():
    text = printed(side_by_side(MISSED, RIGHT))
    lines = (line for line in text.splitlines() if line.startswith("│"))
    rows = {line.split("│")[1].strip(): line for line in lines}
    assert "0.000" in rows["answered rightly"] and "1.000" in rows["answered rightly"]
    assert "recall@5" not in rows
    assert "missed: ranked too low" in rows["result"] and "right" in rows["result"]


def test_a_failure_and_a_refusal_can_be_shown():
    failed = Outcome(make_case(), None, {}, 0.1, "the server is gone")
    assert "the server is gone" in printed(details(failed))
    refused = judged(make_case(answerable=False), make_answer("No.", status=Status.REFUSED))
    assert "expected     a refusal" in printed(details(refused))
    assert "the server is gone" in printed(side_by_side(failed, refused))


def test_hostile_text_neither_styles_nor_steers_the_terminal():
    chunk = make_chunk(HOSTILE, path=f"/notes/{HOSTILE}.md")
    case = replace(make_case(case_id=HOSTILE, references=[HOSTILE]), question=HOSTILE)
    outcome = judged(case, make_answer(HOSTILE, chunks=[chunk], cited=[(chunk, HOSTILE)]))
    for text in (printed(details(outcome)), printed(side_by_side(outcome, outcome))):
        assert "[red]x[/red]" in text
        assert "\x1b" not in text
        assert "\u202e" not in text
