"""`crib chats`: what is kept is listed, read, exported, renamed and deleted from a terminal."""

import sys

import pytest
from test_conversations import answered

import app
from commands.ingestion import ingest
from commands.pages.library import NotesLibrary
from rag.chats.conversations import Conversations
from rag.types import Finished


@pytest.fixture
def kept(settings) -> Conversations:
    """Two conversations: 1, of two exchanges, and 2."""
    chats = Conversations(settings.home)
    chats.keep(answered())
    chats.keep(answered("How are steps run?", "By pipelines [1]."))
    chats.keep(answered("And its cost?"), 1)
    return chats


@pytest.fixture
def crib(monkeypatch, capsys):
    """Runs a command; gives what it said, or the line of its error."""

    def run(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["crib", "chats", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as caught:
            app.main()
        out, err = capsys.readouterr()
        assert bool(err) == bool(caught.value.code)
        return err.rstrip("\n") if err else out

    return run


def test_the_list_names_conversations_by_number_the_newest_first_in_pages(crib, kept):
    first, second, count = crib().splitlines()
    assert (first.split()[0], first.split()[3:]) == ("1", ["2", "What", "explains", "bias?"])
    assert second.split()[0] == "2"
    assert count == "conversations: 2"
    found, count = crib("search", "pipelines", "steps").splitlines()
    assert found.endswith("How are steps run?")
    assert count == "conversations: 1"
    assert crib("search", '"OR', "-") == "conversations: 0\n"
    crib("rename", 2, "Friday's\nexam \x1b[31m")
    assert "Friday's exam [31m" in crib()
    for number in range(23):
        kept.keep(answered(f"Question {number}?"))
    assert crib().splitlines()[-1] == "conversations: 25, page 1"
    assert len(crib("--page", 2).splitlines()) == 6


def test_a_conversation_is_shown_with_its_sources(crib, kept):
    shown = crib("show", 1)
    assert shown.index("What explains bias?") < shown.index("And its cost?")
    assert "[1] /notes/aws.md:1  Explains bias" in shown
    assert "Answered by: a script" in shown


def test_a_number_that_names_none_is_one_line(crib, kept):
    for command in ("show", "delete", "export"):
        arguments = (command, 9, "x.md") if command == "export" else (command, 9)
        assert (
            crib(*arguments) == "crib: there is no conversation 9; crib chats lists those there are"
        )


def test_a_conversation_is_deleted_and_all_are_only_where_that_is_said(crib, kept):
    assert crib("delete", 1) == ""
    assert "conversations: 1" in crib()
    assert crib("delete") == "crib: name the conversation to delete, or --all"
    assert crib("delete", 2, "--all") == "crib: name the conversation to delete, or --all"
    assert crib("delete", "--all") == ""
    assert crib() == "conversations: 0\n"
    assert crib("export", "--all", "x.md") == "crib: there is nothing to export"


def test_a_conversation_is_exported_to_a_file_that_is_not_there_yet(crib, kept, tmp_path):
    target = tmp_path / "bias.md"
    assert crib("export", 1, target) == f"written: {target}\n"
    text = target.read_text("utf-8")
    assert text.startswith("# What explains bias\\?\n")
    assert "steps" not in text
    assert crib("export", 1, target) == f"crib: {target} is there already; choose another name"
    assert target.read_text("utf-8") == text


def test_all_are_exported_to_one_file_to_a_folder_or_to_the_terminal(crib, kept, tmp_path):
    crib("export", "--all", tmp_path / "all.md")
    text = (tmp_path / "all.md").read_text("utf-8")
    assert text.count("\n## ") == 3
    assert crib("export", "--all", "-").rstrip() == text.rstrip()
    one = crib("export", 1)
    assert one.startswith("# What explains bias\\?\n") and "steps" not in one
    folder = tmp_path / "each"
    folder.mkdir()
    crib("export", "--all", folder)
    names = {path.name for path in folder.iterdir()}
    assert names == {"What explains bias 1.md", "How are steps run 2.md"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "name the conversation to export, or --all FILE"),
        ((1, "x.md", "--all", "y.md"), "name the conversation to export, or --all FILE"),
        ((1, "no/such/folder/x.md"), "no/such/folder/x.md cannot be written (No such file or di"),
    ],
)
def test_an_export_that_cannot_be_is_one_line(crib, kept, tmp_path, monkeypatch, arguments, error):
    monkeypatch.chdir(tmp_path)
    assert crib("export", *arguments).startswith(f"crib: {error}")


def test_what_has_changed_since_is_listed_and_shown(
    crib, settings, tmp_path, embedder, monkeypatch
):
    """No model is loaded for that."""
    monkeypatch.setattr("rag.index_wiring.load_embedder", lambda *_: embedder)
    note = tmp_path / "notes" / "aws.md"
    note.parent.mkdir()
    note.write_text("# Clarify\n\nClarify explains bias in a dataset.\n")
    list(ingest(settings, str(note.parent)))
    library = NotesLibrary(settings)
    *_, finished = library.stream("What explains bias in a dataset?", ())
    assert isinstance(finished, Finished)
    library.keep(None, finished.answer)
    assert "changed" not in crib()
    note.write_text("# Clarify\n\nClarify explains drift in a dataset.\n")
    list(ingest(settings, str(note.parent)))
    monkeypatch.setattr("rag.index_wiring._load_embedder", None)
    assert "(notes have changed since)" in crib()
    assert "it now says: Clarify explains drift in a dataset." in crib("show", 1)
