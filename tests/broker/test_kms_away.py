"""A KMS that is sealed, away or damaged: nothing is released, and everybody is told why."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from segel.broker import BrokerClient
from segel.broker import messages as m
from segel.broker.errors import BrokerUnavailable, KeysLocked
from segel.broker.server import serve
from segel.broker.settings import BrokerSettings
from segel.domain.roles import Role
from segel.keys import MemoryKms, OpenBaoPlace
from support.kms import new_place
from support.openbao import OpenBao, running_openbao


@contextlib.asynccontextmanager
async def served(settings: BrokerSettings) -> AsyncIterator[BrokerClient]:
    """A broker on its sockets, which may be waiting."""
    serving = asyncio.create_task(serve(settings, clock=time.time))
    operator = BrokerClient(settings.operator_socket)
    try:
        yield operator
        assert not serving.done(), serving
    finally:
        await operator.close()
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


async def until(operator: BrokerClient, *, ready: bool) -> m.Status:
    for _ in range(300):
        status = await operator.status()
        if status.ready is ready:
            return status
        await asyncio.sleep(0.05)
    pytest.fail(f"the broker does not become {ready=}: {status}")


@pytest.fixture
def settings(database: Any, tmp_path: Path) -> BrokerSettings:
    return BrokerSettings(
        socket=tmp_path / "b.sock",
        operator_socket=tmp_path / "o.sock",
        database=database.broker,
        kms=tmp_path / "kms",
        objects=tmp_path / "objects",
        key_backup=tmp_path / "wrapped",
        log_origin="segel.test/audit",
        demo=True,
    )


def on(settings: BrokerSettings, server: OpenBao) -> BrokerSettings:
    """The same broker with its keys in ``server``."""
    place = OpenBaoPlace(server.address, server.prepared("segel"), "segel")
    return msgspec.structs.replace(settings, kms=place)


async def doctor(operator: BrokerClient) -> m.Requester:
    account = await operator.enrol_account("dr. A", Role.CLINICIAN, "H1", demo=True)
    return m.Requester((await operator.issue_token(account, 3_600)).token)


def test_sealed_stopped_and_back_again_without_a_restart(settings, arrival) -> None:
    async def run(server: OpenBao) -> None:
        async with served(on(settings, server)) as operator:
            await operator.enrol_hospital("H1", "RS H1")
            account = await operator.enrol_account("CT 1", Role.RADIOGRAPHER, "H1", demo=True)
            maker = m.Requester((await operator.issue_token(account, 3_600)).token)
            reader = await doctor(operator)
            stored = await operator.open_for_store(maker, arrival(1))
            before = (await operator.status()).log_size

            async def nothing_opens(words: str) -> None:
                for attempt in (
                    lambda: operator.open_study(reader, arrival(1).study_uid),
                    lambda: operator.open_for_store(maker, arrival(2)),
                    lambda: operator.search(reader, m.StudyQuery({})),
                ):
                    with pytest.raises(KeysLocked) as caught:
                        await attempt()
                    assert words in str(caught.value)
                status = await operator.status()
                assert not status.ready
                assert words in status.kms_trouble

            for lose, find, words in (
                (server.seal, server.unseal, "sealed"),
                (server.stop, server.start, "does not answer"),
            ):
                await asyncio.to_thread(lose)
                await nothing_opens(words)
                await asyncio.to_thread(find)
                await until(operator, ready=True)
                opened_again = await operator.open_study(reader, arrival(1).study_uid)
                assert opened_again.scope_key == stored.scope_key
            assert (await operator.status()).log_size == before + 2  # no entry without its release

    with running_openbao() as server:
        asyncio.run(run(server))


def test_a_broker_starts_before_its_kms_does(settings, arrival) -> None:
    async def run(server: OpenBao) -> None:
        first = on(settings, server)
        async with served(first) as operator:
            await operator.enrol_hospital("H1", "RS H1")
            reader = await doctor(operator)
        await asyncio.to_thread(server.seal)
        async with served(first) as operator:
            status = await until(operator, ready=False)
            assert (status.kms, status.kms_sealed) == ("openbao", True)
            assert "Unseal it" in status.kms_trouble
            with pytest.raises(KeysLocked, match="sealed"):
                await operator.session(reader.token)
            await asyncio.to_thread(server.unseal)
            assert (await until(operator, ready=True)).kms_trouble == ""
            assert await operator.session(reader.token)

    with running_openbao() as server:
        asyncio.run(run(server))


def test_a_damaged_key_fails_alone(estate_of, arrival, database) -> None:
    """Its neighbours in the same call open; a search says what it could not look through."""

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            for number in range(8):
                await estate.store(maker, arrival(number))
            damaged = await estate.store(maker, arrival(3))
            with psycopg.connect(database.owner) as connection:
                connection.execute(
                    "UPDATE patients SET wrapped_key = set_byte(wrapped_key, 40,"
                    " get_byte(wrapped_key, 40) # 1) WHERE patient_id = %s",
                    (damaged.patient_id,),
                )
            results = await asyncio.gather(
                *(estate.open(reader, arrival(number).study_uid) for number in range(8)),
                return_exceptions=True,
            )
            failed = [at for at, one in enumerate(results) if isinstance(one, BaseException)]
            assert failed == [3]
            assert isinstance(results[3], BrokerUnavailable)
            found = await estate.search(reader)
            assert len(found.matches) == 7
            assert not found.complete
            assert "1 of the patients" in found.note

    asyncio.run(run())


class CountedKms(MemoryKms):
    """Counts how it is asked, and takes its time, as a network does."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def unwrap_many(self, items: Any) -> list[bytes]:
        time.sleep(0.2)
        self.calls.append(len(items))
        return super().unwrap_many(items)


async def all_compared(owner: str) -> None:
    """Wait until nobody new is left to be compared with the others: that takes calls, too."""
    async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as connection:
        while True:
            waiting = await connection.execute("SELECT 1 FROM uncompared LIMIT 1")
            if await waiting.fetchone() is None:
                return
            await asyncio.sleep(0.05)


def test_releases_share_the_calls_of_the_kms(estate_of, arrival, database) -> None:
    """What arrives while a call is under way goes into the next; a search is one call."""
    kms = CountedKms()

    async def run() -> None:
        async with estate_of(kms) as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            for number in range(20):
                await estate.store(maker, arrival(number))
            await all_compared(database.owner)
            kms.calls.clear()
            await asyncio.gather(
                *(estate.open(reader, arrival(number).study_uid) for number in range(20))
            )
            # The broker's own work, such as explaining these accesses, may ask for a key as well.
            assert sum(kms.calls) >= 20
            assert max(kms.calls) >= 3
            kms.calls.clear()
            await estate.search(reader)
            assert [count for count in kms.calls if count > 1] == [20]

    asyncio.run(run())


def test_the_loop_goes_on_while_the_kms_thinks(estate_of, arrival) -> None:
    kms = CountedKms()

    async def run() -> None:
        async with estate_of(kms) as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            await estate.store(maker, arrival(1))
            reader = await estate.token(Role.CLINICIAN)
            turns = 0
            opening = asyncio.create_task(estate.open(reader, arrival(1).study_uid))
            while not kms.calls[1:]:
                turns += 1
                await asyncio.sleep(0.001)
            await opening
            assert turns > 3

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["openbao", "pkcs11"])
def test_the_adapter_is_named_in_the_status(settings, kind: str, tmp_path: Path) -> None:
    async def run() -> None:
        place = new_place(kind, tmp_path)
        async with served(msgspec.structs.replace(settings, kms=place)) as operator:
            status = await until(operator, ready=True)
            assert (status.kms, status.kms_sealed, status.kms_trouble) == (kind, False, "")

    asyncio.run(run())
