"""Who writes an answer: a chat model, or nobody, where the notes' own sentences are the answer.

LangChain's messages are imported where they are made: that takes a second or more, which a
question that no model answers need not wait for.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TYPE_CHECKING

from rag.errors import ModelError
from rag.prompts import SMALL, Prompts, prefix
from rag.protocols import Writing
from rag.types import Message

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.chat_models.chatting import Terms

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
