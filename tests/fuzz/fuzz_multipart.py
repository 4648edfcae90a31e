"""Fuzz the multipart reader: only MultipartBroken may leave, and cuts must not matter.

python tests/fuzz/fuzz_multipart.py -max_total_time=600
"""

import sys

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["segel.imaging.dicom"]):
    from segel.imaging.dicom.multipart import Limits, MultipartReader
    from segel.imaging.dicom.related import parse_content_type, parse_related_type

from segel.imaging.dicom.errors import MultipartBroken

LIMITS = Limits(part_bytes=4096, parts=8, header_bytes=256, preamble_bytes=256)


def read(body: bytes, step: int) -> list[tuple[dict[str, str], bytes]] | None:
    """The parts of ``body`` fed in steps, None where it is refused."""
    reader = MultipartReader("b", LIMITS)
    parts = []
    try:
        for at in range(0, len(body), step):
            parts += reader.feed(body[at : at + step])
        reader.close()
    except MultipartBroken as error:
        str(error)
        return None
    return [(part.headers, bytes(part.body)) for part in parts]


def exercise(data: bytes) -> None:
    """One body, whole and in pieces; and the same bytes as a Content-Type."""
    body = b"--b\r\n" + data
    step = 1 + (data[0] if data else 0)
    if read(body, len(body)) != read(body, step):
        raise AssertionError("the parts depend on how the body was cut")
    text = data.decode("latin-1")
    parse_content_type(text)
    try:
        parse_related_type("multipart/related;" + text)
    except MultipartBroken as error:
        str(error)


if __name__ == "__main__":
    atheris.Setup(sys.argv, exercise)
    atheris.Fuzz()
