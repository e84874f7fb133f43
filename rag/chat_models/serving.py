"""Models that run in this process, each once whoever asks for it. Requests wait in line."""

import asyncio
import atexit
import contextlib
import json
import secrets
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, WeakValueDictionary

from rag.errors import ModelError, ModelServerError

BATCH = 128
"""Tokens of a prompt that are read in one go: only between two can a question be taken back."""

_LETTING_GO = 30.0
"""Seconds at most that the next in line waits for a question that was taken back to end."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a model is loaded with. `states` is a folder for what it computed of prompts."""

    path: Path
    states: Path
    context: int
    threads: int


class Engine:
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


_ENGINES: WeakValueDictionary[tuple[object, ...], Engine] = WeakValueDictionary()
_LOADING = threading.Lock()


def engine(load: Load) -> Engine:
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
            _ENGINES[key] = loaded = Engine(_serve(load, secret), secret)
        return loaded


def check_gguf(path: Path) -> None:
    """Raise ModelError if the file is of another kind. What else is wrong llama.cpp finds."""
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise ModelError(f"llama.cpp cannot load {path}: it is no GGUF file")


def _serve(load: Load, key: str) -> Any:
    import xllamacpp

    # A cache that cannot be written to costs seconds, no answer.
    with contextlib.suppress(OSError):
        load.states.mkdir(parents=True, exist_ok=True)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(load.path)
    parameters.n_ctx = load.context
    parameters.n_batch = parameters.n_ubatch = BATCH
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
