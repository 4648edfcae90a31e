"""Who is trusted to sign: certificates for HCERT, issuers with their keys for SMART Health Cards.

All of it is parsed once, when the trust is made; a verification looks up and computes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from asn1crypto import x509 as lenient
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.jwk import ECKey

from segel.cards.errors import TrustBroken, TrustFault
from segel.cards.hcert import KEY_ID_BYTES
from segel.cards.model import Kind
from segel.cards.reasons import Reason
from segel.cards.revoking import RevocationList
from segel.cards.signatures import is_p256, is_rsa

_PURPOSES: Final = {
    "1.3.6.1.4.1.1847.2021.1.1": Kind.TEST,
    "1.3.6.1.4.1.1847.2021.1.2": Kind.VACCINATION,
    "1.3.6.1.4.1.1847.2021.1.3": Kind.RECOVERY,
    # as the first specifications wrote them, with a zero too many
    "1.3.6.1.4.1.0.1847.2021.1.1": Kind.TEST,
    "1.3.6.1.4.1.0.1847.2021.1.2": Kind.VACCINATION,
    "1.3.6.1.4.1.0.1847.2021.1.3": Kind.RECOVERY,
}
"""Extended key usages of document signers (EU DCC Technical Specifications, volume 1, annex)."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A document signer. ``purposes`` is None where its certificate names none of ours: all."""

    key_id: bytes
    key: EllipticCurvePublicKey | RSAPublicKey
    not_before: datetime
    not_after: datetime
    purposes: frozenset[Kind] | None
    country: str


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues SMART Health Cards, as an offline directory has it: ``url`` is the ``iss``."""

    url: str
    name: str
    keys: Mapping[str, EllipticCurvePublicKey]
    """By thumbprint (RFC 7638)."""
    crl_versions: Mapping[str, int] = field(default_factory=dict)
    """Of the keys that have a revocation list: which edition is current."""
    revocations: Mapping[str, RevocationList | Reason] = field(default_factory=dict)
    """By thumbprint; where a list cannot be used, why."""


@dataclass(frozen=True)
class Trust:
    """Everybody who is trusted."""

    signers: tuple[Signer, ...] = ()
    issuers: tuple[Issuer, ...] = ()

    @cached_property
    def _signers_by_key_id(self) -> dict[bytes, list[Signer]]:
        found: dict[bytes, list[Signer]] = defaultdict(list)
        for signer in self.signers:
            found[signer.key_id].append(signer)
        return dict(found)

    @cached_property
    def _issuers_by_url(self) -> dict[str, Issuer]:
        return {issuer.url: issuer for issuer in self.issuers}

    @cached_property
    def _issued_key_ids(self) -> frozenset[str]:
        return frozenset(key_id for issuer in self.issuers for key_id in issuer.keys)

    def signers_of(self, key_id: bytes) -> list[Signer]:
        """All that share a key id; several may, it is only eight bytes (HCERT § 3.3.3)."""
        return self._signers_by_key_id.get(key_id, [])

    def issuer_of(self, url: str) -> Issuer | None:
        """The issuer of that address."""
        return self._issuers_by_url.get(url)

    def is_anybodys(self, key_id: str) -> bool:
        """Whether some issuer has the key."""
        return key_id in self._issued_key_ids

    def and_also(self, others: Iterable["Trust"]) -> "Trust":
        """This trust with others'. Raises TrustBroken where two speak of one issuer."""
        signers, issuers = list(self.signers), list(self.issuers)
        for other in others:
            signers += other.signers
            issuers += other.issuers
        if len({issuer.url for issuer in issuers}) != len(issuers):
            raise TrustBroken(
                TrustFault.ISSUER_TWICE,
                "An issuer is given twice.",
                remedy="Give each issuer's keys in one file.",
            )
        return Trust(tuple(signers), tuple(issuers))


def own_trust(url: str, points: Iterable[bytes], certificates: Iterable[bytes]) -> Trust:
    """Trust in one issuer: the keys of its SMART Health Cards (``04 ‖ x ‖ y``), and certificates
    (DER). Raises TrustBroken, and ValueError for what is no point."""
    found = (EllipticCurvePublicKey.from_encoded_point(SECP256R1(), one) for one in points)
    keys = {ECKey.import_key(key).thumbprint(): key for key in found}
    return Trust(tuple(signer_of(one) for one in certificates), (Issuer(url, "", keys),))


def key_id_of(certificate: bytes) -> bytes:
    """The key id of a certificate in DER: the first bytes of its SHA-256 (HCERT § A.1)."""
    return hashlib.sha256(certificate).digest()[:KEY_ID_BYTES]


def signer_of(certificate: bytes, key_id: bytes | None = None) -> Signer:
    """The signer that a certificate (DER) speaks of; ``key_id`` where a list says another.

    The certificate's own signature is not looked at: that it stands on a trusted list is the trust
    (HCERT § 5.1). Raises TrustBroken.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        key = parsed.public_key()
        not_before, not_after = parsed.not_valid_before_utc, parsed.not_valid_after_utc
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise TrustBroken(
            TrustFault.CERTIFICATE,
            "A certificate cannot be read.",
            remedy="Give X.509 certificates as PEM or DER.",
        ) from None
    if not isinstance(key, EllipticCurvePublicKey | RSAPublicKey) or not (
        is_p256(key) or is_rsa(key)
    ):
        raise TrustBroken(
            TrustFault.CERTIFICATE_KEY,
            "A certificate's key is none that signs cards.",
            remedy="P-256, or RSA of 2048 to 4096 bits.",
        )
    return Signer(
        key_id or key_id_of(certificate),
        key,
        not_before,
        not_after,
        _purposes(certificate),
        _country(certificate),
    )


def _purposes(certificate: bytes) -> frozenset[Kind] | None:
    """Read leniently: issuers' extensions have faults that a strict reader stops at, such as an
    explicit default or an empty list of usages."""
    try:
        usages = lenient.Certificate.load(certificate).extended_key_usage_value
        named = [] if usages is None else [usage.dotted for usage in usages]
    except (ValueError, TypeError):
        return frozenset()  # it names some that cannot be read: then none
    kinds = frozenset(_PURPOSES[usage] for usage in named if usage in _PURPOSES)
    return kinds or None


def _country(certificate: bytes) -> str:
    try:
        subject = lenient.Certificate.load(certificate).subject.native
        return str(subject.get("country_name", ""))
    except (ValueError, TypeError, AttributeError):
        return ""
