"""Answers that several services give: parts in multipart, data sets as JSON or XML."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from litestar import Response

from segel.access import Pieces
from segel.domain.dicom import JsonDataset
from segel.imaging.dicom import XML, encode_multipart, native_model, related_content_type
from segel.imaging.dicomweb.negotiation import DICOM_JSON, Accepted
from segel.sealing import Buffer

DOOR: Final = "dicomweb"
"""Its name in the audit log."""

BOUNDARY_BYTES: Final = 16

JOINED_BYTES_MAX: Final = 1024 * 1024
"""Pieces of so much are joined: the copy takes less than sending each by itself."""

NO_STORE: Final = {"Cache-Control": "private, no-store"}


def in_parts(parts: Sequence[tuple[str, Buffer]], media_type: str) -> Response[bytes]:
    """Parts, each with its own content type, as ``multipart/related``."""
    boundary = secrets.token_hex(BOUNDARY_BYTES)
    kind = related_content_type(boundary, media_type)
    pieces = list(encode_multipart(parts, boundary))
    length = sum(map(len, pieces))
    if length <= JOINED_BYTES_MAX:
        return Response(b"".join(pieces), media_type=kind, headers=NO_STORE)
    return Pieces(pieces, length, kind, NO_STORE)


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
