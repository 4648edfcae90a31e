"""Bulk exports: what the broker opens of one patient after another, as lines of JSON.

Nothing is gathered beforehand and nothing is kept: versions are never changed, so that a file can
be read at any time as the records stood when the export was asked for. What breaks off is read
anew. Decision 043.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from uuid import UUID

from segel.broker import BrokerClient, Exported, ExportReport, Requester
from segel.broker.messages import PART_PATIENTS
from segel.domain.records import PATIENT
from segel.records.charts import folders_of, known_of, opened_rows
from segel.records.model import Folder, Version
from segel.records.r4 import encode
from segel.records.repo import Repo
from segel.records.studies import listed_study

Json = dict[str, Any]

AHEAD: Final = 8
"""Patients who are asked for before they are read: a release takes as long as a commit of the log,
and several share one. Whoever leaves has at most so many too many in the log."""

PAGE: Final = 500
"""Resources that are opened at once: some megabytes."""

PIECE_BYTES: Final = 64 * 1024
_FIRST: Final = UUID(int=0)


class Exports:
    """Exports for requesters whom the broker has not yet verified. All raise BrokerError."""

    def __init__(self, broker: BrokerClient, repo: Repo) -> None:
        self._broker = broker
        self._repo = repo

    async def ask(
        self,
        asked: Requester,
        recipient: str,
        reason: str,
        *,
        types: Iterable[str],
        since_s: float,
        address: str,
    ) -> ExportReport:
        """Ask for one. Raises ExportUnclear, ReasonMissing, Forbidden."""
        return await self._broker.exports.ask(asked, recipient, reason, types, since_s, address)

    async def show(self, asked: Requester, export_id: UUID) -> ExportReport:
        """How an own one stands. Raises ExportUnknown, ExportRefused."""
        return await self._broker.exports.show(asked, export_id)

    async def end(self, asked: Requester, export_id: UUID) -> None:
        """Take an own one back, or end it. Raises ExportUnknown."""
        await self._broker.exports.end(asked, export_id)

    async def file(
        self, asked: Requester, export_id: UUID, part: int, resource_type: str
    ) -> AsyncIterator[bytes]:
        """A file in pieces. What refuses it is raised before the first of them; where something
        fails later, the body ends without its end.

        Raises ExportUnknown, ExportWaiting, ExportRefused, Forbidden.
        """
        first = await self._broker.exports.open(asked, export_id, part, 0, resource_type)
        return self._pieces(asked, export_id, part, resource_type, first)

    async def _pieces(
        self, asked: Requester, export_id: UUID, part: int, resource_type: str, first: Exported
    ) -> AsyncIterator[bytes]:
        digest, rows, size, piece = hashlib.sha256(), 0, 0, bytearray()
        async for one in self._opened(asked, export_id, part, resource_type, first):
            async for resource in self._resources(one):
                line = _known_as(one, encode(resource)) + b"\n"
                digest.update(line)
                rows, size = rows + 1, size + len(line)
                piece += line
                if len(piece) >= PIECE_BYTES:
                    yield bytes(piece)
                    piece.clear()
        # It is in the log before its end leaves: what nobody wrote down is no whole file.
        await self._broker.exports.log_file(
            asked, export_id, part, resource_type, rows=rows, size=size, digest=digest.digest()
        )
        yield bytes(piece)

    async def _opened(
        self, asked: Requester, export_id: UUID, part: int, resource_type: str, first: Exported
    ) -> AsyncIterator[Exported]:
        """The patients of a part, one after another; some are asked for ahead."""
        coming: deque[asyncio.Task[Exported]] = deque()
        one, place = first, 1
        try:
            while not one.over:
                while len(coming) < AHEAD and place < PART_PATIENTS:
                    asking = self._broker.exports.open(asked, export_id, part, place, resource_type)
                    coming.append(asyncio.create_task(asking))
                    place += 1
                yield one
                if not coming:
                    return
                one = await coming.popleft()
        finally:
            for task in coming:
                task.cancel()
            await asyncio.gather(*coming, return_exceptions=True)

    async def _resources(self, one: Exported) -> AsyncIterator[Json]:
        if one.hospital_id is not None:
            for study in one.studies:
                yield listed_study(study, one.hospital_id)
        if one.grant is None:
            return
        (folder,) = folders_of(one.grant)
        count = 0
        async for version in self._versions(folder, one.at_s):
            count += 1
            if version.resource is not None and version.at_s >= one.since_s:
                yield version.told()
        if folder.resource_type == PATIENT and not count:
            yield known_of(one.grant).told()

    async def _versions(self, folder: Folder, at_s: float) -> AsyncIterator[Version]:
        """Everything in a folder as it stood at a moment."""
        after = _FIRST
        while True:
            rows = await self._repo.page(folder.folder_id, after, PAGE)
            for version, (row_id, _, _) in zip(await opened_rows(folder, rows), rows, strict=True):
                then = version if version.at_s <= at_s else await self._then(folder, row_id, at_s)
                if then is not None:
                    yield then
            if len(rows) < PAGE:
                return
            after = rows[-1][0]

    async def _then(self, folder: Folder, row_id: UUID, at_s: float) -> Version | None:
        """A resource as it stood at a moment; None where it was not there yet."""
        rows = await self._repo.history(folder.folder_id, row_id)
        earlier = (one for one in await opened_rows(folder, rows) if one.at_s <= at_s)
        return next(earlier, None)


def _known_as(one: Exported, line: bytes) -> bytes:
    """A resource as its recipient gets it: with the pseudonym wherever the patient's id stands."""
    if one.patient_id is None or one.pseudonym is None:
        return line
    return line.replace(str(one.patient_id).encode(), str(one.pseudonym).encode())
