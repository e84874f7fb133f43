"""Cases go to Ragas and DeepEval and come back; what others wrote becomes drafts."""

import json
from dataclasses import replace

import pytest
from eval_fakes import CANVAS, make_answer, make_case, make_chunk
from typer.testing import CliRunner

from app import cli
from eval.case_files import all_cases
from eval.data_sets import data_set_records, imported, records_in, reference_of, write_records
from eval.types import Format, Origin, Standing, Target
from rag.errors import CaseError
from rag.prompts import REFUSAL

BOTH = pytest.mark.parametrize("kind", list(Format))
TEXTS = {"/notes/aws/sagemaker.md": "# Clarify\n- explains biases\n  in data\n- costs 5 dollars\n"}
HOSTILE = '</script>\u202e\x1b[31m ]]> "quoted" \\ line\nbreak'
FULL = replace(
    make_case(case_id="full"),
    references=("Clarify", "the one that & explains"),
    kind="list",
    options=("Canvas", "Clarify"),
    correct=(1,),
    before=("What is it?",),
    facts=("biases",),
    origin=Origin("sagemaker.md", 3, 4, "cloze"),
)
CASES = (FULL, make_case(case_id="none", answerable=False, quiz_only=True))


def taken(found, kind, texts=TEXTS):
    return imported([(f"row {n}", one) for n, one in enumerate(found, 1)], kind, texts)


def as_sample(kind, question, reference, contexts=()):
    keys = {
        Format.RAGAS: ("user_input", "reference", "reference_contexts"),
        Format.DEEPEVAL: ("input", "expected_output", "context"),
    }[kind]
    return dict(zip(keys, (question, reference, list(contexts)), strict=True))


@BOTH
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_what_goes_there_and_back_is_the_same_as_a_draft(tmp_path, kind, suffix):
    path = tmp_path / f"set.{suffix}"
    write_records(data_set_records([(case, None) for case in CASES], kind), path)
    found = imported(records_in(path.read_text("utf-8"), "set"), kind, {})
    assert found.problems == ()
    assert found.cases == tuple(replace(case, standing=Standing.DRAFT) for case in CASES)


@BOTH
def test_hostile_text_comes_back_as_it_went(kind):
    case = replace(FULL, question=HOSTILE, references=(HOSTILE,))
    (record,) = data_set_records([(case, make_answer(HOSTILE))], kind)
    assert taken([json.loads(json.dumps(record))], kind).cases[0].question == HOSTILE


@BOTH
def test_what_was_changed_there_counts(kind):
    (record,) = data_set_records([(FULL, None)], kind)
    key = "user_input" if kind is Format.RAGAS else "input"
    (case,) = taken([{**record, key: "Which tool is it?"}], kind).cases
    assert (case.id, case.question) == ("full", "Which tool is it?")
    assert (case.references, case.options) == (FULL.references, FULL.options)
    options = "\nA. Canvas\nB. Clarify"
    assert record[key] == FULL.question + options
    (case,) = taken([{**record, key: f"Which one?{options}"}], kind).cases
    assert case.question == "Which one?"


@BOTH
def test_an_answer_that_was_changed_there_counts(kind):
    (record,) = data_set_records([(FULL, None)], kind)
    key = "reference" if kind is Format.RAGAS else "expected_output"
    (case,) = taken([{**record, key: "Comprehend"}], kind).cases
    assert (case.references, case.question) == (("Comprehend",), FULL.question)
    (case,) = taken([{**record, key: REFUSAL}], kind).cases
    assert (case.answerable, case.targets) == (False, ())
    found = taken([{**record, key: ""}], kind)
    assert found.cases == ()
    assert "no word that counts" in found.problems[0]


def test_ragas_gets_a_single_turn_sample():
    """The fields of `SingleTurnSample` in Ragas 0.4; others are not looked at there."""
    chunks = [make_chunk(start_line=60), make_chunk(CANVAS, start_line=70)]
    (record,) = data_set_records(
        [(FULL, make_answer("Clarify [1].", chunks=chunks, read=1))], Format.RAGAS
    )
    assert {key: value for key, value in record.items() if key != "cribsheet"} == {
        "user_input": f"{FULL.question}\nA. Canvas\nB. Clarify",
        "reference": "Clarify",
        "reference_contexts": ["Clarify explains biases."],
        "reference_context_ids": ["sagemaker.md"],
        "response": "Clarify.",
        "retrieved_contexts": [chunks[0].text],
        "retrieved_context_ids": ["sagemaker.md:60"],
    }


def test_deepeval_gets_a_golden():
    """The keys that `EvaluationDataset.save_as` writes in DeepEval 4, where there is a value."""
    chunk = make_chunk()
    (record,) = data_set_records(
        [(FULL, make_answer("Clarify [1].", chunks=[chunk]))], Format.DEEPEVAL
    )
    del record["additional_metadata"]
    assert record == {
        "input": f"{FULL.question}\nA. Canvas\nB. Clarify",
        "actual_output": "Clarify.",
        "expected_output": "Clarify",
        "retrieval_context": [chunk.text],
        "context": ["Clarify explains biases."],
        "name": "full",
        "comments": None,
        "source_file": "sagemaker.md",
    }


def test_what_is_to_be_refused_has_the_refusal_for_its_reference():
    assert reference_of(CASES[1]) == REFUSAL
    assert reference_of(replace(FULL, references=("a & b",))) == "a and b"


@BOTH
def test_a_context_becomes_the_words_of_the_note(kind):
    """Its blanks may differ; of a long one, the sentence that answers is taken."""
    found = taken(
        [
            as_sample(kind, "What does it do?", "It explains biases", ["explains biases in data"]),
            as_sample(kind, "What is the price?", "5 dollars", [TEXTS["/notes/aws/sagemaker.md"]]),
            as_sample(kind, "And this?", "nothing", ["in other words than the notes'"]),
        ],
        kind,
    )
    assert [case.targets for case in found.cases] == [
        (Target("sagemaker.md", "explains biases\n  in data"),),
        (Target("sagemaker.md", "costs 5 dollars"),),
        (),
    ]
    assert {case.standing for case in found.cases} == {Standing.DRAFT}


@BOTH
def test_a_refusal_for_a_reference_asks_for_a_refusal(kind):
    (case,) = taken([as_sample(kind, "What is the price?", REFUSAL, ["any"])], kind).cases
    assert (case.answerable, case.references, case.targets) == (False, (), ())


@BOTH
def test_two_questions_that_are_the_same_get_ids_of_their_own(kind):
    same = as_sample(kind, "What is it?", "Clarify")
    assert [case.id for case in taken([same, same], kind).cases] == ["what-is-it", "what-is-it-2"]


def test_a_conversation_is_a_question_with_those_before_it():
    said = [("human", "What is Canvas?"), ("ai", "A tool."), ("human", "Who uses it?")]
    turns = [{"type": kind, "content": text} for kind, text in said]
    (case,) = taken([{"user_input": turns, "reference": "analysts"}], Format.RAGAS).cases
    assert (case.question, case.before) == ("Who uses it?", ("What is Canvas?",))


def test_the_names_of_older_and_of_hosted_data_sets_are_known():
    old = {"question": "What is it?", "ground_truth": "Clarify", "contexts": ["x"]}
    assert taken([old], Format.RAGAS).cases[0].references == ("Clarify",)
    hosted = {"input": "What is it?", "expectedOutput": "Clarify"}
    text = json.dumps({"goldens": [hosted]})
    (found,) = imported(records_in(text, "x"), Format.DEEPEVAL, {}).cases
    assert found.references == ("Clarify",)


@BOTH
@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ({}, "Field required"),
        ("text", "row 1"),
        (None, "row 1"),
        ({"user_input": 5, "input": 5}, "valid string"),
        ({"user_input": "?", "input": "?", "reference": 3, "expected_output": 3}, "valid string"),
        ({"user_input": "What?", "input": "What?"}, "answerable without references"),
        ({"user_input": " ", "input": " "}, "has no question"),
        ({"user_input": [], "input": ""}, "has no question"),
    ],
)
def test_a_record_that_is_no_case_is_named_and_the_others_are_taken(kind, record, problem):
    found = taken([record, as_sample(kind, "What is it?", "Clarify")], kind)
    assert len(found.cases) == 1
    (line,) = found.problems
    assert line.startswith("row 1: ")
    assert problem in line


@pytest.mark.parametrize(
    ("text", "place"),
    [('{"a": 1}\n{"a": \n', "x:2:"), ("nonsense", "x:1:1"), ("5", "x: holds no list")],
)
def test_what_is_no_data_set_is_refused_with_its_place(text, place):
    with pytest.raises(CaseError, match=place):
        records_in(text, "x")


def test_brackets_in_thousands_and_half_characters_are_no_crash():
    with pytest.raises(CaseError):
        records_in("[" * 100_000, "x")
    found = taken([as_sample(Format.RAGAS, "half \ud800?", "Clarify")], Format.RAGAS)
    assert found.cases[0].question == "half ??"


def test_the_command_takes_a_data_set_in_and_says_what_it_left_out(tmp_path):
    notes, source = tmp_path / "notes", tmp_path / "set.json"
    notes.mkdir()
    (notes / "clarify.md").write_text("# Clarify\n- explains biases\n", "utf-8")
    rows = [as_sample(Format.DEEPEVAL, "What?", "It explains biases", ["explains biases"]), {}]
    source.write_text(json.dumps(rows), "utf-8")
    done = CliRunner().invoke(
        cli, ["quiz", "import", str(source), "--from", "deepeval", "--notes", str(notes)]
    )
    assert done.exit_code == 0, done.output
    assert "1 drafts, 1 with a quote of the notes" in done.output
    assert "left out" in done.output
    (case,) = all_cases(notes / "quiz.jsonl")
    assert case.targets == (Target("clarify.md", "explains biases"),)
