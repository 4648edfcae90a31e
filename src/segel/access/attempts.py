"""A bounded token bucket for each place that attempts come from (a network, not a person).

Places are kept as digests under a key of this process: its memory tells nobody's addresses. Each
gateway process counts for itself; together they let through as many times more.
"""

import hashlib
import ipaddress
import math
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

from segel.access.errors import TooManyAttempts

BURST: Final = 60
"""A ward's shift change, behind one address: everybody signs in within the same minute."""

RATE_PER_S: Final = 2.0
"""After that: a guess at a 256-bit secret is hopeless at any rate; this bounds work, not luck."""

PLACES_MAX: Final = 20_000
"""About 4 MB. Beyond it the place that was quiet for longest is forgotten."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})


class Attempts:
    """Lets attempts through, or says how long to wait."""

    def __init__(
        self,
        *,
        burst: int = BURST,
        rate_per_s: float = RATE_PER_S,
        places_max: int = PLACES_MAX,
        clock: Callable[[], float] = time.monotonic,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._burst = float(burst)
        self._rate_per_s = rate_per_s
        self._places_max = places_max
        self._clock = clock
        self._key = randomness(32)
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def require(self, scope: Mapping[str, Any]) -> None:
        """Count an attempt of an ASGI request. Raises TooManyAttempts."""
        self.take(place_of(scope))

    def take(self, place: str) -> None:
        """Count an attempt from a place. Raises TooManyAttempts."""
        digest = hashlib.blake2b(place.encode(), digest_size=16, key=self._key).digest()
        now_s = self._clock()
        left, since_s = self._left.pop(digest, (self._burst, now_s))
        left = min(self._burst, left + max(0.0, now_s - since_s) * self._rate_per_s)
        admitted = left >= 1
        self._left[digest] = (left - 1 if admitted else left, now_s)
        if len(self._left) > self._places_max:
            self._left.popitem(last=False)
        if not admitted:
            raise TooManyAttempts(max(1, math.ceil((1 - left) / self._rate_per_s)))


def place_of(scope: Mapping[str, Any]) -> str:
    """Where a request comes from: an IPv4 address or an IPv6 network of 64 bits.

    From a proxy on this machine it is what the proxy wrote last into X-Forwarded-For; nobody else
    is believed about that.
    """
    host = str((scope.get("client") or ("",))[0])
    if host in LOOPBACK:
        said = [value for name, value in scope.get("headers", ()) if name == b"x-forwarded-for"]
        if said:
            host = said[-1].decode("ascii", "replace").rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "elsewhere"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
