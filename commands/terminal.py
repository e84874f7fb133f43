"""What the commands show on a terminal: bars on stderr, results on stdout."""

import os
from collections.abc import Iterable

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from ingest.types import is_address


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


def say(lines: Iterable[str]) -> None:
    """Print lines."""
    for line in lines:
        typer.echo(line)


def place(path: str) -> str:
    """A path as short as it can be and still be opened from here; an address as it is."""
    if is_address(path):
        return path
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
