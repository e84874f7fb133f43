"""What went wrong with a model: whether it may pass, and one line with what to do.

Every provider's package raises its own kinds, so they are told by what they all carry: a status of
HTTP, headers, and what they were raised from.
"""

import re
from collections.abc import Collection, Iterator, Mapping

from pydantic import BaseModel, SecretStr

from rag.errors import CribError


class Broken(Exception):
    """What is wrong with a stream, in words that follow the model's name."""


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


def explained(error: BaseException, key: str) -> str:
    """Why a model failed and what to do, in a line. `key` names the setting of its key."""
    if own := _own(error):
        return str(own)
    text = str(error)
    if _PAGE.search(text):
        text = "it answered with a web page; does CRIB_LLM_BASE_URL end as its manual says?"
    if "No generation chunks" in text:
        text = "it answered with nothing"
    first = (text.strip().splitlines() or [type(error).__name__])[0][:_MOST]
    advice = _advice(status_of(error), text, error, key)
    return f"{advice} ({first})" if advice else first


def _advice(status: int | None, text: str, error: BaseException, key: str) -> str:
    if status in {400, 413, 422} and _TOO_LONG.search(text):
        return "the prompt is longer than its context; lower CRIB_PROMPT_TOKENS"
    if status is not None and 300 <= status < 400:
        headers = getattr(getattr(error, "response", None), "headers", {})
        return f"it points to {headers.get('location', 'elsewhere')}, which is not followed"
    return {
        401: f"its key is missing or wrong; set {key}",
        403: f"its key may not do this; set {key}",
        404: "no such model or address; crib models lists what there is",
        429: "it is asked too often, or there is no credit left; wait, or name another model",
    }.get(status or 0, "")


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
