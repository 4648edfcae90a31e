"""The tree, its frontier and its proofs against the recursive definition of RFC 9162 § 2.1."""

from hashlib import sha256

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segel.tlog import (
    EMPTY_ROOT,
    Frontier,
    FrontierMalformed,
    HashMalformed,
    IndexOutside,
    ProofBroken,
    ProofMalformed,
    TlogError,
    TreeTooLarge,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

LEAVES_MAX = 3000
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(LEAVES_MAX)]

sizes = st.integers(0, LEAVES_MAX)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 § 2.1.1, word by word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def read_hash(level: int, index: int) -> bytes:
    """Complete subtrees, computed naively."""
    leaves = LEAVES[index << level : (index + 1) << level]
    assert len(leaves) == 1 << level, "only complete subtrees may be asked for"
    return naive_root(leaves)


def test_the_root_of_the_empty_tree_is_the_hash_of_nothing() -> None:
    assert Frontier().root() == EMPTY_ROOT == sha256(b"").digest()
    assert tree_root(0, read_hash) == EMPTY_ROOT


def test_appending_one_by_one_gives_the_root_of_every_size() -> None:
    frontier = Frontier()
    for size in range(300):
        assert frontier.size == size
        assert frontier.root() == naive_root(LEAVES[:size])
        frontier = frontier.append(LEAVES[size])


@given(st.lists(sizes, max_size=6))
@example([LEAVES_MAX])
@settings(max_examples=60, deadline=None)
def test_growing_in_any_steps_gives_the_naive_root(steps: list[int]) -> None:
    frontier = Frontier()
    for size in sorted(steps):
        frontier = frontier.extend(iter(LEAVES[frontier.size : size]))
        assert frontier.root() == naive_root(LEAVES[:size]) == tree_root(size, read_hash)


@given(sizes, st.integers(0, 11))
@settings(max_examples=60, deadline=None)
def test_a_whole_subtree_appends_as_its_leaves_would(size: int, level: int) -> None:
    start = size >> level << level
    if start + (1 << level) > LEAVES_MAX:
        return
    frontier = Frontier().extend(LEAVES[:start])
    leaves = LEAVES[start : start + (1 << level)]
    assert frontier.append_subtree(level, naive_root(leaves)) == frontier.extend(leaves)


def test_a_subtree_begins_only_at_a_multiple_of_its_size() -> None:
    with pytest.raises(FrontierMalformed):
        Frontier().extend(LEAVES[:3]).append_subtree(1, LEAVES[0])


@given(sizes)
@settings(max_examples=40, deadline=None)
def test_a_frontier_survives_being_written_down(size: int) -> None:
    frontier = Frontier().extend(LEAVES[:size])
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier
    assert len(frontier.to_bytes()) <= 8 + 63 * 32


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_a_frontier_or_a_clear_error(encoded: bytes) -> None:
    try:
        frontier = Frontier.from_bytes(encoded)
    except TlogError:
        return
    assert frontier.to_bytes() == encoded


def test_a_frontier_refuses_what_is_no_leaf_and_what_is_too_much() -> None:
    with pytest.raises(HashMalformed):
        Frontier().append(b"short")
    with pytest.raises(TreeTooLarge):
        Frontier(2**62, (LEAVES[0],)).append_subtree(62, LEAVES[1])
    with pytest.raises(FrontierMalformed):
        Frontier(3, (LEAVES[0],))


@st.composite
def leaf_and_size(draw: st.DrawFn) -> tuple[int, int]:
    size = draw(st.integers(1, LEAVES_MAX))
    return draw(st.integers(0, size - 1)), size


@given(leaf_and_size())
@settings(max_examples=60, deadline=None)
def test_inclusion_proofs_hold_for_their_leaf_and_no_other(at: tuple[int, int]) -> None:
    index, size = at
    root = naive_root(LEAVES[:size])
    proof = inclusion_proof(index, size, read_hash)
    verify_inclusion(index, size, LEAVES[index], proof, root)
    with pytest.raises(ProofBroken):
        verify_inclusion(index, size, leaf_hash(b"another"), proof, root)
    with pytest.raises(TlogError):
        verify_inclusion((index + 1) % (size + 1), size, LEAVES[index], proof, root)
    with pytest.raises(ProofMalformed):
        verify_inclusion(index, size, LEAVES[index], (*proof, LEAVES[0]), root)
    if proof:
        with pytest.raises(ProofMalformed):
            verify_inclusion(index, size, LEAVES[index], proof[:-1], root)


@given(leaf_and_size())
@settings(max_examples=60, deadline=None)
def test_consistency_proofs_hold_for_their_sizes_and_no_other_past(at: tuple[int, int]) -> None:
    old, new = at[0] + 1, at[1]
    old_root, new_root = naive_root(LEAVES[:old]), naive_root(LEAVES[:new])
    proof = consistency_proof(old, new, read_hash)
    verify_consistency(old, old_root, new, new_root, proof)
    forged = naive_root([leaf_hash(b"another"), *LEAVES[1:old]])
    with pytest.raises(ProofBroken):
        verify_consistency(old, forged, new, new_root, proof)
    with pytest.raises(TlogError):
        verify_consistency(old, old_root, new, new_root, (*proof, LEAVES[0]))
    if proof:
        with pytest.raises(TlogError):
            verify_consistency(old, old_root, new, new_root, proof[:-1])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 5)])
def test_no_proof_is_made_for_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(IndexOutside):
        inclusion_proof(index, size, read_hash)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (6, 5), (-1, 5)])
def test_no_proof_is_made_about_the_empty_tree_or_backwards(old: int, new: int) -> None:
    with pytest.raises(IndexOutside):
        consistency_proof(old, new, read_hash)
    with pytest.raises(IndexOutside):
        verify_consistency(old, EMPTY_ROOT, new, EMPTY_ROOT, ())
