"""Numbers that several people have, and who may be somebody: as the broker keeps and gives them."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from broker.test_charts import SRI, asking, found, number, opened, registered
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.index import INDEX_VERSION, PATIENT_TOKENS
from segel.broker.shared_numbers import SHARED_TOKENS
from segel.domain.identifiers import NumberKind
from segel.domain.patient import PatientIdentity
from segel.domain.roles import Role

CARD = "9801011203150001"
CHILDREN = [
    PatientIdentity(
        name=f"ANAK {n}", birth_date=f"2015010{n}", family_card=CARD, phones=("628123",)
    )
    for n in range(1, 9)
]


def tokens(database: Any) -> list[tuple[bytes, UUID]]:
    with psycopg.connect(database.owner) as connection:
        return connection.execute("SELECT token, target FROM index_tokens").fetchall()


def test_a_family_that_comes_at_once_to_two_brokers_shares_no_token(
    estate_of, database: Any
) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            await asyncio.gather(
                *(
                    registered((estate, second)[at % 2], officer, child)
                    for at, child in enumerate(CHILDREN)
                )
            )
            of_card = number(CARD, NumberKind.FAMILY_CARD)
            assert len(await found(estate, reader, numbers=of_card, limit=50)) == len(CHILDREN)
            assert await found(estate, reader, numbers=number(CARD)) == []

    asyncio.run(run())
    rows = tokens(database)
    assert len({token for token, _ in rows}) == len(rows)
    assert set(Counter(target for _, target in rows).values()) == {PATIENT_TOKENS + SHARED_TOKENS}


def test_patients_of_an_older_index_are_given_what_others_have(estate_of, database: Any) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            for child in CHILDREN[:2]:
                await registered(estate, officer, child)
        with psycopg.connect(database.owner) as connection:
            connection.execute("DELETE FROM index_tokens")
            connection.execute("UPDATE patients SET index_version = %s", (INDEX_VERSION - 1,))
        async with estate_of() as estate:
            reader = await estate.token(Role.CLINICIAN)
            of_card = number(CARD, NumberKind.FAMILY_CARD)
            for _ in range(600):  # it is made beside everything else
                if len(await found(estate, reader, numbers=of_card)) == 2:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("the index was not made anew")

    asyncio.run(run())
    counts = Counter(target for _, target in tokens(database))
    assert set(counts.values()) == {PATIENT_TOKENS + SHARED_TOKENS}


def test_a_match_is_charged_as_a_search(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            officer = await estate.token(Role.RECORDS_OFFICER)
            reader = await estate.token(Role.CLINICIAN)
            sri = (await registered(estate, officer)).patient_id
            twin = msgspec.structs.replace(SRI, nik="9901015502900004")
            other = (await registered(estate, officer, twin)).patient_id

            async def used() -> float:
                report = await estate.ask(m.OwnBudget(asking(reader)), Caller.DOOR)
                assert isinstance(report, m.BudgetReport)
                return report.windows[0].used

            async def match(**more: Any) -> list[tuple[UUID, str]]:
                reply = await estate.ask(m.MatchPatients(asking(reader), SRI, 10, **more))
                assert isinstance(reply, m.MatchList)
                return [(line.patient_id, line.grade) for line in reply.lines]

            assert await match(only_certain=True) == [(sri, "certain")]
            assert await used() == 0.2  # only who is listed is paid for
            assert await match() == [(sri, "certain"), (other, "probable")]
            assert await used() == 0.4
            await opened(estate, reader, sri)
            assert await used() == 1.2

    asyncio.run(run())
