"""Tiles: their names, growing them, reading the tree out of them; entry bundles."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segel.tlog import (
    EntriesMalformed,
    EntryTooLong,
    Frontier,
    HashMalformed,
    IndexOutside,
    Tile,
    TileHashes,
    TileMalformed,
    TilePathMalformed,
    consistency_proof,
    decode_entries,
    encode_entries,
    grow_tiles,
    inclusion_proof,
    leaf_hash,
    parse_tile_path,
    tiles_to_publish,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

LEAVES_MAX = 70_000
LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(LEAVES_MAX)]


def grow(*sizes: int) -> dict[Tile, bytes]:
    """The tiles of a log that grew through these sizes."""
    tiles: dict[Tile, bytes] = {}
    old = 0
    for new in sizes:
        for tile, content in list(grow_tiles(old, LEAVES[old:new], tiles.__getitem__)):
            assert tiles.setdefault(tile, content) == content, "a published file was changed"
        old = new
    return tiles


WHOLE = grow(LEAVES_MAX)


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234, 5), "tile/0/x001/234.p/5"),
        (Tile(1, 1234067), "tile/1/x001/x234/067"),
        (Tile(2, 999, 255), "tile/2/999.p/255"),
        (Tile(63, 1000), "tile/63/x001/000"),
    ],
)
def test_tiles_are_published_where_the_specification_says(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert parse_tile_path(path).tile == tile
    assert not parse_tile_path(path).holds_entries


def test_entries_lie_beside_their_leaf_tile() -> None:
    assert Tile(0, 1234, 5).entries_path() == "tile/entries/x001/234.p/5"
    assert parse_tile_path("tile/entries/x001/234.p/5").holds_entries
    with pytest.raises(IndexOutside):
        Tile(1, 0).entries_path()


@given(st.integers(0, 63), st.integers(0, 2**55 - 1), st.integers(1, 256))
def test_every_tile_has_one_path(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert parse_tile_path(tile.path()).tile == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/000",
        "tile/0/001/234",
        "tile/0/x001/x234",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/../000",
        "tile/Entries/000",
        "tile/0/" + "x999/" * 6 + "999",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(TilePathMalformed):
        parse_tile_path(path)


def test_the_specification_example_of_70000_leaves_has_its_tiles() -> None:
    tiles = tiles_to_publish(0, 70_000)
    assert [tile for tile in tiles if tile.level == 0 and tile.is_full] == [
        Tile(0, index) for index in range(273)
    ]
    assert [tile for tile in tiles if tile.level or not tile.is_full] == [
        Tile(0, 273, 112),
        Tile(1, 0),
        Tile(1, 1, 17),
        Tile(2, 0, 1),
    ]
    assert tiles_to_publish(0, 256) == [Tile(0, 0), Tile(1, 0, 1)]


@given(st.lists(st.integers(0, LEAVES_MAX), max_size=5))
@example([65_535, 65_536, 65_537])
@example([255, 256, 257, 512])
@settings(max_examples=25, deadline=None)
def test_tiles_grown_in_steps_are_those_made_at_once(steps: list[int]) -> None:
    steps = sorted(steps)
    tiles = grow(*steps)
    final = steps[-1] if steps else 0
    for tile in tiles_to_publish(0, final):
        assert (
            tiles[tile]
            == WHOLE[tile.full() if tile.full() in WHOLE else _last(tile)][: tile.size_bytes]
        )
    published = {
        tile
        for old, new in zip([0, *steps], steps, strict=False)
        for tile in tiles_to_publish(old, new)
    }
    assert published == set(tiles)


def _last(tile: Tile) -> Tile:
    return next(t for t in WHOLE if (t.level, t.index) == (tile.level, tile.index))


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_proofs_made_from_tiles_verify(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, LEAVES_MAX))
    index = data.draw(st.integers(0, size - 1))
    tiles = {tile: _content(tile) for tile in tiles_to_publish(0, size)}
    read = TileHashes(tiles.__getitem__, size)
    root = Frontier().extend(LEAVES[:size]).root()
    assert tree_root(size, read) == root
    verify_inclusion(index, size, LEAVES[index], inclusion_proof(index, size, read), root)
    old_root = Frontier().extend(LEAVES[: index + 1]).root()
    proof = consistency_proof(index + 1, size, read)
    verify_consistency(index + 1, old_root, size, root, proof)


def _content(tile: Tile) -> bytes:
    return WHOLE[tile.full() if tile.full() in WHOLE else _last(tile)][: tile.size_bytes]


def test_a_tile_is_read_once_and_only_if_needed() -> None:
    asked: list[Tile] = []

    def read_tile(tile: Tile) -> bytes:
        asked.append(tile)
        return _content(tile)

    read = TileHashes(read_tile, LEAVES_MAX)
    for index in (69_999, 69_998, 69_999):
        inclusion_proof(index, LEAVES_MAX, read)
    assert len(asked) == len(set(asked)) <= 5


def test_reading_refuses_what_is_incomplete_outside_or_cut() -> None:
    read = TileHashes(_content, 300)
    for level, index in [(0, 300), (1, 150), (9, 0), (-1, 0), (0, -1)]:
        with pytest.raises(IndexOutside):
            read(level, index)
    with pytest.raises(TileMalformed):
        TileHashes(lambda tile: _content(tile)[:-1], 300)(0, 0)
    with pytest.raises(TileMalformed):
        list(grow_tiles(5, LEAVES[5:9], lambda tile: b""))
    with pytest.raises(HashMalformed):
        list(grow_tiles(0, [b"short"], lambda tile: b""))
    with pytest.raises(IndexOutside):
        tiles_to_publish(5, 4)


@given(st.lists(st.binary(max_size=40), max_size=256))
def test_bundles_give_back_their_entries(entries: list[bytes]) -> None:
    assert decode_entries(encode_entries(entries)) == entries


def test_bundles_hold_long_entries_and_refuse_longer_ones() -> None:
    longest = bytes(65_535)
    assert decode_entries(encode_entries([longest])) == [longest]
    with pytest.raises(EntryTooLong):
        encode_entries([longest + b"x"])
    with pytest.raises(EntryTooLong):
        encode_entries([b""] * 257)
    with pytest.raises(EntriesMalformed):
        decode_entries(b"\0\0" * 257)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=20), st.data())
def test_a_cut_bundle_never_passes_for_a_whole_one(
    entries: list[bytes], data: st.DataObject
) -> None:
    bundle = encode_entries(entries)
    cut = bundle[: data.draw(st.integers(0, len(bundle) - 1))]
    try:
        decoded = decode_entries(cut)
    except EntriesMalformed:
        return
    assert decoded == entries[: len(decoded)]
    assert len(decoded) < len(entries)
