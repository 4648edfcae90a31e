"""The national platform: set up by the operator, told by a process of its own."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.accounts import Accounts
from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.desks.offers import COURIER_ONLY, OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.disclosing import Disclosing
from segel.broker.enrolments import account_event
from segel.broker.errors import NationalUnknown
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.national import HospitalAtPlatform, KnownHospital, KnownLetter, National
from segel.broker.sessions import PEER_SESSION_S
from segel.domain.clock import Clock
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]

METHOD: Final = "national-platform"
"""How such a session's holder was recognised, in lists of sessions and in the log."""


class NationalDesk:
    """Answers the operator, and the process that speaks with the platform.

    ``alert_s``: how long the platform may be away before somebody is told.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool,
        national: National,
        disclosing: Disclosing,
        accounts: Accounts,
        directory: Directory,
        sessions: Sessions,
        ledger: Ledger,
        alerts: Alerts,
        clock: Clock,
        *,
        alert_s: float,
    ) -> None:
        self._pool = pool
        self._national = national
        self._disclosing = disclosing
        self._accounts = accounts
        self._directory = directory
        self._sessions = sessions
        self._ledger = ledger
        self._alerts = alerts
        self._clock = clock
        self._alert_s = alert_s

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.SetUpNational, self._set_up, OPERATOR_ONLY),
            Offer(m.SwitchNational, self._switch, OPERATOR_ONLY),
            Offer(m.ReportNational, self._report, OPERATOR_ONLY),
            Offer(m.ListLetters, self._letters, OPERATOR_ONLY),
            Offer(m.RetryNational, self._retry, OPERATOR_ONLY),
            Offer(m.DropLetters, self._drop, OPERATOR_ONLY),
            Offer(m.ListOrganisations, self._organisations, COURIER_ONLY),
            Offer(m.OpenOrganisation, self._open, COURIER_ONLY),
            Offer(m.TakeNational, self._take, COURIER_ONLY),
            Offer(m.DiscloseRecord, self._disclose, COURIER_ONLY),
            Offer(m.AddHealthNumber, self._add_number, COURIER_ONLY),
            Offer(m.SettleNational, self._settle, COURIER_ONLY),
            Offer(m.TellPlatform, self._tell, COURIER_ONLY),
        ]

    # --- the operator -------------------------------------------------------------------------

    async def _set_up(self, asked: m.SetUpNational) -> m.Reply:
        hospital_id = await self._directory.hospital_by_code(asked.hospital_code)
        account_id, _ = await self._directory.enrol_account(
            f"National platform ({asked.hospital_code})",
            Role.NATIONAL_PLATFORM,
            hospital_id,
            demo=False,
        )
        record = HospitalAtPlatform(
            account_id,
            asked.organisation,
            asked.location,
            asked.client_id,
            asked.client_secret,
            asked.add_numbers,
            uuid4(),
        )
        await self._change("national platform set up", hospital_id, record, active=True)
        return m.Done(account_id)

    async def _switch(self, asked: m.SwitchNational) -> m.Reply:
        known = await self._named(asked.hospital_code)
        what = f"national platform {'on' if asked.on else 'off'}"
        await self._change(what, known.hospital_id, known.record, active=asked.on)
        return m.Done()

    async def _change(
        self, what: str, hospital_id: UUID, record: HospitalAtPlatform, *, active: bool
    ) -> None:
        """A change, in the log, with the end of the account's sessions."""
        ended: list[UUID] = []

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            ended[:] = await self._accounts.end_sessions(cursor, record.account_id)
            await self._national.put_hospital(cursor, hospital_id, record, active=active)
            await self._directory.announce_ended(cursor, ended)

        event = account_event(what, hospital_id, record.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        self._directory.have_ended(ended)

    async def _report(self, _: m.ReportNational) -> m.Reply:
        counts = await self._national.counts()
        letters = await self._national.letters()
        lines = []
        for known in await self._national.hospitals():
            hospital = await self._directory.hospital(known.hospital_id)
            record = known.record
            lines.append(
                m.NationalHospital(
                    hospital.code,
                    record.organisation,
                    known.active,
                    counts.get(known.hospital_id, 0),
                    sum(one.hospital_id == known.hospital_id for one in letters),
                    record.trouble,
                    record.since_s,
                    record.last_sent_s,
                )
            )
        lines.sort(key=lambda line: line.hospital)
        return m.NationalReport(lines, self._national.has_platform)

    async def _letters(self, asked: m.ListLetters) -> m.Reply:
        code = asked.hospital_code
        hospital_id = (await self._named(code)).hospital_id if code else None
        lines = []
        for one in (await self._national.letters(hospital_id))[: asked.limit]:
            hospital = await self._directory.hospital(one.hospital_id)
            record = one.record
            lines.append(m.LetterLine(one.letter_id, hospital.code, record.since_s, record.letter))
        return m.LetterList(lines)

    async def _retry(self, asked: m.RetryNational) -> m.Reply:
        known, letters = await self._chosen(asked.hospital_code, asked.letter_id)
        if not known.active:
            raise NationalUnknown(
                "This hospital tells the national platform nothing.",
                field="hospital",
                remedy="`segel national on` first.",
            )

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            for patient_id in {one.record.patient_id for one in letters}:
                await self._national.mark_again(cursor, known.hospital_id, patient_id)

        return await self._done("national platform retried", known, letters, apply)

    async def _drop(self, asked: m.DropLetters) -> m.Reply:
        known, letters = await self._chosen(asked.hospital_code, asked.letter_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            for one in letters:
                await self._national.drop_letter(cursor, one)

        return await self._done("national platform letters dropped", known, letters, apply)

    async def _done(
        self, what: str, known: KnownHospital, letters: list[KnownLetter], apply: Apply
    ) -> m.Reply:
        event = account_event(what, known.hospital_id, known.record.account_id)
        await self._ledger.commit(Intent(event, apply=apply))
        return m.NationalCount(len(letters))

    async def _chosen(
        self, hospital_code: str, letter_id: UUID | None
    ) -> tuple[KnownHospital, list[KnownLetter]]:
        known = await self._named(hospital_code)
        letters = await self._national.letters(known.hospital_id)
        if letter_id is None:
            return known, letters
        chosen = [one for one in letters if one.letter_id == letter_id]
        if not chosen:
            raise NationalUnknown(
                "There is no such letter.", field="letter", remedy="`segel national letters`."
            )
        return known, chosen

    async def _named(self, hospital_code: str) -> KnownHospital:
        hospital_id = await self._directory.hospital_by_code(hospital_code)
        return await self._known(hospital_id)

    async def _known(self, hospital_id: UUID) -> KnownHospital:
        known = await self._national.hospital(hospital_id)
        if known is None:
            raise NationalUnknown(
                "This hospital is not set up for the national platform.",
                field="hospital",
                remedy="`segel national setup` does that.",
            )
        return known

    # --- the process --------------------------------------------------------------------------

    async def _organisations(self, _: m.ListOrganisations) -> m.Reply:
        known = await self._national.hospitals()
        active = {one.hospital_id: one.record.revision for one in known if one.active}
        return m.OrganisationList(active)

    async def _open(self, asked: m.OpenOrganisation) -> m.Reply:
        known = await self._known(asked.hospital_id)
        if not known.active:
            raise NationalUnknown("This hospital tells the national platform nothing.")
        record = known.record
        begun = await self._sessions.begin(record.account_id, PEER_SESSION_S, METHOD, "national")
        return m.OpenedOrganisation(
            begun.token,
            begun.expires_s,
            record.organisation,
            record.location,
            record.client_id,
            record.client_secret,
            record.add_numbers,
        )

    async def _take(self, asked: m.TakeNational) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return m.NationalWork(await self._disclosing.take(session, asked.requester))

    async def _disclose(self, asked: m.DiscloseRecord) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._disclosing.disclose(
            session, asked.requester, asked.entry_id, asked.resource_type
        )
        return m.Done()

    async def _add_number(self, asked: m.AddHealthNumber) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._disclosing.add_number(session, asked.requester, asked.entry_id, asked.number)
        return m.Done()

    async def _settle(self, asked: m.SettleNational) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        hospital_id = await self._disclosing.admitted(session, asked.requester)
        await self._national.settle(
            hospital_id, asked.entry_id, asked.mark, asked.later_s, asked.letters
        )
        return m.Done()

    async def _tell(self, asked: m.TellPlatform) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        hospital_id = await self._disclosing.admitted(session, asked.requester)
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            record = await self._national.tell_hospital(
                cursor, hospital_id, asked.trouble, sent=asked.sent
            )
        if record is not None and record.trouble:
            await self._alert(hospital_id, record)
        return m.Done()

    async def _alert(self, hospital_id: UUID, record: HospitalAtPlatform) -> None:
        """Tell of an outage once, when it has lasted."""
        if self._clock() - record.since_s < self._alert_s:
            return
        alert = Alert(
            AlertKind.NATIONAL_AWAY,
            hospital_id,
            record.account_id,
            detail=record.trouble,
            once_for=f"{hospital_id} {record.since_s}",
        )
        if await self._alerts.is_raised(alert):
            return
        event = Event(
            kind=Kind.ALERT,
            outcome=Outcome.SUCCESS,
            account_id=record.account_id,
            role=Role.NATIONAL_PLATFORM,
            hospital_id=hospital_id,
            session_id=None,
            purpose=Purpose.OPERATIONS,
            route="national",
            detail=alert.kind,
        )
        await self._ledger.commit(self._alerts.raised_with(Intent(event), alert))
