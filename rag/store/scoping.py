"""What is in scope: notes that fulfil a filter, what there is to choose from, and which chunks."""

import difflib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

from rag.errors import QuestionError
from rag.query import NAMES, quoted_value, said
from rag.store.database import Database
from rag.types import Role, Scope

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What filters look at. `root` is the source that it was found in, `modified` POSIX seconds."""

    path: str
    root: str
    kind: str
    tags: tuple[str, ...]
    modified: float

    @property
    def place(self) -> str:
        """Its path from the folder on that holds its source."""
        return self.path.removeprefix(f"{self.root.rpartition('/')[0]}/")

    @property
    def folder(self) -> str:
        """The folder that it lies in, likewise; empty for a note that is a source itself."""
        return self.place.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The file name."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Facets:
    """The values that filters may take, each with the number of notes that fulfil it."""

    notes: Mapping[str, int]
    folders: Mapping[str, int]
    tags: Mapping[str, int]
    kinds: Mapping[str, int]


def select(scope: Scope, notes: Sequence[NoteFacts]) -> list[str]:
    """Paths of the notes that fulfil `scope`.

    Raises:
        QuestionError: none does. It names what is near to a value that no note has.
    """
    kept = list(notes)
    for field, has in _TESTS.items():
        values = getattr(scope, field)
        for value in values:
            if notes and not any(has(note, _folded(value)) for note in notes):
                raise QuestionError(_unknown(field, value, notes))
        folded = [_folded(value) for value in values]
        kept = [note for note in kept if not folded or any(has(note, v) for v in folded)]
    paths = [note.path for note in kept if _is_in_time(note, scope)]
    if not paths:
        raise QuestionError(f"no note is {said(scope)}; leave one of these out")
    return paths


def facets(notes: Iterable[NoteFacts]) -> Facets:
    """What there is to choose from."""
    counts: dict[str, dict[str, int]] = {field: {} for field in _VALUES}
    for note in notes:
        for field, values in _VALUES.items():
            for value in values(note):
                counts[field][value] = counts[field].get(value, 0) + 1
    return Facets(**{field: dict(sorted(found.items())) for field, found in counts.items()})


def note_facts(row: Sequence[object]) -> NoteFacts:
    """Facts from path, root, kind, tags as JSON and nanoseconds, as the catalog has them."""
    path, root, kind, tags, modified = map(str, row)
    named = tuple(json.loads(tags)) if tags != "[]" else ()
    return NoteFacts(path, root, kind, named, int(modified) / 1e9)


def _folded(value: str) -> str:
    return value.replace("\\", "/").strip("/#").casefold()


def _is_named(note: NoteFacts, value: str) -> bool:
    """By its name, with or without the suffix, by the end of its path, or by a folder."""
    path = f"/{note.path.casefold().rstrip('/')}"
    whole = f"/{value}"
    return path.endswith(whole) or _stem(path).endswith(whole) or _lies_in(note, value)


def _stem(path: str) -> str:
    return path.rpartition(".")[0] if "." in path.rpartition("/")[2] else path


def _lies_in(note: NoteFacts, value: str) -> bool:
    """By any part of its path from the source on, or by the whole path of a folder."""
    whole = f"/{value}/"
    return whole in f"/{note.folder.casefold()}/" or f"/{note.path.casefold()}/".replace(
        "//", "/"
    ).startswith(whole)


def _is_tagged(note: NoteFacts, value: str) -> bool:
    """`exam` stands for `exam/aws` too, as in Obsidian."""
    return any(f"{_folded(tag)}/".startswith(f"{value}/") for tag in note.tags)


def _is_kind(note: NoteFacts, value: str) -> bool:
    return value.lstrip(".") in (note.kind.casefold(), note.path.casefold().rpartition(".")[2])


def _is_in_time(note: NoteFacts, scope: Scope) -> bool:
    since, until = scope.since, scope.until
    return (since is None or note.modified >= since) and (until is None or note.modified < until)


_TESTS: Mapping[str, Callable[[NoteFacts, str], bool]] = {
    "notes": _is_named,
    "folders": _lies_in,
    "tags": _is_tagged,
    "kinds": _is_kind,
}
_VALUES: Mapping[str, Callable[[NoteFacts], Iterable[str]]] = {
    "notes": lambda note: [note.place],
    "folders": lambda note: _chain(note.folder),
    "tags": lambda note: {part for tag in note.tags for part in _chain(tag)},
    "kinds": lambda note: [note.kind],
}


def _chain(folder: str) -> list[str]:
    """A folder and those that it lies in, the outermost first."""
    return list(accumulate(folder.split("/"), "{}/{}".format)) if folder else []


def _unknown(field: str, value: str, notes: Sequence[NoteFacts]) -> str:
    """Says that no note has this value, and which one may have been meant."""
    name = NAMES[field]
    known = {_folded(one): one for one in _known(field, notes)}
    close = difflib.get_close_matches(_folded(value), known, 1)
    if close:
        return (
            f"no note fulfils {name}:{value}; did you mean {name}:{quoted_value(known[close[0]])}?"
        )
    if not known:
        return f"no note fulfils {name}:{value}: no note has a {name} at all; leave it out"
    shown = ", ".join(sorted(known.values())[:_SHOWN])
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"no note fulfils {name}:{value}; there are {shown}{more}"


def _known(field: str, notes: Sequence[NoteFacts]) -> Iterator[str]:
    for note in notes:
        yield from _VALUES[field](note)
        if field == "notes":
            yield note.name
        if field in ("notes", "folders"):
            yield from note.folder.split("/") if note.folder else ()


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
