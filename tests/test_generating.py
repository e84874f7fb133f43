"""`crib quiz generate` with a scripted model: what it writes is checked against the notes."""

import functools
import sys
from dataclasses import replace

import pytest
from conftest import ROOT
from fakes import make_hit

import app
from commands.quiz.generate import TRIES, DraftRequest, draft_lines, generate
from eval.case_files import all_cases
from eval.drafts.generating import Reject
from eval.types import Standing
from rag.config import Settings
from rag.embedding import load_embedder
from rag.errors import ModelServerError, NotesError

NOTE = """# Oak

An oak is a deciduous tree that lives up to 1000 years in a good place.

# Pine

A pine keeps its needles in winter, and is good for paper and furniture.

# Quiz

The answer key says that a willow is what grows close to the water.
"""

loaded_once = functools.cache(load_embedder)


class Script:
    """Answers by what the passage is about; tells the questions it was asked to answer."""

    def __init__(self, questions, answers=()):
        self.questions = {name: list(written) for name, written in questions.items()}
        self.answers = dict(answers)
        self.asked = []

    def __call__(self, prompt, tokens):
        passage, task = prompt[-1][1].rsplit("\n\n", 1)
        self.asked.append((passage, task))
        if task.startswith("Answer: "):
            return self.answers.get(task.removeprefix("Answer: "), "Not in the notes.")
        about = next(name for name in self.questions if name in passage)
        written = self.questions[about].pop(0) if self.questions[about] else "nothing more"
        if isinstance(written, BaseException):
            raise written
        return written


AGE = "How many years can an oak live?"
WINTER = "Which tree keeps its needles in winter?"
GOOD = {
    "Oak": [f"Question: {AGE}\nAnswer: up to 1000 years"],
    "Pine": [f"Question: {WINTER}\nAnswer: pine"],
}
BACK = {AGE: "1000 years", WINTER: "The pine"}


@pytest.fixture
def task(tmp_path, monkeypatch):
    """A folder with a note, and the file of its cases."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", loaded_once)
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "trees.md").write_text(NOTE)
    return DraftRequest(folder, folder / "quiz.jsonl", 2)


def test_what_stands_becomes_a_draft_with_its_quote_and_where_it_is(task):
    tally = generate(Settings(), Script(GOOD, BACK), task)
    cases = {case.question: case for case in all_cases(task.into)}
    assert set(cases) == {AGE, WINTER}
    case = cases[WINTER]
    assert case.standing is Standing.DRAFT
    assert case.references == ("Pine",)
    assert case.kind == "definition"
    assert case.targets[0].quote in NOTE
    assert (case.origin.start_line, case.origin.form) == (7, "written by a model")
    assert not tally.rejects
    assert f"crib quiz review {task.into}" in "\n".join(draft_lines(tally, task))


def test_what_does_not_stand_is_counted_by_its_reason(task):
    script = Script({"Oak": ["I cannot."], "Pine": GOOD["Pine"]}, BACK)
    tally = generate(Settings(), script, task)
    assert tally.rejects == {Reject.MALFORMED: 1}
    assert [case.question for case in tally.drafts] == [WINTER]
    said = "\n".join(draft_lines(tally, task))
    assert f"1 turned down: {Reject.MALFORMED.value}" in said
    assert "2 were wanted; the notes gave no more" in said


def test_a_question_that_does_not_lead_to_its_passage_is_turned_down(task, monkeypatch):
    class Elsewhere:
        """Finds another passage."""

        def retrieve(self, question):
            return [make_hit("An oak is a tree.")]

    monkeypatch.setattr("commands.quiz.generate.build_retriever", lambda *_: Elsewhere())
    tally = generate(Settings(), Script(GOOD, BACK), task)
    assert tally.rejects[Reject.NOT_FOUND] == 2
    assert not task.into.exists()


def test_what_is_there_is_not_asked_again(task):
    generate(Settings(), Script(GOOD, BACK), task)
    before = task.into.read_bytes()
    tally = generate(Settings(), Script(GOOD, BACK), task)
    assert tally.rejects[Reject.KNOWN] == 2
    assert task.into.read_bytes() == before


def test_the_same_in_other_words_is_asked_already(task):
    """What is answered by the same words of the same line is one question."""
    generate(Settings(), Script(GOOD, BACK), task)
    other = "What keeps the needles on it when it snows, in winter?"
    script = Script({"Oak": [], "Pine": [f"Question: {other}\nAnswer: a pine"]}, BACK)
    tally = generate(Settings(), script, task)
    assert not tally.drafts
    assert tally.rejects[Reject.KNOWN] == 1


def test_the_answer_key_of_a_quiz_is_not_asked_about(task):
    script = Script(GOOD, BACK)
    generate(Settings(), script, DraftRequest(task.notes, task.into, 50))
    assert not any("willow" in passage for passage, _ in script.asked)
    assert len(script.asked) <= 50 * TRIES


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelServerError("it went away")])
def test_what_is_done_is_kept_when_it_is_stopped_or_the_model_dies(task, error):
    for first, second in (("Oak", "Pine"), ("Pine", "Oak")):
        task.into.unlink(missing_ok=True)
        script = Script({first: GOOD[first], second: [error]}, BACK)
        try:
            tally = generate(Settings(), script, task)
            assert "stopped; what was drafted is kept" in list(draft_lines(tally, task))
        except ModelServerError as raised:
            assert raised is error
        if task.into.exists():  # that passage came first
            break
    assert len(all_cases(task.into)) == 1


def test_notes_without_a_passage_and_notes_that_are_not_there_are_named(task):
    with pytest.raises(NotesError, match=r"none\.md holds no passage"):
        generate(Settings(), Script({}), DraftRequest(task.notes, task.into, note="none.md"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "riddle"), "--kind 'riddle' is none of fact, definition"),
        ((), "this takes a language model; set CRIB_LLM"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(task, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("CRIB_LLM", "none")
    line = ["crib", "quiz", "generate", "--notes", str(task.notes), *arguments]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit) as caught:
        app.main()
    assert said in f"{capsys.readouterr().err}{caught.value.code}"


@pytest.mark.slow
def test_the_real_model_drafts_questions_that_stand(task):
    """Of the shipped note; of a short one it may draft none."""
    from rag.chat_models.factory import load_direct

    model = load_direct(Settings(llm="local"))
    tally = generate(Settings(), model.ask, replace(task, notes=ROOT / "notes", count=3))
    assert tally.drafts, tally.rejects
    note = (ROOT / "notes" / "sagemaker.md").read_text("utf-8")
    for case in tally.drafts:
        assert case.question.endswith("?")
        assert case.targets[0].quote in note
