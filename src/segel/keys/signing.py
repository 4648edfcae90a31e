"""Signing in software, for the adapters that have no hardware or server to do it: ES256.

A signature is *r* and *s* side by side, 32 bytes each (RFC 7518 § 3.4), as every adapter gives it.
"""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SECRET_BYTES: Final = 32
POINT_BYTES: Final = 65
"""``04 ‖ x ‖ y`` (SEC 1 § 2.3.3)."""
SIGNATURE_BYTES: Final = 64

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256's base point (SP 800-186 § 3.2.1.3)."""
_EXTRA_BYTES: Final = 8


def new_secret(randomness: Callable[[int], bytes]) -> bytes:
    """A secret from more bits than it has, so that none is likelier (FIPS 186-5 § A.2.1)."""
    drawn = int.from_bytes(randomness(SECRET_BYTES + _EXTRA_BYTES), "big")
    return (drawn % (_ORDER - 1) + 1).to_bytes(SECRET_BYTES, "big")


def point_of(secret: bytes) -> bytes:
    """The public key."""
    return encoded(derive_private_key(int.from_bytes(secret, "big"), SECP256R1()).public_key())


def encoded(key: EllipticCurvePublicKey) -> bytes:
    """A public key as ``POINT_BYTES`` has it."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def signature_of(secret: bytes, message: bytes) -> bytes:
    """The signature of ``message``."""
    key = derive_private_key(int.from_bytes(secret, "big"), SECP256R1())
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    return r.to_bytes(SIGNATURE_BYTES // 2, "big") + s.to_bytes(SIGNATURE_BYTES // 2, "big")
