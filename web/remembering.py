"""What is known of each open page, by its session. That one is closed, not every browser says."""

from typing import TypeVar

MOST = 1_000
"""Pages of which something is known: more than are open at a time."""

Known = TypeVar("Known")


def remember(known: dict[str, Known], session: str, what: Known) -> None:
    """Keep `what` is known of a page; of too many, what was learnt longest ago is forgotten."""
    known.pop(session, None)
    known[session] = what
    while len(known) > MOST:
        known.pop(next(iter(known)), None)
