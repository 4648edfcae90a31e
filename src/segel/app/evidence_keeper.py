"""The console's ``Evidence`` over the files of cases, and what is examined of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog

from segel.app.leak_examining import corrections_of, examine_case
from segel.broker import BrokerClient, Requester
from segel.broker.errors import CaseOver
from segel.broker.messages import CaseView
from segel.console.ports import Examining
from segel.domain.cases import ObjectKind
from segel.domain.errors import SegelError
from segel.leaks.cases import CaseStore
from segel.leaks.examining import Corrections, Progress
from segel.store.objects import ObjectStore

TIDY_S: Final = 3_600.0

log = structlog.get_logger()


@dataclass(slots=True)
class _Job:
    """An examination under way, or the last one of its case in this process."""

    progress: Progress
    hospital_id: UUID | None
    task: asyncio.Task[None] | None = None
    code: str = ""


class EvidenceKeeper:
    """Seals what comes as evidence of a case, and examines it in the background.

    An examination lives in this process: where that ends, nothing of it is kept, and it is begun
    again. What it had compared stays counted by its warrant.
    """

    def __init__(self, broker: BrokerClient, objects: ObjectStore) -> None:
        self._broker = broker
        self._objects = objects
        self._store = CaseStore(broker.cases, objects)
        self._jobs: dict[UUID, _Job] = {}

    async def add(
        self,
        requester: Requester,
        case_id: UUID,
        name: str,
        source: str,
        stream: AsyncIterator[bytes],
    ) -> UUID:
        """Seal a stream as evidence; its id."""
        return await self._store.put(
            requester, case_id, ObjectKind.EVIDENCE, name, stream, source=source
        )

    async def examine(
        self, requester: Requester, hospital_id: UUID | None, case_id: UUID, warrant_id: UUID
    ) -> None:
        """Begin. Raises CaseOver where one is under way."""
        await self._broker.warrants.show(requester, warrant_id)  # refuses whoever may not
        job = self._jobs.get(case_id)
        if job is not None and job.task is not None and not job.task.done():
            raise CaseOver("This case's evidence is being examined.", remedy="Wait for its end.")
        job = _Job(Progress(), hospital_id)
        job.task = asyncio.create_task(self._run(job, requester, case_id, warrant_id))
        self._jobs[case_id] = job

    async def corrections(self, requester: Requester, view: CaseView) -> tuple[Corrections, int]:
        """What officers know better than the sample says, and its version."""
        return await corrections_of(self._broker, requester, view)

    def examining(self, case_id: UUID, hospital_id: UUID | None) -> Examining | None:
        """How an organisation's last examination of a case stands, since the start."""
        job = self._jobs.get(case_id)
        if job is None or job.task is None or job.hospital_id != hospital_id:
            return None
        one = job.progress
        return Examining(
            is_over=job.task.done(),
            code=job.code,
            files=one.files,
            bytes_read=one.bytes_read,
            rows=one.rows,
            compared=one.compared,
            pictures=one.pictures,
            pictures_known=one.pictures_known,
        )

    async def tidy(self) -> None:
        """Take away what was broken off or destroyed, again and again until cancelled."""
        while True:
            try:
                await self._store.sweep()
            except (SegelError, OSError) as failure:
                # Another gateway may have been quicker; nothing is lost by an hour more.
                log.warning("files of cases not swept", kind=type(failure).__name__)
            await asyncio.sleep(TIDY_S)

    async def _run(self, job: _Job, requester: Requester, case_id: UUID, warrant_id: UUID) -> None:
        try:
            await examine_case(
                self._broker, self._objects, requester, case_id, warrant_id, job.progress
            )
        except SegelError as failure:
            job.code = failure.code
            log.warning("examination broken off", code=failure.code)
        except Exception as failure:
            job.code = "internal"
            log.warning("examination broken off", kind=type(failure).__name__)  # never its words
