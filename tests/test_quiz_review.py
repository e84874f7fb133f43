"""`crib quiz review`: drafts judged with keys, from a pipe here."""

import functools
import io
import sys

import pytest
from conftest import ROOT
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

import app
from eval.case_files import all_cases, load_cases
from rag.chat_models.factory import DirectModel
from rag.embedding import load_embedder

NOTE = """# Canvas

Builds models without code.

# Clarify

Explains the bias of a dataset.
Monitors drift every 30 minutes.

# Quiz

No code at all => Canvas
How often does Clarify monitor drift?::every 30 minutes
"""

loaded_once = functools.cache(load_embedder)


@pytest.fixture
def crib(monkeypatch, capsys):
    """Runs a command in this process with keys typed ahead; gives output and errors."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("rag.index_wiring.load_embedder", loaded_once)

    def run(*arguments, typed=""):
        monkeypatch.setattr(sys, "argv", ["crib", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        return out, f"{err}{caught.value.code or ''}"

    return run


@pytest.fixture
def path(tmp_path):
    """Drafts next to a note."""
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "aws.md").write_text(NOTE)
    lines = (
        '{"id": "code", "question": "What needs no code at all?", "references": ["Canvas"], '
        '"targets": [], "answerable": true, "draft": true}\n'
        '{"id": "drift", "question": "How often is drift monitored?", '
        '"references": ["every 30 minutes"], "targets": [], "answerable": true, '
        '"origin": {"note": "aws.md", "lines": [13, 13], "form": "flashcard"}, "draft": true}\n'
    )
    (folder / "quiz.jsonl").write_text(lines)
    return folder / "quiz.jsonl"


def test_a_draft_is_kept_with_the_line_that_was_found_for_it(crib, path):
    out, _ = crib("quiz", "review", path, typed="s\nk\n")
    for part in ("2 left", "1 left", "aws.md:13 (flashcard)", "aws.md:8", "1 draft, 1 gold"):
        assert part in out
    assert ">>Monitors drift every 30 minutes.<<" in out
    (case,) = load_cases(path)
    assert case.targets[0].quote == "Monitors drift every 30 minutes."


def test_mending_and_other_keys_go_on_with_the_same_draft(crib, path):
    mended = "m\nWhich tool writes no code?\n\nnothing there\n-\n\n"
    typed = f"x\n{mended}m\nWhich tool writes no code?\n\n\nBuilds  models without code.\n\nk\nd\n"
    out, _ = crib("quiz", "review", path.parent, typed=typed)
    assert "no such key" in out
    assert "not done: 'nothing there' is not in aws.md; nearest is line" in out
    code, drift = all_cases(path)
    assert code.question == "Which tool writes no code?"
    assert code.targets[-1].quote == "Builds models without code."
    assert [code.standing.value, drift.standing.value] == ["gold", "dropped"]


def test_the_end_of_the_pipe_and_q_leave_the_rest_as_it_is(crib, path):
    before = path.read_bytes()
    assert "2 draft" in crib("quiz", "review", path)[0]
    assert "2 draft" in crib("quiz", "review", path, typed="q\nd\nd\n")[0]
    assert path.read_bytes() == before


def test_quotes_that_went_astray_are_told_by_an_eval_and_mended_in_a_review(crib, path):
    crib("quiz", "review", path, typed="d\nk\n")
    note = path.with_name("aws.md")
    note.write_text(NOTE.replace("Monitors drift every", "Monitors all drift every"))
    _, err = crib("eval", "--cases", path, "--notes", path.parent)
    assert "'Monitors drift every 30 minutes.' is not in aws.md; nearest is line 8" in err
    assert "crib quiz review --stale" in err
    out, _ = crib("quiz", "review", "--stale", path, typed="k\n")
    assert ">>Monitors all drift every 30 minutes.<<" in out
    assert "recall@5" in crib("eval", "--cases", path, "--notes", path.parent)[0]


def test_an_eval_of_notes_takes_the_gold_that_lies_next_to_them(crib, path, tmp_path):
    _, err = crib("eval", "--notes", path.parent)
    assert f"none of its 2 cases was kept yet; look at the drafts: crib quiz review {path}" in err
    crib("quiz", "review", path, typed="d\nk\n")
    assert "recall@5" in crib("eval", "--notes", path.parent)[0]
    assert "recall@5" in crib("eval", "--notes", path.with_name("aws.md"))[0]
    (tmp_path / "empty").mkdir()
    _, err = crib("eval", "--notes", tmp_path / "empty")
    assert f"no {tmp_path / 'empty' / 'quiz.jsonl'}; name --cases, or run: crib quiz extract" in err


def test_a_model_words_a_question_better_where_a_person_asks_it_to(crib, path, monkeypatch):
    said = ["Which tool needs no code?", "Canvas", "Which tool needs no code?"]
    chat = GenericFakeChatModel(messages=iter([AIMessage(one) for one in said]))
    monkeypatch.setattr("commands.quiz.review.load_direct", lambda _: DirectModel(chat, "a model"))
    out, _ = crib("quiz", "review", path, "--llm", typed="w\nw\nq\n")
    assert "[w]ord it better" in out
    assert "not done: the model wrote nothing better" in out
    assert all_cases(path)[0].question == "Which tool needs no code?"
    assert "no such key" in crib("quiz", "review", path, typed="w\nq\n")[0]


def test_a_model_words_what_is_extracted_anew_and_nothing_else(crib, path, monkeypatch):
    asked = []

    class Fake:
        def ask(self, prompt, tokens):
            if prompt[-1][1].startswith("Canvas: No code at all\n\nAnswer: "):
                return "Canvas"
            asked.append(prompt[-1][1])
            return "Which tool needs no code at all?"

    monkeypatch.setattr("commands.quiz.review.load_direct", lambda _: Fake())
    for _ in range(2):
        crib("quiz", "extract", path.parent, "--llm")
    assert [question.partition("\n")[0] for question in asked] == [
        "Question: Which term fits this: No code at all?",
    ]
    questions = [case.question for case in all_cases(path)]
    assert questions[2:] == [
        "Which tool needs no code at all?",
        "How often does Clarify monitor drift?",
    ]


def test_the_cases_next_to_the_notes_are_no_note(crib, path):
    out, _ = crib("ingest", path.parent)
    assert "notes: 1 (" in out
    assert "skipped: 0" in out


def test_a_folder_without_cases_says_how_to_find_some(crib, tmp_path):
    _, err = crib("quiz", "review", tmp_path)
    assert f"no {tmp_path / 'quiz.jsonl'}" in err
    assert "crib quiz extract" in err
