"""Bodies that are sent as they come."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from litestar import Response
from litestar.response.base import ASGIResponse
from litestar.types import HTTPResponseBodyEvent, Receive, Send

from segel.access.asking import AnyRequest
from segel.sealing import Buffer


class Pieces(Response[bytes]):
    """A body of ``length`` bytes that is sent as it comes, never joined.

    The reader is told its length beforehand, for a progress bar and to notice a body that broke
    off. Where the reader leaves, no further piece is asked for.
    """

    def __init__(
        self,
        pieces: AsyncIterator[Buffer] | list[Buffer],
        length: int,
        media_type: str,
        headers: Mapping[str, str],
        *,
        status_code: int | None = None,
    ) -> None:
        super().__init__(b"", media_type=media_type, headers=dict(headers), status_code=status_code)
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
            status_code=self.status_code or given.get("status_code"),
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
