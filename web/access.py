"""Who may come in where the page can be reached from elsewhere. Knows nothing of HTTP.

One user, one password. A session is a random token of which only the digest is kept, in memory: who
restarts the program logs everybody out. Who guesses has to wait longer after every wrong guess.
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

from pydantic import SecretStr

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


class Sessions:
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
