"""Opening charts for the national platform, and writing down what leaves the house.

Every round opens one patient's chart: authorised, within a budget, and in the patient's trail
before a key is released. Every record that leaves is an entry of its own there, before it leaves.
"""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.audit import Kind
from segel.broker.charts import Charts, persisting
from segel.broker.consents import Consents, nobody_hidden
from segel.broker.decoys import DecoyMarks
from segel.broker.directory import LiveSession
from segel.broker.errors import AlreadyExists, NationalUnknown, PatientUnknown
from segel.broker.index import Index
from segel.broker.ledger import Intent
from segel.broker.messages import FolderGrant, NationalGrant, Requester, StudyMatch, StudyQuery
from segel.broker.national import National
from segel.broker.patient_keys import folder_scope
from segel.broker.patients import PatientRow, Patients
from segel.broker.policy import Permission
from segel.broker.releases import Asker, Releases, event_for
from segel.broker.search import Finder
from segel.domain.clock import Clock
from segel.domain.consent import Decision, decided
from segel.domain.purpose import Purpose
from segel.domain.records import PATIENT, SENT

TOLD_TYPES: Final = (
    PATIENT,
    "Encounter",
    "ServiceRequest",
    "Observation",
    "DiagnosticReport",
)
"""Folders that are opened for a round."""

STUDIES_MAX: Final = 200
DETAIL: Final = "national-platform"
SKIPPED_MAX: Final = 50
"""Rows of nobody who is to be told of that are passed over in one question."""


class Disclosing:
    """Opens and logs, for sessions of the accounts that speak with the platform."""

    def __init__(
        self,
        national: National,
        patients: Patients,
        charts: Charts,
        releases: Releases,
        finder: Finder,
        index: Index,
        marks: DecoyMarks,
        consents: Consents,
        clock: Clock,
    ) -> None:
        self._national = national
        self._patients = patients
        self._charts = charts
        self._releases = releases
        self._finder = finder
        self._index = index
        self._marks = marks
        self._consents = consents
        self._clock = clock

    async def take(self, session: LiveSession, asked: Requester) -> NationalGrant | None:
        """The chart of a patient who is due. Raises Forbidden, Frozen, BudgetExhausted."""
        asker = await self._admit(session, asked)
        for _ in range(SKIPPED_MAX):
            found = await self._national.due(asker.hospital_id)
            if found is None:
                return None
            entry_id, waiting = found
            patient = await self._to_be_told(asker, waiting.patient_id)
            if patient is None:
                await self._national.forget_entry(entry_id)
                continue
            studies = await self._studies(asker, patient)
            folders = tuple(self._folder(patient, one) for one in TOLD_TYPES)
            event = event_for(
                asker,
                Kind.CHART_READ,
                patient_id=patient.patient_id,
                folders=tuple((one.resource_type, one.folder_id) for one in folders),
                detail=DETAIL,
            )
            charge = self._releases.telling(asker, patient.patient_id)
            await self._releases.commit(session, asked, Intent(event, patient.audit_key, charge))
            return NationalGrant(
                entry_id,
                waiting.mark,
                patient.patient_id,
                patient.hospital_id,
                patient.identity,
                folders,
                self._folder(patient, SENT),
                studies,
                waiting.again,
                waiting.attempts,
            )
        return None

    async def disclose(
        self, session: LiveSession, asked: Requester, entry_id: UUID, resource_type: str
    ) -> None:
        """Write down that a record leaves. Raises NationalUnknown, Forbidden, Frozen."""
        asker = await self._admit(session, asked)
        patient = await self._waiting(asker, entry_id)
        folder_id = self._index.folder(patient.patient_id, resource_type)
        event = event_for(
            asker,
            Kind.DISCLOSURE,
            patient_id=patient.patient_id,
            folders=((resource_type, folder_id),),
            detail=DETAIL,
        )
        charge = self._releases.telling(asker, patient.patient_id)
        await self._releases.commit(session, asked, Intent(event, patient.audit_key, charge))

    async def add_number(
        self, session: LiveSession, asked: Requester, entry_id: UUID, number: str
    ) -> None:
        """Add the platform's number to a patient who has none. Raises AlreadyExists."""
        asker = await self._admit(session, asked)

        async def attempt() -> None:
            patient = await self._waiting(asker, entry_id)
            if patient.identity.health_number == number:
                return
            if patient.identity.health_number:
                raise AlreadyExists(
                    "The patient has another national number already.",
                    remedy="A medical records officer finds out which one is right.",
                )
            event = event_for(
                asker,
                Kind.CHART_UPDATE,
                patient_id=patient.patient_id,
                folders=((PATIENT, self._index.folder(patient.patient_id, PATIENT)),),
                detail=DETAIL,
            )
            identity = msgspec.structs.replace(patient.identity, health_number=number)
            write = await self._patients.amending(patient, identity)
            noting = self._charts.noting(asker, patient.patient_id, (PATIENT,), write)
            intent = Intent(event, patient.audit_key, apply=noting)
            await self._releases.commit(session, asked, intent)

        await persisting(attempt)

    async def _consented(self, patient: PatientRow) -> bool:
        """Whether a patient lets what is in their chart go to the platform: unless they declined
        the coordination of care with others, as the hospital's duty to report is the basis. Asked
        before a chart is opened, and again before each record leaves."""
        rules = await self._consents.of({patient.patient_id: patient.marked})
        known = rules.get(patient.patient_id, ())
        return decided(known, Purpose.COORDINATION, self._clock()) is not Decision.DENY

    async def admitted(self, session: LiveSession, asked: Requester) -> UUID:
        """The hospital of an account that speaks with the platform. Raises Forbidden, Frozen."""
        return (await self._admit(session, asked)).hospital_id

    async def _admit(self, session: LiveSession, asked: Requester) -> Asker:
        return await self._releases.admit(
            session, asked, Permission.RECORD_DISCLOSE, Kind.DISCLOSURE, resource=PATIENT
        )

    async def _to_be_told(self, asker: Asker, patient_id: UUID) -> PatientRow | None:
        """A real patient who is still here and does not object."""
        if self._marks.is_decoy(patient_id):
            return None  # nobody like that may turn up at the platform
        try:
            patient = await self._patients.read(asker.hospital_id, asker.hospital, patient_id)
        except PatientUnknown:
            return None
        return patient if await self._consented(patient) else None

    async def _waiting(self, asker: Asker, entry_id: UUID) -> PatientRow:
        waiting = await self._national.entry(asker.hospital_id, entry_id)
        patient = await self._to_be_told(asker, waiting.patient_id) if waiting else None
        if patient is None:
            raise NationalUnknown(
                "The platform is not being told of this patient.", remedy="Take another one."
            )
        return patient

    async def _studies(self, asker: Asker, patient: PatientRow) -> list[StudyMatch]:
        query = StudyQuery(patient_id=patient.patient_id, limit=STUDIES_MAX)
        page = await self._finder.find(asker.hospital_id, asker.hospital, query, nobody_hidden)
        return page.matches

    def _folder(self, patient: PatientRow, name: str) -> FolderGrant:
        key = patient.keys.scope(folder_scope(name))
        return FolderGrant(name, self._index.folder(patient.patient_id, name), key)
