"""A page is fetched from the public web, and nothing makes Cribsheet speak to anybody else.

Pages come from a server on loopback. The tests' own rules let it through, the real ones do not.
"""

import shutil
import socket
import ssl
import subprocess
import time
from threading import Event, Thread

import pytest
from loopback import serving

from ingest.sources.fetching import Network, fetch, is_public, resolve
from rag.errors import NotesError


class Names:
    """A name server that gives its answers one after the other, the last one for ever."""

    def __init__(self, *answers):
        self._answers = list(answers)
        self.asked = []

    def __call__(self, host, port):
        self.asked.append((host, port))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


LOOPBACK = Names(["127.0.0.1"])


def lenient(names=LOOPBACK, **limits):
    """A network whose public internet is the one address of the tests' server."""
    return Network(resolve=names, allows=lambda ip: ip == "127.0.0.1", **limits)


def answer(handler, body=b"", status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def named(url, host="example.org"):
    """The address of a server under a name, as a page of the web has it."""
    return url.replace("127.0.0.1", host)


def refused(url, network):
    with pytest.raises(NotesError) as caught:
        fetch(url, network)
    return str(caught.value)


@pytest.fixture
def silent():
    """The address of a server that must not be spoken to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_page_is_asked_for_by_name_and_without_cookies_or_disguise():
    seen = []

    def page(handler):
        seen.append((handler.path, dict(handler.headers)))
        answer(handler, b"words", Content_Type="text/html; charset=latin-1", Set_Cookie="a=b")

    with serving(page) as url:
        got = fetch(f"{named(url)}/a?b=c#d", lenient())
    assert (got.status, got.media_type, got.charset, got.data) == (
        200,
        "text/html",
        "latin-1",
        b"words",
    )
    ((path, headers),) = seen
    assert path == "/a?b=c"
    assert headers.pop("Host") == named(url).removeprefix("http://")
    assert headers.pop("User-Agent").startswith("Cribsheet/")
    assert set(headers) == {"Accept", "Accept-Encoding", "Connection"}


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1",
        "::1",
        "169.254.169.254",
        "fd00:ec2::254",
        "10.0.0.1",
        "::ffff:127.0.0.1",
        "0.0.0.0",  # noqa: S104 (it is refused)
    ],
)
def test_a_name_that_leads_to_a_private_address_is_refused_unasked(silent, ip):
    message = refused(named(silent), Network(resolve=Names([ip])))
    assert message == f"example.org is at {ip}, which is not on the public internet"


def test_one_private_address_among_public_ones_is_enough_to_refuse(silent):
    assert "127.0.0.1" in refused(named(silent), Network(resolve=Names(["1.1.1.1", "127.0.0.1"])))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0"])
def test_this_machine_is_refused_however_it_is_spelt(silent, host):
    """By the system's own look-up."""
    assert refused(named(silent, host), Network())


def test_the_name_is_looked_up_once_and_the_connection_goes_where_it_was_looked_at():
    """A name that is public at the first look, and somebody else at the second."""
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    with serving(lambda handler: answer(handler, b"words")) as url:
        assert fetch(named(url), lenient(names)).data == b"words"
        assert len(names.asked) == 1


def test_each_redirect_is_looked_at_again():
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    seen = []

    def page(handler):
        seen.append(handler.path)
        answer(handler, status=302, Location="/next")

    with serving(page) as url:
        message = refused(f"{named(url)}/first", lenient(names))
    assert message == "example.org is at 127.0.0.2, which is not on the public internet"
    assert seen == ["/first"]


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",
        "//127.0.0.2:{port}/",
        "http://[::1]:{port}/",
        "http://user@example.org:{port}/",
        "http://example.org:22/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_what_would_be_refused_is_refused(location):
    """Only the first look-up is the tests' own; all after it is the system's, and the real rule."""

    def names(host, port):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else resolve(host, port)

    def allows(ip):
        return len(asked) == 1 or is_public(ip)

    def page(handler):
        seen.append(handler.path)
        answer(handler, status=302, Location=location.format(port=port))

    asked, seen = [], []
    with serving(page) as url:
        port = url.rpartition(":")[2]
        assert refused(named(url), Network(resolve=names, allows=allows))
    assert seen == ["/"]


def test_redirects_are_followed_but_not_for_ever():
    def page(handler):
        left = int(handler.path.strip("/"))
        if left:
            answer(handler, status=301, Location=str(left - 1))
        else:
            answer(handler, b"there")

    with serving(page) as url:
        assert fetch(f"{named(url)}/5", lenient()).data == b"there"
        assert refused(f"{named(url)}/6", lenient()) == "it redirects more than 5 times"


@pytest.mark.parametrize("declared", [True, False])
def test_a_giant_is_cut_off(declared):
    def page(handler):
        handler.send_response(200)
        if declared:
            handler.send_header("Content-Length", "1000000000000")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 100_000)
        except OSError:
            ended.set()

    ended = Event()
    with serving(page) as url:
        message = refused(named(url), lenient(max_bytes=1_000_000))
        assert ended.wait(5)
    assert message == "it is larger than 1,000,000 bytes"


@pytest.mark.parametrize("begin", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\nwords"])
def test_a_server_that_sends_byte_by_byte_is_given_up_on(begin):
    """No single wait is long: only the sum tells."""
    stop = Event()

    def drip():
        connection, _ = server.accept()
        with connection:
            try:
                connection.sendall(begin)
                while not stop.wait(0.02):
                    connection.sendall(b"x")
            except OSError:
                stop.set()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=drip)
        thread.start()
        started = time.perf_counter()
        url = f"http://example.org:{server.getsockname()[1]}/"
        assert refused(url, lenient(seconds=0.3)) == "it takes longer than 0.3 seconds"
        assert time.perf_counter() - started < 30
        assert stop.wait(5)  # the connection is closed, nobody goes on reading
        thread.join()


def test_a_look_up_that_does_not_end_is_given_up_on():
    stop = Event()

    def names(_host, _port):
        stop.wait(10)
        return ["127.0.0.1"]

    try:
        assert "longer than 0.1 seconds" in refused(
            "http://example.org/", lenient(names, seconds=0.1)
        )
    finally:
        stop.set()


def test_what_goes_wrong_on_the_way_is_one_line():
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed = f"http://example.org:{server.getsockname()[1]}/"
    assert "refused" in refused(closed, lenient())
    unknown = lenient(Names(socket.gaierror(-2, "Name or service not known")))
    assert "Name or service not known" in refused("http://example.org/", unknown)
    assert "has no address" in refused("http://example.org/", lenient(Names([])))
    with serving(lambda handler: answer(handler, b"x", Content_Encoding="gzip")) as url:
        assert "packed (gzip)" in refused(named(url), lenient())

    def cut(handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"half")

    with serving(cut) as url:
        assert "broke off" in refused(named(url), lenient())
    with serving(lambda handler: handler.wfile.write(b"nonsense\r\n\r\n")) as url:
        assert "it cannot be fetched" in refused(named(url), lenient())


def test_the_next_address_of_a_name_is_tried_where_one_does_not_answer():
    with serving(lambda handler: answer(handler, b"words")) as url:
        network = Network(resolve=Names(["::1", "127.0.0.1"]), allows=lambda _: True)
        assert fetch(named(url), network).data == b"words"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_certificate_is_that_of_the_name_and_not_of_the_address(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1"
    subject = ["-subj", "/CN=example.org", "-addext", "subjectAltName=DNS:example.org"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command.split(), *subject, *files], check=True, capture_output=True)
    names = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, name, _context: names.append(name)

    def serve():
        for _ in range(2):
            connection, _ = server.accept()
            try:
                with context.wrap_socket(connection, server_side=True) as secure:
                    secure.recv(4096)
                    secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwords")
            except OSError:
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        network = lenient(trusted=lambda: ssl.create_default_context(cafile=certificate))
        assert fetch(f"https://example.org:{port}/", network).data == b"words"
        assert "certificate" in refused(f"https://example.com:{port}/", network)
        thread.join()
    assert names == ["example.org", "example.com"]
