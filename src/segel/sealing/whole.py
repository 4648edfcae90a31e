"""Seal and unseal one whole object.

The caller's buffers must not change meanwhile: the cipher works on them with the interpreter's
lock released.
"""

import os
from collections.abc import Sequence

from segel.sealing.buffers import Buffer, Filling, as_views, slices
from segel.sealing.context import ObjectContext
from segel.sealing.derivation import Randomness, derive_object_key, require_key
from segel.sealing.head import OpenHead, make_head, open_head
from segel.sealing.layout import HEAD_BYTES, TAG_BYTES, Layout, layout_of


def seal(
    scope_key: bytes,
    context: ObjectContext,
    parts: Sequence[Buffer] | Buffer,
    *,
    randomness: Randomness = os.urandom,
) -> bytes:
    """``parts``, one after the other, as one sealed object (format: ``segel.sealing.layout``).

    A list or tuple of buffers is sealed as if joined, without being joined.
    """
    views = as_views(parts)
    layout = layout_of(_total(views))
    if layout.segments == 1:
        return _seal_small(scope_key, context, views, layout, randomness)
    sealed = Filling(layout.sealed_bytes)
    with sealed.view() as out:
        seal_into(scope_key, context, views, out, randomness=randomness)
    return sealed.take(layout.sealed_bytes)


def _seal_small(
    scope_key: bytes,
    context: ObjectContext,
    views: Sequence[memoryview],
    layout: Layout,
    randomness: Randomness,
) -> bytes:
    """An object of one segment. Rows are small and many: to copy them is cheaper than to spare
    the copies."""
    content = b"".join(views)
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    head_bytes, head = make_head(object_key, context, len(content), randomness)
    return head_bytes + head.encrypted(0, content.ljust(layout.padded_bytes, b"\0"))


def seal_into(
    scope_key: bytes,
    context: ObjectContext,
    parts: Sequence[Buffer] | Buffer,
    out: memoryview,
    *,
    randomness: Randomness = os.urandom,
) -> int:
    """Seal into the beginning of ``out`` (a pack's buffer); the number of bytes written.

    ``out`` must hold at least ``sealed_length(total of parts)`` bytes and not overlap ``parts``.
    """
    views = as_views(parts)
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    head_bytes, head = make_head(object_key, context, _total(views), randomness)
    layout = head.layout
    out[:HEAD_BYTES] = head_bytes
    at = HEAD_BYTES
    for segment, content in enumerate(slices(views, layout.content_sizes(0, layout.segments))):
        end = at + len(content) + TAG_BYTES
        head.encrypt(segment, content, out[at:end])
        at = end
    assert at == layout.sealed_bytes
    return layout.sealed_bytes


def unseal(scope_key: bytes, context: ObjectContext, sealed: Buffer) -> bytes:
    """The content of a whole sealed object; SealBroken unless every byte of it verifies."""
    object_key = derive_object_key(scope_key, context.object_id, context.version)
    return unseal_with_object_key(object_key, context, sealed)


def unseal_with_object_key(object_key: bytes, context: ObjectContext, sealed: Buffer) -> bytes:
    """As ``unseal``, for whoever was given the key of this one object only."""
    view = memoryview(sealed).cast("B")
    head = open_head(require_key(object_key), context, view, len(view))
    return unseal_segments(head, 0, head.layout.segments, view[HEAD_BYTES:], 0, head.length)


def unseal_segments(
    head: OpenHead, first: int, after: int, sealed: memoryview, start: int, end: int
) -> bytes:
    """Content ``start``…``end`` out of the segments ``first``…``after``, which hold it.

    ``sealed`` is exactly these segments; every one of them is verified, whatever is wanted of it.
    """
    sizes = head.layout.content_sizes(first, after)
    base, held = head.layout.content_at(first), sum(sizes)
    assert len(sealed) == held + TAG_BYTES * len(sizes), "the callers have checked the size"
    if len(sizes) == 1:
        return head.decrypted(first, sealed)[start - base : end - base]
    content = Filling(held)
    with content.view() as out:
        at = sealed_at = 0
        for segment, size in enumerate(sizes, first):
            sealed_end = sealed_at + size + TAG_BYTES
            head.decrypt(segment, sealed[sealed_at:sealed_end], out[at : at + size])
            at, sealed_at = at + size, sealed_end
    return content.take(end - base)[start - base :]  # a slice of all of it is no copy


def _total(views: Sequence[memoryview]) -> int:
    return sum(view.nbytes for view in views)
