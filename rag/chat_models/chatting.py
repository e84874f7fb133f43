"""A chat model's stream, held to its limits: how long it may be silent, and how it has to end.

Before the first word a passing failure is tried again, with growing pauses or those that the server
asks for; after it never, since the words are on the screen.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    Callable,
    Collection,
    Generator,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from pydantic import SecretStr
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from rag.chat_models.adapting import Learned, ThoughtFilter
from rag.chat_models.background import iterate
from rag.chat_models.connections import (
    Broken,
    NotStreamed,
    causes,
    explained,
    is_passing,
    redacted,
    retry_after,
    secrets_of,
    status_of,
)
from rag.errors import CribError, ModelServerError
from rag.protocols import Writing
from rag.types import Usage

WROTE_NOTHING = "wrote nothing"
SPENT = "spent all its tokens on thinking"

Stream: TypeAlias = AsyncGenerator[AIMessageChunk, None]

ATTEMPTS = 3
"""How often a model is asked at most, as long as it has said nothing."""

MOST_CHUNKS = 50_000
"""Pieces of a stream at most: a server may send empty ones without end."""

BACKOFF = wait_exponential(multiplier=0.5, max=8) + wait_random(0, 0.25)
"""Seconds between attempts, unless the server asks for others."""


class SpentError(ModelServerError):
    """A model that thought until its tokens were used up."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is to be known of a chat model beside LangChain's interface.

    `end_mark` names the metadata in which it says why an answer ended; empty if it may not say so.
    `first` and `between` are the seconds that it may be silent before its first word and between
    two pieces. `name` is what errors call it, if not as an answer does; `key` names the setting
    that holds its key, and `secret` is one that was given. `limit` is how the package is told the
    most tokens of one answer; empty if it cannot be. `url` is the server's address, for errors, and
    `learned` what is known of it.
    """

    end_mark: str = ""
    first: float = 120.0
    between: float = 60.0
    name: str = ""
    key: str = "its key"
    secret: SecretStr | None = None
    limit: str = ""
    url: str = ""
    learned: Learned = field(default_factory=Learned)


def stream_answer(
    chat: BaseChatModel,
    messages: Sequence[BaseMessage],
    model: str,
    terms: Terms,
    options: Mapping[str, Any] = MappingProxyType({}),
) -> Writing:
    """Ask, and pass on what comes. An answer that was cut at its longest ends in " …".

    `options` are of this request alone, as the model's package takes them (max_tokens).

    The iterator raises ModelServerError if the model fails, falls silent, declines, or goes away
    before it has ended; what it had written was yielded before. Closing it closes the connection.
    """
    return Writing(_Request(chat, messages, terms.name or model, terms, options).pieces)


@dataclass(slots=True)
class _Request:
    """One question to a model, which may take more than one attempt. `said`: words were shown."""

    chat: BaseChatModel
    messages: Sequence[BaseMessage]
    name: str
    terms: Terms
    options: Mapping[str, Any]
    said: bool = False

    def pieces(self, writing: Writing) -> Generator[str, None, None]:
        """The answer; asked anew where the server refuses something that can be left out."""
        learned, refused = self.terms.learned, None
        while True:
            try:
                yield from self._once(writing)
                return
            except SpentError:
                if not learned.needs_room(self.terms.limit, self.options):
                    raise
            except Exception as error:  # every provider raises its own kind
                if not self.said and self._adapts(error):
                    refused = error
                    continue
                learned.forget_tried()
                raise self._failure(refused or error) from self._shown(refused or error)

    def _once(self, writing: Writing) -> Generator[str, None, None]:
        """Ask once: what comes of the answer, without thoughts."""
        learned, last = self.terms.learned, Last()
        thoughts = ThoughtFilter(is_held_back=learned.is_held_back)
        for chunk in iterate(_chunks(self._ask, self.terms)):
            last.take(chunk, self.terms.end_mark)
            writing.usage = last.usage
            yield from self._saying(thoughts.take(str(chunk.text)))
        is_cut = last.reason.lower() in _AT_LIMIT
        yield from self._saying(thoughts.rest(is_thought=is_cut and learned.hides is True))
        # Some packages drop thoughts; then only the tokens that they took are seen.
        is_spent = is_cut and not self.said
        learned.ended(thought=thoughts.has_thought or is_spent, hidden=thoughts.was_hidden)
        if is_spent:
            raise SpentError(f"{self.name} {SPENT}")
        yield from ending(last.reason, self.name, self.terms.end_mark)
        if not self.said:
            raise ModelServerError(f"{self.name} {WROTE_NOTHING}")

    def _saying(self, text: str) -> Iterator[str]:
        if text:
            self.said = True
            yield text

    def _ask(self) -> Stream:
        learned = self.terms.learned
        options = learned.options(self.options, self.terms.limit)
        asked = learned.chat(self.chat).astream(learned.messages(self.messages), **options)
        return cast(Stream, asked)

    def _adapts(self, error: Exception) -> bool:
        """True if the next attempt leaves out what the server does not take."""
        if any(isinstance(one, NotStreamed) for one in causes(error)):
            return self.terms.learned.leave_out("stream")
        return self.terms.learned.adapts(status_of(error), str(error))

    def _failure(self, error: Exception) -> CribError:
        if isinstance(error, CribError):  # its message says what to do
            return error
        why = explained(error, self.terms.key, self.terms.url)
        return ModelServerError(f"{self.name} failed: {redacted(why, self._secrets)}")

    def _shown(self, error: Exception) -> BaseException | None:
        """What a traceback may show of the error: nothing where it holds a key."""
        if isinstance(error, CribError):
            return error.__cause__
        texts = [str(one) for one in causes(error)]
        held = any(redacted(text, self._secrets) != text for text in texts)
        return None if held else error

    @property
    def _secrets(self) -> Collection[str]:
        return secrets_of(self.chat, self.terms.secret)


async def _chunks(ask: Callable[[], Stream], terms: Terms) -> Stream:
    """The pieces, from the attempt that came as far as a first word."""
    head, rest = await _opened(ask, terms)
    async with aclosing(rest):
        for chunk in head:
            yield chunk
        for _ in range(MOST_CHUNKS):
            later = await _next(rest, terms.between)
            if later is None:
                return
            yield later
    raise Broken(f"it sent more than {MOST_CHUNKS:,} pieces and did not end")


async def _opened(ask: Callable[[], Stream], terms: Terms) -> tuple[list[AIMessageChunk], Stream]:
    """A stream, and its pieces up to the first word. Tries again where a failure may pass."""
    retrying = AsyncRetrying(
        retry=retry_if_exception(is_passing),
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(terms.first),
        wait=_pause,
        reraise=True,
    )
    try:
        async with asyncio.timeout(terms.first) as clock:
            async for attempt in retrying:
                with attempt:
                    stream = ask()
                    return await _head(stream, clock, terms.first), stream
    except TimeoutError as error:
        if clock.expired():
            slower = "a slower one needs a larger CRIB_LLM_TIMEOUT"
            raise Broken(f"it wrote nothing for {terms.first:g} s; {slower}") from error
        raise
    raise AssertionError("the last attempt raises")


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = retry_after(error) if error else None
    return BACKOFF(state) if asked is None else asked


async def _head(stream: Stream, clock: asyncio.Timeout, limit: float) -> list[AIMessageChunk]:
    """Pieces up to the first with text; each that comes is a sign of life."""
    head: list[AIMessageChunk] = []
    async for chunk in stream:
        head.append(chunk)
        if chunk.text or len(head) > MOST_CHUNKS:
            break
        clock.reschedule(asyncio.get_running_loop().time() + limit)
    return head


async def _next(stream: Stream, limit: float) -> AIMessageChunk | None:
    try:
        async with asyncio.timeout(limit) as clock:
            return await anext(stream, None)
    except TimeoutError as error:
        if clock.expired():
            raise Broken(f"it fell silent for {limit:g} s in the middle of its answer") from error
        raise


_AT_LIMIT = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
"""What providers call it that an answer reached the most tokens it may have."""

_DECLINED = frozenset(
    {"content_filter", "content_filtered", "guardrail_intervened", "refusal", "safety", "error"}
    | {"recitation", "blocklist", "prohibited_content", "spii", "language"}
)
"""What providers call it that they would not go on, in lower case."""


class Last:
    """What the pieces of a stream say beside their text."""

    def __init__(self) -> None:
        self.reason = ""
        self._tokens: UsageMetadata | None = None

    def take(self, chunk: AIMessageChunk, end_mark: str) -> None:
        """Look at a piece; `end_mark` names the metadata that holds the reason of the end."""
        self.reason = str(chunk.response_metadata.get(end_mark) or self.reason)
        if chunk.usage_metadata:
            self._tokens = add_usage(self._tokens, chunk.usage_metadata)

    @property
    def usage(self) -> Usage | None:
        """What it took by now, if that was counted."""
        if not self._tokens or not self._tokens["input_tokens"]:
            return None  # no prompt is empty: it was not counted
        return Usage(self._tokens["input_tokens"], self._tokens["output_tokens"])


def ending(reason: str, model: str, end_mark: str) -> Iterator[str]:
    """What is to be added to an answer that ended for this reason.

    Raises:
        ModelServerError: the model declined; or it should have said why it ended, and did not.
    """
    if reason.lower() in _AT_LIMIT:
        yield " …"
    elif reason.lower() in _DECLINED:
        raise ModelServerError(f"{model} declined to answer or to go on ({reason})")
    elif end_mark and not reason:
        # LangChain takes the end of a connection for the end of an answer.
        raise ModelServerError(f"{model} went away in the middle of its answer")
