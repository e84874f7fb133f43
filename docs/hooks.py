"""What mkdocs fills into the pages of docs/ when it builds the site, so that it cannot go stale.

A line `<!-- crib: settings -->` becomes the table of settings, `<!-- crib: commands -->` the
commands with their options, `<!-- crib: section FILE HEADING -->` that section of a file.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from app import cli
from rag.config import PREFIX, Settings

ROOT = Path(__file__).resolve().parent.parent
_MARK = re.compile(r"^<!-- crib: (\w+)(?: (\S+) (.+))? -->$", re.M)


def on_page_markdown(markdown: str, **_: Any) -> str:
    """A page with all its marks filled in, as mkdocs calls it."""
    return _MARK.sub(lambda found: _filled(*found.groups()), markdown)


def _filled(what: str, file: str | None, heading: str | None) -> str:
    if what == "section":
        return _section(str(file), str(heading))
    return "\n".join({"settings": _settings, "commands": _commands}[what]())


def _section(file: str, heading: str) -> str:
    text = (ROOT / file).read_text("utf-8")
    _, found, rest = text.partition(f"## {heading}\n")
    if not found:
        raise ValueError(f"{file} has no section {heading!r}")
    return f"## {heading}\n{rest.partition(chr(10) + '## ')[0]}\n"


def _settings() -> Iterator[str]:
    yield "| setting | default | what it is |\n|---|---|---|"
    for name, known in Settings.model_fields.items():
        default = "" if known.default_factory or known.default is None else f"`{known.default}`"
        yield f"| `{PREFIX}{name.upper()}` | {default} | {_cell(known.description)} |"


def _commands() -> Iterator[str]:
    yield from _command(typer.main.get_command(cli), "crib")


def _command(command: Any, name: str) -> Iterator[str]:
    if isinstance(command, TyperCommand) or command.invoke_without_command:
        yield f"\n## {name}\n\n{' '.join((command.help or '').split())}\n"
        rows = [row for one in command.params if (row := _parameter(one))]
        if rows:
            yield "| | |\n|---|---|"
            yield from rows
    if isinstance(command, TyperGroup):
        context = typer.Context(command)
        for child in sorted(command.list_commands(context)):
            found = command.get_command(context, child)
            if not found.hidden:
                yield from _command(found, f"{name} {child}")


def _parameter(one: Any) -> str:
    if one.hidden or one.name in {"install_completion", "show_completion"}:
        return ""
    written = ", ".join([*one.opts, *one.secondary_opts])
    if one.param_type_name == "argument":
        written = one.metavar or one.name.upper()
    kind = one.type_descriptor.annotation
    choices = ", ".join(kind) if isinstance(kind, type) and issubclass(kind, StrEnum) else ""
    return f"| `{written}` | {_cell(one.help)}{f' One of: {choices}.' if choices else ''} |"


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")
