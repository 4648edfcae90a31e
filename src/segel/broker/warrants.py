"""Warrants: asked for by an incident officer, approved by two, used batch by batch, and ended.

Nothing is answered before it is counted: the counts, who was recognised, and the log's entry are
one transaction of the ledger's, which holds for every broker. Whoever finds the counts changed by
another broker reads them and counts again. A broker that ends in between has counted and not
answered; the batch, sent again, is answered and not counted (decision 063).
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.approval_rules import Approval, Subject
from segel.broker.approvals import Approvals, Concern, Matter
from segel.broker.audit import Kind
from segel.broker.case_rows import OpenCaseRow
from segel.broker.case_rules import number_of, require_open
from segel.broker.cases import Cases, Deed, by_broker
from segel.broker.decoys import DecoyMarks
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import BrokerUnavailable, CaseUnclear, WarrantOver
from segel.broker.ledger import Intent, Ledger
from segel.broker.matchers import Matchers
from segel.broker.matching_pictures import MatchingPictures
from segel.broker.matching_records import MatchingRecords
from segel.broker.messages import (
    ApprovalKind,
    AskWarrant,
    CloseWarrant,
    MatchPictures,
    MatchRows,
    PictureAnswers,
    Requester,
    RevokeWarrant,
    RowAnswers,
    WarrantLine,
    WarrantList,
    WarrantState,
)
from segel.broker.policy import Permission
from segel.broker.races import ChangedMeanwhile
from segel.broker.reasons import checked_reason
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.warrant_batches import A, Batch, PictureBatch, RowBatch
from segel.broker.warrant_rows import (
    BatchItem,
    WarrantRow,
    WarrantRows,
    joined,
    pseudonyms_of,
    split,
    unknown,
)
from segel.broker.warrant_rules import Batch as Counted
from segel.broker.warrant_rules import (
    WarrantRecord,
    checked_terms,
    counted,
    line_of,
    require_slow,
    uncounted,
)
from segel.broker.warrant_rules import require_open as require_answering
from segel.domain.cases import Happening
from segel.domain.roles import Role
from segel.sealing.pseudonyms import Pseudonyms

ATTEMPTS_MAX: Final = 5
NAMED_MAX: Final = 400
"""Characters of hospitals' codes, in what approvers see."""
ANSWERED_AGAIN: Final = frozenset({WarrantState.OPEN, WarrantState.USED_UP})
"""States in which a batch that was counted is answered again: its answer may have been lost."""


class Warrants:
    """What officers do with warrants: of the organisation that answers for the archive over every
    hospital, of others over their own patients. ``bounded``: not in a drill that has to see its
    attack succeed."""

    def __init__(
        self,
        cases: Cases,
        rows: WarrantRows,
        approvals: Approvals,
        releases: Releases,
        directory: Directory,
        ledger: Ledger,
        alerts: Alerts,
        marks: DecoyMarks,
        register: MatchingRecords,
        pictures: MatchingPictures,
        matchers: Matchers,
        *,
        bounded: bool = True,
    ) -> None:
        self._cases = cases
        self._rows = rows
        self._approvals = approvals
        self._releases = releases
        self._directory = directory
        self._ledger = ledger
        self._alerts = alerts
        self._marks = marks
        self._register = register
        self._pictures = pictures
        self._matchers = matchers
        self._bounded = bounded

    def matter(self) -> Matter:
        """A warrant is asked for here alone, and opened by the approval that was missing."""
        return Matter(_asked_elsewhere, effect=self._approve)

    # --- asking -------------------------------------------------------------------------------

    async def ask(self, asked: AskWarrant) -> UUID:
        """Ask for a warrant; its id. Raises CaseUnclear, CaseOver, ReasonMissing."""
        asker = await self._cases.officer(asked.requester, Permission.LEAK_MATCH)
        opened = await self._cases.found(asker, asked.case_id)
        require_open(opened.row.record)
        checked_terms(asked.rows, asked.people, asked.rows_an_hour, asked.hours)
        warrant_id = self._rows.batch_id(asked.case_id, asked.nonce)
        if any(one.warrant_id == warrant_id for one in await self._rows.of_case(asked.case_id)):
            return warrant_id
        hospitals = await self._scope(asker, asked.hospitals)
        record = WarrantRecord(
            case_id=asked.case_id,
            hospital_id=asker.hospital_id,
            hospitals=tuple(hospitals),
            reason=checked_reason(asked.reason),
            by=asker.session.claims.account_id,
            asked_s=self._ledger.now(),
            hours=asked.hours,
            rows_max=asked.rows,
            people_max=asked.people,
            rows_an_hour=asked.rows_an_hour or asked.rows,
            few_columns=asked.few_columns,
        )
        subject = _subject(record, list(hospitals.values()))
        concern = Concern(asker.hospital_id, subject, Permission.LEAK_MATCH)

        async def insert(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.insert(cursor, warrant_id, record)

        await self._approvals.request(
            asker.session,
            asked.requester,
            ApprovalKind.WARRANT,
            subject,
            record.reason,
            concern=concern,
            made=(warrant_id, insert),
        )
        proven = f"rows {record.rows_max} people {record.people_max} hours {record.hours}"
        deed = Deed(Happening.WARRANT_ASKED, record.reason, warrant_id, proven)
        await self._cases.change(asker, asked.case_id, deed)
        return warrant_id

    async def _scope(self, asker: Asker, codes: Sequence[str]) -> dict[UUID, str]:
        """The hospitals that are meant, by id. Raises CaseUnclear."""
        hospitals = await self._directory.hospitals()
        everybody = {one: record.code for one, record in hospitals.items()}
        own = {asker.hospital_id: everybody[asker.hospital_id]}
        may = everybody if hospitals[asker.hospital_id].answers else own
        wanted = {one.strip().casefold() for one in codes}
        found = {one: code for one, code in may.items() if not wanted or code.casefold() in wanted}
        if len(found) < len(wanted) or not found:
            raise CaseUnclear(
                "One of these hospitals is not there, or its patients are not yours to compare.",
                field="hospitals",
                remedy="Leave it out for all that may be compared.",
            )
        return found

    async def _approve(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval
    ) -> None:
        record = await self._rows.held(cursor, approval_id)
        approved = msgspec.structs.replace(record, approved_s=approval.used_s)
        await self._rows.write(cursor, approval_id, approved)

    # --- showing ------------------------------------------------------------------------------

    async def listed(self, requester: Requester, case_id: UUID) -> WarrantList:
        """A case's warrants. Raises CaseUnknown."""
        asker = await self._cases.officer(requester)
        await self._cases.found(asker, case_id)
        await self._cases.log(asker, case_id, None)
        rows = await self._rows.of_case(case_id)
        lines = [await self._line(asker, one) for one in rows]
        return WarrantList(lines, await self._register.missing(), *await self._pictures.waiting())

    async def show(self, requester: Requester, warrant_id: UUID) -> WarrantLine:
        """One warrant. Raises WarrantUnknown."""
        asker = await self._cases.officer(requester)
        row = await self._rows.one(warrant_id, asker.hospital_id)
        await self._cases.log(asker, row.record.case_id, None)
        return await self._line(asker, row)

    async def _line(self, asker: Asker, row: WarrantRow) -> WarrantLine:
        record = row.record
        hospitals = await self._directory.hospitals()
        oversees = asker.session.account.role is Role.DATA_PROTECTION_OFFICER
        return line_of(
            row.warrant_id,
            record,
            await self._state(row),
            tuple(hospitals[one].code for one in record.hospitals if one in hospitals),
            (await self._cases.names([record.by])).get(record.by, ""),
            tells_decoys=oversees or record.ended is WarrantState.CLOSED,
        )

    async def _state(self, row: WarrantRow) -> WarrantState:
        asked = await self._approvals.state_of(row.warrant_id)
        return row.record.state(asked, self._ledger.now())

    # --- ending -------------------------------------------------------------------------------

    async def revoke(self, asked: RevokeWarrant) -> WarrantLine:
        """End a warrant at once. Raises WarrantOver, ReasonMissing."""
        asker = await self._cases.officer(asked.requester)
        reason = checked_reason(asked.reason)
        return await self._end(asker, asked.warrant_id, WarrantState.REVOKED, reason)

    async def close(self, asked: CloseWarrant) -> WarrantLine:
        """The comparing is done. Raises WarrantOver."""
        asker = await self._cases.officer(asked.requester, Permission.LEAK_MATCH)
        return await self._end(asker, asked.warrant_id, WarrantState.CLOSED, "")

    async def _end(
        self, asker: Asker, warrant_id: UUID, how: WarrantState, reason: str
    ) -> WarrantLine:
        row = await self._rows.one(warrant_id, asker.hospital_id)
        after: list[WarrantRecord] = []

        async def write(cursor: psycopg.AsyncCursor, _: OpenCaseRow) -> None:
            record = await self._rows.held(cursor, warrant_id)
            # What is used up may still be closed: that is when its decoys are counted.
            if record.ended not in (None, WarrantState.USED_UP):
                raise WarrantOver("The warrant is over already.")
            after[:] = [record.over(how, self._ledger.now_s)]
            await self._rows.write(cursor, warrant_id, after[0])

        deed = Deed(Happening.WARRANT_ENDED, reason, warrant_id, how.value)
        await self._cases.change(asker, row.record.case_id, deed, write=write, of_closed=True)
        await self._matchers.end(warrant_id)
        return await self._line(asker, WarrantRow(warrant_id, after[0]))

    async def look(self) -> int:
        """End matchers that nobody uses, and warrants whose time is over; how many."""
        ended = await self._matchers.end_idle()
        for row in await self._rows.going():
            state = await self._state(row)
            if state in (WarrantState.OPEN, WarrantState.ASKED):
                continue
            await self._matchers.end(row.warrant_id)
            await self._over(row, state)
            ended += 1
        for warrant_id in self._matchers.warrants():
            found = await self._rows.known(warrant_id)
            if found is None or found.record.ended is not None:  # another broker ended it
                await self._matchers.end(warrant_id)
        return ended

    async def _over(self, row: WarrantRow, how: WarrantState) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            record = await self._rows.held(cursor, row.warrant_id)
            if record.ended is None:
                over = record.over(how, self._ledger.now_s)
                await self._rows.write(cursor, row.warrant_id, over)

        what = f"{Happening.WARRANT_ENDED} {row.warrant_id} {how}"
        event = by_broker(row.record.case_id, row.record.hospital_id, what)
        await self._ledger.commit(Intent(event, apply=apply, branch=row.record.case_id))

    # --- comparing ----------------------------------------------------------------------------

    async def match(self, asked: MatchRows) -> RowAnswers:
        """Compare rows. Raises WarrantOver, WarrantTooFast, CaseUnclear, BrokerUnavailable."""
        asker = await self._cases.officer(asked.requester, Permission.LEAK_MATCH)
        row = await self._rows.one(asked.warrant_id, asker.hospital_id)
        few = row.record.few_columns or not self._bounded
        batch = RowBatch(asked.rows, few=few, chance=asked.chance)
        return await self._compared(asker, asked.warrant_id, asked.batch, batch)

    async def match_pictures(self, asked: MatchPictures) -> PictureAnswers:
        """Compare pictures. Raises as ``match`` does."""
        asker = await self._cases.officer(asked.requester, Permission.LEAK_MATCH)
        await self._rows.one(asked.warrant_id, asker.hospital_id)
        batch = PictureBatch(asked.pictures)
        return await self._compared(asker, asked.warrant_id, asked.batch, batch)

    async def _compared(self, asker: Asker, warrant_id: UUID, number: UUID, batch: Batch[A]) -> A:
        async with self._matchers.turn(warrant_id):
            row = await self._rows.one(warrant_id, asker.hospital_id)
            opened = await self._cases.found(asker, row.record.case_id)
            require_open(opened.row.record)
            state = await self._state(row)
            item_id = self._rows.batch_id(row.warrant_id, number)
            before = await self._rows.batch(opened, item_id)
            digest = hashlib.sha256(batch.body).digest()
            if before is not None and before.digest != digest:
                raise CaseUnclear("Another batch has this id.", field="batch")
            if before is None or state not in ANSWERED_AGAIN:
                require_answering(state)
                if self._bounded:
                    rows = min(batch.count, _left(row.record))
                    require_slow(row.record, rows, self._ledger.now())
            await self._open(asker, row)
            if isinstance(batch, PictureBatch):
                await self._open_pictures(asker, row)
            if await batch.compare(self._matchers, row.warrant_id) != batch.count:
                raise BrokerUnavailable("The matcher read something else than was sent.")
            codes = pseudonyms_of(opened, row.warrant_id)
            if before is not None:
                return batch.answer(codes, before.answered, row.record, state)
            return await self._counted(asker, opened, row, item_id, digest, batch, codes)

    async def answering(
        self, requester: Requester, warrant_id: UUID
    ) -> tuple[Asker, WarrantRow, OpenCaseRow]:
        """A warrant under which something may still be asked of whom it recognised, and its case.
        Raises WarrantUnknown, WarrantOver, CaseOver."""
        asker = await self._cases.officer(requester, Permission.LEAK_MATCH)
        row = await self._rows.one(warrant_id, asker.hospital_id)
        opened = await self._cases.found(asker, row.record.case_id)
        require_open(opened.row.record)
        state = await self._state(row)
        if state not in ANSWERED_AGAIN:
            require_answering(state)
        return asker, row, opened

    async def recognised(self, opened: OpenCaseRow, row: WarrantRow) -> frozenset[bytes]:
        """The pseudonyms of everybody whom a warrant recognised."""
        async with self._matchers.turn(row.warrant_id):
            if self._matchers.is_open(row.warrant_id):
                return frozenset(await self._known(opened, row))
        ids = await self._ever(opened, row.warrant_id)
        return frozenset(split(pseudonyms_of(opened, row.warrant_id).of(joined(list(ids)))))

    async def recognised_ever(
        self, asker: Asker, opened: OpenCaseRow, warrant_id: UUID
    ) -> frozenset[bytes]:
        """The ids of everybody whom a warrant of the case recognised, be it over or not. They stay
        with the broker. Raises WarrantUnknown."""
        row = await self._rows.one(warrant_id, asker.hospital_id)
        if row.record.case_id != opened.row.case_id:
            raise unknown()
        return await self._ever(opened, warrant_id)

    async def _ever(self, opened: OpenCaseRow, warrant_id: UUID) -> frozenset[bytes]:
        found = await self._rows.batches(opened, warrant_id)
        return frozenset(one for batch in found for one in split(batch.patients))

    async def _open(self, asker: Asker, row: WarrantRow) -> None:
        """Have the register open for a warrant: written down before any of its keys is."""
        if self._matchers.is_open(row.warrant_id):
            return
        await self._matchers.make_room()
        self._matchers.require_room()
        words = (
            f"case {row.record.case_id} warrant {row.warrant_id} register opened, hospitals"
            f" {len(row.record.hospitals)}"
        )
        intent = Intent(event_for(asker, Kind.MATCH, detail=words), branch=row.record.case_id)
        await self._releases.commit(asker.session, asker.requester, intent)
        hospitals = await self._directory.hospitals()
        names = {
            one: (hospitals[one].code, hospitals[one].name)
            for one in row.record.hospitals
            if one in hospitals
        }
        await self._matchers.open(row.warrant_id, names)

    async def _open_pictures(self, asker: Asker, row: WarrantRow) -> None:
        """Have the pictures in it, too: written down before any of them is opened."""
        if self._matchers.has_pictures(row.warrant_id):
            return
        words = f"case {row.record.case_id} warrant {row.warrant_id} pictures opened"
        intent = Intent(event_for(asker, Kind.MATCH, detail=words), branch=row.record.case_id)
        await self._releases.commit(asker.session, asker.requester, intent)
        await self._matchers.open_pictures(row.warrant_id)

    async def _counted(
        self,
        asker: Asker,
        opened: OpenCaseRow,
        row: WarrantRow,
        item_id: UUID,
        digest: bytes,
        sent: Batch[A],
        codes: Pseudonyms,
    ) -> A:
        """Count a batch, and answer it. Raises WarrantOver, WarrantTooFast."""
        recognised = await asyncio.to_thread(sent.recognised, self._marks, codes)
        for _ in range(ATTEMPTS_MAX):
            known = await self._known(opened, row)
            now_s = self._ledger.now()
            count_as = counted if self._bounded else uncounted
            batch = count_as(
                row.record, sent.count, recognised, known, now_s, is_telling=sent.is_telling
            )
            item = BatchItem(
                row.warrant_id,
                batch.record.batches,
                digest,
                batch.answered,
                codes.ids(joined(batch.new)),
            )
            try:
                await self._write(asker, opened, row, item_id, item, batch, sent.what)
            except ChangedMeanwhile:
                row = await self._rows.one(row.warrant_id, asker.hospital_id)
                require_answering(await self._state(row))
                continue
            known.update(batch.new)
            self._matchers.counted(row.warrant_id, batch.record.batches)
            if batch.record.ended is WarrantState.TRIPPED:
                await self._matchers.end(row.warrant_id)
                require_answering(WarrantState.TRIPPED)
            state = batch.record.ended or WarrantState.OPEN
            return sent.answer(codes, batch.answered, batch.record, state)
        raise BrokerUnavailable("It is used faster than it can be counted.", remedy="Try again.")

    async def _known(self, opened: OpenCaseRow, row: WarrantRow) -> set[bytes]:
        """Who was recognised before, as of the row's count of batches."""
        known, number = self._matchers.known(row.warrant_id)
        if number != row.record.batches:
            codes = pseudonyms_of(opened, row.warrant_id)
            for one in await self._rows.batches(opened, row.warrant_id):
                if one.number > number:
                    known.update(split(codes.of(one.patients)))
            self._matchers.counted(row.warrant_id, row.record.batches)
        return known

    async def _write(
        self,
        asker: Asker,
        opened: OpenCaseRow,
        row: WarrantRow,
        item_id: UUID,
        item: BatchItem,
        batch: Counted,
        what: str,
    ) -> None:
        """Have a batch counted, logged, and told of where it trips. Raises ChangedMeanwhile."""
        tripped = batch.record.ended is WarrantState.TRIPPED

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            held = await self._rows.held(cursor, row.warrant_id)
            if held != row.record:
                raise ChangedMeanwhile
            await self._rows.write(cursor, row.warrant_id, batch.record)
            await self._rows.put_batch(cursor, opened, item_id, item)

        after = batch.record
        words = (
            f"case {after.case_id} warrant {row.warrant_id} batch {after.batches}: {what}"
            f" {batch.answered}, recognised {len(batch.new)}, in all {after.rows} rows and"
            f" {after.people} people"
        )
        if tripped:
            words += ", tripped"
        event = event_for(asker, Kind.MATCH, detail=words)
        intent = Intent(event, apply=apply, branch=after.case_id)
        if batch.trips or tripped:
            alert = Alert(
                AlertKind.WARRANT_TRIPPED if tripped else AlertKind.WARRANT_DECOY,
                after.hospital_id,
                account_id=asker.session.claims.account_id,
                subject_id=after.case_id,
                detail=number_of(after.case_id),
            )
            intent = self._alerts.raised_with(intent, alert)
        await self._releases.commit(asker.session, asker.requester, intent)


def _subject(record: WarrantRecord, codes: list[str]) -> dict[str, str]:
    """What is agreed to, briefly: of more hospitals than fit, their number."""
    named = ", ".join(sorted(codes))
    return {
        "case": number_of(record.case_id),
        "hospitals": named if len(named) <= NAMED_MAX else str(len(codes)),
        "rows": str(record.rows_max),
        "people": str(record.people_max),
        "rows_an_hour": str(record.rows_an_hour),
        "hours": str(record.hours),
        "columns": "few" if record.few_columns else "many",
    }


def _left(record: WarrantRecord) -> int:
    return record.rows_max - record.rows


async def _asked_elsewhere(session: LiveSession, subject: Subject) -> Concern:
    del session, subject
    raise CaseUnclear(
        "A warrant is asked for in its case.", remedy="segel leak warrant ask CASE --help"
    )
