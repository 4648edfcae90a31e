"""Subscriptions, as the broker keeps them: what is noted, counted, told, and forgotten."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.destruction import forget_index_tokens
from segel.broker.errors import (
    Forbidden,
    SubscriptionChanged,
    SubscriptionRefused,
    SubscriptionUnknown,
)
from segel.broker.index import Index
from segel.broker.notices import GIVE_UP_S, HANDSHAKES_MAX, PAUSE_S
from segel.broker.subscription_rows import SUBSCRIPTIONS_MAX
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import Interaction
from segel.domain.roles import Role

SRI = PatientIdentity(
    patient_id="RM1", nik="9901015502900003", name="WULANDARI^SRI", birth_date="19900215", sex="F"
)
HOST = "simrs.rs-harapan.example:8443"
DRAFT = m.SubscriptionDraft(
    "Observation", "status=final", f"https://{HOST}/segel", ("Authorization: Bearer x",), 0.0,
    "requested", b"{}",
)  # fmt: skip


class House:
    """Two hospitals' systems, and the process that tells."""

    def __init__(self, estate: Any, database: Any) -> None:
        self.estate = estate
        self.database = database
        self.tokens: dict[tuple[Role, str], str] = {}

    async def asking(self, role: Role, hospital: str = "H1") -> m.Requester:
        if (role, hospital) not in self.tokens:
            self.tokens[role, hospital] = await self.estate.token(role, hospital)
        purpose = Purpose.OPERATIONS if role is Role.RECORDS_OFFICER else Purpose.TREATMENT
        return m.Requester(self.tokens[role, hospital], purpose, "test")

    async def write(
        self, hospital: str = "H1", known: UUID | None = None, **changes: Any
    ) -> m.SubscriptionLine:
        asked = m.WriteSubscription(
            await self.asking(Role.HOSPITAL_SYSTEM, hospital),
            msgspec.structs.replace(DRAFT, **changes),
            known,
        )
        (line,) = (await self.estate.ask(asked, Caller.DOOR)).lines
        return line  # type: ignore[no-any-return]

    async def read(self, known: UUID, hospital: str = "H1") -> m.SubscriptionLine:
        asked = m.ReadSubscriptions(
            await self.asking(Role.HOSPITAL_SYSTEM, hospital), Interaction.READ, known
        )
        return (await self.estate.ask(asked, Caller.DOOR)).lines[0]  # type: ignore[no-any-return]

    async def take(self, *busy: UUID) -> m.Notice | None:
        work = await self.estate.ask(m.TakeNotice(busy), Caller.COURIER)
        return work.notice  # type: ignore[no-any-return]

    async def settle(self, notice: m.Notice, **how: Any) -> None:
        told = m.SettleNotice(notice.subscription_id, notice.version, notice.number, **how)
        await self.estate.ask(told, Caller.COURIER)

    async def active(self, hospital: str = "H1", **changes: Any) -> UUID:
        await self.asking(Role.HOSPITAL_SYSTEM, hospital)  # and with it the hospital
        await self.estate.ask(m.AllowHost(hospital, HOST, ()))
        made = (await self.write(hospital, **changes)).subscription_id
        notice = await self.take()
        assert notice is not None
        assert notice.subscription_id == made
        await self.settle(notice)
        self.estate.clock.now_s += PAUSE_S
        return made

    async def registered(self) -> UUID:
        officer = await self.asking(Role.RECORDS_OFFICER)
        grant = await self.estate.ask(m.RegisterPatient(officer, SRI, uuid4()), Caller.DOOR)
        return grant.patient_id  # type: ignore[no-any-return]

    async def noted(
        self, known: UUID, patient: UUID, role: Role = Role.CLINICIAN, hospital: str = "H1"
    ) -> tuple[m.EventMark, ...]:
        """A resource's rows, written as a door writes them."""
        event = m.ResourceEvent(known, Interaction.CREATE, "Observation", str(uuid4()), patient)
        asked = m.NoteEvents(await self.asking(role, hospital), (event,))
        marks: tuple[m.EventMark, ...] = (await self.estate.ask(asked, Caller.DOOR)).marks
        with psycopg.connect(self.database.gateway) as connection:
            for one in marks:
                connection.execute(
                    "INSERT INTO subscription_events VALUES (%s, %s, %s, false, %s)",
                    (one.event_id, one.subscription_id, one.whose, one.sealed),
                )
        return marks

    def rows(self) -> list[Any]:
        with psycopg.connect(self.database.gateway) as connection:
            return connection.execute("SELECT * FROM subscription_events").fetchall()


def told(database: Any, estate_of: Any, story: Any, **settings: Any) -> None:
    async def run() -> None:
        async with estate_of(**{"subscriptions": True, **settings}) as estate:
            await story(House(estate, database))

    asyncio.run(run())


def test_what_matches_is_counted_told_once_it_arrived_and_goes_with_its_patient(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri = await house.registered()
        known = await house.active()
        assert await house.take() is None
        await house.noted(known, sri)
        (row,) = house.rows()
        dump = repr(row).encode() + b"".join(bytes(one) for one in row if isinstance(one, bytes))
        assert sri.bytes not in dump
        assert str(sri).encode() not in dump
        assert await house.take(known) is None  # it is being told already
        notice = await house.take()
        assert notice is not None
        assert (notice.number, notice.headers) == (1, DRAFT.headers)
        assert await house.take() == notice  # whoever took it died: it is told again
        await house.settle(notice, trouble="connect", later_s=60.0)
        assert await house.take() is None
        house.estate.clock.now_s += 61
        again = await house.take()
        assert again is not None
        assert again.attempts == 1
        await house.noted(known, sri)
        await house.settle(again)
        house.estate.clock.now_s += PAUSE_S
        second = await house.take()
        assert second is not None
        assert second.number == 2
        await house.write(known=known, status="off")
        await house.settle(second)  # of before the change: it says nothing any more
        assert (await house.read(known)).status == "off"
        desk = house.estate.broker._offers[m.TakeNotice].handle.__self__
        index: Index = desk._notices._rows._index

        async def erase(cursor: psycopg.AsyncCursor) -> None:
            await forget_index_tokens(cursor, index, [sri])

        await house.estate.act(erase)
        assert house.rows() == []

    told(database, estate_of, story)


def test_what_is_noted_is_the_own_hospitals_and_for_who_may_write(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri = await house.registered()
        other = await house.active("H2", resource_type="Encounter")
        known = await house.active()
        assert await house.noted(known, sri, hospital="H2") == ()
        assert len(await house.noted(known, sri, Role.LABORATORY)) == 1
        for role in (Role.RADIOGRAPHER, Role.RECORDS_OFFICER, Role.MODALITY):
            with pytest.raises(Forbidden):
                await house.noted(known, sri, role)
        assert await house.noted(other, sri, hospital="H2") == ()  # of another type
        for caller in (Caller.DOOR, Caller.OPERATOR, Caller.PLANTER):
            with pytest.raises(Forbidden):
                await house.estate.ask(m.TakeNotice(), caller)
        with pytest.raises(Forbidden):
            await house.estate.ask(m.AllowHost("H1", HOST, ()), Caller.DOOR)
        with pytest.raises(SubscriptionUnknown):
            await house.read(known, "H2")
        system = await house.asking(Role.HOSPITAL_SYSTEM)
        stale = m.WriteSubscription(system, DRAFT, known, expected=1)
        with pytest.raises(SubscriptionChanged):
            await house.estate.ask(stale, Caller.DOOR)
        for _ in range(SUBSCRIPTIONS_MAX - 1):
            await house.write()
        with pytest.raises(SubscriptionRefused):
            await house.write()

    told(database, estate_of, story)


def test_a_subscription_ends_with_its_time_its_host_and_after_a_day_without_an_answer(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri, clock = await house.registered(), house.estate.clock
        known = await house.active()
        await house.noted(known, sri)
        for later_s in (GIVE_UP_S, 0.0):
            notice = await house.take()
            assert notice is not None
            await house.settle(notice, trouble="timeout", later_s=later_s)
            clock.now_s += later_s
        shown = await house.read(known)
        assert (shown.status, shown.error) == ("error", "timeout")
        assert await house.take() is None
        house.tokens.clear()
        await house.write(known=known)
        for attempt in range(HANDSHAKES_MAX):
            notice = await house.take()
            assert notice is not None, attempt
            await house.settle(notice, trouble="connect")
        assert (await house.read(known)).status == "error"
        until_s = clock.now_s + 3_600
        await house.write(known=known, end_s=until_s)
        notice = await house.take()
        assert notice is not None
        await house.settle(notice)
        clock.now_s = until_s
        assert await house.take() is None
        assert (await house.read(known)).status == "off"
        await house.write(known=known, end_s=0.0)
        await house.estate.ask(m.ForbidHost("H1", HOST))
        assert await house.take() is None
        assert (await house.read(known)).error == "host-not-allowed"
        with pytest.raises(SubscriptionRefused):
            await house.write(known=known)

    told(database, estate_of, story)


def test_where_the_settings_let_nobody_be_told_nobody_subscribes(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        await house.asking(Role.HOSPITAL_SYSTEM)
        await house.estate.ask(m.AllowHost("H1", HOST, ()))
        with pytest.raises(SubscriptionRefused):
            await house.write()
        report = await house.estate.ask(m.ReportSubscriptions())
        assert (report.on, [one.place for one in report.hosts]) == (False, [HOST])

    told(database, estate_of, story, subscriptions=False)
