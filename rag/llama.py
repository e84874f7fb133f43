"""A GGUF file as a LangChain chat model, run by llama.cpp in this process."""

import contextlib
import hashlib
import importlib.metadata
import json
import os
import queue
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.utils import convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

from rag.errors import ModelError, ModelServerError
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
    _server: Any = PrivateAttr(default=None)
    _key: str = PrivateAttr(default_factory=lambda: secrets.token_urlsafe(32))

    def load(self) -> None:
        """Load the file: a second or more, and its size in memory.

        Raises:
            ModelError: llama.cpp does not take the file.
        """
        import xllamacpp

        # A cache that cannot be written to costs seconds, no answer.
        with contextlib.suppress(OSError):
            self.states.mkdir(parents=True, exist_ok=True)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(self.path)
        parameters.n_ctx = self.context
        parameters.n_parallel = 1
        parameters.n_predict = MAX_ANSWER_TOKENS
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = self.threads
        parameters.verbosity = -1
        parameters.warmup = False
        if self.states.is_dir():
            parameters.slot_save_path = f"{self.states}{os.sep}"
        # llama.cpp also listens on loopback: nobody but this process is to use that.
        parameters.api_keys = [self._key]
        try:
            self._server = xllamacpp.Server(parameters)
        except Exception as error:
            raise ModelError(f"llama.cpp cannot load {self.path} ({error})") from error

    def read_ahead(self, messages: Sequence[BaseMessage]) -> None:
        """Have the beginning of all prompts read before anybody waits for it.

        Tens of seconds on a slow machine, and milliseconds where an earlier process kept what it
        had computed: about 30 kB a token for a model of 1.5 billion parameters.
        """
        key = self._state_key(messages)
        if not self._restored(key):
            self.invoke([*messages, HumanMessage("[1]")], max_tokens=1)
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
        for event in _events(self._server, request):
            for token in (event["choices"][0].get("logprobs") or {}).get("content") or []:
                found |= {one["token"]: one["logprob"] for one in token["top_logprobs"]}
        return found

    def _restored(self, key: str) -> bool:
        with contextlib.suppress(OSError):
            for state in self.states.glob(f"{key}-*"):
                # A damaged one would end the process, so its name holds its digest.
                if state.name == f"{key}-{digest_of(state)}":
                    return self._slot("restore", state.name)
        return False

    def _keep(self, key: str) -> None:
        written = self.states / f"{key}.{os.getpid()}.new"
        # Whatever goes wrong here costs the next process seconds, and no answer.
        with contextlib.suppress(OSError):
            if self._slot("save", written.name):
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

    def _slot(self, action: str, name: str) -> bool:
        """Save or restore the key-value cache; False where llama.cpp cannot.

        xllamacpp gives no call for it, but the server that it starts on loopback has a path.
        """
        address = urlsplit(self._server.listening_address)
        connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        try:
            body = json.dumps({"filename": name})
            connection.request("POST", f"/slots/0?action={action}", body, headers)
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

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
        request = {
            "messages": convert_to_openai_messages(messages),
            "stream": True,
            "temperature": self.temperature,
            "max_tokens": MAX_ANSWER_TOKENS,
            "cache_prompt": True,
            **({"stop": stop} if stop else {}),
            **kwargs,
        }
        for event in _events(self._server, request):
            choice = event["choices"][0]
            text = choice["delta"].get("content") or ""
            reason = choice.get("finish_reason")
            extra = {"finish_reason": reason, "timings": event.get("timings")} if reason else {}
            yield ChatGenerationChunk(message=AIMessageChunk(content=text, response_metadata=extra))


def _age(path: Path) -> float:
    return path.stat().st_mtime


def _events(server: Any, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Events of a streamed completion. Closing the iterator stops the model at its next token."""
    events: queue.Queue[Mapping[str, Any] | Exception | None] = queue.Queue()
    stopped = threading.Event()

    def take(event: Mapping[str, Any]) -> bool:
        events.put(event)
        return stopped.is_set()

    def work() -> None:
        try:
            server.handle_chat_completions(dict(request), take)
        except Exception as error:
            events.put(error)
        events.put(None)

    threading.Thread(target=work, name="llama", daemon=True).start()
    try:
        while (event := events.get()) is not None:
            if isinstance(event, Exception):
                raise ModelServerError(f"llama.cpp failed: {event}") from event
            if "error" in event:
                raise ModelServerError(f"llama.cpp failed: {event['error'].get('message')}")
            yield event
    finally:
        stopped.set()
