"""What is sealed comes back, whole and in parts, and only under its own key and context."""

import dataclasses
import hashlib
import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.sealing import (
    HEAD_BYTES,
    KeyMalformed,
    LabelMalformed,
    ObjectContext,
    ObjectTooLarge,
    RangeOutside,
    SealBroken,
    SealedReader,
    derive_object_key,
    open_range,
    seal,
    seal_into,
    sealed_length,
    segments_for,
    unseal,
    unseal_with_object_key,
)
from segel.sealing.layout import PLAINTEXT_BYTES_MAX, layout_from_sealed

KEY = bytes(range(32))
CONTEXT = ObjectContext(UUID(int=1), UUID(int=2), 3)
OBJECT_BYTES = 300_001
CONTENT = random.Random(7).randbytes(OBJECT_BYTES)
SEALED = seal(KEY, CONTEXT, CONTENT)

sizes = st.one_of(
    st.integers(0, 600),
    st.integers(65_000, 66_000),
    st.integers(130_400, 131_200),
    st.integers(0, 400_000),
)


@given(size=sizes, cuts=st.lists(st.integers(0, 400_000), max_size=5))
@settings(max_examples=150, deadline=None)
def test_parts_are_sealed_as_if_joined(size: int, cuts: list[int]) -> None:
    content = memoryview(CONTENT * 2)[:size]
    edges = [0, *sorted(min(cut, size) for cut in cuts), size]
    parts = [content[start:end] for start, end in pairwise(edges)]
    randomness = random.Random(size).randbytes
    sealed = seal(KEY, CONTEXT, parts, randomness=randomness)
    assert sealed == seal(KEY, CONTEXT, content, randomness=random.Random(size).randbytes)
    assert len(sealed) == sealed_length(size)
    assert unseal(KEY, CONTEXT, sealed) == content


def test_objects_can_be_sealed_into_a_pack() -> None:
    pack = bytearray(b"\xee" * 2000)
    written = seal_into(KEY, CONTEXT, b"content", memoryview(pack)[500:])
    assert written == sealed_length(7)
    assert unseal(KEY, CONTEXT, memoryview(pack)[500 : 500 + written]) == b"content"
    assert pack[:500] + pack[500 + written :] == b"\xee" * (2000 - written)


def test_two_seals_of_the_same_content_share_nothing() -> None:
    first, second = seal(KEY, CONTEXT, b"content"), seal(KEY, CONTEXT, b"content")
    same = sum(a == b for a, b in zip(first[4:], second[4:], strict=True))
    assert same < 24


@given(offset=st.integers(0, OBJECT_BYTES + 20_000), length=st.integers(0, OBJECT_BYTES + 20_000))
@settings(max_examples=150, deadline=None)
def test_a_random_read_is_the_slice(offset: int, length: int) -> None:
    fetched: list[tuple[int, int]] = []

    def fetch(start: int, count: int) -> memoryview:
        fetched.append((start, count))
        return memoryview(SEALED)[start : start + count]

    reader = SealedReader(KEY, CONTEXT, len(SEALED), fetch)
    assert reader.length == OBJECT_BYTES
    wanted = CONTENT[offset : offset + length]
    assert reader.read(offset, length) == wanted
    assert fetched[0] == (0, HEAD_BYTES)
    assert len(fetched) == (2 if wanted else 1)
    if wanted:
        assert fetched[1][1] <= len(wanted) + 2 * 65536


@given(offset=st.integers(0, OBJECT_BYTES + 20_000), length=st.integers(0, OBJECT_BYTES + 20_000))
@settings(max_examples=150, deadline=None)
def test_a_planned_range_is_the_slice(offset: int, length: int) -> None:
    start, count = segments_for(len(SEALED), offset, length)
    opened = open_range(
        KEY, CONTEXT, SEALED[:HEAD_BYTES], len(SEALED), offset, length, SEALED[start:][:count]
    )
    assert opened == CONTENT[offset : offset + length]


def test_a_range_says_when_it_makes_no_sense() -> None:
    with pytest.raises(RangeOutside):
        segments_for(len(SEALED), -1, 5)
    with pytest.raises(RangeOutside):
        SealedReader(KEY, CONTEXT, len(SEALED), _fetch).read(0, -5)


def test_a_short_fetch_is_refused() -> None:
    reader = SealedReader(KEY, CONTEXT, len(SEALED), _fetch)
    start, count = reader.segments_for(100_000, 10)
    with pytest.raises(SealBroken):
        reader.open_range(100_000, 10, SEALED[start : start + count - 1])


def test_truncation_is_known_before_anything_is_read() -> None:
    """The head carries the true length, so every other size that an object can have is refused."""
    for size in (0, 256, 100_000, OBJECT_BYTES - 20_000, OBJECT_BYTES + 20_000):
        assert sealed_length(size) != len(SEALED)
        with pytest.raises(SealBroken):
            SealedReader(KEY, CONTEXT, sealed_length(size), _fetch)


def test_only_sizes_that_objects_have_are_taken_for_one() -> None:
    real = {sealed_length(size) for size in range(140_000)}
    for size in range(max(real)):
        try:
            layout_from_sealed(size)
            accepted = True
        except SealBroken:
            accepted = False
        assert accepted == (size in real), size


@pytest.mark.parametrize("field", ["patient_id", "object_id", "version"])
def test_another_context_opens_nothing(field: str) -> None:
    other: Any = 4 if field == "version" else UUID(int=9)
    wrong = dataclasses.replace(CONTEXT, **{field: other})
    with pytest.raises(SealBroken):
        unseal(KEY, wrong, SEALED)
    with pytest.raises(SealBroken):
        SealedReader(KEY, wrong, len(SEALED), _fetch)
    # Nor does the right object key help whoever claims that the object is something else.
    object_key = derive_object_key(KEY, CONTEXT.object_id, CONTEXT.version)
    with pytest.raises(SealBroken):
        unseal_with_object_key(object_key, wrong, SEALED)


def test_another_scope_key_opens_nothing() -> None:
    for wrong in (bytes(32), KEY[:-1] + b"\0"):
        with pytest.raises(SealBroken):
            unseal(wrong, CONTEXT, SEALED)


def test_one_object_key_given_away_opens_no_second_object() -> None:
    given_away = derive_object_key(KEY, CONTEXT.object_id, CONTEXT.version)
    assert unseal_with_object_key(given_away, CONTEXT, SEALED) == CONTENT
    others = [
        dataclasses.replace(CONTEXT, object_id=UUID(int=n), version=v)
        for n in range(1, 40)
        for v in range(6)
        if (n, v) != (2, 3)
    ]
    assert len(others) == 39 * 6 - 1
    for other in others:
        sealed = seal(KEY, other, b"content")
        for key in (given_away, derive_object_key(given_away, other.object_id, other.version)):
            with pytest.raises(SealBroken):
                unseal_with_object_key(key, other, sealed)
        with pytest.raises(SealBroken):
            unseal(given_away, other, sealed)


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_keys_of_another_length_are_refused(key: bytes) -> None:
    with pytest.raises(KeyMalformed):
        seal(key, CONTEXT, b"")
    with pytest.raises(KeyMalformed):
        unseal(key, CONTEXT, SEALED)
    with pytest.raises(KeyMalformed):
        unseal_with_object_key(key, CONTEXT, SEALED)


def test_limits_are_said() -> None:
    assert sealed_length(PLAINTEXT_BYTES_MAX) > PLAINTEXT_BYTES_MAX
    with pytest.raises(ObjectTooLarge):
        sealed_length(PLAINTEXT_BYTES_MAX + 1)
    for version in (-1, 2**63):
        with pytest.raises(LabelMalformed):
            ObjectContext(UUID(int=1), UUID(int=2), version)


def test_contexts_encode_injectively() -> None:
    contexts = [
        ObjectContext(UUID(int=p), UUID(int=o), v)
        for p in (0, 1, 2**64)
        for o in (0, 1, 2**64)
        for v in (0, 1, 2**40)
    ]
    encoded = {context.aad() for context in contexts}
    assert len(encoded) == 27
    assert {len(aad) for aad in encoded} == {56}


def test_the_format_stays_what_it_is(seeded: Callable[[int], bytes]) -> None:
    """A change of any derivation, label or field shows here, before it orphans an archive."""
    sealed = seal(KEY, CONTEXT, b"Segel" * 20_000, randomness=seeded)
    assert sealed[:4] == b"SGL\x01"
    assert hashlib.sha256(sealed).hexdigest() == (
        "791f3cecf24411cf41bbf51a1321069b7ab29d991c5f3c1fc4906f52e5a52a39"
    )


def _fetch(start: int, length: int) -> bytes:
    return SEALED[start : start + length]
