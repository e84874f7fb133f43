"""The folder source: what is the user's note is listed, and nothing else."""

import os
import sys

import pytest
from fakes import MemoryIndex, WordEmbedder

from ingest.chunking import StructureChunker
from ingest.pipeline import Ingest
from ingest.readers import READERS
from ingest.sources.folder import Folder
from rag.errors import NotesError

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX file names and links")
linux = pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes")


@pytest.fixture
def root(tmp_path):
    """An empty folder of notes."""
    path = tmp_path / "notes"
    path.mkdir()
    return path


def write(path, text="# A\n\ntext\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def listed(root):
    source = Folder(root, {".md", ".markdown"})
    return [file.path.removeprefix(source.root + "/") for file in source.listing().files]


def ingest(root, index):
    embedder = WordEmbedder()
    run = Ingest(index, embedder, StructureChunker(embedder.count_tokens), READERS)
    return list(run.run(Folder(root, {".md"})))[-1]


def test_notes_are_listed_in_order_with_all_that_is_below(root):
    for name in ("b.md", "a.MD", "sub/deep/c.markdown", "a/z.md", "x.txt", "README"):
        write(root / name)
    assert listed(root) == ["a/z.md", "a.MD", "b.md", "sub/deep/c.markdown"]


def test_a_file_is_listed_with_its_size_and_time_of_change(root):
    path = write(root / "a.md")
    os.utime(path, ns=(1, 1_234_567_890))
    (file,) = Folder(root, {".md"}).listing().files
    assert (file.path, file.size, file.modified_ns) == (path.as_posix(), 10, 1_234_567_890)


def test_hidden_files_and_folders_are_passed_over(root):
    for name in (".a.md", ".obsidian/b.md", "sub/.git/c.md", "d.md"):
        write(root / name)
    assert listed(root) == ["d.md"]


def test_the_root_itself_may_be_hidden(tmp_path):
    write(tmp_path / ".vault" / "a.md")
    assert listed(tmp_path / ".vault") == ["a.md"]


def test_a_folder_named_like_a_note_is_no_note(root):
    (root / "folder.md").mkdir()
    write(root / "folder.md" / "inside.md")
    assert listed(root) == ["folder.md/inside.md"]


@posix
def test_a_link_out_of_the_folder_is_not_followed(root, tmp_path):
    secret = write(tmp_path / "secret" / "key.md")
    (root / "file.md").symlink_to(secret)
    (root / "folder").symlink_to(secret.parent)
    (root / "up.md").symlink_to("../secret/key.md")
    assert listed(root) == []


@posix
def test_a_link_inside_the_folder_is_a_note(root):
    write(root / "a.md")
    (root / "b.md").symlink_to("a.md")
    assert listed(root) == ["a.md", "b.md"]


@posix
def test_loops_of_links_and_links_to_nowhere_end(root):
    write(root / "sub" / "a.md")
    (root / "sub" / "loop").symlink_to(root)
    (root / "x.md").symlink_to("y.md")
    (root / "y.md").symlink_to("x.md")
    (root / "gone.md").symlink_to("nowhere.md")
    assert listed(root) == ["sub/a.md"]


@posix
def test_a_pipe_is_not_waited_on(root):
    os.mkfifo(root / "pipe.md")
    write(root / "a.md")
    assert listed(root) == ["a.md"]


@posix
def test_a_root_that_is_a_link_is_the_folder_it_leads_to(root, tmp_path):
    """The same notes are not indexed twice because they were named in two ways."""
    write(root / "a.md")
    (tmp_path / "link").symlink_to(root)
    assert Folder(tmp_path / "link", {".md"}).root == Folder(root, {".md"}).root
    assert listed(tmp_path / "link") == ["a.md"]


def test_a_missing_folder_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(NotesError, match=r"no folder .*crib ingest FOLDER"):
        Folder(tmp_path / "nowhere", {".md"})


@linux
def test_a_name_that_is_not_utf_8_is_skipped_with_its_reason(root):
    (root / os.fsdecode(b"caf\xe9.md")).write_text("# A\n")
    write(root / "b.md")
    index = MemoryIndex()
    report = ingest(root, index)
    assert report.notes == 1
    ((path, reason),) = report.skipped.items()
    assert path == f"{root.as_posix()}/caf\\udce9.md"
    assert reason == "its name is not UTF-8; rename it"
    assert list(index.states(root.as_posix())) == [f"{root.as_posix()}/b.md"]


@linux
def test_a_folder_whose_name_is_not_utf_8_is_refused(tmp_path):
    write(tmp_path / os.fsdecode(b"caf\xe9") / "a.md")
    with pytest.raises(NotesError, match=r"caf\\udce9 is not UTF-8; rename the folder"):
        Folder(tmp_path / os.fsdecode(b"caf\xe9"), {".md"})


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_skipped_with_its_reason(root):
    write(root / "a.md").chmod(0)
    write(root / "b.md")
    report = ingest(root, MemoryIndex())
    assert report.skipped == {f"{root.as_posix()}/a.md": "it cannot be read: Permission denied"}
    assert report.notes == 1


@pytest.fixture
def locked(monkeypatch):
    """Folders that cannot be listed, for root too, whom no permission stops."""
    paths = set()
    scan = os.scandir

    def scandir(path):
        if str(path) in paths:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scandir)
    return paths


def test_notes_in_a_folder_that_cannot_be_read_just_now_are_kept_and_it_is_named(root, locked):
    write(root / "a.md")
    write(root / "sub" / "b.md")
    index = MemoryIndex()
    assert ingest(root, index).notes == 2
    locked.add(str(root / "sub"))
    report = ingest(root, index)
    assert (report.notes, report.deleted) == (2, 0)
    assert report.skipped == {f"{root.as_posix()}/sub": "it cannot be read: Permission denied"}
    locked.clear()
    (root / "sub" / "b.md").unlink()
    assert ingest(root, index).deleted == 1


@linux
def test_a_folder_that_cannot_be_read_is_named_in_characters_that_can_be_printed(root, locked):
    write(root / "a.md")
    folder = root / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    locked.add(str(folder))
    report = ingest(root, MemoryIndex())
    (named,) = report.skipped
    assert named.encode() == f"{root.as_posix()}/caf\\udce9".encode()


def test_a_root_that_cannot_be_read_changes_nothing(root, locked):
    write(root / "a.md")
    index = MemoryIndex()
    ingest(root, index)
    locked.add(str(root))
    with pytest.raises(NotesError, match=r"cannot be read \(Permission denied\)"):
        ingest(root, index)
    assert index.counts()[0] == 1


def test_a_giant_is_skipped_without_being_opened(root, monkeypatch):
    """A sparse file of a gigabyte costs nothing on the disk and would cost all of the memory."""
    with (root / "giant.md").open("wb") as stream:
        stream.truncate(1_000_000_000)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda _: pytest.fail("it was opened"))
    report = ingest(root, MemoryIndex())
    (reason,) = report.skipped.values()
    assert reason == "1,000,000,000 bytes, the most for a note is 5,000,000; split it"


def test_a_note_that_is_edited_while_it_is_read_is_read_again(root, monkeypatch):
    """Half of the old words and half of the new ones are nobody's note."""
    path = write(root / "a.md", "old words\n")
    read = type(path).read_bytes

    def edited_meanwhile(self):
        data = read(self)
        if data == b"old words\n":
            self.write_text("new words, more of them\n")
        return data

    source = Folder(root, {".md"})
    (file,) = source.listing().files
    monkeypatch.setattr("pathlib.Path.read_bytes", edited_meanwhile)
    assert source.read(file) == b"new words, more of them\n"


def test_the_cases_that_lie_next_to_the_notes_are_no_note(root):
    """A plugin may read JSONL; the answers in this one must not be found."""
    write(root / "quiz.jsonl", "{}")
    write(root / "deep" / "quiz.jsonl", "{}")
    write(root / "other.jsonl", "{}")
    names = [file.path.rpartition("/")[2] for file in Folder(root, {".jsonl"}).listing().files]
    assert names == ["other.jsonl"]
