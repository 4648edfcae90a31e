"""Where somebody outside may be told something: addresses that cannot be turned against the house.

An address names a host that the operator allowed. What the host's name leads to is looked at each
time, just before it is connected to: a name that leads into the house is refused there (server-side
request forgery; OWASP Top 10:2021, A10). Pure.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import urlsplit

from segel.domain.errors import SegelError

ADDRESS_LENGTH_MAX: Final = 512
HEADER_LENGTH_MAX: Final = 2_048
HEADERS_MAX: Final = 8
HTTPS_PORT: Final = 443
HTTP_PORT: Final = 80

Address = IPv4Address | IPv6Address

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
"""Host names (RFC 1123 § 2.1) whose last label is no number: ``0x7f.1`` and its kin are read as
addresses by some resolvers."""

_PATH: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%/-]*\Z", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}\Z", re.ASCII)
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")
_RESERVED: Final = frozenset(
    {
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "te",
        "trailer", "transfer-encoding", "upgrade", "user-agent",
    }
)  # fmt: skip
"""Headers that say how a request is framed and where it goes: they are ours."""

_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""Addresses that a gateway makes IPv4 ones of (RFC 6052)."""


class EndpointInvalid(SegelError):
    """Not an address that somebody may be told at, or not one that may be allowed."""

    code = "endpoint-invalid"


class HeaderInvalid(SegelError):
    """Not a header that can be sent along."""

    code = "header-invalid"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address, in parts. ``host``: a name in lower case, or an IP address."""

    scheme: str
    host: str
    port: int
    path: str = field(repr=False)

    @property
    def place(self) -> str:
        """Host and port, as the operator allows them."""
        return place_of(self.host, self.port)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A host that may be told at. ``networks``: which private addresses its name may lead to; to
    public ones it may always."""

    place: str
    networks: tuple[str, ...] = ()


def place_of(host: str, port: int) -> str:
    """Host and port as one text."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_endpoint(text: str, *, near: bool = False) -> Endpoint:
    """An address over HTTPS. Raises EndpointInvalid.

    ``near``: of this machine also over HTTP, which is for demonstrations.
    """
    if len(text) > ADDRESS_LENGTH_MAX or not text.isascii() or not text.isprintable():
        raise _invalid(f"An address has at most {ADDRESS_LENGTH_MAX} printable characters.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid("This is no address.") from None
    if "\\" in text or "@" in parts.netloc or parts.query or parts.fragment or "?" in text:
        raise _invalid(
            "An address is host, port and path alone: without a name, a password or a query.",
            "What proves who calls goes into channel.header.",
        )
    host = _host(host)
    is_near = near and parts.scheme == "http" and _is_loopback(host)
    if not (parts.scheme == "https" or is_near):
        raise _invalid("Nobody is told but over HTTPS.", "Give an https:// address.")
    if not _PATH.match(parts.path):
        raise _invalid("The address has characters that have to be percent-encoded.")
    return Endpoint(
        parts.scheme, host, _port(port, HTTP_PORT if is_near else HTTPS_PORT), parts.path or "/"
    )


def parse_allowed(place: str, networks: Iterable[str]) -> Allowed:
    """What the operator allows: ``HOST`` or ``HOST:PORT``. Raises EndpointInvalid."""
    text = place.strip().lower()
    rest = re.fullmatch(r"(?P<host>\[[0-9a-f:.]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{1,5}))?", text)
    if rest is None:
        raise _invalid("This is no host.", "Write HOST or HOST:PORT, without https://.")
    host = _host(rest["host"].strip("[]"))
    port = _port(int(rest["port"]) if rest["port"] else None, HTTPS_PORT)
    return Allowed(place_of(host, port), tuple(_network(one) for one in networks))


def is_reachable(address: Address, networks: Iterable[str] = ()) -> bool:
    """Whether an address may be connected to: a public one, or one of these networks."""
    real = _real(address)
    if any(real in ip_network(one) for one in networks):
        return True
    return real.is_global and not (real.is_multicast or real.is_reserved or real.is_unspecified)


def parse_header(text: str) -> tuple[str, str]:
    """Name and value of a header (RFC 9110 § 5.1, § 5.5). Raises HeaderInvalid."""
    name, colon, value = text.partition(":")
    value = value.strip(" ")
    if not (colon and len(text) <= HEADER_LENGTH_MAX and _NAME.match(name) and _VALUE.match(value)):
        raise HeaderInvalid(
            "A header is a name, a colon and a value of printable ASCII.",
            remedy="Write for example Authorization: Bearer TOKEN.",
        )
    if name.lower() in _RESERVED or name.lower().startswith("proxy-"):
        raise HeaderInvalid(
            "This header says how a request is sent, and is not the subscriber's to say.",
            remedy="Use Authorization, or a header of your own.",
        )
    return name, value


def _real(address: Address) -> Address:
    """What an address leads to in the end."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        if address.sixtofour is not None:
            return address.sixtofour
    return address


def _host(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    if not _HOST.match(text):
        raise _invalid("This is no name of a host.")
    return text


def _port(port: int | None, otherwise: int) -> int:
    if port is None:
        return otherwise
    if not 1 <= port <= 65_535:
        raise _invalid("A port is a number from 1 to 65535.")
    return port


def _network(text: str) -> str:
    try:
        network = ip_network(text.strip())
    except ValueError:
        raise _invalid("This is no network.", "Write for example 10.2.0.0/16.") from None
    if (
        network.is_global
        or network.is_link_local
        or network.is_multicast
        or network.network_address.is_unspecified
    ):
        raise _invalid(
            "A network that is named is one of the house's own.",
            "Name the private network that the host is in; public addresses need none.",
        )
    return str(network)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _invalid(what: str, remedy: str = "Write for example https://HOST/path.") -> EndpointInvalid:
    return EndpointInvalid(what, field="endpoint", remedy=remedy)
