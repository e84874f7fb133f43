"""Fetches models, with a bar."""

from pathlib import Path

import typer
from rich.progress import (
    DownloadColumn,
    TransferSpeedColumn,
)

from commands.terminal import bar
from rag.models import EMBEDDING, Model, find_model


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
