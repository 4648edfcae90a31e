"""No release while too few witnesses cosign the log; it goes on by itself when they are back."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg
import pytest

from segel.broker import messages as m
from segel.broker import witnessing
from segel.broker.errors import EntryUnknown, Unwitnessed
from segel.broker.witnesses import WitnessListBroken, WitnessPolicy
from segel.broker.witnessing import READY_S, Witnessed, Witnessing
from segel.domain.roles import Role
from segel.tlog import (
    NoteVerifier,
    Receipt,
    require_quorum,
    verify_log,
    verify_receipt,
)
from segel.witness import WitnessFolder
from support.witnessing import RunningWitness, running_witness, start

OPENS_MAX = 500
"""Each takes more than 10 ms, and the grace is 800."""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits two seconds to be refused here."""
    monkeypatch.setattr(witnessing, "WAIT_S", 0.5)


@pytest.fixture(scope="module")
def three() -> Iterator[list[RunningWitness]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(running_witness(name)) for name in ("bssn", "ui", "itb")]


@pytest.fixture
def witnessed(three: list[RunningWitness], estate_of: Any, request: Any) -> Callable[..., Any]:
    """Opens an estate whose log so many real witnesses watch."""
    origin = f"{request.node.name}.example/audit"

    @contextlib.asynccontextmanager
    async def open_witnessed(count: int = 2, **changes: Any) -> AsyncIterator[Any]:
        async with estate_of(log_origin=origin) as first:
            vkey = first.broker.publisher.vkey
        for each in three[:count]:
            WitnessFolder.open(each.folder).add_log(vkey)
        settings = tuple(each.setting for each in three[:count])
        async with estate_of(log_origin=origin, witnesses=settings, **changes) as estate:
            yield estate

    return open_witnessed


async def report(estate: Any) -> m.WitnessReport:
    reply = await estate.ask(m.ReportWitnesses())
    assert isinstance(reply, m.WitnessReport)
    return reply


async def cosigned(estate: Any) -> m.WitnessReport:
    """The report, once everything committed is cosigned."""
    for _ in range(200):
        found = await report(estate)
        if found.cosigned_size == found.log_size:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError(f"never cosigned: {found}")


def test_every_entry_is_cosigned_soon_and_published_with_its_cosignatures(
    witnessed: Any, three: list[RunningWitness], arrival: Any, tmp_path: Any
) -> None:
    async def run() -> None:
        async with witnessed() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(20):
                await estate.store(maker, arrival(number))
            found = await cosigned(estate)
            assert found.cosigners == found.quorum == 2
            assert [each.state for each in found.witnesses] == ["cosigns", "cosigns"]
            size = await estate.broker.publisher.publish()
            assert size == found.log_size
            root = tmp_path / "objects" / "audit"
            verify_log(
                lambda path: (root / path).read_bytes(),
                NoteVerifier.parse(estate.broker.publisher.vkey),
                witnesses=[each.verifier for each in three[:2]],
                threshold=2,
            )

    asyncio.run(run())


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("grace_ms", [0, 100, 800])
def test_the_gate_closes_when_the_newest_quorum_is_older_than_the_grace(
    three: list[RunningWitness], grace_ms: int
) -> None:
    async def run() -> None:
        now = [100.0]
        policy = WitnessPolicy.parse((three[0].setting,), 0)
        tree: Any = None  # no round is made here
        gate = Witnessing(
            policy,
            tree,
            lambda size, root: "",
            asyncio.Event(),
            grace_ms=grace_ms,
            ticks=lambda: now[0],
        )
        with pytest.raises(Unwitnessed):
            await gate.covered()
        gate.newest = Witnessed(1, bytes(32), "", now[0], 1, 0)
        now[0] += grace_ms / 1_000
        await gate.covered()
        await gate.ready()
        now[0] += 0.001
        with pytest.raises(Unwitnessed):
            await gate.covered()
        now[0] = 100.0 + READY_S + 0.001
        with pytest.raises(Unwitnessed):
            await gate.ready()

    asyncio.run(run())


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("lost", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "silent"])
def test_a_lost_quorum_closes_and_comes_back_without_a_restart(
    witnessed: Any, arrival: Any, estate_of: Any, lost: signal.Signals
) -> None:
    async def run() -> None:
        with running_witness("own") as own:
            async with estate_of(log_origin="own.example/a") as first:
                WitnessFolder.open(own.folder).add_log(first.broker.publisher.vkey)
            async with estate_of(log_origin="own.example/a", witnesses=(own.setting,)) as estate:
                maker = await estate.token(Role.RADIOGRAPHER)
                reader = await estate.token(Role.CLINICIAN)
                await estate.store(maker, arrival(1))
                os.kill(own.process.pid, lost)
                for _ in range(OPENS_MAX):
                    try:
                        await estate.open(reader, arrival(1).study_uid)
                        await asyncio.sleep(0.01)
                    except Unwitnessed:
                        break
                else:
                    pytest.fail("it went on releasing")
                size = (await report(estate)).log_size
                with pytest.raises(Unwitnessed):
                    await estate.open(reader, arrival(1).study_uid)
                with pytest.raises(Unwitnessed):
                    await estate.search(reader, t00080020="20260105")
                assert (await report(estate)).log_size == size, "no budget is used up meanwhile"
                back = own
                if lost is signal.SIGKILL:
                    own.process.communicate()
                    port = int(own.url.rstrip("/").rpartition(":")[2])
                    back = start(own.folder, port=port)
                else:
                    os.kill(own.process.pid, signal.SIGCONT)
                try:
                    for _ in range(40):
                        with contextlib.suppress(Unwitnessed):
                            await estate.open(reader, arrival(1).study_uid)
                            break
                        await asyncio.sleep(0.05)
                    else:
                        raise AssertionError("it did not open again")
                finally:
                    if back is not own:
                        back.process.kill()
                        back.process.communicate()

    asyncio.run(run())


def test_one_of_three_may_be_away(
    witnessed: Any, three: list[RunningWitness], arrival: Any
) -> None:
    async def run() -> None:
        async with witnessed(3) as estate:
            os.kill(three[2].process.pid, signal.SIGSTOP)
            try:
                maker = await estate.token(Role.RADIOGRAPHER)
                for number in range(5):
                    await estate.store(maker, arrival(number))
                found = await cosigned(estate)
                assert found.quorum == 2
                assert found.cosigners == 2
            finally:
                os.kill(three[2].process.pid, signal.SIGCONT)
            for _ in range(100):
                await estate.open(maker, arrival(0).study_uid)
                if (await report(estate)).cosigners == 3:
                    return
                await asyncio.sleep(0.05)
            raise AssertionError("the third did not join again")

    asyncio.run(run())


def test_without_a_grace_a_release_waits_for_its_own_entrys_cosignature(
    witnessed: Any, three: list[RunningWitness], arrival: Any
) -> None:
    async def run() -> None:
        async with witnessed(2, witness_grace_ms=0) as estate:
            log_key = NoteVerifier.parse(estate.broker.publisher.vkey)
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(5):
                grant = await estate.store(maker, arrival(number))
                receipt = Receipt.from_json(grant.receipt)
                newest = (await report(estate)).cosigned_size
                assert newest >= receipt.tree_size
                require_quorum(
                    receipt.checkpoint, log_key, [each.verifier for each in three[:2]], 2
                )

    asyncio.run(run())


def test_any_entry_gets_a_receipt_that_a_quorum_stands_by(
    witnessed: Any, three: list[RunningWitness], arrival: Any, database: Any
) -> None:
    async def run() -> None:
        async with witnessed() as estate:
            log_key = NoteVerifier.parse(estate.broker.publisher.vkey)
            maker = await estate.token(Role.RADIOGRAPHER)
            await asyncio.gather(*(estate.store(maker, arrival(n)) for n in range(300)))
            found = await cosigned(estate)
            with psycopg.connect(database.owner) as connection:
                rows = connection.execute(
                    "SELECT leaf_index, commitment FROM audit_entries ORDER BY leaf_index"
                ).fetchall()
            assert len(rows) == found.log_size > 256
            for index, commitment in [*rows[:2], *rows[254:258], rows[-1]]:
                reply = await estate.ask(m.ProveEntry(index))
                assert isinstance(reply, m.EntryReceipt)
                verify_receipt(
                    Receipt.from_json(reply.receipt),
                    commitment,
                    log_key,
                    witnesses=[each.verifier for each in three[:2]],
                    threshold=2,
                )
            with pytest.raises(EntryUnknown):
                await estate.ask(m.ProveEntry(found.log_size))

    asyncio.run(run())


def test_two_brokers_share_their_witnesses(
    witnessed: Any, three: list[RunningWitness], arrival: Any, estate_of: Any, request: Any
) -> None:
    origin = f"{request.node.name}.example/audit"

    async def run() -> None:
        async with (
            witnessed() as one,
            estate_of(
                log_origin=origin, witnesses=tuple(each.setting for each in three[:2])
            ) as other,
        ):
            maker = await one.token(Role.RADIOGRAPHER)
            await asyncio.gather(
                *(
                    (one if number % 2 else other).store(maker, arrival(number))
                    for number in range(60)
                )
            )
            assert (await cosigned(one)).cosigners == 2
            assert (await cosigned(other)).cosigners == 2

    asyncio.run(run())


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("how", ["shorter", "rewritten"])
def test_a_database_that_lost_or_changed_what_was_cosigned_releases_nothing(
    witnessed: Any, arrival: Any, database: Any, how: str
) -> None:
    async def run() -> None:
        async with witnessed() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(0))
            earlier = (await cosigned(estate)).log_size
            with psycopg.connect(database.owner) as connection:
                head = connection.execute("SELECT size, frontier FROM log_head").fetchall()[0]
            for number in range(1, 4):
                await estate.store(maker, arrival(number))
            await cosigned(estate)
        with psycopg.connect(database.owner) as connection:
            connection.execute("UPDATE log_head SET size = %s, frontier = %s", head)
            connection.execute("DELETE FROM audit_entries WHERE leaf_index >= %s", (earlier,))
        async with witnessed() as estate:
            if how == "rewritten":  # sign-ins are entries of their own: the log grows past it
                for _ in range(12):
                    await estate.token(Role.RADIOGRAPHER)
            with pytest.raises(Unwitnessed):
                await estate.store(maker, arrival(9))
            states = {each.state for each in (await report(estate)).witnesses}
            assert states == {"forked" if how == "rewritten" else "rolled-back"}

    asyncio.run(run())


def test_a_quorum_is_more_than_half_and_a_witness_counts_once(
    three: list[RunningWitness],
) -> None:
    lines = tuple(each.setting for each in three)
    assert [WitnessPolicy.parse(lines[:n], 0).quorum for n in range(4)] == [0, 1, 2, 2]
    for broken, quorum in (
        (lines[:2], 1),
        (lines[:2], 3),
        ((lines[0], lines[0].replace("bssn ", "again ")), 0),
        (("only two parts",), 0),
        ((lines[0].replace("http://", "ftp://"),), 0),
        ((lines[0][:-4],), 0),
        ((lines[0].replace("http://", "http://somebody@"),), 0),
    ):
        with pytest.raises(WitnessListBroken):
            WitnessPolicy.parse(broken, quorum)
