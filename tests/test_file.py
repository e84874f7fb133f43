"""A single file as a source of notes."""

import os
import sys

import pytest

from ingest.sources import open_source
from ingest.sources.folder import SingleFile
from rag.errors import NotesError

SUFFIXES = {".md", ".pdf"}
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def test_a_file_is_its_own_root_and_the_only_one_listed(tmp_path):
    path = tmp_path / "Paper.PDF"
    path.write_bytes(b"words")
    (tmp_path / "other.md").touch()
    os.utime(path, ns=(1, 1_234_567_890))
    source = open_source(str(path), SUFFIXES)
    (file,) = source.listing().files
    assert source.root == file.path == path.as_posix()
    assert (file.size, file.modified_ns, source.read(file)) == (5, 1_234_567_890, b"words")


def test_a_file_that_went_away_is_gone(tmp_path):
    path = tmp_path / "a.md"
    path.touch()
    source = SingleFile(path, SUFFIXES)
    path.unlink()
    assert source.listing().files == ()


def test_an_ending_that_no_reader_knows_is_refused_with_those_that_can_be_read(tmp_path):
    path = tmp_path / "a.exe"
    path.touch()
    with pytest.raises(NotesError, match=r"a\.exe is no note .*: \.md, \.pdf$"):
        open_source(str(path), SUFFIXES)


@posix
def test_a_pipe_is_refused_and_not_waited_on(tmp_path):
    os.mkfifo(tmp_path / "pipe.md")
    with pytest.raises(NotesError, match="no regular file"):
        open_source(str(tmp_path / "pipe.md"), SUFFIXES)


@posix
def test_a_link_is_the_file_that_it_leads_to(tmp_path):
    (tmp_path / "a.md").touch()
    (tmp_path / "link").symlink_to("a.md")
    assert open_source(str(tmp_path / "link"), SUFFIXES).root == (tmp_path / "a.md").as_posix()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("/nowhere/a.md", "no folder /nowhere/a.md; name one that is there: crib ingest FOLDER"),
        ("ftp://example.org/a.md", "only http:// and https:// are known"),
        ("n" * 5000, "cannot be read: File name too long"),
    ],
)
def test_what_is_no_source_is_refused_with_what_to_do(target, message):
    with pytest.raises(NotesError, match=message):
        open_source(target, SUFFIXES)
