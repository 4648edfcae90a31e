"""Patients and the folders of their charts, as the broker gives them out."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.destruction import destroy_patients
from segel.broker.errors import (
    AlreadyExists,
    BudgetExhausted,
    Forbidden,
    Frozen,
    GlassClosed,
    MessageBroken,
    PatientUnknown,
    QueryTooBroad,
    RecordsErased,
)
from segel.broker.folders import forget_folders
from segel.broker.index import Index
from segel.domain.identifiers import NumberKind
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import CHART_TYPES, PATIENT, Interaction
from segel.domain.roles import Role

SRI = PatientIdentity(nik="9901015502900003", name="WULANDARI^SRI", birth_date="19900215", sex="F")


def asking(token: str, purpose: Purpose = Purpose.TREATMENT) -> m.Requester:
    return m.Requester(token, purpose, "fhir")


async def registered(
    estate, officer: str, who: PatientIdentity = SRI, request_id: UUID | None = None
) -> m.ChartGrant:
    asked = m.RegisterPatient(asking(officer, Purpose.OPERATIONS), who, request_id or uuid4())
    reply = await estate.ask(asked, Caller.DOOR)
    assert isinstance(reply, m.ChartGrant)
    return reply


async def found(estate, token: str, purpose=Purpose.TREATMENT, **query) -> list[UUID]:
    reply = await estate.ask(
        m.FindPatients(asking(token, purpose), m.PatientQuery(**query)), Caller.DOOR
    )
    assert isinstance(reply, m.PatientList)
    return [line.patient_id for line in reply.lines]


async def opened(
    estate,
    token: str,
    patient: UUID,
    *types: str,
    interaction: Interaction = Interaction.READ,
    purpose: Purpose = Purpose.TREATMENT,
) -> m.ChartGrant:
    asked = m.OpenChart(asking(token, purpose), patient, types or (PATIENT,), interaction)
    reply = await estate.ask(asked, Caller.DOOR)
    assert isinstance(reply, m.ChartGrant)
    return reply


def number(value: str, kind: NumberKind | None = None) -> tuple[m.PatientNumber, ...]:
    return (m.PatientNumber(value, kind),)


def test_who_is_registered_is_found_by_number_and_by_name_with_birth(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            other = await estate.token(Role.CLINICIAN, "H2")
            sri = (await registered(estate, officer)).patient_id
            queries: tuple[dict[str, Any], ...] = (
                {"numbers": number(SRI.nik)},
                {"numbers": number(SRI.nik, NumberKind.NIK)},
                {"patient_ids": (sri,)},
                {"name": "sri wulandari", "born_first": "19900215", "born_last": "19900215"},
                {"name": "Sri Woelandari", "born_first": "19890101", "born_last": "19911231"},
            )
            for query in queries:
                assert await found(estate, reader, **query) == [sri], query
                assert await found(estate, other, **query) == [], query
            queries = (
                {"numbers": number("9901015502900004")},
                {"numbers": number(SRI.nik, NumberKind.PASSPORT)},
                {"numbers": number(SRI.nik), "sex": "M"},
                {"name": "BUDI", "born_first": "19900215", "born_last": "19900215"},
            )
            for query in queries:
                assert await found(estate, reader, **query) == [], query
            queries = ({}, {"name": "SRI WULANDARI"}, {"born_first": "19900215"})
            for query in queries:
                with pytest.raises(QueryTooBroad):
                    await found(estate, reader, **query)

    asyncio.run(run())


def test_a_number_is_registered_once_however_often_the_request_comes(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            request_id = uuid4()
            first = await registered(estate, officer, request_id=request_id)
            again = await registered(estate, officer, request_id=request_id)
            assert again.patient_id == first.patient_id
            assert again.folders == first.folders
            with pytest.raises(AlreadyExists):
                await registered(estate, officer)
            nobody = [await registered(estate, officer, PatientIdentity()) for _ in range(2)]
            assert nobody[0].patient_id != nobody[1].patient_id

    asyncio.run(run())


def test_images_and_registrations_of_one_number_meet_in_one_patient(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            maker = await estate.token(Role.RADIOGRAPHER)
            sri = (await registered(estate, officer)).patient_id
            grant = await estate.store(maker, arrival(1, nik=SRI.nik, name=SRI.name))
            assert grant.patient_id == sri
            imaged = await estate.store(maker, arrival(2))
            with pytest.raises(AlreadyExists):
                await registered(estate, officer, PatientIdentity(patient_id="MRN00002"))
            reader = await estate.token(Role.CLINICIAN)
            grant = await opened(estate, reader, imaged.patient_id)
            assert grant.identity is not None
            assert grant.identity.patient_id == "MRN00002"

    asyncio.run(run())


def test_an_amended_patient_is_found_as_amended_and_no_longer_as_before(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            sri = (await registered(estate, officer)).patient_id
            await registered(estate, officer, PatientIdentity(nik="9902011502900001"))
            changed = PatientIdentity(
                nik="9901015602900003", name="LESTARI^SRI", birth_date="19900216", sex="F",
                passport="X9999999",
            )  # fmt: skip
            asked = m.AmendPatient(asking(officer, Purpose.OPERATIONS), sri, changed)
            await estate.ask(asked, Caller.DOOR)
            born = {"born_first": "19900216", "born_last": "19900216"}
            assert await found(estate, reader, numbers=number(changed.nik)) == [sri]
            assert await found(estate, reader, numbers=number("X9999999")) == [sri]
            assert await found(estate, reader, name="LESTARI SRI", **born) == [sri]
            assert await found(estate, reader, numbers=number(SRI.nik)) == []
            born = {"born_first": "19900215", "born_last": "19900215"}
            assert await found(estate, reader, name="WULANDARI SRI", **born) == []
            taken = PatientIdentity(nik="9902011502900001")
            with pytest.raises(AlreadyExists):
                await estate.ask(
                    m.AmendPatient(asking(officer, Purpose.OPERATIONS), sri, taken), Caller.DOOR
                )
            assert await found(estate, reader, numbers=number(changed.nik)) == [sri]
            # The number that was given up can be another's.
            other = await registered(estate, officer, PatientIdentity(nik=SRI.nik))
            assert await found(estate, reader, numbers=number(SRI.nik)) == [other.patient_id]

    asyncio.run(run())


def test_each_type_has_a_key_and_a_place_of_its_own(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            sri = (await registered(estate, officer)).patient_id
            grant = await opened(estate, reader, sri, *CHART_TYPES)
            assert [one.resource_type for one in grant.folders] == list(CHART_TYPES)
            assert len({one.key for one in grant.folders}) == len(CHART_TYPES)
            assert len({one.folder_id for one in grant.folders}) == len(CHART_TYPES)
            assert sri not in {one.folder_id for one in grant.folders}
            again = await opened(estate, reader, sri, *CHART_TYPES)
            assert again.folders == grant.folders
            with pytest.raises(MessageBroken):
                await opened(estate, reader, sri, "Account")

    asyncio.run(run())


def test_a_chart_is_opened_by_its_hospital_for_treatment_and_looks_absent_to_all_others(
    estate_of,
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            sri = (await registered(estate, officer)).patient_id
            reader = await estate.token(Role.CLINICIAN)
            other = await estate.token(Role.CLINICIAN, "H2")
            refusals = []
            for patient in (sri, uuid4()):
                with pytest.raises(PatientUnknown) as refused:
                    await opened(estate, other, patient)
                refusals.append((str(refused.value), refused.value.field))
            assert refusals[0] == refusals[1]
            with pytest.raises(Forbidden):
                await opened(estate, reader, sri, purpose=Purpose.OPERATIONS)
            with pytest.raises(GlassClosed):
                await opened(estate, reader, sri, purpose=Purpose.EMERGENCY_TREATMENT)
            for role in (Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER, Role.MODALITY):
                with pytest.raises(Forbidden):
                    await opened(estate, await estate.token(role), sri)
            with pytest.raises(Forbidden):  # who they are, and nothing of what they have
                await opened(estate, officer, sri, "Observation", purpose=Purpose.OPERATIONS)

    asyncio.run(run())


def test_a_folder_leads_back_to_its_patient_once_something_was_written(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            doctor = await estate.token(Role.CLINICIAN)
            sri = (await registered(estate, officer)).patient_id
            grant = await opened(estate, doctor, sri, "Observation")
            folder = grant.folders[0]

            async def by_folder(kind: str, token: str = doctor) -> m.ChartGrant:
                asked = m.OpenFolder(asking(token), folder.folder_id, kind, Interaction.READ)
                reply = await estate.ask(asked, Caller.DOOR)
                assert isinstance(reply, m.ChartGrant)
                return reply

            with pytest.raises(PatientUnknown):
                await by_folder("Observation")
            await opened(estate, doctor, sri, "Observation", interaction=Interaction.CREATE)
            found = await by_folder("Observation")
            assert (found.patient_id, found.folders[0].key) == (sri, folder.key)
            with pytest.raises(PatientUnknown):
                await by_folder("Encounter")
            with pytest.raises(PatientUnknown):
                await by_folder("Observation", await estate.token(Role.CLINICIAN, "H2"))

    asyncio.run(run())


def test_a_chart_costs_as_a_study_does_and_who_is_listed_a_fifth(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            people = [
                (await registered(estate, officer, PatientIdentity(nik=f"99010101019000{n:02}")))
                for n in range(1, 33)
            ]

            async def used() -> float:
                report = await estate.ask(m.OwnBudget(m.Requester(reader)), Caller.DOOR)
                assert isinstance(report, m.BudgetReport)
                return float(report.windows[0].used)

            await found(estate, reader, numbers=number("9901010101900001"))
            assert await used() == pytest.approx(0.2)
            await opened(estate, reader, people[0].patient_id, "Observation")
            await opened(estate, reader, people[0].patient_id, *CHART_TYPES)
            assert await used() == pytest.approx(1)
            for one in people[1:30]:
                await opened(estate, reader, one.patient_id)
            with pytest.raises(BudgetExhausted):
                await opened(estate, reader, people[30].patient_id)
            with pytest.raises(BudgetExhausted):  # whose folder it is does not matter
                await opened(
                    estate, reader, people[31].patient_id, "Observation",
                    interaction=Interaction.CREATE,
                )  # fmt: skip

    asyncio.run(run())


def test_who_opens_a_decoys_chart_is_let_in_and_stopped(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            thief = await estate.token(Role.CLINICIAN)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            done = await estate.ask(m.EnrolAccount("device of H1", Role.MODALITY, "H1"))
            session = await estate.ask(m.BeginPlanting(done.identifier))
            decoy = (await estate.store(session.token, arrival(1))).patient_id
            assert await found(estate, thief, numbers=number("MRN00001")) == [decoy]
            grant = await opened(estate, thief, decoy, "Observation")
            assert len(grant.folders[0].key) == 32
            with pytest.raises(Frozen):
                await opened(estate, thief, decoy)
            asked = m.ListAlerts(m.Requester(dpo, Purpose.OPERATIONS))
            alerts = await estate.ask(asked, Caller.DOOR)
            assert "decoy-touched" in [str(line.kind) for line in alerts.alerts]
            # Whoever is really given its number is registered as somebody else.
            officer = await estate.token(Role.RECORDS_OFFICER)
            real = PatientIdentity("MRN00001", name="BUDI^ANTO", birth_date="19710101", sex="M")
            assert (await registered(estate, officer, real)).patient_id != decoy

    asyncio.run(run())


def test_a_systems_look_whether_somebody_is_there_says_no_name_and_costs_no_reading(
    estate_of,
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            system = await estate.token(Role.HOSPITAL_SYSTEM)
            people = {}
            for at in range(1, 71):
                nik = f"99010101019000{at:02}"
                people[nik] = (
                    await registered(estate, system, PatientIdentity(nik=nik))
                ).patient_id
            for nik, patient in people.items():  # more than it may read in an hour
                query = m.PatientQuery(numbers=number(nik), ids_only=True)
                asked = m.FindPatients(asking(system), query)
                reply = await estate.ask(asked, Caller.DOOR)
                assert reply.lines == [m.PatientLine(patient, PatientIdentity())]
            report = await estate.ask(m.OwnBudget(m.Requester(system)), Caller.DOOR)
            assert report.windows[0].used == 0
            reader = await estate.token(Role.CLINICIAN)
            query = m.PatientQuery(numbers=number("9901010101900001"), ids_only=True)
            await estate.ask(m.FindPatients(asking(reader), query), Caller.DOOR)
            report = await estate.ask(m.OwnBudget(m.Requester(reader)), Caller.DOOR)
            assert report.windows[0].used == pytest.approx(0.2)

    asyncio.run(run())


def test_what_is_erased_leaves_no_folder_and_is_not_registered_anew(estate_of, database) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            doctor = await estate.token(Role.CLINICIAN)
            sri = (await registered(estate, officer)).patient_id
            await opened(estate, doctor, sri, "Observation", interaction=Interaction.CREATE)
            index: Index = estate.broker._offers[m.OpenChart].handle.__self__._charts._index

            async def erase(cursor) -> None:
                await destroy_patients(cursor, [sri])
                await forget_folders(cursor, index, [sri])

            await estate.act(erase)
            with psycopg.connect(database.owner) as connection:
                assert connection.execute("SELECT count(*) FROM folders").fetchone() == (0,)
            with pytest.raises(PatientUnknown):
                await opened(estate, doctor, sri)
            with pytest.raises(RecordsErased):
                await registered(estate, officer)

    asyncio.run(run())
