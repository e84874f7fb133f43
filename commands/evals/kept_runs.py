"""`crib eval runs | show | forget`: the runs that are kept."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from eval.runs import RunInfo, Runs
from rag.errors import SettingsError

_SHOWN = 20


def when(moment: datetime) -> str:
    """A moment as a person here writes it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def table(infos: list[RunInfo], *, every: bool) -> RenderableType:
    """The newest runs, or all of them."""
    if not infos:
        return Text("no runs yet; crib eval makes one")
    shown = infos if every else infos[:_SHOWN]
    left = len(infos) - len(shown)
    caption = f"{left} older ones: --all" if left else None
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, caption=caption, caption_justify="left")
    drawn.add_column("run", justify="right")
    for heading in ("name", "begun", "cases", "model", "commit"):
        drawn.add_column(heading, overflow="fold" if heading == "name" else "ellipsis")
    for one in shown:
        row = (str(one.id), one.name, when(one.started), _cases(one), one.model, one.commit)
        drawn.add_row(*map(Text, row))
    return drawn


def _cases(one: RunInfo) -> str:
    done = str(one.asked) if one.ended else f"{one.asked} of {one.planned}"
    return f"{done}, and closed book" if one.closed else done


def forget(runs: Runs, which: Iterable[str], *, every: bool) -> Iterator[str]:
    """Delete runs by their numbers or names (all that are so called), or all of them.

    Raises:
        CaseError: there is no such run; none is deleted then.
        SettingsError: neither runs nor all are named.
    """
    infos, named = runs.listing(), list(which)
    if bool(named) == every:
        raise SettingsError("name the runs to forget, or --all; crib eval runs lists them")
    gone = [one.id for one in infos] if every else []
    for name in named:
        found = [one.id for one in infos if name in (str(one.id), one.name)]
        gone += found or [runs.number(name)]
    runs.forget(gone)
    yield f"forgotten: {len(set(gone))} of {len(infos)} runs"
