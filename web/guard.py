"""What the server refuses and forbids, whoever asks. Knows nothing of Gradio.

The page runs on a person's own machine, where any web site they visit could reach it: the Host
check stops DNS rebinding, the Origin check requests forged by other sites, and the Content Security
Policy keeps what a note or a model wrote from loading anything from elsewhere.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.login import Login, LoginMiddleware

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
