"""The table of metrics, metrics.csv: every report, page and document takes its names from here.

The figures come from `SCORERS` of eval/scorers.py (of each answer) and `MEASURES` of
eval/measures.py (of a whole run).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: its `name` in JSON and on the command line, a `label`, and what it measures.

    It is `of` each "answer" or of the whole "run". A "share" lies between 0 and 1; the other
    units are seconds, tokens and dollars. `better` is "high" or "low".
    """

    of: str
    name: str
    unit: str
    better: str
    label: str
    meaning: str

    @property
    def lower_is_better(self) -> bool:
        """True if a smaller value is the better one."""
        return self.better == "low"

    @property
    def is_cost(self) -> bool:
        """True of an amount, which may exceed 1; no gate compares it across machines."""
        return self.unit != "share"


def _read() -> Mapping[str, Metric]:
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return MappingProxyType({row["name"]: Metric(**row) for row in csv.DictReader(file)})


METRICS = _read()
LOWER_IS_BETTER = frozenset(one.name for one in METRICS.values() if one.lower_is_better)
COSTS = frozenset(one.name for one in METRICS.values() if one.is_cost)


def as_markdown(metrics: Sequence[Metric]) -> str:
    """The table of docs/eval-metrics.md."""
    rows = (f"| `{one.name}` | {one.label} | {one.meaning} |\n" for one in metrics)
    return "| metric | in words | what it measures |\n|---|---|---|\n" + "".join(rows)
