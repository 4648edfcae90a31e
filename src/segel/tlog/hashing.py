"""Hashes of the Merkle tree (RFC 6962 § 2.1, RFC 9162 § 2.1.1), always SHA-256.

The prefix byte keeps leaves and inner nodes apart, so that no inner node can be passed off as an
entry.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

HASH_BYTES: Final = 32

SIZE_MAX: Final = 2**63 - 1
"""Leaves in a tree: what a PostgreSQL bigint and other implementations' int64 can hold."""

EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of a tree without leaves."""

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf of the tree."""
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Sequence[bytes]) -> list[bytes]:
    """``leaf_hash`` of each entry, without a function call for each."""
    return [sha256(_LEAF + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node over its two children."""
    return sha256(_NODE + left + right).digest()


def pair_up(nodes: Sequence[bytes]) -> list[bytes]:
    """The level above an even number of neighbouring nodes."""
    return [
        sha256(_NODE + left + right).digest()
        for left, right in zip(nodes[::2], nodes[1::2], strict=True)
    ]


def subtree_root(nodes: Sequence[bytes]) -> bytes:
    """The node over 2**n neighbouring nodes, n >= 0."""
    assert nodes
    assert len(nodes).bit_count() == 1
    while len(nodes) > 1:
        nodes = pair_up(nodes)
    return nodes[0]


def split_hashes(joined: bytes) -> list[bytes]:
    """The hashes of a tile from its bytes, which are a whole number of hashes."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
