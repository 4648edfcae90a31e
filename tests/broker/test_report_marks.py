"""Which studies have been reported: told in lists, and telling nothing of decoys."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg

from segel.broker import messages as m
from segel.broker.decoys import DecoyMarks
from segel.broker.desks.offers import Caller
from segel.broker.index import Index
from segel.broker.report_marks import ReportMarks
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

KEY = b"k" * 32
MARKS = ReportMarks(Index(KEY), DecoyMarks(KEY))


class Cursor:
    """``report_marks`` in memory."""

    def __init__(self) -> None:
        self.marks: set[bytes] = set()
        self.found: list[tuple[bytes]] = []

    async def execute(self, sql: str, values: tuple[list[bytes]]) -> None:
        if sql.startswith("SELECT"):
            self.found = [(mark,) for mark in values[0] if mark in self.marks]
        else:
            self.marks |= set(values[0])

    async def fetchall(self) -> list[tuple[bytes]]:
        return self.found


def reported(cursor: Cursor, known: list[tuple[UUID, UUID]], *, whole: bool) -> set[UUID]:
    return asyncio.run(MARKS.reported(cursor, known, whole=whole))  # type: ignore[arg-type]


def studies(count: int) -> list[tuple[UUID, UUID]]:
    return [(uuid4(), uuid4()) for _ in range(count)]


def test_a_decoy_is_reported_once_most_studies_before_it_are() -> None:
    newer, older = studies(10), studies(10)
    decoy = (uuid4(), DecoyMarks(KEY).new_id())
    known = [*newer, decoy, *older]
    cursor = Cursor()
    assert reported(cursor, known, whole=True) == set()
    cursor.marks |= {MARKS.of(study) for study, _ in (*newer, *older[:5])}
    assert decoy[0] not in reported(cursor, known, whole=True)  # not more than half of the older
    cursor.marks.add(MARKS.of(older[5][0]))
    assert decoy[0] not in reported(cursor, known, whole=False)  # of a selection nothing is learnt
    assert decoy[0] in reported(cursor, known, whole=True)
    assert decoy[0] in reported(cursor, [decoy], whole=False)  # and so it stays
    assert len(cursor.marks) == 17


def test_a_list_says_what_is_reported_and_can_leave_it_out(
    estate_of: Any, arrival: Any, database: Any
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.RADIOLOGIST)
            asked = m.Requester(reader, Purpose.TREATMENT, "console")
            for number in (1, 2, 3):
                grant = await estate.store(maker, arrival(number))
                assert grant.report_mark == b""  # for who stores it is nothing

            async def listed(**query: Any) -> list[bool]:
                found = await estate.ask(m.Search(asked, m.StudyQuery(**query)), Caller.DOOR)
                assert isinstance(found, m.SearchResult)
                return [one.reported for one in found.matches]

            assert await listed() == [False, False, False]
            opened = await estate.ask(m.OpenStudy(asked, arrival(2).study_uid), Caller.DOOR)
            assert isinstance(opened, m.StudyGrant)
            assert opened.report_mark not in opened.study_id.bytes
            with psycopg.connect(database.gateway) as connection:
                connection.execute("INSERT INTO report_marks VALUES (%s)", (opened.report_mark,))
            assert sorted(await listed()) == [False, False, True]
            assert await listed(unreported=True) == [False, False]
            assert await listed(unreported=True, limit=1, offset=1) == [False]

    asyncio.run(run())
