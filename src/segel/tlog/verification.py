"""Checking proofs. Each function returns nothing and raises where the proof does not hold.

A plain tree of n leaves is the subtree [0, n) of itself, so both kinds of proof are checked by
their general form for subtrees (draft-ietf-plants-merkle-tree-certs § 4); on plain trees it is the
procedure of RFC 9162 § 2.1.3.2 and § 2.1.4.2.
"""

from collections.abc import Sequence

from segel.tlog.errors import HashMalformed, IndexOutside, ProofBroken, ProofMalformed
from segel.tlog.hashing import EMPTY_ROOT, HASH_BYTES, node_hash


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Leaf hash ``leaf`` is at ``index`` in the tree of ``size`` leaves with this root.

    Raises IndexOutside, HashMalformed, ProofMalformed, ProofBroken.
    """
    verify_subtree_inclusion(index, 0, size, leaf, proof, root)


def verify_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree of ``new_size`` leaves begins with all leaves of the tree of ``old_size``.

    An old size of 0 is refused: every tree continues the empty one, a proof would say nothing.
    Raises IndexOutside, HashMalformed, ProofMalformed, ProofBroken.
    """
    if old_size < 1:
        raise IndexOutside("old size", "There is nothing to prove about the empty tree.")
    verify_subtree_consistency(0, old_size, old_root, new_size, new_root, proof)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Leaf hash ``leaf`` is at ``index`` of the tree, inside its subtree [start, end)."""
    _require_subtree(start, end)
    if not start <= index < end:
        raise IndexOutside(f"leaf {index}", f"The leaves here are {start} to {end - 1}.")
    _require_hashes([leaf, root])
    _require_shape(proof)
    # ``node`` climbs from the leaf, ``last`` beside it from the last leaf. Where the two meet at an
    # even place the node is the right edge and has no sibling until it becomes a right child.
    node, last = index - start, end - start - 1
    found = leaf
    for sibling in proof:
        if last == 0:
            raise ProofMalformed("proof", "It has too many hashes.")
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while node & 1 == 0 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofMalformed("proof", "It has too few hashes.")
    if found != root:
        raise ProofBroken("proof")


def verify_subtree_consistency(
    start: int, end: int, node: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Leaves [start, end) of the tree of ``size`` leaves with this root have the root ``node``."""
    _require_subtree(start, end)
    if end > size:
        raise IndexOutside(f"size {end}", f"The newer tree has {size} leaves.")
    _require_shape(proof)
    if start == end:
        if proof:
            raise ProofMalformed("proof", "It has too many hashes.")
        if node != EMPTY_ROOT:
            raise ProofBroken("proof")
        return
    first, old, new = start, end - 1, size - 1
    # Skip the levels at which the old subtree's right edge is whole, so is known already: up to its
    # own top, and where it ends with the tree, all of them.
    while first != old and (old & 1 or old == new):
        first, old, new = first >> 1, old >> 1, new >> 1
    rest = list(proof)
    if first == old:
        seed = node
    elif rest:
        seed = rest.pop(0)
    else:
        raise ProofMalformed("proof", "It has too few hashes.")
    old_found = new_found = seed
    for sibling in rest:
        if new == 0:
            raise ProofMalformed("proof", "It has too many hashes.")
        if old & 1 or old == new:
            if first < old:
                old_found = node_hash(sibling, old_found)
            new_found = node_hash(sibling, new_found)
            while old & 1 == 0 and old:
                first, old, new = first >> 1, old >> 1, new >> 1
        else:
            new_found = node_hash(new_found, sibling)
        first, old, new = first >> 1, old >> 1, new >> 1
    if new != 0:
        raise ProofMalformed("proof", "It has too few hashes.")
    if old_found != node or new_found != root:
        raise ProofBroken("proof")


def _require_subtree(start: int, end: int) -> None:
    """[start, end) begins at a multiple of the power of two that holds all of it."""
    count = end - start
    if start < 0 or count < 0 or (count and start % (1 << (count - 1).bit_length())):
        raise IndexOutside(f"subtree [{start}, {end})")


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in hashes):
        raise HashMalformed("hash")


def _require_shape(proof: Sequence[bytes]) -> None:
    if any(len(each) != HASH_BYTES for each in proof):
        raise ProofMalformed("proof", "Its parts are not hashes.")
