"""The last value that every limit allows, the first that it does not, and what is then said."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segel.sealing import (
    HEAD_BYTES,
    LabelMalformed,
    ObjectContext,
    ObjectTooLarge,
    RangeOutside,
    SealBroken,
    SealedReader,
    SealingError,
    derive_object_key,
    derive_scope_key,
    derive_token_key,
    seal,
    sealed_length,
    segments_for,
    token,
)
from segel.sealing.head import open_head
from segel.sealing.layout import (
    PLAINTEXT_BYTES_MAX,
    TAG_BYTES,
    layout_from_sealed,
    layout_of,
)
from segel.sealing.whole import unseal_segments
from support.sealed import CONTEXT, KEY, OBJECT, PATIENT

VERSION_LIMIT = 2**63

OUTSIDE = "is empty, too long or out of range."


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: derive_scope_key(KEY, ""), f"The scope {OUTSIDE}"),
        (lambda: derive_scope_key(KEY, "x" * 201), f"The scope {OUTSIDE}"),
        (lambda: derive_scope_key(KEY, "é" * 101), f"The scope {OUTSIDE}"),
        (lambda: token(KEY, ""), f"The token kind {OUTSIDE}"),
        (lambda: token(KEY, "x" * 65), f"The token kind {OUTSIDE}"),
        (lambda: token(KEY, "é" * 33), f"The token kind {OUTSIDE}"),
        (lambda: derive_object_key(KEY, OBJECT, -1), f"The version {OUTSIDE}"),
        (lambda: derive_object_key(KEY, OBJECT, VERSION_LIMIT), f"The version {OUTSIDE}"),
        (lambda: ObjectContext(PATIENT, OBJECT, -1), f"The version {OUTSIDE}"),
        (lambda: ObjectContext(PATIENT, OBJECT, VERSION_LIMIT), f"The version {OUTSIDE}"),
    ],
)
def test_a_label_beyond_its_limit_is_named(refused: Callable[[], object], said: str) -> None:
    with pytest.raises(LabelMalformed) as raised:
        refused()
    assert str(raised.value) == said


@pytest.mark.parametrize("scope", ["x", "x" * 200, "é" * 100])
def test_a_scope_key_is_hkdf_of_its_label_and_name(scope: str) -> None:
    assert derive_scope_key(KEY, scope) == _hkdf(b"segel/scope/v1\0" + scope.encode())


@pytest.mark.parametrize("version", [0, 1, VERSION_LIMIT - 1])
def test_an_object_key_is_hkdf_of_its_label_object_and_version(version: int) -> None:
    expected = _hkdf(b"segel/object-key/v1\0" + OBJECT.bytes + version.to_bytes(8, "big"))
    assert derive_object_key(KEY, OBJECT, version) == expected


def test_a_token_key_is_hkdf_of_its_label() -> None:
    assert derive_token_key(KEY) == _hkdf(b"segel/token-key/v1\0")


@pytest.mark.parametrize("version", [0, 1, VERSION_LIMIT - 1])
def test_a_context_is_label_patient_object_version(version: int) -> None:
    expected = b"segel/object/v1\0" + PATIENT.bytes + OBJECT.bytes + version.to_bytes(8, "big")
    assert ObjectContext(PATIENT, OBJECT, version).aad() == expected


@pytest.mark.parametrize("kind", ["x", "x" * 64, "é" * 32])
def test_a_token_is_hmac_of_its_kind_and_fields_each_after_its_length(kind: str) -> None:
    name = kind.encode()
    message = b"segel/token/v1\0" + bytes([len(name)]) + name
    message += b"t" + bytes(7) + b"\x03" + "aé".encode() + b"b" + bytes(7) + b"\x01" + b"\xff"
    expected = hmac.new(KEY, message, hashlib.sha256).digest()
    assert token(KEY, kind, "aé", b"\xff") == expected


def test_an_object_may_hold_as_much_as_the_limit_and_no_more() -> None:
    largest = sealed_length(PLAINTEXT_BYTES_MAX)
    assert layout_from_sealed(largest) == layout_of(PLAINTEXT_BYTES_MAX)
    assert layout_of(PLAINTEXT_BYTES_MAX).padded_bytes == 2**40
    for size in (PLAINTEXT_BYTES_MAX + 1, -1):
        with pytest.raises(ObjectTooLarge):
            layout_of(size)
    for size in (largest + 1, largest + 2**34, 2 * largest):
        with pytest.raises(SealBroken):
            layout_from_sealed(size)


@pytest.mark.parametrize("size", [-1, 0, 1, 59, 60, 61, HEAD_BYTES, HEAD_BYTES + TAG_BYTES])
def test_what_is_smaller_than_any_object_is_none(size: int) -> None:
    with pytest.raises(SealBroken):
        layout_from_sealed(size)


@pytest.mark.parametrize(("offset", "length"), [(-1, 5), (0, -1), (5, -1)])
def test_a_range_before_the_beginning_is_refused_by_every_door(offset: int, length: int) -> None:
    sealed = seal(KEY, CONTEXT, bytes(300))
    reader = SealedReader(KEY, CONTEXT, len(sealed), lambda start, count: sealed[start:][:count])
    for door in (
        lambda: segments_for(len(sealed), offset, length),
        lambda: reader.segments_for(offset, length),
        lambda: reader.read(offset, length),
        lambda: reader.open_range(offset, length, b""),
    ):
        with pytest.raises(RangeOutside):
            door()


def test_a_head_that_is_cut_anywhere_is_refused() -> None:
    sealed = seal(KEY, CONTEXT, b"content")
    object_key = derive_object_key(KEY, OBJECT, 3)
    assert open_head(object_key, CONTEXT, sealed[:HEAD_BYTES], len(sealed)).length == 7
    for end in range(HEAD_BYTES):
        with pytest.raises(SealBroken):
            open_head(object_key, CONTEXT, sealed[:end], len(sealed))


def test_every_field_of_a_head_is_looked_at() -> None:
    """Also those that no key protects: magic, version, and the length of Tink's header."""
    sealed = seal(KEY, CONTEXT, b"content")
    object_key = derive_object_key(KEY, OBJECT, 3)
    for at in range(HEAD_BYTES):
        changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 : HEAD_BYTES]
        with pytest.raises(SealBroken):
            open_head(object_key, CONTEXT, changed, len(sealed))


@pytest.mark.parametrize("surplus", [-1, 1])
def test_randomness_gives_what_it_is_asked_for(surplus: int) -> None:
    with pytest.raises(AssertionError, match=r"^randomness gives what it is asked for"):
        seal(KEY, CONTEXT, b"", randomness=lambda count: bytes(count + surplus))


def test_segments_of_another_size_are_their_callers_mistake() -> None:
    sealed = seal(KEY, CONTEXT, b"content")
    head = open_head(derive_object_key(KEY, OBJECT, 3), CONTEXT, sealed, len(sealed))
    body = memoryview(sealed)[HEAD_BYTES:]
    assert unseal_segments(head, 0, 1, body, 0, 7) == b"content"
    for wrong in (body[:-1], memoryview(sealed)[HEAD_BYTES - 1 :]):
        with pytest.raises(AssertionError, match=r"^the callers have checked the size"):
            unseal_segments(head, 0, 1, wrong, 0, 7)


def test_every_error_says_what_happened() -> None:
    assert str(SealingError()) == "Sealing failed."
    assert repr(LabelMalformed("scope")) == "LabelMalformed('scope')"
    assert str(RangeOutside()) == "A range needs an offset and a length of zero or more bytes."
    assert str(ObjectTooLarge()) == (
        "One sealed object holds at most 1 TiB. Store the content as several objects."
    )


def _hkdf(info: bytes) -> bytes:
    """RFC 5869; no salt is a salt of zeros."""
    return HKDF(SHA256(), 32, salt=bytes(32), info=info).derive(KEY)
