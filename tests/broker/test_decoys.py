"""Decoys: marked for the broker alone, opened like anybody, and then everything stops."""

import asyncio
import random
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from segel.app.synth.population import population
from segel.broker import messages as m
from segel.broker.decoy_making import Known, compose
from segel.broker.decoys import DecoyMarks
from segel.broker.errors import Forbidden, Frozen
from segel.domain.identifiers import parse_nik
from segel.domain.roles import Role
from support.filling import attributes

MARKS = DecoyMarks(b"k" * 32)


def test_a_decoys_id_looks_like_any_and_is_known_by_the_key_alone() -> None:
    ids = [MARKS.new_id() for _ in range(2_000)]
    assert all(one.version == 4 and MARKS.is_decoy(one) for one in ids)
    assert len(set(ids)) == len(ids)
    assert not any(DecoyMarks(b"K" * 32).is_decoy(one) for one in ids)
    assert not any(MARKS.is_decoy(uuid4()) for _ in range(2_000))


def test_one_bit_of_an_id_decides() -> None:
    decoy = MARKS.new_id()
    for bit in range(128):
        assert not MARKS.is_decoy(type(decoy)(int=decoy.int ^ 1 << bit))


async def plant(estate: Any, arrivals: list[m.StudyArrival], hospital: str = "H1") -> list[Any]:
    """Store studies in a session that plants."""
    await estate.ask(m.EnrolHospital(hospital, f"RS {hospital}"))
    done = await estate.ask(m.EnrolAccount(f"device of {hospital}", Role.MODALITY, hospital))
    session = await estate.ask(m.BeginPlanting(done.identifier))
    return [await estate.store(session.token, arrival) for arrival in arrivals]


async def alerts_of(estate: Any, token: str) -> list[str]:
    reply = await estate.ask(m.ListAlerts(m.Requester(token, m_purpose())))
    return [str(line.kind) for line in reply.alerts]


def m_purpose() -> Any:
    from segel.domain.purpose import Purpose

    return Purpose.OPERATIONS


def test_who_opens_a_decoy_is_let_in_and_stopped(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival]
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            await estate.store(device, arrival(1))
            await plant(estate, [arrival(2)])
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            thief = await estate.token(Role.CLINICIAN)
            real = await estate.open(thief, "2.25.771")
            found = await estate.search(thief, t00100010="SITI*")
            assert len(found.matches) == 2  # to be listed is no touch
            trap = await estate.open(thief, "2.25.772")
            assert len(trap.scope_key) == len(real.scope_key)
            assert (trap.created, bool(trap.receipt)) == (real.created, bool(real.receipt))
            assert trap.attributes.keys() == real.attributes.keys()
            for uid in ("2.25.771", "2.25.772"):
                with pytest.raises(Frozen) as stopped:
                    await estate.open(thief, uid)
                assert "decoy" not in str(stopped.value).lower()
            assert "decoy-touched" in await alerts_of(estate, officer)
            # Somebody else goes on, and so does the device that sends a decoy again.
            other = await estate.token(Role.RADIOLOGIST)
            await estate.open(other, "2.25.771")
            again = await estate.store(device, arrival(2))
            assert again.patient_id == trap.patient_id

    asyncio.run(run())


def test_three_sessions_of_a_hospital_freeze_what_it_releases(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival]
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            await estate.store(device, arrival(1))
            await plant(estate, [arrival(number) for number in (2, 3, 4)])
            elsewhere = await estate.token(Role.MODALITY, "H2")
            await estate.store(elsewhere, arrival(9))
            bystander = await estate.token(Role.RADIOLOGIST)
            for number in (2, 3):
                thief = await estate.token(Role.CLINICIAN, name="thief")
                await estate.open(thief, f"2.25.77{number}")
            await estate.open(bystander, "2.25.771")
            async with estate_of() as another:  # what was touched outlives a broker
                last = await another.token(Role.CLINICIAN, name="thief")
                await another.open(last, "2.25.774")
            with pytest.raises(Forbidden):
                await estate.open(bystander, "2.25.771")
            await estate.store(device, arrival(5))
            other = await estate.token(Role.CLINICIAN, "H2")
            await estate.open(other, "2.25.779")
            officer = await estate.token(Role.DATA_PROTECTION_OFFICER)
            assert "hospital-frozen" in await alerts_of(estate, officer)

    asyncio.run(run())


def test_touches_that_are_long_past_do_not_freeze_the_hospital(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival]
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            await estate.store(device, arrival(1))
            await plant(estate, [arrival(number) for number in (2, 3, 4)])
            for number in (2, 3, 4):
                thief = await estate.token(Role.CLINICIAN, name="clumsy")
                await estate.open(thief, f"2.25.77{number}")
                estate.clock.now_s += 4 * 86_400
            bystander = await estate.token(Role.RADIOLOGIST)
            await estate.open(bystander, "2.25.771")

    asyncio.run(run())


def test_a_refused_release_of_a_decoy_trips_nothing(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival]
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            for number in range(30):
                await estate.store(device, arrival(number))
            await plant(estate, [arrival(99)])
            clinician = await estate.token(Role.CLINICIAN)
            for number in range(30):
                await estate.open(clinician, f"2.25.77{number}")
            with pytest.raises(m_error("BudgetExhausted")):
                await estate.open(clinician, "2.25.7799")
            await estate.open(clinician, "2.25.771")  # still free

    asyncio.run(run())


def m_error(name: str) -> type[Exception]:
    from segel.broker import errors

    return getattr(errors, name)  # type: ignore[no-any-return]


def test_a_decoy_gives_way_to_somebody_who_is_really_given_its_number(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival], database: Any
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            [decoy] = await plant(estate, [arrival(2, nik="")])
            device = await estate.token(Role.MODALITY)
            real = await estate.store(
                device,
                arrival(3, patient_id="MRN00002", nik="", name="SOMEBODY ELSE", accession="A3"),
            )
            assert real.patient_id != decoy.patient_id
            later = await estate.store(
                device,
                arrival(4, patient_id="MRN00002", nik="", name="SOMEBODY ELSE", accession="A4"),
            )
            assert later.patient_id == real.patient_id
            clinician = await estate.token(Role.CLINICIAN)
            await estate.open(clinician, "2.25.773")
            await estate.open(clinician, "2.25.774")  # nobody is stopped
            with psycopg.connect(database.owner) as connection:
                count = connection.execute(
                    "SELECT count(*) FROM unique_tokens WHERE patient_id = %s", (decoy.patient_id,)
                ).fetchone()
            assert count == (2,)  # its number's place, and its study

    asyncio.run(run())


def test_counts_and_the_self_test_say_no_ids(
    estate_of: Callable[[], Any], arrival: Callable[..., m.StudyArrival], database: Any
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            device = await estate.token(Role.MODALITY)
            for number in range(40):
                await estate.store(device, arrival(number))
            await plant(estate, [arrival(99)])
            await estate.token(Role.MODALITY, "H2")
            report = await estate.ask(m.PlanDecoys("H1", 0.05, 0))
            assert report.armed
            by_code = {line.hospital: line for line in report.hospitals}
            assert (by_code["H1"].patients, by_code["H1"].decoys, by_code["H1"].missing) == (
                41,
                1,
                1,
            )
            assert by_code["H2"].decoys == 0
            with psycopg.connect(database.owner) as connection:
                sizes = connection.execute("SELECT length(sealed) FROM decoy_watches").fetchall()
            assert len(sizes) == 2
            assert len(set(sizes)) == 1
            # Whom chance picks may resemble nobody, in which case there is none this time.
            batches = [await estate.ask(m.ComposeDecoys(10)) for _ in range(12)]
            assert {len(batch.patterns) for batch in batches} <= {0, 1}
            assert any(batch.patterns for batch in batches)

    asyncio.run(run())


def test_a_composed_decoy_is_nobody_and_looks_like_everybody() -> None:
    people = population(400, 11)
    known = [
        Known(person, {f"2.25.{n}": attributes(person, f"2.25.{n}", "20260105", f"A{n:08}")})
        for n, person in enumerate(people.people())
    ]
    names = {(one.identity.name, one.identity.birth_date) for one in known}
    taken = {one.identity.patient_id for one in known} | {one.identity.nik for one in known}
    chance = random.Random(5)
    for pattern in known[:100]:
        made = compose(
            pattern,
            [one for one in known if one is not pattern],
            len(known),
            date(2026, 1, 6),
            lambda _, number: number not in taken,
            chance,
        )
        [study] = made.studies.values()
        name = study["00100010"]["Value"][0]["Alphabetic"]
        born, mrn = study["00100030"]["Value"][0], study["00100020"]["Value"][0]
        assert (name, born) not in names
        assert len(name.split()) == len(pattern.identity.name.split())
        assert mrn not in taken
        assert len(mrn) == len(pattern.identity.patient_id)
        assert parse_nik(pattern.identity.nik)
