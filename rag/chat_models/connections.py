"""HTTP to a model's server, and what its errors mean.

No redirects, no proxy to one's own machine, no answer without end. Every provider's package raises
its own kinds of errors, so they are told apart by what they all carry: a status of HTTP, headers,
and what they were raised from.
"""

import asyncio
import importlib
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from functools import cache
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, SecretStr

from rag.chat_models.background import run_async
from rag.chat_models.providers import PROVIDERS, Named, is_here
from rag.config import Settings, certificates
from rag.errors import CribError, ModelMissingError, ModelServerError

MOST_BYTES = 16 << 20
"""Bytes of an answer at most: thousands of words with all that is around them are one MB."""


LIST_SECONDS = 3.0
"""Within which a server has to say which models it has."""

ADDRESS = "does CRIB_LLM_BASE_URL end as its manual says (often in /v1)?"


class Broken(Exception):
    """What is wrong with a stream, in words that follow the model's name."""


class NotStreamed(Broken):
    """A server answered all at once, though it was asked for a stream."""


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
        "verify": _trusted(),
        "limits": library.Limits(max_keepalive_connections=0),
        "event_hooks": {"response": [_check]},
    }


def _trusted() -> ssl.SSLContext:
    """Raises ModelServerError where the certificates that a person named are not there."""
    file, folder = certificates()
    if not (file or folder):
        return httpx.create_ssl_context()
    try:
        return ssl.create_default_context(cafile=file, capath=folder)
    except OSError as error:
        why = error.strerror or str(error)
        raise ModelServerError(f"SSL_CERT_FILE={file} cannot be read ({why})") from None


async def get_json(url: str, key: str, limit: float, server: str = "") -> tuple[Any, float]:
    """What the server answers, as JSON, and the seconds that took. `limit` is in seconds.

    `server` is its address as a person has set it.

    Raises:
        ModelServerError: it is not there, refuses, or answers with something else.
    """
    options = client_options(url, limit, limit) | {"event_hooks": {"response": [_bound]}}
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        async with httpx.AsyncClient(**options, headers=headers) as client:
            response = await client.get(url)
            response.raise_for_status()
            return response.json(), response.elapsed.total_seconds()
    except httpx.HTTPStatusError as error:
        advice = _advice(error.response.status_code, "", error, "CRIB_LLM_API_KEY", server)
        said = f"{url} answered {error.response.status_code}"
        raise ModelServerError(f"{said}: {advice}" if advice else said) from error
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, Broken) as error:
        reason = _unreached(error, server) or str(error) or type(error).__name__
        why = redacted(reason, [key] if key else [])
        raise ModelServerError(f"{url} cannot be asked: {why}") from error


def require_server(settings: Settings, one: Named) -> None:
    """Raise ModelServerError if it is on a server of one's own that does not have it just now."""
    if lists_models(one):
        require_model(settings, one)


def lists_models(one: Named) -> bool:
    """True if it is on a server of one's own, which may be asked for its models at any time."""
    known = PROVIDERS.get(one.provider)
    if not known or known.extra not in {"ollama", "openai"}:
        return False
    return known.extra == "ollama" or one.url != known.url


def require_model(settings: Settings, one: Named) -> str:
    """Says that the server has the model, and how soon. Raises ModelError where it has not."""
    names, seconds = run_async(model_names(settings, one))
    if one.name not in names and f"{one.name}:latest" not in names:
        has = ", ".join(names[:20]) or "none"
        pull = f"; run: ollama pull {one.name}" if one.provider == "ollama" else ""
        raise ModelMissingError(f"{one.host} has no model {one.name!r}, it has: {has}{pull}")
    return f"reachable, has it, {1000 * seconds:.0f} ms"


async def model_names(settings: Settings, one: Named) -> tuple[list[str], float]:
    """The models that its server has, and the seconds that took. Raises ModelServerError."""
    path, items, name = ("/api/tags", "models", "name")
    if one.provider != "ollama":
        path, items, name = ("/models", "data", "id")
    url = one.url.rstrip("/") + path
    key = one.key.get_secret_value() if one.key else ""
    limit = min(LIST_SECONDS, settings.llm_timeout)
    try:
        async with asyncio.timeout(limit):
            found, seconds = await get_json(url, key, limit, one.url)
        return [str(item[name]) for item in found[items]], seconds
    except TimeoutError as error:
        raise ModelServerError(f"{url} did not answer within {limit:g} s") from error
    except (KeyError, TypeError) as error:
        raise ModelServerError(f"{url} does not list models; is the address right?") from error


def library_of(kind: type) -> ModuleType:
    """The library, httpx or one with its interface, that a class is of or is made from."""
    roots = (base.__module__.partition(".")[0] for base in kind.__mro__)
    return importlib.import_module(next(root for root in roots if root.startswith("httpx")))


async def _bound(response: Any) -> None:
    library = library_of(type(response))
    if isinstance(response.stream, library.AsyncByteStream):
        response.stream = _bounded(library.AsyncByteStream)(response.stream)


async def _check(response: Any) -> None:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.is_success and kind == "text/html":
        raise Broken(f"it answered with a web page ({kind}); {ADDRESS}")
    if response.is_success and kind == "application/json" and _wants_stream(response.request):
        raise NotStreamed(f"it answered all at once, or something else ({kind}); {ADDRESS}")
    await _bound(response)


def _wants_stream(request: Any) -> bool:
    try:
        return json.loads(request.content).get("stream", True) is not False
    except (ValueError, AttributeError):
        return True


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


# What errors mean

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Statuses of HTTP that the next attempt may not meet."""

_NO_CONNECTION = frozenset(
    {"APIConnectionError", "EndpointConnectionError", "TransportError", "RpcError"}
)
"""What packages call it that there was no answer at all. An APIStatusError is none of these."""

_TOO_LONG = re.compile(
    r"context[ _](length|size|window)|maximum context|too many tokens|too long|exceeds? .*context",
    re.I,
)
_PAGE = re.compile(r"<!doctype html|<html", re.I)
_KEY = re.compile(r"(?i)(bearer\s+|\bsk-|\bkey[=:]\s*)[\w.*-]{6,}")
_MOST = 300
"""Characters of another's words that are shown."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or found.__context__


def _own(error: BaseException) -> BaseException | None:
    """The error of Cribsheet's own that is behind it: a package may have wrapped it."""
    return next((one for one in causes(error) if isinstance(one, CribError | Broken)), None)


def status_of(error: BaseException) -> int | None:
    """The status of HTTP, if a server answered."""
    for one in causes(error):
        response = getattr(one, "response", None)
        if isinstance(response, Mapping):  # as boto's errors have it
            response_status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        else:
            response_status = getattr(response, "status_code", None)
        for status in (getattr(one, "status_code", None), response_status, _code(one)):
            if isinstance(status, int) and 100 <= status < 600:
                return status
    return None


def _code(error: BaseException) -> object:
    code = getattr(error, "code", None)  # google's errors have a number or an enum of them
    return code if isinstance(code, int) else getattr(code, "value", None)


def is_passing(error: BaseException) -> bool:
    """True if another attempt may go well: overloaded, rate-limited, not reached."""
    if _own(error):
        return False
    status = status_of(error)
    if status is not None:
        return status in _PASSING
    names = {kind.__name__ for one in causes(error) for kind in type(one).__mro__}
    return bool(names & _NO_CONNECTION) or any(
        isinstance(o, ConnectionError) for o in causes(error)
    )


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asks to be left alone; a date is no wish that anyone makes here."""
    for one in causes(error):
        headers = getattr(getattr(one, "response", None), "headers", None)
        try:
            value = float(headers["retry-after"]) if headers else -1.0
        except (KeyError, TypeError, ValueError):
            continue
        if value >= 0:
            return value
    return None


def explained(error: BaseException, key: str, url: str = "") -> str:
    """Why a model failed and what to do, in a line.

    Args:
        error: what the model's package raised.
        key: the setting of its key.
        url: the server's address, as far as it is known.
    """
    if own := _own(error):
        return str(own)
    text = str(error)
    if _PAGE.search(text):
        text = f"it answered with a web page; {ADDRESS}"
    if "No generation chunks" in text:
        text = "it answered with nothing"
    first = (text.strip().splitlines() or [type(error).__name__])[0][:_MOST]
    if status := status_of(error):
        advice = _advice(status, text, error, key, url)
    else:
        advice = _unreached(error, url)
    return f"{advice} ({first})" if advice else first


def _advice(status: int, text: str, error: BaseException, key: str, url: str) -> str:
    if status in {400, 413, 422} and _TOO_LONG.search(text):
        return "the prompt is longer than its context; lower CRIB_PROMPT_TOKENS"
    if 300 <= status < 400:
        headers = getattr(getattr(error, "response", None), "headers", {})
        return f"it points to {headers.get('location', 'elsewhere')}, which is not followed"
    bare = url.rstrip("/")
    meant = f"; was CRIB_LLM_BASE_URL={bare}/v1 meant?" if bare and not urlsplit(bare).path else ""
    return {
        401: f"its key is missing or wrong; set {key}",
        403: f"its key may not do this; set {key}",
        404: f"no such model or address{meant or '; crib models lists what there is'}",
        429: "it is asked too often, or there is no credit left; wait, or name another model",
    }.get(status, "")


def _unreached(error: BaseException, url: str) -> str:
    """Why there was no answer at all; empty if that is not what happened.

    Packages say no more than "Connection error."; the reason is among what that was raised from.
    """
    at, host = url or "its address", urlsplit(url).hostname or "its name"
    found = list(causes(error))
    for one in found:
        if isinstance(one, ssl.SSLCertVerificationError):
            return (
                f"{at} has a certificate that this machine does not trust ({one.verify_message}); "
                "if it is your own, set SSL_CERT_FILE to its file"
            )
        if isinstance(one, ssl.SSLError):
            return f"{at} does not speak TLS as https does; was http:// meant?"
        if isinstance(one, socket.gaierror):
            return f"no machine called {host} is known here; check CRIB_LLM_BASE_URL"
        if "ConnectTimeout" in type(one).__name__:
            return f"{at} took no connection in time; is it running? (CRIB_LLM_CONNECT_TIMEOUT)"
    names = {kind.__name__ for one in found for kind in type(one).__mro__}
    if names & {"ConnectError", "ConnectionRefusedError"}:
        return f"nothing listens at {at}; start the server, or set CRIB_LLM_BASE_URL"
    if names & {"RemoteProtocolError", "ReadError"}:
        return f"{at} hung up without an answer; does it speak what CRIB_LLM says?"
    return ""


def secrets_of(chat: BaseModel, given: SecretStr | None = None) -> frozenset[str]:
    """The keys that a chat model holds, and the one that it was given, which it may hide."""
    values = [value for value in vars(chat).values() if isinstance(value, SecretStr)]
    keys = (value.get_secret_value() for value in [*values, *([given] if given else [])])
    return frozenset(key for key in keys if len(key) > 5)  # a shorter one is a word


def redacted(text: str, secrets: Collection[str]) -> str:
    """`text` without keys: a server may repeat the one that it was sent."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return _KEY.sub(r"\1***", text)
