"""What is written about this repository is still so: every file that is named is there."""

import re
from importlib.util import find_spec

import pytest
from conftest import ROOT

PACKAGES = ("commands", "rag", "ingest", "eval", "web", "benchmarks")
PAPERS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
TEXTS = [*PAPERS, ROOT / "app.py", *sorted(p for n in PACKAGES for p in (ROOT / n).rglob("*.py"))]

_PATH = re.compile(rf"(?<![\w./])(?:{'|'.join(PACKAGES)}|tests|docs)/[\w*/.-]*[\w*/]")
_MODULE = re.compile(r"python -m (benchmarks\.\w+)")


def missing(text: str) -> list[str]:
    """The files and folders named in `text` that are not there; FORMAT stands for any word."""
    names = set(_PATH.findall(text))
    return sorted(name for name in names if not any(ROOT.glob(name.replace("FORMAT", "*"))))


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_file_that_is_named_is_there(path):
    assert missing(path.read_text("utf-8")) == []


def test_a_benchmark_that_a_paper_names_can_be_run():
    named = {name for path in PAPERS for name in _MODULE.findall(path.read_text("utf-8"))}
    assert named
    assert [name for name in sorted(named) if find_spec(name) is None] == []


def test_a_name_of_nothing_is_noticed():
    assert missing("see `rag/config.py` and `rag/none.py`, in `eval/cases/*.jsonl`") == [
        "rag/none.py"
    ]
