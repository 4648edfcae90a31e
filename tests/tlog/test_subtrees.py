"""Every subtree of every small tree, against the draft's own recursive definitions.

The published vectors hold no subtree that begins after the first leaf and has any leaves; these do.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256

import pytest

from segel.tlog import (
    IndexOutside,
    ProofBroken,
    TlogError,
    leaf_hash,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)

SIZE_MAX = 32
"""Enough for each turn of the checking walk: the rarest needs leaves 16 to 28 of 30."""
LEAVES = tuple(leaf_hash(bytes([number])) for number in range(SIZE_MAX))
ANOTHER = leaf_hash(b"another")


def left(count: int) -> int:
    """The largest power of two smaller than ``count`` (RFC 9162 § 2.1.1)."""
    return max(1 << bit for bit in range(count.bit_length()) if 1 << bit < count)


@cache
def tree_hash(leaves: tuple[bytes, ...]) -> bytes:
    """MTH of RFC 9162 § 2.1.1, over leaf hashes."""
    if len(leaves) == 1:
        return leaves[0]
    k = left(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:])).digest()


def path(index: int, leaves: tuple[bytes, ...]) -> list[bytes]:
    """PATH of RFC 9162 § 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = left(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), tree_hash(leaves[k:])]
    return [*path(index - k, leaves[k:]), tree_hash(leaves[:k])]


def subproof(start: int, end: int, leaves: tuple[bytes, ...], known: bool) -> list[bytes]:
    """SUBTREE_SUBPROOF of draft-ietf-plants-merkle-tree-certs § 4.4.1."""
    if (start, end) == (0, len(leaves)):
        return [] if known else [tree_hash(leaves)]
    k = left(len(leaves))
    if end <= k:
        return [*subproof(start, end, leaves[:k], known), tree_hash(leaves[k:])]
    if k <= start:
        return [*subproof(start - k, end - k, leaves[k:], known), tree_hash(leaves[:k])]
    return [*subproof(0, end - k, leaves[k:], False), tree_hash(leaves[:k])]


def is_subtree(start: int, end: int) -> bool:
    """§ 4.1: the start is a multiple of the smallest power of two not below the leaves' number."""
    power = 1
    while power < end - start:
        power *= 2
    return start % power == 0


SUBTREES = [
    (start, end) for end in range(1, SIZE_MAX + 1) for start in range(end) if is_subtree(start, end)
]


def spoiled(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Each hash changed, left out or doubled; one more at the end."""
    for at in range(len(proof)):
        yield [*proof[:at], ANOTHER, *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[: at + 1], *proof[at:]]
    yield [*proof, ANOTHER]


@pytest.mark.parametrize("size", range(1, SIZE_MAX + 1))
def test_every_subtree_is_consistent_with_its_tree_by_its_proof_alone(size: int) -> None:
    root = tree_hash(LEAVES[:size])
    for start, end in SUBTREES:
        node = tree_hash(LEAVES[start:end])
        if end > size:
            with pytest.raises(IndexOutside):
                verify_subtree_consistency(start, end, node, size, root, [])
            continue
        proof = subproof(start, end, LEAVES[:size], True)
        verify_subtree_consistency(start, end, node, size, root, proof)
        with pytest.raises(ProofBroken):
            verify_subtree_consistency(start, end, ANOTHER, size, root, proof)
        with pytest.raises(ProofBroken):
            verify_subtree_consistency(start, end, node, size, ANOTHER, proof)
        for wrong in spoiled(proof):
            with pytest.raises(TlogError):
                verify_subtree_consistency(start, end, node, size, root, wrong)


@pytest.mark.parametrize(("start", "end"), SUBTREES)
def test_every_leaf_is_in_its_subtree_by_its_proof_alone(start: int, end: int) -> None:
    leaves = LEAVES[start:end]
    root = tree_hash(leaves)
    for index in range(start, end):
        proof = path(index - start, leaves)
        verify_subtree_inclusion(index, start, end, LEAVES[index], proof, root)
        with pytest.raises(ProofBroken):
            verify_subtree_inclusion(index, start, end, ANOTHER, proof, root)
        for wrong in spoiled(proof):
            with pytest.raises(TlogError):
                verify_subtree_inclusion(index, start, end, LEAVES[index], wrong, root)


def test_no_other_range_is_a_subtree() -> None:
    for end in range(SIZE_MAX + 1):
        for start in range(-2, SIZE_MAX + 1):
            if start == end >= 0 or (start, end) in SUBTREES:
                continue
            with pytest.raises(IndexOutside):
                verify_subtree_consistency(start, end, ANOTHER, SIZE_MAX, ANOTHER, [])
