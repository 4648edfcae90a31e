"""The process ``fingerprinter``: has fingerprints made of what is stored, once it is acknowledged.

It asks the broker what waits, opens those files, and hands them to a child that has nothing but
them (``leaks.intake``): the child decodes and makes the fingerprints, and the broker seals them.
What it takes of a child is a file's number, a hash and a fingerprint; whose they are it knows
itself. What is in between is in memory only: after a crash the broker hands it out again.
"""

import asyncio
import contextlib
import os
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import msgspec

from segel.app import telemetry
from segel.app.process import Place
from segel.app.signals import stop_asked
from segel.broker import BrokerClient
from segel.broker.messages import MadePicture, PictureInstance, PictureStudy, SettledInstance
from segel.broker.messages.pictures import PICTURES_MAX
from segel.domain.errors import SegelError
from segel.imaging.model import InstanceRecord, content_context, record_context
from segel.leaks.intake.model import FileFound, Limits, PictureFound, Wanted
from segel.leaks.intake.quarantine import inspect
from segel.leaks.intake.reasons import Reason
from segel.sealing import SealBroken, unseal
from segel.store.local import LocalDirectory
from segel.store.objects import ObjectMissing, ObjectStore, StoreError
from segel.store.packs import pack_key

PAUSE_S: Final = 2.0
"""Between two questions while nothing waits."""
REST: Final = 1.0
"""So many times as long as a batch took is rested after it: an archive's backlog is made up for
beside its work, with at most half of one core."""
NICE: Final = 10

FILE_BYTES_MAX: Final = 1 << 30
"""Of a larger instance nothing is made but its UID is kept: it would be in memory twice."""

LIMITS: Final = Limits(
    file_bytes=FILE_BYTES_MAX + (256 << 20),
    depth=1,
    members=1_000,
    memory_bytes=4 << 30,
    seconds=600,
    frames=PICTURES_MAX,
    ocr_pictures=0,
)
_NAME: Final = "stored.tar"
_TRY_AGAIN: Final = frozenset({Reason.UNSTARTED, Reason.HELD})
"""Why nothing was read that says nothing of the file: no room on the machine."""


@dataclass(slots=True)
class _Opened:
    """An instance with its file; ``file`` b'' of one that is too large."""

    object_id: UUID
    uid: str = field(repr=False)
    file: bytes = field(repr=False)
    pictures: list[MadePicture] = field(default_factory=list)


class Fingerprinter:
    """Makes up for what waits. ``objects``: where packs lie."""

    def __init__(self, broker: BrokerClient, objects: ObjectStore) -> None:
        self._broker = broker
        self._objects = objects

    async def round(self) -> int:
        """Make some; how many instances were settled. Raises BrokerError."""
        studies = await self._broker.pictures.take()
        opened = [
            one
            for study in studies
            for instance in study.instances
            if (one := await self._opened(study, instance)) is not None
        ]
        settled = await made(opened)
        if settled:
            await self._broker.pictures.settle(settled)
        return len(settled)

    async def _opened(self, study: PictureStudy, instance: PictureInstance) -> _Opened | None:
        """None of what cannot be had now: its pack was moved meanwhile, say. It is handed out
        again."""
        try:
            plain = unseal(
                study.scope_key,
                record_context(study.patient_id, instance.object_id),
                instance.sealed_record,
            )
            record = msgspec.msgpack.decode(plain, type=InstanceRecord)
            if not record.frames or record.file_bytes > FILE_BYTES_MAX:
                return _Opened(instance.object_id, record.sop_instance_uid, b"")
            sealed = await self._objects.get_range(
                pack_key(instance.pack_id), instance.pack_offset, instance.sealed_bytes
            )
            context = content_context(study.patient_id, instance.object_id)
            file = await asyncio.to_thread(unseal, study.scope_key, context, sealed)
        except (ObjectMissing, SealBroken, StoreError):
            return None
        return _Opened(instance.object_id, record.sop_instance_uid, bytes(file))


async def made(opened: Sequence[_Opened]) -> list[SettledInstance]:
    """What was made of instances; those of which nothing could be tried now are left out."""
    files = [one for one in opened if one.file]
    reached: set[int] = set()
    if files:
        findings = inspect(_NAME, _tar([one.file for one in files]), LIMITS, wanted=Wanted.STORED)
        found: dict[int, list[PictureFound]] = {}
        async with contextlib.aclosing(findings):
            async for finding in findings:
                match finding:
                    case PictureFound():
                        found.setdefault(finding.file, []).append(finding)
                    case FileFound(place, file):
                        number = _number(file.path, len(files))
                        if number is not None and file.reason not in _TRY_AGAIN:
                            reached.add(number)
                            files[number].pictures = [
                                MadePicture(one.pixel_sha256, one.made)
                                for one in found.pop(place, [])[:PICTURES_MAX]
                            ]
    left = {one.object_id for number, one in enumerate(files) if number not in reached}
    return [
        SettledInstance(one.object_id, one.uid, one.pictures)
        for one in opened
        if one.object_id not in left
    ]


def _number(path: tuple[str, ...], count: int) -> int | None:
    """Which of our files a child speaks of; None of what is none of them."""
    if len(path) != 2 or not path[1].isdecimal() or int(path[1]) >= count:
        return None
    return int(path[1])


async def _tar(files: Sequence[bytes]) -> AsyncIterator[bytes]:
    """Files by their numbers, as one that the readers know."""
    for number, file in enumerate(files):
        member = tarfile.TarInfo(str(number))
        member.size = len(file)
        yield member.tobuf()
        yield file
        yield bytes(-len(file) % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The fingerprinter, ready to run."""

    async def run() -> None:
        os.nice(NICE)
        broker = BrokerClient(place.fingerprinter)
        fingerprinter = Fingerprinter(broker, LocalDirectory(place.objects))
        working = asyncio.create_task(work(fingerprinter))
        await stop_asked()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await broker.close()

    return run


async def work(fingerprinter: Fingerprinter) -> None:
    """Make what waits, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        began_s, count = loop.time(), 0
        try:
            count = await fingerprinter.round()
        except (SegelError, OSError) as failure:
            telemetry.logger().warning("not fingerprinted", **telemetry.describe(failure))
        await asyncio.sleep(REST * (loop.time() - began_s) if count else PAUSE_S)
