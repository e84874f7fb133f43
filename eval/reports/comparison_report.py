"""Two runs side by side: in the terminal, and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from eval.comparison import OtherCases
from eval.stats import in_digits
from eval.texts.text import one_line
from eval.types import Comparison, Flip, Interval, Verdict

_STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.UNDECIDED: "dim"}


def render(
    comparisons: Sequence[Comparison],
    flips: Sequence[Flip] = (),
    questions: Mapping[str, str] | None = None,
    others: OtherCases | None = None,
    most: int = 20,
) -> RenderableType:
    """A table of the metrics, and the cases that flipped, the first `most` of each way.

    Args:
        comparisons: of `eval.comparison.compare`.
        flips: of `eval.comparison.flips`.
        questions: what each case asks, by its id.
        others: cases that were left out since only one of the runs has them.
        most: flips shown each way.
    """
    parts: list[RenderableType] = [_table(comparisons)]
    if any(one.needed for one in comparisons):
        parts.append(Text("needs ~N: not enough questions to tell, about N would do"))
    if others:
        parts.append(Text(f"Left out, as they are not in both: {others}"))
    return Group(*parts, *flip_lines(flips, questions or {}, most))


def flip_lines(
    flips: Sequence[Flip], questions: Mapping[str, str], most: int = 20
) -> Iterator[RenderableType]:
    """The cases that flipped, the first `most` of each way, with what each asks."""
    for heading, ours in by_way(flips).items():
        yield from _listed(heading, ours, questions, most)


def to_json(comparisons: Sequence[Comparison], flips: Sequence[Flip] = ()) -> dict[str, object]:
    """Both, ready for `json.dumps`."""
    return {
        "metrics": [asdict(one) for one in comparisons],
        "flips": [asdict(one) for one in flips],
    }


def by_way(flips: Sequence[Flip]) -> dict[str, list[Flip]]:
    """The flips under `Lost` and `Gained`; either is left out if there are none."""
    ways = {
        "Lost": [flip for flip in flips if flip.after < flip.before],
        "Gained": [flip for flip in flips if flip.after > flip.before],
    }
    return {way: ours for way, ours in ways.items() if ours}


def in_words(comparison: Comparison) -> str:
    """The verdict, with what would settle it where it is not settled."""
    if comparison.verdict is not Verdict.UNDECIDED or comparison.needed is None:
        return str(comparison.verdict)
    return f"{comparison.verdict} (would need about {comparison.needed:,})"


def bounds(interval: Interval, sign: str = "") -> str:
    """The bounds as in [0.712, 0.875]; `sign` is "+" for differences."""
    digits = 1 if max(abs(interval.low), abs(interval.high)) >= 100 else 3
    return f"[{interval.low:{sign}.{digits}f}, {interval.high:{sign}.{digits}f}]"


def _table(comparisons: Sequence[Comparison]) -> Table:
    table = Table(box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("metric", no_wrap=True)
    for heading in ("before", "after", "95% of difference", "n", "p"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("verdict")
    for one in comparisons:
        table.add_row(
            one.metric,
            f"{one.before.mean:.3f}",
            f"{one.after.mean:.3f}",
            Text(bounds(one.difference, "+")),
            str(one.difference.n),
            in_digits(one.adjusted),
            Text(short(one), _STYLES.get(one.verdict, "")),
        )
    return table


def short(comparison: Comparison) -> str:
    """As `in_words`, but fit for a line of 80 characters."""
    if comparison.verdict is not Verdict.UNDECIDED:
        return str(comparison.verdict)
    return f"needs ~{comparison.needed:,}" if comparison.needed else "too few"


def _listed(
    heading: str, flips: Sequence[Flip], questions: Mapping[str, str], most: int
) -> Iterator[RenderableType]:
    yield Text(f"{heading}: {len(flips)}" + (f", of them {most}:" if len(flips) > most else ":"))
    for flip in flips[:most]:
        # Text, not markup: what stands in brackets must not turn into a style.
        asked = one_line(questions.get(flip.case_id, ""))
        yield Text(f"  {flip.case_id}  {flip.metric}  {asked}".rstrip())
