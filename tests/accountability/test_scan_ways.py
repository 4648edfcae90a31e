"""A thief finds a term however it is written, encoded and packed, wherever it stands."""

import base64
import bz2
import gzip
import io
import lzma
import random
import tempfile
import urllib.parse
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.accountability.scan_copy import Limits, ScanReport, parse_terms, scan_copy

SMALL = Limits(window_bytes=16 * 1024, overlap_bytes=4 * 1024, part_bytes=48 * 1024)
NAME, NIK, DAY, NIKS_INT = "SITI AMINAH", "3174014407850001", "20210704", 3174014407850001

Change = Callable[[bytes], bytes]

WRITINGS: dict[str, tuple[str, bytes, str]] = {
    "as given": (NAME, b"SITI AMINAH", "plain"),
    "small": (NAME, b"siti aminah", "plain"),
    "mixed": (NAME, b"Siti Aminah", "plain"),
    "DICOM": (NAME, b"SITI^AMINAH", "plain"),
    "plus": (NAME, b"Siti+Aminah", "plain"),
    "utf-16-le": (NAME, "Siti Aminah".encode("utf-16-le"), "utf-16-le"),
    "utf-16-be": (NAME, "SITI^AMINAH".encode("utf-16-be"), "utf-16-be"),
    "number": (NIK, NIK.encode(), "plain"),
    "number backwards": (NIK, NIK[::-1].encode(), "reversed digits"),
    "number in utf-16": (NIK, NIK.encode("utf-16-le"), "utf-16-le"),
    "int64": (NIK, NIKS_INT.to_bytes(8, "little"), "int64 little-endian"),
    "packed": (NIK, bytes.fromhex(NIK), "packed decimal"),
    "day": (DAY, b"20210704", "plain"),
    "ISO day": (DAY, b"2021-07-04", "plain"),
    "Indonesian day": (DAY, b"04/07/2021", "plain"),
    "dashed day": (DAY, b"04-07-2021", "plain"),
    "day backwards": (DAY, b"40701202", "reversed digits"),
    "accents": ("José Núñez", "JOSÉ NÚÑEZ".encode(), "plain"),
    "accents in latin-1": ("José Núñez", "José^Núñez".encode("latin-1"), "latin-1"),
    "three writings": ("Yamada^Tarou=山田^太郎", "山田^太郎".encode("iso2022_jp"), "iso2022_jp"),
    "JSON escapes": ("José Núñez", b"Jos\\u00E9 N\\u00fa\\u00f1ez", "JSON escapes"),
}


def _zipped(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", data)
    return out.getvalue()


def _deflated_dicom(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    uid = b"1.2.840.10008.1.2.1.99"
    meta = b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
    head = b"\0" * 128 + b"DICM\x02\x00\x00\x00UL\x04\x00" + len(meta).to_bytes(4, "little")
    return head + meta + packer.compress(data) + packer.flush()


def _zlib_of_window(bits: int) -> Change:
    def change(data: bytes) -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, bits)
        return packer.compress(data) + packer.flush()

    return change


def _percent_of(data: bytes) -> bytes:
    return "".join(f"%{byte:02x}" for byte in data).encode()


ENCODINGS: dict[str, tuple[Change, str]] = {
    "base64": (base64.b64encode, "base64"),
    "base64 phase 1": (lambda data: base64.b64encode(b"\xff" + data), "base64"),
    "base64 phase 2": (lambda data: base64.b64encode(b"\xff\xfe" + data + b"?"), "base64"),
    "base64url": (lambda data: base64.urlsafe_b64encode(b"\xff\xff\xfe" + data + b"~~"), "base64"),
    "base64 lines": (lambda data: base64.encodebytes(b"\xff" * 50 + data), "base64"),
    "hex": (lambda data: data.hex().encode(), "hex"),
    "hex capitals": (lambda data: data.hex().upper().encode(), "hex"),
    "odd hex": (lambda data: b"f" + data.hex().encode(), "hex"),
    "percent": (_percent_of, "percent"),
    "percent capitals": (lambda data: _percent_of(data).upper(), "percent"),
}
CONTAINERS: dict[str, tuple[Change, str]] = {
    "gzip": (gzip.compress, "gzip"),
    "zlib": (zlib.compress, "zlib"),
    "zlib 512": (_zlib_of_window(9), "zlib"),
    "zstd": (zstandard.compress, "zstd"),
    "bzip2": (bz2.compress, "bzip2"),
    "xz": (lzma.compress, "xz"),
    "zip": (_zipped, "deflate"),
    "deflated DICOM": (_deflated_dicom, "deflate"),
}


def _scan(content: bytes, *terms: str, limits: Limits = SMALL) -> ScanReport:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "file").write_bytes(content)
        return scan_copy(Path(folder), parse_terms(terms), workers=1, limits=limits)


def _noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


@given(seed=st.integers(0, 2**32), near=st.integers(-60, 60), border=st.integers(0, 6))
@settings(max_examples=5, deadline=None)
@pytest.mark.parametrize("writing", WRITINGS)
def test_every_writing_is_found_in_noise(writing: str, seed: int, near: int, border: int) -> None:
    term, data, encoding = WRITINGS[writing]
    offset = max(0, border * SMALL.window_bytes + near)
    content = _noise(seed, offset) + data + _noise(seed + 1, 5000)
    if encoding.startswith("utf-16"):  # what stands around it says which of the two it is
        content = _noise(seed, offset) + b"\1" + data + b"\1" + _noise(seed + 1, 500)
        offset += 1
    report = _scan(content, term)
    assert [(hit.encoding, hit.containers, hit.count) for hit in report.hits] == [(encoding, (), 1)]
    assert 0 <= report.hits[0].offset - offset <= 1
    assert report.exit_status == 1


@given(
    seed=st.integers(0, 2**32),
    near=st.integers(-200, 60),
    border=st.integers(0, 3),
    before=st.sampled_from([0, 3, 16_300]),
    writing=st.sampled_from(["as given", "DICOM", "number", "utf-16-le", "int64", "ISO day"]),
)
@settings(max_examples=2, deadline=None)
@pytest.mark.parametrize("container", [*CONTAINERS, None])
@pytest.mark.parametrize("encoding", [*ENCODINGS, None])
def test_every_encoding_in_every_container_is_found(
    container: str | None,
    encoding: str | None,
    seed: int,
    near: int,
    border: int,
    before: int,
    writing: str,
) -> None:
    term, data, written = WRITINGS[writing]
    kinds = []
    if encoding:
        data, kind = ENCODINGS[encoding][0](data), ENCODINGS[encoding][1]
        kinds.append(kind)
    if container:
        around = _noise(seed + 2, before) + b"|"
        data = CONTAINERS[container][0](around + data + b"|" + _noise(seed + 3, 100))
        kinds.insert(0, CONTAINERS[container][1])
    offset = max(0, border * SMALL.window_bytes + near)
    content = _noise(seed, offset) + b"|" + data + b"|" + _noise(seed + 1, 3000)
    ways = {
        (tuple(one.kind for one in hit.containers), hit.encoding): hit
        for hit in _scan(content, term).hits
    }
    assert (tuple(kinds), written) in ways
    hit = ways[tuple(kinds), written]
    assert offset < hit.offset < offset + 1 + len(data)
    # %39 ends in the digit that it stands for: cut by a window's border, it is met twice.
    assert hit.count == 1 or ("percent" in kinds and hit.count == 2)


@pytest.mark.parametrize("outer", [*CONTAINERS, *ENCODINGS])
@pytest.mark.parametrize("inner", [*CONTAINERS, *ENCODINGS])
def test_nested_ones_are_found_too(outer: str, inner: str) -> None:
    both = CONTAINERS | ENCODINGS
    data = both[outer][0](b"\xffx" + both[inner][0](b"\xffy" + NAME.encode() + b"z") + b"\xff")
    hits = _scan(_noise(1, 777) + b"|" + data + b"|" + _noise(2, 777), NAME).hits
    found = {tuple(one.kind for one in hit.containers) for hit in hits}
    assert (both[outer][1], both[inner][1]) in found


@pytest.mark.parametrize("encoding", ["base64", "base64 lines", "hex", "odd hex"])
def test_a_stream_in_an_encoding_longer_than_any_window(encoding: str) -> None:
    packed = gzip.compress(_noise(4, 90_000) + NAME.encode() + _noise(5, 100))
    content = b"x|" + ENCODINGS[encoding][0](packed) + b"|" + _noise(6, 100)
    # Noise does not shrink: gzip stores it, and the name can be read without unpacking as well.
    kind = ENCODINGS[encoding][1]
    places = {hit.way: hit.inner_offset for hit in _scan(content, NAME).hits}
    assert places.keys() == {f"{kind} > gzip > plain", f"{kind} > plain"}
    assert places[f"{kind} > gzip > plain"] == 90_000


def test_a_cut_or_broken_stream_gives_what_it_has() -> None:
    # Longer than a block of zstd's, 128 KiB: what is cut inside its only block cannot be read.
    text = "".join(f"{n} line\n" for n in range(50_000)).encode()
    for pack in (gzip.compress, zlib.compress, zstandard.compress, lzma.compress):
        whole = pack(NAME.encode() + b"|" + text)
        (hit,) = _scan(whole[: len(whole) // 2], NAME, limits=Limits()).hits
        assert hit.way.endswith("> plain")
        broken = bytearray(whole)
        broken[len(broken) * 3 // 4] ^= 0xFF
        assert any(hit.containers for hit in _scan(bytes(broken), NAME, limits=Limits()).hits)


def test_a_zlib_stream_whose_tables_come_first() -> None:
    """A dynamic block may begin with 286 bytes that unfold to nothing (RFC 1951 § 3.2.7)."""
    symbols = random.Random(3).choices(range(256), range(1, 257), k=20_000)
    packed = zlib.compress(bytes(symbols) + NAME.encode(), 9)
    assert zlib.decompressobj().decompress(packed[:64]) == b""
    hits = _scan(_noise(1, 700) + packed + _noise(2, 700), NAME, limits=Limits()).hits
    assert "zlib > plain" in {hit.way for hit in hits}


def test_a_file_that_is_bare_deflate() -> None:
    packer = zlib.compressobj(wbits=-15)
    data = packer.compress(NAME.encode() * 3 + _noise(8, 3000)) + packer.flush()
    assert {hit.way for hit in _scan(data, NAME).hits} >= {"deflate > plain"}


def test_partly_percent_encoded_text_counts_once_for_each_way() -> None:
    text = f"/find?name={urllib.parse.quote(NAME)}&nik={NIK}".encode()
    ways = {(hit.term, hit.way) for hit in _scan(text, NAME, NIK).hits}
    assert ways == {(1, "percent > plain"), (2, "plain")}


def test_a_term_with_several_spaces_is_found_as_it_is_and_with_one() -> None:
    for content in (b"[LOWER LEG      ]", b"[LOWER LEG ]", b"[LOWER^LEG^]"):
        assert _scan(b"..." + content + b"...", "[LOWER LEG      ]").hits
