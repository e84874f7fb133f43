"""Asks the library for a page, and turns what goes wrong into what the page can show."""

import logging
from collections.abc import Iterator

from rag.chats.conversations import Place
from rag.errors import CribError
from rag.types import AskOptions
from web import words
from web.conversation import Conversation, Exchange, chat_of, turns
from web.protocols import Library
from web.remembering import remember
from web.streaming import EventStream

_log = logging.getLogger(__name__)


class Desk:
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
            exchange = exchange.failed(words.failure(error))
        except Exception:
            _log.exception("a question could not be answered")
            exchange = exchange.failed(words.UNEXPECTED)
        finally:
            del self._streams[session]
            stream.stop()
        yield exchange.stopped() if exchange.is_running else exchange
