"""The signed lists that a verifier takes along: whom to trust, who may pass, what is revoked.

Each is a compact JWS (RFC 7515) of ES256 whose protected header is exactly ``alg``, ``typ`` (which
list it is) and ``jwk`` (by which key). A verifier was set up with thumbprints of list keys (RFC
7638), its *pins*: a key that is none of them signs nothing. The payload says which edition it is
(``serial``), since when it holds and until when; a verifier never goes back to a smaller serial and
uses nothing that has expired, so that nobody who carries the lists can withhold a revocation.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from segel.cards import base64url
from segel.cards.errors import CardRefused, ListRefused
from segel.cards.json_reading import read_object
from segel.cards.reasons import Reason
from segel.cards.signatures import ES256_BYTES, InvalidSignature, Sign, verify_es256

HEADER_CHARACTERS_MAX: Final = 1024
DEPTH_MAX: Final = 160
"""Each operation of a rule takes two levels, and rules nest to 64 operations."""
SERIAL_MAX: Final = 2**53 - 1
"""The largest whole number that every reader of JSON has exactly."""
TIME_S_MAX: Final = 253_402_300_799
"""The end of the year 9999."""
LEEWAY: Final = timedelta(minutes=5)
"""So far a verifier's clock may be behind that of whoever signs."""
MIB: Final = 1024 * 1024
_JWK_MEMBERS: Final = ("kty", "crv", "x", "y")


class ListType(StrEnum):
    """Which list it is: its ``typ``."""

    TRUST = "segel-trust+jws"
    RULES = "segel-rules+jws"
    REVOKED = "segel-revoked+jws"

    @property
    def file(self) -> str:
        """Its name in a folder or at an address."""
        return f"{self.removeprefix('segel-').removesuffix('+jws')}.jws"

    @property
    def bytes_max(self) -> int:
        """Above, it is not even looked at."""
        return _BYTES_MAX[self]


_BYTES_MAX: Final = {
    ListType.TRUST: 16 * MIB,
    ListType.RULES: 4 * MIB,
    ListType.REVOKED: 32 * MIB,  # a million marks are 6 MiB of Base64 in Base64
}


@dataclass(frozen=True, slots=True)
class ListKey:
    """Who signs lists: the key that verifiers pin, and what signs with it."""

    public: EllipticCurvePublicKey
    sign: Sign

    @property
    def pin(self) -> str:
        """Its thumbprint."""
        return ECKey.import_key(self.public).thumbprint()


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of a list it is. ``issued`` and ``expires`` are aware, of whole seconds."""

    serial: int
    issued: datetime
    expires: datetime

    def ages(self, at: datetime) -> bool:
        """Whether half of its life is over at ``at``."""
        return at > self.issued + (self.expires - self.issued) / 2


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list whose signature held. ``content`` is its payload, of which only the edition was
    looked at."""

    type: ListType
    edition: Edition
    pin: str
    content: dict[str, Any]


def read_list(
    data: bytes, kind: ListType, pins: Collection[str], at: datetime, serial_min: int = 0
) -> SignedList:
    """The list in ``data``, signed by one of ``pins``, not older than ``serial_min``, and in force
    at ``at`` (aware). Raises ListRefused."""
    found = open_list(data, kind, pins)
    edition = found.edition
    if edition.serial < serial_min:
        raise ListRefused(Reason.LISTS_OLDER, "serial")
    if at + LEEWAY < edition.issued:
        raise ListRefused(Reason.LISTS_NOT_YET_VALID, "issued")
    if at > edition.expires:
        raise ListRefused(Reason.LISTS_EXPIRED, "expires")
    return found


def open_list(data: bytes, kind: ListType, pins: Collection[str]) -> SignedList:
    """The list in ``data``, signed by one of ``pins``, **whatever its age**: to show it, and to
    tell its serial. Raises ListRefused."""
    parts = _parts(data, kind)
    header, payload, signature = (_bytes(part) for part in parts)
    key, pin = _checked(_object(header, "header"), kind)
    if pin not in pins:
        raise ListRefused(Reason.LISTS_KEY_UNKNOWN)
    if len(signature) != ES256_BYTES:
        raise ListRefused(Reason.LISTS_SIGNATURE)
    try:
        verify_es256(key, signature, parts[0] + b"." + parts[1])
    except InvalidSignature:
        raise ListRefused(Reason.LISTS_SIGNATURE) from None
    content = _object(payload, "")
    return SignedList(kind, _edition(content), pin, content)


def pin_of(data: bytes, kind: ListType) -> str:
    """By which key a list says to be signed. **Nothing is verified.** Raises ListRefused."""
    return _checked(_object(_bytes(_parts(data, kind)[0]), "header"), kind)[1]


def write_list(kind: ListType, content: dict[str, Any], edition: Edition, key: ListKey) -> bytes:
    """The list with that content, signed, and read back: a key store that signs with another key
    than it shows is found here and not at a gate. Raises ListRefused."""
    jwk = ECKey.import_key(key.public).as_dict(private=False)
    header = {"alg": "ES256", "typ": kind, "jwk": {name: jwk[name] for name in _JWK_MEMBERS}}
    times = {name: int(getattr(edition, name).timestamp()) for name in ("issued", "expires")}
    payload = {"serial": edition.serial, **times, **content}
    signed = f"{_encoded(header)}.{_encoded(payload)}".encode()
    data = signed + b"." + base64url.encode(key.sign(signed)).encode()
    read_list(data, kind, {key.pin}, edition.issued)
    return data


def _parts(data: bytes, kind: ListType) -> list[bytes]:
    if len(data) > kind.bytes_max:
        raise ListRefused(Reason.LISTS_TOO_LARGE)
    parts = data.removesuffix(b"\n").split(b".")
    if len(parts) != 3 or not all(parts) or len(parts[0]) > HEADER_CHARACTERS_MAX:
        raise ListRefused(Reason.LISTS_STRUCTURE)
    return parts


def _bytes(part: bytes) -> bytes:
    try:
        return base64url.decode(part.decode("ascii"))
    except ValueError:
        raise ListRefused(Reason.LISTS_STRUCTURE) from None


_OF_JSON: Final = {
    Reason.PAYLOAD_TOO_DEEP: Reason.LISTS_TOO_DEEP,
    Reason.PAYLOAD_DUPLICATE_KEY: Reason.LISTS_DUPLICATE_KEY,
}


def _object(data: bytes, place: str) -> dict[str, Any]:
    try:
        return read_object(data, depth_max=DEPTH_MAX)
    except CardRefused as refused:
        raise ListRefused(_OF_JSON.get(refused.reason, Reason.LISTS_NOT_JSON), place) from None


def _checked(header: dict[str, Any], kind: ListType) -> tuple[EllipticCurvePublicKey, str]:
    """The key of a header and its thumbprint. Raises ListRefused."""
    if header.keys() != {"alg", "typ", "jwk"}:
        raise ListRefused(Reason.LISTS_HEADER)
    if header["alg"] != "ES256":
        raise ListRefused(Reason.LISTS_ALGORITHM)
    if header["typ"] != kind:
        raise ListRefused(Reason.LISTS_TYPE)
    jwk = header["jwk"]
    if not isinstance(jwk, dict) or jwk.keys() != set(_JWK_MEMBERS):
        raise ListRefused(Reason.LISTS_KEY)
    if jwk["kty"] != "EC" or jwk["crv"] != "P-256":
        raise ListRefused(Reason.LISTS_KEY)
    try:
        parsed = ECKey.import_key(jwk)
        return parsed.public_key, parsed.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm):
        raise ListRefused(Reason.LISTS_KEY) from None


def _edition(content: dict[str, Any]) -> Edition:
    serial = _whole(content, "serial", SERIAL_MAX)
    issued, expires = (_whole(content, name, TIME_S_MAX) for name in ("issued", "expires"))
    if expires < issued:
        raise ListRefused(Reason.LISTS_TIMES, "expires")
    return Edition(serial, _utc(issued), _utc(expires))


def _whole(content: dict[str, Any], name: str, at_most: int) -> int:
    value = content.get(name)
    if type(value) is not int or not 1 <= value <= at_most:
        raise ListRefused(Reason.LISTS_CONTENT, name)
    return value


def _utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _encoded(document: dict[str, Any]) -> str:
    said = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return base64url.encode(said.encode())
