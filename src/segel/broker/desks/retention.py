"""The desk where a hospital's officers plan and begin destruction runs, and place holds."""

import re
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker import messages as m
from segel.broker.approvals import Approvals
from segel.broker.audit import Kind
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.destruction_runs import DestructionRuns
from segel.broker.directory import Directory, LiveSession
from segel.broker.erasure import REFERENCE
from segel.broker.errors import Frozen, HeldBack, RunRefused
from segel.broker.folders import Apply
from segel.broker.holds import Hold, HoldRecord, Holds
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.messages import ApprovalKind
from segel.broker.policy import Permission, authorise
from segel.broker.reasons import checked_reason
from segel.broker.registry import Registry
from segel.broker.releases import event_of
from segel.broker.retention_rules import Run, RunRecord, RunState, matter
from segel.broker.run_rows import RunRows

UNDER_WAY: Final = (RunState.COUNTING, RunState.RUNNING, RunState.DESTROYED)


class RetentionDesk:
    """Answers for the asking account's own hospital."""

    def __init__(
        self,
        sessions: Sessions,
        directory: Directory,
        registry: Registry,
        runs: DestructionRuns,
        rows: RunRows,
        holds: Holds,
        approvals: Approvals,
        ledger: Ledger,
        retention_years: int,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._registry = registry
        self._runs = runs
        self._rows = rows
        self._holds = holds
        self._approvals = approvals
        self._ledger = ledger
        self._years = retention_years

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.PlanDestruction, self._plan),
            Offer(m.ListRuns, self._list),
            Offer(m.ReportRetention, self._report_all, OPERATOR_ONLY),
            Offer(m.ShowRun, self._show),
            Offer(m.AskDestruction, self._ask),
            Offer(m.BeginDestruction, self._begin),
            Offer(m.GiveUpRun, self._give_up),
            Offer(m.CertifyRun, self._certify),
            Offer(m.PlaceHold, self._place),
            Offer(m.EndHold, self._end),
            Offer(m.ListHolds, self._list_holds),
        ]

    # --- runs ---------------------------------------------------------------------------------

    async def _plan(self, asked: m.PlanDestruction) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        for one in await self._rows.of_hospital(hospital_id):
            if one.state in UNDER_WAY:
                raise RunRefused(
                    f"A run is under way: {one.run_id} is {_word(one.state)}.",
                    remedy=f"segel retention show {one.run_id}",
                )
        now_s = self._ledger.now()
        record = RunRecord(
            asked_by=session.claims.account_id,
            asked_s=now_s,
            years=self._years,
            today=f"{datetime.fromtimestamp(now_s, UTC):%Y-%m-%d}",
        )
        run = Run(uuid4(), hospital_id, RunState.COUNTING, record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.insert(cursor, run)

        await self._log(session, asked.requester, f"destruction run {run.run_id} asked for", apply)
        self._runs.wake()
        return await self._report(run)

    async def _list(self, asked: m.ListRuns) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        runs = await self._rows.of_hospital(hospital_id)
        return m.RunList(self._years, [await self._report(one) for one in runs])

    async def _report_all(self, asked: m.ReportRetention) -> m.Reply:
        newest: dict[UUID, Run] = {}
        for run in await self._rows.in_state(*RunState):
            known = newest.get(run.hospital_id)
            if known is None or known.record.asked_s < run.record.asked_s:
                newest[run.hospital_id] = run
        reports = [await self._report(one) for one in newest.values()]
        return m.RunList(self._years, sorted(reports, key=lambda one: one.hospital))

    async def _show(self, asked: m.ShowRun) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        return await self._report(await self._rows.one(hospital_id, asked.run_id))

    async def _ask(self, asked: m.AskDestruction) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        run = await self._rows.one(hospital_id, asked.run_id)
        self._require_planned(run)
        approval_id = await self._approvals.request(
            session, asked.requester, ApprovalKind.DESTRUCTION, matter(run), asked.reason
        )
        record = msgspec.structs.replace(run.record, approval_id=approval_id)
        run = msgspec.structs.replace(run, record=record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._move_on(cursor, run, RunState.PLANNED)

        await self._log(session, asked.requester, f"destruction run {run.run_id} put up", apply)
        return await self._report(run)

    async def _begin(self, asked: m.BeginDestruction) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        planned = await self._rows.one(hospital_id, asked.run_id)
        if planned.state in (RunState.RUNNING, RunState.DESTROYED, RunState.COMPLETE):
            return await self._report(planned)  # it was begun, and the answer was lost
        self._require_planned(planned)
        approval_id, begun = planned.record.approval_id, planned
        if approval_id is None:
            raise RunRefused(
                "Nobody was asked to agree to this run.",
                remedy=f"segel retention ask {planned.run_id}",
            )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            nonlocal begun
            approval = await self._approvals.consume(
                cursor, approval_id, ApprovalKind.DESTRUCTION, matter(planned)
            )
            record = msgspec.structs.replace(
                planned.record,
                approved_by=[one.by for one in approval.decisions],
                begun_by=session.claims.account_id,
                begun_s=self._ledger.now_s,
            )
            begun = msgspec.structs.replace(planned, state=RunState.RUNNING, record=record)
            self._runs.require_free(begun)
            await self._move_on(cursor, begun, RunState.PLANNED)

        await self._log(session, asked.requester, f"destruction run {begun.run_id} begun", apply)
        self._runs.wake()
        return await self._report(begun)

    async def _give_up(self, asked: m.GiveUpRun) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        run = await self._rows.one(hospital_id, asked.run_id)
        self._require_planned(run)
        over = msgspec.structs.replace(run, state=RunState.GIVEN_UP)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._move_on(cursor, over, RunState.PLANNED)

        await self._log(session, asked.requester, f"destruction run {run.run_id} given up", apply)
        return await self._report(over)

    async def _certify(self, asked: m.CertifyRun) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        run = await self._rows.one(hospital_id, asked.run_id)
        if not run.record.certificate:
            raise RunRefused(
                f"The run is not complete: {_word(run.state)}.",
                remedy=f"segel retention show {run.run_id}",
            )
        return m.RunCertificate(run.record.certificate)

    def _require_planned(self, run: Run) -> None:
        if run.state is not RunState.PLANNED:
            raise RunRefused(
                f"This run is {_word(run.state)}.", remedy=f"segel retention show {run.run_id}"
            )
        if not run.record.schedule.due:
            raise RunRefused(
                "Nothing is past its retention: there is nothing to destroy.",
                remedy="Plan again when more is.",
            )

    async def _move_on(self, cursor: psycopg.AsyncCursor, run: Run, of: RunState) -> None:
        if not await self._rows.move_on(cursor, run, of=of):
            raise RunRefused(
                "Somebody else moved this run on in the same moment.",
                remedy=f"segel retention show {run.run_id}",
            )

    async def _report(self, run: Run) -> m.RunReport:
        record, counted = run.record, run.record.schedule
        progress = await self._runs.progress(run)
        approval = ""
        if record.approval_id is not None:
            approval = await self._approvals.state_of(record.approval_id)
        return m.RunReport(
            run_id=run.run_id,
            hospital=(await self._directory.hospital(run.hospital_id)).name,
            state=run.state.name.lower(),
            asked_s=record.asked_s,
            years=record.years,
            counted=record.today,
            examined=counted.examined,
            no_record=counted.no_record,
            kept=counted.kept,
            lately=counted.lately,
            held=counted.held,
            later=counted.later,
            due=counted.due,
            ends=counted.ends,
            planned=counted.planned,
            approval_id=record.approval_id,
            approval=approval,
            begun_s=record.begun_s,
            done=progress.done,
            total=progress.total,
            trouble=progress.trouble,
            destroyed_s=record.destroyed_s,
            destroyed=record.destroyed,
            studies=record.studies,
            instances=record.instances,
            skipped=record.skipped,
            completed_s=record.completed_s,
        )

    # --- holds --------------------------------------------------------------------------------

    async def _place(self, asked: m.PlaceHold) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        if re.fullmatch(REFERENCE, asked.reference) is None:
            raise HeldBack(
                "A hold needs the number of the letter or case that it is for.",
                field="reference",
                remedy="Up to 64 letters, digits, dots, slashes, dashes; no name.",
            )
        patient_id = None
        if asked.patient_number.strip():
            assert session.hospital is not None
            patient_id, _ = await self._registry.patient_by_number(
                hospital_id, session.hospital, asked.patient_number
            )
        record = HoldRecord(
            patient_id=patient_id,
            reference=asked.reference,
            reason=checked_reason(asked.reason),
            placed_by=session.claims.account_id,
            placed_s=self._ledger.now(),
        )
        hold = Hold(uuid4(), hospital_id, record)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._holds.write(cursor, hold)

        await self._log(session, asked.requester, f"hold {hold.hold_id} placed", apply, patient_id)
        return m.Done(hold.hold_id)

    async def _end(self, asked: m.EndHold) -> m.Reply:
        session, hospital_id = await self._admit(asked.requester)
        reason = checked_reason(asked.reason)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            hold = await self._holds.one(hospital_id, asked.hold_id, cursor)
            if hold.record.ended_s:
                raise HeldBack("This hold has ended.", remedy="segel retention holds")
            record = msgspec.structs.replace(
                hold.record,
                ended_by=session.claims.account_id,
                ended_s=self._ledger.now_s,
                end_reason=reason,
            )
            await self._holds.write(cursor, Hold(hold.hold_id, hospital_id, record))

        await self._log(session, asked.requester, f"hold {asked.hold_id} ended", apply)
        return m.Done(asked.hold_id)

    async def _list_holds(self, asked: m.ListHolds) -> m.Reply:
        _, hospital_id = await self._admit(asked.requester)
        holds = await self._holds.of_hospital(hospital_id)
        by = {one for hold in holds for one in (hold.record.placed_by, hold.record.ended_by) if one}
        names = {one: who.name for one, (who, _) in (await self._directory.people(by)).items()}
        return m.HoldList(
            [
                m.HoldLine(
                    hold_id=hold.hold_id,
                    whole_hospital=hold.record.patient_id is None,
                    reference=hold.record.reference,
                    reason=hold.record.reason,
                    placed_by=names.get(hold.record.placed_by, ""),
                    placed_s=hold.record.placed_s,
                    ended_by=names.get(hold.record.ended_by, "") if hold.record.ended_by else "",
                    ended_s=hold.record.ended_s,
                    end_reason=hold.record.end_reason,
                )
                for hold in holds
            ]
        )

    # --- how ----------------------------------------------------------------------------------

    async def _admit(self, asked: m.Requester) -> tuple[LiveSession, UUID]:
        session = await self._sessions.live(asked)
        if session.frozen:
            raise Frozen("The account is frozen.", remedy="Ask the data protection officer.")
        authorise(session.principal, Permission.RECORDS_ERASE, asked.purpose, session.hospital_id)
        assert session.hospital_id is not None, "the policy permits nothing without a hospital"
        return session, session.hospital_id

    async def _log(
        self,
        session: LiveSession,
        asked: m.Requester,
        detail: str,
        apply: Apply,
        patient_id: UUID | None = None,
    ) -> None:
        event = event_of(
            session,
            asked.purpose,
            asked.route,
            Kind.RETENTION,
            patient_id=patient_id,
            detail=detail,
        )
        await self._ledger.commit(Intent(event, apply=apply))


def _word(state: RunState) -> str:
    return state.name.lower().replace("_", " ")
