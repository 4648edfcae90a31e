"""Pseudonyms of ids: one AES block each, so that whoever has the key finds the id again.

An id is 16 bytes, a block; a block cipher is a pseudorandom permutation of blocks, so that
different ids have different pseudonyms, and pseudonyms tell nothing but which are of one id. Under
another key the same id has another one.
"""

from typing import Final

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
