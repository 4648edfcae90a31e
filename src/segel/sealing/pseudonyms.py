"""Pseudonyms: a keyed permutation of ids. Who has the key turns one back; nobody else links two.

AES-256 (FIPS 197) on one block: an id has exactly its 16 bytes, and each is met once, so that a
block cipher alone is what is needed. A list of pseudonyms is turned back in one call.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from segel.sealing.derivation import require_key

ID_BYTES: Final = 16


def pseudonym(key: bytes, real: UUID) -> UUID:
    """What stands for an id under a key of 32 bytes."""
    made = _cipher(key).encryptor().update(real.bytes)
    return UUID(bytes=made)


def reals(key: bytes, pseudonyms: Sequence[UUID]) -> list[UUID]:
    """What pseudonyms stand for; of what is none under this key, something random."""
    turned = _cipher(key).decryptor().update(b"".join(one.bytes for one in pseudonyms))
    return [UUID(bytes=turned[at : at + ID_BYTES]) for at in range(0, len(turned), ID_BYTES)]


def _cipher(key: bytes) -> Cipher[ECB]:
    return Cipher(AES256(require_key(key)), ECB())  # noqa: S305 - single blocks, no message
