"""A GGUF file as a LangChain chat model, run by llama.cpp in this process."""

import asyncio
import contextlib
import hashlib
import importlib.metadata
import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.utils import convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

from rag.chat_models.background import iterate
from rag.chat_models.serving import Engine, Load, engine
from rag.models import digest_of

MAX_ANSWER_TOKENS = 400
"""Tokens of an answer at most, whatever its style: rag/prompts.py has the limits of each."""

FIRST_TOKENS = 20
"""First tokens that are weighed; what is less likely than twenty others is no matter."""

_STATES = 4
"""States that are kept, of several models or prompts; the oldest go."""


class LlamaChat(BaseChatModel):
    """A GGUF file, run by llama.cpp in this process. Requests wait for one another.

    The key-value cache of the last prompt is kept, so a prefix that does not change is read once;
    that of `read_ahead` is kept in the folder `states` too, for the next process.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    path: Path
    states: Path
    context: int
    threads: int
    temperature: float = 0.0
    _engine: Engine | None = PrivateAttr(default=None)

    def load(self) -> None:
        """Load the file, unless this process has: a second or more, and its size in memory.

        Raises:
            ModelError: llama.cpp does not take the file.
        """
        self._loaded()

    def _loaded(self) -> Engine:
        if self._engine is None:
            self._engine = engine(Load(self.path, self.states, self.context, self.threads))
        return self._engine

    def read_ahead(self, messages: Sequence[BaseMessage]) -> None:
        """Have the beginning of all prompts read before anybody waits for it.

        Tens of seconds on a slow machine, and milliseconds where an earlier process kept what it
        had computed: about 30 kB a token for a model of 1.5 billion parameters.
        """
        key = self._state_key(messages)
        if not self._restored(key):
            # From the very beginning: what stood in the cache before would change the last bits.
            self.invoke([*messages, HumanMessage("[1]")], max_tokens=1, cache_prompt=False)
            self._keep(key)

    def first_tokens(self, messages: Sequence[BaseMessage]) -> Mapping[str, float]:
        """The likeliest first tokens of an answer, with their log-probabilities.

        The prompt is read for it and kept, so that an answer that is asked for next begins at once.

        Raises:
            ModelServerError: llama.cpp failed.
        """
        request = {
            "messages": convert_to_openai_messages(list(messages)),
            "stream": True,
            "temperature": 0.0,
            "max_tokens": 1,
            "cache_prompt": True,
            "logprobs": True,
            "top_logprobs": FIRST_TOKENS,
        }
        found: dict[str, float] = {}
        for event in iterate(self._loaded().events(request)):
            for token in (event["choices"][0].get("logprobs") or {}).get("content") or []:
                found |= {one["token"]: one["logprob"] for one in token["top_logprobs"]}
        return found

    def _restored(self, key: str) -> bool:
        with contextlib.suppress(OSError):
            for state in self.states.glob(f"{key}-*"):
                # A damaged one would end the process, so its name holds its digest.
                if state.name == f"{key}-{digest_of(state)}":
                    return self._loaded().slot("restore", state.name)
        return False

    def _keep(self, key: str) -> None:
        written = self.states / f"{key}.{os.getpid()}.new"
        # Whatever goes wrong here costs the next process seconds, and no answer.
        with contextlib.suppress(OSError):
            if self._loaded().slot("save", written.name):
                written.replace(self.states / f"{key}-{digest_of(written)}")
            for old in sorted(self.states.iterdir(), key=_age)[:-_STATES]:
                old.unlink(missing_ok=True)

    def _state_key(self, messages: Sequence[BaseMessage]) -> str:
        """Changes with whatever the computed state depends on."""
        found = self.path.stat()
        version = importlib.metadata.version("xllamacpp")
        of_model = [str(self.path), found.st_size, found.st_mtime_ns, self.context, version]
        words = json.dumps([of_model, convert_to_openai_messages(list(messages))])
        return hashlib.sha256(words.encode()).hexdigest()[:16]

    @property
    def _llm_type(self) -> str:
        return "llama.cpp"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        yield from iterate(self._astream(messages, stop, **kwargs))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncGenerator[ChatGenerationChunk, None]:
        request = {
            "messages": convert_to_openai_messages(messages),
            "stream": True,
            "temperature": self.temperature,
            "max_tokens": MAX_ANSWER_TOKENS,
            "cache_prompt": True,
            "return_progress": True,  # so that a question can be taken back before its first word
            **({"stop": stop} if stop else {}),
            **kwargs,
        }
        loaded = await asyncio.to_thread(self._loaded)  # it may take seconds
        async with contextlib.aclosing(loaded.events(request)) as events:
            async for event in events:
                yield ChatGenerationChunk(message=_message(event))


def _message(event: Mapping[str, Any]) -> AIMessageChunk:
    """A piece of the answer; the last one says why it ended, and what it took."""
    choice = event["choices"][0]
    text, reason = choice["delta"].get("content") or "", choice.get("finish_reason")
    if not reason:
        return AIMessageChunk(content=text)
    timings = event.get("timings") or {}
    read = timings.get("prompt_n", 0) + timings.get("cache_n", 0)
    written = timings.get("predicted_n", 0)
    return AIMessageChunk(
        content=text,
        response_metadata={"finish_reason": reason, "timings": timings},
        usage_metadata=UsageMetadata(
            input_tokens=read, output_tokens=written, total_tokens=read + written
        ),
    )


def _age(path: Path) -> float:
    return path.stat().st_mtime
