"""Where each frame lies in a stored file, so that one frame is one ranged read.

The table is made once, when the instance is stored, and kept beside it (``FrameTable.pack``).
Pixel data is either native, frames laid end to end (PS3.5 § 8.1), or encapsulated: fragments, told
apart into frames by the Extended or the Basic Offset Table or, without them, by counting and by
the marks that begin a code stream (PS3.5 § A.4).
"""

from collections.abc import Callable
from itertools import pairwise
from struct import Struct, unpack_from
from typing import Final, NamedTuple, TypeAlias

import msgspec

from segel.imaging.dicom.elements import ITEM, SEQUENCE_END, UNDEFINED, Buffer
from segel.imaging.dicom.errors import FrameUnknown, PixelsAbsent, PixelsBroken
from segel.imaging.dicom.header import Header, whole_file
from segel.imaging.dicom.syntaxes import is_deflated, is_video
from segel.imaging.dicom.values import Values

Read: TypeAlias = Callable[[int, int], Buffer]
"""Random access to a stored file: ``read(offset, length)`` gives its bytes, fewer at its end."""

FRAMES_MAX: Final = 1_000_000
"""Frames in one instance; a bound on the table. A day of angiography has some ten thousand."""

_ITEM_HEAD: Final = Struct("<HHL")
_CODE_STREAM_STARTS: Final = (b"\xff\xd8", b"\xff\x4f", b"\0\0\0\x0cjP")  # JPEG, J2K, JP2


class Pixels(NamedTuple):
    """The pixel data in ``data``, the file (inflated where it was deflated).

    The value lies at ``offset``, ``length`` bytes of it in the file, the next element at ``end``.
    ``fragments`` are offset and length of each fragment behind the Basic Offset Table ``table``;
    None where the pixel data is native.
    """

    data: Buffer
    offset: int
    length: int
    end: int
    table: tuple[int, ...] = ()
    fragments: list[tuple[int, int]] | None = None


class FrameTable(msgspec.Struct, frozen=True, array_like=True):
    """Offsets and lengths of frames in the file. All sizes are in bytes but ``frame_bits``.

    Native: ``count`` frames of ``frame_bits`` each from ``offset``. Encapsulated: the fragments
    (``starts``, ``lengths``) and, for each frame, the number of its first fragment (``firsts``).
    ``swap`` is the size of the units to turn around where they are big endian; ``inflate`` says
    that the offsets are those of the inflated file, which has to be read whole.
    """

    transfer_syntax_uid: str
    count: int
    offset: int = 0
    frame_bits: int = 0
    swap: int = 0
    inflate: bool = False
    starts: list[int] = []
    lengths: list[int] = []
    firsts: list[int] = []

    @property
    def native(self) -> bool:
        return self.frame_bits > 0

    def pack(self) -> bytes:
        """Compact bytes to keep beside the instance."""
        return msgspec.msgpack.encode(self)

    @staticmethod
    def unpack(packed: bytes) -> "FrameTable":
        return msgspec.msgpack.decode(packed, type=FrameTable)

    def ranges(self, number: int) -> list[tuple[int, int]]:
        """Offset and length of the pieces of frame ``number``, counted from 1.

        Raises FrameUnknown.
        """
        if not 1 <= number <= self.count:
            raise FrameUnknown(
                f"The instance has {self.count} frames, counted from 1.",
                field="frame",
                remedy="Ask for a frame that is there.",
            )
        if self.native:
            # Whole bytes, and whole units of what has to be turned around.
            unit = 8 * max(self.swap, 1)
            first = (number - 1) * self.frame_bits
            start, end = first // unit, -(-(first + self.frame_bits) // unit)
            return [(self.offset + start * unit // 8, (end - start) * unit // 8)]
        first = self.firsts[number - 1]
        end = self.firsts[number] if number < self.count else len(self.starts)
        return list(zip(self.starts[first:end], self.lengths[first:end], strict=True))


def frame_table(header: Header, file: Buffer) -> FrameTable:
    """The table of a whole file. Raises PixelsAbsent, PixelsBroken."""
    pixels = locate_pixels(header, file)
    values = Values(header.data, header.elements, header.coding)
    count = _number(header, values, 0x00280008) or 1
    if count > FRAMES_MAX:
        raise PixelsBroken(
            f"There are more than {FRAMES_MAX} frames.",
            field="NumberOfFrames",
            remedy="Split the instance.",
        )
    if pixels.fragments is None:
        return _native(header, values, pixels, count)
    if is_video(header.transfer_syntax_uid):
        firsts, count = [0], 1  # a stream of pictures that only its decoder can tell apart
    else:
        firsts = _firsts(header, pixels, count)
    return FrameTable(
        header.transfer_syntax_uid,
        count,
        starts=[at for at, _ in pixels.fragments],
        lengths=[size for _, size in pixels.fragments],
        firsts=firsts,
    )


def read_frame(table: FrameTable, number: int, read: Read) -> bytes:
    """The bytes of frame ``number``, from 1, as WADO-RS gives them: little endian where native.

    Where ``table.inflate`` holds, ``read`` must give the inflated file (``whole_file``).
    Raises FrameUnknown, and PixelsBroken where the file is cut short.
    """
    pieces = table.ranges(number)
    found = [bytes(read(at, size)) for at, size in pieces]
    if any(len(piece) != size for piece, (_, size) in zip(found, pieces, strict=True)):
        raise PixelsBroken(
            "The file ends inside the frame.",
            field="PixelData",
            remedy="Ask the sender for the whole instance.",
        )
    frame = found[0] if len(found) == 1 else b"".join(found)
    if table.swap:
        frame = swapped(frame, table.swap)
    if table.native:
        return _cut(frame, (number - 1) * table.frame_bits % (8 * max(table.swap, 1)), table)
    return frame


def frame_of(header: Header, file: Buffer, number: int) -> bytes:
    """Frame ``number``, from 1, of a whole file; raises what the table and its reading raise."""
    table = frame_table(header, file)
    whole = whole_file(header, file)
    return read_frame(table, number, lambda offset, length: whole[offset : offset + length])


def locate_pixels(header: Header, file: Buffer) -> Pixels:
    """Where the pixel data of a whole file lies. Raises PixelsAbsent, PixelsBroken."""
    pixel = header.pixel
    if pixel is None:
        raise PixelsAbsent(
            "The instance has no pixel data.", remedy="Fetch the instance or its metadata instead."
        )
    data = whole_file(header, file)
    size = len(data)
    if pixel.length != UNDEFINED:
        end = pixel.offset + pixel.length
        return Pixels(data, pixel.offset, min(end, size) - pixel.offset, min(end, size))
    order = ">" if header.coding.big_endian else "<"
    head = Struct(order + "HHL") if header.coding.big_endian else _ITEM_HEAD
    fragments: list[tuple[int, int]] = []
    at = pixel.offset
    while at + 8 <= size:
        group, element, length = head.unpack_from(data, at)
        tag = group << 16 | element
        at += 8
        if tag == SEQUENCE_END:
            break
        if tag != ITEM or len(fragments) > FRAMES_MAX:
            raise PixelsBroken(
                "The fragments of the pixel data are damaged.",
                field="PixelData",
                remedy="Ask the sender for the whole instance.",
            )
        fragments.append((at, length))
        at += length
    if not fragments:
        raise PixelsBroken(
            "The pixel data has no fragments.",
            field="PixelData",
            remedy="Ask the sender for the whole instance.",
        )
    table_at, table_size = fragments[0]
    count = min(table_size, size - table_at) // 4
    table = unpack_from(f"{order}{count}L", data, table_at)
    value_end = min(at, size)
    return Pixels(data, pixel.offset, value_end - pixel.offset, value_end, table, fragments[1:])


def _native(header: Header, values: Values, pixels: Pixels, count: int) -> FrameTable:
    rows = _number(header, values, 0x00280010)
    columns = _number(header, values, 0x00280011)
    samples = _number(header, values, 0x00280002) or 1
    bits = _number(header, values, 0x00280100)
    if not (rows and columns and bits):
        raise PixelsBroken(
            "Rows, columns or bits allocated are missing.",
            field="Rows",
            remedy="Ask the sender for a whole instance.",
        )
    frame_bits = rows * columns * samples * bits
    photometric = header.elements.get(0x00280004)
    if (
        photometric is not None
        and samples == 3
        and (values.json(0x00280004, photometric).get("Value") == ["YBR_FULL_422"])
    ):
        frame_bits = frame_bits // 3 * 2  # two luminances share their colour (PS3.3 § C.7.6.3.1.2)
    stated = header.pixel.length if header.pixel else 0
    if frame_bits * count > stated * 8:
        raise PixelsBroken(
            "The pixel data is shorter than its frames.",
            field="NumberOfFrames",
            remedy="Ask the sender for the whole instance.",
        )
    swap = 0
    if header.coding.big_endian and header.pixel and header.pixel.vr != "OB":
        swap = max(bits // 8, 2)  # of OW the unit is 16 bits, however small the samples
    return FrameTable(
        header.transfer_syntax_uid,
        count,
        offset=pixels.offset,
        frame_bits=frame_bits,
        swap=swap,
        inflate=is_deflated(header.transfer_syntax_uid),
    )


def _firsts(header: Header, pixels: Pixels, count: int) -> list[int]:
    """For each frame the number of its first fragment."""
    fragments = pixels.fragments or []
    extended = header.elements.get(0x7FE00001)
    offsets: tuple[int, ...] = pixels.table
    if extended is not None and extended.length >= 8 * count:
        order = ">" if header.coding.big_endian else "<"
        offsets = unpack_from(f"{order}{count}Q", header.data, extended.offset)
    if len(offsets) == count and fragments:
        # Offsets count from the first item behind the table, and point to the heads of items.
        base = fragments[0][0]
        numbers = {at - base: index for index, (at, _) in enumerate(fragments)}
        firsts = [numbers.get(offset, -1) for offset in offsets]
        if firsts[0] == 0 and all(a < b for a, b in pairwise(firsts)):
            return firsts
    # No table, or a wrong one, of which there are many: count.
    if count == 1 and fragments:
        return [0]
    if len(fragments) == count:
        return list(range(count))
    starts = [
        index
        for index, (at, _) in enumerate(fragments)
        if bytes(pixels.data[at : at + 6]).startswith(_CODE_STREAM_STARTS)
    ]
    if len(starts) == count and starts[0] == 0:
        return starts
    raise PixelsBroken(
        f"There are {len(fragments)} fragments for {count} frames, and no table tells them apart.",
        field="NumberOfFrames",
        remedy="Ask the sender for a Basic Offset Table.",
    )


def _number(header: Header, values: Values, tag: int) -> int:
    """A count that the header states; 0 where it is missing or none."""
    element = header.elements.get(tag)
    if element is None:
        return 0
    found = values.json(tag, element).get("Value")
    return found[0] if found and isinstance(found[0], int) and found[0] > 0 else 0


def swapped(values: bytes, size: int) -> bytes:
    """Values of ``size`` bytes in the other byte order; a last one that is cut stays as it is."""
    turned = bytearray(values)
    whole = len(values) - len(values) % size
    for index in range(size):
        turned[index:whole:size] = values[size - 1 - index : whole : size]
    return bytes(turned)


def _cut(found: bytes, skip: int, table: FrameTable) -> bytes:
    """The bits of a frame, out of bytes in which it may begin and end anywhere.

    Frames of single bits are packed without padding between them (PS3.5 § 8.1.1).
    """
    if skip % 8 == 0 and table.frame_bits % 8 == 0:
        size = table.frame_bits // 8
        return found if len(found) == size else found[skip // 8 : skip // 8 + size]
    bits = int.from_bytes(found, "little") >> skip & (1 << table.frame_bits) - 1
    return bits.to_bytes((table.frame_bits + 7) // 8, "little")
