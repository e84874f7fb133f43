"""Every metric is explained where people look for it."""

from conftest import ROOT

from eval.measures import MEASURES
from eval.scorers import SCORERS


def test_every_metric_has_its_line_in_the_docs():
    told = (ROOT / "docs" / "eval-metrics.md").read_text("utf-8")
    assert [name for name in (*SCORERS, *MEASURES) if f"`{name}`" not in told] == []
