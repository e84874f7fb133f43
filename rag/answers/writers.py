"""Who writes an answer: a chat model, one of several, one that is still loading, or nobody.

Where nobody does, the notes' own sentences are the answer. LangChain's messages are imported where
they are made: that takes a second or more, which a question without a model need not wait for.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.errors import ModelError
from rag.prompts import SMALL, prefix
from rag.protocols import Writing
from rag.types import Message, Prompts

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.chat_models.chatting import Terms
import threading
import time
from contextlib import closing

from rag.protocols import Writer, Writers

FirstTokens = Callable[["Sequence[BaseMessage]"], Mapping[str, float]]
"""The likeliest first tokens of an answer, with their log-probabilities."""

SENTENCES = "the notes' own sentences, no language model"
"""What is named as the model where none answers."""

UNLIKELY = -25.0
"""The log-probability of what is not among the likeliest first tokens."""

_TELLING = 3
"""Letters of a token that begin a longer text for sure: "No" begins "Not in", too."""


class NoModel:
    """No model: the notes' own sentences are the answer. `notice` says why, where one was wanted.

    A writer as in rag/protocols.py.
    """

    prompts = None

    def __init__(self, notice: str = "") -> None:
        self.name = SENTENCES
        self.notice = notice

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """Raises ModelError: there is nothing to write with."""
        raise ModelError(f"{self.name}: nothing can be written; set CRIB_LLM to name a model")

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> None:
        """None: there is nothing that could tell."""

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """There is nothing to forget."""


class ChatWriter:
    """A LangChain chat model as a writer.

    Args:
        chat: the model.
        name: what it is called, in words a person knows.
        terms: how long it is waited for, and how an answer has to end.
        prompts: what models of its size are told.
        first_tokens: tells its likeliest first tokens, where something does.
    """

    notice = ""

    def __init__(
        self,
        chat: "BaseChatModel",
        name: str,
        terms: "Terms | None" = None,
        *,
        prompts: Prompts = SMALL,
        first_tokens: "FirstTokens | None" = None,
    ) -> None:
        self.name = name
        self.prompts = prompts
        self._chat = chat
        self._terms = terms
        self._first_tokens = first_tokens
        self._beginning: Sequence[Message] = ()

    @property
    def repeats(self) -> bool:
        """True if the model is asked for its likeliest words, so that it would say them again."""
        return getattr(self._chat, "temperature", None) == 0

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """Stream what the model writes; see rag/chat_models/chatting.py for how it ends."""
        from rag.chat_models.chatting import Terms, stream_answer

        terms = self._terms or Terms()
        options = {terms.limit: tokens} if terms.limit else {}
        return stream_answer(self._chat, _converted(messages), self.name, terms, options)

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """By the first token, of which the model tells the likeliest: what else may follow it.

        Where the prompt begins otherwise than the one before, what was computed of that beginning
        is fetched first.

        Raises:
            ModelServerError: the model failed.
        """
        if self._first_tokens is None:
            return None
        if messages[:-1] != self._beginning:
            self.start_over(messages[:-1])
        tokens = self._first_tokens(_converted(messages))
        return [_begun(one, tokens) for one in continuations]

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Have a model in this process forget what it was asked last.

        What it computes hangs, in its last bits, on what its cache holds of the prompt before; from
        here on it does not. A model on a server is left alone.
        """
        self._beginning = prefix(self.prompts) if beginning is None else beginning
        if read_ahead := getattr(self._chat, "read_ahead", None):
            read_ahead(_converted(self._beginning))


def _begun(text: str, tokens: Mapping[str, float]) -> float:
    """The log-probability that an answer begins as `text` does."""
    said = text.casefold()
    likely = 0.0
    for token, chance in tokens.items():
        bare = token.strip().casefold()
        if bare and said.startswith(bare) and len(bare) >= min(len(said), _TELLING):
            likely += math.exp(chance)
    return math.log(min(1.0, likely)) if likely > 0 else UNLIKELY


def _converted(messages: Sequence[Message]) -> "list[BaseMessage]":
    from langchain_core.messages.utils import convert_to_messages

    return convert_to_messages([(message.role, message.text) for message in messages])


def kept(text: str) -> Writing:
    """A text that was written before, as the pieces of one that is being written."""

    def pieces(_: Writing) -> Generator[str, None, None]:
        yield text

    return Writing(pieces, cached=True)


REST = 60.0
"""Seconds for which a writer that failed is asked only after the others."""

STILL_LOADING = "The model is still loading: these are the notes' own sentences."

_Load = Callable[[], Writers]


class Choice:
    """A writer that is loaded once it is needed, and rests for a while where it fails.

    `load` raises ModelError if it cannot be had; so does whatever needs it loaded.
    """

    def __init__(self, name: str, load: Callable[[], Writer]) -> None:
        self._entry = name
        self._load = load
        self._loaded: Writer | None = None
        self._lock = threading.Lock()
        self._failed_at = float("-inf")
        self.failure = ""
        self.before: Sequence[Choice] = ()

    def loaded(self) -> Writer:
        """The writer, loaded by the first who asks."""
        try:
            with self._lock:
                if self._loaded is None:
                    self._loaded = self._load()
                return self._loaded
        except ModelError as error:
            self._fail(error)
            raise

    @property
    def name(self) -> str:
        """The writer's; as it was asked for, until it is loaded."""
        return self._loaded.name if self._loaded else self._entry

    @property
    def notice(self) -> str:
        """Why not one of those before it."""
        failed = [one.failure for one in self.before if one.is_resting]
        own = self._loaded.notice if self._loaded else ""
        return f"{'; '.join(failed)}; instead: {self._entry}" if failed else own

    @property
    def prompts(self) -> Prompts | None:
        """The writer's."""
        return self.loaded().prompts

    @property
    def is_resting(self) -> bool:
        """True for a while after it failed."""
        return time.monotonic() - self._failed_at < REST

    def generate(self, messages: Sequence[Message], tokens: int, *, fresh: bool = False) -> Writing:
        """What the writer writes."""

        def pieces(writing: Writing) -> Generator[str, None, None]:
            try:
                theirs = self.loaded().generate(messages, tokens, fresh=fresh)
                writing.cached = theirs.cached
                with closing(theirs):
                    for piece in theirs:
                        writing.usage = theirs.usage
                        yield piece
                    writing.usage = theirs.usage
            except ModelError as error:
                self._fail(error)
                raise

        return Writing(pieces)

    def score(
        self, messages: Sequence[Message], continuations: Sequence[str], *, fresh: bool = False
    ) -> Sequence[float] | None:
        """What the writer says."""
        try:
            return self.loaded().score(messages, continuations, fresh=fresh)
        except ModelError as error:
            self._fail(error)
            raise

    def start_over(self, beginning: Sequence[Message] | None = None) -> None:
        """Have the writer forget what it was asked last: nothing, if it is not loaded."""
        if self._loaded:
            self._loaded.start_over(beginning)

    def _fail(self, error: ModelError) -> None:
        self.failure, self._failed_at = str(error), time.monotonic()


class Fallback:
    """Writers in order: those that rest come last. Call it for those of the moment."""

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._choices = tuple(choices)
        for place, choice in enumerate(self._choices):
            choice.before = self._choices[:place]

    def settle(self) -> None:
        """Load the first that can be had. Raises ModelError where none can."""
        for choice in self._choices:
            try:
                choice.loaded()
                return
            except ModelError as error:
                last = error
        if len(self._choices) == 1:
            raise last
        raise ModelError("; ".join(choice.failure for choice in self._choices))

    def __call__(self) -> Sequence[Writer]:
        """All of them, the one to be asked first in front."""
        return sorted(self._choices, key=lambda choice: choice.is_resting)


class Loading:
    """Writers that are being loaded, and what stands in for them until then, or for good.

    Call it for the writers of the moment; `wait` for those that were asked for.
    """

    def __init__(self, load: _Load, llm: str = "none") -> None:
        """Take what loads, and the value of CRIB_LLM that it loads."""
        self._load = load
        self._wanted = llm
        self._loaded = ""
        self._writers: Writers = lambda: (NoModel(STILL_LOADING),)
        self._done = threading.Event()
        self._lock = threading.Lock()
        self._latest = 0
        self._problem = ""

    def start(self) -> None:
        """Begin to load, in the background."""
        self._begin(self._load, self._wanted)

    def use(self, load: _Load, llm: str) -> None:
        """Load others in the background; those before answer until then, and are let go.

        They go on answering if the others cannot be had. Of several the last one counts.
        """
        self._begin(load, llm)

    def _begin(self, load: _Load, llm: str) -> None:
        with self._lock:
            self._latest += 1
            self._wanted = llm
            self._done.clear()
            arguments = (load, self._latest)
        threading.Thread(target=self._run, args=arguments, name="load-model", daemon=True).start()

    def _run(self, load: _Load, number: int) -> None:
        try:
            loaded, problem = load(), ""
        except Exception as error:  # whatever it is, somebody waits for an answer
            loaded, problem = None, str(error)
        with self._lock:
            if number == self._latest:
                self._take(loaded, problem)
                self._done.set()

    def _take(self, loaded: Writers | None, problem: str) -> None:
        wanted, self._wanted = self._wanted, ""
        if loaded:
            self._writers, self._loaded, self._problem = loaded, wanted, ""
        elif self._loaded:
            self._problem = f"{problem}; {self.first.name} goes on answering"
        else:
            self._writers = lambda: (NoModel(f"No model answers: {problem}"),)

    def __call__(self) -> Sequence[Writer]:
        """The writers of the moment."""
        return self._writers()

    @property
    def first(self) -> Writer:
        """The one that is asked first just now."""
        return self()[0]

    @property
    def notice(self) -> str:
        """Why another one answers than was asked for; empty if none does."""
        return self._problem or self.first.notice

    @property
    def named(self) -> set[str]:
        """The values of CRIB_LLM that answer, or will once they are loaded."""
        return {self._loaded, self._wanted} - {""}

    @property
    def llm(self) -> str:
        """The value of CRIB_LLM that answers, or will once it is loaded."""
        return self._wanted or self._loaded

    @property
    def is_done(self) -> bool:
        """True once it is known who answers."""
        return self._done.is_set()

    def wait(self) -> Sequence[Writer]:
        """The writers that were asked for, or what stands in if they could not be had."""
        self._done.wait()
        return self()
