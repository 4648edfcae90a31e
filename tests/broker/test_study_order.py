"""Pages of studies that no filter is left for: as if all had been opened, for fewer keys."""

import asyncio
import os
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from segel.broker import messages as m
from segel.broker.consents import nobody_hidden
from segel.broker.patient_keys import PatientKeys
from segel.broker.registry import SUMMARY_VERSION, Registry
from segel.broker.study_order import Candidate, Opening, Orders
from segel.domain.roles import Role
from segel.sealing import ObjectContext, seal, study_scope

HIDDEN = UUID(int=7)


class Keys:
    """Patients' keys as the registry opens them; counts those asked for."""

    def __init__(self) -> None:
        self.keys: dict[UUID, PatientKeys] = {}
        self.damaged: set[UUID] = set()
        self.opened = 0

    async def open_patients(self, kek_id: str, rows: dict[UUID, Any]) -> dict[UUID, PatientKeys]:
        self.opened += len(rows)
        return {one: self.keys[one] for one in rows if one not in self.damaged}

    def study(self, patient: UUID, number: int, time: str) -> Candidate:
        study = UUID(int=1_000 + number)
        keys = self.keys.setdefault(patient, PatientKeys(os.urandom(32)))
        attributes = {
            "00080020": {"vr": "DA", "Value": ["20260105"]},
            "00080030": {"vr": "TM", "Value": [time]},
        }
        context = ObjectContext(patient, study, SUMMARY_VERSION)
        sealed = seal(keys.scope(study_scope(study)), context, msgspec.json.encode(attributes))
        return Candidate(study, patient, bytes(sealed), b"", None, None)


async def hidden(patients: Any) -> frozenset[UUID]:
    return frozenset({HIDDEN} & patients.keys())


def opening(keys: Keys, hiding: Any = nobody_hidden) -> Opening:
    return Opening(cast(Registry, keys), "kek", hiding, {}, fuzzy=False)


def fresh(candidates: list[Candidate]) -> list[Candidate]:
    """As the next query reads them: nothing opened."""
    return [replace(one, scope_key=b"", attributes={}) for one in candidates]


@given(
    st.lists(st.tuples(st.integers(1, 9), st.integers(0, 23)), max_size=30),
    st.integers(1, 8),
    st.integers(0, 30),
    st.booleans(),
)
def test_the_first_are_those_of_the_whole(
    studies: list[tuple[int, int]], count: int, known: int, damaged: bool
) -> None:
    async def run() -> None:
        keys, orders = Keys(), Orders()
        all_of_them = [
            keys.study(UUID(int=patient), number, f"{hour:02}0000")
            for number, (patient, hour) in enumerate(studies)
        ]
        keys.damaged = {UUID(int=3)} if damaged else set()
        await orders.first(fresh(all_of_them[:known]), count, opening(keys, hidden))
        whole = Orders().newest(await opening(keys, hidden).open(fresh(all_of_them)))
        for _ in range(2):
            found = await orders.first(fresh(all_of_them), count, opening(keys, hidden))
            assert [one.study_id for one in found] == [one.study_id for one in whole[:count]]
            assert all(one.attributes for one in found)

    asyncio.run(run())


def test_a_day_that_was_looked_at_opens_only_the_page() -> None:
    async def run() -> None:
        keys, orders = Keys(), Orders()
        day = [keys.study(UUID(int=n + 1), n, f"{n:06}") for n in range(500)]
        await orders.first(fresh(day), 26, opening(keys))
        assert keys.opened == 500
        day.append(keys.study(UUID(int=900), 900, "235959"))
        found = await orders.first(fresh(day), 26, opening(keys))
        assert keys.opened == 500 + 26 + 1
        assert found[0].study_id == day[-1].study_id

    asyncio.run(run())


def test_a_summary_that_was_sealed_anew_is_read_anew() -> None:
    async def run() -> None:
        keys, orders = Keys(), Orders()
        day = [keys.study(UUID(int=n + 1), n, f"{n + 1:02}0000") for n in range(3)]
        await orders.first(fresh(day), 3, opening(keys))
        day[0] = keys.study(UUID(int=1), 0, "220000")
        found = await orders.first(fresh(day), 1, opening(keys))
        assert [one.study_id for one in found] == [day[0].study_id]

    asyncio.run(run())


def test_no_more_orders_are_kept_than_said() -> None:
    async def run() -> None:
        keys, orders = Keys(), Orders(kept=2)
        day = [keys.study(UUID(int=n + 1), n, f"{n + 1:02}0000") for n in range(3)]
        await orders.first(fresh(day), 1, opening(keys))
        keys.opened = 0
        await orders.first(fresh(day), 1, opening(keys))
        assert keys.opened == 2  # the first, and one that was forgotten

    asyncio.run(run())


def test_pages_of_a_day_follow_each_other_and_end(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(5):
                await estate.store(maker, arrival(number))
            reader = m.Requester(await estate.token(Role.RADIOLOGIST))
            for filters in ({"00080020": "20260105"}, {}):
                seen = []
                for offset in (0, 2, 4):
                    query = m.StudyQuery(filters=filters, limit=2, offset=offset)
                    page = await estate.ask(m.Search(reader, query))
                    assert isinstance(page, m.SearchResult)
                    seen += [one.study_id for one in page.matches]
                    assert page.complete == (offset == 4)
                    assert bool(page.note) != page.complete
                assert len(set(seen)) == 5

    asyncio.run(run())
