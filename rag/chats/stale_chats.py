"""Which conversations rest on words that their notes no longer hold.

Where that cannot be told, since there is no index or it cannot be read, they are as they are kept.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from rag.chats.conversations import Conversations
from rag.chats.kept import Chat, Listing
from rag.chats.staleness import Notes, is_stale, staleness
from rag.errors import StoreError


class Library(Notes, Protocol):
    """The notes of today, and how many there are."""

    def counts(self) -> tuple[int, int]:
        """Number of notes and of chunks."""


def with_staleness(chat: Chat, notes: Library | None) -> Chat:
    """The conversation, with what has become of all that its answers cite."""
    with suppress(StoreError):
        if notes and _says_something(notes):
            kept = [replace(one, cited=staleness(one.answer, notes)) for one in chat.exchanges]
            info = replace(chat.info, is_stale=any(one.is_stale for one in kept))
            return replace(chat, info=info, exchanges=tuple(kept))
    return chat


def with_marks(listing: Listing, chats: Conversations, notes: Library | None) -> Listing:
    """The list, with those marked that are stale. Reads only notes whose files have changed."""
    with suppress(StoreError):
        if notes and _says_something(notes):
            stale = set(_stale([info.id for info in listing.chats], chats, notes))
            marked = (replace(info, is_stale=info.id in stale) for info in listing.chats)
            return replace(listing, chats=tuple(marked))
    return listing


def _says_something(notes: Library) -> bool:
    """False for an index that is being made anew, in which every note seems to be gone."""
    return bool(notes.counts()[0])


def _stale(ids: list[int], chats: Conversations, notes: Notes) -> Iterator[int]:
    cited = chats.cited(ids)
    digests = notes.digests({one.path for one in cited})
    changed = {one.place for one in cited if digests.get(one.path) != one.digest}
    for place, kept in chats.answers(changed):
        if is_stale(staleness(kept.answer, notes)):
            yield place.chat
