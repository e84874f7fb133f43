"""A wheel holds all that runs, so that Cribsheet needs no checkout beside it."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

import pytest
from conftest import ROOT

PACKAGES = ("commands", "rag", "ingest", "eval", "web")
ONLY_HERE = ("eval/baselines/", "eval/cases/dialogue_notes/", "eval/cases/invented_notes/")
"""What benchmarks and this repository's own gate read."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """A folder with what a wheel of this checkout unpacks to."""
    pytest.importorskip("setuptools", "77")  # a venv need not have it
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in PACKAGES:
        copytree(ROOT / name, source / name, ignore=ignore_patterns("__pycache__"))
    for name in ("app.py", "pyproject.toml", "README.md", "LICENSE"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools.build_meta import build_wheel as b; print(b('..'))"
    run = [sys.executable, "-c", build]
    done = subprocess.run(run, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with ZipFile(folder / done.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(folder / "installed")
    return folder / "installed"


def test_a_wheel_holds_every_module_and_every_file_that_they_read(installed):
    here = {path.relative_to(ROOT).as_posix() for name in PACKAGES for path in files(ROOT / name)}
    wanted = {name for name in here if not name.startswith(ONLY_HERE)}
    there = {path.relative_to(installed).as_posix() for path in files(installed)}
    assert len(wanted) > 200
    assert wanted - there == set()


def test_the_commands_run_from_there_and_say_what_they_lack(installed, tmp_path):
    run = [sys.executable, "-m", "app", "eval"]
    environment = {**os.environ, "PYTHONPATH": str(installed), "COLUMNS": "200"}

    def said(*more):
        return subprocess.run(
            [*run, *more], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    assert "Score answers against the quiz" in said("--help").stdout
    bare = said()
    assert bare.returncode == 2
    assert bare.stderr == (
        "crib: Cribsheet was installed without its notes; name yours: --notes FOLDER\n"
    )


def files(folder: Path) -> list[Path]:
    return [
        path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]


def test_without_any_extra_notes_are_ingested_and_a_page_says_what_it_needs(tmp_path):
    """`make run` installs none; here they are installed, for the other tests."""
    extras = ("trafilatura", "pypdf", "genanki", "zstandard", "langchain_openai", "statsmodels")
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({extras!r}))\n"
        "import commands.ingestion, commands.pages.serving, commands.evals.run, eval.drafts\n"
        "from ingest.sources.web import readable_html\n"
        "import app\n"
        "sys.argv = ['crib', 'ingest', sys.argv[1]]\n"
        "try: app.main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "try: readable_html('<p>Magna Carta</p>')\n"
        "except Exception as error: print('PAGE', error)"
    )
    (tmp_path / "law.md").write_text("# Law\n\nMagna Carta was sealed in 1215.\n")
    settings = {"CRIB_HOME": str(tmp_path / "home"), "CRIB_LLM": "none"}
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "embedded: 1" in done.stdout
    assert "PAGE pages need an extra; run: .venv/bin/pip install 'cribsheet[web]'" in done.stdout
