"""Making proofs: that a leaf is in a tree, that a tree continues an older one.

Everything is made from hashes of *complete* subtrees, which never change once written; how they
are read is the caller's (``TileHashes``, a table, memory).
"""

from collections.abc import Callable
from functools import reduce

from segel.tlog.errors import IndexOutside
from segel.tlog.hashing import EMPTY_ROOT, node_hash

ReadHash = Callable[[int, int], bytes]
"""(level, index) → root of the complete subtree of 2**level leaves, the index-th such from 0."""


def tree_root(size: int, read_hash: ReadHash) -> bytes:
    """The root of the first ``size`` leaves."""
    return _range_root(0, size, read_hash) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read_hash: ReadHash) -> tuple[bytes, ...]:
    """The hashes beside leaf ``index``'s way up to the root of ``size`` leaves, lowest first.

    RFC 9162 § 2.1.3.1. Raises IndexOutside.
    """
    if not 0 <= index < size:
        raise IndexOutside(f"leaf {index}", f"The tree has {size} leaves.")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_root(middle, end, read_hash))
            end = middle
        else:
            proof.append(_range_root(start, middle, read_hash))
            start = middle
    return tuple(reversed(proof))


def consistency_proof(old: int, new: int, read_hash: ReadHash) -> tuple[bytes, ...]:
    """The hashes from which both the root of ``old`` and of ``new`` leaves can be made.

    RFC 9162 § 2.1.4.1; empty for equal sizes. Raises IndexOutside unless 0 < old <= new: about the
    empty tree there is nothing to prove.
    """
    if not 0 < old <= new:
        raise IndexOutside(f"size {old}", f"The newer tree has {new} leaves.")
    proof: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_root(middle, end, read_hash))
            end = middle
        else:
            proof.append(_range_root(start, middle, read_hash))
            start = middle
    # The walk ends at the old tree's last subtree. The verifier knows its hash only where it is
    # the whole old tree.
    if start > 0:
        proof.append(_range_root(start, end, read_hash))
    return tuple(reversed(proof))


def _split(count: int) -> int:
    """The largest power of two below ``count``: the leaves of the left child."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(start: int, end: int, read_hash: ReadHash) -> bytes:
    """The root of leaves [start, end), which begin where a subtree of that many can begin."""
    assert start < end
    count = end - start
    peaks: list[bytes] = []
    for level in range(count.bit_length() - 1, -1, -1):
        if count >> level & 1:
            assert start % (1 << level) == 0
            peaks.append(read_hash(level, start >> level))
            start += 1 << level
    return reduce(lambda right, left: node_hash(left, right), reversed(peaks))
