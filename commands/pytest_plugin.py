"""The fixture `crib_eval` for tests of notes and answers: an eval that is run when first looked at.

    def test_notes(crib_eval):
        crib_eval.assert_at_least(reference_match=0.8)
        crib_eval.assert_no_worse("baseline.json", margin=0.05)

Cases and notes are named in the ini-file (`crib_cases`, `crib_notes`) or on the command line, as
seen from pytest's root folder. pytest imports this in every run of everybody who has Cribsheet
installed, so all that costs anything is imported by who asks for it.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from eval.gate import Check
    from eval.types import Run

_MARGIN = 0.05
"""That of eval/comparison.py, which is not imported for it."""

_PATHS = {"notes": "The notes that the eval asks about.", "cases": "The cases of the eval, JSONL."}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--crib-notes`, `--crib-cases`, `--crib-llm`, and ini keys of the same names."""
    group = parser.getgroup("cribsheet")
    for name, says in _PATHS.items():
        group.addoption(f"--crib-{name}", metavar="PATH", help=says)
        parser.addini(f"crib_{name}", says)
    says = "Let the model of CRIB_LLM answer."
    group.addoption("--crib-llm", action="store_true", help=says)
    parser.addini("crib_llm", says, type="bool", default=False)


@pytest.fixture(scope="session")
def crib_eval(pytestconfig: pytest.Config) -> "Evaluated":
    """What the eval finds; it is run when first asked for something, once a session."""
    cases, notes = (_path(pytestconfig, name) for name in ("cases", "notes"))
    llm = bool(pytestconfig.getoption("--crib-llm") or pytestconfig.getini("crib_llm"))
    return Evaluated(cases, notes, pytestconfig.rootpath, llm=llm)


class Evaluated:
    """An eval that tests look at. What cannot be judged fails the test, in one line."""

    def __init__(self, cases: Path, notes: Path, root: Path, *, llm: bool = False) -> None:
        self._cases = cases
        self._notes = notes
        self._root = root
        self._llm = llm

    @cached_property
    def run(self) -> "Run":
        """The run, to look at in other ways: `run.outcomes` has a case, answer and scores each."""
        from commands.evals.run import EvalRequest, evaluate
        from rag.config import load_settings
        from rag.errors import CribError

        try:
            return evaluate(load_settings(), EvalRequest(self._cases, self._notes, self._llm))
        except CribError as error:
            pytest.fail(f"crib: {error}", pytrace=False)

    def assert_no_worse(self, baseline: str | Path, margin: float = _MARGIN) -> None:
        """Fail if a gated metric fell below the baseline by more than `margin`, and by no chance.

        Args:
            baseline: a file of `crib eval --baseline`, as seen from pytest's root folder.
            margin: in shares; see eval/gate.py.
        """
        __tracebackhide__ = True
        from eval.gate import check_gate, read_baseline
        from rag.errors import CribError

        try:
            checks = check_gate(self.run, {}, read_baseline(self._root / baseline), margin)
        except CribError as error:
            pytest.fail(f"crib: {error}", pytrace=False)
        _require(checks)

    def assert_at_least(self, **floors: float) -> None:
        """Fail if the mean of a metric is below its floor, as in `reference_match=0.8`.

        Names that Python cannot write are passed as `**{"recall@5": 0.95}`.
        """
        __tracebackhide__ = True
        self._assert_limits(floors, lower=False)

    def assert_at_most(self, **ceilings: float) -> None:
        """Fail if the mean of a metric that is better low is above its ceiling."""
        __tracebackhide__ = True
        self._assert_limits(ceilings, lower=True)

    def _assert_limits(self, limits: Mapping[str, float], *, lower: bool) -> None:
        __tracebackhide__ = True
        from eval.gate import check_gate
        from eval.metrics import LOWER_IS_BETTER

        for name in limits:
            if (name in LOWER_IS_BETTER) is not lower:
                other = "assert_at_least" if lower else "assert_at_most"
                pytest.fail(f"crib: {name}: use {other}", pytrace=False)
        _require(check_gate(self.run, limits))


def _path(config: pytest.Config, name: str) -> Path:
    """Where notes or cases are; both kinds of naming are as seen from the root folder."""
    found = config.getoption(f"--crib-{name}") or config.getini(f"crib_{name}")
    if not found:
        pytest.fail(
            f"crib: which {name}? set --crib-{name} PATH, or crib_{name} in the ini-file",
            pytrace=False,
        )
    return config.rootpath / str(found)


def _require(checks: "Sequence[Check]") -> None:
    __tracebackhide__ = True
    broken = [check.says for check in checks if check.broken]
    if broken:
        pytest.fail("\n".join(f"crib: {line}" for line in broken), pytrace=False)
