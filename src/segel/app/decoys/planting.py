"""The process ``planter``: asks the broker what is due, reads patterns, and sends decoys in.

Patterns are read all at once, by an account of its own and in the log like every release; decoys
arrive later, one by one over the hour, in sessions of the device that the pattern came from. What
is in between is in memory only: after a restart it is asked for anew.
"""

import asyncio
import random
import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import httpx

from segel.app import telemetry
from segel.app.decoys.files import make_files
from segel.app.importing import ImportFailed, post
from segel.app.process import Place
from segel.app.signals import stop_asked
from segel.broker import BrokerClient
from segel.broker.messages import DecoyPattern
from segel.domain.dicom import JsonDataset
from segel.domain.errors import SegelError

IN_MEMORY_BYTES_MAX: Final = 256 * 1024 * 1024
"""Decoys that wait for their hour; what is more waits for the next."""
BATCH: Final = 32
IDLE_S: Final = 60.0
"""Between two questions while nothing is due."""
NOBODY: Final = UUID(int=0)
TIMEOUT_S: Final = 120.0

Send = Callable[[str, list[bytes]], Awaitable[None]]
Read = Callable[[str, str], Awaitable[list[bytes]]]
"""Token and study UID to files; token and files."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A decoy whose files are made."""

    account_id: UUID
    signs_in: bool
    studies: list[list[bytes]] = field(repr=False)


class Planter:
    """Plants what is due. ``read`` and ``send`` are the archive's own doors."""

    def __init__(self, operator: BrokerClient, read: Read, send: Send) -> None:
        self._broker = operator
        self._read = read
        self._send = send
        self._chance = random.SystemRandom()
        self._sessions: dict[UUID, str] = {}

    async def round(self) -> tuple[int, float]:
        """Plant what is due now; how many, and how long that was spread over."""
        batch = await self._broker.decoys.compose(BATCH)
        ready = await self.prepared(batch.patterns)
        pauses = sorted(self._chance.uniform(0, batch.within_s) for _ in ready)
        waited_s = 0.0
        for at_s, decoy in zip(pauses, ready, strict=True):
            await asyncio.sleep(at_s - waited_s)
            waited_s = at_s
            await self.plant(decoy)
        return len(ready), batch.within_s

    async def prepared(self, patterns: list[DecoyPattern]) -> list[Ready]:
        """The decoys of these patterns whose pixels can be remade."""
        ready, size = [], 0
        tokens: dict[str, str] = {}
        for pattern in patterns:
            if pattern.hospital not in tokens:
                tokens[pattern.hospital] = await self._reading_token(pattern.hospital)
            if pattern.account_id == NOBODY:
                for uid in pattern.replaced:
                    await self._read(tokens[pattern.hospital], uid)
                continue
            try:
                studies = [
                    await self._made(tokens[pattern.hospital], uid, replaced)
                    for uid, replaced in pattern.replaced.items()
                ]
            except (SegelError, httpx.HTTPError) as unfit:
                telemetry.logger().info("pattern left", **telemetry.describe(unfit))
                continue
            size += sum(len(data) for files in studies for data in files)
            ready.append(Ready(pattern.account_id, pattern.signs_in, studies))
            if size > IN_MEMORY_BYTES_MAX:
                break
        self._chance.shuffle(ready)
        return ready

    async def plant(self, decoy: Ready) -> None:
        """Send a decoy in."""
        token = self._sessions.get(decoy.account_id, "")
        if decoy.signs_in or not token:
            token = await self._broker.decoys.begin(decoy.account_id)
            self._sessions[decoy.account_id] = token
        for files in decoy.studies:
            await self._send(token, files)

    async def _made(self, token: str, uid: str, replaced: JsonDataset) -> list[bytes]:
        files = await self._read(token, uid)
        return await asyncio.to_thread(make_files, files, replaced, self._chance)

    async def _reading_token(self, hospital: str) -> str:
        return await self._broker.decoys.begin_reading(hospital)


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The planter, ready to run."""
    url = f"http://{place.settings.http}"

    async def run() -> None:
        broker = BrokerClient(place.planter)
        async with httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S) as web:
            planter = Planter(broker, _reader(web), _sender(url))
            working = asyncio.create_task(_work(planter))
            await stop_asked()
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
        await broker.close()

    return run


async def _work(planter: Planter) -> None:
    while True:
        try:
            planted, _ = await planter.round()
        except (SegelError, httpx.HTTPError, OSError) as failure:
            telemetry.logger().warning("not planted", **telemetry.describe(failure))
            planted = 0
        # How many is not logged: a log lies in the home, where thieves look.
        await asyncio.sleep(0 if planted else IDLE_S)


def _sender(url: str) -> Send:
    async def send(token: str, files: list[bytes]) -> None:
        outcome = await asyncio.to_thread(post, url, token, files)
        if outcome.failed:
            raise ImportFailed("A decoy's images were not taken.")

    return send


def _reader(web: httpx.AsyncClient) -> Read:
    async def read(token: str, uid: str) -> list[bytes]:
        answer = await web.get(
            f"/dicomweb/studies/{urllib.parse.quote(uid)}",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*',
            },
        )
        answer.raise_for_status()
        return parts_of(answer.headers["Content-Type"], answer.content)

    return read


def parts_of(content_type: str, body: bytes) -> list[bytes]:
    """The parts of a multipart answer (RFC 2046 § 5.1.1) of our own door."""
    boundary = content_type.partition("boundary=")[2].split(";")[0].strip().strip('"')
    parts = body.split(b"--" + boundary.encode())[1:-1]
    return [part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") for part in parts]
