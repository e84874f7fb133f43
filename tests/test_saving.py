"""Cases into a file: one line each, and no other line is touched."""

import json
import os
import stat
from dataclasses import replace

import pytest
from eval_fakes import make_case

from eval.case_files import add_cases, all_cases, dump, parse_case, put_cases
from eval.types import Case, Origin, Standing, Target
from rag.errors import CaseError

WHOLE = Case(
    id="büro",
    question="Which office\u2028is “open”?",
    references=("the east one", "east & west"),
    targets=(Target("aws/büro.md", 'It says "open"\n- east'),),
    answerable=True,
    kind="choice",
    options=("east", "west"),
    correct=(0, 1),
    before=("What is an office?",),
    facts=("east",),
    origin=Origin("büro.md", 3, 5, "cloze"),
    standing=Standing.DRAFT,
)
ODD = '{"question":"What?",  "id":"odd","references":[],"targets":[],"answerable":false}'


def test_what_is_written_is_read_back():
    refused = Case("no", "Why?", (), (), answerable=False, quiz_only=True)
    for case in (WHOLE, replace(WHOLE, standing=Standing.DROPPED), refused, make_case()):
        assert parse_case(dump(case), "line") == case


def test_a_line_holds_readable_text_in_a_fixed_order_and_nothing_that_says_nothing():
    assert "büro" in dump(WHOLE)
    assert "\n" not in dump(WHOLE)
    needed = "id question references targets answerable".split()
    others = "kind options correct before facts origin draft".split()
    assert list(json.loads(dump(WHOLE))) == needed + others
    assert list(json.loads(dump(make_case()))) == needed


def test_a_case_that_changes_changes_one_line(tmp_path):
    path = tmp_path / "quiz.jsonl"
    lines = [ODD, "", dump(WHOLE), dump(make_case())]
    path.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8", newline="")
    put_cases(path, [replace(WHOLE, standing=Standing.GOLD), *all_cases(path)[:1]])
    lines[2] = lines[2].replace(', "draft": true', "")
    assert path.read_bytes().decode() == "\ufeff" + "\r\n".join(lines) + "\r\n"


def test_new_cases_come_last_and_make_the_file_if_need_be(tmp_path):
    path = tmp_path / "new" / "quiz.jsonl"
    put_cases(path, [WHOLE])
    put_cases(path, [make_case(), replace(WHOLE, question="Which?")])
    assert path.read_text("utf-8").count("\n") == 2
    assert [(case.id, case.question) for case in all_cases(path)] == [
        ("büro", "Which?"),
        ("case", "What is asked by case?"),
    ]


def test_what_was_typed_into_the_file_meanwhile_is_kept(tmp_path):
    path = tmp_path / "quiz.jsonl"
    put_cases(path, [WHOLE])
    path.write_text(path.read_text("utf-8") + ODD, encoding="utf-8")
    put_cases(path, [replace(WHOLE, question="Which?")])
    assert [case.id for case in all_cases(path)] == ["büro", "odd"]


def test_a_link_stays_a_link_and_a_mode_stays_the_mode(tmp_path):
    real, path = tmp_path / "real.jsonl", tmp_path / "quiz.jsonl"
    put_cases(real, [WHOLE])
    real.chmod(0o640)
    path.symlink_to(real)
    put_cases(path, [make_case()])
    assert path.is_symlink()
    assert len(all_cases(real)) == 2
    if os.name == "posix":
        assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(file.name for file in tmp_path.iterdir()) == ["quiz.jsonl", "real.jsonl"]


def test_a_file_that_is_none_of_cases_is_left_as_it_is(tmp_path):
    path = tmp_path / "quiz.jsonl"
    path.write_text("my notes\n")
    with pytest.raises(CaseError, match=r"quiz\.jsonl:1:1: not JSON"):
        put_cases(path, [WHOLE])
    assert path.read_text() == "my notes\n"


def test_a_case_that_could_not_be_read_again_is_not_written(tmp_path):
    path = tmp_path / "quiz.jsonl"
    with pytest.raises(CaseError, match="'büro': answerable without targets"):
        put_cases(path, [replace(WHOLE, targets=(), standing=Standing.GOLD)])
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CaseError, match=r"quiz\.jsonl: cannot be written \(.*\); check the path"):
        put_cases(tmp_path / "file" / "quiz.jsonl", [WHOLE])


def test_cases_that_are_there_are_not_added_again_whatever_became_of_them(tmp_path):
    path = tmp_path / "quiz.jsonl"
    put_cases(path, [replace(WHOLE, standing=Standing.DROPPED)])
    before = path.read_text("utf-8")
    assert add_cases(path, [WHOLE]) == 0
    assert path.read_text("utf-8") == before
    assert add_cases(path, [WHOLE, make_case()]) == 1
    assert path.read_text("utf-8") == f"{before}{dump(make_case())}\n"
