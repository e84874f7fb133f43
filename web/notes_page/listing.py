"""The list of notes: which lines it has, folders that are open or not, and its HTML. Pure.

web/notes_page/notes.js tells the server what was clicked.
"""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from rag.text.words import content_words, fold, stem
from rag.types import Chunk
from web.notes_page.types import Item, Overview, State
from web.templates import Macros

ROWS = 200
"""Lines on the page at a time: a browser takes no more without being slow."""

_ALL_OPEN = 100  # notes; of more than these only the outermost folders are open at first


@dataclass(frozen=True, slots=True)
class Shown:
    """What a person made of the list: searched for, folders turned, the page, the open note."""

    query: str = ""
    state: State | None = None
    turned: frozenset[str] = frozenset()
    page: int = 0
    path: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the list: a note, or a folder with how many notes of each state are below it."""

    depth: int
    folder: str
    item: Item | None = None
    is_open: bool = False
    counts: dict[State, int] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The last part of the folder, below the outermost ones."""
        return self.folder.rpartition("/")[2] if self.depth else self.folder


def matching(items: Iterable[Item], shown: Shown) -> list[Item]:
    """The notes in whose place every word of the query stands, and that are in the state."""
    words = fold(shown.query).split()
    return [
        item
        for item in items
        if (shown.state is None or item.state is shown.state)
        and all(word in fold(f"{item.folder}/{item.name}") for word in words)
    ]


def rows(items: Sequence[Item], shown: Shown) -> list[_Row]:
    """All lines. What was searched for stands below each other, with no folder in between."""
    found = sorted(matching(items, shown), key=_order)
    if shown.query.strip():
        return [_Row(0, item.folder, item) for item in found]
    counts = _counts(found)
    listed: list[_Row] = []
    said: set[str] = set()
    for item in found:
        chain = _chain(item.folder)
        is_shown = True
        for depth, folder in enumerate(chain):
            is_open = is_shown and _is_open(folder, len(found), shown)
            if is_shown and folder not in said:
                said.add(folder)
                listed.append(_Row(depth, folder, None, is_open, counts[folder]))
            is_shown = is_open
        if is_shown:
            listed.append(_Row(len(chain), item.folder, item))
    return listed


def page_of(listed: Sequence[_Row], page: int) -> tuple[Sequence[_Row], int, int]:
    """The lines of a page, its number as far as there is one, and how many pages there are."""
    pages = max(1, -(-len(listed) // ROWS))
    page = min(max(page, 0), pages - 1)
    return listed[page * ROWS : (page + 1) * ROWS], page, pages


def turned(shown: Shown, folder: str) -> Shown:
    """A folder that was open is not, and the other way round."""
    return replace(shown, turned=shown.turned ^ {folder})


def _is_open(folder: str, total: int, shown: Shown) -> bool:
    at_first = total <= _ALL_OPEN or "/" not in folder
    return at_first != (folder in shown.turned)


def _order(item: Item) -> tuple[list[str], str]:
    """Notes of a folder stand after the folders in it, which so keep together."""
    parts = [f"0{part}" for part in fold(item.folder).split("/")]
    return [*parts, "1"], fold(item.name)


def _chain(folder: str) -> list[str]:
    """A folder and those it lies in, the outermost first."""
    parts = folder.split("/") if folder else []
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]


def _counts(items: Iterable[Item]) -> dict[str, dict[State, int]]:
    counts: dict[str, dict[State, int]] = {}
    for item in items:
        for folder in _chain(item.folder):
            below = counts.setdefault(folder, dict.fromkeys(State, 0))
            below[item.state] += 1
    return counts


_EXCERPT = 160  # characters of a passage that was found
_WORD = re.compile(r"\w+")
_BEFORE = 40  # of these before the first word that was searched for


def notes_html(
    overview: Overview, shown: Shown, found: Sequence[Chunk] = (), now: float | None = None
) -> str:
    """The list as it is `shown`; `found` are passages that hold the words searched for."""
    listed = rows(overview.items, shown)
    some, page, pages = page_of(listed, shown.page)
    wanted = content_words(shown.query)
    excerpts = [(chunk, excerpt(chunk.text, wanted)) for chunk in found]
    now = time.time() if now is None else now
    return str(
        Macros("notes").tree(
            overview, shown, some, page, pages, page * ROWS + 1, len(listed), excerpts, now
        )
    )


def excerpt(text: str, wanted: Sequence[str]) -> list[tuple[str, bool]]:
    """Where the first of the words stands, and what is around it: pieces, and which are words."""
    flat = " ".join(text.split())
    stems = {stem(word) for word in wanted}
    spans = [one.span() for one in _WORD.finditer(flat) if stem(fold(one[0])) in stems]
    first = max(0, spans[0][0] - _BEFORE) if spans else 0
    last = first + _EXCERPT
    pieces, at = [("…" * (first > 0), False)], first
    for start, end in spans:
        if end <= last:
            pieces += [(flat[at:start], False), (flat[start:end], True)]
            at = end
    return [*pieces, (flat[at:last] + "…" * (last < len(flat)), False)]
