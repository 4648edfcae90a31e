"""All revocations in one file that says of no card whether it is meant: a Bloom filter of marks.

Every verifier takes the whole filter along, so that nobody learns which card was asked for. Of a
revoked card it always says yes; of another one in 100,000 times or less, at 27 bits a mark: of
three marks that a certificate has each is wrong once in 430,000 times. It does not tell whose
cards, and hardly how many.

The positions of a mark (17 bytes) are ``(h1 + i·h2) mod bits`` for ``i`` from 0, with ``h1`` and
``h2`` the first two numbers of 64 bits in its SHA-256, ``h2`` made odd; bit ``p`` is in byte
``p >> 3`` under ``1 << (p & 7)``.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from segel.cards.errors import ListRefused
from segel.cards.reasons import Reason
from segel.cards.revoking import HASH_BYTES, MarkKind
from segel.domain.errors import SegelError

BITS_A_MARK: Final = 27
HASHES: Final = 19
HASHES_MAX: Final = 64
BITS_MIN: Final = 1 << 16
"""Below, few marks would meet each other's positions too often; and 8 KiB hides how few."""
BYTES_MAX: Final = 16 * 1024 * 1024
MARKS_MAX: Final = BYTES_MAX * 8 // BITS_A_MARK
MARK_BYTES: Final = 1 + HASH_BYTES
_KINDS: Final = frozenset(MarkKind)


class TooManyRevoked(SegelError):
    """There are more revocations than a filter holds."""

    code = "revocations-too-many"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The filter. ``count`` is how many marks went in."""

    bits: int
    hashes: int
    count: int
    data: bytes

    def has(self, mark: bytes) -> bool:
        """Whether a mark is in it, or seems to be."""
        digest = hashlib.sha256(mark).digest()
        at = int.from_bytes(digest[:8]) % self.bits
        step = (int.from_bytes(digest[8:16]) | 1) % self.bits
        data, bits = self.data, self.bits
        for _ in range(self.hashes):
            if not data[at >> 3] >> (at & 7) & 1:
                return False
            at += step
            if at >= bits:
                at -= bits
        return True

    def has_any(self, marks: Iterable[bytes]) -> bool:
        """Whether any of a card's marks is in it, or seems to be."""
        return any(self.has(mark) for mark in marks)


def snapshot_of(marks: Iterable[bytes]) -> Snapshot:
    """The filter of all marks; one that is given twice counts once. Raises TooManyRevoked."""
    import numpy as np  # a verifier that only asks need not wait for it

    each = set(marks)
    if len(each) > MARKS_MAX:
        raise TooManyRevoked(
            f"There are more than {MARKS_MAX:,} revocations.",
            remedy="Leave out those whose cards have expired.",
        )
    assert all(len(mark) == MARK_BYTES and mark[0] in _KINDS for mark in each)
    bits = max(BITS_MIN, -(-BITS_A_MARK * len(each) // 8) * 8)
    digests = b"".join(hashlib.sha256(mark).digest() for mark in each)
    halves = np.frombuffer(digests, dtype=">u8").reshape(-1, 4)[:, :2].astype(np.uint64)
    size = np.uint64(bits)
    at, step = halves[:, 0] % size, (halves[:, 1] | np.uint64(1)) % size
    filled = np.zeros(bits, dtype=np.bool_)
    for _ in range(HASHES):
        filled[at] = True
        at = (at + step) % size
    return Snapshot(bits, HASHES, len(each), np.packbits(filled, bitorder="little").tobytes())


def snapshot_content(snapshot: Snapshot) -> dict[str, Any]:
    """What the list of revocations says."""
    return {
        "filter": {
            "bits": snapshot.bits,
            "hashes": snapshot.hashes,
            "count": snapshot.count,
            "data": base64.b64encode(snapshot.data).decode(),
        }
    }


def snapshot_in(content: dict[str, Any]) -> Snapshot:
    """The filter in the content of a list of revocations. Raises ListRefused."""
    said = content.get("filter")
    if not isinstance(said, dict):
        raise ListRefused(Reason.LISTS_CONTENT, "filter")
    bits = _whole(said, "bits", 8, BYTES_MAX * 8)
    hashes = _whole(said, "hashes", 1, HASHES_MAX)
    count = _whole(said, "count", 0, BYTES_MAX * 8)
    data = said.get("data")
    try:
        decoded = base64.b64decode(data, validate=True) if isinstance(data, str) else b""
    except (binascii.Error, ValueError):
        decoded = b""
    if bits % 8 or len(decoded) * 8 != bits:
        raise ListRefused(Reason.LISTS_CONTENT, "filter.data")
    return Snapshot(bits, hashes, count, decoded)


def _whole(said: dict[str, Any], name: str, at_least: int, at_most: int) -> int:
    value = said.get(name)
    if type(value) is not int or not at_least <= value <= at_most:
        raise ListRefused(Reason.LISTS_CONTENT, f"filter.{name}")
    return value
