"""SMART Health Links: a link's payload, and the encrypted files behind it. No server, no fetching.

shlink:/ ─ base64url ─ JSON {url, key, exp, flag, label, v}
a file   ─ compact JWE (alg dir, enc A256GCM, perhaps zip DEF, cty) under ``key``
"""

import json
import secrets
import zlib
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from segel.cards import base64url
from segel.cards.errors import CardRefused, LinkBroken
from segel.cards.json_reading import read_object

PREFIX: Final = "shlink:/"
KEY_BYTES: Final = 32
URL_CHARACTERS_MAX: Final = 128
LABEL_CHARACTERS_MAX: Final = 80
TEXT_CHARACTERS_MAX: Final = 4096
VERSION: Final = 1
FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""An imaging report or a summary as PDF; larger things are fetched as themselves."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""Only there is http enough: nothing leaves the machine."""

LONG_TERM: Final = "L"
PASSCODE: Final = "P"
DIRECT: Final = "U"
FLAGS: Final = frozenset({LONG_TERM, PASSCODE, DIRECT})

SMART_HEALTH_CARD: Final = "application/smart-health-card"
FHIR_JSON: Final = "application/fhir+json"
_ALGORITHMS: Final = ["dir", "A256GCM", "DEF"]


class HealthLink(msgspec.Struct, frozen=True):
    """A link. ``key`` opens its files; whoever has the link has the key. ``expires_at`` is seconds
    since 1970, and only tells: the server decides."""

    url: str
    key: bytes
    expires_at: float | None = None
    flags: frozenset[str] = frozenset()
    label: str = ""

    @property
    def needs_passcode(self) -> bool:
        """Whether the server asks for a passcode before it hands out the files."""
        return PASSCODE in self.flags

    @property
    def is_direct(self) -> bool:
        """Whether ``url`` is the one file itself, got by GET, without a manifest."""
        return DIRECT in self.flags

    def has_expired(self, at: datetime) -> bool:
        """Whether it says to have expired at ``at`` (aware)."""
        return self.expires_at is not None and at.timestamp() > self.expires_at


class LinkedFile(msgspec.Struct, frozen=True):
    """What was in a file behind a link."""

    content_type: str
    content: bytes


def new_key() -> bytes:
    """A link's key."""
    return secrets.token_bytes(KEY_BYTES)


def make_link(link: HealthLink, viewer: str = "") -> str:
    """The text of a link; behind ``viewer``'s address where one is given. Raises LinkBroken."""
    _check(link)
    payload: dict[str, Any] = {"url": link.url, "key": base64url.encode(link.key)}
    if link.expires_at is not None:
        payload["exp"] = link.expires_at
    if link.flags:
        payload["flag"] = "".join(sorted(link.flags))
    if link.label:
        payload["label"] = link.label
    payload["v"] = VERSION
    said = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    text = PREFIX + base64url.encode(said)
    return f"{viewer}#{text}" if viewer else text


def parse_link(text: str) -> HealthLink:
    """The link in ``text``, bare or behind a viewer's address. Raises LinkBroken."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise LinkBroken("The link is longer than any.", remedy="Scan or copy it again.")
    before, found, encoded = text.partition(PREFIX)
    if not found or (before and not (before.endswith("#") and _is_safe(before))):
        raise LinkBroken("This is not a SMART Health Link.", remedy="It begins with shlink:/.")
    try:
        payload = read_object(base64url.decode(encoded))
    except (ValueError, CardRefused):
        raise LinkBroken(
            "The link's content cannot be read.", remedy="Scan or copy it again, whole."
        ) from None
    version = payload.get("v", VERSION)
    if type(version) is not int or version != VERSION:
        raise LinkBroken("The link is of a version that is not known here.", field="v")
    link = HealthLink(
        _text(payload, "url"),
        _key(payload),
        _seconds(payload),
        _flags(payload),
        _text(payload, "label") if "label" in payload else "",
    )
    _check(link)
    return link


def encrypt_file(link: HealthLink, file: LinkedFile) -> str:
    """The file as a compact JWE under the link's key. Raises LinkBroken."""
    if len(file.content) > FILE_BYTES_MAX:
        raise LinkBroken("The file is larger than 64 MiB.", remedy="Link to less.")
    header = {"alg": "dir", "enc": "A256GCM", "cty": file.content_type}
    return jwe.encrypt_compact(header, file.content, OctKey.import_key(link.key), _ALGORITHMS)


def decrypt_file(link: HealthLink, text: str) -> LinkedFile:
    """The file in a compact JWE. What is compressed may inflate to 250 KiB, which is joserfc's
    limit. Raises LinkBroken."""
    if len(text) > FILE_BYTES_MAX * 2:
        raise LinkBroken("The file is larger than 64 MiB.", remedy="Ask for less.")
    try:
        opened = jwe.decrypt_compact(text, OctKey.import_key(link.key), algorithms=_ALGORITHMS)
        content_type = opened.protected.get("cty", "")
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, zlib.error):
        raise LinkBroken(
            "The file does not open with this link's key.",
            remedy="It was changed, or belongs to another link.",
        ) from None
    return LinkedFile(
        content_type if isinstance(content_type, str) else "", opened.plaintext or b""
    )


def _is_safe(address: str) -> bool:
    """Whether it is one of https, or leads nowhere but to this machine."""
    try:
        parts = urlsplit(address)
        here = parts.scheme == "http" and parts.hostname in LOOPBACK
        return here or (parts.scheme == "https" and bool(parts.hostname))
    except ValueError:
        return False


def _check(link: HealthLink) -> None:
    if not _is_safe(link.url):
        raise LinkBroken("The address is not one of https.", field="url")
    if len(link.url) > URL_CHARACTERS_MAX:
        raise LinkBroken("The address is longer than 128 characters.", field="url")
    if len(link.key) != KEY_BYTES:
        raise LinkBroken("The key is not of 32 bytes.", field="key")
    if not link.flags <= FLAGS:
        raise LinkBroken("A flag is not known here.", field="flag", remedy="L, P and U are.")
    if {PASSCODE, DIRECT} <= link.flags:
        raise LinkBroken("A direct link cannot have a passcode.", field="flag")
    if len(link.label) > LABEL_CHARACTERS_MAX:
        raise LinkBroken("The label is longer than 80 characters.", field="label")


def _text(payload: dict[str, Any], name: str) -> str:
    value = payload.get(name)
    if not isinstance(value, str):
        raise LinkBroken("It is missing, or is not text.", field=name)
    return value


def _key(payload: dict[str, Any]) -> bytes:
    try:
        return base64url.decode(_text(payload, "key"))
    except ValueError:
        raise LinkBroken("The key is not base64url.", field="key") from None


def _seconds(payload: dict[str, Any]) -> float | None:
    value = payload.get("exp")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LinkBroken("It is not a number of seconds.", field="exp")
    return value


def _flags(payload: dict[str, Any]) -> frozenset[str]:
    value = payload.get("flag", "")
    if not isinstance(value, str) or len(set(value)) != len(value):
        raise LinkBroken("The flags are not single letters, each once.", field="flag")
    return frozenset(value)
