"""Asks the library for a page, and turns what goes wrong into what the page can show.

A generator that waits for a model's next token cannot be closed until that token comes, and before
the first one this takes seconds. So a thread waits in its place: stopping ends the reader right
away, takes the question back from the model, and has the thread close the model's iterator.
"""

import logging
import queue
from collections.abc import Iterator
from threading import Event as Flag
from threading import Thread
from typing import TypeGuard

from rag.chat_models.background import Stop
from rag.chats.conversations import Place
from rag.errors import CribError
from rag.types import AskOptions, Event
from web.conversation import Conversation, Exchange, chat_of, turns
from web.parts import remember
from web.protocols import Library
from web.translation import failure
from web.translation import gettext as _

_END = object()


def _is_event(item: object) -> TypeGuard[Event]:
    return item is not _END and not isinstance(item, Exception)


class EventStream:
    """`events`, to be iterated once. It is closed when read to its end, stopped or failed.

    An error of `events` is raised to the reader.
    """

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._items: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._stopped = Flag()
        self._taken_back = Stop()

    def stop(self) -> None:
        """End the reader now, and the model as soon as it can be."""
        self._stopped.set()
        self._taken_back.set()
        self._items.put(_END)

    def begin(self) -> None:
        """Have the events come, once. Until then they can be stopped, but not read."""
        Thread(target=self._pump, name="answer", daemon=True).start()

    def __iter__(self) -> Iterator[list[Event]]:
        """The events in order, each time all that came since the last look, at least one."""
        try:
            while not self._stopped.is_set():
                items = self._take()
                events: list[Event] = [item for item in items if _is_event(item)]
                if events:
                    yield events
                if isinstance(items[-1], Exception):
                    raise items[-1]
                if items[-1] is _END:
                    return
        finally:
            self._stopped.set()  # a reader that went away wants no more either
            self._taken_back.set()

    def _take(self) -> list[object]:
        """What has come, up to the end or the error that ends it; waits until something has."""
        items = [self._items.get()]
        while _is_event(items[-1]) and not self._items.empty():
            items.append(self._items.get())
        return items

    def _pump(self) -> None:
        try:
            with self._taken_back:
                for event in self._events:
                    if self._stopped.is_set():
                        break
                    self._items.put(event)
        except Exception as error:  # whatever it is, it is the reader's
            self._items.put(error)
        finally:
            if close := getattr(self._events, "close", None):
                close()
            self._items.put(_END)


_log = logging.getLogger(__name__)


class AnswerController:
    """The questions that are being answered, at most one for each page (a session of Gradio's)."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._streams: dict[str, EventStream] = {}
        self._seen: dict[str, bool] = {}

    def was_asked(self, session: str) -> bool:
        """True once this page has asked a question, since it was opened or began a new chat."""
        return session in self._seen

    def is_asking(self, session: str) -> bool:
        """True while this page is getting an answer."""
        return session in self._streams

    def remember(self, session: str) -> None:
        """This page goes on with a conversation that was begun before."""
        remember(self._seen, session, True)

    def forget(self, session: str) -> None:
        """This page begins a new chat."""
        self._seen.pop(session, None)

    def stop(self, session: str) -> None:
        """End the answer that this page is getting, if it is getting one."""
        if stream := self._streams.get(session):
            stream.stop()

    def ask(
        self,
        session: str,
        question: str,
        past: Conversation,
        options: AskOptions = AskOptions(),
        instead_of: Place | None = None,
    ) -> Iterator[Exchange]:
        """The exchange as it comes about; none where this page is still getting an answer.

        It is kept at the end of what is `past`, or where another was. Raises nothing: its last
        stage says how it ended.
        """
        kept = self._library.stream_kept(question, turns(past), options, chat_of(past), instead_of)
        stream = EventStream(kept)
        if self._streams.setdefault(session, stream) is not stream:
            return
        remember(self._seen, session, True)
        exchange = Exchange(question, place=kept.place)
        try:
            stream.begin()  # it is searched while the page is told so
            yield exchange
            for events in stream:
                for event in events:
                    exchange = exchange.after(event)
                exchange = exchange.kept(kept.place, kept.notice)
                yield exchange
        except CribError as error:
            exchange = exchange.failed(failure(error))
        except Exception:
            _log.exception("a question could not be answered")
            exchange = exchange.failed(
                _("Something went wrong on our side; the log of the program says what.")
            )
        finally:
            del self._streams[session]
            stream.stop()
        yield exchange.stopped() if exchange.is_running else exchange
