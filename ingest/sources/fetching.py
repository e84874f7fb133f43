"""Fetches one page of the public web, and nothing from the machines around this one.

An address is parsed once, its name is looked up once, and the connection is made to the very IP
address that was looked at, so that a name cannot lead elsewhere in between. Machines that are not
on the public internet are refused (private, loopback, and the addresses at which clouds hand out
keys). A redirect is a new address, to which all of it applies. Time and size are bounded. No
cookies, no proxies, no password.
"""

import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Lock, Thread
from urllib.parse import quote, urljoin, urlsplit

from rag.errors import NotesError

MAX_REDIRECTS = 5
_USUAL_PORTS = frozenset({80, 443})
_MOVED = frozenset({301, 302, 303, 307, 308})
_CONNECT_SECONDS = 5.0
_HEADERS = {
    "User-Agent": "Cribsheet/0.1 (reads a single page, at the request of a person)",
    "Accept": "text/html, application/xhtml+xml, application/pdf, text/plain;q=0.9, */*;q=0.1",
    "Accept-Encoding": "identity",  # what is not packed cannot blow up
    "Connection": "close",
}
_PORTS = {"http": 80, "https": 443}
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_KEPT = "/%:@!$&'()*+,;=~"

_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is in public use. Mapped, NAT64, private and local addresses lie outside."""

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # of protocols, and Oracle's metadata; older Pythons call parts global
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's own, of each virtual machine
        "2001::/23",  # Teredo and other protocols
        "2002::/16",  # 6to4, which any IPv4 address can hide in
        "3fff::/20",  # documentation
    )
)


@dataclass(frozen=True, slots=True)
class Address:
    """An http or https address. `host` is a name in ASCII or an IP address, `target` is asked for.

    Two spellings of the same address are equal.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def netloc(self) -> str:
        """Host, and port unless it is the usual one, as the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address in one spelling, without a fragment."""
        return f"{self.scheme}://{self.netloc}{self.target}"


def parse_address(url: str) -> Address:
    """Read an address.

    Raises:
        NotesError: it is none, of another scheme, or dresses up where it leads to.
    """
    if any(c <= " " or c in "\x7f\\" for c in url):
        raise NotesError(f"{url!r} is no address: it holds a blank, a backslash or a control code")
    try:
        parts = urlsplit(url)
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError as error:
        raise NotesError(f"{url} is no address: {error}") from error
    if parts.scheme not in _PORTS:
        raise NotesError(f"{url} cannot be read; only http:// and https:// are known")
    if "@" in parts.netloc:
        raise NotesError(f"the address of {host} names a user; only public pages are read")
    target = quote(parts.path or "/", safe=_KEPT)
    if parts.query:
        target += "?" + quote(parts.query, safe=f"{_KEPT}?")
    return Address(parts.scheme, host, _PORTS[parts.scheme] if port is None else port, target)


def is_public(ip: str) -> bool:
    """True for an IP address of the public internet.

    False for private, loopback, link-local (which clouds give their metadata at), multicast and
    reserved ones, and for IPv6 addresses that stand for IPv4 ones. See the registries at
    https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry.
    """
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if address.version == 6 and address not in _UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in _REFUSED)


def _host(name: str) -> str:
    """A host in its one spelling. Raises ValueError."""
    if ":" in name:
        if "%" in name:
            raise ValueError("an address within a local network")
        return ipaddress.IPv6Address(name).compressed
    host = name.encode("idna").decode().lower().removesuffix(".")
    if not _NAME.fullmatch(host):
        raise ValueError("it names no host")
    if _NUMBER.fullmatch(host.rpartition(".")[2]):  # then it is a number to every resolver
        return str(ipaddress.IPv4Address(host))  # which takes neither 127.1 nor 0177.0.0.1
    return host


def resolve(host: str, port: int) -> Sequence[str]:
    """IP addresses of `host`, in the order in which the system would try them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def trusted() -> ssl.SSLContext:
    """Certificates that the system trusts, and those that browsers do."""
    context = ssl.create_default_context()
    with suppress(ImportError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context


@dataclass(frozen=True, slots=True)
class Network:
    """How the web is reached, and how much of it is taken: `seconds` in all, and `max_bytes`."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    allows: Callable[[str], bool] = is_public
    trusted: Callable[[], ssl.SSLContext] = trusted
    seconds: float = 20.0
    max_bytes: int = 5_000_000


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """An answer. `data` is empty unless `status` is 200; `charset` unless the server names one."""

    status: int
    media_type: str = ""
    charset: str = ""
    data: bytes = b""


def fetch(url: str, network: Network) -> FetchedPage:
    """The page at `url`, or at what it redirects to.

    Raises:
        NotesError: it leads to a machine that is not on the public internet, cannot be reached, or
            is too slow or too large. The message does not name the address.
    """
    lines = _Lines()
    answer: Future[FetchedPage] = Future()
    # In a thread, since neither a look-up nor a server that sends byte by byte can be told to end.
    work = (answer, url, network, lines)
    Thread(target=_fetch, args=work, name="fetch", daemon=True).start()
    try:
        return answer.result(network.seconds)
    except TimeoutError:
        raise NotesError(f"it takes longer than {network.seconds:g} seconds") from None
    finally:
        lines.cut()


def _fetch(answer: "Future[FetchedPage]", url: str, network: Network, lines: "_Lines") -> None:
    try:
        answer.set_result(_follow(parse_address(url), network, lines))
    except (OSError, HTTPException) as error:
        why = str(error) or type(error).__name__
        answer.set_exception(NotesError(f"it cannot be fetched: {why}"))
    except Exception as error:
        answer.set_exception(error)


class _Lines:
    """Open connections of one fetch, which end with it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def add(self, one: socket.socket) -> None:
        with self._lock:
            self._sockets.append(one)
            if self._is_cut:
                one.close()

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            for one in self._sockets:
                with suppress(OSError):
                    # Not the method of an SSL socket, which is not made for another thread.
                    socket.socket.shutdown(one, socket.SHUT_RDWR)
                one.close()


def _follow(address: Address, network: Network, lines: _Lines) -> FetchedPage:
    ports = _USUAL_PORTS | {address.port}
    for _ in range(MAX_REDIRECTS + 1):
        if address.port not in ports:
            raise NotesError(f"it redirects to port {address.port} of {address.host}")
        with (
            closing(_ask(address, network, lines)) as connection,
            connection.getresponse() as response,
        ):
            location = response.getheader("Location")
            if response.status not in _MOVED or location is None:
                return _page(response, network.max_bytes)
        # Headers are read as Latin-1, and sent in UTF-8 if they are not ASCII.
        where = location.encode("latin-1", "replace").decode(errors="replace")
        address = parse_address(urljoin(address.url, where))
    raise NotesError(f"it redirects more than {MAX_REDIRECTS} times")


def _ask(address: Address, network: Network, lines: _Lines) -> HTTPConnection:
    """A connection on which the page was asked for."""
    connection = HTTPConnection(address.host, address.port)
    connection.auto_open = 0  # it would look the name up once more
    connection.sock = _connect(address, network, lines)
    connection.request("GET", address.target, headers={**_HEADERS, "Host": address.netloc})
    return connection


def _connect(address: Address, network: Network, lines: _Lines) -> socket.socket:
    found = network.resolve(address.host, address.port)
    for ip in found:
        if not network.allows(ip):
            raise NotesError(f"{address.host} is at {ip}, which is not on the public internet")
    failure = OSError(f"{address.host} has no address")
    for ip in found:
        try:
            plain = socket.create_connection((ip, address.port), _CONNECT_SECONDS)
        except OSError as error:
            failure = error
            continue
        plain.settimeout(network.seconds)
        lines.add(plain)
        if address.scheme == "http":
            return plain
        secure = network.trusted().wrap_socket(plain, server_hostname=address.host)
        lines.add(secure)
        return secure
    raise failure


def _page(response: HTTPResponse, most: int) -> FetchedPage:
    """What was answered, read to its end. Raises NotesError if it is too large or cut off."""
    if response.status != 200:
        return FetchedPage(response.status)
    coding = response.getheader("Content-Encoding", "identity").lower()
    if coding != "identity":
        raise NotesError(f"it comes packed ({coding}), though that was not asked for")
    data = b""
    while len(data) <= most and (piece := response.read(65_536)):
        data += piece
    if len(data) > most:
        raise NotesError(f"it is larger than {most:,} bytes")
    if response.length:  # bytes that were promised and did not come
        raise NotesError("the connection broke off")
    headers = response.headers
    return FetchedPage(200, headers.get_content_type(), headers.get_content_charset() or "", data)
