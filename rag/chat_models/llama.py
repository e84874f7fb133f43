"""A GGUF file as a LangChain chat model, run by llama.cpp in this process.

Each file is loaded once, whoever asks for it, and requests wait in line.
"""

import asyncio
import atexit
import contextlib
import hashlib
import importlib.metadata
import json
import os
import secrets
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakValueDictionary

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.utils import convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, PrivateAttr

from rag.chat_models.background import iterate
from rag.errors import ModelError, ModelServerError
from rag.files import digest_of

MAX_ANSWER_TOKENS = 400
"""Tokens of an answer at most, whatever its style: rag/prompts.py has the limits of each."""

FIRST_TOKENS = 20
"""First tokens that are weighed; what is less likely than twenty others is no matter."""

_STATES = 4
"""States that are kept, of several models or prompts; the oldest go."""

_BATCH = 128
"""Tokens of a prompt that are read in one go: only between two can a question be taken back."""

_LETTING_GO = 30.0
"""Seconds at most that the next in line waits for a question that was taken back to end."""


@dataclass(frozen=True, slots=True)
class _Load:
    """What a model is loaded with. `states` is a folder for what it computed of prompts."""

    path: Path
    states: Path
    context: int
    threads: int


class LlamaEngine:
    """A loaded model. It goes from memory when nobody holds it any more."""

    def __init__(self, server: Any, key: str) -> None:
        """Take a server of xllamacpp, and the key that it wants on loopback."""
        self._server = server
        self._key = key
        self._turn = asyncio.Lock()  # first come, first served; who is cancelled leaves the line

    async def events(self, request: Mapping[str, Any]) -> AsyncGenerator[Mapping[str, Any], None]:
        """Events of a streamed completion, once it is its turn. Closing it stops the model.

        Raises:
            ModelServerError: llama.cpp failed.
        """
        async with self._turn, _asked(self._server, request) as events:
            while (event := await events.get()) is not None:
                if isinstance(event, Exception):
                    raise ModelServerError(f"llama.cpp failed: {event}") from event
                if "error" in event:
                    raise ModelServerError(f"llama.cpp failed: {event['error'].get('message')}")
                yield event

    def slot(self, action: str, name: str) -> bool:
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


_ENGINES: WeakValueDictionary[tuple[object, ...], LlamaEngine] = WeakValueDictionary()
_LOADING = threading.Lock()


def engine(load: _Load) -> LlamaEngine:
    """The model of a file, loaded by the first who asks: a second or more, its size in memory.

    Raises:
        ModelError: llama.cpp does not take the file.
    """
    check_gguf(load.path)
    found = load.path.stat()
    key = (load, found.st_size, found.st_mtime_ns)
    with _LOADING:
        if (loaded := _ENGINES.get(key)) is None:
            secret = secrets.token_urlsafe(32)
            _ENGINES[key] = loaded = LlamaEngine(_serve(load, secret), secret)
        return loaded


def check_gguf(path: Path) -> None:
    """Raise ModelError if the file is of another kind. What else is wrong llama.cpp finds."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError(f"llama.cpp cannot load {path}: it is no GGUF file")


def _serve(load: _Load, key: str) -> Any:
    import xllamacpp

    # A cache that cannot be written to costs seconds, no answer.
    with contextlib.suppress(OSError):
        load.states.mkdir(parents=True, exist_ok=True)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(load.path)
    parameters.n_ctx = load.context
    parameters.n_batch = parameters.n_ubatch = _BATCH
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = load.threads
    parameters.verbosity = -1
    parameters.warmup = False
    if load.states.is_dir():
        parameters.slot_save_path = f"{load.states}/"
    # llama.cpp also listens on loopback: nobody but this process is to use that.
    parameters.api_keys = [key]
    try:
        return xllamacpp.Server(parameters)
    except Exception as error:
        why = "it is cut short or damaged, too large, or of a kind that llama.cpp does not know"
        raise ModelError(f"llama.cpp cannot load {load.path}: {why}; fetch it again") from error


_RUNNING: WeakKeyDictionary[threading.Thread, threading.Event] = WeakKeyDictionary()


@atexit.register
def _stop_all() -> None:
    """A thread that comes back from llama.cpp into a Python that has ended aborts the process."""
    for thread, stopped in list(_RUNNING.items()):
        stopped.set()
        thread.join(_LETTING_GO)


Events = asyncio.Queue[Mapping[str, Any] | Exception | None]


@asynccontextmanager
async def _asked(server: Any, request: Mapping[str, Any]) -> AsyncIterator[Events]:
    """A queue of what comes. When it is left the model is stopped, and has stopped."""
    loop, events, ended = asyncio.get_running_loop(), Events(), asyncio.Event()
    stopped = threading.Event()

    def put(event: Mapping[str, Any] | Exception | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    def take(event: Mapping[str, Any]) -> bool:
        put(event)
        return stopped.is_set()

    def work() -> None:
        try:
            server.handle_chat_completions(dict(request), take)
        except Exception as error:
            put(error)
        put(None)
        loop.call_soon_threadsafe(ended.set)

    thread = threading.Thread(target=work, name="llama", daemon=True)
    _RUNNING[thread] = stopped
    thread.start()
    try:
        yield events
    finally:
        stopped.set()
        # llama.cpp looks only after a token or a batch of the prompt.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LETTING_GO):
                await ended.wait()


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
    _engine: LlamaEngine | None = PrivateAttr(default=None)

    def load(self) -> None:
        """Load the file, unless this process has: a second or more, and its size in memory.

        Raises:
            ModelError: llama.cpp does not take the file.
        """
        self._loaded()

    def _loaded(self) -> LlamaEngine:
        if self._engine is None:
            self._engine = engine(_Load(self.path, self.states, self.context, self.threads))
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
