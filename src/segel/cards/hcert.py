"""HCERT: from the text of a QR code to an opened certificate (eHN HCERT specification 1.0.5).

    HC1: ─ Base45 ─ zlib ─ COSE_Sign1 (tagged 18, in a tag 61, or untagged) ─ CWT ─ {-260: {1: …}}

``alg`` must be in the protected header. ``kid`` may stand in the unprotected one where the
protected has none (§ 3.3.3: "Verifiers MUST accept both"); the card says where it stood.
"""

import base64
import binascii
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import cbor2

from segel.cards import base45, cbor
from segel.cards.errors import CardRefused
from segel.cards.inflating import inflate_zlib
from segel.cards.model import HealthCertificate
from segel.cards.reasons import Reason

PREFIX: Final = "HC1:"

# COSE header parameters (RFC 9052 § 3.1) and algorithms (RFC 9053, RFC 8230)
ALG: Final = 1
CRIT: Final = 2
KID: Final = 4
ES256: Final = -7
PS256: Final = -37

# CWT claims (RFC 8392 § 3.1, HCERT § 3.3.1)
ISS: Final = 1
EXP: Final = 4
IAT: Final = 6
HCERT: Final = -260
EU_DCC_V1: Final = 1

KEY_ID_BYTES: Final = 8


def open_certificate(text: str) -> HealthCertificate:
    """The certificate in ``text``, which begins with ``HC1:``. Raises CardRefused."""
    return open_cose(inflate_zlib(base45.decode(text.removeprefix(PREFIX))))


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a COSE_Sign1 message holds: nothing of it is verified. ``headers``: how many parameters
    stand in the protected header, and how many in the other."""

    algorithm: int
    key_id: bytes
    key_id_protected: bool
    signed: bytes
    signature: bytes
    claims: dict[Any, Any]
    headers: tuple[int, int]


def open_cose(message: bytes) -> HealthCertificate:
    """The certificate in a COSE_Sign1 message. Raises CardRefused."""
    envelope = open_envelope(message)
    claims = envelope.claims
    issuer = claims.get(ISS)
    if issuer is not None and not isinstance(issuer, str):
        raise CardRefused(Reason.CLAIM_TYPE, "iss")
    return HealthCertificate(
        algorithm=envelope.algorithm,
        key_id=envelope.key_id,
        key_id_protected=envelope.key_id_protected,
        signed=envelope.signed,
        signature=envelope.signature,
        issuer=issuer,
        issued_at=_seconds(claims, IAT, "iat"),
        expires_at=_seconds(claims, EXP, "exp"),
        certificate=_certificate(claims),
    )


def open_envelope(message: bytes) -> Envelope:
    """The envelope that a COSE_Sign1 message is, whatever is in it. Raises CardRefused."""
    protected_bytes, unprotected, payload, signature = _parts(cbor.read(message))
    protected = cbor.read(protected_bytes) if protected_bytes else {}
    if not isinstance(protected, dict):
        raise CardRefused(Reason.COSE_STRUCTURE, "protected")
    algorithm = _algorithm(protected, unprotected)
    key_id, key_id_protected = _key_id(protected, unprotected)
    claims = cbor.read(payload)
    if not isinstance(claims, dict):
        raise CardRefused(Reason.CLAIMS_STRUCTURE)
    return Envelope(
        algorithm=algorithm,
        key_id=key_id,
        key_id_protected=key_id_protected,
        signed=sig_structure(protected_bytes, payload),
        signature=signature,
        claims=claims,
        headers=(len(protected), len(unprotected)),
    )


def _parts(item: Any) -> tuple[bytes, Mapping[Any, Any], bytes, bytes]:
    """COSE_Sign1 = [protected, unprotected, payload, signature] (RFC 9052 § 4.2).

    What is under a tag comes out of cbor2 immutable: the map is no ``dict``.
    """
    if isinstance(item, cbor2.CBORTag) and item.tag == cbor.CWT_TAG:
        item = item.value
    if isinstance(item, cbor2.CBORTag) and item.tag == cbor.SIGN1_TAG:
        item = item.value
    if not isinstance(item, list | tuple) or len(item) != 4:
        raise CardRefused(Reason.COSE_STRUCTURE)
    protected, unprotected, payload, signature = item
    if not isinstance(protected, bytes) or not isinstance(unprotected, Mapping):
        raise CardRefused(Reason.COSE_STRUCTURE, "header")
    if not isinstance(payload, bytes):
        raise CardRefused(Reason.COSE_STRUCTURE, "payload")
    if not isinstance(signature, bytes):
        raise CardRefused(Reason.COSE_STRUCTURE, "signature")
    return protected, unprotected, payload, signature


def _algorithm(protected: dict[Any, Any], unprotected: Mapping[Any, Any]) -> int:
    if CRIT in protected or CRIT in unprotected:
        raise CardRefused(Reason.HEADER_CRITICAL)
    if ALG not in protected:
        raise CardRefused(
            Reason.ALGORITHM_UNPROTECTED if ALG in unprotected else Reason.ALGORITHM_MISSING
        )
    algorithm = protected[ALG]
    if type(algorithm) is not int or algorithm not in (ES256, PS256):
        raise CardRefused(Reason.ALGORITHM_UNSUPPORTED)
    return algorithm


def _key_id(protected: dict[Any, Any], unprotected: Mapping[Any, Any]) -> tuple[bytes, bool]:
    stands_in: Mapping[Any, Any] = protected if protected.get(KID) is not None else unprotected
    key_id = stands_in.get(KID)
    if key_id is None:
        raise CardRefused(Reason.KEY_ID_MISSING)
    if isinstance(key_id, str):  # some issuers write the eight bytes in Base64
        key_id = _of_base64(key_id)
    if not isinstance(key_id, bytes) or len(key_id) != KEY_ID_BYTES:
        raise CardRefused(Reason.KEY_ID_FORM)
    return key_id, stands_in is protected


def _of_base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _seconds(claims: dict[Any, Any], claim: int, name: str) -> float | None:
    """NumericDate (RFC 8392 § 2): whole seconds, or a float as some issuers have it."""
    value = claims.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CardRefused(Reason.CLAIM_TYPE, name)
    return value


def _certificate(claims: dict[Any, Any]) -> dict[Any, Any]:
    holder = claims.get(HCERT)
    if not isinstance(holder, dict):
        raise CardRefused(Reason.CERTIFICATE_MISSING, "hcert")
    certificate = holder.get(EU_DCC_V1)
    if not isinstance(certificate, dict):
        raise CardRefused(Reason.CERTIFICATE_MISSING, "eu_dcc_v1")
    return certificate


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """What is signed: ["Signature1", protected, no external data, payload] (RFC 9052 § 4.4)."""
    return b"\x84\x6aSignature1" + _bstr(protected) + b"\x40" + _bstr(payload)


def _bstr(data: bytes) -> bytes:
    length = len(data)
    if length < 24:
        return bytes([0x40 | length]) + data
    if length < 1 << 8:
        return bytes([0x58, length]) + data
    return b"\x59" + length.to_bytes(2) + data  # 64 KiB is all that is inflated
