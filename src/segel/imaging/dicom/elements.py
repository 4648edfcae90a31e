"""Where the elements of a data set lie: tag to VR, offset, length. Values are left where they are.

Every stored file passes here once, so the walk reads eight bytes an element and copies nothing:

    explicit VR   | group | element | VR | length (2)       | value    (PS3.5 § 7.1.2)
                  | group | element | VR | 0 | length (4)   | value    (OB, SQ, UN, UT ...)
    implicit VR   | group | element | length (4)            | value    (PS3.5 § 7.1.3)

Real devices switch to implicit VR inside sequences, and sometimes for the whole data set whatever
the transfer syntax says. The two VR bytes tell: in implicit VR they are the low half of a length,
and are two capital letters only where the first element is over 16 KiB long.
"""

from collections.abc import Container
from struct import Struct
from typing import Final, NamedTuple, TypeAlias

import msgspec

from segel.imaging.dicom.dictionary import keyword, public_vr
from segel.imaging.dicom.errors import HeaderBroken, LimitExceeded

Buffer: TypeAlias = bytes | bytearray | memoryview

ELEMENTS_MAX: Final = 500_000
"""Elements and items in one data set, a bound on memory. The largest enhanced multi-frame headers
hold about a fifth of it."""

DEPTH_MAX: Final = 32
"""Sequences in sequences. Structured reports of the standard's templates nest about ten deep."""

UNDEFINED: Final = 0xFFFFFFFF
ITEM: Final = 0xFFFEE000
ITEM_END: Final = 0xFFFEE00D
SEQUENCE_END: Final = 0xFFFEE0DD

PIXEL_TAGS: Final = frozenset((0x7FE00008, 0x7FE00009, 0x7FE00010))
"""Float, double float and integer pixel data: where a header ends."""


class Element(msgspec.Struct, frozen=True, gc=False):
    """One element: ``vr`` ('' in implicit VR), ``offset`` and ``length`` of the value in bytes.

    Of an undefined length, ``length`` counts up to the delimiter and leaves it out. ``items`` are
    the data sets of a sequence, None where there are none to tell from the VR.
    """

    vr: str
    offset: int
    length: int
    items: "list[dict[int, Element]] | None" = None


Elements: TypeAlias = dict[int, Element]
"""A data set: tag to element, in file order. Of a repeated tag the last stands, as in pydicom."""


class Coding(NamedTuple):
    """How a data set is encoded (PS3.5 Annex A)."""

    explicit: bool
    big_endian: bool = False


class Stretch(NamedTuple):
    """Elements, the offset where the walk stopped, and the tag it stopped at (0: at the end)."""

    elements: Elements
    end: int
    tag: int


_SEND_AGAIN: Final = "Check the file with its sender and send it again."
_SHORT: Final = {
    bytes(vr, "ascii"): vr
    for vr in (
        *("AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO"),
        *("LT", "PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US"),
    )
}
_LONG: Final = {
    bytes(vr, "ascii"): vr
    for vr in ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
}
_EXPLICIT: Final = {False: Struct("<HH2sH").unpack_from, True: Struct(">HH2sH").unpack_from}
_IMPLICIT: Final = {False: Struct("<HHL").unpack_from, True: Struct(">HHL").unpack_from}
_LENGTH: Final = {False: Struct("<L").unpack_from, True: Struct(">L").unpack_from}

# Containers of tags that end a walk. A range of integers answers `in` without a Python call.
_AFTER_META: Final = range(0x00030000, 1 << 32)
_AFTER_HEADER: Final = PIXEL_TAGS | {ITEM_END, SEQUENCE_END}
_AFTER_ITEM: Final = frozenset((ITEM_END, SEQUENCE_END))


def _cut(tag: int) -> HeaderBroken:
    return HeaderBroken(
        "The element is longer than what is left of the file or item.",
        field=keyword(tag),
        remedy=_SEND_AGAIN,
    )


class Walk:
    """One walk over one buffer, counting what it has seen against ``ELEMENTS_MAX``.

    Its methods raise HeaderBroken and LimitExceeded.
    """

    __slots__ = ("_file", "_left")

    def __init__(self, file: Buffer) -> None:
        self._file = file
        self._left = ELEMENTS_MAX

    def meta(self, at: int, end: int) -> Stretch:
        """The file meta elements, group 0002, always explicit little endian (PS3.10 § 7.1)."""
        return self._read(at, end, Coding(explicit=True), 0, _AFTER_META)

    def header(self, at: int, end: int, coding: Coding) -> Stretch:
        """The top-level elements up to the pixel data."""
        return self._read(at, end, self.really(at, end, coding), 0, _AFTER_HEADER)

    def rest(self, at: int, end: int, coding: Coding) -> Stretch:
        """The top-level elements behind the pixel data."""
        return self._read(at, end, coding, 0, _AFTER_ITEM)

    def sequence(self, element: Element, coding: Coding, depth: int) -> list[Elements]:
        """The data sets of a defined-length sequence whose VR only a dictionary could tell."""
        return self._items(element.offset, element.offset + element.length, coding, depth)[0]

    def really(self, at: int, end: int, coding: Coding) -> Coding:
        """``coding``, or the other kind of VR where the first element shows it."""
        if at + 8 > end:
            return coding
        vr = bytes(self._file[at + 4 : at + 6])
        explicit = vr.isalpha() and vr.isupper()
        return coding if explicit == coding.explicit else Coding(explicit, coding.big_endian)

    def _read(self, at: int, end: int, coding: Coding, depth: int, stop: Container[int]) -> Stretch:
        file = self._file
        elements: Elements = {}
        explicit, big_endian = coding
        head = (_EXPLICIT if explicit else _IMPLICIT)[big_endian]
        long_length = _LENGTH[big_endian]
        short_vr, long_vr = _SHORT.get, _LONG.get
        count = 0
        for count in range(self._left + 1):  # noqa: B007 - what is used up is counted at the end
            if at + 8 > end:
                # A few stray bytes behind the last element are common; inside an item they are not.
                if depth and at != end:
                    raise _cut(ITEM)
                tag, at = 0, end
                break
            if explicit:
                group, number, raw_vr, length = head(file, at)
                tag = group << 16 | number
                if tag in stop:
                    break
                vr = short_vr(raw_vr)
                if vr is None:
                    vr = long_vr(raw_vr)
                    if vr is not None:
                        at += 4
                        if at + 8 > end:
                            raise _cut(tag)
                        (length,) = long_length(file, at + 4)
                    elif raw_vr.isalpha() and raw_vr.isupper():
                        vr = "UN"  # a VR that is not of this edition; its length is short
                    else:
                        vr = ""
                        (length,) = long_length(file, at + 4)
            else:
                group, number, length = head(file, at)
                tag = group << 16 | number
                if tag in stop:
                    break
                vr = ""
            at += 8
            if length == UNDEFINED or vr == "SQ" or (vr in _UNTOLD and public_vr(tag) == "SQ"):
                elements[tag], at = self._nested(tag, vr, at, length, end, coding, depth)
            else:
                elements[tag] = Element(vr, at, length)
                at += length
                if at > end:
                    raise _cut(tag)
        else:
            raise LimitExceeded(
                f"The header has more than {ELEMENTS_MAX} elements.",
                remedy="Split the instance, or store it where such headers are read.",
            )
        self._spend(count)
        return Stretch(elements, at, tag)

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise LimitExceeded(
                f"The header has more than {ELEMENTS_MAX} elements and items.",
                remedy="Split the instance, or store it where such headers are read.",
            )

    def _nested(
        self, tag: int, vr: str, at: int, length: int, end: int, coding: Coding, depth: int
    ) -> tuple[Element, int]:
        """A sequence, or a value of undefined length, and the offset behind it."""
        if length != UNDEFINED:
            if at + length > end:
                raise _cut(tag)
            try:
                items = self._items(at, at + length, coding, depth + 1)[0]
            except LimitExceeded:
                raise
            except HeaderBroken:
                if vr != "UN":
                    raise
                items = None  # nobody said that it was a sequence
            return Element(vr, at, length, items), at + length
        if at + 8 > end:
            raise _cut(tag)
        is_sequence = vr in ("SQ", "UN") or (not vr and public_vr(tag) in ("SQ", ""))
        if is_sequence:
            items, inside, after = self._items(at, end, coding, depth + 1)
            if inside == after:
                raise _cut(tag)
            return Element("SQ" if vr == "UN" else vr, at, inside - at, items), after
        inside = self._fragments(at, end, coding)
        return Element(vr, at, inside - at), inside + 8

    def _items(
        self, at: int, end: int, coding: Coding, depth: int
    ) -> tuple[list[Elements], int, int]:
        """Data sets from ``at``; the offset of the delimiter (or ``end``) and the one behind it."""
        if depth > DEPTH_MAX:
            raise LimitExceeded(
                f"Sequences are nested more than {DEPTH_MAX} deep.",
                remedy="Flatten the sequences.",
            )
        items: list[Elements] = []
        head = _IMPLICIT[coding.big_endian]
        while at + 8 <= end:
            group, number, length = head(self._file, at)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return items, at, at + 8
            if tag != ITEM:
                raise HeaderBroken(
                    "A sequence holds something else than items.", remedy=_SEND_AGAIN
                )
            self._spend(1)
            at += 8
            inner = self.really(at, end, coding) if coding.explicit else coding
            if length == UNDEFINED:
                stretch = self._read(at, end, inner, depth, _AFTER_ITEM)
                # An item without its own end, closed by the end of its sequence, is let through.
                at = stretch.end + 8 if stretch.tag == ITEM_END else stretch.end
            else:
                if at + length > end:
                    raise _cut(ITEM)
                stretch = self._read(at, at + length, inner, depth, _AFTER_ITEM)
                at += length
            items.append(stretch.elements)
        return items, end, end

    def _fragments(self, at: int, end: int, coding: Coding) -> int:
        """The offset of the delimiter that ends the fragments at ``at`` (PS3.5 § A.4)."""
        head = _IMPLICIT[coding.big_endian]
        while at + 8 <= end:
            group, number, length = head(self._file, at)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return at
            if tag != ITEM:
                break
            self._spend(1)
            at += 8 + length
        raise HeaderBroken("A value of undefined length has no end.", remedy=_SEND_AGAIN)


_UNTOLD: Final = frozenset(("", "UN"))
