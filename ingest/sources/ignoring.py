"""What a folder says is to be passed over: `.gitignore` and `.cribignore`, as git reads them.

The lines are turned into patterns by `pathspec`. Whether one fits is asked of each folder and file
on the way down, as git does it, so a folder that is passed over takes with it all that is below.
"""

import contextlib
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

FILES = (".gitignore", ".cribignore")


ALWAYS = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})
"""Folders full of what others wrote. `!venv/` in an ignore file brings one back."""


MAX_STARS = 4
"""A line with more runs of `*` is passed over: a hostile one can keep a regex busy for hours."""


_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class _Rules:
    """The patterns of one ignore file, last first, for paths that begin with `folder`."""

    folder: str
    patterns: tuple[GitIgnoreSpecPattern, ...]

    def verdict(self, path: str) -> bool | None:
        """True to pass over, False to take after all, None where no line speaks of `path`."""
        own = path[len(self.folder) :]
        return next((pattern.include for pattern in self.patterns if _fits(pattern, own)), None)


@dataclass(frozen=True, slots=True)
class Ignores:
    """What is passed over, from the outermost folder to the one at hand.

    `given` are paths that git found to be ignored, folders with a slash at the end; None where git
    was not asked, and `.gitignore` files are read instead. `.cribignore` has the last word.
    """

    given: frozenset[str] | None = None
    git: tuple[_Rules, ...] = ()
    crib: tuple[_Rules, ...] = ()

    def within(self, folder: str, names: Iterable[str]) -> "Ignores":
        """With what the ignore files among `names`, those of the files in `folder`, add to it."""
        found = self
        if ".gitignore" in names and self.given is None:
            found = replace(found, git=(_rules(folder, ".gitignore"), *found.git))
        if ".cribignore" in names:
            found = replace(found, crib=(_rules(folder, ".cribignore"), *found.crib))
        return found

    def is_repository(self, path: str) -> bool:
        """True if git is asked, and `path` has a repository of its own, such as a submodule's."""
        return self.given is not None and Path(path, ".git").exists()

    def __call__(self, path: str) -> bool:
        """True if `path` is to be passed over. A folder's ends with a slash."""
        for rules in (*self.crib, *self.git):  # the nearest file first
            if (verdict := rules.verdict(path)) is not None:
                return verdict
        if self.given is not None and path in self.given:
            return True
        return path.endswith("/") and path[:-1].rpartition("/")[2] in ALWAYS


def _rules(folder: str, name: str) -> _Rules:
    return _Rules(f"{folder}/", tuple(_patterns(Path(folder, name)))[::-1])


def _patterns(path: Path) -> Iterator[GitIgnoreSpecPattern]:
    try:
        with path.open("rb") as stream:
            text = os.fsdecode(stream.read(_MAX_BYTES).removeprefix(b"\xef\xbb\xbf"))
    except OSError:
        return  # what cannot be read has nothing to say, to git neither
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of `re`, at odd ranges such as `[a--z]`
        for line in text.split("\n"):
            # pathspec does not know `[[:alpha:]]`, and takes it for something else.
            if len(re.findall(r"\*+", line)) <= MAX_STARS and "[:" not in line:
                with contextlib.suppress(ValueError, re.error):  # it makes no sense
                    yield GitIgnoreSpecPattern(line.removesuffix("\r"))


def _fits(pattern: GitIgnoreSpecPattern, path: str) -> bool:
    """True if the pattern means this very path. pathspec's fits all below a folder as well."""
    if pattern.regex is None:
        return False
    ends = [match.end() for match in pattern.regex.finditer(path)]
    if pattern.regex.pattern.endswith("/"):  # `folder/**`: all below, but not the folder itself
        return bool(ends) and ends[0] < len(path)
    return len(path) in ends
