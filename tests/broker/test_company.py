"""Asking in company: everybody gets their own answer, and few calls are made."""

import asyncio
from collections.abc import Sequence

import pytest

from segel.broker.company import BATCH_MAX, Company
from segel.broker.errors import BrokerUnavailable


class Doubling:
    """Answers with twice the number, once it is let; refuses odd ones."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.let = asyncio.Event()
        self.fails: Exception | None = None

    async def __call__(self, asked: Sequence[int]) -> list[int | Exception]:
        self.calls.append(list(asked))
        await self.let.wait()
        if self.fails is not None:
            raise self.fails
        return [ValueError(one) if one % 2 else one * 2 for one in asked]


async def _asked(company: "Company[int, int]", numbers: Sequence[int]) -> list["asyncio.Task[int]"]:
    tasks = [asyncio.create_task(company.one(number)) for number in numbers]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return tasks


def test_who_comes_together_goes_into_one_call_and_who_comes_later_into_the_next() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 1)
        tasks = await _asked(company, [2, 4])
        tasks += await _asked(company, [6, 8])
        doubling.let.set()
        assert await asyncio.gather(*tasks) == [4, 8, 12, 16]
        assert doubling.calls == [[2, 4], [6, 8]]

    asyncio.run(run())


def test_as_many_calls_are_under_way_as_there_are_lanes() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 2)
        tasks = [task for number in (2, 4, 6) for task in await _asked(company, [number])]
        assert doubling.calls == [[2], [4]]
        doubling.let.set()
        assert await asyncio.gather(*tasks) == [4, 8, 12]
        assert doubling.calls == [[2], [4], [6]]

    asyncio.run(run())


def test_no_call_is_larger_than_a_batch() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 1)
        doubling.let.set()
        numbers = range(0, 2 * BATCH_MAX + 4, 2)
        assert await asyncio.gather(*map(company.one, numbers)) == [2 * one for one in numbers]
        assert [len(call) for call in doubling.calls] == [BATCH_MAX, 2]

    asyncio.run(run())


def test_an_exception_among_the_answers_fails_its_asker_alone() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 1)
        doubling.let.set()
        two, three, four = await asyncio.gather(
            *map(company.one, (2, 3, 4)), return_exceptions=True
        )
        assert (two, four) == (4, 8)
        assert isinstance(three, ValueError)

    asyncio.run(run())


def test_a_call_that_fails_fails_all_in_it_and_nobody_after_it() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 1)
        doubling.let.set()
        doubling.fails = OSError("away")
        for failed in await asyncio.gather(*map(company.one, (2, 4)), return_exceptions=True):
            assert failed is doubling.fails
        doubling.fails = None
        assert await company.one(2) == 4

    asyncio.run(run())


def test_who_hangs_up_takes_nothing_from_the_others() -> None:
    async def run() -> None:
        doubling = Doubling()
        company: Company[int, int] = Company(doubling, 1)
        gone, left = await _asked(company, [2, 4])
        gone.cancel()
        doubling.let.set()
        assert await left == 8
        assert gone.cancelled()

    asyncio.run(run())


def test_nobody_is_left_waiting_by_a_broker_that_stops() -> None:
    async def run() -> None:
        company: Company[int, int] = Company(Doubling(), 1)
        tasks = await _asked(company, [2])  # called for
        tasks += await _asked(company, [4])  # waiting
        company.close()
        for task in tasks:
            with pytest.raises(BrokerUnavailable):
                await task

    asyncio.run(run())
