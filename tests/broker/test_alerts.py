"""Alerts: written with what they tell about or not at all, seen by the hospital's officer only."""

import asyncio
from uuid import UUID, uuid4

import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.alerts import Alert, AlertKind
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import limits_of
from segel.broker.desks.offers import Caller
from segel.broker.errors import AlertUnknown, BudgetExhausted, Forbidden
from segel.broker.ledger import Intent
from segel.broker.limits import BudgetLimits
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

OFFICER = Role.DATA_PROTECTION_OFFICER
SYSTEM_EVENT = Event(
    kind=Kind.ALERT,
    outcome=Outcome.SUCCESS,
    account_id=None,
    role="broker",
    hospital_id=None,
    session_id=None,
    purpose=Purpose.OPERATIONS,
    route="test",
)


async def _hospital(estate, code: str) -> UUID:
    done = await estate.ask(m.EnrolHospital(code, f"RS {code}"))
    assert isinstance(done, m.Done)
    assert done.identifier is not None
    return done.identifier


async def _raise(estate, *alerts: Alert, fails: bool = False) -> None:
    async def defect(_: psycopg.AsyncCursor) -> None:
        raise Forbidden("no")

    desk = estate.broker._offers[m.ListAlerts].handle.__self__
    intent = Intent(SYSTEM_EVENT, apply=defect if fails else None)
    await desk._ledger.commit(desk._alerts.raised_with(intent, *alerts))


async def _listed(estate, token: str) -> m.AlertList:
    reply = await estate.ask(m.ListAlerts(m.Requester(token)), Caller.DOOR)
    assert isinstance(reply, m.AlertList)
    return reply


def test_an_officer_sees_the_own_hospitals_alerts_and_everybodys_newest_first(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(OFFICER, "H1")
            one, other = await _hospital(estate, "H1"), await _hospital(estate, "H2")
            for hospital, kind in (
                (one, AlertKind.BREAK_GLASS_BEGUN),
                (other, AlertKind.DECOY_TOUCHED),
                (None, AlertKind.LOG_QUESTIONED),
            ):
                await _raise(estate, Alert(kind, hospital))
                estate.clock.now_s += 60
            seen = await _listed(estate, officer)
            assert [line.kind for line in seen.alerts] == ["log-questioned", "break-glass-begun"]
            assert seen.waiting == 2
            everything = await estate.ask(m.ListAllAlerts())
            assert isinstance(everything, m.AlertList)
            assert len(everything.alerts) == 3

    asyncio.run(run())


def test_an_alert_whose_cause_is_not_logged_is_not_raised(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(OFFICER)
            with pytest.raises(Forbidden):
                await _raise(estate, Alert(AlertKind.DECOY_TOUCHED, None), fails=True)
            assert (await _listed(estate, officer)).alerts == []

    asyncio.run(run())


def test_an_alert_that_is_raised_once_is_raised_once_by_two_brokers(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            officer = await estate.token(OFFICER)
            subject = uuid4()
            alert = Alert(AlertKind.REVIEW_OVERDUE, None, once_for=str(subject))
            await asyncio.gather(*(_raise(one, alert) for one in (estate, second) * 3))
            await _raise(estate, Alert(AlertKind.REVIEW_OVERDUE, None, once_for=str(uuid4())))
            assert (await _listed(estate, officer)).waiting == 2

    asyncio.run(run())


def test_a_person_acknowledges_an_alert_in_the_logs_sight_and_the_first_one_stays(
    estate_of,
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(OFFICER, name="Ratna Dewi Kusuma")
            second = await estate.token(OFFICER, name="Yohanes Tarigan")
            await _raise(estate, Alert(AlertKind.BREAK_GLASS_BEGUN, await _hospital(estate, "H1")))
            (line,) = (await _listed(estate, officer)).alerts
            for token, note in ((officer, "Sudah ditanyakan"), (second, "terlambat")):
                await estate.ask(m.AcknowledgeAlert(m.Requester(token), line.alert_id, note))
            (line,) = (seen := await _listed(estate, second)).alerts
            assert (line.acknowledged_by, line.note) == ("Ratna Dewi Kusuma", "Sudah ditanyakan")
            assert seen.waiting == 0
            trail = await estate.ask(m.OwnTrail(m.Requester(officer)))
            assert isinstance(trail, m.AuditTrail)
            assert f"acknowledged alert {line.alert_id}" in trail.lines[0].event

    asyncio.run(run())


def test_an_account_that_goes_on_asking_at_its_budget_is_told_of_once_a_day(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            officer = await estate.token(OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            for number in range(31):
                await estate.store(maker, arrival(number))
            for number in range(30):
                await estate.open(reader, arrival(number).study_uid)
            for count, told in ((19, 0), (1, 1), (60, 1)):
                for _ in range(count):
                    with pytest.raises(BudgetExhausted):
                        await estate.open(reader, arrival(30).study_uid)
                kinds = [line.kind for line in (await _listed(estate, officer)).alerts]
                assert kinds == ["budget-exhausted-repeatedly"] * told
            for _ in range(20):
                with pytest.raises(BudgetExhausted):
                    await second.open(reader, arrival(30).study_uid)
            assert (await _listed(second, officer)).waiting == 1

    asyncio.run(run())


@pytest.mark.parametrize("whose", ["hospital", "estate"])
def test_a_shared_budget_that_is_used_up_is_told_of_once_a_day(estate_of, arrival, whose) -> None:
    shared = limits_of(3, 9, 9)
    limits = BudgetLimits(hospital=shared) if whose == "hospital" else BudgetLimits(estate=shared)

    async def run() -> None:
        async with estate_of(limits=limits) as estate, estate_of(limits=limits) as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            officers = [await estate.token(OFFICER, hospital) for hospital in ("H1", "H2")]
            readers = [await estate.token(Role.CLINICIAN, name=f"dr. {n}") for n in range(3)]
            for number in range(5):
                await estate.store(maker, arrival(number))
            for number in range(3):
                await estate.open(readers[number], arrival(number).study_uid)
            for officer in officers:
                assert (await _listed(estate, officer)).alerts == []
            for broker in (estate, estate, second):
                for reader in readers:
                    with pytest.raises(BudgetExhausted):
                        await broker.open(reader, arrival(4).study_uid)
            told = [
                [(line.kind, line.detail) for line in (await _listed(estate, one)).alerts]
                for one in officers
            ]
            one = [("shared-budget-exhausted", whose)]
            assert told == [one, one if whose == "estate" else []]

    asyncio.run(run())


def test_nobody_else_sees_or_acknowledges_alerts(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await _raise(estate, Alert(AlertKind.BREAK_GLASS_BEGUN, await _hospital(estate, "H1")))
            officer = await estate.token(OFFICER, "H1")
            (line,) = (await _listed(estate, officer)).alerts
            for role in set(Role) - {OFFICER}:
                token = await estate.token(role, "H1")
                with pytest.raises(Forbidden):
                    await _listed(estate, token)
                with pytest.raises(Forbidden):
                    await estate.ask(m.AcknowledgeAlert(m.Requester(token), line.alert_id))
            stranger = await estate.token(OFFICER, "H2")
            assert (await _listed(estate, stranger)).alerts == []
            with pytest.raises(AlertUnknown):
                await estate.ask(m.AcknowledgeAlert(m.Requester(stranger), line.alert_id))
            for request in (m.ListAllAlerts(), m.AcknowledgeAnyAlert(line.alert_id, "x")):
                with pytest.raises(Forbidden):
                    await estate.ask(request, Caller.DOOR)

    asyncio.run(run())
