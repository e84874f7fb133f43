"""Refuses a plan that would forget more notes than a person is likely to have meant.

A folder that turns out empty, or half empty, is more often a wrong one, or a disk that is not
mounted, than a wish to forget all that was in it.
"""

import shlex
from collections.abc import Mapping, Sized

from ingest.types import Listing, Plan, is_address
from rag.errors import NotesError
from rag.types import FileState


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
    return f"no notes in {root}: put some into it (Markdown, text, PDF, Word ...; see the README)"


def forget_command(root: str) -> str:
    """What a person types to have the notes forgotten that are gone from `root`."""
    return f"crib ingest {shlex.quote(root)} --allow-deletions"


def _is_most(paths: Sized, known: Sized) -> bool:
    return 2 * len(paths) > len(known)
