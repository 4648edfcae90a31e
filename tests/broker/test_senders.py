"""Senders of HL7 messages: enrolled by the operator only, let in by what they say and show."""

import asyncio

import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    AeTitleUnknown,
    AlreadyExists,
    Forbidden,
    SenderUnknown,
    TokenInvalid,
)
from segel.domain.roles import Role

KEY = "ab" * 32


async def two_hospitals(estate) -> None:
    for code in ("H1", "H2"):
        await estate.ask(m.EnrolHospital(code, f"RS {code}"))


async def opened(estate, application="LIS", facility="LAB", key="") -> m.OpenedSender:
    reply = await estate.ask(m.OpenSender(application, facility, "10.0.0.9", key), Caller.DOOR)
    assert isinstance(reply, m.OpenedSender)
    return reply


async def listed(estate) -> list[tuple[str, str, str]]:
    reply = await estate.ask(m.ListSenders())
    assert isinstance(reply, m.SenderList)
    return [(one.application, one.facility, one.hospital) for one in reply.senders]


def test_only_the_operators_socket_enrols_removes_and_lists(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            for request in (
                m.EnrolSender("LIS", "LAB", "H1"), m.RemoveSender("LIS", "LAB"), m.ListSenders(),
            ):  # fmt: skip
                with pytest.raises(Forbidden):
                    await estate.ask(request, Caller.DOOR)

    asyncio.run(run())


def test_a_sender_is_a_system_of_its_hospital_and_whoever_is_not_enrolled_is_unknown(
    estate_of,
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await two_hospitals(estate)
            with pytest.raises(SenderUnknown):
                await opened(estate)
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1", ("RSM",)))
            let_in = await opened(estate)
            session = await estate.ask(m.CheckSession(let_in.token))
            assert session.role is Role.HOSPITAL_SYSTEM
            assert (session.hospital_id, let_in.authorities) == (let_in.hospital_id, ("RSM",))
            for other in (("LIS", "RAD"), ("RIS", "LAB"), ("LISL", "AB")):
                with pytest.raises(SenderUnknown):
                    await opened(estate, *other)
            with pytest.raises(AeTitleUnknown):  # nor is it a DIMSE peer by that
                await estate.ask(m.OpenPeer("LIS", "LAB", "10.0.0.9"), Caller.DOOR)

    asyncio.run(run())


def test_a_sender_with_a_certificate_comes_in_by_that_only(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await two_hospitals(estate)
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1", (), (KEY,)))
            await estate.ask(m.EnrolSender("RIS", "LAB", "H1"))
            await opened(estate, key=KEY)
            for application, shown in (("LIS", ""), ("LIS", "cd" * 32), ("RIS", KEY)):
                with pytest.raises(SenderUnknown) as refused:
                    await opened(estate, application, key=shown)
                assert refused.value.field == "certificate"

    asyncio.run(run())


def test_what_is_said_again_takes_the_place_and_ends_the_sessions(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await two_hospitals(estate)
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1"))
            let_in = await opened(estate)
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1"))  # the same: nothing changes
            await estate.ask(m.CheckSession(let_in.token))
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1", ("RSM",)))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(let_in.token))
            assert (await opened(estate)).authorities == ("RSM",)
            with pytest.raises(AlreadyExists):
                await estate.ask(m.EnrolSender("LIS", "LAB", "H2"))

    asyncio.run(run())


def test_a_removed_sender_is_out_at_once_and_may_come_back_elsewhere(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await two_hospitals(estate)
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1"))
            await estate.ask(m.EnrolSender("RIS", "RAD", "H2"))
            let_in = await opened(estate)
            assert await listed(estate) == [("LIS", "LAB", "H1"), ("RIS", "RAD", "H2")]
            await estate.ask(m.RemoveSender("LIS", "LAB"))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(let_in.token))
            with pytest.raises(SenderUnknown):
                await opened(estate)
            with pytest.raises(SenderUnknown):
                await estate.ask(m.RemoveSender("LIS", "LAB"))
            await estate.ask(m.EnrolSender("LIS", "LAB", "H2"))
            await estate.ask(m.EnrolSender("LIS", "LAB", "H2"))
            await opened(estate)
            await estate.ask(m.RemoveSender("LIS", "LAB"))
            await estate.ask(m.EnrolSender("LIS", "LAB", "H1"))  # its old account opens again
            await opened(estate)
            assert await listed(estate) == [("LIS", "LAB", "H1"), ("RIS", "RAD", "H2")]

    asyncio.run(run())
