"""Packs: what is laid out is found again, and nothing else is."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.store.packs import BLOCK_BYTES, PackBroken, PackBuilder, PackMemory, read_index

OBJECTS = st.lists(st.tuples(st.uuids(), st.binary(max_size=9_000)), min_size=1, max_size=12)


def built(objects: list[tuple[UUID, bytes]]) -> bytes:
    builder = PackBuilder()
    for object_id, content in objects:
        builder.add(object_id, [content[:7], content[7:]])
    return b"".join(bytes(part) for part in builder.parts())


def laid_out(memory: PackMemory, objects: list[tuple[UUID, bytes]]) -> bytes:
    memory.begin([len(content) for _, content in objects])
    for object_id, content in objects:
        memory.slot(object_id, len(content))[:] = content
    return bytes(memory.finish())


@given(OBJECTS)
def test_every_object_is_found_where_the_index_says(objects: list[tuple[UUID, bytes]]) -> None:
    pack = built(objects)
    places = read_index(pack)
    assert [place.object_id for place in places] == [object_id for object_id, _ in objects]
    assert [pack[one.offset : one.offset + one.length] for one in places] == [
        content for _, content in objects
    ]
    assert len(pack) % BLOCK_BYTES == 0


@given(st.lists(OBJECTS, min_size=1, max_size=4))
def test_reused_memory_gives_the_same_pack_as_fresh_parts(
    packs: list[list[tuple[UUID, bytes]]],
) -> None:
    memory = PackMemory()
    for objects in packs:
        assert laid_out(memory, objects) == built(objects)


@given(OBJECTS, st.data())
def test_a_changed_index_is_never_read(
    objects: list[tuple[UUID, bytes]], data: st.DataObject
) -> None:
    pack = bytearray(built(objects))
    places = read_index(pack)
    end = places[-1].offset + places[-1].length
    at = data.draw(st.integers(end, len(pack) - 1) | st.integers(0, 7))
    pack[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PackBroken):
        read_index(pack)


@given(OBJECTS, st.data())
def test_a_cut_or_lengthened_pack_is_never_read(
    objects: list[tuple[UUID, bytes]], data: st.DataObject
) -> None:
    pack = built(objects)
    with pytest.raises(PackBroken):
        read_index(pack[: data.draw(st.integers(0, len(pack) - 1))])
    with pytest.raises(PackBroken):
        read_index(pack + data.draw(st.binary(min_size=1, max_size=64)))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_pack_or_broken(content: bytes) -> None:
    with pytest.raises(PackBroken):
        read_index(content)
