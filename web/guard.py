"""What the server refuses and forbids: foreign sites, and whoever is not logged in.

The page runs on a person's own machine, where any web site they visit could reach it: the Host
check stops DNS rebinding, the Origin check requests forged by other sites, and the Content Security
Policy keeps what a note or a model wrote from loading anything from elsewhere.

Where the page can be reached from other machines there is one user and one password, in front of
all that the server has (Gradio's own login leaves some of its endpoints open, hands the token to
scripts and counts no tries). A session is a random token of which only the digest is kept, in
memory: who restarts the program logs everybody out. Who guesses has to wait longer after every
wrong guess; their address is the one that the request comes from, or what a reverse proxy on the
same machine says of it.
"""

import hashlib
import hmac
import ipaddress
import math
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs

from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.templates import Macros
from web.translation import gettext as _
from web.translation import page_language

SESSION_SECONDS = 7 * 24 * 3600
FREE_TRIES = 5
LONGEST_WAIT = 15 * 60
_MOST_SESSIONS = 1_000
_MOST_ADDRESSES = 10_000
_SHARED_BITS = 64  # of an IPv6 address, which one customer has all of

Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Access:
    """What opens the page, and `names` beside its own addresses by which it may be called."""

    user: str
    password: SecretStr
    names: tuple[str, ...] = ()


class Throttle:
    """How long an address has to wait before it may try again; times are of `clock`, in seconds.

    Five wrong tries are free; after that the wait doubles with each, from a second to a quarter of
    an hour. They are forgotten with a right one, or once they are as old as the longest wait
    twice. Of so many addresses that they would fill the memory, the oldest are forgotten.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, address: str) -> int:
        """Whole seconds until the address may try; 0 if it may now."""
        tries, last = self._failed.get(_whose(address), (0, 0.0))
        passed = self._clock() - last
        if tries < FREE_TRIES or passed > 2 * LONGEST_WAIT:
            return 0
        return max(0, math.ceil(_seconds_after(tries) - passed))

    def failed(self, address: str) -> None:
        """Count a wrong try."""
        whose = _whose(address)
        tries, last = self._failed.pop(whose, (0, 0.0))
        now = self._clock()
        self._failed[whose] = (tries + 1 if now - last <= 2 * LONGEST_WAIT else 1), now
        while len(self._failed) > _MOST_ADDRESSES:
            self._failed.popitem(last=False)

    def succeeded(self, address: str) -> None:
        """Forget its wrong tries."""
        self._failed.pop(_whose(address), None)


class LoginSessions:
    """Who is logged in, by token; times are of `clock`, in seconds."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._ends: OrderedDict[bytes, float] = OrderedDict()

    def begin(self) -> str:
        """A new token, which is good for a week."""
        token = secrets.token_urlsafe(32)
        self._ends[_digest(token)] = self._clock() + SESSION_SECONDS
        while len(self._ends) > _MOST_SESSIONS:
            self._ends.popitem(last=False)
        return token

    def holds(self, token: str) -> bool:
        """True for a token that was begun, and has not ended."""
        return self._ends.get(_digest(token), -math.inf) > self._clock()

    def end(self, token: str) -> None:
        """Log out."""
        self._ends.pop(_digest(token), None)


def is_right(access: Access, user: str, password: str) -> bool:
    """True for the user and the password. Takes as long for a wrong one, however it is wrong."""
    right = (
        hmac.compare_digest(_digest(user), _digest(access.user)),
        hmac.compare_digest(_digest(password), _digest(access.password.get_secret_value())),
    )
    return all(right)


def _seconds_after(tries: int) -> float:
    return min(2.0 ** min(tries - FREE_TRIES, 30), LONGEST_WAIT)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _whose(address: str) -> str:
    """An address, or the network that it can choose its addresses from."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _SHARED_BITS), strict=False))


COOKIE = "crib-session"
_MOST_BYTES = 4096  # of what is sent to log in
_STARTUP = "/gradio_api/startup-events"  # Gradio's own request to itself; it says True or False
_STYLE = (Path(__file__).parent / "login.css").read_text(encoding="utf-8")


class Login:
    """Who is logged in and who has guessed wrong, for as long as the server runs.

    `is_up` is set once Gradio has called itself, which it does without a login.
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self.sessions = LoginSessions()
        self.throttle = Throttle()
        self.is_up = False


class LoginMiddleware:
    """Lets through who is logged in; answers anything else with 401, or 429 who guesses.

    `POST /login` with `username` and `password` of a form logs in, for seven days; `/logout` ends
    that. What asks for HTML gets a page to log in on, all else JSON.
    """

    def __init__(self, app: ASGIApp, login: Login) -> None:
        self._app = app
        self._login = login

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":  # the page uses nothing else
            await send({"type": "websocket.close", "code": 1008})
        elif response := await self._answer(Request(scope, receive)):
            response.headers["cache-control"] = "no-store"
            await response(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """What is answered in place of the page; None if the request may pass."""
        path, token = request.url.path.rstrip("/"), request.cookies.get(COOKIE, "")
        if path == "/login" and request.method == "POST":
            return await self._log_in(request)
        if path == "/logout":
            self._login.sessions.end(token)
            return _redirect(request, None)
        if self._login.sessions.holds(token):
            return _redirect(request, token) if path == "/login" else None
        if path == _STARTUP and not self._login.is_up:
            return None
        return _refusal(request, 401, _("Log in first."))

    async def _log_in(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if wait := self._login.throttle.wait(address):
            refused = _refusal(request, 429, _login_wait(wait))
            refused.headers["retry-after"] = str(wait)
            return refused
        # Counted before the body is awaited: who tries many at once does not have them for one.
        self._login.throttle.failed(address)
        user, password = await _credentials(request)
        if not is_right(self._login.access, user, password):
            return _refusal(request, 401, _("User or password are wrong."))
        self._login.throttle.succeeded(address)
        return _redirect(request, self._login.sessions.begin())


async def _credentials(request: Request) -> tuple[str, str]:
    """User and password of a form; empty where there are none."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            return "", ""
    fields = parse_qs(body.decode("utf-8", "replace"))
    return fields.get("username", [""])[0], fields.get("password", [""])[0]


def _redirect(request: Request, token: str | None) -> Response:
    """To the page, for a browser; with the cookie of a session, or without any."""
    is_html = _wants_html(request)
    response = RedirectResponse("/", 303) if is_html else JSONResponse({"success": True})
    if token is None:
        response.delete_cookie(COOKIE, path="/")
    else:
        response.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_SECONDS,
            path="/",
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return response


def _refusal(request: Request, status: int, reason: str) -> Response:
    if not _wants_html(request):
        return JSONResponse({"detail": reason}, status)
    return HTMLResponse(_login_html("" if reason == _("Log in first.") else reason), status)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _login_html(error: str) -> str:
    return Macros("login").page(error, _STYLE, page_language())


# Gradio starts from inline scripts and styles, and its HTML component compiles a template.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        "base-uri 'self'",
    )
)
_HEADERS = {
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))


class HostMiddleware(TrustedHostMiddleware):
    """Refuses, with 400, a request by a name that is neither one of `allowed_hosts` nor an address.

    That is, the address that it came in by: another site can have a name of its own point here, but
    not an address.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and Headers(scope=scope).get("host") in _came_in_by(scope):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _came_in_by(scope: Scope) -> tuple[str, ...]:
    address, port = scope.get("server") or ("", 0)
    name = f"[{address}]" if ":" in address else address
    return (name, f"{name}:{port}") if name and port else ()


class OriginMiddleware:
    """Refuses, with 403, a request that could change something and comes from another site."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, if its Origin is this server or is not given (as by curl)."""
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS:
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and origin.partition("://")[2] != headers.get("host"):
                await PlainTextResponse("Foreign origin refused", 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


class PolicyMiddleware:
    """Sends the Content Security Policy, and two headers of its kind, with every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_policy)


def guards(hosts: list[str], login: Login | None = None) -> list[Middleware]:
    """The middleware for a server that answers to `hosts` (names without a port)."""
    return [
        Middleware(PolicyMiddleware),
        Middleware(HostMiddleware, allowed_hosts=hosts, www_redirect=False),
        Middleware(OriginMiddleware),
        *([Middleware(LoginMiddleware, login)] if login else []),
    ]


def _login_wait(seconds: int) -> str:
    """Seconds that whoever guessed wrong has to wait."""
    return _("Too many wrong tries. Try again in {seconds} s.", seconds=seconds)
