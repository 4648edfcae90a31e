"""Keyed tokens of 64 bits, made by the million: for what is compared in memory and never looked up.

A value is one message of two AES blocks, ``kind ‖ length ‖ value, padded with zeros``, and its
token the first 8 bytes of its CBC-MAC (ISO/IEC 9797-1, algorithm 1) under AES-256. Messages are all
of one length, for which CBC-MAC is a pseudorandom function (Bellare, Kilian, Rogaway, JCSS 61,
2000). A batch is two calls of ``cryptography``, 0.1 µs a value, where HMAC took 2.6.

What is stored to be looked up has ``token``, which is not truncated.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB

from segel.sealing.derivation import require_key

BLOCK_BYTES: Final = 16
VALUE_BYTES_MAX: Final = 30
"""Of a longer value the digest is taken: no number has as much, and few names."""

_DIGESTED: Final = 255
"""Stands for the length of a value that was digested."""


class ShortTokens:
    """A key that makes tokens. Immutable; may be used by several threads."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        # Each block is enciphered by itself; the chaining is below.
        self._cipher = Cipher(AES256(require_key(key)), ECB())  # noqa: S305

    def of(self, values: Sequence[tuple[int, bytes]]) -> list[int]:
        """The tokens of values, each with its kind (0 to 255). None of them is 0."""
        messages = [message(kind, value) for kind, value in values]
        first = b"".join(one[:BLOCK_BYTES] for one in messages)
        second = b"".join(one[BLOCK_BYTES:] for one in messages)
        made = self.chained(first, second)
        return [
            int.from_bytes(made[at : at + 8], "little") or 1
            for at in range(0, len(made), BLOCK_BYTES)
        ]

    def chained(self, first: bytes, second: bytes) -> bytes:
        """The whole MACs of messages; ``first`` and ``second``: all their first blocks, and all
        their second ones."""
        assert len(first) == len(second), "a message is two blocks"
        inner = int.from_bytes(self._enciphered(first), "little")
        mixed = inner ^ int.from_bytes(second, "little")
        return self._enciphered(mixed.to_bytes(len(first), "little"))

    def _enciphered(self, blocks: bytes) -> bytes:
        encryptor = self._cipher.encryptor()
        return encryptor.update(blocks) + encryptor.finalize()


def message(kind: int, value: bytes) -> bytes:
    """The two blocks that stand for a value."""
    length = len(value)
    if length > VALUE_BYTES_MAX:
        length, value = _DIGESTED, sha256(value).digest()[:VALUE_BYTES_MAX]
    return bytes((kind, length)) + value.ljust(VALUE_BYTES_MAX, b"\0")
