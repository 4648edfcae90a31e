"""The ledger: what is logged, charged and true together, or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budgets import Limit, limits_of
from segel.broker.errors import BrokerUnavailable, BudgetExhausted
from segel.broker.ledger import (
    BATCH_MAX,
    QUEUE_MAX,
    Charge,
    HeadState,
    Intent,
    Ledger,
    Logged,
    ensure_head,
    event_context,
    read_head,
)
from segel.broker.limits import BudgetLimits
from segel.broker.raises import Raise
from segel.domain.purpose import Purpose
from segel.tlog import leaf_hash, verify_inclusion

ACCOUNT, HOSPITAL = uuid4(), uuid4()
HOUR = (Limit("hour", 3_600, 2),)
Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


def event(**changes: Any) -> Event:
    """Something that an account did, of nobody's record."""
    return Event(
        kind=Kind.QUERY,
        outcome=Outcome.SUCCESS,
        account_id=ACCOUNT,
        role="clinician",
        hospital_id=None,
        session_id=None,
        purpose=Purpose.TREATMENT,
        route="test",
        **changes,
    )


def intent(apply: Apply | None = None, charge: Charge | None = None) -> Intent:
    return Intent(event(), apply=apply, charge=charge)


def opening(*patients: UUID, limits: tuple[Limit, ...] = HOUR, **more: Any) -> Charge:
    return Charge(ACCOUNT, limits, patients, opened=True, **more)


@contextlib.asynccontextmanager
async def ledger_of(estate_of: Any, **changes: Any) -> AsyncIterator[Any]:
    async with estate_of(**changes) as estate:
        yield estate, estate.broker.ledger


async def rows(database: Any, query: str) -> list[tuple[Any, ...]]:
    async with await psycopg.AsyncConnection.connect(database.owner) as connection:
        return await (await connection.execute(query)).fetchall()


async def size(database: Any) -> int:
    ((count,),) = await rows(database, "SELECT count(*) FROM audit_entries")
    ((told,),) = await rows(database, "SELECT size FROM log_head")
    assert count == told
    return int(count)


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        await asyncio.wait_for(test(), 60)

    asyncio.run(limited())


def test_whoever_is_told_that_it_is_logged_gets_the_proof_of_it(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            done = [await ledger.commit(intent()) for _ in range(3)]
            done += await asyncio.gather(*(ledger.commit(intent()) for _ in range(20)))
            commitments = dict(
                await rows(database, "SELECT leaf_index, commitment FROM audit_entries")
            )
            assert len({one.leaf_index for one in done}) == len(done)
            for one in done:
                leaf = leaf_hash(commitments[one.leaf_index])
                verify_inclusion(one.leaf_index, one.size, leaf, one.proof, one.root)
            assert max(one.size for one in done) == await size(database)

    run(test)


def test_who_asked_at_once_is_logged_in_one_transaction_and_no_more_than_its_most(
    estate_of, database
) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            before = (await ledger.commit(intent())).size
            many = [ledger.commit(intent()) for _ in range(BATCH_MAX + 10)]
            done = await asyncio.gather(*many)
            sizes = sorted({one.size for one in done})
            assert sizes[-1] == before + BATCH_MAX + 10
            assert len(sizes) == 2
            assert sizes[0] == before + BATCH_MAX

    run(test)


def test_a_batch_waits_a_little_for_what_is_on_its_way(estate_of) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):

            async def slowly() -> Logged:
                with ledger.coming():
                    await asyncio.sleep(0.001)
                    task = asyncio.ensure_future(ledger.commit(intent()))
                    await asyncio.sleep(0)
                logged: Logged = await task
                return logged

            one, other = await asyncio.gather(ledger.commit(intent()), slowly())
            assert one.size == other.size
            with ledger.coming():  # never comes, and nobody waits for it for long
                assert (await ledger.commit(intent())).size == one.size + 1

    run(test)


def test_an_intent_that_is_refused_leaves_its_neighbours_alone(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            before = await size(database)

            async def refuse(_: psycopg.AsyncCursor) -> None:
                raise LookupError("not this one")

            done = await asyncio.gather(
                ledger.commit(intent()),
                ledger.commit(intent(apply=refuse)),
                ledger.commit(intent()),
                return_exceptions=True,
            )
            assert [type(one) for one in done] == [Logged, LookupError, Logged]
            assert await size(database) == before + 2

    run(test)


def test_where_the_database_fails_nobody_of_the_batch_gets_anything_and_the_next_does(
    estate_of, database
) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            before = await size(database)
            patient = uuid4()

            async def fail(cursor: psycopg.AsyncCursor) -> None:
                await cursor.execute("SELECT 1 / 0")

            charge = opening(patient, hospital_id=HOSPITAL)
            done = await asyncio.gather(
                ledger.commit(intent(charge=charge)),
                ledger.commit(intent(apply=fail)),
                return_exceptions=True,
            )
            for one in done:
                assert isinstance(one, BrokerUnavailable)
                assert str(one) == (
                    "The audit log could not be written; nothing was released. Try again."
                )
                assert isinstance(one.__cause__, psycopg.errors.DivisionByZero)
            assert await size(database) == before
            assert not await rows(database, "SELECT 1 FROM budget_touches")
            again = await ledger.commit(intent(charge=charge))
            assert again.leaf_index == before
            assert len(await rows(database, "SELECT 1 FROM budget_touches")) == 2

    run(test)


def test_a_defect_fails_its_batch_and_does_not_take_the_ledger_down(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            before = await size(database)
            broken = intent()
            broken.event_key = b"short"  # no key at all: sealing refuses it
            done = await asyncio.gather(
                ledger.commit(intent()), ledger.commit(broken), return_exceptions=True
            )
            assert type(done[0]) is type(done[1])
            assert not isinstance(done[0], BrokerUnavailable | Logged)
            assert (await ledger.commit(intent())).leaf_index == before == await size(database) - 1

    run(test)


def test_an_asker_who_hung_up_has_an_entry_all_the_same(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            before = await size(database)
            asking = asyncio.ensure_future(ledger.commit(intent()))
            await asyncio.sleep(0)
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asking
            await ledger.commit(intent())
            assert await size(database) == before + 2

    run(test)


def test_who_waits_when_the_broker_stops_is_told_that_nothing_was_released(estate_of) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            started = asyncio.Event()

            async def hang(_: psycopg.AsyncCursor) -> None:
                started.set()
                await asyncio.sleep(60)

            asking = asyncio.ensure_future(ledger.commit(intent(apply=hang)))
            await started.wait()
        with pytest.raises(BrokerUnavailable, match="nothing was released"):
            await asking

    run(test)


def test_an_overloaded_ledger_says_so(estate_of) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (estate, _):
            idle = idle_ledger(estate.broker.ledger)
            waiting = [asyncio.ensure_future(idle.commit(intent())) for _ in range(QUEUE_MAX)]
            await asyncio.sleep(0)
            with pytest.raises(BrokerUnavailable) as caught:
                await idle.commit(intent())
            assert str(caught.value) == "The broker is overloaded. Try again."
            for one in waiting:
                one.cancel()

    run(test)


def idle_ledger(other: Ledger) -> Ledger:
    """One that nobody runs; it is never asked for anything of the other's."""
    return Ledger(
        other._pool, other._secrets, other._budgets, other._shared, other._raises,
        other._freezes, other._index,
    )  # fmt: skip


def test_whoever_watches_is_told_of_every_batch(estate_of) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            watchers = [ledger.watch(), ledger.watch()]
            for _ in range(2):
                await ledger.commit(intent())
                await asyncio.sleep(0)
                assert all(one.is_set() for one in watchers)
                for one in watchers:
                    one.clear()

    run(test)


def test_a_clock_set_back_does_not_set_the_ledger_back(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (estate, ledger):
            late_s = estate.clock.now_s = 1_790_000_100.0
            await ledger.commit(intent())
            estate.clock.now_s = 1_000.0
            assert ledger.now() == late_s
            told: list[float] = []

            async def look(_: psycopg.AsyncCursor) -> None:
                told.append(ledger.now_s)

            await ledger.commit(intent(apply=look))
            assert told == [late_s]
            estate.clock.now_s = late_s + 5
            assert ledger.now() == late_s + 5
        async with ledger_of(estate_of) as (estate, ledger):  # another life of the broker
            estate.clock.now_s = 1_000.0
            await ledger.commit(intent())
            assert ledger.now() == late_s

    run(test)


def test_the_head_is_made_once_and_keeps_the_time_of_the_newest_entry(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (estate, ledger):
            await ledger.commit(intent())
            secrets = ledger._secrets
            async with AsyncConnectionPool(database.broker, min_size=1, open=False) as pool:
                await ensure_head(pool, secrets)
                async with pool.connection() as connection, connection.cursor() as cursor:
                    head = await read_head(cursor, secrets)
            assert head == HeadState(last_s=estate.clock.now_s, freezes=0)
            assert await size(database) > 0

    run(test)


def test_a_seal_is_bound_to_the_patient_and_the_place_in_the_log() -> None:
    patient = uuid4()
    contexts = {
        event_context(patient, 1), event_context(patient, 2), event_context(None, 1),
        event_context(uuid4(), 1),
    }  # fmt: skip
    assert len(contexts) == 4


# --- budgets --------------------------------------------------------------------------------------


def test_each_budget_that_is_used_up_says_whose_it_is_and_what_to_do(estate_of) -> None:
    async def refusal(ledger: Ledger, charge: Charge) -> BudgetExhausted:
        with pytest.raises(BudgetExhausted) as caught:
            await ledger.commit(intent(charge=charge))
        return caught.value

    async def test() -> None:
        shared = BudgetLimits(hospital=limits_of(3, 9, 9), estate=limits_of(4, 9, 9))
        async with ledger_of(estate_of, limits=shared) as (_, ledger):
            await ledger.commit(intent(charge=opening(uuid4(), uuid4(), hospital_id=HOSPITAL)))
            own = await refusal(ledger, opening(uuid4(), hospital_id=HOSPITAL))
            assert own.whose == "account"
            assert own.retry_after_s == 3_601
            assert str(own) == (
                "This account has reached its budget of 2 patients in an hour. There is room again"
                " in 61 minutes. Ask for more on your account's page; in an emergency, break the"
                " glass."
            )
            wide = (Limit("day", 86_400, 50),)
            of_two = opening(uuid4(), uuid4(), limits=wide, hospital_id=HOSPITAL)
            hospital = await refusal(ledger, of_two)
            assert hospital.whose == "hospital"
            assert str(hospital).startswith(
                "This hospital has reached its budget, over all its accounts, of 3 patients in an"
                " hour. There is room again in "
            )
            assert "minutes. The data protection officer can ask for more; in an" in str(hospital)
            elsewhere = uuid4()
            of_three = opening(uuid4(), uuid4(), uuid4(), limits=wide, hospital_id=elsewhere)
            estate = await refusal(ledger, of_three)
            assert estate.whose == "estate"
            assert str(estate).startswith(
                "All hospitals together have reached their budget of 4 patients in an hour."
            )
            assert "The data protection officers can ask for more;" in str(estate)

    run(test)


def test_an_allowance_takes_what_the_budget_does_not_give_and_says_when_it_is_gone(
    estate_of, database
) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            known, glass = uuid4(), uuid4()
            await ledger.commit(intent(charge=opening(known, uuid4())))
            beyond = (glass, (Limit("glass", 3_600, 2),))
            new = uuid4()
            ordinary = intent(charge=opening(known, beyond=beyond))
            await ledger.commit(ordinary)
            assert not ordinary.event.beyond_budget, "what the budget gives is not beyond it"
            seen: list[bool] = []
            taken = intent(charge=opening(known, new, beyond=beyond))

            async def look(_: psycopg.AsyncCursor) -> None:
                seen.append(taken.event.beyond_budget)

            taken.apply = look
            await ledger.commit(taken)
            assert seen == [True]
            touched = await rows(
                database,
                f"SELECT count(*) FROM budget_touches WHERE account_id = '{glass}'",
            )
            assert touched == [(1,)], "whom the budget knows costs the allowance nothing"
            await ledger.commit(intent(charge=opening(uuid4(), beyond=beyond)))
            with pytest.raises(BudgetExhausted) as caught:
                await ledger.commit(intent(charge=opening(uuid4(), beyond=beyond)))
            assert str(caught.value) == (
                "The budget is used up, and so is what the break-glass adds: 2 patients."
                " The budget has room again in 61 minutes; a colleague may have some now."
            )
            assert caught.value.retry_after_s == 3_601

    run(test)


def test_a_raise_lets_so_many_more_in_until_it_is_over(estate_of) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (estate, ledger):
            until_s = estate.clock.now_s + 600

            async def more(cursor: psycopg.AsyncCursor) -> None:
                await ledger._raises.add(cursor, ACCOUNT, Raise(more=1, until_s=until_s))

            await ledger.commit(intent(apply=more))
            await ledger.commit(intent(charge=opening(uuid4(), uuid4())))
            await ledger.commit(intent(charge=opening(uuid4())))
            with pytest.raises(BudgetExhausted, match="of 3 patients"):
                await ledger.commit(intent(charge=opening(uuid4())))
            estate.clock.now_s = until_s + 1
            with pytest.raises(BudgetExhausted, match="of 2 patients"):
                await ledger.commit(intent(charge=opening(uuid4())))

    run(test)


def test_two_of_one_batch_do_not_share_the_last_place(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, ledger):
            charges = [opening(uuid4()) for _ in range(10)]
            done = await asyncio.gather(
                *(ledger.commit(intent(charge=charge)) for charge in charges),
                return_exceptions=True,
            )
            assert sum(isinstance(one, Logged) for one in done) == 2
            assert sum(isinstance(one, BudgetExhausted) for one in done) == 8
            assert len(await rows(database, "SELECT 1 FROM budget_touches")) == 2

    run(test)


def test_a_drill_without_budgets_refuses_nobody_and_counts_all_the_same(
    estate_of, database
) -> None:
    async def test() -> None:
        async with ledger_of(estate_of, without_budgets=True) as (_, ledger):
            for _ in range(5):
                await ledger.commit(intent(charge=opening(uuid4())))
            assert len(await rows(database, "SELECT 1 FROM budget_touches")) == 5

    run(test)


def test_touches_of_more_than_a_month_ago_are_forgotten(estate_of, database) -> None:
    async def test() -> None:
        month = (Limit("month", 30 * 86_400, 2),)
        async with ledger_of(estate_of) as (estate, ledger):
            await ledger.commit(intent(charge=opening(uuid4(), uuid4(), limits=month)))
            with pytest.raises(BudgetExhausted, match="2 patients in a month"):
                await ledger.commit(intent(charge=opening(uuid4(), limits=month)))
        async with ledger_of(estate_of) as (estate, ledger):
            estate.clock.now_s += 30 * 86_400 + 1
            await ledger.commit(intent(charge=opening(uuid4(), limits=month)))
            assert len(await rows(database, "SELECT 1 FROM budget_touches")) == 1

    run(test)


def test_another_brokers_touches_count_at_once(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (_, one), ledger_of(estate_of) as (_, other):
            patient = uuid4()
            await one.commit(intent(charge=opening(patient)))
            await other.commit(intent(charge=opening(patient)))
            await other.commit(intent(charge=opening(uuid4())))
            for ledger in (one, other):
                with pytest.raises(BudgetExhausted):
                    await ledger.commit(intent(charge=opening(uuid4())))
                await ledger.commit(intent(charge=opening(patient)))
            versions = await rows(
                database, f"SELECT version FROM budget_accounts WHERE account_id = '{ACCOUNT}'"
            )
            assert versions == [(5,)]

    run(test)


def test_a_known_patient_of_a_charge_does_not_hide_the_new_one_from_the_hospital(estate_of) -> None:
    async def test() -> None:
        shared = BudgetLimits(hospital=limits_of(2, 9, 9), estate=limits_of(9, 9, 9))
        wide = (Limit("day", 86_400, 50),)
        async with ledger_of(estate_of, limits=shared) as (_, ledger):

            def charge(*patients: UUID) -> Intent:
                return intent(charge=opening(*patients, limits=wide, hospital_id=HOSPITAL))

            known, new = uuid4(), uuid4()
            await ledger.commit(charge(known))
            await ledger.commit(charge(known, new))
            with pytest.raises(BudgetExhausted, match="This hospital"):
                await ledger.commit(charge(uuid4()))
            await ledger.commit(charge(new, known))

    run(test)


def test_a_hospitals_raise_is_its_own(estate_of) -> None:
    async def test() -> None:
        shared = BudgetLimits(hospital=limits_of(1, 9, 9), estate=limits_of(9, 9, 9))
        wide = (Limit("day", 86_400, 50),)
        async with ledger_of(estate_of, limits=shared) as (estate, ledger):
            until_s = estate.clock.now_s + 600

            async def more(cursor: psycopg.AsyncCursor) -> None:
                await ledger._raises.add(cursor, HOSPITAL, Raise(more=1, until_s=until_s))

            await ledger.commit(intent(apply=more))
            for hospital, patients in ((HOSPITAL, 2), (uuid4(), 1)):
                charges = [
                    opening(uuid4(), limits=wide, hospital_id=hospital) for _ in range(patients + 1)
                ]
                for one in charges[:-1]:
                    await ledger.commit(intent(charge=one))
                with pytest.raises(BudgetExhausted, match=f"budget, .* of {patients} patients"):
                    await ledger.commit(intent(charge=charges[-1]))

    run(test)


def test_what_was_listed_is_known_to_another_life_and_costs_four_fifths_to_open(
    estate_of, database
) -> None:
    async def test() -> None:
        one_hour = (Limit("hour", 3_600, 1),)
        patients = [uuid4() for _ in range(2)]

        def listing(*whom: UUID) -> Intent:
            return intent(charge=Charge(ACCOUNT, one_hour, whom, opened=False))

        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(listing(*patients))
        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(listing(*patients))
            with pytest.raises(BudgetExhausted):  # two fifths and four
                await ledger.commit(intent(charge=opening(patients[0], limits=one_hour)))
            await ledger.commit(listing(uuid4()))
            two = (Limit("hour", 3_600, 2),)
            await ledger.commit(intent(charge=opening(patients[0], limits=two)))
            await ledger.commit(intent(charge=Charge(ACCOUNT, two, (patients[0],), opened=False)))
            await ledger.commit(listing(patients[0]))
        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(listing(patients[0]))

    run(test)


def test_whoever_was_opened_is_not_made_cheaper_by_being_listed(estate_of) -> None:
    async def test() -> None:
        one_hour = (Limit("hour", 3_600, 1),)
        opened, other = uuid4(), uuid4()

        def listing(whom: UUID) -> Intent:
            return intent(charge=Charge(ACCOUNT, one_hour, (whom,), opened=False))

        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(intent(charge=opening(opened, limits=one_hour)))
            await ledger.commit(listing(opened))
            with pytest.raises(BudgetExhausted):
                await ledger.commit(listing(other))
        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(listing(opened))
            with pytest.raises(BudgetExhausted):
                await ledger.commit(listing(other))

    run(test)


def test_whoever_was_listed_in_another_life_still_counts(estate_of) -> None:
    async def test() -> None:
        one_hour = (Limit("hour", 3_600, 1),)

        def listing(*whom: UUID) -> Intent:
            return intent(charge=Charge(ACCOUNT, one_hour, whom, opened=False))

        async with ledger_of(estate_of) as (_, ledger):
            await ledger.commit(listing(*(uuid4() for _ in range(5))))
        async with ledger_of(estate_of) as (_, ledger):
            with pytest.raises(BudgetExhausted):
                await ledger.commit(listing(uuid4()))

    run(test)


def test_status_tells_how_long_the_log_is(estate_of, database) -> None:
    async def test() -> None:
        async with ledger_of(estate_of) as (estate, ledger):
            await ledger.commit(intent())
            status = await estate.ask(m.Hello())
            assert status.log_size == await size(database)

    run(test)
