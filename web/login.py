"""The login. In front of all that the server has: what is not named here is closed without one.

Gradio's own login leaves some of its endpoints open, hands the token to scripts and counts no
tries. The address of a request is the one that it comes from, or what a reverse proxy on the same
machine says of it.
"""

import html
from pathlib import Path
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web import words
from web.access import SESSION_SECONDS, Access, Sessions, Throttle, is_right

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
        self.sessions = Sessions()
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
        return _refusal(request, 401, words.LOGIN_NEEDED)

    async def _log_in(self, request: Request) -> Response:
        address = request.client.host if request.client else ""
        if wait := self._login.throttle.wait(address):
            refused = _refusal(request, 429, words.login_wait(wait))
            refused.headers["retry-after"] = str(wait)
            return refused
        # Counted before the body is awaited: who tries many at once does not have them for one.
        self._login.throttle.failed(address)
        user, password = await _credentials(request)
        if not is_right(self._login.access, user, password):
            return _refusal(request, 401, words.LOGIN_WRONG)
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
    return HTMLResponse(login_html("" if reason == words.LOGIN_NEEDED else reason), status)


def _wants_html(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def login_html(error: str) -> str:
    """The page to log in on, with what went wrong, if anything did.

    Its Referrer Policy is its own: under the page's, a browser says that a form comes from nowhere.
    """
    said = html.escape
    told = f'<p class="error" role="alert">{said(error)}</p>' if error else ""
    return (
        f'<!doctype html><html lang="{words.spoken()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="same-origin">'
        f"<title>{said(words.NAME)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{said(words.NAME)}</h1><p>{said(words.TAGLINE)}</p>{told}"
        '<form method="post" action="/login">'
        f'<label for="username">{said(words.LOGIN_USER)}</label>'
        '<input id="username" name="username" autocomplete="username" required autofocus>'
        f'<label for="password">{said(words.LOGIN_PASSWORD)}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password"'
        f" required><button>{said(words.LOGIN)}</button></form></main></body></html>"
    )
