"""A page that others can reach: closed without a login, over real HTTP, and slow to guess at."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from http.cookies import SimpleCookie

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from gradio_client import Client
from gradio_client.exceptions import AuthenticationError
from page_fakes import (
    CITED,
    GRADIO_WARNINGS,
    QUESTION,
    ScriptedLibrary,
    gradio_leftovers,  # noqa: F401 (a fixture that every test of this module has)
    serving_page,
)
from pydantic import SecretStr

from commands.pages.serving import access, address_lines
from rag.answer_wiring import what_matters
from rag.config import Settings, load_settings
from rag.errors import SettingsError
from web.guard import (
    COOKIE,
    FREE_TRIES,
    LONGEST_WAIT,
    SESSION_SECONDS,
    Access,
    LoginSessions,
    Throttle,
)
from web.server import RunningPage

pytestmark = [pytest.mark.filterwarnings(warning) for warning in GRADIO_WARNINGS]

PASSWORD = "canary pässword"
RIGHT = {"username": "crib", "password": PASSWORD}
HTML = {"accept": "text/html"}
ANYWHERE = "0.0.0.0"  # noqa: S104


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def served() -> Iterator[RunningPage]:
    """Bound to all addresses, as with `crib serve --host 0.0.0.0`."""
    allowed = Access("crib", SecretStr(PASSWORD), ("notes.example",))
    with serving_page(ScriptedLibrary(), host=ANYWHERE, access=allowed) as page:
        yield page


@pytest.fixture
def url(served: RunningPage) -> str:
    """That of the page, with nobody having guessed yet."""
    guards = served._page.blocks.app.user_middleware
    (login,) = [one.args[0] for one in guards if one.cls.__name__ == "LoginMiddleware"]
    login.throttle.__init__()
    return served.url.replace("localhost", "127.0.0.1")


@contextmanager
def logged_in(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        assert client.post("/login", data=RIGHT).status_code == 200
        yield client


def endpoints(page: RunningPage) -> list[tuple[str, str]]:
    """Every method and path that the server knows, whoever made it."""
    found = [
        (method, re.sub(r"\{[^}]*\}", "x", route.path))
        for route in iter_route_contexts(page._page.blocks.app.routes)
        for method in route.methods or ("GET",)
    ]
    assert len(found) > 60
    return found


# What is closed


def test_every_endpoint_is_closed_without_a_login(served: RunningPage, url: str) -> None:
    paths = {path for _, path in endpoints(served)}
    for part in ("queue/join", "upload", "file=x", "heartbeat/x", "call/x", "config", "startup"):
        assert any(part in path for path in paths), part
    with httpx.Client(base_url=url) as client:
        answers = {
            (method, path): client.request(method, path).status_code
            for method, path in endpoints(served)
            if (method, path) != ("POST", "/login") and path.rstrip("/") != "/logout"
        }
    assert {asked for asked, status in answers.items() if status != 401} == set()


def test_a_made_up_or_an_ended_session_opens_nothing(url: str) -> None:
    assert httpx.get(f"{url}/config", cookies={COOKIE: "x"}).status_code == 401
    with logged_in(url) as client:
        token = client.cookies[COOKIE]
        assert client.get("/config").status_code == 200
        client.get("/logout")
    assert httpx.get(f"{url}/config", cookies={COOKIE: token}).status_code == 401


def test_gradios_own_session_opens_nothing(served: RunningPage, url: str) -> None:
    name = f"access-token-unsecure-{served._page.blocks.app.cookie_id}"
    assert httpx.get(f"{url}/config", cookies={name: "x"}).status_code == 401


def test_a_browser_is_shown_where_to_log_in_and_nothing_of_the_notes(url: str) -> None:
    response = httpx.get(f"{url}/?tab=notes", headers=HTML)
    assert response.status_code == 401
    assert response.headers["cache-control"] == "no-store"
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert 'type="password"' in response.text
    assert "biology" not in response.text
    assert "gradio" not in response.text.casefold()


def test_a_websocket_is_closed(url: str) -> None:
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    response = httpx.get(url, headers=upgrade | {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ=="})
    assert response.status_code in {401, 403}


# What opens it


def test_the_password_opens_the_page_by_a_cookie_that_scripts_and_sites_cannot_use(url) -> None:
    response = httpx.post(f"{url}/login", data=RIGHT, headers=HTML)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    (cookie,) = SimpleCookie(response.headers["set-cookie"]).values()
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
    assert int(cookie["max-age"]) == SESSION_SECONDS
    page = httpx.get(url, cookies={COOKIE: cookie.value})
    assert page.status_code == 200
    assert cookie.value not in page.text


def test_behind_a_proxy_with_https_the_cookie_is_for_https_alone(url: str) -> None:
    response = httpx.post(f"{url}/login", data=RIGHT, headers={"x-forwarded-proto": "https"})
    assert "secure" in response.headers["set-cookie"].casefold()


def test_a_program_logs_in_as_gradios_client_does(url: str) -> None:
    with pytest.raises(AuthenticationError):
        Client(url, verbose=False, analytics_enabled=False)
    with pytest.raises(AuthenticationError):
        Client(url, auth=("crib", "wrong one"), verbose=False, analytics_enabled=False)
    client = Client(url, auth=("crib", PASSWORD), verbose=False, analytics_enabled=False)
    assert CITED in client.predict(question=QUESTION, api_name="/ask")["text"]
    client.close()


@pytest.mark.parametrize(
    "given",
    [
        {"username": "crib", "password": "wrong"},
        {"username": "Crib", "password": PASSWORD},
        {"username": "crib"},
        {"username": "crib", "password": PASSWORD + "\0"},
        {"username": "crib", "password": "x" * 5000},
    ],
)
def test_what_is_wrong_is_said_in_one_way(url: str, given: dict[str, str]) -> None:
    response = httpx.post(f"{url}/login", data=given, headers=HTML)
    assert response.status_code == 401
    assert "User or password are wrong." in unescape(response.text)
    assert "set-cookie" not in response.headers


def test_what_is_no_form_is_a_wrong_try(url: str) -> None:
    for body in (b"\xff\xfe", b"a=b&" * 100, b'{"username": "crib"}'):
        assert httpx.post(f"{url}/login", content=body).status_code == 401
    assert httpx.get(f"{url}/login").status_code == 401


def test_another_site_can_not_log_in_or_ask(url: str) -> None:
    elsewhere = {"origin": "http://evil.example"}
    assert httpx.post(f"{url}/login", data=RIGHT, headers=elsewhere).status_code == 403
    with logged_in(url) as client:
        asked = client.post("/gradio_api/call/ask", json={"data": []}, headers=elsewhere)
    assert asked.status_code == 403


# Guessing


def test_guessing_is_slowed_down_and_tells_nothing_meanwhile(url: str) -> None:
    for _ in range(FREE_TRIES):
        assert httpx.post(f"{url}/login", data=RIGHT | {"password": "x"}).status_code == 401
    for given in (RIGHT | {"password": "x"}, RIGHT):
        response = httpx.post(f"{url}/login", data=given)
        assert response.status_code == 429
        assert int(response.headers["retry-after"]) == 1
    assert httpx.get(url).status_code == 401  # what is not a try is answered as before


def test_who_guesses_elsewhere_keeps_nobody_out(url: str) -> None:
    """What a proxy on this machine says of where a request comes from is believed."""
    attacker = {"x-forwarded-for": "203.0.113.9"}
    wrong = RIGHT | {"password": "x"}
    tries = [httpx.post(f"{url}/login", data=wrong, headers=attacker) for _ in range(FREE_TRIES)]
    assert {one.status_code for one in tries} == {401}
    assert httpx.post(f"{url}/login", data=RIGHT, headers=attacker).status_code == 429
    assert httpx.post(f"{url}/login", data=RIGHT).status_code == 200


def test_the_wait_doubles_with_each_try_to_an_end_and_is_forgotten_in_time() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(FREE_TRIES + 14):
        throttle.failed("192.0.2.1")
        waits.append(throttle.wait("192.0.2.1"))
        clock.now += waits[-1]
        assert throttle.wait("192.0.2.1") == 0
    assert waits[: FREE_TRIES + 4] == [0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT
    assert throttle.wait("192.0.2.2") == 0
    clock.now += 2 * LONGEST_WAIT + 1
    throttle.failed("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0


def test_a_right_password_forgets_the_wrong_ones() -> None:
    throttle = Throttle(Clock())
    for _ in range(FREE_TRIES):
        throttle.failed("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 1
    throttle.succeeded("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 0


def test_one_customers_many_addresses_are_one() -> None:
    throttle = Throttle(Clock())
    for number in range(FREE_TRIES):
        throttle.failed(f"2001:db8:1:2::{number}")
    assert throttle.wait("2001:db8:1:2:ffff::9%eth0") == 1
    assert throttle.wait("2001:db8:1:3::1") == 0
    throttle.failed("::ffff:192.0.2.1")
    for _ in range(FREE_TRIES - 1):
        throttle.failed("192.0.2.1")
    assert throttle.wait("192.0.2.1") == 1


def test_what_is_kept_of_those_who_come_is_bounded() -> None:
    clock = Clock()
    throttle, sessions = Throttle(clock), LoginSessions(clock)
    for number in range(11_000):
        throttle.failed(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}")
    tokens = [sessions.begin() for _ in range(1_100)]
    assert len(throttle._failed) == 10_000
    assert len(sessions._ends) == 1_000
    assert (sessions.holds(tokens[0]), sessions.holds(tokens[-1])) == (False, True)
    clock.now += SESSION_SECONDS
    assert not sessions.holds(tokens[-1])


# By which names


def test_the_page_answers_to_its_own_addresses_and_the_names_it_was_given(url: str) -> None:
    port = url.rpartition(":")[2]
    allowed = (f"127.0.0.1:{port}", f"localhost:{port}", "notes.example", "NOTES.example:443")
    for name in allowed:
        assert httpx.get(url, headers={"host": name}).status_code == 401, name
    for name in ("evil.example", f"10.1.2.3:{port}", "127.0.0.1.evil.example", ""):
        assert httpx.get(url, headers={"host": name}).status_code == 400, name


def test_an_address_that_the_request_came_in_by_is_its_own(served: RunningPage) -> None:
    """Of a machine's many addresses, no list is needed; 127.0.0.2 stands for one of them."""
    port = served.url.rpartition(":")[2]
    assert httpx.get(f"http://127.0.0.2:{port}/").status_code == 401
    refused = httpx.get(f"http://127.0.0.2:{port}/", headers={"host": f"127.0.0.3:{port}"})
    assert refused.status_code == 400


# The settings


def test_a_password_is_in_no_message_and_changes_no_answer(monkeypatch) -> None:
    before = what_matters(load_settings())
    monkeypatch.setenv("CRIB_PASSWORD", "canary1")
    with pytest.raises(SettingsError, match=r"^CRIB_PASSWORD=\*\*\*: .* at least 8") as caught:
        load_settings()
    assert "canary" not in str(caught.value)
    monkeypatch.setenv("CRIB_PASSWORD", "canary-password")
    settings = load_settings()
    assert settings.password
    assert settings.password.get_secret_value() == "canary-password"
    allowed = access(settings, ["notes.example"])
    assert allowed
    assert (allowed.user, allowed.names) == ("crib", ("notes.example",))
    for shown in (repr(settings), settings.model_dump_json(), repr(allowed)):
        assert "canary" not in shown
    assert what_matters(settings) == before


def test_without_a_password_there_is_no_login_and_no_other_name() -> None:
    assert access(Settings()) is None
    with pytest.raises(SettingsError, match="set CRIB_PASSWORD too"):
        access(Settings(), ["notes.example"])


def test_who_serves_to_others_is_told_that_nothing_is_encrypted() -> None:
    assert list(address_lines("127.0.0.1", "http://x")) == [
        "Cribsheet is at http://x (Ctrl-C stops it)"
    ]
    assert "unencrypted" in list(address_lines(ANYWHERE, "http://x"))[1]


def test_the_password_is_not_in_the_log(url: str, capfd, caplog) -> None:
    httpx.post(f"{url}/login", data=RIGHT)
    httpx.post(f"{url}/login", data=RIGHT | {"password": PASSWORD + "!"})
    out, err = capfd.readouterr()
    assert "canary" not in out + err + caplog.text
