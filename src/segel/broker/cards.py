"""Making and revoking cards, for verified sessions.

Policy → the patient's agreement → what is on record → limits → signature → durable, budgeted audit
entry together with what is kept of the card → the card leaves the broker.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.audit import Kind
from segel.broker.card_making import CardMaking, SignerUse
from segel.broker.card_rows import CardFolder, CardRows, Held, KeptCard, KeptConsent, line_of
from segel.broker.card_signers import CardSigners
from segel.broker.card_tallies import CardTallies
from segel.broker.charts import persisting
from segel.broker.directory import LiveSession
from segel.broker.errors import (
    CardConsentMissing,
    CardNotMade,
    CardsMany,
    CardUnknown,
    keys_locked,
)
from segel.broker.folders import Apply, Folders
from segel.broker.index import Index
from segel.broker.ledger import Intent
from segel.broker.messages import CardLine, CardSheet, CardSource, FolderGrant, Requester
from segel.broker.patients import PatientRow, Patients, no_such_patient
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.domain.card_facts import CardHolder, NegativeTest
from segel.domain.records import CARDS, CONSENT
from segel.keys import KmsError

OBSERVATION: Final = "Observation"
IN_FORCE_MAX: Final = 4
"""Cards of one patient that are in force at once: of two tests, and a spare of each."""
A_DAY_MAX: Final = 8
"""Cards made for one patient within a day: whoever loses a card an hour has another problem."""
DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class _Opened:
    """A patient whose cards are before us."""

    asker: Asker
    patient: PatientRow
    cards: CardFolder = field(repr=False)

    @property
    def own(self) -> bool:
        """Whether it is the patient who asks."""
        return self.asker.session.account.patient_id == self.patient.patient_id


@dataclass(frozen=True, slots=True)
class Fit:
    """A patient who asks for themself and is fit: by ``test``, which lies in ``folders``."""

    asker: Asker
    patient: PatientRow
    test: NegativeTest = field(repr=False)
    folders: tuple[tuple[str, UUID], ...]


class Cards:
    """Shows, makes and revokes."""

    def __init__(
        self,
        making: CardMaking,
        signers: CardSigners,
        rows: CardRows,
        patients: Patients,
        folders: Folders,
        releases: Releases,
        index: Index,
        tallies: CardTallies,
    ) -> None:
        self._making = making
        self._signers = signers
        self._rows = rows
        self._patients = patients
        self._folders = folders
        self._releases = releases
        self._index = index
        self._tallies = tallies

    async def show(self, session: LiveSession, asked: Requester, patient_id: UUID) -> CardSheet:
        """A patient's cards, and what cards can be made of. Raises PatientUnknown, Forbidden."""
        opened = await self._open(
            session, asked, patient_id, Permission.CARDS_ISSUE, Kind.CHART_READ
        )
        sources = await self._sources(opened)
        await self._log(opened, Kind.CHART_READ, (OBSERVATION, CARDS), "cards")
        return CardSheet(
            patient_id,
            opened.cards.agreed,
            sources,
            [line_of(*one) for one in opened.cards.cards()],
        )

    async def issue(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID,
        resource_id: UUID,
        replaces: UUID | None,
    ) -> CardLine:
        """A card of one test. Raises CardUnknown, CardNotMade, CardConsentMissing, CardsMany,
        KeysLocked, and what a release raises."""

        async def attempt() -> CardLine:
            opened = await self._open(
                session, asked, patient_id, Permission.CARDS_ISSUE, Kind.CARD_ISSUE
            )
            if not opened.cards.agreed:
                raise CardConsentMissing(
                    "The patient has not agreed to have cards made.",
                    remedy="They agree on their own page, or to the medical records officer.",
                )
            now_s = self._releases.now()
            old = self._replaced(opened, replaces)
            _require_room(opened.cards, now_s, old)
            row = await self._rows.row(patient_id, OBSERVATION, resource_id)
            if row is None:
                raise _no_such_card()
            test = await asyncio.to_thread(self._test, opened, row)
            kept = await self._made(opened, test, resource_id, now_s)
            held = Held(uuid4(), 1, kept)

            async def apply(cursor: psycopg.AsyncCursor) -> None:
                await self._rows.write(cursor, opened.patient, held)
                await self._tallies.count(cursor, now_s, made=1)
                if old is not None:
                    await self._end(cursor, opened, *old, now_s)
                await self._rows.forget_ended(cursor, patient_id, opened.cards, now_s)
                await self._folders.writing(patient_id, (CARDS,))(cursor)

            detail = "card-replaced" if old is not None else "card"
            await self._log(opened, Kind.CARD_ISSUE, (OBSERVATION, CARDS), detail, apply)
            return line_of(held, kept)

        return await persisting(attempt)

    async def revoke(
        self, session: LiveSession, asked: Requester, patient_id: UUID, card_id: UUID
    ) -> None:
        """Revoke a card; again changes nothing. Raises CardUnknown."""

        async def attempt() -> None:
            opened = await self._open(
                session, asked, patient_id, Permission.CARDS_REVOKE, Kind.CARD_REVOKE
            )
            found = opened.cards.card(card_id)
            if found is None:
                raise _no_such_card()
            held, card = found
            if card.revoked_s:
                return

            async def apply(cursor: psycopg.AsyncCursor) -> None:
                await self._end(cursor, opened, held, card, self._releases.now())

            await self._log(opened, Kind.CARD_REVOKE, (CARDS,), "card", apply)

        await persisting(attempt)

    async def agree(
        self, session: LiveSession, asked: Requester, patient_id: UUID, *, agreed: bool
    ) -> None:
        """Write down whether a patient agrees. What is in force stays so: it is revoked by itself.

        For somebody else only who takes down consents may. Raises Forbidden.
        """
        own = session.account.patient_id == patient_id

        async def attempt() -> None:
            opened = await self._open(
                session,
                asked,
                patient_id,
                Permission.CARDS_OWN if own else Permission.RESOURCE_UPDATE,
                Kind.CONSENT,
                resource=CONSENT,
            )
            before = opened.cards.consent
            if opened.cards.agreed == agreed and before is not None:
                return
            consent = KeptConsent(
                agreed=agreed,
                at_s=self._releases.now(),
                by_account=session.claims.account_id,
            )
            row_id = self._index.card_consent(patient_id)
            held = Held(row_id, before.version + 1 if before else 1, consent)

            async def apply(cursor: psycopg.AsyncCursor) -> None:
                await self._rows.write(cursor, opened.patient, held)
                await self._folders.writing(patient_id, (CARDS,))(cursor)

            detail = "cards-permit" if agreed else "cards-deny"
            await self._log(opened, Kind.CONSENT, (CARDS,), detail, apply)

        await persisting(attempt)

    async def fit(self, session: LiveSession, asked: Requester) -> Fit:
        """The patient who asks, with the newest negative test that still counts. Raises Forbidden,
        CardNotMade."""
        patient_id = session.account.patient_id or UUID(int=0)  # nobody's: the policy refuses it
        opened = await self._open(session, asked, patient_id, Permission.CARDS_OWN, Kind.CARD_ISSUE)
        tests = await self._negative(opened)
        if not tests:
            raise CardNotMade(
                "Nothing on record says that a pass can be made.",
                remedy="A pass needs a negative test of the last 72 hours.",
            )
        folders = ((OBSERVATION, self._index.folder(patient_id, OBSERVATION)),)
        return Fit(opened.asker, opened.patient, tests[0][1], folders)

    # --- how ----------------------------------------------------------------------------------

    async def _open(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID,
        permission: Permission,
        kind: Kind,
        *,
        resource: str = OBSERVATION,
    ) -> _Opened:
        """A patient who did not decline what is asked, admitted: a patient for themself, whoever
        else under ``permission``. Raises PatientUnknown, Forbidden, Frozen."""
        own = session.account.patient_id is not None
        asker = await self._releases.admit(
            session,
            asked,
            Permission.CARDS_OWN if own else permission,
            kind,
            resource=resource,
            patient_id=patient_id,
        )
        patient = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
        if not own and await self._releases.is_hidden(asker, patient, permission, (resource,)):
            refusal = no_such_patient()
            self._releases.log_declined(asker, patient, kind, refusal)
            raise refusal
        return _Opened(asker, patient, await self._rows.folder(patient))

    async def _sources(self, opened: _Opened) -> list[CardSource]:
        """The tests that a card can be made of now, the newest first."""
        return [_source_of(*one) for one in await self._negative(opened)]

    async def _negative(self, opened: _Opened) -> list[tuple[UUID, NegativeTest]]:
        """The negative tests that still count, the newest first, with the resource of each."""
        rows = await self._rows.rows(opened.patient.patient_id, OBSERVATION)
        now_s = self._releases.now()

        def negative() -> list[tuple[UUID, NegativeTest]]:
            found = []
            for row in rows:
                try:
                    test = self._test(opened, row)
                except CardNotMade:
                    continue
                if now_s < test.ends_at.timestamp():
                    found.append((row[0], test))
            return sorted(found, key=lambda one: one[1].sampled_at, reverse=True)

        return await asyncio.to_thread(negative)

    def _test(self, opened: _Opened, row: tuple[UUID, int, bytes]) -> NegativeTest:
        patient = opened.patient
        folder = FolderGrant(
            OBSERVATION,
            self._index.folder(patient.patient_id, OBSERVATION),
            patient.folder_key(OBSERVATION),
        )
        centre = opened.asker.hospital.name
        return self._making.negative_test(patient.patient_id, folder, row, centre)

    async def _made(
        self, opened: _Opened, test: NegativeTest, resource_id: UUID, now_s: float
    ) -> KeptCard:
        certificate = await self._signers.signing(SignerUse.CERTIFICATE)
        health_card = await self._signers.signing(SignerUse.HEALTH_CARD)
        try:
            made = await asyncio.to_thread(
                self._making.make,
                _holder_of(opened.patient),
                test,
                certificate,
                health_card,
                datetime.fromtimestamp(now_s, UTC),
            )
        except KmsError as failure:
            raise keys_locked(failure) from failure
        return KeptCard(
            resource_id=resource_id,
            method=test.method.value,
            sampled_s=test.sampled_at.timestamp(),
            issued_s=now_s,
            ends_s=made.ends_s,
            certificate=made.certificate,
            health_card=made.health_card,
            rid=made.rid,
            marks=made.marks,
            by_account=opened.asker.session.claims.account_id,
        )

    def _replaced(self, opened: _Opened, card_id: UUID | None) -> tuple[Held, KeptCard] | None:
        """The card that a new one takes the place of. Raises CardUnknown."""
        if card_id is None:
            return None
        found = opened.cards.card(card_id)
        if found is None:
            raise _no_such_card()
        return None if found[1].revoked_s else found

    async def _end(
        self,
        cursor: psycopg.AsyncCursor,
        opened: _Opened,
        held: Held,
        card: KeptCard,
        now_s: float,
    ) -> None:
        ended = msgspec.structs.replace(card, revoked_s=now_s)
        await self._rows.write(cursor, opened.patient, Held(held.row_id, held.version + 1, ended))
        await self._rows.mark(cursor, card.marks, card.rid, card.ends_s)
        await self._tallies.count(cursor, now_s, revoked=1)

    async def _log(
        self,
        opened: _Opened,
        kind: Kind,
        folders: tuple[str, ...],
        detail: str,
        apply: Apply | None = None,
    ) -> None:
        """Write it down, with what has to become true with it, and charge whoever is not the
        patient. Raises BudgetExhausted, Frozen, BrokerUnavailable."""
        asker, patient = opened.asker, opened.patient
        one = patient.patient_id
        event = event_for(
            asker,
            kind,
            patient_id=one,
            folders=tuple((name, self._index.folder(one, name)) for name in folders),
            detail=detail,
        )
        charge = None if opened.own else self._releases.reading(asker, (one,), opened=True)
        intent = Intent(event, patient.audit_key, charge, apply)
        listed = not opened.own and OBSERVATION in folders
        name = patient.identity.name
        access = self._releases.chart_access(asker, one, name) if listed else None
        await self._releases.watched(asker, one, intent, access)


def _require_room(cards: CardFolder, now_s: float, old: tuple[Held, KeptCard] | None) -> None:
    known = [card for _, card in cards.cards()]
    in_force = sum(not card.revoked_s and card.ends_s > now_s for card in known) - (old is not None)
    today = sum(card.issued_s > now_s - DAY_S for card in known)
    if in_force >= IN_FORCE_MAX or today >= A_DAY_MAX:
        raise CardsMany(
            "The patient has as many cards as may be at once.",
            remedy="Use one of them, or revoke one that is not needed; a day has"
            f" {A_DAY_MAX} at most.",
        )


def _holder_of(patient: PatientRow) -> CardHolder:
    """Name and birth as the broker itself knows them: no door says whose card it is."""
    family, _, given = patient.identity.name.partition("^")
    born = patient.identity.birth_date
    parts = [part for part in (born[:4], born[4:6], born[6:8]) if part]
    names = " ".join(part for part in given.split("^")[:2] if part)
    return CardHolder(" ".join(family.split()), " ".join(names.split()), "-".join(parts))


def _source_of(resource_id: UUID, test: NegativeTest) -> CardSource:
    return CardSource(
        resource_id=resource_id,
        method=test.method.value,
        name=test.name,
        centre=test.centre,
        sampled_s=test.sampled_at.timestamp(),
        ends_s=test.ends_at.timestamp(),
    )


def _no_such_card() -> CardUnknown:
    """The same for what is absent and what is another patient's."""
    return CardUnknown("There is no such card or test.", remedy="Go back to the patient's cards.")
