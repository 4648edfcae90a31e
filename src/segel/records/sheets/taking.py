"""Rows taken into charts, each as one transaction, and taken out again.

What an import writes says in ``meta.source`` by which import it was written. So a row that is taken
again, after a crash or from the same file, is recognised; and an import that is undone leaves alone
whatever somebody has changed since.
"""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from segel.broker import Requester
from segel.broker import errors as broker
from segel.domain.records import PATIENT
from segel.domain.sheet_fields import Field
from segel.records.charts import Charts
from segel.records.errors import ChartFull, ManyMatches, ResourceUnknown
from segel.records.hl7 import MessageRefused
from segel.records.hl7.coding import Json
from segel.records.hl7.keeping import LATER, kept, writes_in
from segel.records.model import CHANGED, TAKEN_OUT, Version
from segel.records.r4 import ResourceInvalid
from segel.records.search import QueryInvalid
from segel.records.sheets.drawers import Outcome, Undone
from segel.records.sheets.errors import Wrong
from segel.records.sheets.messages import bundle_of
from segel.records.sheets.rows import Result, in_patients
from segel.records.transactions import Transactions

AT_ONCE: Final = 4
"""Patients whose rows are taken at the same time: the log commits them together."""

_URN: Final = "urn:uuid:"
TAKEN, THERE, REFUSED = "taken", "there", "refused"

_FIELDS: Final = {
    "PID-3": Field.NIK,
    "PID-5": Field.NAME,
    "PID-7": Field.BIRTH,
    "OBR-3": Field.SPECIMEN,
    "OBR-7": Field.COLLECTED,
    "OBR-22": Field.RESULTED,
    "OBX-5": Field.RESULT,
    "OBX-6": Field.UNIT,
    "OBX-7": Field.REFERENCE,
    "SPM-2": Field.SPECIMEN,
}
"""What a place in the message was made of."""


def source_of(import_id: UUID) -> str:
    """How what an import writes says so (R4 § Meta.source)."""
    return import_id.urn


class Taking:
    """Writes results for requesters whom the broker has not yet verified."""

    def __init__(self, transactions: Transactions, charts: Charts, base: str) -> None:
        self._transactions = transactions
        self._charts = charts
        self._base = base

    async def take(
        self,
        asked: Requester,
        import_id: UUID,
        hospital: tuple[UUID, str],
        results: Sequence[Result],
    ) -> tuple[list[Outcome], Exception | None]:
        """What became of rows; of those that are missing, why nobody knows yet: then they are
        taken again later, and nothing is doubled."""
        turns = asyncio.Semaphore(AT_ONCE)
        outcomes: list[Outcome] = []
        failed: list[Exception] = []

        async def of_one_patient(rows: list[Result]) -> None:
            async with turns:
                for row in rows:  # in their order: a later row may correct an earlier one
                    if failed:
                        return
                    try:
                        outcomes.append(await self._take(asked, import_id, hospital, row))
                    except LATER as error:
                        failed.append(error)

        await asyncio.gather(*map(of_one_patient, in_patients(tuple(results))))
        return sorted(outcomes, key=lambda one: one.row), failed[0] if failed else None

    async def _take(
        self, asked: Requester, import_id: UUID, hospital: tuple[UUID, str], row: Result
    ) -> Outcome:
        source = source_of(import_id)
        try:
            bundle = bundle_of(row, *hospital)
            for one in bundle["entry"]:
                if one["resource"]["resourceType"] != PATIENT:
                    one["resource"]["meta"] = {"source": source}
            writes = writes_in(self._transactions, bundle, self._base)
            written = await kept(self._transactions, asked, writes)
        except MessageRefused as refused:
            return _refused(row, _field_of(refused), Wrong.UNREADABLE)
        except (ManyMatches, broker.AlreadyExists):
            return _refused(row, Field.NIK, Wrong.OTHER_PERSON)
        except broker.RecordsErased:
            return _refused(row, Field.NIK, Wrong.ERASED)
        except (ResourceInvalid, QueryInvalid, ChartFull):
            return _refused(row, Field.RESULT, Wrong.UNREADABLE)
        ours = [one.version for one in written if _source(one.version) == source]
        registered = any(one.made and one.version.resource_type == PATIENT for one in written)
        places = tuple(one.place for one in ours)
        return Outcome(row.row, TAKEN if ours else THERE, places, registered)

    async def undo(
        self, asked: Requester, import_id: UUID, outcomes: Sequence[Outcome]
    ) -> list[Undone]:
        """Take out what some rows brought, or bring back what it replaced, where nobody has changed
        it since. Said again, it changes nothing more."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def of_one_row(outcome: Outcome) -> Undone:
            async with turns:
                return await self._undo_row(asked, import_id, outcome)

        return list(await asyncio.gather(*map(of_one_row, outcomes)))

    async def _undo_row(self, asked: Requester, import_id: UUID, outcome: Outcome) -> Undone:
        out = back = 0
        left: list[str] = []
        for place in reversed(outcome.places):  # the report first, which refers to the others
            kind, _, resource_id = place.partition("/")
            try:
                became = await self._undo(asked, source_of(import_id), kind, resource_id)
            except ResourceUnknown:  # the patient was erased
                continue
            out += became == TAKEN_OUT
            back += became == CHANGED
            left += [place] if not became else []
        return Undone(outcome.row, out, back, tuple(left))

    async def _undo(self, asked: Requester, source: str, kind: str, resource_id: str) -> str:
        folder, versions = await self._charts.history_to_take_out(asked, kind, resource_id)
        newest = versions[0]
        at = next((at for at, one in enumerate(versions) if _source(one) == source), None)
        if at is None:
            return ""
        body = _before(versions[at:], source)
        if at > 0:  # something came after: an undoing that was broken off, or somebody's change
            done = newest.resource == body and at == 1
            return (TAKEN_OUT if body is None else CHANGED) if done else ""
        method = TAKEN_OUT if body is None else CHANGED
        number = newest.number + 1
        plan = self._charts.planned(folder, UUID(resource_id), number, method, body)
        await self._charts.commit(asked, [plan])
        return method


def _before(versions: Sequence[Version], source: str) -> Json | None:
    """What there was before an import, of versions of which the newest is the import's; None where
    there was nothing. What another import put there for a while, and its undoing took away again,
    was not what there was."""
    ours = versions[0].resource
    for at, one in enumerate(versions):
        if _source(one) == source:
            continue
        was_undone = _source(one).startswith(_URN) and any(
            older.resource == ours for older in versions[at:]
        )
        if not was_undone:
            return one.resource
    return None


def _source(version: Version) -> str:
    meta = (version.resource or {}).get("meta", {})
    return str(meta.get("source", ""))


def _field_of(refused: MessageRefused) -> Field:
    place = refused.location
    return _FIELDS.get(f"{place.segment}-{place.field}", Field.RESULT)


def _refused(row: Result, field: Field, wrong: Wrong) -> Outcome:
    return Outcome(row.row, REFUSED, field=field.value, wrong=wrong.word)
