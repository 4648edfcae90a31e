"""The broker's own work on keys and log, in this process, on a PostgreSQL of its own.

``rewrap``: every patient's key wrapped anew after a rotation, in the KMS that is chosen; ``audit``:
how many durable entries a second the log takes when many ask at once. No other archive takes part.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

import psycopg
from psycopg_pool import AsyncConnectionPool

from bench.archives import SEGEL, BenchFailed
from bench.results import Against, Line, Target
from bench.rounds import Figures
from bench.servers import database, kms
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.budget_store import BudgetStore
from segel.broker.freezes import Freezes
from segel.broker.generations import Generations, opener
from segel.broker.index import Index
from segel.broker.keyring import Keyring
from segel.broker.ledger import Intent, Ledger, ensure_head
from segel.broker.limits import BudgetLimits
from segel.broker.raises import Raises
from segel.broker.rewrapping import Rewrapper
from segel.broker.secrets import load_secrets
from segel.broker.shared_budgets import SharedBudgets
from segel.domain.purpose import Purpose
from segel.keys import PlainKey, adapter_of, open_kms
from segel.store.migrate import migrate

PATIENTS: Final = 100_000
QUICK_PATIENTS: Final = 4_000
ENTRIES: Final = 20_000
QUICK_ENTRIES: Final = 1_000
ASKERS: Final = 512
"""What a loaded broker has under way."""
FILL_KEYS: Final = 5_000

REWRAPPED: Final = (Target(Against.RATE, 10_000.0),)
LOGGED: Final = (Target(Against.RATE, 2_000.0),)


@dataclass(frozen=True, slots=True)
class Alone:
    """What these measures are given."""

    kms: str
    quick: bool
    rounds: int


def rewrap(alone: Alone) -> Line:
    """Patients a second, from the rotation until no key is under the old version."""
    patients = QUICK_PATIENTS if alone.quick else PATIENTS
    with _database() as (owner, dsn), tempfile.TemporaryDirectory() as folder:
        place = kms.new_place(alone.kms, Path(folder))
        opened = open_kms(place, production=False)
        hospital = uuid4()
        kek_id = f"hospital-{hospital}"
        opened.create_kek(kek_id)
        keyring = Keyring({0: opened})
        _fill(owner, keyring, hospital, kek_id, patients)
        took = [
            asyncio.run(_rewrap(owner, dsn, keyring, hospital, kek_id, patients))
            for _ in range(alone.rounds)
        ]
    return Line(
        "rewrap",
        f"patients' keys wrapped anew after a rotation, {adapter_of(place)}",
        "patients/s",
        {SEGEL: Figures([patients / seconds for seconds in took])},
        REWRAPPED,
        notes=f"{patients:,} patients a round; no object is touched",
    )


def audit(alone: Alone) -> Line:
    """Durable entries a second, in group commit."""
    entries = QUICK_ENTRIES if alone.quick else ENTRIES
    with _database() as (_, dsn), tempfile.TemporaryDirectory() as folder:
        place = kms.new_place("file", Path(folder))
        own = open_kms(place, production=False)
        generations = Generations(Path(folder), lambda: own, opener(production=False))

        async def run() -> list[float]:
            async with AsyncConnectionPool(dsn, min_size=2, max_size=8, open=False) as pool:
                async with pool.connection() as connection:
                    _, secrets = await load_secrets(connection, generations)
                await ensure_head(pool, secrets)
                index = Index(secrets.index)
                budgets, raises = BudgetStore(secrets, index), Raises(secrets)
                shared = SharedBudgets(secrets, index, BudgetLimits())
                ledger = Ledger(pool, secrets, budgets, shared, raises, Freezes(secrets), index)
                running = asyncio.create_task(ledger.run())
                took = [await _log(ledger, entries) for _ in range(alone.rounds)]
                running.cancel()
                return took

        took = asyncio.run(run())
    return Line(
        "audit",
        f"durable audit entries, {ASKERS} askers at a time",
        "entries/s",
        {SEGEL: Figures([entries / seconds for seconds in took])},
        LOGGED,
        notes=f"{entries:,} entries a round, each committed and synced before its asker goes on",
    )


@contextmanager
def _database() -> Iterator[tuple[str, str]]:
    """The owner's and the broker's DSN of an empty, migrated PostgreSQL."""
    with database.running_postgres() as running:
        migrate(running.dsn("segel_owner"), running.passwords)
        yield running.dsn("segel_owner"), running.dsn("segel_broker")


def _fill(owner: str, keyring: Keyring, hospital: UUID, kek_id: str, patients: int) -> None:
    with psycopg.connect(owner) as connection:
        connection.execute(
            "INSERT INTO hospitals (hospital_id, sealed) VALUES (%s, %s)", (hospital, b"")
        )
        for start in range(0, patients, FILL_KEYS):
            ids = [uuid4() for _ in range(min(FILL_KEYS, patients - start))]
            plain = [PlainKey(kek_id, os.urandom(32), one.bytes) for one in ids]
            with connection.cursor().copy(
                "COPY patients (patient_id, hospital_id, wrapped_key, sealed, month) FROM STDIN"
            ) as copy:
                for one, wrapped in zip(ids, keyring.wrap_many(plain), strict=True):
                    copy.write_row((one, hospital, wrapped, b"", "2026-01-01"))
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE patients")


async def _rewrap(
    owner: str, dsn: str, keyring: Keyring, hospital: UUID, kek_id: str, patients: int
) -> float:
    async with AsyncConnectionPool(dsn, min_size=4, max_size=8, open=False) as pool:
        rewrapper = Rewrapper(pool, keyring)
        started_s = time.perf_counter()
        floor = keyring.rotate(kek_id)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("UPDATE hospitals SET key_floor = %s", (floor,))
        done = 0

        def advance(keys: int) -> None:
            nonlocal done
            done += keys

        await rewrapper.run({hospital: kek_id}, advance)
        seconds = time.perf_counter() - started_s
        if done != patients or await rewrapper.remaining():
            raise BenchFailed(f"{done} of {patients} keys were wrapped anew")
    return seconds


async def _log(ledger: Ledger, entries: int) -> float:
    numbers = iter(range(entries))
    event = Event(
        kind=Kind.QUERY,
        outcome=Outcome.SUCCESS,
        account_id=uuid4(),
        role="clinician",
        hospital_id=None,
        session_id=None,
        purpose=Purpose.TREATMENT,
        route="dicomweb",
    )

    async def one_after_another() -> None:
        for _ in numbers:
            await ledger.commit(Intent(event))

    started_s = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(ASKERS)))
    return time.perf_counter() - started_s
