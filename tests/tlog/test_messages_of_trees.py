"""Refused trees, proofs, tiles and bundles: what is said, about what and why."""

from collections.abc import Callable

from segel.tlog import (
    EMPTY_ROOT,
    EntriesMalformed,
    EntryTooLong,
    Frontier,
    FrontierMalformed,
    HashMalformed,
    IndexOutside,
    ProofBroken,
    ProofMalformed,
    Tile,
    TileHashes,
    TileMalformed,
    TilePathMalformed,
    TlogError,
    TreeTooLarge,
    consistency_proof,
    decode_entries,
    encode_entries,
    grow_tiles,
    inclusion_proof,
    leaf_hash,
    node_hash,
    parse_tile_path,
    tiles_to_publish,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from support.refusals import HASH, SIZE_LIMIT, Refusals, assert_refused, every

LEAVES = [leaf_hash(b"entry %d" % number) for number in range(3)]
PAIR = node_hash(LEAVES[0], LEAVES[1])
ROOT = node_hash(PAIR, LEAVES[2])
"""Of three leaves, as RFC 9162 § 2.1.1 draws it: ((0, 1), 2)."""


TREES: Refusals = {
    "a frontier of negative size": (lambda: Frontier(-1), TreeTooLarge("size")),
    "a frontier beyond 63 bits": (lambda: Frontier(SIZE_LIMIT, (HASH,)), TreeTooLarge("size")),
    "too few hashes": (lambda: Frontier(3, (HASH,)), FrontierMalformed("hashes")),
    "too many hashes": (lambda: Frontier(4, (HASH, HASH)), FrontierMalformed("hashes")),
    "a short hash": (lambda: Frontier(3, (HASH, HASH[1:])), FrontierMalformed("hashes")),
    "a subtree in the middle": (
        lambda: Frontier(1, (HASH,)).append_subtree(1, HASH),
        FrontierMalformed("level", "No subtree of level 1 begins here."),
    ),
    "a subtree below the leaves": (
        lambda: Frontier().append_subtree(-1, HASH),
        FrontierMalformed("level", "No subtree of level -1 begins here."),
    ),
    "a leaf that is no hash": (lambda: Frontier().append(b"leaf"), HashMalformed("leaf hash")),
    "one leaf too many": (
        lambda: Frontier(SIZE_LIMIT - 1, (HASH,) * 63).append(HASH),
        TreeTooLarge("size"),
    ),
    "half a size": (lambda: Frontier.from_bytes(bytes(7)), FrontierMalformed("length")),
    "half a hash": (
        lambda: Frontier.from_bytes(bytes(7) + b"\x01" + HASH[1:]),
        FrontierMalformed("length"),
    ),
    "proof of a leaf that is not there": (
        lambda: inclusion_proof(3, 3, _no_hash),
        IndexOutside("leaf 3", "The tree has 3 leaves."),
    ),
    "proof of a negative leaf": (
        lambda: inclusion_proof(-1, 3, _no_hash),
        IndexOutside("leaf -1", "The tree has 3 leaves."),
    ),
    "proof of a newer past": (
        lambda: consistency_proof(4, 3, _no_hash),
        IndexOutside("size 4", "The newer tree has 3 leaves."),
    ),
    "proof of the empty past": (
        lambda: consistency_proof(0, 3, _no_hash),
        IndexOutside("size 0", "The newer tree has 3 leaves."),
    ),
}


def _no_hash(level: int, index: int) -> bytes:
    raise AssertionError("nothing is read for what is refused")


def _consistent(*proof: bytes) -> None:
    verify_consistency(2, PAIR, 3, ROOT, proof)


def _included(*proof: bytes) -> None:
    verify_inclusion(2, 3, LEAVES[2], proof, ROOT)


TOO_MANY = ProofMalformed("proof", "It has too many hashes.")
TOO_FEW = ProofMalformed("proof", "It has too few hashes.")
NO_HASHES = ProofMalformed("proof", "Its parts are not hashes.")

PROOFS: Refusals = {
    "a leaf after the last": (
        lambda: verify_inclusion(3, 3, HASH, (), HASH),
        IndexOutside("leaf 3", "The leaves here are 0 to 2."),
    ),
    "a leaf before the first": (
        lambda: verify_subtree_inclusion(3, 4, 6, HASH, (), HASH),
        IndexOutside("leaf 3", "The leaves here are 4 to 5."),
    ),
    "a leaf that is no hash": (
        lambda: verify_inclusion(0, 1, HASH[1:], (), HASH),
        HashMalformed("hash"),
    ),
    "a root that is no hash": (
        lambda: verify_inclusion(0, 1, HASH, (), HASH[1:]),
        HashMalformed("hash"),
    ),
    "parts that are no hashes": (lambda: _included(PAIR[1:]), NO_HASHES),
    "a hash too many": (lambda: _included(PAIR, PAIR), TOO_MANY),
    "a hash too few": (lambda: _included(), TOO_FEW),
    "another hash": (lambda: _included(HASH), ProofBroken("proof")),
    "a subtree that cannot begin there": (
        lambda: verify_subtree_inclusion(1, 1, 3, HASH, (), HASH),
        IndexOutside("subtree [1, 3)"),
    ),
    "a subtree that begins before the tree": (
        lambda: verify_subtree_consistency(-2, 0, HASH, 3, HASH, ()),
        IndexOutside("subtree [-2, 0)"),
    ),
    "a subtree that ends before it begins": (
        lambda: verify_subtree_consistency(2, 1, HASH, 3, HASH, ()),
        IndexOutside("subtree [2, 1)"),
    ),
    "an empty past": (
        lambda: verify_consistency(0, EMPTY_ROOT, 3, ROOT, ()),
        IndexOutside("old size", "There is nothing to prove about the empty tree."),
    ),
    "a past that is longer": (
        lambda: verify_consistency(4, HASH, 3, ROOT, ()),
        IndexOutside("size 4", "The newer tree has 3 leaves."),
    ),
    "a past proven by no hashes": (lambda: _consistent(LEAVES[2][1:]), NO_HASHES),
    "a past with a hash too many": (lambda: _consistent(LEAVES[2], HASH), TOO_MANY),
    "a past with a hash too few": (lambda: _consistent(), TOO_FEW),
    "an odd past with no hash": (
        lambda: verify_consistency(3, ROOT, 4, HASH, ()),
        TOO_FEW,
    ),
    "another past": (
        lambda: verify_consistency(2, HASH, 3, ROOT, (LEAVES[2],)),
        ProofBroken("proof"),
    ),
    "another present": (lambda: _consistent(HASH), ProofBroken("proof")),
    "an empty subtree with a proof": (
        lambda: verify_subtree_consistency(2, 2, EMPTY_ROOT, 3, ROOT, (HASH,)),
        TOO_MANY,
    ),
    "an empty subtree with a root": (
        lambda: verify_subtree_consistency(2, 2, HASH, 3, ROOT, ()),
        ProofBroken("proof"),
    ),
}

TILES: Refusals = {
    "too high a tile": (lambda: Tile(64, 0), IndexOutside("tile")),
    "a tile below the leaves": (lambda: Tile(-1, 0), IndexOutside("tile")),
    "an empty tile": (lambda: Tile(0, 0, 0), IndexOutside("tile")),
    "too wide a tile": (lambda: Tile(0, 0, 257), IndexOutside("tile")),
    "a negative tile": (lambda: Tile(0, -1), IndexOutside("tile")),
    "a tile beyond any tree": (lambda: Tile(0, 2**55), IndexOutside("tile")),
    "entries above the leaves": (
        lambda: Tile(1, 0, 7).entries_path(),
        IndexOutside("tile/1/000.p/7", "Only level 0 has entries."),
    ),
    "a path that is none": (lambda: parse_tile_path("tile"), TilePathMalformed("path")),
    "the path of no tile": (
        lambda: parse_tile_path("tile/0/000.p/257"),
        TilePathMalformed("path"),
    ),
    "another way to write a path": (
        lambda: parse_tile_path("tile/0/x000/001"),
        TilePathMalformed("path", "It is not written the canonical way."),
    ),
    "another way to write an entries path": (
        lambda: parse_tile_path("tile/entries/x000/001"),
        TilePathMalformed("path", "It is not written the canonical way."),
    ),
    "a log that shrinks": (
        lambda: tiles_to_publish(5, 4),
        IndexOutside("size 5", "The new size is 4."),
    ),
    "a log before the empty one": (
        lambda: tiles_to_publish(-1, 4),
        IndexOutside("size -1", "The new size is 4."),
    ),
    "a log beyond 63 bits": (
        lambda: tiles_to_publish(SIZE_LIMIT - 1, SIZE_LIMIT),
        IndexOutside(f"size {SIZE_LIMIT - 1}", f"The new size is {SIZE_LIMIT}."),
    ),
    "leaves that are no hashes": (
        lambda: list(grow_tiles(0, [HASH, HASH[1:]], _no_tile)),
        HashMalformed("leaf hash"),
    ),
    "an old tile that was cut": (
        lambda: list(grow_tiles(257, [HASH], lambda tile: b"")),
        TileMalformed("tile/0/001.p/1"),
    ),
    "a tile that was cut": (
        lambda: TileHashes(lambda tile: HASH[1:], 257)(0, 256),
        TileMalformed("tile/0/001.p/1"),
    ),
    "a subtree beyond the tree": (
        lambda: TileHashes(_no_tile, 3)(1, 1),
        IndexOutside("subtree (1, 1)", "The tree has 3 leaves."),
    ),
    "a negative subtree": (
        lambda: TileHashes(_no_tile, 3)(0, -1),
        IndexOutside("subtree (0, -1)", "The tree has 3 leaves."),
    ),
    "a subtree below the leaves": (
        lambda: TileHashes(_no_tile, 3)(-1, 0),
        IndexOutside("subtree (-1, 0)", "The tree has 3 leaves."),
    ),
    "a bundle of 257 entries": (lambda: encode_entries([b""] * 257), EntryTooLong("bundle")),
    "an entry of 64 KiB": (
        lambda: encode_entries([b"", bytes(65_536)]),
        EntryTooLong("entry 1"),
    ),
    "a cut length": (
        lambda: decode_entries(b"\0\0\0"),
        EntriesMalformed("bundle", "It ends inside an entry."),
    ),
    "a cut entry": (
        lambda: decode_entries(b"\0\2x", where="tile/entries/000"),
        EntriesMalformed("tile/entries/000", "It ends inside an entry."),
    ),
    "too many entries": (
        lambda: decode_entries(bytes(2 * 257), where="tile/entries/000"),
        EntriesMalformed("tile/entries/000", "It holds more than 256 entries."),
    ),
}


def _no_tile(tile: Tile) -> bytes:
    raise AssertionError("nothing is read for what is refused")


@every(TREES)
def test_what_is_no_tree(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(PROOFS)
def test_what_is_no_proof(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


@every(TILES)
def test_what_is_no_tile(refused: Callable[[], object], said: TlogError) -> None:
    assert_refused(refused, said)


def test_the_same_proofs_unaltered_hold() -> None:
    """So that the refusals above are for what they say."""
    _included(PAIR)
    _consistent(LEAVES[2])
