"""What a card is known by in lists of revoked cards, and the list of one SMART Health Cards' key.

Lists of all kinds of cards, and the snapshot of them (``snapshot``), know a card by its *marks* and
are asked through the port ``Revoked``. A mark is a kind and half of a SHA-256.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, Protocol

from segel.cards.hcert import ES256
from segel.cards.model import (
    BundleContent,
    Card,
    CertificateContent,
    Content,
    HealthCertificate,
)
from segel.cards.reasons import Reason

HASH_BYTES: Final = 16
"""DCC revocation lists keep the first 128 bits."""
RID_CHARACTERS_MAX: Final = 24
RIDS_MAX: Final = 1_000_000
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)
_LISTED: Final = re.compile(r"([A-Za-z0-9_-]+)(?:\.(\d{1,12}))?", re.ASCII)


class MarkKind(IntEnum):
    """What of a card a mark is made of: its first byte."""

    SIGNATURE = 1
    """Of *r* where the signature is ECDSA (*s* can be changed by anybody)."""
    IDENTIFIER = 2
    """The UCI."""
    COUNTRY_IDENTIFIER = 3
    """The issuer's country and the UCI. Verifiers take the country from the envelope (``iss``) or
    from the content (``co``), and issuers revoke by either."""
    HEALTH_CARD = 4
    """Issuer, key and revocation id of a SMART Health Card."""


class Revoked(Protocol):
    """A revocation list."""

    def has_any(self, marks: Iterable[bytes]) -> bool:
        """Whether any of a card's marks is on it."""


def mark_of(kind: MarkKind, hashed: bytes) -> bytes:
    """The mark of a hash, of which only the first 128 bits are kept."""
    return bytes([kind]) + hashed[:HASH_BYTES]


def marks_of(card: Card, content: Content) -> tuple[bytes, ...]:
    """What a card is known by in revocation lists (for certificates: the hash types of the DCC
    gateway)."""
    if isinstance(card, HealthCertificate):
        assert isinstance(content, CertificateContent)
        return _marks_of_certificate(card, content)
    assert isinstance(content, BundleContent)
    if content.rid is None:
        return ()
    return (health_card_mark(content.issuer, card.key_id, content.rid),)


def health_card_mark(issuer: str, key_id: str, rid: str) -> bytes:
    """The mark of a SMART Health Card."""
    return _mark(MarkKind.HEALTH_CARD, f"{issuer}|{key_id}|{rid}".encode())


def _marks_of_certificate(
    card: HealthCertificate, content: CertificateContent
) -> tuple[bytes, ...]:
    half = len(card.signature) // 2 if card.algorithm == ES256 else len(card.signature)
    identifier = content.identifier.encode()
    countries = dict.fromkeys((content.country, card.issuer or content.country))
    return (
        _mark(MarkKind.SIGNATURE, card.signature[:half]),
        _mark(MarkKind.IDENTIFIER, identifier),
        *(_mark(MarkKind.COUNTRY_IDENTIFIER, one.encode() + identifier) for one in countries),
    )


def _mark(kind: MarkKind, data: bytes) -> bytes:
    return mark_of(kind, hashlib.sha256(data).digest())


class ListBroken(Exception):
    """A revocation list cannot be used, for ``reason``."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RevocationList:
    """The revoked cards of one key (SMART Health Cards, Revocation)."""

    edition: int
    always: frozenset[str]
    before: Mapping[str, float]
    """Only cards whose ``nbf`` is before that time, in seconds since 1970."""

    def revokes(self, content: BundleContent) -> bool:
        """Whether a card is on it."""
        if content.rid is None:
            return False
        if content.rid in self.always:
            return True
        before = self.before.get(content.rid)
        return before is not None and content.starts_at < before


def is_rid(text: object) -> bool:
    """Whether it has the form of a revocation id."""
    return isinstance(text, str) and bool(_RID.fullmatch(text))


def revocation_list(document: Any, key_id: str) -> RevocationList:
    """The list in a parsed CRL file of the key. Raises ListBroken."""
    if not isinstance(document, dict):
        raise ListBroken(Reason.REVOCATIONS_SHAPE)
    if document.get("kid") != key_id:
        raise ListBroken(Reason.REVOCATIONS_KEY)
    if document.get("method") != "rid":
        raise ListBroken(Reason.REVOCATIONS_METHOD)
    edition, rids = document.get("ctr"), document.get("rids")
    if type(edition) is not int or not isinstance(rids, list) or len(rids) > RIDS_MAX:
        raise ListBroken(Reason.REVOCATIONS_SHAPE)
    always: set[str] = set()
    before: dict[str, float] = {}
    for one in rids:
        rid, until = _listed(one)
        if rid in always or rid in before:
            raise ListBroken(Reason.REVOCATIONS_RID_TWICE)
        if until is None:
            always.add(rid)
        else:
            before[rid] = until
    return RevocationList(edition, frozenset(always), before)


def _listed(one: object) -> tuple[str, float | None]:
    match = _LISTED.fullmatch(one) if isinstance(one, str) else None
    if match is None:
        raise ListBroken(Reason.REVOCATIONS_RID_FORM)
    rid, until = match.groups()
    if len(rid) > RID_CHARACTERS_MAX:
        raise ListBroken(Reason.REVOCATIONS_RID_LENGTH)
    return rid, None if until is None else float(until)
