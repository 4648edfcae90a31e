"""The records of an archive as its doors see them."""

import time
from collections.abc import AsyncIterator
from typing import Any, Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from segel.broker import BrokerClient, Requester
from segel.domain.records import AUDIT_EVENT, SUBSCRIPTION
from segel.imaging import Archive
from segel.records.charts import Charts
from segel.records.copying import bundle
from segel.records.events import Events
from segel.records.exporting import Exports
from segel.records.finding import Finding
from segel.records.linking import Links
from segel.records.model import Version
from segel.records.register import REGISTER_TYPES, Register
from segel.records.repo import Repo
from segel.records.reports import Reports
from segel.records.sheets.repo import SheetRows
from segel.records.sheets.service import Sheets
from segel.records.similar import Wanted, similar
from segel.records.studies import IMAGING_STUDY, Studies
from segel.records.subscriptions import Noting, Subscriptions
from segel.records.transactions import Transactions
from segel.records.worklist import Worklist

Json = dict[str, Any]

BASE: Final = "/fhir"
"""Where FHIR is, below the archive's address."""


class Records:
    """One process' records, over its archive. ``base``: FHIR's address as clients know it."""

    def __init__(self, archive: Archive, pool: AsyncConnectionPool, base: str) -> None:
        self._base = base
        self._broker: BrokerClient = archive.broker
        repo = Repo(pool)
        noting = Noting(archive.broker, base)
        archive.note_by(noting.arriving)
        self.charts = Charts(archive.broker, repo, noting)
        self.studies = Studies(archive.broker, archive)
        self.register = Register(archive.broker)
        self.events = Events(archive.broker)
        self.subscriptions = Subscriptions(archive.broker, base)
        self.finding = Finding(
            archive.broker, self.charts, self.studies, self.register, self.subscriptions
        )
        self.transactions = Transactions(archive.broker, self.charts, base)
        self.reports = Reports(self.charts, self.transactions)
        self.sheets = Sheets(archive.broker, SheetRows(pool), self.transactions, self.charts, base)
        self.exports = Exports(archive.broker, repo)
        self.worklist = Worklist(archive.broker, repo)
        self.links = Links(archive.broker, pool, base.removesuffix(BASE))

    async def read(self, asked: Requester, resource_type: str, resource_id: str) -> Version:
        """A resource of any type that is offered. Raises ResourceUnknown, ResourceGone,
        BrokerError."""
        if resource_type == IMAGING_STUDY:
            return await self.studies.read(asked, resource_id)
        if resource_type in REGISTER_TYPES:
            return await self.register.read(asked, resource_type, resource_id)
        if resource_type == AUDIT_EVENT:
            return await self.events.read(asked, resource_id)
        if resource_type == SUBSCRIPTION:
            return await self.subscriptions.read(asked, resource_id)
        return await self.charts.read(asked, resource_type, resource_id)

    async def copy_of(self, asked: Requester, patient_id: UUID) -> AsyncIterator[bytes]:
        """The asking patient's whole record as a FHIR Bundle, in pieces, to be taken along.

        Raises ResourceUnknown, BrokerError, before the first piece; later what a broken object or
        a full folder raises.
        """
        return bundle(await self.finding.copy_of(asked, patient_id), self._base, time.time())

    async def match(self, asked: Requester, wanted: Wanted) -> list[Json]:
        """Who may be somebody. Raises QueryTooBroad, BrokerError."""
        return await similar(self._broker, asked, wanted)

    async def require_session(self, asked: Requester) -> None:
        """Return for somebody who is signed in. Raises TokenInvalid, Frozen."""
        await self._broker.session_of(asked)
