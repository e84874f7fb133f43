"""`crib models`: the local models, fetched where asked, and whether those of CRIB_LLM can be used.

What draws and fetches is imported where it is needed: every command imports this file.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rag.config import Settings, load_settings
from rag.errors import ModelError

if TYPE_CHECKING:
    from rag.models import Model

cli = typer.Typer(help="The local models: list them, fetch one, try one.")


@cli.callback(invoke_without_command=True)
def list_models(
    context: typer.Context,
    check: Annotated[
        bool,
        typer.Option("--check", help="Have each model of CRIB_LLM write a word, hosted ones too."),
    ] = False,
) -> None:
    """Which models answer, whether they can be asked, and which others there are."""
    if context.invoked_subcommand is None:
        from commands.terminal import say

        say(model_lines(load_settings(), check=check))


@cli.command(name="pull")
def pull_models(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Names that `crib models` lists, or ORG/MODEL; default: both needed."),
    ] = None,
) -> None:
    """Fetch models, resuming where one was cut, and check their bytes."""
    from rag.models import DEFAULT_LLM

    settings = load_settings()
    for name in names or [settings.embedding_model, DEFAULT_LLM]:
        typer.echo(f"{name}: {pull_named(name, settings.cache)}")


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


@cli.command(name="try")
def try_model(
    name: Annotated[str, typer.Argument(help="As CRIB_LLM or CRIB_EMBEDDING_MODEL name one.")],
    cases: Annotated[Path | None, typer.Option(help="Cases; default: the quiz of --notes.")] = None,
    notes: Annotated[Path | None, typer.Option(help="The notes that they ask about.")] = None,
) -> None:
    """Ask an eval of the model that is set and of another one, and show both side by side."""
    from commands.eval_index import cases_and_notes
    from commands.evals.run import EvalRequest
    from commands.evals.varying import run_grid
    from eval.comparison import MARGIN

    settings, request = load_settings(), EvalRequest(*cases_and_notes(cases, notes))
    run_grid(settings, request, [varied_by(settings, name)], MARGIN)


def varied_by(settings: Settings, name: str) -> str:
    """The setting that names this model, with the value it has and this one.

    Raises:
        ModelError: it is the one that is set.
    """
    from rag.chat_models.providers import entries
    from rag.models import CATALOGUE

    known = {model.name: model.use for model in CATALOGUE}
    is_bare = known.get(name) == "answers"
    writes = is_bare or name in {"none", "local"} or ":" in name
    now = next(iter(entries(settings.llm)), "none") if writes else settings.embedding_model
    other = f"local:{name}" if is_bare else name
    if other == now:
        raise ModelError(f"{other} is the model that is set; name another one")
    return f"{'llm' if writes else 'embedding_model'}={now},{other}"


def pull_named(name: str, cache: Path) -> Path:
    """Fetch a model: of the catalogue, or for embeddings ORG/MODEL of a hub, which draws its bars.

    A folder that is an embedding model itself is already here.
    """
    from rag.downloads import fetch_repository
    from rag.models import EMBEDDING, check_safe, find_model, is_catalogued

    if is_catalogued(name):
        return pull_with_bar(find_model(EMBEDDING), cache)
    if "/" not in name and not Path(name).is_dir():
        return pull_with_bar(find_model(name), cache)
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = fetch_repository(cache, name)
    check_safe(folder)
    return folder


def pull_with_bar(model: "Model", cache: Path) -> Path:
    """Fetch a model, showing how far it is: a bar, or a line for each tenth in a log."""
    from rich.progress import DownloadColumn, TransferSpeedColumn

    from commands.terminal import bar
    from rag.downloads import PullProgress, pull

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
