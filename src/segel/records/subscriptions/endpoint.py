"""One empty POST to a subscriber's endpoint, and nowhere else.

The host's name is looked up here and the address is looked at, and then that very address is
connected to: what a name leads to a moment later is of no account (DNS rebinding). The certificate
is checked against the name. Neither redirects nor proxies are followed; of the answer only the
status is read.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

from segel.domain.endpoints import (
    Address,
    Endpoint,
    EndpointInvalid,
    is_reachable,
    parse_endpoint,
    parse_header,
)

ADDRESSES_MAX: Final = 4
"""Of one name; a host whose first addresses all fail is tried again later."""

Lookup = Callable[[str, int], Awaitable[Sequence[Address]]]


class NotTaken(Exception):
    """The endpoint has not taken a notice. ``trouble``: a word, nothing of what it said."""

    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Line:
    """How endpoints are reached. ``tls``: whom to believe."""

    tls: ssl.SSLContext = field(repr=False)
    timeout_s: float
    lookup: Lookup


async def addresses_of(host: str, port: int) -> Sequence[Address]:
    """What a name leads to. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(one[4][0]) for one in found))


async def notify(line: Line, address: str, headers: Sequence[str], networks: Sequence[str]) -> None:
    """Return when the endpoint has taken it (any 2xx). Raises NotTaken."""
    try:
        endpoint = parse_endpoint(address, near=True)
    except EndpointInvalid:
        raise NotTaken("address-not-allowed") from None
    try:
        async with asyncio.timeout(line.timeout_s):
            await _posted(line, endpoint, headers, networks)
    except TimeoutError:
        raise NotTaken("timeout") from None


async def _posted(
    line: Line, endpoint: Endpoint, headers: Sequence[str], networks: Sequence[str]
) -> None:
    try:
        known = await line.lookup(endpoint.host, endpoint.port)
    except OSError:
        raise NotTaken("name-unknown") from None
    may = [one for one in known if is_reachable(one, networks)]
    if endpoint.scheme == "http":
        may = [one for one in may if one.is_loopback]
    if not may:
        raise NotTaken("address-not-allowed")
    trouble = "connect"
    for one in may[:ADDRESSES_MAX]:
        try:
            _require_taken(await _status_of(line, endpoint, one, headers))
        except httpx.ConnectError as failure:
            trouble = "certificate" if _is_about_trust(failure) else "connect"
        except httpx.TimeoutException:
            raise NotTaken("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise NotTaken("connect") from None
        else:
            return
    raise NotTaken(trouble)


async def _status_of(
    line: Line, endpoint: Endpoint, address: Address, headers: Sequence[str]
) -> int:
    there = f"[{address}]" if address.version == 6 else str(address)
    async with httpx.AsyncClient(
        verify=line.tls, timeout=line.timeout_s, follow_redirects=False, trust_env=False
    ) as web:
        request = httpx.Request(
            "POST",
            f"{endpoint.scheme}://{there}:{endpoint.port}{endpoint.path}",
            headers=[
                ("Host", endpoint.place),
                ("User-Agent", "Segel"),
                ("Content-Length", "0"),
                *(parse_header(text) for text in headers),
            ],
            extensions={"sni_hostname": endpoint.host},
        )
        answer = await web.send(request, stream=True)
        await answer.aclose()
        return answer.status_code


def _require_taken(status: int) -> None:
    """Raises NotTaken."""
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise NotTaken("elsewhere")
    is_theirs = status >= 500 or status == httpx.codes.TOO_MANY_REQUESTS
    raise NotTaken("server-error" if is_theirs else "refused")


def _is_about_trust(failure: BaseException) -> bool:
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
