"""Frames on the broker's socket: 4-byte big-endian length, then msgpack ``[number, message]``.

Only :class:`~segel.broker.errors.MessageBroken` leaves this module, whatever the bytes are.
"""

import asyncio
from typing import Final, TypeVar

import msgspec

from segel.broker.errors import MessageBroken
from segel.broker.messages import Reply, Request

FRAME_BYTES_MAX: Final = 16 * 1024 * 1024
"""A search answer of some thousand studies fits; anything longer is a mistake or an attack."""

LENGTH_BYTES: Final = 4

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(tuple[int, Request])
_replies = msgspec.msgpack.Decoder(tuple[int, Reply])

M = TypeVar("M")


def encode_frame(number: int, message: msgspec.Struct) -> bytes:
    """One frame. Raises MessageBroken where it would be longer than the peer accepts."""
    body = _encoder.encode((number, message))
    if len(body) > FRAME_BYTES_MAX:
        raise MessageBroken(
            "The answer is larger than one message may be.", remedy="Ask for fewer results."
        )
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode_request(body: bytes) -> tuple[int, Request]:
    """A request frame's body, checked against the known messages."""
    return _decode(_requests, body)


def decode_reply(body: bytes) -> tuple[int, Reply]:
    """A reply frame's body."""
    return _decode(_replies, body)


def _decode(decoder: msgspec.msgpack.Decoder[M], body: bytes) -> M:
    try:
        return decoder.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # The decoder's own text can quote values: it is not passed on.
        raise MessageBroken("This is not a message that the broker knows.") from None


async def read_frame(reader: asyncio.StreamReader) -> bytes | None:
    """The next frame's body; None at a clean end of the stream."""
    try:
        prefix = await reader.readexactly(LENGTH_BYTES)
    except asyncio.IncompleteReadError as end:
        if end.partial:
            raise MessageBroken("The stream ended inside a frame.") from None
        return None
    length = int.from_bytes(prefix, "big")
    if length > FRAME_BYTES_MAX:
        raise MessageBroken("The frame is longer than a message may be.")
    try:
        return await reader.readexactly(length)
    except asyncio.IncompleteReadError:
        raise MessageBroken("The stream ended inside a frame.") from None
