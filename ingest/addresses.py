"""Addresses of pages: one parser, and which machines they may lead to."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from rag.errors import NotesError

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
