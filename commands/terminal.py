"""What the commands show on a terminal: bars on stderr, results on stdout."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.spinner import Spinner
from rich.text import Text

from ingest.pace import duration, pace
from ingest.types import Plan, Report, is_address
from ingest.types import Progress as Step
from rag.config import Settings
from rag.models import EMBEDDING, Model, find_model
from rag.types import Answer, Chunk, Event, Finished, Found, Grounding, Hit, Status, Token, Usage

_GRADES = {
    Grounding.GROUNDED: "",
    Grounding.WEAK: " (weakly supported)",
    Grounding.NOT_FOUND: " (not found in the notes)",
}


def bar(*columns: ProgressColumn) -> Progress:
    """A progress bar on stderr that goes away when it is done; none where nobody would see it."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description:<22}"),
        BarColumn(),
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def show_ingest(events: Iterable[Step | Report]) -> Report:
    """Draw the progress of an ingest until its report comes, and return that.

    Ctrl-C is said to have lost nothing, and goes on.
    """
    columns = (MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with bar(*columns) as drawn:
        task = drawn.add_task("", total=None, rate="")
        try:
            for step in events:
                if isinstance(step, Report):
                    return step
                what = f"{step.phase.value} {step.current}"
                drawn.update(
                    task,
                    description=what,
                    completed=step.done,
                    total=step.total or None,
                    rate=pace(step),
                )
        except KeyboardInterrupt:
            drawn.stop()
            typer.echo("stopped; what is done is kept, the same command goes on from there")
            raise
    raise AssertionError("an ingest ends with its report")


def plan_lines(source: str, plan: Plan, seconds: float) -> Iterator[str]:
    """What an ingest of a source would do, a file a line, and about how long it would take."""
    yield f"{source}:"
    for name, paths in (
        ("new", [file.shown for file in plan.new]),
        ("changed", [file.shown for file in plan.changed]),
        ("moved", [f"{place(old)} -> {place(file.shown)}" for old, file in plan.moved]),
        ("deleted", list(plan.deleted)),
    ):
        yield f"  {name}: {len(paths)}"
        yield from (f"    {one if ' -> ' in one else place(one)}" for one in paths)
    yield f"  unchanged: {len(plan.unchanged) + len(plan.touched)}"
    yield f"  about {duration(seconds)} on this machine; nothing was done"


def undone_lines(restored: int, removed: int) -> Iterator[str]:
    """What an undo did."""
    yield f"as before the last ingest: {restored} notes put back, {removed} taken out"
    yield "the next crib ingest brings in again what the sources hold then"


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


def report_lines(report: Report) -> Iterator[str]:
    """The report of an ingest, a fact a line."""
    changes = f"{report.new} new, {report.changed} changed, {report.deleted} deleted"
    changes += f", {report.moved} moved" if report.moved else ""
    yield f"notes: {report.notes} ({changes}, {report.unchanged} unchanged)"
    yield f"chunks: {report.chunks}"
    yield f"embedded: {report.embedded}"
    yield f"reused: {report.reused}"
    yield f"skipped: {len(report.skipped)}"
    yield from (f"  {place(path)}: {reason}" for path, reason in report.skipped.items())
    yield f"warnings: {sum(map(len, report.warnings.values()))}"
    for path, warnings in report.warnings.items():
        yield from (f"  {place(path)}: {warning}" for warning in warnings)
    yield f"seconds: {report.seconds:.1f}"


def show_answer(events: Iterable[Event], *, passages: bool = True) -> None:
    """Print the passages found, the answer as it is written, and the lines it cites.

    What stays is the answer as it ended: a number may have been mended, or all of it withheld.
    After Ctrl-C it is what was written so far.
    """
    written = ""
    with Live(console=Console(), transient=True, vertical_overflow="visible") as drawn:
        try:
            for event in events:
                if isinstance(event, Found):
                    if passages:
                        say(_found(event.evidence.passages))
                    drawn.update(Spinner("dots", "reading"))
                elif isinstance(event, Token):
                    written += event.text
                    drawn.update(Text(written))
                elif isinstance(event, Finished):
                    drawn.stop()
                    say([graded_text(event.answer), *closing(event.answer)])
        except KeyboardInterrupt:
            drawn.stop()
            typer.echo(written)
            raise


def graded_text(answer: Answer) -> str:
    """The answer's text; behind each sentence that is not grounded stands how far it is carried."""
    text = answer.text
    for claim in sorted(answer.claims, key=lambda claim: -claim.end):
        text = f"{text[: claim.end]}{_GRADES[claim.grounding]}{text[claim.end :]}"
    return text


def _found(passages: Sequence[Hit]) -> Iterator[str]:
    yield "Found"
    yield from (f"  [{number}] {_where(hit)}" for number, hit in enumerate(passages, 1))
    yield ""


def closing(answer: Answer) -> Iterator[str]:
    """What is said below an answer: its sources, how it ended, whose it is."""
    if answer.citations:
        yield "\nSources"
    for citation in answer.citations:
        quote = " ".join(citation.quote.split())
        yield f"  [{citation.number}] {_at(citation.chunk, citation.start)}  {quote}"
    if answer.status is Status.INTERRUPTED:
        yield "\nThe answer was interrupted."
    if answer.notice:
        yield f"\n{answer.notice}"
    again = " (as before: neither question nor passages have changed)" if answer.cached else ""
    yield f"\nAnswered by: {answer.model}{again}"
    if answer.usage:
        yield f"Tokens: {_tokens(answer.usage)}"


def _tokens(usage: Usage) -> str:
    cost = "" if usage.cost is None else f", ${usage.cost:.4f}"
    return f"{usage.prompt_tokens:,} read, {usage.completion_tokens:,} written{cost}"


def _where(hit: Hit) -> str:
    return f"{_at(hit.chunk, 0)}  {hit.chunk.breadcrumb}"


def _at(chunk: Chunk, offset: int) -> str:
    return chunk.place_at(offset, place(chunk.note_path))


def place(path: str) -> str:
    """A path as short as it can be and still be opened from here; an address as it is."""
    if is_address(path):
        return path
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative


def model_lines(settings: Settings, *, check: bool) -> Iterator[str]:
    """The local models that are known, then those of CRIB_LLM, then what else can be used."""
    from rag.chat_models.health import available, configured
    from rag.models import CATALOGUE, is_present

    for model in CATALOGUE:
        state = "present" if is_present(settings.cache, model) else "not here"
        size = f"{model.size / 1e6:,.0f} MB"
        yield f"{model.name:<20} {model.use:<10} {size:>9}  {model.licence:<10}  {state}"
    yield f"\nCRIB_LLM={settings.llm}"
    for offer in (offers := configured(settings, ask=check)):
        leaves = f"  (passages leave this machine for {offer.host})" if offer.host else ""
        yield f"  {'ok ' if offer.ok else 'BAD'} {offer.llm}: {offer.detail}{leaves}"
    others = {one.llm for one in available(settings)} - {one.llm for one in offers}
    yield f"\nCRIB_LLM may also be: {', '.join(sorted(others)) or 'nothing else just now'}"


def pull_named(name: str, cache: Path) -> Path:
    """Fetch a model: of the catalogue, or for embeddings ORG/MODEL of a hub, which draws its bars.

    A folder that is an embedding model itself is already here.
    """
    from rag.downloads.repositories import fetch_repository
    from rag.embedders.weights import check_safe, is_catalogued

    if is_catalogued(name):
        return pull_with_bar(find_model(EMBEDDING), cache)
    if "/" not in name and not Path(name).is_dir():
        return pull_with_bar(find_model(name), cache)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = fetch_repository(cache, name)
    check_safe(folder)
    return folder


def pull_with_bar(model: Model, cache: Path) -> Path:
    """Fetch a model, showing how far it is: a bar, or a line for each tenth in a log."""
    from rag.downloads.download import PullProgress, pull

    tenths = 0
    with bar(DownloadColumn(), TransferSpeedColumn()) as drawn:
        task = drawn.add_task(model.name, total=model.size)

        def advance(progress: PullProgress) -> None:
            nonlocal tenths
            drawn.update(task, completed=progress.done, total=progress.total)
            if drawn.disable and (now := 10 * progress.done // progress.total) > tenths:
                tenths = now
                typer.echo(f"{model.name}: {now}0% of {model.size / 1e6:,.0f} MB", err=True)

        return pull(model, cache, advance)
