"""What the commands show on a terminal: bars on stderr, results on stdout."""

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import Protocol

import click
import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from rag.types import is_address


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


_ESCAPE = "\x1b"


class Typed(Protocol):
    """Where keys and lines come from."""

    def key(self, prompt: str) -> str:
        """One key, in lower case; empty once there are no more."""

    def line(self, prompt: str, old: str = "") -> str:
        """A line, without blanks around it; `old` where it is left empty."""


class Keyboard:
    """A terminal: keys count without Enter, and a line can be edited."""

    def key(self, prompt: str) -> str:
        """One key. Ctrl-D and Escape end."""
        typer.echo(f"{prompt} ", nl=False)
        try:
            pressed = click.getchar()
        except EOFError:  # as it calls Ctrl-D
            pressed = _ESCAPE
        typer.echo(pressed if pressed.isprintable() else "")
        return "" if pressed == _ESCAPE else pressed.lower()

    def line(self, prompt: str, old: str = "") -> str:
        """A line that begins as `old`."""
        with contextlib.suppress(ImportError):  # there is none on Windows, where it begins empty
            import readline

            readline.set_startup_hook(lambda: readline.insert_text(old))
        try:
            return input(f"{prompt}: ").strip() or old
        except EOFError:
            return old
        finally:
            if (edited := sys.modules.get("readline")) is not None:
                edited.set_startup_hook()


class Piped:
    """Lines of standard input; of a key's, the first character counts. Repeated as they are."""

    def key(self, prompt: str) -> str:
        """The first character of the next line."""
        read = sys.stdin.readline()
        typer.echo(f"{prompt} {read.strip()}")
        return read.strip()[:1].lower() or (" " if read else "")

    def line(self, prompt: str, old: str = "") -> str:
        """The next line."""
        read = sys.stdin.readline().strip()
        typer.echo(f"{prompt}: {read or old}")
        return read or old


def typed() -> Typed:
    """The keyboard, or the pipe in its place."""
    return Keyboard() if sys.stdin.isatty() else Piped()
