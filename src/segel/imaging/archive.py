"""The archive as its doors see it: store, search, open."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import structlog
from numpy.typing import NDArray
from psycopg_pool import AsyncConnectionPool

from segel.broker import BrokerClient, Ear, Requester, StudyGrant
from segel.broker.errors import Forbidden
from segel.broker.messages import PictureMark
from segel.domain.errors import SegelError
from segel.imaging.commit import Committer
from segel.imaging.dicom import Marking
from segel.imaging.finding import Finding
from segel.imaging.grants import Grants
from segel.imaging.model import Found, Query, Stored
from segel.imaging.reading import OpenStudy
from segel.imaging.repo import Repo
from segel.imaging.storing import Noting, StoreStudy, Storing
from segel.sealing import Buffer
from segel.store.database import opened_pool
from segel.store.local import LocalDirectory
from segel.store.objects import ObjectStore
from segel.store.packs import pack_folders

QUIET_S: Final = 2.0
"""A study that nothing arrived for in this time is taken for whole: its metadata is made."""

Marker = Callable[[PictureMark, str, NDArray[np.uint8]], NDArray[np.uint8]]
"""Writes a mark into a picture; told apart by a text from other pictures that bear it."""

log = structlog.get_logger()


class Archive:
    """One process' archive. Start ``run`` beside it."""

    def __init__(
        self, broker: BrokerClient, pool: AsyncConnectionPool, objects: ObjectStore
    ) -> None:
        self.broker = broker
        self._repo = Repo(pool)
        self._objects = objects
        self._committer = Committer(self._repo, objects)
        self._ear = Ear(broker)
        self._storing = Storing(broker, self._ear, self._repo, objects, self._committer)
        self._storing.on_stored = self._arrived
        self._open: Grants[OpenStudy] = Grants(broker, self._ear, shows=True)
        self._drawn: Grants[OpenStudy] = Grants(broker, self._ear, shows=True)
        self._marker: Marker | None = None
        self._finding = Finding(broker, self.open_study)
        self._quiet: dict[str, asyncio.TimerHandle] = {}
        self._background: set[asyncio.Task[None]] = set()

    def note_by(self, noting: Noting) -> None:
        """Have subscribers told of what arrives."""
        self._storing.noting = noting

    def mark_by(self, marker: Marker) -> None:
        """Have pictures that leave bear marks."""
        self._marker = marker

    async def run(self) -> None:
        """Commit what arrives, and hear what is frozen, until cancelled."""
        await asyncio.gather(self._committer.run(), self._ear.run())

    async def store(
        self, requester: Requester, file: Buffer, *, expected_study_uid: str | None = None
    ) -> Stored:
        """Store one DICOM file; it is durable when this returns.

        Raises DicomError, StoreRefused, BrokerError.
        """
        return await self._storing.store(requester, file, expected_study_uid=expected_study_uid)

    async def require_store(self, requester: Requester) -> None:
        """Say early, before a body is read, that somebody may not store. Raises Forbidden."""
        session = await self._open.session(requester)
        if "imaging:study:store" not in session.permissions:
            raise Forbidden(
                "This account may not store.",
                remedy="Storing is for modalities and radiographers of the hospital.",
            )

    async def search(self, requester: Requester, query: Query) -> Found:
        """What matches a query. Raises FilterInvalid, BrokerError."""
        return await self._finding.search(requester, query)

    async def open_study(self, requester: Requester, study_uid: str) -> OpenStudy:
        """A study to read from. Raises StudyUnknown, Forbidden, BudgetExhausted, ..."""

        async def release() -> StudyGrant:
            return await self.broker.open_study(requester, study_uid)

        async def make(grant: StudyGrant) -> OpenStudy:
            alive = partial(self._open.require_alive, requester)
            return OpenStudy(study_uid, grant, self._repo, self._objects, require_open=alive)

        return await self._open.get(requester, study_uid, release, make)

    async def open_copy(self, requester: Requester, study_uid: str) -> OpenStudy:
        """The asking patient's own study, to be taken along: released anew, and logged as that.

        Raises StudyUnknown, Forbidden, ...
        """
        grant = await self.broker.open_study(requester, study_uid, copy=True)
        alive = partial(self._open.require_alive, requester)
        return OpenStudy(study_uid, grant, self._repo, self._objects, require_open=alive)

    async def open_pictures(self, requester: Requester, study_uid: str) -> OpenStudy:
        """A study to have pictures drawn of it that leave; the log says so, and by which mark they
        are known again. Raises StudyUnknown, Forbidden, BudgetExhausted, ...
        """

        async def release() -> StudyGrant:
            return await self.broker.open_study(requester, study_uid, pictures=True)

        async def make(grant: StudyGrant) -> OpenStudy:
            alive = partial(self._drawn.require_alive, requester)
            return OpenStudy(study_uid, grant, self._repo, self._objects, require_open=alive)

        return await self._drawn.get(requester, study_uid, release, make)

    def marking(self, study: OpenStudy, instance_uid: str, frame: int) -> Marking | None:
        """What a picture of a study's frame has to go through as it leaves; None where the broker
        wants none."""
        mark, marker = study.grant.mark, self._marker
        if mark is None:
            return None
        assert marker is not None, "what gives pictures away marks them"
        return lambda picture: marker(mark, f"{instance_uid} {frame}", picture)

    def forget(self, token: str) -> None:
        """Drop what was opened with a token whose session ended."""
        self._open.forget(token)
        self._drawn.forget(token)

    def _arrived(self, requester: Requester, study_uid: str, study: StoreStudy) -> None:
        before = self._quiet.pop(study_uid, None)
        if before is not None:
            before.cancel()
        self._quiet[study_uid] = asyncio.get_running_loop().call_later(
            QUIET_S, self._prepare_soon, study_uid, study
        )

    def _prepare_soon(self, study_uid: str, study: StoreStudy) -> None:
        self._quiet.pop(study_uid, None)
        task = asyncio.create_task(self._prepare(study_uid, study))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _prepare(self, study_uid: str, study: StoreStudy) -> None:
        """Make the metadata of a study that went quiet, while its key is still at hand."""
        try:
            await OpenStudy(study_uid, study.grant, self._repo, self._objects).metadata()
        except SegelError as failure:  # it is made at the first read instead
            log.info("metadata left for later", reason=failure.code)


@contextlib.asynccontextmanager
async def opened_archive(
    broker_socket: Path, database: str, objects: Path
) -> AsyncIterator[Archive]:
    """An archive on its database and object store, committing in the background."""
    directory = LocalDirectory(objects)
    await asyncio.to_thread(directory.make_folders, pack_folders())
    async with opened_pool(database) as pool:
        broker = await BrokerClient.connect(broker_socket)
        archive = Archive(broker, pool, directory)
        running = asyncio.create_task(archive.run())
        try:
            yield archive
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await broker.close()
