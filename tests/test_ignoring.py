"""What is passed over in a folder: as git does it, with `.cribignore` having the last word."""

import shutil
import subprocess
import time

import pytest

from ingest.sources.folder import Folder

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def root(tmp_path):
    """An empty folder of notes."""
    path = tmp_path / "notes"
    path.mkdir()
    return path


def fill(root, **files):
    """Write files; `a__b` is `a/b`."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def notes(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def ignore(folder, *lines, name=".gitignore"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("\n".join(lines))


def listed(root):
    return [file.path.removeprefix(f"{root}/") for file in Folder(root, {".md"}).listing().files]


def test_what_an_ignore_file_names_is_passed_over_and_counted(root):
    notes(root, "a.md", "draft.md", "old/a.md", "old/deep/b.md", "sub/draft.md")
    ignore(root, "# comment", "", "draft.md", "old/")
    listing = Folder(root, {".md"}).listing()
    assert [file.path for file in listing.files] == [f"{root}/a.md"]
    assert listing.ignored == 3  # two notes and a folder


@pytest.mark.parametrize("name", ["node_modules", "__pycache__", "venv"])
def test_what_others_wrote_is_passed_over_unless_it_is_called_back(root, name):
    notes(root, "a.md", f"sub/{name}/readme.md")
    assert listed(root) == ["a.md"]
    ignore(root, f"!{name}/", name=".cribignore")
    assert listed(root) == ["a.md", f"sub/{name}/readme.md"]


def test_the_nearer_file_and_the_later_line_win(root):
    notes(root, "x.md", "keep.md", "sub/x.md", "sub/keep.md", "sub/y.md")
    ignore(root, "*.md", "!keep.md")
    ignore(root / "sub", "!x.md", "keep.md")
    assert listed(root) == ["keep.md", "sub/x.md"]


def test_cribignore_has_the_last_word_wherever_it_stands(root):
    notes(root, "a.md", "private.md", "sub/private.md", "sub/b.md")
    ignore(root, "!private.md", "*.md", name=".cribignore")
    ignore(root / "sub", "!b.md")
    assert listed(root) == []
    ignore(root / "sub", "!private.md", name=".cribignore")
    assert listed(root) == ["sub/private.md"]


def test_a_folder_called_back_does_not_call_back_what_is_ignored_in_it(root):
    notes(root, "out/a.md", "out/a.tmp.md")
    ignore(root, "out/", "*.tmp.md")
    ignore(root, "!out/", name=".cribignore")
    assert listed(root) == ["out/a.md"]


def test_names_of_any_characters_and_lines_that_mean_nothing(root):
    notes(root, "a b.md", "#h.md", "!n.md", "ü.md", "c.md")
    lines = ["!", "/", "[", "a\\ b.md", "\\#h.md", "\\!n.md  ", "ü.md\r", "[z--a].md", "///"]
    (root / ".gitignore").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode() + b"\n\xff\xfe")
    assert listed(root) == ["c.md"]


def test_a_hostile_line_does_not_keep_the_listing_busy(root):
    notes(root, "a" * 250 + ".md")
    ignore(root, "*a" * 30 + "b")
    started = time.perf_counter()
    assert len(listed(root)) == 1
    assert time.perf_counter() - started < 30


TREES = {
    "a whitelist": (["*", "!*/", "!*.md", "x.md"], "a.md sub/x.md sub/deep/a.md"),
    "anchored": (["/a.md", "sub/b.md", "/sub/deep/"], "a.md sub/a.md sub/b.md b.md sub/deep/a.md"),
    "all but one": (["/*", "!/keep/"], "a.md keep/a.md keep/deep/a.md other/a.md"),
    "below a folder": (["sub/**", "!sub/keep.md"], "sub/a.md sub/keep.md sub/deep/keep.md a.md"),
    "no way back": (["sub/", "!sub/keep.md"], "sub/keep.md a.md"),
    "any depth": (["**/tmp", "a/**/z.md"], "tmp/a.md x/tmp/a.md a/z.md a/b/c/z.md a/b/y.md"),
    "one level": (["sub/*", "!sub/*.md"], "sub/a.md sub/deep/a.md"),
    "classes": (["[ab].md", "[!x]x.md", "?.md", "!b.md"], "a.md b.md cx.md xx.md d.md ef.md"),
    "a folder like a note": (["n.md/"], "n.md/a.md sub/n.md"),
    "in every folder": (["*/", "!sub/"], "a.md sub/a.md sub/sub/a.md other/a.md"),
}


@needs_git
@pytest.mark.parametrize("tree", TREES)
def test_git_itself_lists_the_same(root, tree):
    lines, names = TREES[tree]
    notes(root, *names.split())
    ignore(root, *lines)
    here = listed(root)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    command = ["git", "ls-files", "-co", "--exclude-standard"]
    found = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    assert here == sorted(
        (f for f in found.split() if f.endswith(".md")), key=lambda f: f.split("/")
    )
    assert set(here) < set(names.split())
