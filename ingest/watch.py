"""Notices that notes were changed. What changed, the plan finds out."""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from watchfiles import Change, watch

from ingest.sources.folder import FILES as IGNORE_FILES
from rag.types import is_address

QUIET_MS = 1000
"""Changes that follow each other faster than this are one."""

POLL_MS = 2000

_REMOTE = ("nfs", "cifs", "smb", "9p", "vboxsf", "drvfs", "virtiofs", "fuse", "afs", "ceph")
"""File systems of which the kernel does not hear what other machines change."""


def changes(sources: Sequence[str], stop: threading.Event) -> Iterator[None]:
    """Yields after each change below a source that is on this machine, until `stop` is set.

    Yields once at the beginning too, when it is listened: what changed before may have been missed.
    A source that is gone is watched for no more. Where the system cannot tell of changes (a
    network drive, too many folders), the files are looked at every other second.
    """
    paths = [Path(source) for source in sources if not is_address(source)]
    there = [path for path in paths if path.exists()]
    if not there:
        stop.wait()
        return
    polling = any(_is_remote(path) for path in there)
    try:
        yield from _watched(there, stop, polling=polling)
    except OSError:  # the kernel's limit of folders to watch
        yield from _watched(there, stop, polling=True)


def _watched(paths: Sequence[Path], stop: threading.Event, *, polling: bool) -> Iterator[None]:
    roots = [str(path.resolve()) for path in paths]

    def concerns(_change: Change, path: str) -> bool:
        return any(_may_be_a_note(path, root) for root in roots)

    is_first = True
    for found in watch(
        *roots,
        watch_filter=concerns,
        debounce=4 * QUIET_MS,
        step=QUIET_MS,
        stop_event=stop,
        force_polling=polling or None,  # None: the user's own WATCHFILES_FORCE_POLLING counts
        poll_delay_ms=POLL_MS,
        rust_timeout=QUIET_MS,
        yield_on_timeout=True,
        ignore_permission_denied=True,
        raise_interrupt=True,
    ):
        if found or is_first:
            yield None
        is_first = False


def _may_be_a_note(path: str, root: str) -> bool:
    """False for what an editor or an app keeps for itself beside the notes."""
    if path != root and not path.startswith(root.rstrip(os.sep) + os.sep):
        return False
    parts = PurePath(path[len(root) :]).parts
    hidden = [part for part in parts if part.startswith(".")]
    return not hidden or (len(hidden) == 1 and parts[-1] in IGNORE_FILES)


def _is_remote(path: Path, mounts: Path = Path("/proc/mounts")) -> bool:
    """True on a file system whose changes may come from elsewhere; as far as it is known."""
    try:
        rows = [line.split() for line in mounts.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return False
    real = path.resolve()
    around = [(len(row[1]), row[2]) for row in rows if real.is_relative_to(row[1])]
    return bool(around) and max(around)[1].startswith(_REMOTE)
