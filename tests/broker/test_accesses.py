"""Accesses are matched with reasons, and the officer sees what nothing explains."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker import messages as m
from segel.broker.accesses import LIST_MAX, Access, Shortlist, grown
from segel.broker.desks.offers import Caller
from segel.broker.errors import AccessUnknown, AccountUnknown, Forbidden, PatientUnknown
from segel.broker.explaining import Explainer
from segel.domain.break_glass import Emergency, Verdict
from segel.domain.purpose import Purpose
from segel.domain.reasons import ReasonKind, Signal
from segel.domain.roles import Role

OFFICER = Role.DATA_PROTECTION_OFFICER
HALIM = "dr. Rina Halim"


def explainer_of(estate) -> Explainer:
    """One over the estate's own parts, to be called when the test wants."""
    desk = estate.broker._offers[m.ListAccesses].handle.__self__
    releases = estate.broker._offers[m.OpenStudy].handle.__self__._releases
    alerts = estate.broker._offers[m.ListAlerts].handle.__self__._alerts
    accesses = desk._accesses
    return Explainer(
        accesses._pool,
        accesses._index,
        releases._registry,
        desk._directory,
        accesses,
        desk._reasons,
        alerts,
        desk._ledger,
    )


async def matched(estate) -> None:
    while await explainer_of(estate).look():
        pass


async def listed(estate, officer: str) -> m.AccessList:
    reply = await estate.ask(m.ListAccesses(m.Requester(officer)), Caller.DOOR)
    assert isinstance(reply, m.AccessList)
    return reply


async def file(estate, patient: str, **changes) -> UUID:
    now_s = estate.clock.now_s
    fields = {"kind": ReasonKind.ORDER, "from_s": now_s - 60, "until_s": now_s + 3_600}
    reply = await estate.ask(m.FileReason("H1", patient, **(fields | changes)))
    assert isinstance(reply, m.Done)
    assert reply.identifier is not None
    return reply.identifier


def test_what_nothing_explains_is_listed_and_what_a_reason_explains_is_not(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(6):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            officer = await estate.token(OFFICER)
            await file(estate, "MRN00001", account=HALIM)
            await file(estate, "MRN00002", unit="Bedah")
            await file(estate, "MRN00003", kind=ReasonKind.ENCOUNTER)  # the whole hospital
            await file(estate, "MRN00004", account=HALIM, until_s=estate.clock.now_s - 30)  # over
            await estate.ask(m.AssignUnits(HALIM, ["bedah "]))
            for number in range(6):
                await estate.open(reader, arrival(number).study_uid)
                await estate.open(reader, arrival(number).study_uid)  # the same access
            await estate.open(maker, arrival(5).study_uid)  # who stored it may look at it
            await matched(estate)
            found = await listed(estate, officer)
            assert (found.unexplained, found.explained) == (3, 4)
            unexplained = [line for line in found.lines if "unexplained" in line.signals]
            assert len(unexplained) == 3
            assert {line.account for line in unexplained} == {HALIM}
            shown = repr(found)
            assert "MRN" not in shown
            assert "SITI" not in shown

    asyncio.run(run())


def test_the_study_itself_explains_who_referred_and_who_made_it(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            officer = await estate.token(OFFICER)
            referred = arrival(1)
            referred.attributes["00080090"] = {
                "vr": "PN",
                "Value": [{"Alphabetic": "HALIM^RINA^^dr."}],
            }
            await estate.store(maker, referred)
            await estate.store(maker, arrival(2))
            for number in (1, 2):
                await estate.open(reader, arrival(number).study_uid)
            await matched(estate)
            found = await listed(estate, officer)
            assert (found.explained, found.unexplained) == (1, 1)

    asyncio.run(run())


def test_two_brokers_match_each_access_once_and_a_release_waits_for_none(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            officer = await estate.token(OFFICER)
            for number in range(25):
                await estate.store(maker, arrival(number))
                await estate.open(maker, arrival(number).study_uid)  # explained: it stored them
            await matched(estate)
            await asyncio.gather(
                *(
                    (estate, second)[number % 2].open(reader, arrival(number).study_uid)
                    for number in range(25)
                ),
                *(matched(one) for one in (estate, second) * 3),
            )
            await asyncio.gather(matched(estate), matched(second))
            found = await listed(second, officer)
            assert (found.explained, found.unexplained) == (25, 25)
            told = await estate.ask(m.ListAlerts(m.Requester(officer)))
            assert isinstance(told, m.AlertList)
            assert [line.kind for line in told.alerts] == ["unexplained-in-a-row"]

    asyncio.run(run())


def test_an_officer_takes_an_access_off_the_list_in_the_logs_sight(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            await estate.open(reader, arrival(1).study_uid)
            await matched(estate)
            officer, stranger = await estate.token(OFFICER), await estate.token(OFFICER, "H2")
            (line,) = (await listed(estate, officer)).lines
            assert (await listed(estate, stranger)).lines == []
            for token, error in ((reader, Forbidden), (stranger, AccessUnknown)):
                with pytest.raises(error):
                    await estate.ask(
                        m.ReviewAccess(m.Requester(token), line.access_id, Verdict.JUSTIFIED)
                    )
            with pytest.raises(Forbidden):
                await listed(estate, reader)
            asked = m.ReviewAccess(m.Requester(officer), line.access_id, Verdict.JUSTIFIED)
            await estate.ask(asked)
            assert (await listed(estate, officer)).lines == []
            with pytest.raises(AccessUnknown):
                await estate.ask(asked)
            trail = await estate.ask(m.OwnTrail(m.Requester(officer)))
            assert isinstance(trail, m.AuditTrail)
            assert f"access {line.access_id}: justified" in trail.lines[0].event

    asyncio.run(run())


def test_a_review_says_what_else_explains_what_was_opened(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            officer = await estate.token(OFFICER)
            await file(estate, "MRN00001", account=HALIM)
            begun = await estate.ask(
                m.BeginBreakGlass(
                    m.Requester(reader), Emergency.LIFE_AT_RISK, "Pasien trauma di IGD malam ini"
                )
            )
            assert isinstance(begun, m.GlassState)
            assert begun.open is not None
            asked = m.Requester(reader, Purpose.EMERGENCY_TREATMENT)
            for number in (1, 2):
                await estate.ask(m.OpenStudy(asked, arrival(number).study_uid))
            await matched(estate)
            review = await estate.ask(m.ReadReview(m.Requester(officer), begun.open.glass_id))
            assert isinstance(review, m.Review)
            assert [line.reasons for line in review.openings] == [["order"], []]

    asyncio.run(run())


def test_only_the_operator_files_reasons_and_for_known_patients_and_accounts(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            asked = m.FileReason("H1", "MRN00001", ReasonKind.ORDER, 0, 1)
            with pytest.raises(Forbidden):
                await estate.ask(asked, Caller.DOOR)
            with pytest.raises(Forbidden):
                await estate.ask(m.AssignUnits("x", []), Caller.DOOR)
            with pytest.raises(PatientUnknown):
                await file(estate, "MRN99999")
            with pytest.raises(AccountUnknown):
                await file(estate, "MRN00001", account="Nobody At All")
            await file(estate, arrival(1).patient.nik)  # the national number names her, too

    asyncio.run(run())


def test_the_tables_say_nothing_in_the_clear(estate_of, arrival, database) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            await file(estate, "MRN00001", unit="Bedah Saraf")
            grant = await estate.open(reader, arrival(1).study_uid)
            await matched(estate)
            with psycopg.connect(database.owner) as connection:
                for table in ("reasons", "accesses", "access_lists", "account_units"):
                    rows = repr(connection.execute(f"SELECT * FROM {table}").fetchall())
                    for told in (grant.patient_id, grant.study_id, "unexplained", "order", "Bedah"):
                        assert str(told) not in rows, (table, told)
                        if isinstance(told, UUID):
                            assert repr(told.bytes)[2:-1] not in rows

    asyncio.run(run())


def _access(number: int, *, explained: bool) -> Access:
    return Access(
        account_id=UUID(int=number % 3),
        account="x",
        role="clinician",
        hospital_id=UUID(int=9),
        patient_id=uuid4(),
        study_id=uuid4(),
        at_s=1_790_000_000.0 + number,
        purpose="TREAT",
        explained_by=("order",) if explained else (),
        signals=() if explained else (Signal.UNEXPLAINED,),
    )


@given(st.lists(st.booleans(), max_size=60))
def test_a_list_counts_everything_and_keeps_its_order(explained: list[bool]) -> None:
    shortlist = Shortlist()
    for number, one in enumerate(explained):
        access = _access(number, explained=one)
        shortlist = grown(shortlist, uuid4(), access, access.at_s)
    counts = [sum(column) for column in zip(*shortlist.days.values(), strict=True)] or [0, 0]
    assert counts == [sum(explained), len(explained) - sum(explained)]
    assert len(shortlist.entries) == len(explained) - sum(explained)
    keys = [(-entry.score, -entry.at_s) for entry in shortlist.entries]
    assert keys == sorted(keys)


def test_where_nobody_files_reasons_their_lack_alarms_nobody(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN, name=HALIM)
            officer = await estate.token(OFFICER)
            for number in range(12):
                await estate.store(maker, arrival(number))
                await estate.open(reader, arrival(number).study_uid)
            await matched(estate)
            assert (await listed(estate, officer)).unexplained == 12
            told = await estate.ask(m.ListAlerts(m.Requester(officer)))
            assert isinstance(told, m.AlertList)
            assert told.alerts == []

    asyncio.run(run())


def test_a_list_is_bounded_and_says_how_many_fell_out() -> None:
    shortlist = Shortlist()
    for number in range(LIST_MAX + 7):
        access = _access(number, explained=False)
        shortlist = grown(shortlist, uuid4(), access, access.at_s)
    assert (len(shortlist.entries), shortlist.fallen) == (LIST_MAX, 7)
    late = _access(0, explained=True)
    emptied = grown(shortlist, uuid4(), late, late.at_s + 91 * 86_400)
    assert emptied.entries == ()
