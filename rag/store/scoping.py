"""What is in scope: the notes that fulfil a filter, and which of some chunks are wanted."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from rag.store.database import Database
from rag.store.selecting import NoteFacts, note_facts, select
from rag.types import Role, Scope


class Within(NamedTuple):
    """Slots as SQL is told of them: a JSON array, and between which numbers they all are."""

    slots: str
    first: int
    last: int
    is_all_between: bool


class Scoping:
    """The notes and chunks in `db`, sifted."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._selected: tuple[object, list[str]] = (None, [])
        self._counted: tuple[Sequence[str] | None, int, float] = (None, 0, 0.0)
        self._within: tuple[Sequence[str] | None, frozenset[Role], Within]
        self._within = (None, frozenset(), Within("[]", 0, 0, False))

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

    def count(self, paths: Sequence[str]) -> int:
        """How many chunks these notes have, of a list that `paths` gave."""
        return self._count(paths)[0]

    def share(self, paths: Sequence[str]) -> float:
        """The share of all chunks that these notes have, of a list that `paths` gave."""
        return self._count(paths)[1]

    def _count(self, paths: Sequence[str]) -> tuple[int, float]:
        counted = self._counted
        if counted[0] is not paths:
            query = (
                "SELECT count(*) FROM chunks WHERE note_path IN (SELECT value FROM json_each(?))"
            )
            count = self._db.value(query, (json.dumps(paths),))
            every = self._db.value("SELECT count(*) FROM chunks")
            self._counted = counted = paths, count, count / max(1, every)
        return counted[1:]

    def within(self, paths: Sequence[str], roles: Collection[Role]) -> Within:
        """The slots of the chunks of these roles in these notes, of a list that `paths` gave."""
        within, wanted = self._within, frozenset(roles)
        if within[0] is not paths or within[1] != wanted:
            self._within = within = paths, wanted, self._slots(paths, roles)
        return within[2]

    def _slots(self, paths: Sequence[str], roles: Collection[Role]) -> Within:
        rows = self._db.rows(
            "SELECT slot FROM chunks WHERE note_path IN (SELECT value FROM json_each(?)) "
            f"AND role IN ({', '.join('?' * len(roles))}) ORDER BY slot",
            (json.dumps(paths), *roles),
        )
        slots = [int(str(slot)) for (slot,) in rows]
        first, last = (slots[0], slots[-1]) if slots else (0, -1)
        return Within(json.dumps(slots), first, last, len(slots) == last - first + 1)

    def first_passing(
        self,
        found: Sequence[tuple[int, float]],
        k: int,
        roles: Collection[Role],
        paths: Sequence[str] | None,
    ) -> list[tuple[int, float]]:
        """The first `k` of `found` whose slots pass; no more are looked up than it takes."""
        kept: list[tuple[int, float]] = []
        for start in range(0, len(found), k):
            some = found[start : start + k]
            passing = self.passing([slot for slot, _ in some], roles, paths)
            kept += [(slot, score) for slot, score in some if slot in passing]
            if len(kept) >= k:
                break
        return kept[:k]

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
