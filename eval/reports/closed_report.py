"""What the notes brought: a run beside the same questions put to the same model without them."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from eval.comparison import MARGIN, compare, flips
from eval.posing import SCORES
from eval.reports import comparison_report
from eval.scorers import SCORERS
from eval.types import Comparison, Flip, Run


def brought(run: Run, margin: float = MARGIN) -> tuple[Comparison, ...]:
    """By each metric that looks at what is said alone: closed book before, with the notes after.

    Over the questions that both could be scored on; nothing if there is no closed-book run.
    """
    if not run.closed_book:
        return ()
    metrics = [name for name in SCORERS if name in SCORES]
    return compare(run.closed_book, run, margin, metrics)


def parts(run: Run, margin: float = MARGIN) -> Iterator[RenderableType]:
    """A table of both and of the paired difference, and the cases that only one got right.

    Nothing if there is no closed-book run.
    """
    found, closed = brought(run, margin), run.closed_book
    if not closed or not found:
        return
    heading = (
        f"Closed book: the {len({o.case.id for o in closed.outcomes})} answerable questions put to "
        f"{closed.model or 'the model'} without the notes (before), and with them (after)."
    )
    turned = flips(closed, run, ("reference_match",))
    ways = comparison_report.by_way(turned)
    yield Text(heading)
    yield Text(
        f"Right only with the notes: {len(ways.get('Gained', ()))}; only without: "
        f"{len(ways.get('Lost', ()))}"
    )
    questions = {outcome.case.id: outcome.case.question for outcome in run.outcomes}
    lost: list[Flip] = ways.get("Lost", [])
    yield comparison_report.render(found, lost, questions)


def to_json(run: Run) -> dict[str, object] | None:
    """The comparison, ready for `json.dumps`; None if there is no closed-book run."""
    if not run.closed_book:
        return None
    closed = {
        outcome.case.id: {
            "answer": outcome.answer.text if outcome.answer else None,
            "scores": dict(outcome.scores),
            "error": outcome.error or None,
        }
        for outcome in run.closed_book.outcomes
    }
    found = comparison_report.to_json(brought(run))
    return {"model": run.closed_book.model, "brought": found, "cases": closed}
