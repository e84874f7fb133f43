"""What an ingest has to do, whether that would forget too much, and whose notes they are.

All of it is a function of what is there and of what the index remembers.

- `plan_ingest` says what changed.
- `check_losses` refuses to forget more notes than a person is likely to have meant: a folder that
  turns out empty, or half empty, is more often a wrong one, or a disk that is not mounted.
- Folders lie within each other, but a note belongs to one root alone. What two roots would both
  list belongs to the outer one; what that passes over (it is hidden, or ignored) may be a root of
  its own.
"""

import shlex
from collections.abc import Callable, Collection, Mapping, Sequence, Sized

from ingest.types import Listing, Plan, SourceFile
from rag.errors import NotesError
from rag.types import FileState, is_address

Fingerprint = Callable[[SourceFile], str]
"""Names the reader, chunker and embedding model that a file would be indexed with."""

Digest = Callable[[SourceFile], str]
"""SHA-256 of a file's bytes; empty where they cannot be read."""


def plan_ingest(
    there: Listing, known: Mapping[str, FileState], fingerprint: Fingerprint, digest: Digest
) -> Plan:
    """Compare by size and time of change, which needs no reading; where they differ, by digest.

    A file that looks unchanged may have been indexed by other means than today's; then it counts
    as changed. What could not be looked into is not gone.
    """
    fresh, changed, touched, unchanged = [], [], [], []
    for file in there.files:
        state = known.get(file.path)
        if state is None:
            fresh.append(file)
        elif state.fingerprint != fingerprint(file):
            changed.append(file)
        elif _looks_the_same(file, state):
            unchanged.append(file)
        elif _has_the_bytes(file, state, digest):
            touched.append(file)
        else:
            changed.append(file)
    listed = {file.path for file in there.files}
    gone = sorted(path for path in set(known) - listed if not there.may_hold(path))
    moved = _moved(fresh, {path: known[path] for path in gone}, digest)
    return Plan(
        new=tuple(file for file in fresh if file.path not in moved),
        changed=tuple(changed),
        touched=tuple(touched),
        unchanged=tuple(unchanged),
        moved=tuple((moved[file.path], file) for file in fresh if file.path in moved),
        deleted=tuple(path for path in gone if path not in moved.values()),
    )


def _looks_the_same(file: SourceFile, state: FileState) -> bool:
    same_file = (file.size, file.modified_ns) == (state.size, state.modified_ns)
    return same_file and file.digest in ("", state.digest)


def _has_the_bytes(file: SourceFile, state: FileState, digest: Digest) -> bool:
    if file.digest:
        return file.digest == state.digest
    return file.size == state.size and digest(file) == state.digest


def _moved(
    fresh: Sequence[SourceFile], gone: Mapping[str, FileState], digest: Digest
) -> dict[str, str]:
    """The old path by the new one of each file that has the bytes of one that is gone."""
    sizes = {state.size for state in gone.values()}
    left = {state.digest: path for path, state in reversed(list(gone.items()))}
    moved = {}
    for file in fresh:
        if file.size in sizes and (old := left.pop(digest(file), None)):
            moved[file.path] = old
    return moved


def check_losses(
    root: str, there: Listing, todo: Plan, known: Mapping[str, FileState], *, allowed: bool
) -> None:
    """Let a plan pass that forgets no more than half of what is known, or is `allowed` to.

    Raises:
        NotesError: the plan would forget more; or `root` cannot be read, or never held a note.
    """
    if root in there.unreadable:
        raise NotesError(f"{root} cannot be read ({there.unreadable[root]}); nothing was changed")
    if not there.files and not known:
        raise NotesError(_nothing_in(root, there))
    if not allowed and _is_most(todo.deleted, known):
        raise NotesError(
            f"{len(todo.deleted)} of the {len(known)} notes known from {root} are gone, so nothing "
            f"was changed; if that is meant, run: {forget_command(root)}"
        )


def _nothing_in(root: str, there: Listing) -> str:
    if is_address(root):
        return f"no page at {root}; check the address"
    if there.ignored:
        return f"no notes in {root} but {there.ignored} ignored ones; look into its .gitignore"
    return (
        f"no notes in {root}: put some into it (Markdown, text, PDF, Word ...; see docs/formats.md)"
    )


def forget_command(root: str) -> str:
    """What a person types to have the notes forgotten that are gone from `root`."""
    return f"crib ingest {shlex.quote(root)} --allow-deletions"


def _is_most(paths: Sized, known: Sized) -> bool:
    return 2 * len(paths) > len(known)


def outer_roots(root: str, known: Collection[str]) -> list[str]:
    """Those of the `known` roots that `root` lies below, the outermost first."""
    return sorted((one for one in known if one != root and _is_within(root, one)), key=len)


def inner_roots(root: str, known: Collection[str]) -> list[str]:
    """Those of the `known` roots that lie below `root`. What it lists of them becomes its own."""
    return [one for one in known if one != root and _is_within(one, root)]


def lists(there: Listing, root: str) -> bool:
    """True if a listed file is `root` or lies below it."""
    return any(_is_within(file.path, root) for file in there.files)


def _is_within(path: str, root: str) -> bool:
    if is_address(path) or is_address(root):
        return path == root  # a page holds no other, whatever their addresses look like
    return path == root or path.startswith(f"{root.rstrip('/')}/")
