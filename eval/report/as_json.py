"""A run as JSON, with all that its figures rest on; described in docs/eval-json.md."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from eval.causes import missed
from eval.gate import REPORT_VERSION
from eval.measures import confidence_curve
from eval.report.results import Group, Result, RunComparison
from eval.stats import LEVEL
from eval.types import Interval, Outcome

SEED = 0
"""Of the resampling, that of `summarise` and `measured`."""


def run_json(result: Result) -> dict[str, object]:
    """The run, ready for `json.dumps`."""
    run, area = result.run, result.whole_run["refusal_auroc"]
    return {
        "schema_version": REPORT_VERSION,
        "model": run.model,
        "settings": dict(run.settings),
        "provenance": dict(run.provenance),
        "run": run.id or None,
        "started_at": run.started_at.isoformat(),
        "seconds": run.seconds,
        "partial": run.partial,
        "counts": {
            "planned": run.planned,
            "asked": len(run.outcomes),
            "answerable": run.answerable,
            "unanswerable": run.unanswerable,
            "quiz_only": sum(outcome.case.quiz_only for outcome in run.outcomes),
            "failed": len(run.failed),
        },
        "level": LEVEL,
        "seed": SEED,
        "metrics": _means(result.means),
        "whole_run": _means(result.whole_run),
        "confidence": {
            "auroc": {"mean": area.mean, "low": area.low, "high": area.high} if area else None,
            "risk_coverage": [list(point) for point in confidence_curve(run)],
        },
        "causes": {str(cause): count for cause, count in result.causes},
        "kinds": _groups(result.kinds),
        "notes": _groups(result.notes),
        "sections": _groups(result.sections),
        "closed_book": _closed_book(result.without_notes),
        "cases": [_outcome(outcome) for outcome in run.outcomes],
    }


def render_json(result: Result) -> str:
    """The file, ending with a line break. Raises ValueError for figures that are no JSON."""
    return json.dumps(run_json(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _closed_book(compared: RunComparison | None) -> dict[str, object] | None:
    if not compared:
        return None
    cases = {
        outcome.case.id: {
            "answer": outcome.answer.text if outcome.answer else None,
            "scores": dict(outcome.scores),
            "error": outcome.error or None,
        }
        for outcome in compared.before.outcomes
    }
    brought = {"metrics": [asdict(one) for one in compared.rows], "flips": []}
    return {"model": compared.before.model, "brought": brought, "cases": cases}


def _means(means: Mapping[str, Interval | None]) -> dict[str, object]:
    return {name: asdict(one) if one else None for name, one in means.items()}


def _groups(groups: Sequence[Group]) -> dict[str, object]:
    return {group.name: asdict(group.right) for group in groups}


def _outcome(outcome: Outcome) -> dict[str, object]:
    case, answer, miss = outcome.case, outcome.answer, outcome.miss
    citations, hits = (answer.citations, answer.hits) if answer else ((), ())
    return {
        "id": case.id,
        "question": case.question,
        "kind": case.kind,
        "answerable": case.answerable,
        "quiz_only": case.quiz_only,
        "references": list(case.references),
        "status": answer.status if answer else None,
        "model": answer.model if answer else None,
        "answer": answer.text if answer else None,
        "notice": answer.notice if answer else None,
        "confidence": answer.confidence if answer else None,
        "scores": dict(outcome.scores),
        "citations": [{"location": c.location, "quote": c.quote} for c in citations],
        "retrieved": [hit.chunk.place_at(0) for hit in hits],
        "seconds": outcome.seconds,
        "error": outcome.error or None,
        "repeat": outcome.repeat,
        "missed": missed(outcome),
        "cause": miss.cause if miss else None,
        "why": miss.detail if miss else None,
        "rank": miss.rank if miss else None,
    }
