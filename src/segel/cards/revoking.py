"""What a card is known by in lists of revoked cards, and the list of one SMART Health Cards' key.

Lists of certificates (signature hashes and UVCI hashes, as filters or slices) and their snapshots
are asked through the port ``Revoked``.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from segel.cards.hcert import ES256
from segel.cards.model import BundleContent, CertificateContent, HealthCertificate
from segel.cards.reasons import Reason

HASH_BYTES: Final = 16
"""DCC revocation lists keep the first 128 bits."""
RID_CHARACTERS_MAX: Final = 24
RIDS_MAX: Final = 1_000_000
_RID: Final = re.compile(r"[A-Za-z0-9_-]{1,24}", re.ASCII)
_LISTED: Final = re.compile(r"([A-Za-z0-9_-]+)(?:\.(\d{1,12}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a certificate is known by in revocation lists (DCC revocation, hash types)."""

    key_id: bytes
    signature: bytes
    """SIGNATURE: of *r* where the signature is ECDSA (*s* can be changed by anybody)."""
    identifier: bytes
    """UCI."""
    country_identifier: bytes
    """COUNTRYCODEUCI."""


class Revoked(Protocol):
    """A revocation list of certificates."""

    def has(self, marks: Marks) -> bool:
        """Whether any of the marks is on it."""


def marks_of(card: HealthCertificate, content: CertificateContent) -> Marks:
    """The marks of a card."""
    half = len(card.signature) // 2 if card.algorithm == ES256 else len(card.signature)
    identifier = content.identifier.encode()
    return Marks(
        card.key_id,
        _hash(card.signature[:half]),
        _hash(identifier),
        _hash(content.country.encode() + identifier),
    )


def _hash(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:HASH_BYTES]


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
