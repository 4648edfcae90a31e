"""A patient's chart: folders of FHIR resources, one of each type, and the ways to their keys.

A folder's id is a keyed token of patient and type. What lies in it names that id and nothing else,
so a copied table tells neither whose a resource is nor of which type, nor which resources belong
together. The way back from a folder to its patient is sealed in a row of its own.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.alike import CERTAIN, graded
from segel.broker.audit import Kind
from segel.broker.directory import LiveSession
from segel.broker.errors import BrokerError, MessageBroken
from segel.broker.index import Index
from segel.broker.ledger import Charge, Intent
from segel.broker.messages import (
    ChartGrant,
    FolderGrant,
    MatchList,
    PatientLine,
    PatientList,
    PatientQuery,
    Requester,
)
from segel.broker.patients import PAGE_MAX, PatientRow, Patients, no_such_patient
from segel.broker.policy import Permission
from segel.broker.registry import ChangedMeanwhile
from segel.broker.releases import ATTEMPTS_MAX, Asker, Releases, event_for
from segel.broker.secrets import BrokerSecrets
from segel.domain.patient import PatientIdentity
from segel.domain.records import CHART_TYPES, PATIENT, WRITES, Interaction
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

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Folder(msgspec.Struct, frozen=True):
    """Whose a folder is, and what lies in it."""

    patient_id: UUID
    resource_type: str


class Charts:
    """Finds patients, and opens their folders, for verified sessions."""

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
        )
        lines, more = await self._patients.find(asker.hospital_id, asker.hospital, query)
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
        found = await self._patients.similar(asker.hospital_id, asker.hospital, who)
        lines = [one for one in graded(who, found) if one.grade == CERTAIN or not only_certain][
            : max(1, min(limit, PAGE_MAX))
        ]
        listed = tuple(line.patient_id for line in lines)
        named = tuple(name for name in who.__struct_fields__ if getattr(who, name))
        charge = self._releases.reading(asker, listed, opened=False)
        await self._log_listed(asker, listed, named, charge)
        return MatchList(lines)

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
    ) -> ChartGrant:
        """Folders of a patient. Raises PatientUnknown, Forbidden, BudgetExhausted."""
        wanted = _known_types(types)
        asker = await self._admit(session, asked, patient_id, wanted, interaction)
        patient = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
        return await self._release(asker, patient, wanted, interaction)

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
        folder = await self._folder(folder_id)
        patient_id = folder.patient_id if folder else None
        asker = await self._admit(session, asked, patient_id, wanted, interaction)
        if folder is None or folder.resource_type != resource_type:
            raise no_such_patient()
        patient = await self._patients.read(asker.hospital_id, asker.hospital, folder.patient_id)
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

        return await _persisting(attempt)

    async def amend(
        self, session: LiveSession, asked: Requester, patient_id: UUID, identity: PatientIdentity
    ) -> ChartGrant:
        """Who a patient is, anew. Raises PatientUnknown, AlreadyExists."""
        asker = await self._admit(session, asked, patient_id, (PATIENT,), Interaction.UPDATE)

        async def attempt() -> ChartGrant:
            before = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
            write = self._patients.amending(before, identity)
            after = PatientRow(before.patient_id, before.hospital_id, before.keys, identity)
            return await self._release(asker, after, (PATIENT,), Interaction.UPDATE, write)

        return await _persisting(attempt)

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
    ) -> ChartGrant:
        folders = tuple(
            FolderGrant(one, self._index.folder(patient.patient_id, one), patient.folder_key(one))
            for one in types
        )
        writes = interaction in WRITES
        event = event_for(
            asker,
            _KINDS[interaction],
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
            intent.apply = self._noting(patient.patient_id, types, write)
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
        )

    def _noting(self, patient_id: UUID, types: tuple[str, ...], write: Apply | None) -> Apply:
        """What makes it known whose the folders are, before anything lies in them."""
        rows = []
        for one in sorted(types):
            folder_id = self._index.folder(patient_id, one)
            plain = msgspec.json.encode(Folder(patient_id, one))
            rows.append((folder_id, self._secrets.seal_row(folder_id, plain)))

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if write is not None:
                await write(cursor)
            await cursor.executemany(
                "INSERT INTO folders (folder_id, sealed) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                rows,
            )

        return apply

    async def _folder(self, folder_id: UUID) -> Folder | None:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT sealed FROM folders WHERE folder_id = %s", (folder_id,)
                )
            ).fetchone()
        if row is None:
            return None
        return msgspec.json.decode(self._secrets.open_row(folder_id, row[0]), type=Folder)


WRITERS: Final = frozenset({Role.HOSPITAL_SYSTEM, Role.RECORDS_OFFICER})
"""Whose writing is counted apart from what they read: they write of people whom they never open.
Who treats has opened the patient anyway."""


async def _persisting(attempt: Callable[[], Awaitable[ChartGrant]]) -> ChartGrant:
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


async def forget_folders(
    cursor: psycopg.AsyncCursor, index: Index, patients: Iterable[UUID]
) -> None:
    """Take every folder of patients who are erased, and what lies in them."""
    gone = [index.folder(one, kind) for one in patients for kind in CHART_TYPES]
    for table in ("resources", "folders"):
        await cursor.execute(
            f"DELETE FROM {table} WHERE folder_id = ANY(%b::uuid[])",  # noqa: S608
            (gone,),
        )
