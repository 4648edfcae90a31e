"""Parcels from the reader to its parent: four bytes of length, then MessagePack.

The parent believes nothing: a length beyond the cap, a parcel that is none, and silence are each
the end of that reader.
"""

import os
import struct
from typing import Final

import msgspec

from segel.leaks.intake.model import PARCEL_BYTES_MAX, Parcel

LENGTH: Final = struct.Struct("!I")

_decoder: Final = msgspec.msgpack.Decoder(Parcel)
_encoder: Final = msgspec.msgpack.Encoder()


class ReaderLied(Exception):
    """It said what is no parcel, or no parcel that can be at this place."""


def send(to: int, parcel: Parcel) -> None:
    """Write one parcel to a descriptor, however long it takes. Raises OSError where nobody takes
    it, UnicodeEncodeError where it holds the half of a character."""
    packed = _encoder.encode(parcel)
    assert len(packed) <= PARCEL_BYTES_MAX, "who makes a parcel keeps it small"
    left = memoryview(LENGTH.pack(len(packed)) + packed)
    while left:
        left = left[os.write(to, left) :]


def parcel_of(packed: bytes) -> Parcel:
    """What a child said. Raises ReaderLied."""
    try:
        parcel: Parcel = _decoder.decode(packed)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise ReaderLied("what it said is no parcel") from None
    return parcel
