"""What is frozen does nothing from the freeze's own transaction on, at every broker."""

import asyncio
from uuid import UUID, uuid4

import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import Frozen, TargetUnknown, TokenInvalid
from segel.broker.freezes import ActiveFreezes, FreezeRecord, Target
from segel.broker.messages import TargetKind
from segel.domain.roles import Role


async def _freeze(estate, kind: TargetKind, name: str, until_s: float = 0.0) -> None:
    await estate.ask(m.OperatorFreeze(kind, name, "suspicious crawl", until_s))


def test_a_frozen_account_opens_nothing_at_another_broker_in_the_very_next_request(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            other = await estate.token(Role.CLINICIAN, name="dr. B")
            await second.open(reader, arrival(1).study_uid)
            await _freeze(estate, TargetKind.ACCOUNT, "dr. A")
            with pytest.raises(Frozen):
                await second.open(reader, arrival(1).study_uid)
            with pytest.raises(Frozen):
                await estate.ask(m.CheckSession(reader))
            with pytest.raises(Frozen):
                await estate.token(Role.CLINICIAN, name="dr. A")  # no new session helps
            await second.open(other, arrival(1).study_uid)

    asyncio.run(run())


def test_releases_under_way_with_the_freeze_come_before_it_or_not_at_all(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(20):
                await estate.store(maker, arrival(number))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            frozen = asyncio.Event()

            async def crawl(at, number: int) -> bool:
                late = frozen.is_set()
                try:
                    await at.open(reader, arrival(number).study_uid)
                except Frozen:
                    return False
                assert not late, "released after the freeze was durable"
                return True

            async def freeze() -> None:
                await asyncio.sleep(0.01)
                await _freeze(estate, TargetKind.ACCOUNT, "dr. A")
                frozen.set()

            async def crawls(at) -> int:
                return sum([await crawl(at, number % 20) for number in range(200)])

            got = await asyncio.gather(crawls(estate), crawls(second), freeze())
            assert sum(got[:2]) < 400, "the freeze came while they crawled"

    asyncio.run(run())


def test_a_frozen_session_ends_nothing_else_of_its_account(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            stolen = await estate.token(Role.CLINICIAN, name="dr. A")
            own = await estate.token(Role.CLINICIAN, name="dr. A")
            await _freeze(estate, TargetKind.SESSION, stolen)
            with pytest.raises(Frozen):
                await estate.open(stolen, arrival(1).study_uid)
            await estate.open(own, arrival(1).study_uid)

    asyncio.run(run())


def test_a_frozen_hospital_shows_nothing_and_takes_in_what_its_devices_send(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            reader = await estate.token(Role.CLINICIAN)
            elsewhere = await estate.token(Role.RADIOGRAPHER, "H2")
            await estate.store(elsewhere, arrival(2))
            await _freeze(estate, TargetKind.HOSPITAL, "H1")
            for at in (estate, second):
                with pytest.raises(Frozen):
                    await at.open(reader, arrival(1).study_uid)
                with pytest.raises(Frozen):
                    await at.search(reader)
            await second.store(maker, arrival(3))
            await second.open(elsewhere, arrival(2).study_uid)
            session = await estate.ask(m.CheckSession(reader))
            assert isinstance(session, m.Session)
            assert session.hospital_frozen
            assert "imaging:study:read" not in session.permissions

    asyncio.run(run())


def test_a_freeze_with_an_end_is_over_when_it_ends(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            await _freeze(estate, TargetKind.ACCOUNT, "dr. A", estate.clock.now_s + 60)
            with pytest.raises(Frozen):
                await estate.open(reader, arrival(1).study_uid)
            estate.clock.now_s += 61
            await estate.open(reader, arrival(1).study_uid)

    asyncio.run(run())


def test_an_officer_freezes_their_own_hospitals_people_only(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.token(Role.CLINICIAN, "H1", "dr. A")
            here = await estate.token(Role.DATA_PROTECTION_OFFICER, "H1")
            there = await estate.token(Role.DATA_PROTECTION_OFFICER, "H2")
            for token, frozen in ((there, False), (here, True)):
                asked = m.Freeze(m.Requester(token), TargetKind.ACCOUNT, "dr. A", "on leave")
                if frozen:
                    await estate.ask(asked, Caller.DOOR)
                else:
                    with pytest.raises(TargetUnknown):
                        await estate.ask(asked, Caller.DOOR)
            seen = [await estate.ask(m.ListFreezes(m.Requester(one))) for one in (here, there)]
            assert [[line.name for line in one.freezes] for one in seen] == [["dr. A"], []]
            assert seen[0].freezes[0].by == "data-protection-officer of H1"

    asyncio.run(run())


def test_a_door_hears_of_freezes_and_ended_sessions_at_any_broker(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            reader = await estate.token(Role.CLINICIAN, name="dr. A")
            await estate.token(Role.CLINICIAN, name="dr. B")
            await second.ask(m.CheckSession(reader))
            seen = await second.ask(m.Watch())
            for change in (
                m.OperatorFreeze(TargetKind.ACCOUNT, "dr. B", "for the test"),
                m.EndSession(reader),
            ):
                before = seen.version
                await estate.ask(change)
                for _ in range(20):
                    seen = await second.ask(m.Watch(seen.boot, seen.version))
                    if seen.version > before:
                        break
                assert seen.version > before
                assert seen.fresh
            with pytest.raises(TokenInvalid):
                await second.ask(m.CheckSession(reader))

    asyncio.run(run())


def test_an_officer_freezes_a_recipient_for_their_hospital_and_the_operator_for_all() -> None:
    one, other = UUID(int=1), UUID(int=2)

    def frozen_for(of: UUID | None) -> list[bool]:
        record = FreezeRecord(Target.recipient("BPJS  Pusat"), "lost data", "x", of, None, 1.0)
        active = ActiveFreezes.of_rows(1, {uuid4(): record})
        answers = []
        for hospital in (one, other):
            try:
                active.require_recipient("bpjs pusat", hospital, 2.0)
                answers.append(False)
            except Frozen:
                answers.append(True)
        return answers

    assert frozen_for(one) == [True, False]
    assert frozen_for(None) == [True, True]
