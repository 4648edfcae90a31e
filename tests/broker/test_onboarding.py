"""A ticket takes in one empty hospital, and reaches nothing of any other."""

import asyncio

import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import AlreadyExists, Forbidden, SignInFailed
from segel.domain.roles import Role


async def ticket(estate, code: str, lifetime_s: int = 3_600) -> str:
    reply = await estate.ask(m.MakeTicket(code, lifetime_s))
    assert isinstance(reply, m.Ticket)
    return reply.secret


def test_a_ticket_takes_in_its_hospital_and_reaches_no_other(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)  # of H1
            await estate.store(maker, arrival(1))
            await estate.ask(m.EnrolPeer("OTHER_CT", "SEGEL", "H1"))
            await estate.ask(m.EnrolSender("LIS", "RS ONE", "H1"))
            with pytest.raises(Forbidden):  # it is at work
                await ticket(estate, "H1")
            with pytest.raises(Forbidden):  # no door makes tickets
                await estate.ask(m.MakeTicket("NEW", 3_600), Caller.DOOR)
            secret = await ticket(estate, "NEW")

            async def act(what: m.Act) -> object:
                return await estate.ask(m.ActByTicket(secret, what), Caller.DOOR)

            for foreign in (
                m.EnrolHospital("H1", "x"),
                m.AddAccount("Dewi", Role.ADMINISTRATOR, "H1", 3_600),
                m.EnrolPeer("CT9", "SEGEL", "H1"),
            ):
                with pytest.raises(Forbidden):
                    await act(foreign)
            shown = await estate.ask(m.LookTicket(secret), Caller.DOOR)
            assert (shown.hospital_code, shown.enrolled, shown.people) == ("NEW", False, ())
            await act(m.EnrolHospital("NEW", "RS Baru"))
            invited = await act(m.AddAccount("Dewi Baru", Role.ADMINISTRATOR, "NEW", 3_600))
            assert isinstance(invited, m.Invitation)
            for taken in (
                m.EnrolPeer("OTHER_CT", "SEGEL", "NEW"), m.EnrolSender("LIS", "RS ONE", "NEW"),
            ):  # fmt: skip
                with pytest.raises(AlreadyExists):
                    await act(taken)
            shown = await estate.ask(m.LookTicket(secret), Caller.DOOR)
            assert (shown.enrolled, shown.people) == (True, ("Dewi Baru",))

            # With the first patient it is over.
            first = await estate.token(Role.RADIOGRAPHER, "NEW")
            await estate.store(first, arrival(2))
            with pytest.raises(Forbidden):
                await act(m.AddAccount("Budi", Role.CLINICIAN, "NEW", 3_600))
            with pytest.raises(Forbidden):
                await estate.ask(m.LookTicket(secret), Caller.DOOR)

    asyncio.run(run())


def test_what_is_no_ticket_or_has_run_out_opens_nothing(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            secret = await ticket(estate, "NEW", 600)
            changed = secret[:-2] + ("AA" if secret[-2:] != "AA" else "BB")
            for broken in ("", "x", "é", "A" * 3_000, changed, secret[:-8]):
                with pytest.raises(SignInFailed):
                    await estate.ask(m.LookTicket(broken), Caller.DOOR)
                enrol = m.EnrolHospital("NEW", "x")
                with pytest.raises(SignInFailed):
                    await estate.ask(m.ActByTicket(broken, enrol), Caller.DOOR)
            estate.clock.now_s += 601
            with pytest.raises(SignInFailed):
                await estate.ask(m.LookTicket(secret), Caller.DOOR)

    asyncio.run(run())
