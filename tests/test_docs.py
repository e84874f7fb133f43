"""What is written about this repository is still so: every file that is named is there."""

import re
from importlib.util import find_spec

from conftest import ROOT

PACKAGES = ("commands", "rag", "ingest", "eval", "web", "benchmarks")
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
TEXTS = [*PAPERS, ROOT / "app.py", *sorted(p for n in PACKAGES for p in (ROOT / n).rglob("*.py"))]

_PATH = re.compile(rf"(?<![\w./])(?:{'|'.join(PACKAGES)}|tests|docs)/[\w*/.-]*[\w*/]")
_MODULE = re.compile(r"python -m (benchmarks\.\w+)")


def missing(text: str) -> list[str]:
    """The files and folders named in `text` that are not there; FORMAT stands for any word."""
    names = set(_PATH.findall(text))
    return sorted(name for name in names if not any(ROOT.glob(name.replace("FORMAT", "*"))))


def test_a_file_that_is_named_anywhere_is_there():
    found = {path.relative_to(ROOT).as_posix(): missing(path.read_text("utf-8")) for path in TEXTS}
    assert {path: names for path, names in found.items() if names} == {}


def test_a_benchmark_that_a_paper_names_can_be_run():
    named = {name for path in PAPERS for name in _MODULE.findall(path.read_text("utf-8"))}
    assert named
    assert [name for name in sorted(named) if find_spec(name) is None] == []


def test_a_page_that_is_linked_to_is_there():
    """On GitHub, where nothing checks it; mkdocs does for the site."""
    links = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")
    gone = {
        (path.name, link)
        for path in PAPERS
        for link in links.findall(path.read_text("utf-8"))
        if not (path.parent / link).exists()
    }
    assert gone == set()


def test_the_readme_is_read_in_a_few_minutes():
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


def test_a_name_of_nothing_is_noticed():
    text = "see `rag/config.py`, `rag/none.py`, `eval/cases/*.jsonl` and CRIB_HOME/eval/none.db"
    assert missing(text) == ["rag/none.py"]
