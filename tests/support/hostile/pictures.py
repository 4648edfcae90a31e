# ruff: noqa: E501 - bytes are plainer in one line
"""Pictures and DICOM whose headers claim terabytes, end early, or go in circles."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from segel.leaks.intake.reasons import Reason
from support.hostile.archives import ZEROS, patched
from support.hostile.model import Collected

hostile = Collected()


def picture(kind: str, side: int = 64, **more: object) -> bytes:
    """A picture of noise."""
    made = io.BytesIO()
    noise = np.random.default_rng(7).integers(0, 255, (side, side), dtype=np.uint8)
    Image.fromarray(noise).save(made, kind, **more)
    return made.getvalue()


def jpeg() -> bytes:
    """A JPEG."""
    return picture("JPEG")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG, with its sum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, data: bytes = b"") -> bytes:
    """A PNG that says that it has this size."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    end = chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + end


hostile.plain("claims.png", png(400_000, 400_000), Reason.PIXELS)
hostile.plain("claims-all.png", png(0x7FFFFFFF, 0x7FFFFFFF), Reason.PIXELS)
hostile.plain("nothing.png", png(0, 0))
hostile.plain("no-data.png", png(500, 500, data=zlib.compress(b"")))
hostile.plain("too-much-data.png", png(8, 8, data=zlib.compress(ZEROS * 60)))
hostile.plain("profile-bomb.png", png(8, 8, chunk(b"iCCP", b"x\0\0" + zlib.compress(ZEROS * 60))))
hostile.plain("text-bomb.png", png(8, 8, chunk(b"zTXt", b"x\0\0" + zlib.compress(ZEROS * 60))))
hostile.plain("chunk-length.png", patched(png(8, 8), 33, b"\x7f\xff\xff\xff"))
hostile.plain("wrong-sum.png", patched(png(8, 8), 29, b"\0\0\0\0"))
hostile.plain("frames.png", png(8, 8, chunk(b"acTL", struct.pack(">II", 0x7FFFFFFF, 0))))
hostile.plain("program-behind.png", png(8, 8) + b"MZ" + bytes(4096))


@hostile("truncated.png")
def _() -> bytes:
    return picture("PNG")[:-900]


@hostile("claims.jpg", Reason.PIXELS)
def _() -> bytes:
    made = picture("JPEG")
    return patched(made, made.index(b"\xff\xc0") + 5, b"\xff\xfd\xff\xfd")


@hostile("truncated.jpg")
def _() -> bytes:
    return picture("JPEG")[:700]


@hostile("no-tables.jpg")
def _() -> bytes:
    return picture("JPEG").replace(b"\xff\xc4", b"\xff\xfe")


@hostile("scans.jpg")
def _() -> bytes:
    made = picture("JPEG", progressive=True)
    scan = made[made.index(b"\xff\xda") : -2]
    return made[:-2] + scan * 200 + made[-2:]


hostile.plain("markers.jpg", b"\xff\xd8" + b"\xff\xe1\xff\xff" * 20_000)


def tiff(*entries: tuple[int, int, int, int], after: int = 0, data: bytes = b"") -> bytes:
    """A TIFF with one directory: tag, type, count, value."""
    body = b"".join(struct.pack("<HHII", *entry) for entry in sorted(entries))
    return (
        b"II*\x00\x08\x00\x00\x00"
        + struct.pack("<H", len(entries))
        + body
        + struct.pack("<I", after)
        + data
    )


_TINY = ((256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
         (273, 4, 1, 200), (277, 3, 1, 1), (278, 4, 1, 8), (279, 4, 1, 64))  # fmt: skip
hostile.plain("loop.tif", tiff(*_TINY, after=8, data=bytes(400)))
hostile.plain("claims.tif", tiff((256, 4, 1, 1 << 31), (257, 4, 1, 1 << 31), *_TINY[2:]))
hostile.plain("strips.tif", tiff(*_TINY[:5], (273, 4, 1 << 31, 8), (279, 4, 1 << 31, 8)))
hostile.plain("strip-elsewhere.tif", tiff(*_TINY[:5], (273, 4, 1, 0xFFFFFFF0), *_TINY[6:]))
hostile.plain("no-entries.tif", b"II*\x00\xff\xff\xff\xff")
hostile.plain("zero-bits.tif", tiff(*_TINY[:2], (258, 3, 1, 0), *_TINY[3:], data=bytes(400)))
hostile.plain(
    "compressed.tif",
    tiff(*_TINY[:3], (259, 3, 1, 8), *_TINY[4:], data=bytes(80) + zlib.compress(ZEROS * 9)),
)

_BMP = struct.Struct("<2sIHHIIiiHHIIiiII")
for _name, _width, _height, _reasons in (
    ("claims.bmp", 2**31 - 1, 2**31 - 1, (Reason.PIXELS,)), ("upside-down.bmp", 30_000, -30_000, (Reason.PIXELS,)),
    ("negative.bmp", -5, 5, ()), ("nothing.bmp", 0, 0, ()),
):  # fmt: skip
    hostile.plain(
        _name,
        _BMP.pack(b"BM", 100, 0, 0, 54, 40, _width, _height, 1, 24, 0, 0, 0, 0, 0, 0) + bytes(300),
        *_reasons,
    )
hostile.plain(
    "packed.bmp",
    _BMP.pack(b"BM", 100, 0, 0, 54, 40, 2000, 2000, 1, 8, 1, 0, 0, 0, 0, 0)
    + b"\x00\x02\xff\xff" * 999,
)

hostile.plain(
    "claims.gif",
    b"GIF89a\xff\xff\xff\xff\x80\x00\x00"
    + bytes(6)
    + b",\0\0\0\0\xff\xff\xff\xff\0\x08\x01\x00\x3b",
    Reason.PIXELS,
)
hostile.plain("truncated.gif", b"GIF89a\x08\x00\x08\x00\x80\x00\x00" + bytes(6) + b",\0\0\0\0")


@hostile("frames.gif", Reason.FRAMES)
def _() -> bytes:
    made = io.BytesIO()
    frames = [Image.new("L", (8, 8), number) for number in range(200)]
    frames[0].save(made, "GIF", save_all=True, append_images=frames[1:])
    return made.getvalue()


@hostile("claims.webp")
def _() -> bytes:
    made = picture("WEBP", lossless=True)
    return patched(made, 21, b"\xff\xff\xff\x0f")


@hostile("truncated.webp")
def _() -> bytes:
    return picture("WEBP")[:900]


# --- DICOM


def element(group: int, number: int, vr: bytes, value: bytes) -> bytes:
    """A data element, explicit, little-endian (PS3.5 § 7.1.2)."""
    head = struct.pack("<HH2s", group, number, vr)
    if vr in (b"OB", b"OW", b"SQ", b"UN"):
        return head + struct.pack("<HI", 0, len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def dicom(
    *elements: bytes,
    rows: int = 8,
    columns: int = 8,
    pixels: bytes = bytes(64),
    syntax: bytes = b"1.2.840.10008.1.2.1\x00",
) -> bytes:
    """An instance with these elements before its pixels."""
    meta = element(2, 0x10, b"UI", syntax)
    meta = element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta
    body = b"".join((
        element(8, 0x18, b"UI", b"2.25.1\x00\x00"[:6]), element(8, 0x60, b"CS", b"CR"),
        element(0x10, 0x10, b"PN", b"BUDI^X"), element(0x10, 0x20, b"LO", b"RM1234"), *elements,
        element(0x28, 2, b"US", b"\1\0"), element(0x28, 4, b"CS", b"MONOCHROME2 "),
        element(0x28, 0x10, b"US", struct.pack("<H", rows)),
        element(0x28, 0x11, b"US", struct.pack("<H", columns)),
        element(0x28, 0x100, b"US", b"\x08\0"), element(0x28, 0x101, b"US", b"\x08\0"),
        element(0x28, 0x102, b"US", b"\x07\0"), element(0x28, 0x103, b"US", b"\0\0"),
    ))  # fmt: skip
    return bytes(128) + b"DICM" + meta + body + pixels


def own(data: bytes) -> bytes:
    """Pixel data of these bytes."""
    return element(0x7FE0, 0x10, b"OW", data)


hostile.plain(
    "claims.dcm", dicom(rows=65_535, columns=65_535, pixels=own(bytes(64))), Reason.PIXELS
)
hostile.plain("frames.dcm", dicom(element(0x28, 8, b"IS", b"2147483647"), pixels=own(bytes(64))))
hostile.plain(
    "too-short.dcm", dicom(rows=500, columns=500, pixels=own(bytes(64))), Reason.NO_PIXELS
)
hostile.plain(
    "pixel-length.dcm", dicom(pixels=own(bytes(64))[:8] + b"\xf0\xff\xff\xff" + bytes(64))
)
hostile.plain("truncated.dcm", dicom(pixels=own(bytes(64)))[:200])
hostile.plain("length.dcm", dicom(b"\x09\x00\x10\x00UN\x00\x00\xfe\xff\xff\xff" + bytes(50)))
hostile.plain(
    "sequences.dcm",
    dicom(b"\x40\x00\x75\x02SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 9_000),
)
hostile.plain("garbage-jpeg.dcm", dicom(
    syntax=b"1.2.840.10008.1.2.4.50", pixels=b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
    b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x40\x00\x00\x00" + b"\xff\xd8\xff\xc0" * 16
    + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"), Reason.NO_PIXELS)  # fmt: skip
hostile.plain("garbage-jpeg2000.dcm", dicom(
    syntax=b"1.2.840.10008.1.2.4.90", pixels=b"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff"
    b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x40\x00\x00\x00" + b"\xff\x4f\xff\x51" * 16
    + b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"), Reason.NO_PIXELS)  # fmt: skip
hostile.plain(
    "deflated-bomb.dcm",
    dicom(syntax=b"1.2.840.10008.1.2.1.99")[:164] + zlib.compress(ZEROS * 200)[2:],
)
hostile.plain("program.dcm", b"\x7fELF" + dicom(pixels=own(bytes(64)))[4:], Reason.POLYGLOT)
hostile.plain(
    "script.dcm",
    dicom(element(0x10, 0x30, b"DA", b"<script>alert(1)</script> "), pixels=own(bytes(64))),
)
hostile.plain("no-syntax.dcm", dicom(syntax=b"9.9.9.9\x00", pixels=own(bytes(64))))

FILES = tuple(hostile.files)
