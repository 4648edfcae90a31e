"""Health declarations through a whole broker: who may see them, for how long, and their end."""

import asyncio
import os
from datetime import date
from typing import Any

import msgspec
import psycopg
import pytest
from typer.testing import CliRunner

from segel.app.cli import app
from segel.broker import declaring, keeper
from segel.broker import messages as m
from segel.broker.budgets import limits_of
from segel.broker.certificates import CertificateBroken
from segel.broker.declaration_certificates import day_as_text, verify_day
from segel.broker.declaration_end import DeclarationEnd
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    BrokerUnavailable,
    BudgetExhausted,
    DeclarationOver,
    DeclarationUnclear,
    DeclarationUnknown,
    Forbidden,
    PortFull,
)
from segel.broker.limits import BudgetLimits
from segel.domain.declarations import (
    RECEIPT_QR,
    Conveyance,
    Declaration,
    Symptom,
    new_code,
    window_of,
)
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms
from segel.tlog import NoteVerifier
from support.keeping import moved_to
from support.snapshots import TABLES, Snapshot

OFFICER = Role.PORT_HEALTH_OFFICER
EVERYTHING = (*TABLES, "arrival_days", "declarations")


def traveller(**changes: object) -> Declaration:
    """Somebody who arrives on the morrow of the test's clock."""
    made = Declaration(
        "H1", Conveyance.FLIGHT, "GA881", "2026-09-22", "Sari Contoh", "628120000000", seat="12A"
    )
    return msgspec.structs.replace(made, **changes)


def code() -> str:
    return new_code(os.urandom)


def officer(token: str, purpose: Purpose = Purpose.PUBLIC_HEALTH) -> m.Requester:
    return m.Requester(token, purpose, "console")


async def port(estate: Any, hospital: str = "H1") -> str:
    """A port that takes declarations; its officer's token."""
    token: str = await estate.token(OFFICER, hospital)
    await estate.ask(m.OpenPort(hospital, True))
    return token


async def declared(estate: Any, one: Declaration, with_code: str = "") -> m.Declared:
    reply = await estate.ask(m.Declare(with_code or code(), one), Caller.DOOR)
    assert isinstance(reply, m.Declared)
    return reply


async def found(estate: Any, token: str, receipt: str) -> m.DeclarationView:
    reply = await estate.ask(m.FindDeclaration(officer(token), receipt), Caller.DOOR)
    assert isinstance(reply, m.DeclarationView)
    return reply


async def days(estate: Any, token: str) -> list[m.ArrivalDayLine]:
    reply = await estate.ask(m.ListArrivalDays(officer(token)))
    assert isinstance(reply, m.ArrivalDayList)
    return reply.days


def at(estate: Any, moment_s: float) -> None:
    estate.clock.now_s = moment_s


def end_of(estate: Any) -> DeclarationEnd:
    """What the broker's clocks call each minute."""
    desk = estate.broker._offers[m.ListArrivalDays].handle.__self__
    settle = estate.broker._offers[m.FollowKeys].handle.__self__._keeper
    return DeclarationEnd(
        desk._rows._pool, settle._secrets, settle._keyring, desk._ledger,
        desk._releases._receipts, desk._days,
    )  # fmt: skip


def test_a_traveller_sends_reads_corrects_and_withdraws_with_the_code_alone(
    estate_of, database
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await port(estate)
            mine = code()
            first = await declared(estate, traveller(symptoms=(Symptom.FEVER,)), mine)
            assert not first.corrected
            again = await declared(estate, traveller(seat="14C", vessel="ga 882"), mine)
            assert (again.receipt, again.corrected) == (first.receipt, True)
            own = await estate.ask(m.ReadOwnDeclaration(mine.lower()), Caller.DOOR)
            assert own.declaration == traveller(seat="14C", vessel="GA882")
            assert (own.correctable, own.withdrawable) == (True, True)
            assert own.destroyed_s == window_of(date(2026, 9, 22)).destroyed_s
            for other in (code(), "A" * 26):
                with pytest.raises(DeclarationUnknown):
                    await estate.ask(m.ReadOwnDeclaration(other))
            for broken in ("", "A" * 25, first.receipt):
                with pytest.raises(DeclarationUnclear) as told:
                    await estate.ask(m.ReadOwnDeclaration(broken))
                assert told.value.field == "code"
            with psycopg.connect(database.owner) as connection:
                ((kept,),) = connection.execute("SELECT count(*) FROM declarations").fetchall()
            assert kept == 1
            await estate.ask(m.WithdrawDeclaration(mine), Caller.DOOR)
            with pytest.raises(DeclarationUnknown):
                await estate.ask(m.ReadOwnDeclaration(mine))

    asyncio.run(run())


def test_what_cannot_be_taken_is_refused_by_its_field_and_two_at_once_are_one(
    estate_of, monkeypatch
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await port(estate)
            await estate.token(Role.CLINICIAN, "H2")
            for field, value in (
                ("port", "NOWHERE"),
                ("port", "H2"),
                ("arrival", "2027-01-01"),
                ("vessel", "?"),
                ("name", ""),
            ):
                with pytest.raises(DeclarationUnclear) as told:
                    await declared(estate, traveller(**{field: value}))
                assert told.value.field == field
            mine = code()
            both = await asyncio.gather(*(declared(estate, traveller(), mine) for _ in range(2)))
            assert len({one.receipt for one in both}) == 1
            assert sorted(one.corrected for one in both) == [False, True]
            monkeypatch.setitem(declaring.VESSEL_MAX, Conveyance.FLIGHT, 1)
            with pytest.raises(PortFull):
                await declared(estate, traveller())
            await declared(estate, traveller(seat="1A"), mine)
            await declared(estate, traveller(vessel="GA999"))
            monkeypatch.setattr(declaring, "DAY_MAX", 2)
            with pytest.raises(PortFull):
                await declared(estate, traveller(vessel="GA998"))
            await estate.ask(m.OpenPort("H1", False))
            assert (await estate.ask(m.ListPorts())).ports == []
            with pytest.raises(DeclarationUnclear):
                await declared(estate, traveller())

    asyncio.run(run())


def test_only_the_ports_own_officers_see_it_and_each_opening_is_charged_and_logged(
    estate_of,
) -> None:
    limits = BudgetLimits(read={OFFICER: limits_of(2, 2, 2)})

    async def run() -> None:
        async with estate_of(limits=limits) as estate:
            here, there = await port(estate), await port(estate, "H2")
            well = await declared(estate, traveller())
            ill = await declared(estate, traveller(seat="14C", symptoms=(Symptom.COUGH,)))
            ship = traveller(conveyance=Conveyance.SHIP, vessel="KM Contoh")
            await declared(estate, ship)
            vessels = (await estate.ask(m.ListArrivals(officer(here)))).vessels
            told = [(one.vessel, one.declared, one.attention) for one in vessels]
            assert told == [("GA881", 2, 1), ("KM CONTOH", 1, 0)]
            flight = vessels[0]
            listing = m.ListTravellers(officer(here), flight.day_id, flight.vessel_id)
            listed = await estate.ask(listing)
            # Whoever is ill first; nobody by name.
            assert [one.receipt for one in listed.travellers] == [ill.receipt, well.receipt]
            assert b"Sari" not in msgspec.json.encode(listed)
            view = await found(estate, here, RECEIPT_QR + ill.receipt)
            assert (view.declaration.name, view.declaration.seat) == ("Sari Contoh", "14C")
            by_id = m.ReadDeclaration(officer(here), view.declaration_id)
            assert await estate.ask(by_id) == view
            # Two listed at a fifth, one of them opened: with another there is no room for a third.
            await found(estate, here, well.receipt)
            third = await declared(estate, traveller(seat="15A"))
            with pytest.raises(BudgetExhausted):
                await found(estate, here, third.receipt)
            for wrong in (
                m.FindDeclaration(officer(there), ill.receipt),
                m.ReadDeclaration(officer(there), view.declaration_id),
                m.ListTravellers(officer(there), flight.day_id, flight.vessel_id),
            ):
                with pytest.raises(DeclarationUnknown):
                    await estate.ask(wrong)
            assert (await estate.ask(m.ListArrivals(officer(there)))).vessels == []
            with pytest.raises(Forbidden):
                await estate.ask(m.ListArrivals(officer(here, Purpose.TREATMENT)))
            for role in set(Role) - {OFFICER, Role.PATIENT}:
                other = await estate.token(role)
                with pytest.raises(Forbidden):
                    await estate.ask(m.FindDeclaration(officer(other), ill.receipt))
            trail = await estate.ask(m.OwnTrail(m.Requester(here, Purpose.TREATMENT), 50))
            lines = " ".join(line.event for line in trail.lines)
            assert lines.count(f"declaration {view.declaration_id} opened") == 2
            assert "2 declarations listed" in lines
            assert "arrivals listed" in lines

    asyncio.run(run())


def test_officers_see_it_in_the_window_of_the_arrival_and_the_traveller_until_its_end(
    estate_of,
) -> None:
    window = window_of(date(2026, 9, 26))

    async def run() -> None:
        async with estate_of() as estate:
            here, mine = await port(estate), code()
            receipt = (await declared(estate, traveller(arrival="2026-09-26"), mine)).receipt
            for moment_s, seen in (
                (window.seen_from_s - 1, False),
                (window.seen_from_s, True),
                (window.seen_until_s - 1, True),
                (window.seen_until_s, False),
                (window.destroyed_s - 1, False),
            ):
                at(estate, moment_s)
                listed = (await estate.ask(m.ListArrivals(officer(here)))).vessels
                assert bool(listed) is seen
                if seen:
                    assert (await found(estate, here, receipt)).receipt == receipt
                else:
                    with pytest.raises(DeclarationUnknown):
                        await found(estate, here, receipt)
                assert (await estate.ask(m.ReadOwnDeclaration(mine))).receipt == receipt
            with pytest.raises(DeclarationOver):
                await declared(estate, traveller(arrival="2026-09-26"), mine)
            with pytest.raises(DeclarationOver):
                await estate.ask(m.WithdrawDeclaration(mine))

    asyncio.run(run())


def test_a_fortnight_after_the_arrival_no_copy_opens_it_and_a_certificate_says_so(
    estate_of, database, kms, tmp_path
) -> None:
    window = window_of(date(2026, 9, 22))

    async def run() -> None:
        async with estate_of() as estate:
            here, there = await port(estate), await port(estate, "H2")
            mine = code()
            await declared(estate, traveller(), mine)
            await declared(estate, traveller(port="H2"))
            await declared(estate, traveller(arrival="2026-09-23"))
            end = end_of(estate)
            at(estate, window.destroyed_s - 1)
            assert await end.look() == 0
            yesterday = Snapshot(database, EVERYTHING)
            keks = kms.status().keks
            at(estate, window.destroyed_s)
            assert await end.look() == 2
            assert await end.look() == 0
            assert kms.status().keks == keks - 1
            with pytest.raises(DeclarationUnknown):
                await estate.ask(m.ReadOwnDeclaration(mine))
            later, gone = await days(estate, here)
            assert (later.is_destroyed, later.certificate, later.declared) == (False, "", 1)
            assert (gone.is_destroyed, gone.declared) == (True, 1)
            log = NoteVerifier.parse(estate.broker.publisher.vkey)
            held = verify_day(gone.certificate.encode(), log)
            assert (held.certified.day_id, held.certified.declared) == (gone.day_id, 1)
            assert held.certified.destroyed_s >= held.certified.due_s
            assert [one.generation for one in held.certified.retired] == [0]
            assert "1 declarations" in day_as_text(held)
            file = tmp_path / "day.segel"
            file.write_text(gone.certificate)
            asked = ["declarations", "verify-certificate", str(file)]
            told = CliRunner().invoke(app, [*asked, f"--vkey={estate.broker.publisher.vkey}"])
            assert (told.exit_code, "The certificate holds." in told.stdout) == (0, True)
            changed = gone.certificate.replace('"declared":1', '"declared":0')
            with pytest.raises(CertificateBroken):
                verify_day(changed.encode(), log)
            (other,) = await days(estate, there)
            assert verify_day(other.certificate.encode(), log).certified.day_id == other.day_id
            for role, purpose in (
                (Role.DATA_PROTECTION_OFFICER, Purpose.OPERATIONS),
                (Role.ADMINISTRATOR, Purpose.OPERATIONS),
            ):
                who = officer(await estate.token(role), purpose)
                assert len((await estate.ask(m.ListArrivalDays(who))).days) == 2
            with pytest.raises(Forbidden):
                await estate.ask(m.ListArrivalDays(officer(await estate.token(Role.CLINICIAN))))
        yesterday.restore()
        async with estate_of() as estate:
            at(estate, window.destroyed_s - 1)
            with pytest.raises(BrokerUnavailable):
                await estate.ask(m.ReadOwnDeclaration(mine))
            at(estate, window.destroyed_s)
            assert await end_of(estate).look() == 2  # the copy is cleared, and certified anew

    asyncio.run(run())


def test_keys_of_days_go_along_to_another_kms(estate_of, database, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    other = tmp_path / "other"

    async def run() -> None:
        async with estate_of() as estate:
            here = await port(estate)
            receipt = (await declared(estate, traveller())).receipt
            await moved_to(estate, other)
            assert FileKms.open(tmp_path / "kms", production=False).status().keks == 0
            assert (await found(estate, here, receipt)).receipt == receipt
            await declared(estate, traveller(arrival="2026-09-23"))
            at(estate, window_of(date(2026, 9, 22)).destroyed_s)
            before = FileKms.open(other, production=False).status().keks
            assert await end_of(estate).look() == 1
            assert FileKms.open(other, production=False).status().keks == before - 1

    asyncio.run(run())


def test_nothing_of_it_is_readable_in_the_database(estate_of, database) -> None:
    said = traveller(
        email="sari@contoh.example", address="Jalan Contoh 7", other_symptoms="pusing sekali",
        countries=("SG",), symptoms=(Symptom.FEVER,),
    )  # fmt: skip

    async def run() -> None:
        async with estate_of() as estate:
            await port(estate)
            mine = code()
            sent = await declared(estate, said, mine)
            kept = b"".join(
                rows for table, rows in Snapshot(database, EVERYTHING).rows.items()
                if table != "hospitals"
            )  # fmt: skip
            for word in (
                "Sari", "62812", "contoh.example", "Jalan", "pusing", "fever", "GA881", "12A",
                "2026-09-22", mine, sent.receipt,
            ):  # fmt: skip
                assert word.encode() not in kept
                assert word.encode().hex().encode() not in kept, word

    asyncio.run(run())
