"""Runs, comparisons and cases as a terminal shows them.

What notes, models and people wrote goes through `Text`, never through rich's markup, and without
control characters: nothing in it may style or steer the terminal.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from eval.causes import bears, given, missed
from eval.labels import ENOUGH, LEAST_LABELS, Agreement
from eval.measures import confidence_curve
from eval.metrics import METRICS
from eval.report.results import Result, RunComparison, bounds
from eval.runs import RunInfo
from eval.scorers import SCORERS
from eval.stats import LEVEL, in_digits
from eval.texts.tokens import on_one_line, parts
from eval.types import Case, Comparison, Interval, Outcome, Run, Verdict
from rag.types import Citation

_MOST_GROUPS = 12
_LONGEST = 2000
"""Characters of a passage, an answer or a value that are shown."""

_AXIS = 18
"""Characters of the axis that the intervals of a history are drawn on."""

_STYLES = {Verdict.BETTER: "green", Verdict.WORSE: "red", Verdict.UNDECIDED: "dim"}


def run_report(result: Result, misses: int = 20) -> RenderableType:
    """The metrics with their intervals, groups of cases, and the first `misses` that went wrong."""
    run = result.run
    heading = (
        f"{run.model or 'no answers'}: {run.answerable} answerable and {run.unanswerable} "
        f"unanswerable questions, {len(run.failed)} failed, {run.seconds:.1f} s"
    )
    if run.partial:
        heading += f"; stopped after {len(run.outcomes)} of {run.planned}"
    shown = [Text(heading), *_metrics(result), *_surest(run)]
    for name, groups in (("kind", result.kinds), ("note", result.notes)):
        if len(groups) > 1:
            rows = ((on_one_line(g.name), *_figures(g.right)) for g in groups[:_MOST_GROUPS])
            shown.append(_table([name, ">right", f">{LEVEL:.0%} interval", ">n"], rows))
    return Group(*shown, *_misses(result, misses))


def _metrics(result: Result) -> Iterator[RenderableType]:
    missing = []
    for title, means in (("metric", result.means), ("whole run", result.whole_run)):
        rows = [(name, *_figures(own), own.method) for name, own in means.items() if own]
        missing += [name for name, own in means.items() if not own]
        if rows:
            yield _table([title, ">mean", f">{LEVEL:.0%} interval", ">n", "method"], rows)
    if missing:
        yield Text(f"not measured: {', '.join(missing)}")


def _misses(result: Result, most: int) -> Iterator[RenderableType]:
    wrong = [outcome for _, outcome in result.misses]
    if not wrong:
        return
    yield Text(_count("Missed", len(wrong), most))
    if result.causes:
        yield Text(f"  {', '.join(f'{count} {cause}' for cause, count in result.causes)}")
    for one in wrong[:most]:
        yield Text(f"  {one.case.id}  {on_one_line(one.case.question)}")
        answered = f"{one.answer.status}: {on_one_line(one.answer.text)}" if one.answer else ""
        yield Text(f"    {f'failed: {on_one_line(one.error)}' if one.error else answered}")
        if one.miss:
            yield Text(f"    {one.miss.cause}: {one.miss.detail}")


def closed_book(result: Result) -> Iterator[RenderableType]:
    """What the notes bring: the run beside the same questions put to the model without them.

    Nothing if there is no closed-book run.
    """
    compared = result.without_notes
    if not compared or not compared.rows:
        return
    asked = len({outcome.case.id for outcome in compared.before.outcomes})
    ways = compared.flips_by_way
    lost = ways.pop("Lost", [])
    yield Text(
        f"Closed book: the {asked} answerable questions put to "
        f"{compared.before.model or 'the model'} without the notes (before), and with them (after)."
    )
    yield Text(
        f"Right only with the notes: {len(ways.get('Gained', ()))}; only without: {len(lost)}"
    )
    yield _comparison_table(compared.rows)
    yield from _flips(compared, ["Lost"])


def comparison_table(compared: RunComparison, most: int = 20) -> RenderableType:
    """A table of the metrics, and the cases that flipped, the first `most` of each way."""
    shown: list[RenderableType] = [_comparison_table(compared.rows)]
    if compared.other_cases:
        shown.append(Text(f"Left out, as they are not in both: {compared.other_cases}"))
    return Group(*shown, *_flips(compared, most=most))


def two_runs(compared: RunComparison) -> RenderableType:
    """The same, with what each of the runs was made with."""
    before, after = _named(compared.before), _named(compared.after)
    return Group(Text(f"before: {before}\nafter:  {after}"), comparison_table(compared))


def grid_table(
    first: str, others: Sequence[tuple[str, RunComparison, Sequence[Comparison]]]
) -> RenderableType:
    """Several runs, by their titles, each against the first: under each metric a line for each.

    The comparisons of each are those of `eval.several.compare_all`, adjusted over the whole table.
    """
    found = [(title, row) for title, _, rows in others for row in rows]
    lines: list[Sequence[str | Text]] = []
    for metric in dict.fromkeys(row.metric for _, row in found):
        rows = [(title, row) for title, row in found if row.metric == metric]
        before = rows[0][1].before
        lines.append((Text(metric, "bold"),))
        lines.append((f"  {first}", f"{before.mean:.3f}", bounds(before)))
        for title, row in rows:
            figures = (f"{row.after.mean:.3f}", bounds(row.after), bounds(row.difference, "+"))
            lines.append((f"  {title}", *figures, f"{row.adjusted:.3f}", _verdict(row)))
    headings = ["", ">mean", ">95%", ">95% of difference", ">p", "verdict"]
    shown: list[RenderableType] = [
        Text(f"Each against {first}, over the cases that both could be judged on:"),
        _table(headings, lines, ellipsis=True),
        Text(f"p: adjusted over all {len(found)} comparisons of the table (Holm)"),
    ]
    for title, compared, _ in others:
        count = len(compared.flips)
        shown += [Text(f"{title}: {count} cases flipped{':' if count else ''}"), *_flips(compared)]
    return Group(*shown)


def _comparison_table(rows: Sequence[Comparison]) -> RenderableType:
    headings = ["metric", ">before", ">after", ">95% of difference", ">n", ">p", "verdict"]
    lines = (
        (
            *(one.metric, f"{one.before.mean:.3f}", f"{one.after.mean:.3f}"),
            *(bounds(one.difference, "+"), str(one.difference.n), in_digits(one.adjusted)),
            _verdict(one),
        )
        for one in rows
    )
    table = _table(headings, lines)
    if any(one.needed for one in rows):
        hint = Text("needs ~N: not enough questions to tell, about N would do")
        return Group(table, hint)
    return table


def _verdict(one: Comparison) -> Text:
    """The verdict, short enough for a line of 80 characters."""
    short = f"needs ~{one.needed:,}" if one.needed else "too few"
    text = short if one.verdict is Verdict.UNDECIDED else str(one.verdict)
    return Text(text, _STYLES.get(one.verdict, ""))


def _flips(
    compared: RunComparison, ways: Sequence[str] = ("Lost", "Gained"), most: int = 20
) -> Iterator[RenderableType]:
    for way, flips in compared.flips_by_way.items():
        if way in ways:
            yield Text(_count(way, len(flips), most))
            for flip in flips[:most]:
                asked = on_one_line(compared.questions.get(flip.case_id, ""))
                yield Text(f"  {flip.case_id}  {flip.metric}  {asked}".rstrip())


def _count(what: str, count: int, most: int) -> str:
    return f"{what}: {count}" + (f", of them {most}:" if count > most else ":")


def _named(run: Run) -> str:
    used = run.settings.get("llm", "?")
    commit = run.provenance.get("commit", "")
    at = f", {_when(run.started_at)}" if run.id else ""
    return f"{run.id or 'a file'} ({', '.join(filter(None, [used, commit]))}{at})"


def run_list(infos: Sequence[RunInfo], most: int | None = 20) -> RenderableType:
    """The runs that are kept, the newest `most` of them or, with None, all."""
    if not infos:
        return Text("no runs yet; crib eval makes one")
    rows = [
        (str(one.id), one.name, _when(one.started), _asked_of(one), one.model, one.commit)
        for one in infos[:most]
    ]
    table = _table([">run", "name", "begun", "cases", "model", "commit"], rows)
    if left := len(infos) - len(rows):
        table.caption, table.caption_justify = f"{left} older ones: --all", "left"
    return table


def _asked_of(one: RunInfo) -> str:
    done = str(one.asked) if one.ended else f"{one.asked} of {one.planned}"
    return f"{done}, and closed book" if one.closed else done


def _when(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def history_table(
    metric: str, points: Sequence[tuple[RunInfo, Interval | None]], left_out: int
) -> RenderableType:
    """A metric over runs, the oldest first; `left_out` counts runs of other cases."""
    known = [one for _, one in points if one]
    low = min((one.low for one in known), default=0.0)
    high = max((one.high for one in known), default=1.0)
    axis = f"{low:.3f}".ljust(_AXIS - 5) + f"{high:.3f}"
    rows = []
    for info, one in points:
        begun = info.started.astimezone().strftime("%m-%d %H:%M")
        commit = info.commit[:7] + ("+" if info.commit.endswith("+") else "")
        row = (info.name or str(info.id), begun, commit, info.model)
        figures = (f"{one.mean:.3f}", _drawn(one, low, high), str(one.n)) if one else ("-", "", "0")
        rows.append((*row, *figures))
    table = _table(["run", "begun", "commit", "model", ">mean", axis, ">n"], rows, ellipsis=True)
    for column, width in zip(table.columns, (12, 11, 8, 9), strict=False):
        column.max_width = width
    for column, width in zip(table.columns[4:], (5, _AXIS, 3), strict=True):
        column.min_width = width
    direction = "lower is better" if METRICS[metric].lower_is_better else "higher is better"
    more = f"{left_out} runs of other cases are left out; --all shows them"
    return Group(
        Text(f"{metric} ({METRICS[metric].label}), {direction}"),
        table,
        *([Text(more)] if left_out else []),
    )


def _drawn(one: Interval, low: float, high: float) -> str:
    """The mean as a dot, its interval as a line, on an axis from `low` to `high`."""
    scale = (_AXIS - 1) / (high - low) if high > low else 0.0
    start, dot, end = (round((value - low) * scale) for value in (one.low, one.mean, one.high))
    line = [" "] * start + ["─"] * (end - start + 1)
    line[dot] = "●"
    return "".join(line)


def metric_list() -> RenderableType:
    """All metrics, in words."""
    rows = ((one.name, one.label, one.meaning.replace("`", "")) for one in METRICS.values())
    return _table(["metric", "in words", "what it measures"], rows)


def case_details(outcome: Outcome, *, prompt: bool = False) -> RenderableType:
    """All that led to an answer: what was asked and expected, the passages, why it was missed.

    What the model was sent, where that is kept, is shown if `prompt` is set.
    """
    shown = [_facts([*_asked(outcome.case), *_became(outcome)]), *_passages(outcome)]
    if prompt and outcome.miss and outcome.miss.prompt:
        shown += [Text("\nsent to the model", style="bold"), Text(_safe(outcome.miss.prompt))]
    return Group(*shown)


def two_answers(before: Outcome, after: Outcome) -> RenderableType:
    """What became of the same case twice; scores only where they differ."""
    was, became = dict(_became(before)), dict(_became(after))
    rows = [(name, was.get(name, ""), became.get(name, "")) for name in {**was, **became}]
    for name in (one for one in SCORERS if one in before.scores or one in after.scores):
        old, new = before.scores.get(name), after.scores.get(name)
        if old != new:
            rows.append((METRICS[name].label, _score(old), _score(new)))
    table = Table("", "before", "now", leading=1)
    for row in rows:
        table.add_row(*map(Text, row))
    return Group(_facts(_asked(before.case)), table)


def answer_to_label(outcome: Outcome, place: str) -> RenderableType:
    """An answer with what is right, and nothing of what scorers and judges say of it."""
    case, text = outcome.case, outcome.answer.text if outcome.answer else ""
    options = zip("ABCDEFGHIJKLMNOP", case.options, strict=False)
    facts = [*((f"{name}.", on_one_line(option)) for name, option in options)]
    right = "; or: ".join(" and ".join(parts(one)) for one in case.references)
    facts.append(("right", _safe(right)))
    facts += [("note", on_one_line(target.quote)) for target in case.targets]
    heading = Text(f"\n{place}  {on_one_line(case.question)}", style="bold")
    return Group(heading, _facts([*facts, ("answer", _safe(text, len(text)))]))


def _facts(facts: Iterable[tuple[str, str]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, Text(value))
    return table


def _asked(case: Case) -> Iterator[tuple[str, str]]:
    yield "case", f"{on_one_line(case.id)} ({on_one_line(case.kind)})"
    for question in case.before:
        yield "asked before", _safe(question)
    yield "question", _safe(case.question)
    yield "expected", "\n".join(map(_safe, case.references)) or "a refusal"
    for target in case.targets:
        yield "stands in", f"{on_one_line(target.note_path)}: {_safe(target.quote)}"


def _became(outcome: Outcome) -> Iterator[tuple[str, str]]:
    answer, miss = outcome.answer, outcome.miss
    if answer:
        yield "answered by", on_one_line(answer.model)
        yield "given", f"{len(given(answer))} of {len(answer.hits)} passages"
        yield str(answer.status), _safe(answer.text)
        yield "cites", "\n".join(map(_citation, answer.citations)) or "nothing"
        if answer.confidence is not None:
            yield "confidence", f"{answer.confidence:.2f}"
    if outcome.error:
        yield "failed", on_one_line(outcome.error)
    if not missed(outcome):
        yield "result", "right"
    else:
        why = f": {miss.cause}\n{on_one_line(miss.detail, 400)}" if miss else ""
        yield "result", f"missed{why}"


def _citation(citation: Citation) -> str:
    where = citation.chunk.place_at(citation.start, citation.chunk.name)
    return f"[{citation.number}] {on_one_line(where)}: {on_one_line(citation.quote)}"


def _passages(outcome: Outcome) -> Iterator[RenderableType]:
    answer = outcome.answer
    for number, hit in enumerate(answer.hits if answer else (), 1):
        marks = [f"{hit.score:.2f}"]
        if answer and number > len(given(answer)):
            marks.append("found, not given")
        if bears(outcome.case, hit.chunk):
            marks.append("holds the answer")
        where = f"\n[{number}] {on_one_line(hit.chunk.place_at(0))}  {', '.join(marks)}"
        yield Text(where, style="bold")
        yield Padding(Text(_safe(hit.chunk.text)), (0, 0, 0, 4))


def _score(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _safe(text: str, longest: int = _LONGEST) -> str:
    """`text` of several lines without what a terminal would obey; cut where it is very long."""
    lines = text[:longest].splitlines()
    kept = "\n".join("".join(c if c.isprintable() else " " for c in line) for line in lines)
    return kept + ("…" if len(text) > longest else "")


def agreement_table(found: Sequence[Agreement]) -> RenderableType:
    """How far scorers agree with labels, and whether there are enough for that to say anything."""
    if not found:
        return Text("no answer of this run has a label; crib eval label makes them")
    rows = []
    for one in found:
        few = (
            f"fewer than {LEAST_LABELS} labels"
            if one.share.n < LEAST_LABELS
            else "one of the two never varies"
        )
        beyond = in_brackets(one.kappa) if one.kappa else f"none: {few}"
        rows.append((one.metric, str(one.share.n), in_brackets(one.share), beyond))
    table = _table(["agrees with people", ">labels", ">share", ">Cohen's kappa"], rows)
    short = [f"{one.metric} {one.share.n}" for one in found if one.share.n < ENOUGH]
    note = f"not enough labels to tell (of {ENOUGH}): {', '.join(short)}"
    return Group(table, *([Text(note)] if short else []))


def in_brackets(one: Interval) -> str:
    """The mean with its bounds, as 0.83 [0.75, 0.91]."""
    return f"{one.mean:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _surest(run: Run) -> Iterator[RenderableType]:
    """What share is wrong of the surest quarter, half and so on of the answers."""
    points = confidence_curve(run)
    if points:
        rows = []
        for share in (0.25, 0.5, 0.75, 1.0):
            most = share * points[-1][0]
            coverage, risk = next(point for point in points if point[0] >= most - 1e-9)
            rows.append((f"surest {share:.0%}", f"{coverage:.1%}", f"{risk:.1%}"))
        yield _table(["answered", ">of all cases", ">wrong"], rows)


def _figures(interval: Interval) -> tuple[str, str, str]:
    return f"{interval.mean:.3f}", bounds(interval), str(interval.n)


def _table(
    headings: Sequence[str], rows: Iterable[Sequence[str | Text]], *, ellipsis: bool = False
) -> Table:
    """A table; a heading that begins with `>` is of figures, which stand to the right."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=not ellipsis, collapse_padding=True)
    for heading in headings:
        is_figure = heading.startswith(">")
        table.add_column(
            heading.removeprefix(">"),
            justify="right" if is_figure else "left",
            no_wrap=ellipsis or is_figure or heading == headings[0],
            overflow="ellipsis" if ellipsis else "fold",
        )
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    return table
