"""Answers that several services give: parts in multipart, data sets as JSON or XML."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, Receive, Send

from segel.access import AnyRequest
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


class Pieces(Response[bytes]):
    """A body of ``length`` bytes that is sent as it comes, never joined.

    The reader is told its length beforehand, for a progress bar and to notice a body that broke
    off. Where the reader leaves, no further piece is asked for.
    """

    def __init__(
        self, pieces: AsyncIterator[Buffer] | list[Buffer], length: int, media_type: str
    ) -> None:
        super().__init__(b"", media_type=media_type, headers=NO_STORE)
        self._pieces = pieces
        self._length = length

    def to_asgi_response(self, app: Any, request: AnyRequest, **given: Any) -> ASGIResponse:
        """The response as Litestar sends it."""
        del app, request
        return _Sending(
            self._pieces,
            self._length,
            media_type=self.media_type,
            headers={**(given.get("headers") or {}), **self.headers},
            status_code=given.get("status_code"),
            is_head_response=given.get("is_head_response", False),
        )


class _Sending(ASGIResponse):
    __slots__ = ("_pieces",)

    def __init__(
        self, pieces: AsyncIterator[Buffer] | list[Buffer], length: int, **described: Any
    ) -> None:
        super().__init__(content_length=length, **described)
        self._pieces = pieces

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send the pieces while somebody reads them."""
        if isinstance(self._pieces, list):
            for piece in self._pieces:
                await send(_body(piece))
        else:
            leaving = asyncio.ensure_future(_left(receive))
            try:
                async for piece in self._pieces:
                    if leaving.done():
                        return
                    await send(_body(piece))
            finally:
                leaving.cancel()
        await send(_body(b"", more=False))


def _body(piece: Buffer, *, more: bool = True) -> HTTPResponseBodyEvent:
    # Servers take any buffer, and a copy of an image costs as much as opening its seal.
    return {"type": "http.response.body", "body": piece, "more_body": more}  # type: ignore[typeddict-item]


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def in_parts(parts: Sequence[tuple[str, Buffer]], media_type: str) -> Response[bytes]:
    """Parts, each with its own content type, as ``multipart/related``."""
    boundary = secrets.token_hex(BOUNDARY_BYTES)
    kind = related_content_type(boundary, media_type)
    pieces = list(encode_multipart(parts, boundary))
    length = sum(map(len, pieces))
    if length <= JOINED_BYTES_MAX:
        return Response(b"".join(pieces), media_type=kind, headers=NO_STORE)
    return Pieces(pieces, length, kind)


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
