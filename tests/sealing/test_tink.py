"""Tink, the source of the stream format, as the oracle in both directions."""

import io
import random
from collections.abc import Callable

import pytest
import tink  # type: ignore[import-untyped]
from tink import proto_keyset_format, secret_key_access, streaming_aead
from tink.proto import (  # type: ignore[import-untyped]
    aes_gcm_hkdf_streaming_pb2,
    common_pb2,
    tink_pb2,
)

from segel.sealing import ObjectContext, SealBroken, derive_object_key, seal, unseal
from segel.sealing.head import make_head
from segel.sealing.layout import HEAD_BYTES, SEGMENT_BYTES, STREAM_AT
from segel.sealing.padding import padded_length

streaming_aead.register()
_FIRST = SEGMENT_BYTES - 40 - 16
_NEXT = SEGMENT_BYTES - 16
# Both sides of every boundary that padded lengths can meet, and some that are far from any.
SIZES = [0, 1, 255, 256, 257, 4096, _FIRST - 700, _FIRST, 65536, _FIRST + _NEXT, 196_000, 1_000_000]


def tink_stream(object_key: bytes) -> streaming_aead.StreamingAead:
    parameters = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT_BYTES,
        derived_key_size=32,
        hkdf_hash_type=common_pb2.SHA256,
    )
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(params=parameters, key_value=object_key)
    keyset = tink_pb2.Keyset(primary_key_id=1)
    entry = keyset.key.add(key_id=1, status=tink_pb2.ENABLED, output_prefix_type=tink_pb2.RAW)
    entry.key_data.type_url = "type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey"
    entry.key_data.value = key.SerializeToString()
    entry.key_data.key_material_type = tink_pb2.KeyData.SYMMETRIC
    handle = proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    primitive: streaming_aead.StreamingAead = handle.primitive(streaming_aead.StreamingAead)
    return primitive


def tink_opens(object_key: bytes, aad: bytes, stream: bytes) -> bytes:
    with tink_stream(object_key).new_decrypting_stream(io.BytesIO(stream), aad) as opened:
        content: bytes = opened.read()
    return content


def tink_seals(object_key: bytes, aad: bytes, content: bytes) -> bytes:
    kept = io.BytesIO()
    kept.close = lambda: None  # type: ignore[method-assign]
    with tink_stream(object_key).new_encrypting_stream(kept, aad) as sealing:
        sealing.write(content)
    return kept.getvalue()


@pytest.mark.parametrize("size", SIZES)
def test_tink_opens_what_we_seal(size: int, scope_key: bytes, context: ObjectContext) -> None:
    content = random.Random(size).randbytes(size)
    sealed = seal(scope_key, context, content)
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    opened = tink_opens(object_key, context.aad(), sealed[STREAM_AT:])
    assert opened == content.ljust(padded_length(size), b"\0")


@pytest.mark.parametrize("size", SIZES)
def test_we_open_what_tink_seals(
    size: int, scope_key: bytes, context: ObjectContext, seeded: Callable[[int], bytes]
) -> None:
    content = random.Random(size).randbytes(size)
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    stream = tink_seals(object_key, context.aad(), content.ljust(padded_length(size), b"\0"))
    # Our part of the head must belong to the salt and nonce prefix that Tink drew.
    drawn = stream[1 : HEAD_BYTES - STREAM_AT]
    head, _ = make_head(object_key, context, size, lambda _: drawn)
    assert head[STREAM_AT:] == stream[: HEAD_BYTES - STREAM_AT]
    assert unseal(scope_key, context, head[:STREAM_AT] + stream) == content


def test_a_false_commitment_is_refused_though_the_stream_is_sound(
    scope_key: bytes, context: ObjectContext
) -> None:
    sealed = bytearray(seal(scope_key, context, b"content"))
    sealed[4] ^= 1
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    assert tink_opens(object_key, context.aad(), bytes(sealed[STREAM_AT:]))[:7] == b"content"
    with pytest.raises(SealBroken):
        unseal(scope_key, context, sealed)


def test_tink_refuses_another_context(scope_key: bytes, context: ObjectContext) -> None:
    """So that the agreement above is not that of two functions which ignore the context."""
    sealed = seal(scope_key, context, b"content")
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    with pytest.raises(tink.TinkError):
        tink_opens(object_key, b"another context", sealed[STREAM_AT:])
