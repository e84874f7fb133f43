"""The working tree of a git repository as a source: git says what is ignored, and runs nothing."""

import shutil
import subprocess
import sys

import pytest

from ingest.sources import open_source
from ingest.sources.folder import Folder
from ingest.sources.git import _QUIET, GitTree
from rag.errors import NotesError

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder, *arguments):
    who = ("-c", "user.name=n", "-c", "user.email=n@example.org")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def notes(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("# A\n")


def listed(root):
    source = open_source(str(root), {".md"})
    return [file.path.removeprefix(f"{source.root}/") for file in source.listing().files]


@pytest.fixture
def root(tmp_path):
    """A repository with tracked, untracked and ignored notes."""
    path = tmp_path / "repo"
    notes(path, "a.md", "new/b.md", "build/c.md", "draft.md", "kept.md", ".hidden/d.md", "x.txt")
    (path / ".gitignore").write_text("build/\nkept.md\n")
    git(path, "init", "-q")
    git(path, "add", "-f", "a.md", "kept.md", ".gitignore")
    git(path, "commit", "-qm", "notes")
    (path / ".git" / "info" / "exclude").write_text("draft.md\n")
    return path


def test_tracked_and_new_notes_are_listed_and_what_git_ignores_is_not(root):
    """A note that is tracked is the user's, whatever a pattern says of its name."""
    assert isinstance(open_source(str(root), {".md"}), GitTree)
    assert listed(root) == ["a.md", "kept.md", "new/b.md"]


def test_a_folder_of_the_tree_has_the_paths_that_it_has_as_a_plain_folder(root):
    tree, plain = open_source(str(root / "new"), {".md"}), Folder(root / "new", {".md"})
    assert isinstance(tree, GitTree)
    assert (tree.root, tree.listing()) == (plain.root, plain.listing())


def test_cribignore_has_the_last_word_over_git_too(root):
    (root / ".cribignore").write_text("a.md\n!draft.md\n!build/\n")
    assert listed(root) == ["build/c.md", "draft.md", "kept.md", "new/b.md"]


def test_a_note_called_back_in_a_folder_that_holds_nothing_else_is_listed(root):
    notes(root, "new/only/e.tmp.md")
    (root / ".gitignore").write_text("*.tmp.md\n")
    (root / ".cribignore").write_text("!e.tmp.md\n")
    assert "new/only/e.tmp.md" in listed(root)


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
def test_a_link_out_of_the_folder_is_not_followed(root, tmp_path):
    notes(tmp_path, "secret.md")
    (root / "link.md").symlink_to(tmp_path / "secret.md")
    (root / "in.md").symlink_to("a.md")
    git(root, "add", "link.md", "in.md")
    assert listed(root) == ["a.md", "in.md", "kept.md", "new/b.md"]


def test_submodules_and_other_repositories_are_passed_over(root, tmp_path):
    other = tmp_path / "other"
    notes(other, "o.md")
    git(other, "init", "-q")
    git(other, "add", ".")
    git(other, "commit", "-qm", "other")
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "module")
    git(root, "clone", "-q", str(other), "clone")
    assert listed(root) == ["a.md", "kept.md", "new/b.md"]
    assert listed(root / "module") == ["o.md"]


def test_a_folder_that_git_ignores_is_a_plain_one_if_a_person_names_it(root):
    notes(root, "build/deep/e.md")
    assert listed(root / "build") == ["c.md", "deep/e.md"]
    assert listed(root / "build" / "deep") == ["e.md"]


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_no_program_that_a_repository_names_is_run(root, tmp_path):
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    script.chmod(0o700)
    for key in ("core.fsmonitor", "core.pager", "core.editor", "alias.ls-files"):
        git(root, "config", key, str(script))
    shutil.rmtree(root / ".git" / "hooks", ignore_errors=True)
    (root / ".git" / "hooks").mkdir()
    for hook in ("fsmonitor-watchman", "query-watchman", "post-index-change"):
        shutil.copy(script, root / ".git" / "hooks" / hook)
    assert listed(root) == ["a.md", "kept.md", "new/b.md"]
    assert not (tmp_path / "ran").exists()


def test_without_git_or_its_trust_it_is_a_plain_folder(root, monkeypatch, tmp_path):
    plain = ["a.md", "draft.md", "new/b.md"]  # what `.gitignore` says, but not info/exclude
    monkeypatch.setenv("HOME", str(tmp_path))  # where nobody has said whom to trust
    monkeypatch.setitem(_QUIET, "GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert listed(root) == plain
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert listed(root) == plain


def test_a_bare_repository_is_refused_with_what_to_do(root, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", str(root), "bare.git")
    with pytest.raises(NotesError, match=r"bare\.git is a git repository without its files; clone"):
        open_source(str(tmp_path / "bare.git"), {".md"})
