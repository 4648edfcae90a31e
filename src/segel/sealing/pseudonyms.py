"""Pseudonyms of ids: one AES block each, so that whoever has the key finds the id again.

An id is 16 bytes, a block; a block cipher is a pseudorandom permutation of blocks, so that
different ids have different pseudonyms, and pseudonyms tell nothing but which are of one id. Under
another key the same id has another one.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from segel.sealing.derivation import require_key

ID_BYTES: Final = 16


class Pseudonyms:
    """A key that makes pseudonyms. Immutable."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        # Each block by itself is what is wanted here: the same id has the same pseudonym.
        self._cipher = Cipher(AES256(require_key(key)), ECB())  # noqa: S305

    def of(self, ids: bytes) -> bytes:
        """The pseudonyms of ids, each ``ID_BYTES`` long, one after the other."""
        assert len(ids) % ID_BYTES == 0, "whole ids"
        encryptor = self._cipher.encryptor()
        return encryptor.update(ids) + encryptor.finalize()

    def ids(self, pseudonyms: bytes) -> bytes:
        """The ids of pseudonyms that ``of`` made; of other bytes, ids of nobody."""
        assert len(pseudonyms) % ID_BYTES == 0, "whole pseudonyms"
        decryptor = self._cipher.decryptor()
        return decryptor.update(pseudonyms) + decryptor.finalize()


def pseudonym(key: bytes, real: UUID) -> UUID:
    """What stands for an id under a key of 32 bytes."""
    return UUID(bytes=Pseudonyms(key).of(real.bytes))


def reals(key: bytes, pseudonyms: Sequence[UUID]) -> list[UUID]:
    """What pseudonyms stand for; of what is none under this key, something random."""
    turned = Pseudonyms(key).ids(b"".join(one.bytes for one in pseudonyms))
    return [UUID(bytes=turned[at : at + ID_BYTES]) for at in range(0, len(turned), ID_BYTES)]
