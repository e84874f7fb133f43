"""The fixture `crib_eval`, in a pytest of its own as its users have it."""

import json
import subprocess
import sys
import tomllib

import pytest
from conftest import ROOT

pytest_plugins = ["pytester"]

PLUGIN = ("-p", "commands.pytest_plugin", "-p", "no:cacheprovider")
CASES = [
    {
        "id": "bias",
        "question": "Which SageMaker tool explains bias?",
        "references": ["Clarify"],
        "targets": [
            {"note": "clarify.md", "quote": "SageMaker Clarify explains bias in a dataset."}
        ],
        "answerable": True,
    },
    {
        "id": "france",
        "question": "What is the capital of France?",
        "references": [],
        "targets": [],
        "answerable": False,
    },
]


@pytest.fixture
def project(pytester, monkeypatch):
    """A folder with notes, cases and a baseline of other cases."""
    # The plugin of this tree, named on the command line, whatever may be installed.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    (pytester.path / "notes").mkdir()
    (pytester.path / "notes" / "clarify.md").write_text(
        "# Clarify\n\nSageMaker Clarify explains bias in a dataset.\n"
    )
    (pytester.path / "cases.jsonl").write_text("\n".join(map(json.dumps, CASES)))
    kept = [
        {key: case[key] for key in ("id", "question", "references")}
        | {"scores": {"reference_match": 1.0} if case["answerable"] else {"refusal_right": 1.0}}
        for case in CASES
    ]
    for name, cases in (("same", kept), ("other", [kept[0] | {"id": "gone"}, kept[1]])):
        text = json.dumps({"baseline_version": 1, "cases": cases})
        (pytester.path / f"{name}.json").write_text(text)
    return pytester


def test_an_eval_is_run_once_and_every_test_looks_at_it(project):
    project.makeini("[pytest]\ncrib_notes = notes\ncrib_cases = cases.jsonl\n")
    project.makepyfile(
        """
        def test_floor(crib_eval):
            crib_eval.assert_at_least(reference_match=1.0, **{"recall@5": 1.0})
            crib_eval.assert_at_most(refusal_wrong=0.0)

        def test_baseline(crib_eval):
            crib_eval.assert_no_worse("same.json", margin=0.1)

        def test_run(crib_eval):
            run = crib_eval.run
            assert run is crib_eval.run
            assert [outcome.case.id for outcome in run.outcomes] == ["bias", "france"]

        def test_low(crib_eval):
            crib_eval.assert_at_least(reference_match=1.1)

        def test_side(crib_eval):
            crib_eval.assert_at_least(refusal_wrong=0.5)

        def test_other(crib_eval):
            crib_eval.assert_no_worse("other.json")

        def test_none(crib_eval):
            crib_eval.assert_no_worse("none.json")
        """
    )
    result = project.runpytest_subprocess(*PLUGIN, "-rA", "--tb=short")
    result.assert_outcomes(passed=3, failed=4)
    shown = result.stdout.str()
    for line in (
        "crib: reference_match is 1.000, below 1.1",
        "crib: refusal_wrong: use assert_at_most",
        "crib: the baseline is of other cases: 1 missing (gone); 1 added (bias)",
        "none.json cannot be read (No such file or directory)",
    ):
        assert line in shown
    assert "Traceback" not in shown


def test_who_names_no_cases_is_told_which_option_does(project):
    project.makepyfile("def test_it(crib_eval):\n    crib_eval.assert_at_least(mrr=1)\n")
    result = project.runpytest_subprocess(*PLUGIN, "--crib-notes", "notes")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*crib: which cases? set --crib-cases PATH, or crib_cases in*"])


def test_cases_that_are_not_there_are_told_in_a_line(project):
    project.makepyfile("def test_it(crib_eval):\n    crib_eval.assert_at_least(mrr=1)\n")
    result = project.runpytest_subprocess(*PLUGIN, "--crib-notes=notes", "--crib-cases=none.jsonl")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*crib: *none.jsonl: cannot be read*"])


def test_who_does_not_use_the_plugin_does_not_pay_for_it():
    """Of all that Cribsheet is made of, pytest imports this one module."""
    code = (
        "import sys, pytest; import commands.pytest_plugin;"
        "ours = [name for name in sys.modules if name.split('.')[0] in"
        " {'commands', 'rag', 'ingest', 'eval', 'web', 'numpy', 'scipy', 'typer', 'torch'}];"
        "print(*sorted(ours))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["commands", "commands.pytest_plugin"]


def test_pytest_finds_the_plugin_where_cribsheet_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["entry-points"]["pytest11"] == {"cribsheet": "commands.pytest_plugin"}
