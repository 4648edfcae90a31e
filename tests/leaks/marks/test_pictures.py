"""Pictures of strangers are opened in quarantine, and rows are found without a parser."""

import asyncio
import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator
from uuid import UUID

import numpy as np
import pytest
from PIL import Image

from leaks.marks.marking import chest, given_to
from segel.leaks.marks.comparing import (
    ROUNDS,
    TEXTS,
    PictureRefused,
    compared,
    own_picture,
    page_of,
)
from segel.leaks.marks.pictures import Found, pictures_in
from segel.leaks.marks.rows import rows_of
from support.picture_attacks import jpeg

PICTURE = chest(4, 300, 260)


def saved(kind: str, picture: np.ndarray = PICTURE) -> bytes:
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, quality=95)
    return out.getvalue()


def header_of(width: int, height: int) -> bytes:
    """A PNG that says that it is so large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(head)) + chunk
    return start + struct.pack(">I", zlib.crc32(chunk))


def found_in(content: bytes, name: str = "leak") -> Found:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    return asyncio.run(pictures_in(name, chunks()))


def test_pictures_are_found_in_what_holds_them_and_what_is_none_is_said() -> None:
    holding = io.BytesIO()
    with zipfile.ZipFile(holding, "w") as archive:
        for kind in ("PNG", "WEBP"):
            archive.writestr(f"foto.{kind.lower()}", saved(kind))
        archive.writestr("trap.png", saved("PNG")[:200])
        archive.writestr("huge.png", header_of(60_000, 60_000))
    found = found_in(holding.getvalue(), "leak.zip")
    assert [one.path for one in found.pictures] == [
        ("leak.zip", "foto.png"), ("leak.zip", "foto.webp"),
    ]  # fmt: skip
    for one in found.pictures:
        assert one.grey.shape == PICTURE.shape
        assert np.abs(one.grey.astype(int) - PICTURE).mean() < 4
    assert {path[-1] for path in found.unread} >= {"trap.png", "huge.png"}
    assert found.sha256 == hashlib.sha256(holding.getvalue()).digest()
    assert found_in(b"no picture at all", "a.txt").unread == {("a.txt",): "no-picture"}


def test_rows_give_their_ids_numbers_and_words_whatever_the_format() -> None:
    one = "3898b82a-bb4e-c8d1-edb8-acb7a5a9c53b"
    lines = [
        f'{{"resourceType":"Patient","id":"{one}","name":[{{"text":"SITI NUR"}}]}}\n'.encode(),
        b"9901015502900003;SITI NUR'AINI;1990-02-15\n",
        b"INSERT INTO pasien VALUES ('9901015502900003','BUDI'), ('9901015502900004','SARI');\n",
        b"\n",
        b"99010155029000031 \xff\xfe\n",
    ]
    found = list(rows_of(lines))
    assert found[0][0] == [UUID(one)]
    assert {"SITI", "NUR"} <= set(found[0][1].words)
    assert found[1][1].numbers == ("9901015502900003",)
    assert "NUR'AINI" in found[1][1].words
    assert [row.numbers for _, row in found[2:4]] == [
        ("9901015502900003",), ("9901015502900004",),
    ]  # fmt: skip
    assert "SARI" not in found[2][1].words
    assert found[4][1].numbers == (), "seventeen digits are no number"
    assert len(found) == 5


def test_a_line_without_end_is_looked_at_in_bounded_rows() -> None:
    rows = [row for _, row in rows_of([b"9901015502900003 " * 20_000 + b"kata " * 50_000])]
    assert all(len(row.numbers) <= 8 and len(row.words) <= 120 for row in rows)


def test_the_page_for_sceptics_says_how_far_apart_two_pictures_are_in_both_languages() -> None:
    marked = given_to(PICTURE, 3, 9)
    found = compared(PICTURE, marked)
    assert found.psnr_db >= 43.8
    for language in ("en", "id"):
        page = page_of(found, language)
        assert f"{found.psnr_db:.1f} dB" in page
        assert page.count("data:image/png;base64,") == 3
        assert all(TEXTS[language][one] in page for one in ("title", "test", "say_a"))
        assert f"rounds = {ROUNDS}" in page
        assert not re.search(r"@\w+@", page), "everything is filled in"
    assert set(TEXTS["en"]) == set(TEXTS["id"])
    assert (own_picture(saved("PNG"), "given") == PICTURE).all()
    for refused in (b"no picture", header_of(60_000, 60_000)):
        with pytest.raises(PictureRefused):
            own_picture(refused, "given")
    with pytest.raises(PictureRefused):
        compared(PICTURE, jpeg(marked, 90)[1:])
