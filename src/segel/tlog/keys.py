"""Ed25519 keys of signed notes, and how a public one is handed on (C2SP signed-note).

A verifier key (vkey) reads ``name+id+base64(type, public key)``; the ID is eight hexadecimal digits
of a hash over the rest, so that a key of one kind cannot pass for another's.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from segel.tlog.errors import KeyMalformed, SignatureBroken
from segel.tlog.notes import (
    KEY_ID_BYTES,
    VerifiedSignature,
    decode_base64,
    encode_base64,
    require_key_name,
)

PUBLIC_KEY_BYTES: Final = 32

FINGERPRINT_DIGITS: Final = 32
"""128 bits: nobody finds another key of the same, and it fits on a card."""

TYPE_ED25519: Final = 0x01
TYPE_COSIGNATURE: Final = 0x04

_KEY_ID: Final = re.compile(r"[0-9a-f]{8}")


def key_id(name: str, key_type: int, public_key: bytes) -> bytes:
    """The short name of a key: the first four bytes of a hash over name, type and key."""
    named = name.encode() + b"\n" + bytes([key_type]) + public_key
    return hashlib.sha256(named).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True, slots=True)
class NoteVerifier:
    """A log's public key. Raises KeyMalformed for a name or key that cannot be."""

    name: str
    public_key: bytes

    def __post_init__(self) -> None:
        require_key(self.name, self.public_key)

    @classmethod
    def parse(cls, vkey: str) -> "NoteVerifier":
        """The key of a vkey. Raises KeyMalformed."""
        return cls(*parse_vkey(vkey, TYPE_ED25519))

    def vkey(self) -> str:
        """The key as text, for configuration files and for other people's verifiers."""
        return format_vkey(self.name, TYPE_ED25519, self.public_key)

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand in signature lines."""
        return key_id(self.name, TYPE_ED25519, self.public_key)

    @property
    def fingerprint(self) -> str:
        """For people to compare: 16 bytes of the key's SHA-256, in groups of four digits."""
        digits = hashlib.sha256(self.public_key).hexdigest()[:FINGERPRINT_DIGITS]
        return " ".join(digits[at : at + 4] for at in range(0, FINGERPRINT_DIGITS, 4))

    def check(self, text: str, signature: bytes) -> VerifiedSignature:
        """Raises SignatureBroken."""
        check_ed25519(self.public_key, text.encode(), signature, self.name)
        return VerifiedSignature(self.name, self.public_key)


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A log's private key and the name it signs under, which is the log's origin."""

    name: str
    private_key: Ed25519PrivateKey = field(repr=False)

    def __post_init__(self) -> None:
        require_key_name(self.name)

    def verifier(self) -> NoteVerifier:
        """The public half."""
        return NoteVerifier(self.name, self.private_key.public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        """Four bytes that stand in signature lines."""
        return self.verifier().key_id

    def sign(self, text: str) -> bytes:
        """The signature over a note's text."""
        return self.private_key.sign(text.encode())


def require_key(name: str, public_key: bytes) -> None:
    """Raises KeyMalformed for a name or key that cannot be."""
    require_key_name(name)
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise KeyMalformed("public key")


def parse_vkey(vkey: str, key_type: int) -> tuple[str, bytes]:
    """Name and public key of a vkey of this type. Raises KeyMalformed."""
    parts = vkey.split("+", 2)  # the base64 may hold further pluses
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise KeyMalformed("vkey")
    name, named_id, encoded = parts
    value = decode_base64(encoded, KeyMalformed("vkey"))
    if value[:1] != bytes([key_type]):
        raise KeyMalformed("vkey", "It is of another type.")
    require_key(name, value[1:])
    if key_id(name, key_type, value[1:]).hex() != named_id:
        raise KeyMalformed("vkey", "Its ID does not match its name and key.")
    return name, value[1:]


def format_vkey(name: str, key_type: int, public_key: bytes) -> str:
    """The vkey of a public key."""
    named_id = key_id(name, key_type, public_key).hex()
    return f"{name}+{named_id}+{encode_base64(bytes([key_type]) + public_key)}"


def check_ed25519(public_key: bytes, message: bytes, signature: bytes, name: str) -> None:
    """Verify one signature (RFC 8032 § 5.1.7). Raises SignatureBroken."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise SignatureBroken(name) from None
