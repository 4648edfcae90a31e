"""The national platform at the broker: what is noted, who is opened, and what that costs."""

import asyncio
from typing import Any
from uuid import UUID

import psycopg
import pytest

from broker.test_erasure import erase, quick
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import BudgetExhausted, Forbidden, Frozen, NationalUnknown
from segel.broker.limits import BudgetLimits, read_limits
from segel.broker.settings import GRANT_S
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction
from segel.domain.roles import Role

__all__ = ["quick"]
QUIET_S = 10.0
TABLES = ("national_queue", "national_letters", "national_sent")
LETTER = m.Letter("Observation", UUID(int=7), "1", "code", "Observation.code", "No code.", "Add.")


async def set_up(estate: Any, hospital: str = "H1") -> m.OpenedOrganisation:
    """A hospital that tells, and what the process is given for it."""
    before = await organisations(estate)
    await estate.token(Role.HOSPITAL_SYSTEM, hospital)
    await estate.ask(m.SetUpNational(hospital, "100099001", "", "client", "secret"))
    (hospital_id,) = await organisations(estate) - before
    opened = await estate.ask(m.OpenOrganisation(hospital_id), Caller.COURIER)
    assert isinstance(opened, m.OpenedOrganisation)
    return opened


async def organisations(estate: Any) -> set[UUID]:
    listed = await estate.ask(m.ListOrganisations(), Caller.COURIER)
    assert isinstance(listed, m.OrganisationList)
    return set(listed.organisations)


def requester(opened: m.OpenedOrganisation) -> m.Requester:
    return m.Requester(opened.token, Purpose.OPERATIONS, "national")


async def registered(estate: Any, number: int, hospital: str = "H1") -> UUID:
    """A patient whose system says who they are: that changes their chart."""
    system = m.Requester(await estate.token(Role.HOSPITAL_SYSTEM, hospital), Purpose.OPERATIONS)
    identity = PatientIdentity(patient_id=f"N{number}", nik=f"980101150180{number:04}",
                               name="SITI", birth_date="19800115", sex="F")  # fmt: skip
    grant = await estate.ask(m.RegisterPatient(system, identity, UUID(int=number)))
    assert isinstance(grant, m.ChartGrant)
    return grant.patient_id


async def take(estate: Any, who: m.Requester) -> m.NationalGrant | None:
    work = await estate.ask(m.TakeNational(who), Caller.COURIER)
    assert isinstance(work, m.NationalWork)
    return work.grant


async def taken(estate: Any, who: m.Requester) -> m.NationalGrant:
    grant = await take(estate, who)
    assert grant is not None
    return grant


async def settle(estate: Any, who: m.Requester, grant: m.NationalGrant, **how: Any) -> None:
    await estate.ask(m.SettleNational(who, grant.entry_id, grant.mark, **how), Caller.COURIER)


def rows(database: Any, table: str) -> int:
    with psycopg.connect(database.owner) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_a_chart_is_told_of_when_it_lies_still_and_looked_at_until_its_keys_have_ended(
    estate_of, database
) -> None:
    async def run() -> None:
        async with estate_of(national_quiet_s=QUIET_S) as estate:
            await registered(estate, 1)
            assert rows(database, "national_queue") == 0  # nobody is set up
            who = requester(await set_up(estate))
            patient = await registered(estate, 2)
            assert await take(estate, who) is None
            estate.clock.now_s += QUIET_S
            grant = await taken(estate, who)
            assert grant.patient_id == patient
            assert grant.identity.nik == "9801011501800002"
            assert {one.resource_type for one in grant.folders} == {
                "Patient", "Encounter", "ServiceRequest", "Observation", "DiagnosticReport",
            }  # fmt: skip
            await settle(estate, who, grant, letters=[])
            # The key that was released for the change may still be used to write.
            assert await take(estate, who) is None
            estate.clock.now_s += GRANT_S
            await settle(estate, who, await taken(estate, who), letters=[])
            assert rows(database, "national_queue") == 0

    asyncio.run(run())


def test_what_changes_during_a_round_keeps_its_place_and_what_is_broken_off_comes_again(
    estate_of, database
) -> None:
    async def run() -> None:
        async with estate_of(national_quiet_s=0.0) as estate:
            who = requester(await set_up(estate))
            patient = await registered(estate, 1)
            estate.clock.now_s += GRANT_S
            first = await taken(estate, who)
            system = m.Requester(await estate.token(Role.HOSPITAL_SYSTEM), Purpose.OPERATIONS)
            await estate.ask(m.OpenChart(system, patient, ("Observation",), Interaction.CREATE))
            await settle(estate, who, first, letters=[])
            second = await taken(estate, who)
            assert second.mark != first.mark
            await settle(estate, who, second, later_s=60.0)
            assert await take(estate, who) is None
            estate.clock.now_s += 60
            third = await taken(estate, who)
            assert (third.mark, third.attempts) == (second.mark, 1)

    asyncio.run(run())


def test_only_its_own_process_is_let_in_and_only_its_own_account_opens(estate_of) -> None:
    async def run() -> None:
        async with estate_of(national_quiet_s=0.0) as estate:
            opened = await set_up(estate)
            who = requester(opened)
            await registered(estate, 1)
            grant = await taken(estate, who)
            for request in (
                m.TakeNational(who), m.ListOrganisations(), m.OpenOrganisation(grant.hospital_id),
                m.DiscloseRecord(who, grant.entry_id, "Observation"),
            ):  # fmt: skip
                for caller in (Caller.DOOR, Caller.OPERATOR, Caller.PLANTER):
                    with pytest.raises(Forbidden):
                        await estate.ask(request, caller)
            with pytest.raises(Forbidden):
                await estate.ask(m.SetUpNational("H1", "1000", "", "a", "b"), Caller.COURIER)
            for role in (Role.HOSPITAL_SYSTEM, Role.ADMINISTRATOR, Role.CLINICIAN):
                other = m.Requester(await estate.token(role), Purpose.OPERATIONS)
                with pytest.raises(Forbidden):
                    await take(estate, other)
            # The account opens nothing at any other door.
            with pytest.raises(Forbidden):
                await estate.ask(
                    m.OpenChart(who, grant.patient_id, ("Observation",), Interaction.READ)
                )
            # Another hospital's account tells nothing of this one's patients.
            foreign = requester(await set_up(estate, "H2"))
            assert await take(estate, foreign) is None
            with pytest.raises(NationalUnknown):
                await estate.ask(
                    m.DiscloseRecord(foreign, grant.entry_id, "Observation"), Caller.COURIER
                )

    asyncio.run(run())


def test_telling_has_a_budget_of_its_own_and_a_frozen_hospital_tells_nothing(estate_of) -> None:
    limits = read_limits({"roles": {Role.NATIONAL_PLATFORM: {"hour": 2, "day": 2, "month": 2}}})
    assert isinstance(limits, BudgetLimits)

    async def run() -> None:
        async with estate_of(national_quiet_s=0.0, limits=limits) as estate:
            who = requester(await set_up(estate))
            for number in (1, 2, 3):
                await registered(estate, number)
            opened = set()
            for _ in range(2):
                grant = await taken(estate, who)
                opened.add(grant.patient_id)
                await settle(estate, who, grant, letters=[])
            assert len(opened) == 2
            with pytest.raises(BudgetExhausted):
                await take(estate, who)
            officer = m.Requester(await estate.token(Role.DATA_PROTECTION_OFFICER))
            await estate.ask(m.Freeze(officer, m.TargetKind.HOSPITAL, "H1", "a drill of the team"))
            with pytest.raises(Frozen):
                await take(estate, who)

    asyncio.run(run())


def test_an_erased_patients_rows_are_gone(estate_of, database) -> None:
    async def run() -> None:
        async with estate_of(national_quiet_s=0.0) as estate:
            who = requester(await set_up(estate))
            await registered(estate, 1)
            grant = await taken(estate, who)
            await settle(estate, who, grant, letters=[LETTER])
            with psycopg.connect(database.gateway) as connection:
                connection.execute(
                    "INSERT INTO national_sent (folder_id, version, sealed) VALUES (%s, 1, '')",
                    (grant.book.folder_id,),
                )
            assert [rows(database, table) for table in TABLES] == [1, 1, 1]
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            await erase(estate, officer, patient_number="N1")
            assert [rows(database, table) for table in TABLES] == [0, 0, 0]

    asyncio.run(run())
