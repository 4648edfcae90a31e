"""The two signatures of cards: ES256 as *r* and *s* side by side, and PS256."""

from collections.abc import Callable
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from segel.cards.errors import CardRefused
from segel.cards.reasons import Reason

Sign = Callable[[bytes], bytes]
"""Signs bytes by ES256 and gives *r* and *s*, 32 bytes each (RFC 7518 § 3.4). A callable, because
the key is where it cannot be taken from: in a KMS."""

ES256_BYTES: Final = 64
RSA_BITS_MIN: Final = 2048
RSA_BITS_MAX: Final = 4096
"""Above, a verification takes longer than a gate has; no issuer has larger ones."""
DER_SEQUENCE: Final = 0x30

_ECDSA: Final = ECDSA(SHA256())
_PSS: Final = PSS(MGF1(SHA256()), SHA256.digest_size)


def is_p256(key: object) -> bool:
    """Whether ``key`` is one that ES256 is for (RFC 7518 § 3.4)."""
    return isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1)


def is_rsa(key: object) -> bool:
    """Whether ``key`` is one that PS256 is for, of a size that is allowed."""
    return isinstance(key, RSAPublicKey) and RSA_BITS_MIN <= key.key_size <= RSA_BITS_MAX


def demand_es256_form(signature: bytes) -> None:
    """Raises CardRefused where it cannot be *r* and *s* of 32 bytes each (RFC 7518 § 3.4)."""
    if len(signature) == ES256_BYTES:
        return
    der = signature[:1] == bytes([DER_SEQUENCE]) and len(signature) > 1
    if der and signature[1] == len(signature) - 2:
        raise CardRefused(Reason.SIGNATURE_DER)
    raise CardRefused(Reason.SIGNATURE_LENGTH)


def sign_with(key: EllipticCurvePrivateKey) -> Sign:
    """Signs with a key at hand, which must be of P-256."""
    assert is_p256(key.public_key())

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, _ECDSA))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def verify_es256(key: EllipticCurvePublicKey, signature: bytes, signed: bytes) -> None:
    """Raises InvalidSignature. ``signature`` has the form that ``demand_es256_form`` demands."""
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
    key.verify(encode_dss_signature(r, s), signed, _ECDSA)


def verify_ps256(key: RSAPublicKey, signature: bytes, signed: bytes) -> None:
    """Raises InvalidSignature (RFC 8230 § 2: the salt is as long as the hash)."""
    key.verify(signature, signed, _PSS, SHA256())


__all__ = [
    "ES256_BYTES", "InvalidSignature", "Sign", "demand_es256_form", "is_p256", "is_rsa",
    "sign_with", "verify_es256", "verify_ps256",
]  # fmt: skip
