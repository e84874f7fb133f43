"""What changed? A pure function of what is there and what the index remembers."""

from collections.abc import Callable, Mapping, Sequence

from ingest.types import Listing, Plan, SourceFile
from rag.types import FileState

Fingerprint = Callable[[SourceFile], str]
"""Names the reader, chunker and embedding model that a file would be indexed with."""

Digest = Callable[[SourceFile], str]
"""SHA-256 of a file's bytes; empty where they cannot be read."""


def plan(
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
