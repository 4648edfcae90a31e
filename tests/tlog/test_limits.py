"""The last value that every limit allows; what lies one beyond is in ``test_messages_of_…``."""

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from segel.tlog import (
    SUBMISSION_BYTES_MAX,
    Checkpoint,
    CosignSigner,
    Frontier,
    HashMalformed,
    NoteSigner,
    Receipt,
    Submission,
    Tile,
    TileHashes,
    TilePathMalformed,
    VerifiedSignature,
    decode_entries,
    encode_entries,
    open_note,
    parse_tile_path,
    require_quorum,
    sign_note,
    split_note,
    tiles_to_publish,
)
from segel.tlog.cosignatures import TIMESTAMP_S_MAX
from segel.tlog.frontier import BATCH_LEAVES
from segel.tlog.hashing import SIZE_MAX, pair_up
from segel.tlog.notes import NOTE_BYTES_MAX, SIGNATURES_MAX
from segel.tlog.receipts import PROOF_HASHES_MAX, RECEIPT_BYTES_MAX
from segel.tlog.submissions import PROOF_LINES_MAX
from segel.tlog.tile_hashes import TILES_CACHED_MAX
from segel.tlog.tiles import PATH_CHARACTERS_MAX

HASH = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = NoteSigner("hospital.example/audit", KEY)


def test_a_tree_may_have_as_many_leaves_as_63_bits_can_say() -> None:
    """A tree of 2^63 - 1 leaves is 63 complete subtrees, of 2^62 leaves down to one."""
    assert SIZE_MAX == 2**63 - 1
    frontier = Frontier(2**62, (HASH,))
    for level in range(61, -1, -1):
        frontier = frontier.append_subtree(level, HASH)
    assert frontier == Frontier(SIZE_MAX, (HASH,) * 63)
    assert Frontier.from_bytes(frontier.to_bytes()) == frontier
    checkpoint = Checkpoint("o", SIZE_MAX, HASH)
    assert Checkpoint.parse(checkpoint.text()) == checkpoint
    assert tiles_to_publish(SIZE_MAX, SIZE_MAX) == []
    assert tiles_to_publish(SIZE_MAX - 1, SIZE_MAX) == [Tile(0, 2**55 - 1, 255)]


def test_an_empty_tree_is_a_tree() -> None:
    assert Frontier.from_bytes(bytes(8)) == Frontier(0, ())
    assert Checkpoint.parse(Checkpoint("o", 0, HASH).text()).size == 0


def test_leaves_are_taken_a_batch_at_a_time() -> None:
    """What is no hash is refused before all the others are held in memory."""
    rest = iter([b"short", *[HASH] * (2 * BATCH_LEAVES)])
    with pytest.raises(HashMalformed):
        Frontier().extend(rest)
    assert sum(1 for _ in rest) == BATCH_LEAVES + 1


def test_a_level_without_a_partner_for_each_node_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        pair_up([HASH] * 3)


def test_a_receipt_may_be_as_long_and_as_deep_as_the_limit() -> None:
    receipt = Receipt(
        leaf_index=SIZE_MAX - 1,
        tree_size=SIZE_MAX,
        proof=(HASH,) * PROOF_HASHES_MAX,
        checkpoint="",
    )
    encoded = receipt.to_json().ljust(RECEIPT_BYTES_MAX)
    assert len(encoded) == 64 * 1024
    assert Receipt.from_json(encoded) == receipt


def test_a_submission_may_be_as_long_and_as_deep_as_the_limit() -> None:
    proof = (HASH,) * PROOF_LINES_MAX
    without = Submission(SIZE_MAX, proof, "").encode()
    whole = Submission(SIZE_MAX, proof, "x" * (SUBMISSION_BYTES_MAX - len(without)))
    assert len(whole.encode()) == 64 * 1024
    assert Submission.parse(whole.encode()) == whole
    with pytest.raises(AssertionError):
        Submission(SIZE_MAX, (HASH,) * (PROOF_LINES_MAX + 1), "").encode()


def test_a_note_may_be_as_long_as_the_limit() -> None:
    room = NOTE_BYTES_MAX - len(sign_note("\n", LOG).encode())
    note = sign_note("ü" * (room // 2) + "x" * (room % 2) + "\n", LOG)
    assert len(note.encode()) == 1_000_000
    assert open_note(note, [LOG.verifier()]).text.endswith("\n")


def test_a_note_may_have_a_hundred_signatures_the_shortest_of_one_byte() -> None:
    text, lines = split_note("text\n\n" + "— a AAAAAAA=\n" * SIGNATURES_MAX)
    assert (text, len(lines)) == ("text\n", 100)
    assert (lines[0].key_id, lines[0].signature) == (bytes(4), bytes(1))


@pytest.mark.parametrize("text", ["\n", "\n\n", "a\n\nb\n", "a b\n", "a\n\n"])
def test_a_text_may_have_empty_lines_and_spaces(text: str) -> None:
    assert open_note(sign_note(text, LOG), [LOG.verifier()]).text == text


def test_an_origin_or_extension_may_have_spaces() -> None:
    checkpoint = Checkpoint("a log", 1, HASH, (" ", "an extension"))
    assert Checkpoint.parse(checkpoint.text()) == checkpoint


@pytest.mark.parametrize("timestamp_s", [0, 1, TIMESTAMP_S_MAX])
def test_a_witness_may_sign_at_any_time_that_63_bits_can_say(timestamp_s: int) -> None:
    witness = CosignSigner("w.example", KEY, timestamp_s)
    text = Checkpoint("o", 1, HASH).text()
    signed = VerifiedSignature("w.example", KEY.public_key().public_bytes_raw(), timestamp_s)
    assert witness.verifier().check(text, witness.sign(text)) == signed
    other = CosignSigner("w.example", Ed25519PrivateKey.from_private_bytes(HASH), timestamp_s)
    note = sign_note(text, LOG, other)
    require_quorum(note, LOG.verifier(), [other.verifier()], 1)


def test_an_untimed_signature_is_told_from_a_timed_one() -> None:
    signed = VerifiedSignature(LOG.name, KEY.public_key().public_bytes_raw(), None)
    assert LOG.verifier().check("text\n", LOG.sign("text\n")) == signed


def test_a_bundle_may_have_256_entries_of_any_length_that_16_bits_can_say() -> None:
    entries = [b""] * 255 + [bytes(65_535)]
    bundle = encode_entries(entries)
    assert bundle == bytes(2 * 255) + b"\xff\xff" + bytes(65_535)
    assert decode_entries(bundle) == entries


@pytest.mark.parametrize(
    "tile", [Tile(0, 0, 1), Tile(0, 0, 256), Tile(63, 0), Tile(0, 2**55 - 1), Tile(63, 2**55 - 1)]
)
def test_a_tile_may_lie_at_the_edge_of_what_a_tree_can_have(tile: Tile) -> None:
    assert parse_tile_path(tile.path()).tile == tile


def test_a_path_is_read_up_to_its_limit() -> None:
    """No tile has so long a path; which reason it is refused for shows whether it was read."""
    longest = "tile/0/" + "x000/" * 10 + "000.p/5"
    assert len(longest) == PATH_CHARACTERS_MAX
    with pytest.raises(TilePathMalformed, match="canonical"):
        parse_tile_path(longest)
    with pytest.raises(TilePathMalformed) as raised:
        parse_tile_path(longest + "5")
    assert raised.value.detail == ""


class CountingTiles:
    """A tree of full leaf tiles, which says what of it was read."""

    def __init__(self, tiles: int) -> None:
        self.size = tiles * 256
        self.asked: list[int] = []

    def read(self, tile: Tile) -> bytes:
        self.asked.append(tile.index)
        return bytes(tile.size_bytes)

    def again(self) -> Iterator[int]:
        """What was read since the last call."""
        yield from self.asked
        self.asked.clear()


def test_so_many_tiles_are_kept_and_the_one_unused_longest_goes_first() -> None:
    tiles = CountingTiles(TILES_CACHED_MAX + 1)
    read = TileHashes(tiles.read, tiles.size)
    for index in range(TILES_CACHED_MAX):
        read(0, index * 256)
    assert list(tiles.again()) == list(range(256)), "a tile is read when it is first needed"
    for index in range(TILES_CACHED_MAX):
        read(0, index * 256 + 1)
    assert list(tiles.again()) == [], "as many as the limit are all kept"
    read(0, 0)
    read(0, TILES_CACHED_MAX * 256)
    read(0, 0)
    assert list(tiles.again()) == [TILES_CACHED_MAX], "the first was used since, so it stays"
    read(0, 1 * 256)
    assert list(tiles.again()) == [1], "the second was the one to go"
    read(0, 3 * 256)
    assert list(tiles.again()) == [], "and only one for each that came"
