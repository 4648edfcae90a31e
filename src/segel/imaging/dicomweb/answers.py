"""Answers that several services give: parts in multipart, data sets as JSON or XML."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from litestar import Response

from segel.domain.dicom import JsonDataset
from segel.imaging.dicom import XML, encode_multipart, native_model, related_content_type
from segel.imaging.dicomweb.negotiation import DICOM_JSON, Accepted

BOUNDARY_BYTES: Final = 16
NO_STORE: Final = {"Cache-Control": "private, no-store"}


def in_parts(parts: Sequence[tuple[str, bytes]], media_type: str) -> Response[bytes]:
    """Parts, each with its own content type, as ``multipart/related``."""
    boundary = secrets.token_hex(BOUNDARY_BYTES)
    return Response(
        b"".join(encode_multipart(parts, boundary)),
        media_type=related_content_type(boundary, media_type),
        headers=NO_STORE,
    )


def data_sets(
    datasets: Sequence[JsonDataset], shape: Accepted, headers: Mapping[str, str]
) -> Response[bytes]:
    """Data sets in the chosen ``shape``: one JSON array, or a part for each."""
    if not shape.multipart:
        answer = Response(msgspec.json.encode(datasets), media_type=DICOM_JSON)
    else:
        write = native_model if shape.media_type == XML else msgspec.json.encode
        answer = in_parts([(shape.media_type, write(one)) for one in datasets], shape.media_type)
    answer.headers.update(headers)
    return answer
