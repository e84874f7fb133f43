"""Whose notes are these? Folders lie within each other, but a note belongs to one root alone.

What two roots would both list belongs to the outer one. What the outer one passes over (it is
hidden, or ignored) is no concern of its, and may be a root of its own.
"""

from collections.abc import Collection

from ingest.types import Listing, is_address


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
