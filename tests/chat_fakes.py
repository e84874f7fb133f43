"""Conversations that are kept in memory."""

import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from itertools import count

from rag.chats.conversations import Place
from rag.chats.kept import Chat, ChatInfo, ChatListing, Feedback, Kept, title_of
from rag.chats.staleness import CitedNow
from rag.errors import ChatError, CribError
from rag.types import Answer


class ScriptedChats:
    """What a page asks of conversations. `error` is raised by all, `cited` is what has changed."""

    page = 20

    def __init__(self) -> None:
        self.chats: dict[int, Chat] = {}
        self.error: CribError | None = None
        self.cited: tuple[CitedNow, ...] = ()
        self.drafts: set[int] = set()
        self._numbers = count(1)

    def keep(self, answer: Answer, chat: int | None = None) -> Place:
        """Put an answer at the end of a conversation."""
        self._fail()
        number, now = next(self._numbers), time.time()
        if chat is None or chat not in self.chats:
            chat = number
            self.chats[chat] = Chat(ChatInfo(chat, title_of(answer.question), now, now, 0), ())
        self._set(chat, (*self.chats[chat].exchanges, Kept(number, now, answer)))
        return Place(chat, number)

    def amend(self, place: Place, answer: Answer) -> None:
        """Put an answer in the place of another."""
        self._fail()
        if kept := self.chats.get(place.chat):
            self._set(
                place.chat,
                tuple(
                    replace(one, answer=answer, feedback=None) if one.id == place.exchange else one
                    for one in kept.exchanges
                ),
            )

    def listing(self, query: str = "", page: int = 0) -> ChatListing:
        """Those that hold the words of the query, the latest first."""
        self._fail()
        found = [chat.info for chat in self.chats.values() if _holds(chat, query.split())]
        found.sort(key=lambda info: (-info.changed, -info.id))
        stale = bool(self.cited)
        shown = found[page * self.page : (page + 1) * self.page]
        return ChatListing(tuple(replace(info, is_stale=stale) for info in shown), len(found))

    def chat(self, number: int) -> Chat:
        """One of them."""
        self._fail()
        if number not in self.chats:
            raise ChatError(f"there is no conversation {number}")
        kept = self.chats[number]
        exchanges = tuple(replace(one, cited=self.cited) for one in kept.exchanges)
        return replace(kept, exchanges=exchanges)

    def rename(self, number: int, title: str) -> None:
        """Give it a title."""
        kept = self.chat(number)
        self.chats[number] = replace(kept, info=replace(kept.info, title=title))

    def delete(self, number: int) -> None:
        """Forget it."""
        self._fail()
        self.chats.pop(number, None)

    # What is thought of an answer

    def version(self) -> tuple[int, ...]:
        """Who was changed when."""
        infos = [chat.info for chat in self.chats.values()]
        return tuple(hash((one.id, one.title, one.changed, one.exchanges)) for one in infos)

    def at(self, place: Place) -> Kept:
        """The answer that is kept there."""
        for one in self.chat(place.chat).exchanges:
            if one.id == place.exchange:
                return one
        raise ChatError("this answer is gone")

    def rate(self, place: Place, feedback: Feedback | None) -> None:
        """Remember it."""
        self._put(replace(self.at(place), feedback=feedback), place)

    def draft(self, place: Place) -> None:
        """Remember that one was made."""
        self.drafts.add(self.at(place).id)

    def drafted(self, kept: Iterable[Kept]) -> frozenset[int]:
        """Those of which one was made."""
        return frozenset(one.id for one in kept if one.id in self.drafts)

    def drop_after(self, place: Place) -> None:
        """Forget those after it."""
        kept = self.chats[place.chat].exchanges
        self._set(place.chat, tuple(one for one in kept if one.id <= place.exchange))

    def _put(self, kept: Kept, place: Place) -> None:
        before = self.chats[place.chat].exchanges
        self._set(place.chat, tuple(kept if one.id == kept.id else one for one in before))

    def _set(self, chat: int, exchanges: tuple[Kept, ...]) -> None:
        info = replace(self.chats[chat].info, changed=time.time(), exchanges=len(exchanges))
        self.chats[chat] = Chat(info, exchanges)

    def _fail(self) -> None:
        if self.error:
            raise self.error


def _holds(chat: Chat, words: Collection[str]) -> bool:
    said = [chat.info.title]
    said += [f"{one.answer.question} {one.answer.text}" for one in chat.exchanges]
    return all(word.casefold() in " ".join(said).casefold() for word in words)
