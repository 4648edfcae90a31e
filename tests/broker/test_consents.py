"""What a patient decided, as the broker keeps to it: role × purpose × decision × way."""

import asyncio
from collections.abc import Awaitable
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    BrokerError,
    ConsentsChanged,
    Forbidden,
    MessageBroken,
    PatientUnknown,
    StudyUnknown,
)
from segel.domain.break_glass import Emergency
from segel.domain.consent import Decision, Rule, decided, in_force
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import CONSENT, PATIENT, Interaction
from segel.domain.roles import Role

SRI = PatientIdentity(
    patient_id="MRN00001", nik="9901015502900003", name="WULANDARI^SRI", birth_date="19900215",
    sex="F",
)  # fmt: skip
DECLINED = Rule(Purpose.TREATMENT, Decision.DENY)


def asking(token: str, purpose: Purpose) -> m.Requester:
    return m.Requester(token, purpose, "fhir")


class Desk:
    """The ways to a record, by short names."""

    def __init__(self, estate: Any) -> None:
        self.estate = estate

    async def ask(self, message: m.Request) -> Any:
        return await self.estate.ask(message, Caller.DOOR)

    async def ask_or_refusal(self, message: m.Request) -> str:
        try:
            reply = await self.ask(message)
        except BrokerError as refusal:
            return refusal.code
        return "shown" if reply.matches else "none"

    async def open(
        self, token: str, purpose: Purpose, patient: UUID, *types: str,
        interaction: Interaction = Interaction.READ,
    ) -> Any:  # fmt: skip
        return await self.ask(
            m.OpenChart(asking(token, purpose), patient, types or (PATIENT,), interaction)
        )

    async def find(self, token: str, purpose: Purpose) -> list[UUID]:
        query: dict[str, Any] = {"numbers": (m.PatientNumber(SRI.nik),)}
        reply = await self.ask(m.FindPatients(asking(token, purpose), m.PatientQuery(**query)))
        return [line.patient_id for line in reply.lines]

    async def decide(
        self, token: str, purpose: Purpose, patient: UUID, *rules: Rule,
        mark: UUID | None = None, resource: UUID | None = None,
    ) -> Any:  # fmt: skip
        if mark is None:
            opened = await self.open(
                token, purpose, patient, CONSENT, interaction=Interaction.CREATE
            )
            mark = opened.consent_mark
        version = m.ConsentVersion(Interaction.CREATE, resource or uuid4(), 1, b"sealed")
        return await self.ask(
            m.DecideConsent(asking(token, purpose), patient, version, rules, (), mark)
        )


async def outcome(awaitable: Awaitable[Any]) -> str:
    try:
        found = await awaitable
    except BrokerError as refusal:
        return refusal.code
    return "none" if found == [] else "shown"


def test_what_is_declined_is_not_there_and_comes_back_when_it_is_permitted(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            desk = Desk(estate)
            officer = await estate.token(Role.RECORDS_OFFICER)
            maker = await estate.token(Role.RADIOGRAPHER)
            system = await estate.token(Role.HOSPITAL_SYSTEM)
            reader = await estate.token(Role.CLINICIAN)
            registered = await desk.ask(
                m.RegisterPatient(asking(officer, Purpose.OPERATIONS), SRI, uuid4())
            )
            sri = registered.patient_id
            study = arrival(1, nik=SRI.nik, name=SRI.name)
            await estate.store(maker, study)

            async def ways(token: str, purpose: Purpose) -> dict[str, str]:
                query = m.StudyQuery(filters={"0020000D": study.study_uid})
                studies = await desk.ask_or_refusal(m.Search(asking(token, purpose), query))
                return {
                    "find": await outcome(desk.find(token, purpose)),
                    "patient": await outcome(desk.open(token, purpose, sri)),
                    "results": await outcome(desk.open(token, purpose, sri, "Observation")),
                    "write": await outcome(
                        desk.open(token, purpose, sri, "Observation",
                                  interaction=Interaction.CREATE)
                    ),
                    "studies": studies,
                    "study": await outcome(
                        desk.ask(m.OpenStudy(asking(token, purpose), study.study_uid))
                    ),
                }  # fmt: skip

            open_to = {
                (role, purpose): await ways(token, purpose)
                for (role, token), purpose in product(
                    ((Role.CLINICIAN, reader), (Role.HOSPITAL_SYSTEM, system),
                     (Role.RECORDS_OFFICER, officer)),
                    (Purpose.TREATMENT, Purpose.PATIENT_REQUEST, Purpose.OPERATIONS),
                )
            }  # fmt: skip
            assert set(open_to[Role.CLINICIAN, Purpose.TREATMENT].values()) == {"shown"}

            await desk.decide(officer, Purpose.OPERATIONS, sri, DECLINED)
            unknown = {"find": "none", "patient": "patient-unknown", "results": "patient-unknown",
                       "write": "patient-unknown", "studies": "none",
                       "study": "study-unknown"}  # fmt: skip
            assert await ways(reader, Purpose.TREATMENT) == unknown
            # The same by another name: a purpose is what the asker says it is.
            writes = open_to[Role.CLINICIAN, Purpose.PATIENT_REQUEST]["write"]
            assert await ways(reader, Purpose.PATIENT_REQUEST) == unknown | {"write": writes}
            # Nobody can tell it from what is not there at all.
            with pytest.raises(StudyUnknown) as declined:
                await desk.ask(m.OpenStudy(asking(reader, Purpose.TREATMENT), study.study_uid))
            with pytest.raises(StudyUnknown) as absent:
                await desk.ask(m.OpenStudy(asking(reader, Purpose.TREATMENT), "2.25.404"))
            assert str(declined.value) == str(absent.value)
            # What has to be kept is kept: of machines, and who somebody is.
            await estate.store(maker, arrival(1, nik=SRI.nik, name=SRI.name))
            before = open_to[Role.HOSPITAL_SYSTEM, Purpose.TREATMENT]
            assert await ways(system, Purpose.TREATMENT) == before | {
                "results": "patient-unknown", "studies": before["studies"],
            }  # fmt: skip
            for role, token in ((Role.HOSPITAL_SYSTEM, system), (Role.RECORDS_OFFICER, officer)):
                same = await ways(token, Purpose.OPERATIONS)
                assert same == open_to[role, Purpose.OPERATIONS], role

            await desk.decide(
                officer, Purpose.OPERATIONS, sri,
                Rule(Purpose.TREATMENT, Decision.PERMIT), DECLINED,
            )  # fmt: skip
            again = await ways(reader, Purpose.TREATMENT)
            assert again == open_to[Role.CLINICIAN, Purpose.TREATMENT]

    asyncio.run(run())


def test_an_emergency_is_not_declined_and_who_treats_decides_nothing(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            desk = Desk(estate)
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            registered = await desk.ask(
                m.RegisterPatient(asking(officer, Purpose.OPERATIONS), SRI, uuid4())
            )
            sri = registered.patient_id
            mark = (
                await desk.open(
                    officer, Purpose.OPERATIONS, sri, CONSENT, interaction=Interaction.CREATE
                )
            ).consent_mark
            with pytest.raises(Forbidden):
                await desk.decide(reader, Purpose.TREATMENT, sri, DECLINED, mark=mark)
            await desk.decide(officer, Purpose.OPERATIONS, sri, DECLINED)
            with pytest.raises(PatientUnknown):
                await desk.open(reader, Purpose.TREATMENT, sri)
            with pytest.raises(Forbidden):
                await desk.open(reader, Purpose.EMERGENCY_TREATMENT, sri)
            await desk.ask(
                m.BeginBreakGlass(
                    asking(reader, Purpose.TREATMENT), Emergency.LIFE_AT_RISK,
                    "Pasien tidak sadar di IGD, perlu riwayat alergi",
                )
            )  # fmt: skip
            assert (await desk.open(reader, Purpose.EMERGENCY_TREATMENT, sri)).folders

    asyncio.run(run())


def test_a_decision_is_made_of_what_was_read_or_not_at_all(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            desk = Desk(estate)
            officer = await estate.token(Role.RECORDS_OFFICER)
            registered = await desk.ask(
                m.RegisterPatient(asking(officer, Purpose.OPERATIONS), SRI, uuid4())
            )
            sri, operations = registered.patient_id, Purpose.OPERATIONS
            opened = await desk.open(
                officer, operations, sri, CONSENT, interaction=Interaction.CREATE
            )
            assert opened.consent_mark is not None
            first = uuid4()
            await desk.decide(
                officer, operations, sri, DECLINED, mark=opened.consent_mark, resource=first
            )
            with pytest.raises(ConsentsChanged):
                await desk.decide(officer, operations, sri, mark=opened.consent_mark)
            with pytest.raises(ConsentsChanged):  # and neither of the two where one fails
                await desk.decide(officer, operations, sri, resource=first)
            reader = await estate.token(Role.CLINICIAN)
            assert await desk.find(reader, Purpose.TREATMENT) == []
            not_ones_to_make = Rule(Purpose.EMERGENCY_TREATMENT, Decision.DENY)
            for rules in ([not_ones_to_make], [DECLINED] * 40):
                with pytest.raises(MessageBroken):
                    await desk.decide(officer, operations, sri, *rules)

    asyncio.run(run())


def test_a_row_that_was_taken_opens_nothing_and_the_tables_do_not_tell_who_decided(
    estate_of, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            desk = Desk(estate)
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            people = [
                (
                    await desk.ask(
                        m.RegisterPatient(
                            asking(officer, Purpose.OPERATIONS),
                            PatientIdentity(nik=f"990101550290{at:04}"),
                            uuid4(),
                        )
                    )
                ).patient_id
                for at in range(2)
            ]
            await desk.decide(
                officer, Purpose.OPERATIONS, people[0], Rule(Purpose.RESEARCH, Decision.PERMIT)
            )
            with psycopg.connect(database.owner) as connection:
                marks = connection.execute("SELECT consent_mark FROM patients").fetchall()
                assert all(mark.version == 4 for (mark,) in marks)
                rows = connection.execute("SELECT row_id, sealed FROM consents").fetchall()
                ((row_id, sealed),) = rows
                assert row_id not in people
                assert b"HRESCH" not in sealed
            assert (await desk.open(reader, Purpose.TREATMENT, people[0])).folders
            with psycopg.connect(database.owner) as connection:
                connection.execute("DELETE FROM consents")
            with pytest.raises(PatientUnknown):  # what they declined is not known any more
                await desk.open(reader, Purpose.TREATMENT, people[0])
            assert (await desk.open(reader, Purpose.TREATMENT, people[1])).folders

    asyncio.run(run())


@pytest.mark.parametrize(
    ("rules", "at_s", "expected"),
    [
        ([], 0, None),
        ([DECLINED], 5, Decision.DENY),
        ([Rule(Purpose.TREATMENT, Decision.PERMIT, 10), DECLINED], 9, Decision.PERMIT),
        ([Rule(Purpose.TREATMENT, Decision.PERMIT, 10), DECLINED], 10, Decision.DENY),
        ([Rule(Purpose.RESEARCH, Decision.DENY)], 5, None),
    ],
)
def test_the_newest_decision_that_is_not_over_holds(rules, at_s, expected) -> None:
    assert decided(rules, Purpose.TREATMENT, at_s) is expected
    assert decided(in_force(rules, at_s), Purpose.TREATMENT, at_s) is expected


def test_what_can_never_hold_again_is_not_kept() -> None:
    permit = Rule(Purpose.TREATMENT, Decision.PERMIT, 10)
    assert in_force([permit, DECLINED, permit, DECLINED], 0) == (permit, DECLINED)
    assert in_force([permit, DECLINED], 10) == (DECLINED,)
    assert in_force([DECLINED, permit], 0) == (DECLINED,)
