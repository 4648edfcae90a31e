"""Orders for images, as devices' worklists find them: by day, by number, by patient.

Beside each order lies a row of ``orders_due`` that the broker made and a door wrote in the order's
own transaction. Its tokens are keyed, the day's is one of several, and what a query is
matched against is sealed for the broker alone. (Decision 042.)
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.audit import Kind
from segel.broker.candidates import ACCESSION, PATIENT_ID
from segel.broker.directory import LiveSession
from segel.broker.due_matching import (
    START_DAY,
    Due,
    days_asked,
    days_between,
    matching,
    named,
    too_broad,
)
from segel.broker.errors import MessageBroken
from segel.broker.index import Index
from segel.broker.ledger import Intent
from segel.broker.messages import (
    DueLine,
    DueList,
    DueMark,
    DueMarks,
    DueOrder,
    DueQuery,
    FolderGrant,
    OrderDue,
    PatientNumber,
    Requester,
)
from segel.broker.patients import PatientRow, Patients
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.secrets import BrokerSecrets
from segel.domain.matching import (
    FilterInvalid,
    validate_filters,
)
from segel.domain.records import Interaction

ORDER: Final = "ServiceRequest"
WORKLIST: Final = "ModalityWorklist"
"""What the log says was asked for."""

DAYS_AROUND: Final = 1
"""Days before and after today that are looked through where a query names no day: a night's work,
and the zone that the hospital is in."""

DUE_MAX: Final = 2_000
"""Rows opened for one query: a week of a hospital that makes 300 examinations a day."""

LISTED_MAX: Final = 500
"""Orders in one answer: more of them nobody reads on a device."""

ORDERS_MAX: Final = 500
"""Orders of one transaction: as many as FHIR's door takes entries."""

TEXT_MAX: Final = 64
"""Characters of each value that is kept of an order: what DICOM's longest short string has."""

VALUES_MAX: Final = 8
"""Modalities, or stations, of one order."""

_WRITING: Final = {
    Interaction.CREATE: Permission.RESOURCE_CREATE,
    Interaction.UPDATE: Permission.RESOURCE_UPDATE,
    Interaction.DELETE: Permission.RESOURCE_DELETE,
}
_KINDS: Final = {
    Interaction.CREATE: Kind.CHART_CREATE,
    Interaction.UPDATE: Kind.CHART_UPDATE,
    Interaction.DELETE: Kind.CHART_DELETE,
}


class Worklist:
    """Marks orders as due, and lists those that are, for verified sessions."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        index: Index,
        patients: Patients,
        releases: Releases,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index
        self._patients = patients
        self._releases = releases

    async def mark(
        self, session: LiveSession, asked: Requester, orders: Sequence[OrderDue]
    ) -> DueMarks:
        """The rows of orders that somebody is about to write, and may. Raises Forbidden.

        No key leaves with them. One of a patient whom the hospital does not have leads to nobody.
        """
        if len(orders) > ORDERS_MAX or not all(map(_is_sound, orders)):
            raise MessageBroken("Orders are marked with a day, and a few short values.")
        asker = None
        for interaction in {one.interaction for one in orders}:
            asker = await self._releases.admit(
                session, asked, _WRITING[interaction], _KINDS[interaction], resource=ORDER
            )
        if asker is None:
            return DueMarks(())
        return DueMarks(tuple(self._marked(asker.hospital_id, one) for one in orders))

    async def find(self, session: LiveSession, asked: Requester, query: DueQuery) -> DueList:
        """Whose orders match, of patients who are not hidden; each costs a fifth of an opened one.

        Raises QueryTooBroad, Forbidden, BudgetExhausted.
        """
        try:
            validate_filters(query.filters)
        except FilterInvalid as invalid:  # the doors have looked before
            raise MessageBroken(invalid.what) from None
        asker = await self._releases.admit(
            session, asked, Permission.WORKLIST_READ, Kind.QUERY, resource=ORDER
        )
        due = await self._candidates(asker, query)
        rows = await self._patients.opened(
            asker.hospital_id, asker.hospital, {one.patient_id for one in due}
        )
        hidden = await self._releases.hidden(
            asker,
            Permission.WORKLIST_READ,
            {row.patient_id: row.marked for row in rows},
            resource=ORDER,
        )
        people = {row.patient_id: row.identity for row in rows if row.patient_id not in hidden}
        found = matching(due, people, query)
        started = await self._started(asker.hospital_id, found)
        lines = self._lines(found, rows, started, query)
        if sum(len(line.orders) for line in lines) > LISTED_MAX:
            raise too_broad()
        listed = tuple(line.patient_id for line in lines)
        event = event_for(
            asker, Kind.QUERY, listed=listed, asked=tuple(sorted(query.filters)), detail=WORKLIST
        )
        charge = self._releases.reading(asker, listed, opened=False) if listed else None
        intent = Intent(event, charge=charge)
        await self._releases.commit(session, asked, self._releases.noted(asker, intent))
        return DueList(tuple(lines))

    # --- rows ---------------------------------------------------------------------------------

    def _marked(self, hospital_id: UUID, one: OrderDue) -> DueMark:
        due_id = self._index.due(one.patient_id, one.resource_id)
        if not one.day:
            return DueMark(due_id)
        plain = Due(
            one.patient_id, one.resource_id, one.day, one.accession.strip(), one.study_uid,
            one.modalities, one.stations,
        )  # fmt: skip
        number = (
            self._index.due_number(hospital_id, one.accession)
            if one.accession.strip()
            else self._index.chaff(due_id, 0)
        )
        return DueMark(
            due_id,
            self._index.due_of(one.patient_id),
            self._index.due_day(hospital_id, one.day, due_id),
            number,
            self._secrets.seal_row(due_id, msgspec.msgpack.encode(plain)),
        )

    async def _candidates(self, asker: Asker, query: DueQuery) -> list[Due]:
        """The rows that the most telling key leads to, opened. Raises QueryTooBroad."""
        hospital_id, filters = asker.hospital_id, query.filters
        number, accession = named(filters, PATIENT_ID), named(filters, ACCESSION)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            if number:
                known = await self._patients.numbered(cursor, hospital_id, (PatientNumber(number),))
                column, tokens = "whose", [self._index.due_of(one) for one in known]
            elif accession:
                column, tokens = "number", [self._index.due_number(hospital_id, accession)]
            else:
                today = datetime.fromtimestamp(self._releases.now(), UTC).date()
                around = timedelta(days=DAYS_AROUND)
                days = days_asked(filters.get(START_DAY, "")) or days_between(
                    today - around, today + around
                )
                column, tokens = "day", self._index.due_days(hospital_id, days)
            await cursor.execute(
                f"SELECT due_id, sealed FROM orders_due WHERE {column} = ANY(%b::bytea[])"  # noqa: S608
                " LIMIT %s",
                (tokens, DUE_MAX + 1),
            )
            rows = await cursor.fetchall()
        if len(rows) > DUE_MAX:
            raise too_broad()
        return await asyncio.to_thread(self._opened, rows)

    def _opened(self, rows: Sequence[tuple[UUID, bytes]]) -> list[Due]:
        return [
            msgspec.msgpack.decode(self._secrets.open_row(due_id, sealed), type=Due)
            for due_id, sealed in rows
        ]

    async def _started(self, hospital_id: UUID, due: Iterable[Due]) -> set[UUID]:
        """Those of the orders of which images have arrived: by their study, or their number."""
        studies: dict[bytes, list[Due]] = {}
        numbers: dict[bytes, list[Due]] = {}
        for one in due:
            studies.setdefault(self._index.study(hospital_id, one.study_uid), []).append(one)
            if one.accession:
                token = self._index.accession(hospital_id, one.accession)
                numbers.setdefault(token, []).append(one)
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(
                "SELECT token FROM unique_tokens WHERE token = ANY(%b::bytea[])", (list(studies),)
            )
            found = {
                one.resource_id
                for (token,) in await cursor.fetchall()
                for one in studies[bytes(token)]
            }
            await cursor.execute(
                "SELECT token, patient_id FROM index_tokens WHERE token = ANY(%b::bytea[])",
                (list(numbers),),
            )
            for token, patient_id in await cursor.fetchall():
                # A number that another patient's images have is a mistake, and ends no order.
                found |= {
                    one.resource_id for one in numbers[bytes(token)] if one.patient_id == patient_id
                }
        return found

    def _lines(
        self,
        due: Sequence[Due],
        rows: Iterable[PatientRow],
        started: set[UUID],
        query: DueQuery,
    ) -> list[DueLine]:
        orders: dict[UUID, list[DueOrder]] = {}
        for one in due:
            begun = one.resource_id in started
            if query.started or not begun:
                orders.setdefault(one.patient_id, []).append(DueOrder(one.resource_id, begun))
        return [
            DueLine(row.patient_id, row.identity, self._folder(row), tuple(orders[row.patient_id]))
            for row in rows
            if row.patient_id in orders
        ]

    def _folder(self, row: PatientRow) -> FolderGrant:
        folder_id = self._index.folder(row.patient_id, ORDER)
        return FolderGrant(ORDER, folder_id, row.folder_key(ORDER))


async def forget_due(cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]) -> None:
    """Take the rows of patients who are erased."""
    await cursor.execute(
        "DELETE FROM orders_due WHERE whose = ANY(%b::bytea[])",
        ([index.due_of(one) for one in patients],),
    )


def _is_sound(one: OrderDue) -> bool:
    texts = (one.accession, one.study_uid, *one.modalities, *one.stations)
    return (
        one.interaction in _WRITING
        and (not one.day or (len(one.day) == len("YYYYMMDD") and one.day.isdecimal()))
        and all(len(text) <= TEXT_MAX for text in texts)
        and max(len(one.modalities), len(one.stations)) <= VALUES_MAX
    )
