"""A study as a ZIP: bit for bit, of a known length, one file in memory at a time."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segel.console.ports import StudyCopy
from segel.console.study_zip import PIECE_BYTES, names_of, readme, zip_length, zip_pieces

AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
File = tuple[int, bytes]


def copy_of(files: list[File], asked: list[int] | None = None) -> StudyCopy:
    async def given() -> AsyncIterator[bytes]:
        for number, (_, content) in enumerate(files):
            if asked is not None:
                asked.append(number)
            yield content

    return StudyCopy(tuple((series, len(content)) for series, content in files), given())


def packed(copy: StudyCopy) -> bytes:
    async def all_of() -> bytes:
        return b"".join([bytes(piece) async for piece in zip_pieces(copy, AT)])

    return asyncio.run(all_of())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 3), st.binary(max_size=3_000)), max_size=12))
def test_a_zip_gives_back_what_was_put_in_and_is_as_long_as_was_said(files: list[File]) -> None:
    copy = copy_of(files)
    content = packed(copy)
    assert len(content) == zip_length(copy)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["README.txt", *names_of(copy)]
        assert archive.read("README.txt") == readme()
        assert [archive.read(name) for name in names_of(copy)] == [one for _, one in files]
        for entry in archive.infolist():
            # No data descriptor: readers that go from front to back know each length beforehand.
            assert entry.flag_bits & 0x08 == 0
            assert entry.compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize("limit", [40, 1_500, 4_000, 9_000])
@pytest.mark.parametrize("count_limit", [3, 100])
def test_the_length_is_right_where_sizes_and_counts_need_64_bits(
    monkeypatch: pytest.MonkeyPatch, limit: int, count_limit: int
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", limit)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", count_limit)
    files = [(1, b"x" * size) for size in (10, 41, 3_900, 4_000, 4_100, 9_500, 20)]
    copy = copy_of(files)
    content = packed(copy)
    assert len(content) == zip_length(copy)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [archive.read(name) for name in names_of(copy)] == [one for _, one in files]


def test_names_are_numbers_by_series_and_the_readme_names_nobody() -> None:
    names = names_of(copy_of([(1, b""), (1, b""), (2, b""), (1, b"")]))
    assert names == [
        "DICOM/S00001/I00001.dcm",
        "DICOM/S00001/I00002.dcm",
        "DICOM/S00002/I00001.dcm",
        "DICOM/S00001/I00003.dcm",
    ]
    assert not re.search(rb"\d{6}", readme())


def test_a_file_is_asked_for_when_the_one_before_is_on_its_way() -> None:
    files = [(1, bytes(PIECE_BYTES + 5)) for _ in range(4)]
    asked: list[int] = []

    async def walk() -> None:
        sent = 0
        async for piece in zip_pieces(copy_of(files, asked), AT):
            sent += len(piece)
            assert len(piece) <= PIECE_BYTES
            assert len(asked) <= sent // PIECE_BYTES + 1

    asyncio.run(walk())
    assert asked == [0, 1, 2, 3]


def test_a_zip_whose_file_is_refused_half_way_breaks_off() -> None:
    async def refused() -> AsyncIterator[bytes]:
        yield b"first"
        raise PermissionError

    copy = StudyCopy(((1, 5), (1, 5)), refused())
    with pytest.raises(PermissionError):
        packed(copy)
