"""Bodies come apart as they were put together, however they are cut, and bad ones say why."""

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from segel.imaging.dicom import (
    Limits,
    MultipartBroken,
    MultipartReader,
    MultipartTooLarge,
    Part,
    encode_multipart,
    parse_related_type,
    part_content_type,
    related_content_type,
)


def read(
    body: bytes, boundary: str = "b", step: int = 0, limits: Limits | None = None
) -> list[Part]:
    reader = MultipartReader(boundary, limits)
    step = step or max(len(body), 1)
    parts = [part for at in range(0, len(body), step) for part in reader.feed(body[at : at + step])]
    reader.close()
    return parts


NASTY = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b"-", b"--", b"b", b"--b", b"\r\n--", b"\n--c", b"\0"]),
    max_size=30,
).map(b"".join)


@given(
    bodies=st.lists(st.one_of(st.binary(max_size=300), NASTY), min_size=1, max_size=5),
    step=st.integers(1, 80),
    preamble=st.sampled_from([b"", b"\r\n", b"prose\r\n", b"--x\r\n"]),
    epilogue=st.sampled_from([b"", b"anything", b"\r\n--b\r\n"]),
)
def test_parts_arrive_whole_however_the_body_is_cut(
    bodies: list[bytes], step: int, preamble: bytes, epilogue: bytes
) -> None:
    assume(not any(b"\n--b" in b"\n" + body for body in bodies))
    encoded = b"".join(
        bytes(piece) for piece in encode_multipart([("application/dicom", b) for b in bodies], "b")
    )
    parts = read(preamble + encoded + epilogue, step=step)
    assert [bytes(part.body) for part in parts] == bodies
    assert all(part.media_type == "application/dicom" for part in parts)
    assert all(int(part.headers["content-length"]) == len(part.body) for part in parts)


@given(st.binary(max_size=2000), st.integers(1, 50))
def test_no_bytes_raise_anything_else(body: bytes, step: int) -> None:
    with suppress(MultipartBroken):
        read(b"--b\r\n" + body, step=step)


@given(st.text(max_size=200))
def test_no_content_type_raises_anything_else(text: str) -> None:
    for header in (text, "multipart/related;" + text, "multipart/related; boundary=" + text):
        with suppress(MultipartBroken):
            assert 0 < len(parse_related_type(header).boundary) <= 70


def test_bare_line_feeds_are_let_through() -> None:
    body = b"--b\nContent-Type: application/dicom\nX: 1\n\nDICM\n--b\n\nnaked\n--b--\n"
    first, second = read(body)
    assert (first.headers, bytes(first.body)) == (
        {"content-type": "application/dicom", "x": "1"},
        b"DICM",
    )
    assert (second.headers, bytes(second.body)) == ({}, b"naked")


def test_folded_headers_and_blanks_behind_boundaries_are_let_through() -> None:
    body = (
        b'--b \t\r\nContent-Type: application/dicom;\r\n  transfer-syntax="1.2"\r\n\r\nx\r\n--b--'
    )
    (part,) = read(body)
    assert part.headers["content-type"] == 'application/dicom; transfer-syntax="1.2"'


def test_empty_bodies_are_parts_too() -> None:
    for body in (b"--b\r\nA: 1\r\n\r\n\r\n--b--", b"--b\r\nA: 1\r\n\r\n--b--"):
        assert [bytes(part.body) for part in read(body)] == [b""]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not in the body"),
        (b"--other\r\n\r\nx\r\n--other--", "not in the body"),
        (b"\0" * 70_000, "not in the body"),
        (b"--b--\r\n", "no parts"),
        (b"--b\r\n\r\nx", "before its last boundary"),
        (b"--b\r\nA: 1", "before its last boundary"),
        (b"--b\r\n\r\nx\r\n--b", "before its last boundary"),
        (b"--b\r\n\r\nx\r\n--b\r\n", "before its last boundary"),
        (b"--bad\r\n\r\nx\r\n--b--", "goes on behind"),
        (b"--b\r\nno colon\r\n\r\nx\r\n--b--", "no name"),
        (b"--b\r\n: 1\r\n\r\nx\r\n--b--", "no name"),
    ],
)
def test_broken_bodies_say_what_is_wrong(body: bytes, words: str) -> None:
    for step in (1, 7, 0):
        with pytest.raises(MultipartBroken, match=words):
            read(body, step=step)


@pytest.mark.parametrize("step", [1, 10, 0])
def test_each_limit_holds(step: int) -> None:
    limits = Limits(part_bytes=100, parts=2, header_bytes=50, preamble_bytes=100)
    part = b"\r\n--b\r\n\r\n"
    assert len(read(part + bytes(100) + part + b"\r\n--b--", step=step, limits=limits)) == 2
    for body in (
        part + bytes(101) + b"\r\n--b--",
        part * 3 + b"\r\n--b--",
        b"--b\r\nA: " + b"x" * 60 + b"\r\n\r\n\r\n--b--",
    ):
        with pytest.raises(MultipartTooLarge):
            read(body, step=step, limits=limits)
    with pytest.raises(MultipartBroken):
        read(b"p" * 200 + part + b"\r\n--b--", step=step, limits=limits)


def test_a_part_without_end_is_refused_before_all_of_it_is_kept() -> None:
    reader = MultipartReader("b", Limits(part_bytes=1000))
    reader.feed(b"--b\r\n\r\n")
    for _ in range(10):
        reader.feed(bytes(100))
    with pytest.raises(MultipartTooLarge):
        reader.feed(bytes(100))


@pytest.mark.parametrize(
    ("header", "boundary", "root"),
    [
        ('multipart/related; type="application/dicom"; boundary="a b"', "a b", "application/dicom"),
        ("multipart/related; type=application/dicom; boundary=abc", "abc", "application/dicom"),
        ("Multipart/Related;BOUNDARY=abc;charset=utf-8", "abc", ""),
        ('multipart/related; boundary="a;=b"; type="Application/DICOM"', "a;=b", "bad"),
        ('multipart/related; boundary="a\\"b"; type="application/dicom"', 'a"b', "bad"),
        ("multipart/related;; boundary = abc ;", "abc", ""),
        (
            'multipart/related; type="application/dicom; transfer-syntax=*"; boundary=x',
            "x",
            "application/dicom",
        ),
    ],
)
def test_content_types_as_clients_write_them(header: str, boundary: str, root: str) -> None:
    if root == "bad":  # these two boundaries hold marks that RFC 2046 does not know
        with pytest.raises(MultipartBroken):
            parse_related_type(header)
    else:
        assert parse_related_type(header) == (boundary, root)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "application/dicom",
        "multipart/form-data; boundary=b",
        "multipart/related",
        "multipart/related; boundary=",
        'multipart/related; boundary="unclosed\r"',
        "multipart/related; boundary=" + "x" * 71,
        'multipart/related; boundary="ends with blank "',
    ],
)
def test_bad_content_types_are_refused(header: str) -> None:
    with pytest.raises(MultipartBroken) as caught:
        parse_related_type(header)
    assert caught.value.field == "Content-Type"
    assert caught.value.remedy


def test_what_is_written_names_itself() -> None:
    header = related_content_type("xyz", "application/octet-stream")
    assert parse_related_type(header) == ("xyz", "application/octet-stream")
    assert part_content_type("image/jp2", "1.2.840.10008.1.2.4.90") == (
        "image/jp2; transfer-syntax=1.2.840.10008.1.2.4.90"
    )
    body = memoryview(b"pixels")
    pieces = list(encode_multipart([("image/jp2", body)], "xyz", location="/frames/1"))
    assert pieces[1] is body  # not copied
    assert b"Content-Location: /frames/1" in bytes(pieces[0])
