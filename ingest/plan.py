"""What changed? A pure function of what is there and what the index remembers."""

from collections.abc import Mapping

from ingest.types import Listing, Plan, SourceFile
from rag.types import FileState


def plan(there: Listing, known: Mapping[str, FileState], fingerprint: str) -> Plan:
    """Compare by size and time of change, which needs no reading, or by digest if one is given.

    A file that looks unchanged was read by a `fingerprint` (reader, chunker, embedding model) that
    may have changed since; then it counts as changed. What could not be looked into is not gone.
    """
    new, changed, unchanged = [], [], []
    listed = set()
    for file in there.files:
        listed.add(file.path)
        state = known.get(file.path)
        if state is None:
            new.append(file)
        elif _as_remembered(file, state) and state.fingerprint == fingerprint:
            unchanged.append(file)
        else:
            changed.append(file)
    gone = sorted(path for path in set(known) - listed if not there.may_hold(path))
    return Plan(tuple(new), tuple(changed), tuple(unchanged), tuple(gone))


def _as_remembered(file: SourceFile, state: FileState) -> bool:
    if file.digest:
        return file.digest == state.digest
    return (file.size, file.modified_ns) == (state.size, state.modified_ns)
