"""What each metric is called and what it measures: the names that every report, page and doc uses.

The table is metrics.csv. The figures come from `eval.scorers.SCORERS` (of each answer) and
`eval.statistics.measures.MEASURES` (of a whole run).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from eval.scorers import COSTS, LOWER_IS_BETTER


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its `name` in JSON and on the command line, a `label`, and what it measures.

    It is `of` each "answer" or of the whole "run". Values lie between 0 and 1 unless it `is_cost`:
    seconds, tokens or dollars.
    """

    of: str
    name: str
    label: str
    meaning: str

    @property
    def lower_is_better(self) -> bool:
        """True if a smaller value is the better one."""
        return self.name in LOWER_IS_BETTER or self.name == "risk_coverage_area"

    @property
    def is_cost(self) -> bool:
        """True of an amount, which may exceed 1."""
        return self.name in COSTS


def _read() -> Mapping[str, Metric]:
    with Path(__file__).with_name("metrics.csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["name"]: Metric(**row) for row in csv.DictReader(file)})


METRICS = _read()


def as_markdown(metrics: Sequence[Metric]) -> str:
    """The table of docs/eval-metrics.md."""
    rows = (f"| `{one.name}` | {one.label} | {one.meaning} |\n" for one in metrics)
    return "| metric | in words | what it measures |\n|---|---|---|\n" + "".join(rows)
