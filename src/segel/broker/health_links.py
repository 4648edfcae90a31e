"""SMART Health Links: made by a patient for what is their own, opened by whoever has one.

Behind a link lie files that are encrypted twice: with the key that stands in the link, and with one
of the patient's that only the broker releases, for each opening anew, when passcode, time, openings
and budget permit it. Neither a copied database nor a found link opens anything by itself.
(Decision 053.)
"""

import asyncio
import base64
import hmac
import secrets as random_source
from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import LINK_LIMITS, link_subject
from segel.broker.directory import Directory, HospitalRecord, LiveSession
from segel.broker.errors import (
    BrokerError,
    HealthLinkUnclear,
    PasscodeWrong,
    PatientUnknown,
    TokenInvalid,
    no_such_health_link,
    person_frozen,
)
from segel.broker.freezes import Freezes
from segel.broker.health_link_rows import HealthLinkRows, KnownLink, seal_about
from segel.broker.health_link_rules import (
    LINKS_MAX,
    PASSCODE_MAX,
    LinkAbout,
    LinkRecord,
    checked_label,
    checked_recipient,
    made,
)
from segel.broker.index import Index
from segel.broker.ledger import Charge, Intent
from segel.broker.messages import (
    EndHealthLink,
    FolderGrant,
    HealthLinkLine,
    HealthLinkMade,
    HealthLinkOpened,
    ListHealthLinks,
    MakeHealthLink,
    OpenHealthLink,
)
from segel.broker.patients import PatientRow, Patients
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.domain.purpose import Purpose
from segel.domain.records import LINKED

SECRET_BYTES: Final = 32
"""In the link's address: 43 characters of base64url, as SMART Health Links ask for."""

SECRET_LENGTH_MAX: Final = 64
TICKET_S: Final = 900
"""How long a file may be fetched after its link was opened; the specification allows an hour."""

TICKET_LENGTH_MAX: Final = 128
_TIME_BYTES: Final = 8
ROUTE: Final = "health-link"
HOLDER: Final = "link-holder"
"""The role, in the log, of whoever has a link."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class HealthLinks:
    """For patients, and for strangers."""

    def __init__(
        self,
        rows: HealthLinkRows,
        index: Index,
        patients: Patients,
        directory: Directory,
        releases: Releases,
        freezes: Freezes,
    ) -> None:
        self._rows = rows
        self._index = index
        self._patients = patients
        self._directory = directory
        self._releases = releases
        self._freezes = freezes

    # --- the patient --------------------------------------------------------------------------

    async def make(self, session: LiveSession, asked: MakeHealthLink) -> HealthLinkMade:
        """A new link. Raises HealthLinkUnclear, Forbidden."""
        asker, patient = await self._own(session, asked)
        about = LinkAbout(checked_label(asked.label))
        now_s = self._releases.now()
        record = await asyncio.to_thread(
            made,
            patient.patient_id,
            session.claims.account_id,
            asker.hospital_id,
            asked.passcode,
            asked.lifetime_s,
            asked.openings,
            now_s,
        )
        link_id, secret = uuid4(), random_source.token_urlsafe(SECRET_BYTES)
        sealed = seal_about(patient.keys, patient.patient_id, link_id, about)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            known = await self._rows.lock(cursor, patient.patient_id)
            if sum(not one.record.over(now_s) for one in known) >= LINKS_MAX:
                raise HealthLinkUnclear(
                    f"{LINKS_MAX} links can be opened already.", remedy="End one of them first."
                )
            await self._rows.insert(cursor, link_id, secret, record, sealed)

        event = event_for(asker, Kind.HEALTH_LINK, patient_id=patient.patient_id, detail="made")
        logged = await self._releases.commit(
            session, asked.requester, Intent(event, patient.audit_key, apply=apply)
        )
        return HealthLinkMade(
            link_id,
            secret,
            record.until_s,
            patient.patient_id,
            self._grant(patient),
            self._releases.receipt(logged),
        )

    async def lines(self, session: LiveSession, asked: ListHealthLinks) -> list[HealthLinkLine]:
        """The patient's own, the newest first. Raises Forbidden."""
        _, patient = await self._own(session, asked)
        now_s = self._releases.now()
        return [
            _line(one, one.about(patient.keys), now_s)
            for one in await self._rows.of_patient(patient.patient_id)
        ]

    async def end(self, session: LiveSession, asked: EndHealthLink) -> None:
        """Have nobody open a link any more. Raises HealthLinkUnknown, Forbidden."""
        asker, patient = await self._own(session, asked)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            known = await self._rows.read(cursor, asked.link_id)
            if known.record.patient_id != patient.patient_id:
                raise no_such_health_link()
            record = msgspec.structs.replace(known.record, ended=True)
            await self._rows.put(cursor, KnownLink(known.link_id, record, known.sealed_about))

        event = event_for(asker, Kind.HEALTH_LINK, patient_id=patient.patient_id, detail="ended")
        intent = Intent(event, patient.audit_key, apply=apply)
        await self._releases.commit(session, asked.requester, intent)
        await self._rows.forget_files(asked.link_id)

    async def _own(
        self, session: LiveSession, asked: MakeHealthLink | ListHealthLinks | EndHealthLink
    ) -> tuple[Asker, PatientRow]:
        """The patient who asks. Raises Forbidden."""
        own = session.account.patient_id
        asker = await self._releases.admit(
            session, asked.requester, Permission.RECORD_LINK, Kind.HEALTH_LINK, patient_id=own
        )
        assert own is not None, "the policy lets nobody but patients"
        return asker, await self._patients.read(asker.hospital_id, asker.hospital, own)

    # --- whoever has a link -------------------------------------------------------------------

    async def open(self, asked: OpenHealthLink) -> HealthLinkOpened:
        """What opens a link's files. Raises HealthLinkUnknown, PasscodeWrong, BudgetExhausted."""
        recipient = checked_recipient(asked.recipient)
        if len(asked.secret) > SECRET_LENGTH_MAX:
            raise no_such_health_link()
        known = await self._rows.by_secret(asked.secret)
        if known.record.over(self._releases.now()):
            raise no_such_health_link()
        patient = await self._patient_of(known.record)
        stated = asked.passcode[: PASSCODE_MAX + 1]
        if not await asyncio.to_thread(known.record.is_passcode, stated):
            raise await self._wrong(known, patient)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            self._require_free(known)
            now = await self._rows.read(cursor, known.link_id)
            if now.record.over(self._releases.now()):
                raise no_such_health_link()
            about = now.about(patient.keys).opened(self._releases.now(), recipient)
            sealed = seal_about(patient.keys, patient.patient_id, now.link_id, about)
            after = KnownLink(now.link_id, now.record.opened(), now.sealed_about)
            await self._rows.put(cursor, after, sealed)

        return await self._release(known, patient, "opened", apply)

    async def fetch(self, ticket: str) -> HealthLinkOpened:
        """The same, for whoever opened it just now. Raises HealthLinkUnknown, BudgetExhausted."""
        known = await self._rows.by_id(self._link_of(ticket))
        if known.record.ended or known.record.until_s <= self._releases.now():
            raise no_such_health_link()

        async def apply(_: psycopg.AsyncCursor) -> None:
            self._require_free(known)

        return await self._release(known, await self._patient_of(known.record), "fetched", apply)

    async def look(self) -> int:
        """Forget what was over long ago; how many."""
        return await self._rows.forget_old(self._releases.now())

    async def _release(
        self, known: KnownLink, patient: PatientRow, how: str, apply: Apply
    ) -> HealthLinkOpened:
        grant = self._grant(patient)
        event = _event(known, Outcome.SUCCESS, how, ((LINKED, grant.folder_id),))
        charge = Charge(
            link_subject(known.record.hospital_id), LINK_LIMITS, (patient.patient_id,), opened=True
        )
        logged = await self._releases.release(
            Intent(event, patient.audit_key, charge=charge, apply=apply)
        )
        return HealthLinkOpened(
            known.link_id,
            patient.patient_id,
            grant,
            self._ticket(known.link_id),
            self._releases.receipt(logged),
        )

    async def _wrong(self, known: KnownLink, patient: PatientRow) -> BrokerError:
        """Count a wrong passcode, where the patient sees it. Returns what is answered."""
        left = 0

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            nonlocal left
            now = await self._rows.read(cursor, known.link_id)
            if now.record.over(self._releases.now()):
                raise no_such_health_link()
            after = KnownLink(now.link_id, now.record.tried(), now.sealed_about)
            left = after.record.tries_left
            await self._rows.put(cursor, after)

        event = _event(known, Outcome.REFUSED, "passcode-wrong")
        await self._releases.release(Intent(event, patient.audit_key, apply=apply))
        return PasscodeWrong(
            "The passcode is wrong.", remedy="Ask whoever gave the link.", tries_left=left
        )

    async def _patient_of(self, record: LinkRecord) -> PatientRow:
        """Whose link it is, where they still are, and their account still is open.

        Raises HealthLinkUnknown.
        """
        try:
            account, hospital_id = await self._directory.account(record.account_id)
            if account.closed_s or hospital_id != record.hospital_id:
                raise no_such_health_link()
            hospital: HospitalRecord = await self._directory.hospital(record.hospital_id)
            return await self._patients.read(record.hospital_id, hospital, record.patient_id)
        except (PatientUnknown, TokenInvalid):
            raise no_such_health_link() from None

    def _require_free(self, known: KnownLink) -> None:
        """Return where the patient's account is not frozen. In the ledger's transaction."""
        account_id, now_s = known.record.account_id, self._releases.now()
        if self._freezes.active.holds_person(account_id, known.link_id, now_s):
            raise person_frozen()

    def _grant(self, patient: PatientRow) -> FolderGrant:
        folder_id = self._index.folder(patient.patient_id, LINKED)
        return FolderGrant(LINKED, folder_id, patient.folder_key(LINKED))

    def _ticket(self, link_id: UUID) -> str:
        """What shows that a link was opened just now: which, until when, and a keyed digest."""
        until_s = (int(self._releases.now()) + TICKET_S).to_bytes(_TIME_BYTES, "big")
        stated = link_id.bytes + until_s
        signed = stated + self._index.health_link_ticket(stated)
        return base64.urlsafe_b64encode(signed).rstrip(b"=").decode()

    def _link_of(self, ticket: str) -> UUID:
        """Which link a ticket is for. Raises HealthLinkUnknown."""
        try:
            if len(ticket) > TICKET_LENGTH_MAX:
                raise ValueError
            raw = base64.b64decode(ticket + "=" * (-len(ticket) % 4), b"-_", validate=True)
        except ValueError:
            raise no_such_health_link() from None
        stated, digest = raw[: 16 + _TIME_BYTES], raw[16 + _TIME_BYTES :]
        if not hmac.compare_digest(digest, self._index.health_link_ticket(stated)):
            raise no_such_health_link()
        if int.from_bytes(stated[16:], "big") <= self._releases.now():
            raise no_such_health_link()
        return UUID(bytes=stated[:16])


def _event(
    known: KnownLink,
    outcome: Outcome,
    detail: str,
    folders: tuple[tuple[str, UUID], ...] = (),
) -> Event:
    """What somebody does with a link, which counts as a session: what the hospital releases may be
    frozen."""
    return Event(
        kind=Kind.LINK_OPENED,
        outcome=outcome,
        account_id=None,
        role=HOLDER,
        hospital_id=known.record.hospital_id,
        session_id=known.link_id,
        purpose=Purpose.PATIENT_REQUEST,
        route=ROUTE,
        patient_id=known.record.patient_id,
        detail=detail,
        folders=folders,
    )


def _line(known: KnownLink, about: LinkAbout, now_s: float) -> HealthLinkLine:
    record = known.record
    return HealthLinkLine(
        known.link_id,
        about.label,
        record.made_s,
        record.until_s,
        record.openings_left,
        record.tries_left,
        about.openings,
        record.over(now_s),
    )
