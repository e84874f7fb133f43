"""What other packages bring, found by their entry points (packaging.python.org, "Entry points").

Looked up when notes are brought up to date, never at start-up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Plugin(Generic[Made]):
    """One thing that a package brings, under the name of its entry point."""

    package: str
    name: str
    made: Made


@dataclass(frozen=True, slots=True)
class Plugins(Generic[Made]):
    """What packages bring to one group, by package; and lines on what of it cannot be used."""

    found: tuple[Plugin[Made], ...]
    warnings: Mapping[str, tuple[str, ...]]


def plugins(group: str, make: Callable[[object], Made]) -> Plugins[Made]:
    """All that installed packages bring to `group`.

    `make` is given what an entry point names and returns what it is good for, or raises. Whatever
    is raised by it, or by a package as it is loaded, is a warning and stops nothing.
    """
    found: list[Plugin[Made]] = []
    warnings: dict[str, tuple[str, ...]] = {}
    for point in sorted(entry_points(group=group), key=lambda one: (_package(one), one.name)):
        package = _package(point)
        try:
            found.append(Plugin(package, point.name, make(point.load())))
        except (Exception, SystemExit) as error:
            why = " ".join(f"{type(error).__name__}: {error}".split())
            line = f"{point.name} ({group}) is not used: {why}; update the package, or remove it"
            warnings[package] = (*warnings.get(package, ()), line)
    return Plugins(tuple(found), warnings)


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.module
