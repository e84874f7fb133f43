"""What is in scope: the notes that fulfil a filter, and which of some chunks are wanted."""

import json
from collections.abc import Collection, Sequence

from rag.search.selecting import NoteFacts, note_facts, select
from rag.store.database import Database
from rag.types import Role, Scope


class Scoping:
    """The notes and chunks in `db`, sifted."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._selected: tuple[object, list[str]] = (None, [])
        self._shared: tuple[Sequence[str] | None, float] = (None, 0.0)

    def facts(self) -> list[NoteFacts]:
        """What filters look at, of every note, by source and path."""
        query = "SELECT path, root, kind, tags, modified_ns FROM notes ORDER BY root, path"
        return list(map(note_facts, self._db.rows(query)))

    def paths(self, scope: Scope) -> list[str] | None:
        """The notes that fulfil `scope`; None where all do.

        Raises:
            QuestionError: none does, and what may have been meant.
        """
        if scope == Scope():
            return None
        stamp, selected = (self._db.stamp(), scope), self._selected
        if selected[0] != stamp:  # a question looks twice: by meaning and by words
            self._selected = selected = (stamp, select(scope, self.facts()))
        return selected[1]

    def share(self, paths: Sequence[str]) -> float:
        """The share of all chunks that these notes have, of a list that `paths` gave."""
        if paths is not self._shared[0]:
            self._shared = paths, self._share(paths)
        return self._shared[1]

    def _share(self, paths: Sequence[str]) -> float:
        query = "SELECT count(*) FROM chunks WHERE note_path IN (SELECT value FROM json_each(?))"
        every = self._db.value("SELECT count(*) FROM chunks")
        return self._db.value(query, (json.dumps(paths),)) / max(1, every)

    def passing(
        self, slots: Sequence[int], roles: Collection[Role], paths: Sequence[str] | None
    ) -> set[int]:
        """Those of `slots` that hold a chunk of these roles, and of these notes unless None."""
        rows = self._db.rows(
            "SELECT slot, note_path FROM chunks WHERE slot IN (SELECT value FROM json_each(?)) "
            f"AND role IN ({', '.join('?' * len(roles))})",
            (json.dumps(slots), *roles),
        )
        within = None if paths is None else set(paths)
        return {int(str(slot)) for slot, path in rows if within is None or path in within}
