"""The working tree of a git repository: a folder, in which git itself says what is ignored."""

import os
import shutil
import subprocess
from collections.abc import Collection
from itertools import pairwise
from pathlib import Path

from ingest.sources.folder import Folder, Ignores
from rag.errors import NotesError

_SECONDS = 60.0

_OWN_WORD = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
"""A repository's settings may name programs. It may be a stranger's, so none of them is run."""

_QUIET = {"GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1"}
"""Nothing is written to the repository and nothing fetched, whatever its settings say."""


class GitTree(Folder):
    """A folder in a working tree; see Folder. Submodules and other repositories are passed over.

    Where git is missing, does not trust the repository's owner, or ignores all of the folder that
    a person named all the same, it is the plain folder.
    """

    def _ignores(self) -> Ignores:
        return Ignores(_ignored(self.root))


def open_git(target: str, suffixes: Collection[str]) -> GitTree | None:
    """The folder `target` of a working tree; None if it lies in none.

    Raises:
        NotesError: it is a bare repository.
    """
    path = Path(target)
    if not path.is_dir():
        return None
    here = path.resolve()
    if (here / "HEAD").is_file() and (here / "objects").is_dir() and (here / "refs").is_dir():
        raise NotesError(
            f"{path} is a git repository without its files; clone it, and name the clone: "
            "crib ingest FOLDER"
        )
    in_tree = any((folder / ".git").exists() for folder in (here, *here.parents))
    return GitTree(path, suffixes) if in_tree else None


def _ignored(root: str) -> frozenset[str] | None:
    """Ignored paths below `root`, of folders the outermost, with a slash; None if git has no say.

    See https://git-scm.com/docs/git-ls-files.
    """
    output = _git(root, "ls-files", "-z", "-o", "-i", "--directory", "--exclude-standard")
    if output is None:
        return None
    found = sorted(os.fsdecode(name) for name in output.split(b"\0") if name)
    if "./" in found:
        return None
    # A folder may be named beside what is ignored in it, and is not itself ignored then.
    outer = [one for one, after in pairwise([*found, ""]) if not _is_below(after, one)]
    return frozenset(f"{root.rstrip('/')}/{one}" for one in outer)


def _is_below(path: str, folder: str) -> bool:
    return folder.endswith("/") and path.startswith(folder)


def _git(folder: str, *arguments: str) -> bytes | None:
    """What git prints; None if it cannot be run or refuses."""
    program = shutil.which("git")
    if program is None:
        return None
    try:
        home = str(Path.home())  # there are the user's own ignores, and the owners that git trusts
        done = subprocess.run(  # noqa: S603 (no shell, fixed arguments)
            [program, *_OWN_WORD, *arguments],
            cwd=folder,
            env={**_QUIET, "HOME": home, "USERPROFILE": home},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, RuntimeError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
