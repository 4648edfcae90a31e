"""A patient's chart: folders of FHIR resources, one of each type, and the ways to their keys.

A folder's id is a keyed token of patient and type. What lies in it names that id and nothing else,
so a copied table tells neither whose a resource is nor of which type, nor which resources belong
together. The way back from a folder to its patient is sealed in a row of its own.
"""

import functools
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Final, TypeVar
from uuid import UUID

import psycopg

from segel.broker.alerts import both
from segel.broker.alike import CERTAIN, graded
from segel.broker.audit import Kind
from segel.broker.consents import Consents, Hiding, consents_changed, told
from segel.broker.directory import LiveSession
from segel.broker.errors import BrokerError, MessageBroken
from segel.broker.folders import Apply, Folders
from segel.broker.index import Index
from segel.broker.ledger import Charge, Intent
from segel.broker.messages import (
    ChartGrant,
    ConsentDecided,
    ConsentVersion,
    FolderGrant,
    MatchList,
    PatientLine,
    PatientList,
    PatientQuery,
    Requester,
)
from segel.broker.national import National
from segel.broker.patients import PAGE_MAX, PatientRow, Patients, no_such_patient
from segel.broker.policy import Permission
from segel.broker.registry import ChangedMeanwhile
from segel.broker.releases import ATTEMPTS_MAX, Asker, Releases, event_for
from segel.broker.subscription_rows import SubscriptionRows
from segel.domain.consent import DECIDABLE, RULES_MAX, Rule
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import CHART_TYPES, CONSENT, PATIENT, WRITES, Interaction
from segel.domain.roles import Role

_PERMISSIONS: Final = {
    Interaction.CREATE: Permission.RESOURCE_CREATE,
    Interaction.READ: Permission.RESOURCE_READ,
    Interaction.UPDATE: Permission.RESOURCE_UPDATE,
    Interaction.DELETE: Permission.RESOURCE_DELETE,
    Interaction.SEARCH: Permission.RESOURCE_SEARCH,
}
_KINDS: Final = {
    Interaction.CREATE: Kind.CHART_CREATE,
    Interaction.READ: Kind.CHART_READ,
    Interaction.UPDATE: Kind.CHART_UPDATE,
    Interaction.DELETE: Kind.CHART_DELETE,
    Interaction.SEARCH: Kind.CHART_READ,
}
"""A search within a chart opens it as a read does."""

R = TypeVar("R")


class Charts:
    """Finds patients, and opens their folders, for verified sessions."""

    def __init__(
        self,
        folders: Folders,
        index: Index,
        patients: Patients,
        releases: Releases,
        consents: Consents,
        national: National,
        subscriptions: SubscriptionRows,
    ) -> None:
        self._folders = folders
        self._index = index
        self._patients = patients
        self._releases = releases
        self._consents = consents
        self._national = national
        self._subscriptions = subscriptions

    async def find(
        self, session: LiveSession, asked: Requester, query: PatientQuery
    ) -> PatientList:
        """Who matches; each patient listed costs a fifth of an opened one."""
        own = session.account.patient_id
        only = own if own and query.patient_ids == (own,) else None
        asker = await self._releases.admit(
            session,
            asked,
            Permission.RESOURCE_SEARCH,
            Kind.QUERY,
            resource=PATIENT,
            patient_id=only,
            ids_only=query.ids_only,
        )
        hiding = self._hiding(asker)
        lines, more = await self._patients.find(asker.hospital_id, asker.hospital, query, hiding)
        listed = tuple(line.patient_id for line in lines)
        named = tuple(
            name
            for name in ("patient_ids", "numbers", "name", "born_first", "sex")
            if getattr(query, name)
        )
        if query.ids_only:
            lines = [PatientLine(line.patient_id, PatientIdentity()) for line in lines]
        if query.ids_only and session.account.role in WRITERS:
            charge = self._releases.storing(asker, *listed)
        else:
            charge = self._releases.reading(asker, listed, opened=False)
        await self._log_listed(asker, listed, named, None if only else charge)
        return PatientList(lines, more)

    async def match(
        self,
        session: LiveSession,
        asked: Requester,
        who: PatientIdentity,
        limit: int,
        *,
        only_certain: bool,
    ) -> MatchList:
        """Who may be somebody; each patient listed costs as in a search. Raises QueryTooBroad."""
        asker = await self._releases.admit(
            session, asked, Permission.RESOURCE_SEARCH, Kind.QUERY, resource=PATIENT
        )
        hiding = self._hiding(asker)
        found = await self._patients.similar(asker.hospital_id, asker.hospital, who, hiding)
        lines = [one for one in graded(who, found) if one.grade == CERTAIN or not only_certain][
            : max(1, min(limit, PAGE_MAX))
        ]
        listed = tuple(line.patient_id for line in lines)
        named = tuple(name for name in who.__struct_fields__ if getattr(who, name))
        charge = self._releases.reading(asker, listed, opened=False)
        await self._log_listed(asker, listed, named, charge)
        return MatchList(lines)

    def _hiding(self, asker: Asker) -> Hiding:
        return functools.partial(
            self._releases.hidden, asker, Permission.RESOURCE_SEARCH, resource=PATIENT
        )

    async def _log_listed(
        self,
        asker: Asker,
        listed: tuple[UUID, ...],
        named: tuple[str, ...],
        charge: Charge | None,
    ) -> None:
        """Log and charge a search before its answer is given. ``named``: what it asked by."""
        event = event_for(asker, Kind.QUERY, listed=listed, asked=named, detail=PATIENT)
        intent = Intent(event, charge=charge if listed else None)
        await self._releases.commit(
            asker.session, asker.requester, self._releases.noted(asker, intent)
        )

    async def open(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID,
        types: Iterable[str],
        interaction: Interaction,
        *,
        copy: bool = False,
    ) -> ChartGrant:
        """Folders of a patient; or the patient's own ``copy`` of what is in them.

        Raises PatientUnknown, Forbidden, BudgetExhausted.
        """
        wanted = _known_types(types)
        asker = await self._admit(session, asked, patient_id, wanted, interaction)
        if copy:
            asker = await self._releases.admit(
                session, asked, Permission.RECORD_COPY, Kind.CHART_COPY, patient_id=patient_id
            )
        patient = await self._read(asker, patient_id, wanted, interaction)
        kind = Kind.CHART_COPY if copy else _KINDS[interaction]
        return await self._release(asker, patient, wanted, interaction, kind=kind)

    async def open_folder(
        self,
        session: LiveSession,
        asked: Requester,
        folder_id: UUID,
        resource_type: str,
        interaction: Interaction,
    ) -> ChartGrant:
        """The folder that a resource lies in. Raises PatientUnknown, Forbidden, ..."""
        wanted = _known_types((resource_type,))
        folder = await self._folders.of(folder_id)
        patient_id = folder.patient_id if folder else None
        asker = await self._admit(session, asked, patient_id, wanted, interaction)
        if folder is None or folder.resource_type != resource_type:
            raise no_such_patient()
        patient = await self._read(asker, folder.patient_id, wanted, interaction)
        return await self._release(asker, patient, wanted, interaction)

    async def register(
        self,
        session: LiveSession,
        asked: Requester,
        identity: PatientIdentity,
        request_id: UUID,
    ) -> ChartGrant:
        """A patient whom none of the numbers is known of. Raises AlreadyExists, RecordsErased."""
        asker = await self._admit(session, asked, None, (PATIENT,), Interaction.CREATE)
        new_id = self._index.registered(request_id)

        async def attempt() -> ChartGrant:
            made = await self._patients.opened(asker.hospital_id, asker.hospital, [new_id])
            if made:  # the request came before, and its answer was lost
                return await self._release(asker, made[0], (PATIENT,), Interaction.CREATE)
            patient, write = await self._patients.register(
                asker.hospital_id, asker.hospital, identity, new_id
            )
            return await self._release(asker, patient, (PATIENT,), Interaction.CREATE, write)

        return await persisting(attempt)

    async def amend(
        self, session: LiveSession, asked: Requester, patient_id: UUID, identity: PatientIdentity
    ) -> ChartGrant:
        """Who a patient is, anew. Raises PatientUnknown, AlreadyExists."""
        asker = await self._admit(session, asked, patient_id, (PATIENT,), Interaction.UPDATE)

        async def attempt() -> ChartGrant:
            before = await self._read(asker, patient_id, (PATIENT,), Interaction.UPDATE)
            write = await self._patients.amending(before, identity)
            after = replace(before, identity=identity)
            return await self._release(asker, after, (PATIENT,), Interaction.UPDATE, write)

        return await persisting(attempt)

    async def decide(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID,
        version: ConsentVersion,
        rules: tuple[Rule, ...],
        permits: tuple[Purpose, ...],
        mark: UUID | None,
    ) -> ConsentDecided:
        """Write a version of a Consent, and what holds from it on: both, or neither. ``permits``:
        what this version itself permits.

        Raises ConsentsChanged where either is not what it was made of; PatientUnknown, Forbidden.
        """
        interaction = version.interaction
        if interaction not in WRITES or len(rules) > RULES_MAX:
            raise MessageBroken(f"Consents are written, with at most {RULES_MAX} rules.")
        if any(rule.purpose not in DECIDABLE for rule in rules):
            raise MessageBroken("A patient has no say in one of these purposes.")
        asker = await self._admit(session, asked, patient_id, (CONSENT,), interaction)
        patient = await self._read(asker, patient_id, (CONSENT,), interaction)
        folder_id = self._index.folder(patient_id, CONSENT)
        marking = self._national.marking(asker.hospital_id, patient_id)

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            # Whatever may fail comes before whatever writes.
            await self._consents.require_same(cursor, patient_id, mark)
            await cursor.execute(
                "INSERT INTO resources (folder_id, resource_id, version, sealed)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (folder_id, version.resource_id, version.number, version.sealed),
            )
            if cursor.rowcount != 1:
                raise consents_changed()
            await self._consents.write(cursor, patient_id, patient.keys, rules, permits)
            if marking is not None:  # what was not told while it was declined
                await marking(cursor)

        event = event_for(asker, Kind.CONSENT, patient_id=patient_id, detail=told(rules))
        # That it was opened to be written has been counted already.
        intent = Intent(event, patient.audit_key, apply=apply)
        logged = await self._releases.commit(session, asked, self._releases.noted(asker, intent))
        return ConsentDecided(self._releases.receipt(logged))

    async def _read(
        self, asker: Asker, patient_id: UUID, types: Iterable[str], interaction: Interaction
    ) -> PatientRow:
        """A patient who did not decline what is asked. Raises PatientUnknown."""
        patient = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
        if await self._releases.is_hidden(asker, patient, _PERMISSIONS[interaction], types):
            refusal = no_such_patient()
            self._releases.log_declined(asker, patient, _KINDS[interaction], refusal)
            raise refusal
        return patient

    async def _admit(
        self,
        session: LiveSession,
        asked: Requester,
        patient_id: UUID | None,
        types: Iterable[str],
        interaction: Interaction,
    ) -> Asker:
        asker = None
        for resource in types:
            asker = await self._releases.admit(
                session,
                asked,
                _PERMISSIONS[interaction],
                _KINDS[interaction],
                resource=resource,
                patient_id=patient_id,
            )
        assert asker is not None, "types are never none"
        return asker

    async def _release(
        self,
        asker: Asker,
        patient: PatientRow,
        types: tuple[str, ...],
        interaction: Interaction,
        write: Apply | None = None,
        *,
        kind: Kind | None = None,
    ) -> ChartGrant:
        writes = interaction in WRITES
        told = await self._subscriptions.of_types(asker.hospital_id, types) if writes else {}
        folders = tuple(
            FolderGrant(
                one,
                self._folders.id_of(patient.patient_id, one),
                patient.folder_key(one),
                told.get(one, ()),
            )
            for one in types
        )
        event = event_for(
            asker,
            kind or _KINDS[interaction],
            patient_id=patient.patient_id,
            folders=tuple((one.resource_type, one.folder_id) for one in folders),
        )
        is_own = asker.session.account.patient_id == patient.patient_id
        is_new = interaction is Interaction.CREATE and write is not None
        if writes and asker.session.account.role in WRITERS:
            charge = self._releases.storing(asker, patient.patient_id)
        else:
            charge = self._releases.reading(asker, (patient.patient_id,), opened=True)
        intent = Intent(event, patient.audit_key, None if is_own else charge)
        if writes:
            intent.apply = self.noting(asker, patient.patient_id, types, write)
        restricted = (
            await self._consents.restricted(patient.patient_id, patient.marked)
            if CONSENT in types and not is_new
            else ()
        )
        listed = not (writes or is_own)
        logged = await self._releases.watched(
            asker,
            patient.patient_id,
            intent,
            self._releases.chart_access(asker, patient.patient_id, patient.identity.name)
            if listed
            else None,
        )
        return ChartGrant(
            patient.patient_id,
            patient.hospital_id,
            folders,
            self._releases.receipt(logged),
            patient.identity if PATIENT in types and not is_new else None,
            own=is_own,
            consent_mark=patient.consent_mark if CONSENT in types else None,
            restricted=restricted,
        )

    def noting(
        self, asker: Asker, patient_id: UUID, types: tuple[str, ...], write: Apply | None
    ) -> Apply:
        """What writes, and makes known whose the folders are and that somebody may have to be told
        of it, before anything lies in them."""
        noted = both(write, self._folders.writing(patient_id, types))
        marking = self._national.marking(asker.hospital_id, patient_id)
        return both(noted, marking) if marking is not None else noted


WRITERS: Final = frozenset({Role.HOSPITAL_SYSTEM, Role.RECORDS_OFFICER, Role.LABORATORY})
"""Whose writing is counted apart from what they read: they write of people whom they never open.
Who treats has opened the patient anyway."""


async def persisting(attempt: Callable[[], Awaitable[R]]) -> R:
    """What an attempt gives that nobody else's change came before. Raises BrokerError."""
    for _ in range(ATTEMPTS_MAX):
        try:
            return await attempt()
        except ChangedMeanwhile:
            continue
    raise BrokerError("The patient changes faster than it can be opened.", remedy="Send again.")


def _known_types(types: Iterable[str]) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(types))
    if not found or not set(found) <= set(CHART_TYPES):
        raise MessageBroken("No such type of resource lies in a chart.")
    return found
