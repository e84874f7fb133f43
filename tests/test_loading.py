"""Cases from JSONL, and the errors that keep a wrong case out of a run."""

import json

import pytest
from eval_fakes import CLARIFY, make_case

from eval.case_files import all_cases, check_targets, load_cases
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
        ("[1]", r":2:1: the line is \[1\]"),
        (FACT | {"anser": 1}, r":2:\d+: unknown key 'anser'; the keys are id, question"),
        (
            FACT | {"targets": [{"note": "a.md", "quote": "b", "line": 3}]},
            r":2:\d+: unknown key 'targets\.0\.line'; the keys are note, quote",
        ),
        ({"id": "x"}, r":2:\d+: the key 'question' is missing; add it"),
        (FACT | {"answerable": "yes"}, r":2:\d+: answerable is 'yes': .*valid boolean"),
        (FACT | {"references": "Clarify"}, r":2:\d+: references is 'Clarify': .*valid list"),
        (FACT | {"question": "  "}, r":2:\d+: question is blank; fill it in"),
        (FACT | {"references": [""]}, r":2:\d+: references\.0 is blank"),
        (FACT | {"references": []}, r":2: answerable without references; add one"),
        (FACT | {"targets": []}, r":2: answerable without targets; quote the note"),
        (FACT | {"quiz_only": True}, r":2: answerable and quiz_only"),
        (FACT | {"id": "x", "correct": [0]}, r":2: correct names \[0\], but the 0 options"),
        (
            FACT | {"options": ["a", "b"], "correct": [1, 1]},
            r":2: correct is \[1, 1\]; name each option once",
        ),
        (FACT | {"options": ["a"], "correct": [-1]}, r":2:\d+: correct\.0 is -1: .*greater"),
        (OPEN | {"id": "x", "facts": ["free"]}, r":2: not answerable but with facts"),
        (FACT | {"facts": ["the"]}, r":2: the facts \['the'\] have no word"),
        (FACT | {"draft": True, "dropped": True}, r":2: draft and dropped"),
        (FACT | {"origin": {"note": "a.md"}}, r":2:\d+: the key 'origin\.lines' is missing"),
        (
            FACT | {"origin": {"note": "a.md", "lines": [3, 2], "form": "cloze"}},
            r":2: the lines of the origin end before they begin",
        ),
        (
            FACT | {"origin": {"note": "a.md", "lines": [3], "form": "cloze", "by": "me"}},
            r":2:\d+: origin.lines is \[3\]: List should have at least 2",
        ),
        ('{"id": "x", "id": "y"}', r":2: the key 'id' stands twice; leave one"),
        ('{"id": ' + "9" * 5000 + "}", r":2: Exceeds the limit"),
        ("[" * 100_000, r":2: .*recursion.*; fix the line"),
        ('{"id": "\\ud800"}', r":2:2: id is '\\ud800': .*unicode"),
        (FACT | {"references": ["bias & the"]}, r":2: the references \['the'\] have no word"),
        (OPEN | {"id": "x", "references": ["free"]}, r":2: not answerable but with references"),
        (OPEN | {"id": "x", "targets": FACT["targets"]}, r":2: not answerable but with targets"),
        (OPEN, r":2: the id 'price' is taken by line 1; choose another"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_change(load, line, message):
    with pytest.raises(CaseError, match=r"cases\.jsonl" + message) as error:
        load(OPEN, line)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('{"id": "x", "question": 3}', 13),
        ('{"id": "x",\t"targets" : [ {"note": "a", "quote": "b"}, {"note": 1 }]}', 57),
        ('{"targets": [{"quote": "[{,:\\"", "note": "a", "page": 2}]}', 47),
        ('{"references": ["a", ""]}', 22),
        ('{"id": 3, "id": "x"}', None),
        ('  "id"', 3),
    ],
)
def test_an_error_points_at_the_column(load, line, at):
    """Of the key, or of the place in a list, that is wrong first."""
    known = {"id": "x", "question": "?", "references": [], "targets": [], "answerable": False}
    if line.startswith("{"):  # with all that has to be there, after what is wrong
        given = line[:-1]
        rest = {key: value for key, value in known.items() if f'"{key}"' not in given}
        line = given + ", " + json.dumps(rest)[1:]
    with pytest.raises(CaseError) as error:
        load(line)
    place = str(error.value).partition("cases.jsonl:")[2].partition(": ")[0]
    assert place == (f"1:{at}" if at else "1")


def test_drafts_and_what_was_dropped_are_not_asked(load, tmp_path):
    draft, dropped = (FACT | {"id": key, key: True} for key in ("draft", "dropped"))
    assert [case.id for case in load(draft, FACT, dropped)] == ["bias"]
    standings = [case.standing.value for case in all_cases(tmp_path / "cases.jsonl")]
    assert standings == ["draft", "gold", "dropped"]
    with pytest.raises(CaseError, match=r"none of its 2 cases was kept yet; .*: crib quiz review"):
        load(draft, dropped)
    with pytest.raises(CaseError, match="none of its 1 cases was kept yet; all were dropped"):
        load(dropped)


def test_a_draft_need_not_be_quoted_yet(load, tmp_path):
    with pytest.raises(CaseError, match="kept yet"):
        load(FACT | {"targets": [], "draft": True})
    assert all_cases(tmp_path / "cases.jsonl")[0].targets == ()


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
