"""A sender of HL7 messages over MLLP, as a laboratory's system is one; it can be unmannerly."""

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from segel.records.hl7.framing import Frame, FrameReader, framed

ANSWER_BYTES_MAX = 64 * 1024
PIECES = (1, 7, 100, 1000, 70_000)


@dataclass(slots=True)
class MllpClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    frames: FrameReader

    async def send(self, *messages: bytes) -> None:
        self.writer.write(b"".join(map(framed, messages)))
        await self.writer.drain()

    async def send_in_pieces(self, messages: Sequence[bytes], chance: random.Random) -> None:
        """Cut anywhere, with pauses in which other connections have their turn."""
        stream = b"".join(map(framed, messages))
        at = 0
        while at < len(stream):
            size = chance.choice(PIECES)
            await self.send_raw(stream[at : at + size])
            at += size
            await asyncio.sleep(0)

    async def send_raw(self, stream: bytes) -> None:
        self.writer.write(stream)
        await self.writer.drain()

    async def answers(self) -> AsyncIterator[str]:
        """Each ACK as it comes, until the other side closes."""
        while chunk := await self.reader.read(4096):
            for event in self.frames.feed(chunk):
                assert isinstance(event, Frame), event
                yield event.content.decode()

    async def answer(self) -> str:
        """The next ACK; '' where the other side closed."""
        async for one in self.answers():
            return one
        return ""


@asynccontextmanager
async def connected(port: int, tls: ssl.SSLContext | None = None) -> AsyncIterator[MllpClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        yield MllpClient(reader, writer, FrameReader(ANSWER_BYTES_MAX))
    finally:
        writer.close()


def acknowledged(answer: str) -> tuple[str, str]:
    """MSA-1 and MSA-2."""
    fields = answer.partition("\rMSA|")[2].partition("\r")[0].split("|")
    return fields[0], fields[1]
