"""Cases from JSONL, and the errors that keep a wrong case out of a run."""

import json

import pytest
from eval_fakes import CLARIFY, make_case

from eval.loading import check_targets, load_cases
from eval.types import Case, Target
from rag.errors import CaseError
from rag.types import Span

FACT = {
    "id": "bias",
    "question": "What explains bias?",
    "references": ["Clarify", "SageMaker & Clarify"],
    "targets": [{"note": "sagemaker.md", "quote": "Clarify explains biases."}],
    "answerable": True,
}
OPEN = {
    "id": "price",
    "question": "What does it cost?",
    "references": [],
    "targets": [],
    "answerable": False,
}
PATH = "/notes/sagemaker.md"


@pytest.fixture
def load(tmp_path):
    """Write lines (objects as JSON, text as it is) to a file and load it."""

    def load_lines(*lines):
        path = tmp_path / "cases.jsonl"
        written = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(written), encoding="utf-8")
        return load_cases(path)

    return load_lines


def test_a_line_is_a_case(load):
    assert load(FACT) == (
        Case(
            id="bias",
            question="What explains bias?",
            references=("Clarify", "SageMaker & Clarify"),
            targets=(Target("sagemaker.md", "Clarify explains biases."),),
            answerable=True,
        ),
    )


def test_the_keys_that_may_be_left_out_are_read_where_they_are_given(load):
    extra = {"quiz_only": True, "kind": "choice", "options": ["10", "20"]}
    (case,) = load(OPEN | extra)
    assert (case.quiz_only, case.kind, case.options) == (True, "choice", ("10", "20"))


def test_cases_keep_the_order_of_the_file_and_blank_lines_are_skipped(load):
    assert [case.id for case in load(OPEN, "", FACT, "  ")] == ["price", "bias"]


def test_a_line_separator_inside_a_text_does_not_end_the_line(load):
    line = json.dumps(OPEN | {"question": "one\u2028two"}, ensure_ascii=False)
    assert load(line)[0].question == "one\u2028two"


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path):
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps(OPEN), encoding="utf-8-sig")
    assert load_cases(path)[0].id == "price"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"id": x}', r":2:8: not JSON .*; fix the line"),
        ("[1]", r":2: the line is \[1\]"),
        (FACT | {"anser": 1}, r":2: unknown key 'anser'; the keys are id, question"),
        (
            FACT | {"targets": [{"note": "a.md", "quote": "b", "line": 3}]},
            r":2: unknown key 'targets\.0\.line'; the keys are note, quote",
        ),
        ({"id": "x"}, r":2: the key 'question' is missing; add it"),
        (FACT | {"answerable": "yes"}, r":2: answerable is 'yes': .*valid boolean"),
        (FACT | {"references": "Clarify"}, r":2: references is 'Clarify': .*valid list"),
        (FACT | {"question": "  "}, r":2: question is blank; fill it in"),
        (FACT | {"references": [""]}, r":2: references\.0 is blank"),
        (FACT | {"references": []}, r":2: answerable without references; add one"),
        (FACT | {"targets": []}, r":2: answerable without targets; quote the note"),
        (FACT | {"quiz_only": True}, r":2: answerable and quiz_only"),
        (FACT | {"references": ["bias & the"]}, r":2: the references \['the'\] have no word"),
        (OPEN | {"id": "x", "references": ["free"]}, r":2: not answerable but with references"),
        (OPEN | {"id": "x", "targets": FACT["targets"]}, r":2: not answerable but .*targets"),
        (OPEN, r":2: the id 'price' is taken by line 1; choose another"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_change(load, line, message):
    with pytest.raises(CaseError, match=r"cases\.jsonl" + message) as error:
        load(OPEN, line)
    assert "\n" not in str(error.value)


def test_a_file_without_cases_is_an_error(load):
    with pytest.raises(CaseError, match="holds no case; write one"):
        load("", "")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    with pytest.raises(CaseError, match=r"none\.jsonl: cannot be read .*; check the path"):
        load_cases(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}')
    with pytest.raises(CaseError, match="byte 11 is not UTF-8; save it as UTF-8"):
        load_cases(tmp_path / "latin.jsonl")


def test_quotes_that_stand_in_their_notes_pass():
    text = f"{CLARIFY}\n\n## Quiz\n{CLARIFY}\n"
    quiz = Span(text.index("## Quiz"), len(text))
    check_targets([make_case(), make_case(answerable=False)], {PATH: text}, {PATH: [quiz]})


@pytest.mark.parametrize("quote", ["Clarify explains bias.", "clarify explains biases."])
def test_a_quote_that_is_not_verbatim_is_named_with_the_nearest_line(quote):
    with pytest.raises(CaseError) as error:
        check_targets([make_case((quote,), case_id="c7")], {PATH: f"# Title\n\n{CLARIFY}"})
    for part in ("'c7'", quote, "sagemaker.md", "line 3: 'Clarify explains biases.'"):
        assert part in str(error.value)


def test_a_quote_in_an_empty_note_is_an_error():
    with pytest.raises(CaseError, match="it is empty"):
        check_targets([make_case()], {PATH: ""})


def test_a_quote_that_only_an_answer_key_holds_is_an_error():
    text = f"# Title\n\n## Quiz\n{CLARIFY}\n"
    with pytest.raises(CaseError, match=r"'case'.* stands only in a quiz of sagemaker.md"):
        check_targets([make_case()], {PATH: text}, {PATH: [Span(text.index("## Quiz"), len(text))]})


def test_a_note_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(CaseError, match=r"'sagemaker.md' is none of the notes \(/notes/other.md\)"):
        check_targets([make_case()], {"/notes/other.md": CLARIFY})


def test_a_name_that_two_notes_have_must_be_written_longer():
    texts = {"/notes/a/sagemaker.md": CLARIFY, "/notes/b/sagemaker.md": CLARIFY}
    with pytest.raises(CaseError, match="write more of its path"):
        check_targets([make_case()], texts)
    target = Target("a/sagemaker.md", "explains biases")
    assert [path for path in texts if target.names(path)] == ["/notes/a/sagemaker.md"]
