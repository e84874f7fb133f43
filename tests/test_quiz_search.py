"""`crib quiz extract`: what is found is shown, and kept as drafts that lose nobody's work."""

import json
import sys

import pytest
from conftest import ROOT

import app

NOTE = "# AWS\n\nSome words.\n\n## Quiz\n\nRLHF = learning from people\nNo code at all => Canvas\n"


@pytest.fixture
def crib(monkeypatch, capsys):
    """Runs a command in this process, and gives what it printed and its exit code."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["crib", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        return out, f"{err}{caught.value.code or ''}"

    return run


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    (folder / "deep").mkdir(parents=True)
    (folder / "aws.md").write_text(NOTE)
    (folder / "deep" / "aws.md").write_text(NOTE)
    return folder


def cases(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_drafts_lie_next_to_the_notes_and_say_where_they_were_found(crib, notes):
    out, _ = crib("quiz", "extract", notes)
    found = cases(notes / "quiz.jsonl")
    assert "4 questions in 2 of 2 notes" in out
    assert [one["origin"]["note"] for one in found] == ["aws.md"] * 2 + ["deep/aws.md"] * 2
    assert found[0]["question"] == "What does RLHF mean?"
    assert found[0]["origin"]["lines"] == [7, 7]
    assert all(one["draft"] for one in found)
    assert len({one["id"] for one in found}) == 4


def test_what_a_person_has_made_of_a_draft_is_kept(crib, notes):
    path = notes / "quiz.jsonl"
    crib("quiz", "extract", notes)
    kept = path.read_text("utf-8").replace("What does RLHF mean?", "What is meant by RLHF?")
    path.write_text(kept, "utf-8")
    (notes / "new.md").write_text("# Quiz\n\nStudio = an interface\n")
    out, _ = crib("quiz", "extract", notes)
    assert path.read_text("utf-8").startswith(kept)
    assert len(cases(path)) == 5
    assert "(1 new)" in out


def test_a_case_follows_its_note_when_lines_are_added_above(crib, notes):
    crib("quiz", "extract", notes)
    (notes / "aws.md").write_text("One more line.\n" + NOTE)
    out, _ = crib("quiz", "extract", notes)
    assert "(0 new)" in out
    assert [one["origin"]["lines"][0] for one in cases(notes / "quiz.jsonl")] == [8, 9, 7, 8]


def test_cases_can_be_piped(crib, notes):
    out, _ = crib("quiz", "extract", notes / "aws.md", "--json", "-")
    assert [json.loads(line)["origin"]["note"] for line in out.splitlines()] == ["aws.md"] * 2


def test_notes_without_a_quiz_write_nothing(crib, notes):
    for path in notes.rglob("*.md"):
        path.write_text("# Notes\n\nStudio = an interface\n")
    out, _ = crib("quiz", "extract", notes)
    assert "0 questions" in out
    assert not (notes / "quiz.jsonl").exists()


@pytest.mark.parametrize("there", ["not json\n", "[]\n", "{}\n"])
def test_a_file_that_holds_something_else_is_left_alone(crib, notes, there):
    path = notes / "quiz.jsonl"
    path.write_text(there)
    _, err = crib("quiz", "extract", notes)
    assert path.read_text() == there
    assert "quiz.jsonl" in err
    assert "Traceback" not in err


def test_a_folder_that_is_not_there_is_one_line(crib, tmp_path):
    _, err = crib("quiz", "extract", tmp_path / "nowhere")
    assert err.startswith("crib: no folder")


def test_every_line_of_the_users_own_quiz_is_found_and_none_is_invented(crib, tmp_path):
    crib("quiz", "extract", ROOT / "notes", "--json", tmp_path / "out.jsonl")
    lines = [one["origin"]["lines"] for one in cases(tmp_path / "out.jsonl")]
    assert [first for first, _ in lines] == [142, 143, 144, 146, 148, 150, 152, 153, 155]
    assert all(first == last for first, last in lines)
