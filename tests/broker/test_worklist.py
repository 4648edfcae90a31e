"""Orders that are due, as the broker marks and lists them."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from segel.broker import messages as m
from segel.broker.budgets import limits_of
from segel.broker.desks.offers import Caller
from segel.broker.destruction import forget_index_tokens
from segel.broker.due_matching import DAYS_MAX
from segel.broker.errors import (
    BudgetExhausted,
    Forbidden,
    Frozen,
    MessageBroken,
    QueryTooBroad,
)
from segel.broker.index import DUE_SLOTS, Index
from segel.broker.limits import BudgetLimits
from segel.domain.consent import Decision, Rule
from segel.domain.patient import PatientIdentity
from segel.domain.purpose import Purpose
from segel.domain.records import CONSENT, Interaction
from segel.domain.roles import Role

SRI = PatientIdentity(
    patient_id="RM1", nik="9901015502900003", name="WULANDARI^SRI", birth_date="19900215", sex="F"
)
ADI = PatientIdentity(patient_id="RM2", nik="9801011502850004", name="SAPUTRA^ADI", sex="M")
DAY, MODALITY, STATION = "00400002", "00080060", "00400001"
NUMBER, ACCESSION, NAME = "00100020", "00080050", "00100010"


def asking(token: str, purpose: Purpose = Purpose.TREATMENT) -> m.Requester:
    return m.Requester(token, purpose, "test")


class House:
    """A hospital's system that orders, and a device that asks."""

    def __init__(self, estate: Any, database: Any) -> None:
        self.estate = estate
        self.database = database
        self.tokens: dict[tuple[Role, str], str] = {}

    async def token(self, role: Role, hospital: str = "H1") -> str:
        if (role, hospital) not in self.tokens:
            self.tokens[role, hospital] = await self.estate.token(role, hospital)
        return self.tokens[role, hospital]

    async def registered(self, who: PatientIdentity, hospital: str = "H1") -> UUID:
        officer = await self.token(Role.RECORDS_OFFICER, hospital)
        asked = m.RegisterPatient(asking(officer, Purpose.OPERATIONS), who, uuid4())
        grant = await self.estate.ask(asked, Caller.DOOR)
        assert isinstance(grant, m.ChartGrant)
        return grant.patient_id

    async def ordered(
        self, patient_id: UUID, day: str = "", *, hospital: str = "H1", **more: Any
    ) -> UUID:
        """An order's marks, written as a door writes them; its id."""
        order = m.OrderDue(
            Interaction.CREATE,
            patient_id,
            more.pop("resource_id", uuid4()),
            day=day or self.day(),
            **({"study_uid": f"2.25.{uuid4().int}", "modalities": ("CT",)} | more),
        )
        system = await self.token(Role.HOSPITAL_SYSTEM, hospital)
        marked = await self.estate.ask(m.MarkDue(asking(system), (order,)), Caller.DOOR)
        with psycopg.connect(self.database.gateway) as connection:
            for one in marked.marks:
                connection.execute("DELETE FROM orders_due WHERE due_id = %s", (one.due_id,))
                if one.sealed:
                    connection.execute(
                        "INSERT INTO orders_due VALUES (%s, %s, %s, %s, %s)",
                        (one.due_id, one.whose, one.day, one.number, one.sealed),
                    )
        return order.resource_id

    def day(self, after: int = 0) -> str:
        now = datetime.fromtimestamp(self.estate.clock.now_s, UTC)
        return f"{now + timedelta(days=after):%Y%m%d}"

    async def listed(
        self,
        *,
        role: Role = Role.MODALITY,
        hospital: str = "H1",
        purpose: Purpose = Purpose.TREATMENT,
        started: bool = False,
        **keys: str,
    ) -> dict[UUID, list[UUID]]:
        """Patients and their orders; keys are tags with a letter before."""
        filters = {tag.lstrip("t"): value for tag, value in keys.items()}
        device = await self.token(role, hospital)
        asked = m.FindDue(asking(device, purpose), m.DueQuery(filters, started))
        found = await self.estate.ask(asked, Caller.DOOR)
        assert isinstance(found, m.DueList)
        return {
            line.patient_id: [order.resource_id for order in line.orders] for line in found.lines
        }


def told(database: Any, estate_of: Any, story: Any, **settings: Any) -> None:
    async def run() -> None:
        async with estate_of(**settings) as estate:
            await story(House(estate, database))

    asyncio.run(run())


def test_orders_are_listed_by_day_number_patient_modality_and_station(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri, adi = await house.registered(SRI), await house.registered(ADI)
        now = await house.ordered(sri, accession="ACC1", stations=("CT1", "CT2"))
        soon = await house.ordered(sri, house.day(1), modalities=("MR",), accession="ACC2")
        late = await house.ordered(adi, house.day(9), modalities=(), accession="ACC3")
        week = f"{house.day()}-{house.day(DAYS_MAX - 1)}"
        cases: tuple[tuple[dict[str, str], list[UUID]], ...] = (
            ({}, [now, soon]),
            ({DAY: house.day()}, [now]),
            ({DAY: week}, [now, soon]),
            ({DAY: f"{house.day(1)}-"}, [soon]),
            ({DAY: f"-{house.day()}"}, [now]),
            ({DAY: house.day(9)}, [late]),
            ({MODALITY: "CT"}, [now]),
            ({MODALITY: "MR"}, [soon]),
            ({STATION: "CT2"}, [now, soon]),  # soon is for any station
            ({STATION: "CT9"}, [soon]),
            ({STATION: "CT*", MODALITY: "CT"}, [now]),
            ({ACCESSION: "ACC3"}, [late]),  # a number is found on any day
            ({ACCESSION: "ACC3", MODALITY: "US"}, [late]),  # late is for any modality
            ({ACCESSION: "ACC3", DAY: house.day()}, []),
            ({NUMBER: "RM2"}, [late]),
            ({NUMBER: SRI.nik}, [now, soon]),
            ({NUMBER: "RM9"}, []),
            ({NUMBER: "RM?"}, [now, soon]),
            ({NAME: "WULAN*"}, [now, soon]),
            ({NAME: "SAPUTRA*"}, []),
            ({NAME: "SAPUTRA^ADI", NUMBER: "RM2"}, [late]),
        )
        for keys, expected in cases:
            told_keys: dict[str, Any] = {f"t{tag}": value for tag, value in keys.items()}
            found = await house.listed(**told_keys)
            orders = [order for orders in found.values() for order in orders]
            assert sorted(orders) == sorted(expected), keys

    told(database, estate_of, story)


def test_a_change_takes_the_place_of_what_was_said_and_an_end_takes_it_away(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri = await house.registered(SRI)
        order = await house.ordered(sri, accession="ACC1")
        await house.ordered(sri, house.day(5), resource_id=order, accession="ACC2")
        assert await house.listed() == await house.listed(t00080050="ACC1") == {}
        assert await house.listed(t00080050="ACC2") == {sri: [order]}
        ended = m.OrderDue(Interaction.UPDATE, sri, order)
        system = await house.token(Role.HOSPITAL_SYSTEM)
        marks = await house.estate.ask(m.MarkDue(asking(system), (ended,)), Caller.DOOR)
        assert [one.sealed for one in marks.marks] == [b""]
        with psycopg.connect(database.gateway) as connection:
            rows = connection.execute("SELECT due_id FROM orders_due").fetchall()
        assert rows == [(marks.marks[0].due_id,)]

    told(database, estate_of, story)


def test_an_order_whose_images_have_come_is_listed_no_longer_unless_that_is_asked_for(
    database: Any, estate_of: Any, arrival: Any
) -> None:
    async def story(house: House) -> None:
        maker = await house.token(Role.MODALITY)
        sri, adi = await house.registered(SRI), await house.registered(ADI)
        by_number = await house.ordered(sri, accession="ACC1")
        by_uid = await house.ordered(sri, study_uid="2.25.772")
        others = await house.ordered(adi, accession="ACC1")  # the same number, by mistake
        assert sorted((await house.listed())[sri]) == sorted([by_number, by_uid])
        who = {"patient_id": "RM1", "nik": SRI.nik, "name": SRI.name}
        await house.estate.store(maker, arrival(1, accession="ACC1", **who))
        await house.estate.store(maker, arrival(2, accession="", **who))
        assert await house.listed() == {adi: [others]}
        assert sorted((await house.listed(started=True))[sri]) == sorted([by_number, by_uid])

    told(database, estate_of, story)


def test_the_worklist_is_for_the_own_hospitals_makers_of_images_for_treatment(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri = await house.registered(SRI)
        order = await house.ordered(sri)
        for role, purpose in product(Role, (Purpose.TREATMENT, *list(Purpose)[1:4])):
            if role in (Role.MODALITY, Role.RADIOGRAPHER) and purpose is Purpose.TREATMENT:
                assert await house.listed(role=role) == {sri: [order]}
                assert await house.listed(role=role, hospital="H2") == {}
                assert await house.listed(role=role, hospital="H2", t00100020="RM1") == {}
            else:
                with pytest.raises(Forbidden):
                    await house.listed(role=role, purpose=purpose)

    told(database, estate_of, story)


def test_who_may_write_orders_marks_sound_ones_and_only_of_the_own_hospitals_patients(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri = await house.registered(SRI)
        sound = m.OrderDue(Interaction.CREATE, sri, uuid4(), house.day())
        for role in (Role.MODALITY, Role.RADIOGRAPHER, Role.RECORDS_OFFICER, Role.PATIENT):
            asked = m.MarkDue(asking(await house.token(role)), (sound,))
            with pytest.raises(Forbidden):
                await house.estate.ask(asked, Caller.DOOR)
        system = asking(await house.token(Role.HOSPITAL_SYSTEM))
        broken: tuple[dict[str, Any], ...] = (
            {"day": "tomorrow"}, {"accession": "9" * 65}, {"modalities": ("CT",) * 9},
            {"interaction": Interaction.READ},
        )  # fmt: skip
        for change in broken:
            asked = m.MarkDue(system, (msgspec.structs.replace(sound, **change),))
            with pytest.raises(MessageBroken):
                await house.estate.ask(asked, Caller.DOOR)
        await house.ordered(sri, hospital="H2")
        assert await house.listed() == {}
        assert await house.listed(hospital="H2") == {}

    told(database, estate_of, story)


def test_who_declined_treatment_is_not_listed_and_a_frozen_hospital_lists_nobody(
    database: Any, estate_of: Any
) -> None:
    async def story(house: House) -> None:
        sri, adi = await house.registered(SRI), await house.registered(ADI)
        await house.ordered(sri)
        order = await house.ordered(adi)
        officer = asking(await house.token(Role.RECORDS_OFFICER), Purpose.OPERATIONS)
        grant = await house.estate.ask(
            m.OpenChart(officer, sri, (CONSENT,), Interaction.CREATE), Caller.DOOR
        )
        version = m.ConsentVersion(Interaction.CREATE, uuid4(), 1, b"sealed")
        rules = (Rule(Purpose.TREATMENT, Decision.DENY),)
        decided = m.DecideConsent(officer, sri, version, rules, (), grant.consent_mark)
        await house.estate.ask(decided, Caller.DOOR)
        assert await house.listed() == {adi: [order]}
        admin = m.Requester(await house.token(Role.ADMINISTRATOR), Purpose.OPERATIONS)
        freeze = m.Freeze(admin, m.TargetKind.HOSPITAL, "H1", "Something is wrong here.")
        await house.estate.ask(freeze, Caller.DOOR)
        with pytest.raises(Frozen):
            await house.listed()

    told(database, estate_of, story)


def test_too_much_at_once_is_refused_and_each_patient_listed_costs_a_fifth(
    database: Any, estate_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        for first, last in ((0, DAYS_MAX), (-300, 300)):
            with pytest.raises(QueryTooBroad):
                await house.listed(t00400002=f"{house.day(first)}-{house.day(last)}")
        people = [
            await house.registered(PatientIdentity(patient_id=f"RM{number}")) for number in range(6)
        ]
        for one in people[:5]:
            await house.ordered(one)
        for limit in ("DUE_MAX", "LISTED_MAX"):
            with monkeypatch.context() as tight:
                tight.setattr(f"segel.broker.worklist.{limit}", 4)
                with pytest.raises(QueryTooBroad):
                    await house.listed()
        assert len(await house.listed()) == 5
        assert len(await house.listed()) == 5  # the same people again cost nothing
        await house.ordered(people[5])
        with pytest.raises(BudgetExhausted):
            await house.listed()
        assert set(await house.listed(t00100020="RM0")) == {people[0]}

    limits = BudgetLimits(read={Role.MODALITY: limits_of(1, 1, 1)})
    told(database, estate_of, story, limits=limits)


def test_the_rows_are_alike_and_go_with_their_patient(database: Any, estate_of: Any) -> None:
    async def story(house: House) -> None:
        sri, adi = await house.registered(SRI), await house.registered(ADI)
        order = await house.ordered(sri, accession="ACC1")
        await house.ordered(adi, accession="", modalities=(), stations=())
        estate = house.estate
        index: Index = estate.broker._offers[m.FindDue].handle.__self__._worklist._index
        with psycopg.connect(database.gateway) as connection:
            rows = connection.execute("SELECT * FROM orders_due").fetchall()
        assert len({tuple(map(len, row[1:])) for row in rows}) == 1
        assert len({bytes(row[3]) for row in rows}) == 2
        dump = repr(rows).encode() + b"".join(bytes(one) for row in rows for one in row[1:])
        for term in (b"ACC1", house.day().encode(), sri.bytes, str(sri).encode(), order.bytes):
            assert term not in dump

        async def erase(cursor: psycopg.AsyncCursor) -> None:
            await forget_index_tokens(cursor, index, [sri])

        await estate.act(erase)
        with psycopg.connect(database.gateway) as connection:
            rows = connection.execute("SELECT whose FROM orders_due").fetchall()
        assert [bytes(whose) for (whose,) in rows] == [index.due_of(adi)]

    told(database, estate_of, story)


def test_the_orders_of_a_day_are_spread_over_its_tokens() -> None:
    index, hospital = Index(bytes(32)), uuid4()
    found = {index.due_day(hospital, "20260901", uuid4()) for _ in range(DUE_SLOTS * 40)}
    assert found == set(index.due_days(hospital, ["20260901"]))
    assert found.isdisjoint(index.due_days(uuid4(), ["20260901"]))
    assert found.isdisjoint(index.due_days(hospital, ["20260902"]))
