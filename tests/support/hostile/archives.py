"""Bombs, nests, traversals, links, devices, lies about lengths."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from functools import partial

import zstandard

from segel.leaks.intake.reasons import Reason
from support.hostile.model import Collected

MIB = 1024 * 1024
ZEROS = bytes(MIB)
ROWS = b"NIK,NAMA\n" + b"9701010107900004,BUDI\n" * 20

hostile = Collected()


def zipped(members: dict[str, bytes], *, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar of these."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for info, content in members:
            if info.isreg():
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return made.getvalue()


def info(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """A member's header."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


def number(value: int) -> bytes:
    """7z's own way to write a number."""
    for count in range(8):
        if value < 1 << (7 * (count + 1)):
            first = (0xFF << (8 - count)) & 0xFF | value >> (8 * count)
            return bytes([first]) + (value & ((1 << (8 * count)) - 1)).to_bytes(count, "little")
    return b"\xff" + value.to_bytes(8, "little")


def sevenzip(name: str, content: bytes, *, claimed: int | None = None) -> bytes:
    """A 7z archive of one member, in one LZMA2 stream."""
    packed = lzma.compress(
        content, lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": MIB}]
    )
    words = (name + "\0").encode("utf-16-le")
    header = b"".join((
        b"\x01\x04\x06", number(0), number(1), b"\x09", number(len(packed)), b"\x00",
        b"\x07\x0b\x01\x00\x01\x21\x21\x01\x10",
        b"\x0c", number(len(content) if claimed is None else claimed), b"\x00", b"\x08\x00\x00",
        b"\x05\x01\x11", number(len(words) + 1), b"\x00", words, b"\x00\x00",
    ))  # fmt: skip
    start = struct.pack("<QQI", len(packed), len(header), zlib.crc32(header))
    magic = b"7z\xbc\xaf\x27\x1c\x00\x04"
    return magic + struct.pack("<I", zlib.crc32(start)) + start + packed + header


def patched(data: bytes, at: int, value: bytes) -> bytes:
    """The same with these bytes there."""
    return data[:at] + value + data[at + len(value) :]


def encrypted(name: str, content: bytes, password: bytes) -> bytes:
    """A zip of one member under the old encryption (APPNOTE 6.1)."""
    keys = [0x12345678, 0x23456789, 0x34567890]

    def crc(old: int, byte: int) -> int:
        return zlib.crc32(bytes([byte]), old ^ 0xFFFFFFFF) ^ 0xFFFFFFFF

    def turn(byte: int) -> None:
        keys[0] = crc(keys[0], byte)
        keys[1] = ((keys[1] + (keys[0] & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        keys[2] = crc(keys[2], keys[1] >> 24)

    def hidden(byte: int) -> int:
        low = keys[2] | 2
        mask = ((low * (low ^ 1)) >> 8) & 0xFF
        turn(byte)
        return byte ^ mask

    made = zipped({name: content}, how=zipfile.ZIP_STORED)
    for byte in password:
        turn(byte)
    check = zlib.crc32(content) >> 24
    body = bytes(map(hidden, bytes(11) + bytes([check]) + content))
    at = made.index(b"PK\x01\x02")
    head = patched(made[: 30 + len(name)], 6, b"\x01\x00")
    head = patched(head, 18, struct.pack("<I", len(body)))
    entry = patched(made[at:], 8, b"\x01\x00")
    entry = patched(entry, 20, struct.pack("<I", len(body)))
    end = entry.index(b"PK\x05\x06") + 16
    return head + body + patched(entry, end, struct.pack("<I", len(head) + len(body)))


# --- bombs


@hostile("bomb.zip", Reason.RATIO)
def _() -> bytes:
    made = io.BytesIO()
    with (
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("rows.csv", "w") as member,
    ):
        for _ in range(200):
            member.write(ZEROS)
    return made.getvalue()


@hostile("overlapping.zip")
def _() -> bytes:
    """A hundred names for the same bytes (D. Fifield, A better zip bomb, 2019)."""
    one = zipped({"0.txt": ZEROS})
    at = one.index(b"PK\x01\x02")
    entry, end = one[at : one.index(b"PK\x05\x06")], one[one.index(b"PK\x05\x06") :]
    end = patched(end, 8, struct.pack("<HHI", 100, 100, len(entry) * 100))
    return one[:at] + entry * 100 + end


@hostile("nested.zip", Reason.DEPTH)
def _() -> bytes:
    made = ROWS
    for level in range(20):
        made = zipped({f"{level}.zip" if level else "rows.csv": made})
    return made


@hostile("wide.zip", Reason.RATIO)
def _() -> bytes:
    inner = zipped({"zeros": ZEROS * 16})
    return zipped({f"{number}.zip": inner for number in range(16)})


@hostile("many.zip", Reason.MEMBERS)
def _() -> bytes:
    return zipped({f"{number}.txt": b"" for number in range(5_000)}, how=zipfile.ZIP_STORED)


hostile("bomb.csv.gz", Reason.RATIO)(partial(gzip.compress, ZEROS * 64))
hostile("bomb.csv.bz2", Reason.RATIO)(partial(bz2.compress, ZEROS * 64))
hostile("bomb.csv.xz", Reason.RATIO)(partial(lzma.compress, ZEROS * 64))
hostile("bomb.csv.zst", Reason.RATIO)(partial(zstandard.compress, ZEROS * 64))


@hostile("bomb.7z", Reason.RATIO)
def _() -> bytes:
    return sevenzip("rows.csv", ZEROS * 64)


@hostile("nested.gz", Reason.DEPTH)
def _() -> bytes:
    made = ROWS
    for _ in range(30):
        made = gzip.compress(made)
    return made


@hostile("mixed.tgz", Reason.DEPTH)
def _() -> bytes:
    made = ROWS
    for level in range(6):
        made = tarred((info(f"{level}.zip"), zipped({f"{level}.tgz": made})))
        made = gzip.compress(made)
    return made


# --- names that lead out, links, devices


for _name in (
    "../../../../etc/cron.d/x", "/etc/passwd", "C:\\Windows\\System32\\x.csv", "..\\..\\x.csv",
    "a/" * 3_000 + "x.csv", "x\u202evsc.exe", "$(reboot).csv", "-rf.csv", "CON", "~root/.ssh/id",
):  # fmt: skip
    _reasons = (Reason.OUTSIDE,) if ".." in _name or _name[0] == "/" or ":" in _name else ()
    hostile(f"name-{len(hostile.files)}.zip", *_reasons)(partial(zipped, {_name: ROWS}))
    hostile(f"name-{len(hostile.files)}.tar", *_reasons)(partial(tarred, (info(_name), ROWS)))


@hostile("traversal.7z", Reason.OUTSIDE)
def _() -> bytes:
    return sevenzip("../../etc/cron.d/x", ROWS)


@hostile("symlink.zip", Reason.SPECIAL)
def _() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/shadow")
    return made.getvalue()


for _kind, _named in (
    (tarfile.SYMTYPE, "symlink"), (tarfile.LNKTYPE, "hardlink"), (tarfile.CHRTYPE, "device"),
    (tarfile.BLKTYPE, "disk"), (tarfile.FIFOTYPE, "pipe"),
):  # fmt: skip
    hostile(f"{_named}.tar", Reason.SPECIAL)(
        partial(tarred, (info("x", _kind, "/etc/shadow"), b""), (info("y.csv"), ROWS))
    )


# --- lies


@hostile("claims-terabytes.zip")
def _() -> bytes:
    made = zipped({"x.csv": ROWS}, how=zipfile.ZIP_STORED)
    at = made.index(b"PK\x01\x02") + 20
    return patched(made, at, struct.pack("<II", 0xFFFFFFFE, 0xFFFFFFFE))


@hostile("claims-terabytes.tar")
def _() -> bytes:
    member = info("x.csv")
    member.size = 1 << 42
    return member.tobuf(tarfile.GNU_FORMAT) + ROWS.ljust(1024, b"\0")


@hostile("negative.tar")
def _() -> bytes:
    header = bytearray(info("x.csv").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = b"\xff" * 12
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + bytes(1024)


@hostile("sparse.tar")
def _() -> bytes:
    member = info("x.csv")
    member.pax_headers = {
        "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(1 << 42),
        "GNU.sparse.map": f"0,{1 << 41},{1 << 41},{1 << 41}", "GNU.sparse.numblocks": "2",
    }  # fmt: skip
    return member.tobuf(tarfile.PAX_FORMAT) + bytes(1024)


@hostile("long-pax.tar")
def _() -> bytes:
    member = info("x.csv")
    member.pax_headers = {"comment": "x" * (8 * MIB), "path": "../" * 50_000}
    return member.tobuf(tarfile.PAX_FORMAT) + bytes(1024)


@hostile("many.tar", Reason.MEMBERS)
def _() -> bytes:
    return tarred(*((info(f"{number}"), b"") for number in range(3_000)))


@hostile("claims.7z")
def _() -> bytes:
    return sevenzip("x.csv", ROWS, claimed=1 << 50)


@hostile("header-elsewhere.7z")
def _() -> bytes:
    return patched(sevenzip("x.csv", ROWS), 12, struct.pack("<Q", 1 << 60))


@hostile("wrong-sum.zip", Reason.BROKEN)
def _() -> bytes:
    made = zipped({"x.csv": ROWS}, how=zipfile.ZIP_STORED)
    return made.replace(ROWS[:20], ROWS[:18] + b"XX", 1)


@hostile("encrypted.zip", Reason.ENCRYPTED)
def _() -> bytes:
    made = zipped({"x.csv": ROWS}, how=zipfile.ZIP_STORED)
    return patched(made, made.index(b"PK\x01\x02") + 8, b"\x01\x00")


@hostile("unknown-method.zip", Reason.UNSUPPORTED)
def _() -> bytes:
    made = zipped({"x.csv": ROWS}, how=zipfile.ZIP_STORED)
    made = patched(made, 8, b"\x61\x00")
    return patched(made, made.index(b"PK\x01\x02") + 10, b"\x61\x00")


@hostile("directory-elsewhere.zip")
def _() -> bytes:
    made = zipped({"x.csv": ROWS})
    return patched(made, made.index(b"PK\x05\x06") + 16, b"\xff\xff\xff\x7f")


@hostile("same-name.zip")
def _() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for _ in range(3):
            info_ = zipfile.ZipInfo("x.csv")
            archive.writestr(info_, ROWS)
    return made.getvalue()


for _name, _whole in (
    ("truncated.zip", lambda: zipped({"x.csv": ROWS * 99})[:-40]),
    ("truncated.tar", lambda: tarred((info("x.csv"), ROWS * 999))[:3000]),
    ("truncated.gz", lambda: gzip.compress(ROWS * 2999)[:-200]),
    ("truncated.bz2", lambda: bz2.compress(ROWS * 2999)[:-100]),
    ("truncated.xz", lambda: lzma.compress(ROWS * 2999)[:-60]),
    ("truncated.7z", lambda: sevenzip("x.csv", ROWS * 999)[:-30]),
):
    hostile(_name)(_whole)
hostile.plain("header-only.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03")
hostile.plain("long-name.gz", b"\x1f\x8b\x08\x08\x00\x00\x00\x00\x00\x03" + b"A" * MIB)
hostile.plain("window.zst", b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(64), Reason.CLAIMS)
hostile.plain("skippable.zst", (b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd") * 10_000)
hostile.plain("garbage.rar", b"Rar!\x1a\x07\x01\x00" + bytes(range(256)) * 8)
hostile.plain("garbage.cab", b"MSCF" + bytes(range(256)) * 8)


@hostile("behind.gz", Reason.POLYGLOT)
def _() -> bytes:
    return gzip.compress(ROWS) + b"MZ" + bytes(range(256)) * 20


@hostile("picture.jpg.zip", Reason.POLYGLOT)
def _() -> bytes:
    from support.hostile.pictures import jpeg

    return jpeg() + zipped({"x.csv": ROWS})


FILES = tuple(hostile.files)
