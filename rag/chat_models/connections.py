"""HTTP to a model's server: no redirects, no proxy to one's own machine, no answer without end."""

import importlib
from collections.abc import AsyncIterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any

import httpx

from rag.chat_models.failures import Broken, redacted
from rag.chat_models.providers import is_here
from rag.errors import ModelServerError

MOST_BYTES = 16 << 20
"""Bytes of an answer at most: thousands of words with all that is around them are one MB."""


def client_options(
    url: str, first: float, connect: float, library: ModuleType = httpx
) -> dict[str, Any]:
    """What a client for the server at `url` is made with. `first` and `connect` are in seconds.

    Of a redirect the key and the passages would go along to wherever it points. A proxy that is
    set for the web would take passages away from this machine. A connection that is kept open
    may be closed by the server just when the next question is sent. `library` is httpx, or what
    has its interface.
    """
    return {
        "timeout": library.Timeout(first + 5, connect=connect),  # who waits keeps the exact time
        "follow_redirects": False,
        "trust_env": not is_here(url),
        "limits": library.Limits(max_keepalive_connections=0),
        "event_hooks": {"response": [_check]},
    }


async def get_json(url: str, key: str, limit: float) -> tuple[Any, float]:
    """What the server answers, as JSON, and the seconds that took. `limit` is in seconds.

    Raises:
        ModelServerError: it is not there, refuses, or answers with something else.
    """
    options = client_options(url, limit, limit) | {"event_hooks": {"response": [_bound]}}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx.AsyncClient(**options, headers=headers) as client:
            response = await client.get(url)
            if not response.is_success:
                raise ModelServerError(f"{url} answered {response.status_code}")
            return response.json(), response.elapsed.total_seconds()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, Broken) as error:
        why = redacted(str(error) or type(error).__name__, [key] if key else [])
        raise ModelServerError(f"{url} cannot be asked: {why}") from error


def library_of(kind: type) -> ModuleType:
    """The library, httpx or one with its interface, that a class is of or is made from."""
    roots = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return importlib.import_module(next(root for root in roots if root.startswith("httpx")))


async def _bound(response: Any) -> None:
    library = library_of(type(response))
    if isinstance(response.stream, library.AsyncByteStream):
        response.stream = _bounded(library.AsyncByteStream)(response.stream)


async def _check(response: Any) -> None:
    kind = _kind(response.headers)
    if response.is_success and kind in {"text/html", "application/json"}:
        what = "a web page" if kind == "text/html" else "all at once, or something else"
        hint = "does CRIB_LLM_BASE_URL end as its manual says (often in /v1)?"
        raise Broken(f"it answered with {what} ({kind}), not with a stream; {hint}")
    await _bound(response)


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


@cache
def _bounded(base: Any) -> Any:
    """A class of streams that end in an error where they do not end; `base` is a library's own."""

    class Bounded(base):  # type: ignore[misc]
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        async def __aiter__(self) -> AsyncIterator[bytes]:
            size = 0
            async for data in self._stream:
                size += len(data)
                if size > MOST_BYTES:
                    raise Broken(f"its answer has more than {MOST_BYTES >> 20} MB")
                yield data

        async def aclose(self) -> None:
            await self._stream.aclose()

    return Bounded
