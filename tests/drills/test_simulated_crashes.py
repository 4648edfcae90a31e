"""Thousands of crashes at every storage call of the broker: nothing is released unlogged, and no
budget is lost or doubled.

Each life of the broker does a little of everything, several things at once, until its storage ends
it at a chosen instant (``support.crashing``). Then the tables alone are held against a model that
is made of the audit entries alone: what was touched is what was logged, each once, within its
budget; and against what callers were told: whoever got a key has an entry. The database, the KMS
and the seals are real.
"""

import asyncio
import contextlib
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool

from segel.broker import messages as m
from segel.broker.audit import SealedEvent
from segel.broker.budget_store import SealedTouch
from segel.broker.budgets import HOUR_S, READ_LIMITS, Touch, limits_of, store_subject
from segel.broker.desks.offers import Caller
from segel.broker.errors import BrokerError
from segel.broker.index import Index
from segel.broker.keyring import Keyring
from segel.broker.ledger import event_context
from segel.broker.limits import BudgetLimits
from segel.broker.patient_keys import AUDIT_SCOPE
from segel.broker.restoring import restored
from segel.broker.secrets import BrokerSecrets
from segel.broker.server import opened
from segel.broker.service import Broker
from segel.broker.settings import BrokerSettings
from segel.broker.shared_budgets import hospital_subject
from segel.broker.stored_event import StoredEvent, read_event
from segel.broker.tallies import counts_alike
from segel.domain.patient import PatientIdentity
from segel.domain.roles import Role
from segel.keys import MemoryKms
from segel.sealing import derive_scope_key, unseal
from segel.tlog import Frontier, NoteVerifier, Receipt, leaf_hash, verify_log, verify_receipt
from support.crashing import Crashed, Life, MortalDirectory, MortalPool
from support.keeping import only

CRASHES = int(os.environ.get("SEGEL_SIMULATED_CRASHES", "100"))
PATIENTS = 60
TASKS = 4
STEP_S = 25.0
"""Between two lives: an hour's budget is full now and then, and frees itself now and then."""

LIVES_A_POOL = 100

INSTANTS_MAX = 400
"""More than a whole life has; those beyond its end stop a broker that has nothing to do."""

CLINICIAN_HOUR = 8
"""So few that even a hundred lives fill the hour's budget."""

LIMITS = BudgetLimits({**READ_LIMITS, Role.CLINICIAN: limits_of(CLINICIAN_HOUR, 120, 600)})


class Estate:
    """What outlives every broker: database, objects, KMS, clock; and what callers were told."""

    def __init__(self, settings: BrokerSettings, pool: AsyncConnectionPool) -> None:
        self.settings = settings
        self.pool = pool
        self.kms = MemoryKms()
        self.now_s = 1_790_000_000.0
        self.tokens: dict[str, str] = {}
        self.told: list[tuple[UUID, m.StudyGrant]] = []
        self.accounts: dict[str, UUID] = {}
        self.refused: Counter[str] = Counter()

    @contextlib.asynccontextmanager
    async def broker(self, life: Life) -> Any:
        def stores(settings: BrokerSettings) -> Any:
            return MortalPool(self.pool, life), MortalDirectory(settings.objects, life)

        async with opened(self.settings, self.kms, lambda: self.now_s, stores=stores) as broker:
            yield broker

    async def live(self, seed: int, last: int) -> Life:
        """One life: a few things at once, until they are done or the storage ends it."""
        life = Life(last)
        chance = random.Random(seed)
        ended = asyncio.Event()
        life.on_end = ended.set

        async def run() -> None:
            async with self.broker(life) as broker:
                deeds = [self._deed(broker, life, chance) for _ in range(TASKS)]
                await asyncio.gather(*(deed() for deed in deeds))

        others = asyncio.all_tasks()
        running = asyncio.create_task(run())
        over = asyncio.create_task(ended.wait())
        await asyncio.wait({running, over}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()
        over.cancel()
        try:
            await running
        except (Exception, Crashed, BaseExceptionGroup, asyncio.CancelledError):
            if not life.over:
                raise
        await bury(asyncio.all_tasks() - others)
        self.now_s += STEP_S
        return life

    def _deed(
        self, broker: Broker, life: Life, chance: random.Random
    ) -> Callable[[], Awaitable[None]]:
        number = chance.randrange(PATIENTS)
        kind = chance.choice(["open", "open", "open", "store", "search", "sign in"])

        async def deed() -> None:
            try:
                await self._do(broker, life, kind, number)
            except BrokerError as refusal:
                if not life.over:
                    self.refused[refusal.code] += 1

        return deed

    async def _do(self, broker: Broker, life: Life, kind: str, number: int) -> None:
        who = {"store": Role.MODALITY, "search": Role.RADIOLOGIST}.get(kind, Role.CLINICIAN)
        asker = m.Requester(self.tokens[who])
        request: m.Request
        match kind:
            case "open":
                request = m.OpenStudy(asker, f"2.25.77{number}")
            case "store":
                request = m.OpenForStore(asker, arrival(number))
            case "search":
                request = m.Search(asker, m.StudyQuery({"00100020": f"MRN{number:05d}"}))
            case _:
                request = m.IssueToken(self.accounts[who], 600)
        reply = await broker.answer(request, Caller.OPERATOR)
        if isinstance(reply, m.StudyGrant) and not life.over:
            self.told.append((self.accounts[who], reply))


async def bury(tasks: set[asyncio.Task[Any]]) -> None:
    """End the tasks of a dead broker, which its process would have taken with it: one that was
    ended in the middle of its own end leaves some behind, and they would connect again for ever."""
    ours = {task for task in tasks if _is_ours(task)}
    for task in ours:
        task.cancel()
    if ours:
        await asyncio.wait(ours, timeout=5.0)


def _is_ours(task: asyncio.Task[Any]) -> bool:
    """Not the connection pool's, which outlives the broker here."""
    code = getattr(task.get_coro(), "cr_code", None)
    return code is not None and f"{os.sep}segel{os.sep}broker{os.sep}" in code.co_filename


def arrival(number: int) -> m.StudyArrival:
    """The study of synthetic patient ``number`` (province code 98 does not exist)."""
    identity = PatientIdentity(
        patient_id=f"MRN{number:05d}",
        nik=f"980101{1 + number % 28:02d}0180{number:04d}",
        name=f"SITI NOMOR {number}",
        birth_date=f"198001{1 + number % 28:02d}",
        sex="F",
    )
    return m.StudyArrival(
        study_uid=f"2.25.77{number}",
        accession=f"ACC{number}",
        patient=identity,
        attributes={
            "00100020": {"vr": "LO", "Value": [identity.patient_id]},
            "0020000D": {"vr": "UI", "Value": [f"2.25.77{number}"]},
        },
    )


class Witness:
    """Reads the tables after each crash, and follows the log with a model of its own."""

    def __init__(self, dsn: str, keyring: Keyring, secrets: BrokerSecrets, told: Any) -> None:
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._keyring = keyring
        self._secrets = secrets
        self._index = Index(secrets.index)
        self._told = told
        self._keks: dict[UUID, str] = {}
        self.size = 0
        self.frontier = Frontier()
        self.commitments: list[bytes] = []
        self.events: list[StoredEvent] = []
        self.touched: dict[UUID, dict[UUID, tuple[float, float]]] = {}
        """By subject and patient: when last opened and last listed, as the log tells."""

    def look(self) -> None:
        """Every invariant, over what is new since the last look, as it stood in one instant: the
        server may still be finishing what the dead broker had sent it."""
        with self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._look()

    def _look(self) -> None:
        head = self._connection.execute("SELECT size, frontier FROM log_head").fetchone()
        assert head is not None
        rows = self._connection.execute(
            "SELECT e.leaf_index, e.leaf_hash, e.commitment, e.account_id, e.patient_id, e.sealed,"
            " p.wrapped_key, p.hospital_id FROM audit_entries e LEFT JOIN patients p"
            " ON p.patient_id = e.patient_id WHERE leaf_index >= %s ORDER BY leaf_index",
            (self.size,),
        ).fetchall()
        assert [row[0] for row in rows] == list(range(self.size, head[0])), "gaps in the log"
        for row in rows:
            self._follow(*row)
        self.size = head[0]
        self.frontier = self.frontier.extend([row[1] for row in rows])
        assert self.frontier.to_bytes() == bytes(head[1]), "the head is not the entries'"
        self._budgets_are_the_logs()
        self._everybody_told_is_logged()

    def _follow(
        self,
        leaf_index: int,
        hashed: bytes,
        commitment: bytes,
        account: UUID | None,
        patient: UUID | None,
        sealed: bytes,
        wrapped: bytes | None,
        hospital: UUID | None,
    ) -> None:
        assert leaf_hash(commitment) == hashed
        key = self._secrets.system
        if patient is not None:
            assert wrapped is not None, "an entry of a patient who is not there"
            kek = self._kek_of(hospital)
            key = derive_scope_key(self._keyring.unwrap(kek, wrapped, patient.bytes), AUDIT_SCOPE)
        entry = msgspec.msgpack.decode(
            unseal(key, event_context(patient, leaf_index), sealed), type=SealedEvent
        )
        assert entry.commitment() == commitment
        event = read_event(entry.event)
        self.commitments.append(commitment)
        self.events.append(event)
        if account is not None and event.outcome == "0":
            self._count(account, event, entry.listed)

    def _kek_of(self, hospital: UUID | None) -> str:
        assert hospital is not None
        if hospital not in self._keks:
            row = self._connection.execute(
                "SELECT sealed FROM hospitals WHERE hospital_id = %s", (hospital,)
            ).fetchone()
            assert row is not None
            record = msgspec.json.decode(self._secrets.open_row(hospital, row[0]))
            self._keks[hospital] = record["kek_id"]
        return self._keks[hospital]

    def _count(self, account: UUID, event: StoredEvent, listed: tuple[UUID, ...]) -> None:
        when_s = event.recorded_s
        if event.kind == "read":
            self._touch(account, [UUID(event.patient)], when_s, opened=True)
            self._share(event, [UUID(event.patient)], opened=True)
            since_s = when_s - HOUR_S
            within = [one for one, at in self.touched[account].items() if at[0] > since_s]
            assert len(within) <= CLINICIAN_HOUR, "more patients than the budget"
        elif event.kind == "store":
            self._touch(store_subject(account), [UUID(event.patient)], when_s, opened=True)
        elif event.kind == "query":
            self._touch(account, listed, when_s, opened=False)
            self._share(event, listed, opened=False)

    def _touch(
        self, subject: UUID, patients: Iterable[UUID], when_s: float, *, opened: bool
    ) -> None:
        touched = self.touched.setdefault(subject, {})
        for patient in patients:
            before = touched.get(patient, (0.0, 0.0))
            touched[patient] = (when_s, before[1]) if opened else (before[0], when_s)

    def _share(self, event: StoredEvent, patients: Iterable[UUID], *, opened: bool) -> None:
        """Count what a hospital's people read; the same minute's second look is not written."""
        subject = hospital_subject(UUID(event.hospital))
        touched = self.touched.setdefault(subject, {})
        for patient in patients:
            before = Touch(*touched.get(patient, (0.0, 0.0)))
            after = before.touched(event.recorded_s, opened=opened)
            if not counts_alike(before, after):
                touched[patient] = (after.opened_s, after.listed_s)

    def _budgets_are_the_logs(self) -> None:
        rows = self._connection.execute(
            "SELECT account_id, touch_token, sealed FROM budget_touches"
        ).fetchall()
        found = {}
        for subject, token, sealed in rows:
            touch = msgspec.msgpack.decode(
                self._secrets.open_row(UUID(bytes=bytes(token[:16])), sealed), type=SealedTouch
            )
            found[subject, bytes(token)] = (round(touch.opened_s, 2), round(touch.listed_s, 2))
        logged = {
            (subject, self._index.touch(subject, patient)): (round(at[0], 2), round(at[1], 2))
            for subject, patients in self.touched.items()
            for patient, at in patients.items()
        }
        assert found == logged, "a budget that the log does not tell, or the other way round"

    def _everybody_told_is_logged(self) -> None:
        for account, grant in self._told:
            receipt = Receipt.from_json(grant.receipt)
            assert receipt.leaf_index < self.size, "a key went out whose entry is not there"
            event = self.events[receipt.leaf_index]
            assert event.account == str(account)
            assert event.patient == str(grant.patient_id)
            verify_receipt(receipt, self.commitments[receipt.leaf_index], self.verifier)
        self._told.clear()

    @property
    def verifier(self) -> NoteVerifier:
        """The log's public key."""
        from segel.broker.publisher import Receipts

        return Receipts(self._secrets, ORIGIN).verifier


ORIGIN = "segel.test/audit"


@pytest.fixture
def settings(database: Any, tmp_path: Path) -> BrokerSettings:
    """A broker's settings; no two lives differ in them."""
    return BrokerSettings(
        socket=tmp_path / "b.sock",
        operator_socket=tmp_path / "o.sock",
        database=database.broker,
        kms=tmp_path / "kms",
        objects=tmp_path / "objects",
        key_backup=tmp_path / "wrapped",
        log_origin=ORIGIN,
        limits=LIMITS,
        demo=True,
    )


@pytest.mark.timeout(3600)
def test_no_crash_at_any_storage_call_leaves_a_release_unlogged_or_a_budget_changed(
    settings: BrokerSettings, database: Any
) -> None:
    asyncio.run(drill(settings, database.owner))


async def drill(settings: BrokerSettings, owner: str) -> None:
    async with connections(settings) as pool:
        estate = Estate(settings, pool)
        await settle(estate)
        generations = only(estate.kms, settings.key_backup)
        keyring, secrets = await restored(pool, generations, settings.key_backup)
    witness = Witness(owner, keyring, secrets, estate.told)
    chance = random.Random(20260105)
    crashes = told = 0
    while crashes < CRASHES:
        async with connections(settings) as estate.pool:
            for _ in range(min(LIVES_A_POOL, CRASHES - crashes)):
                seed, last = chance.getrandbits(32), chance.randrange(1, INSTANTS_MAX)
                life = await estate.live(seed, last)
                crashes += life.over
                told += len(estate.told)
                witness.look()
        await hang_up(settings)
    async with connections(settings) as estate.pool:
        # One that is left alone finishes what the others began.
        await estate.live(1, 10**9)
        async with estate.broker(Life(10**9)) as broker:
            size = await broker.publisher.publish()
    witness.look()
    verified = verify_log(
        lambda path: (settings.objects / "audit" / path).read_bytes(), witness.verifier
    )
    print(
        f"{crashes} crashes: {told} keys handed out, 0 unlogged; {witness.size} entries;"
        f" refused {dict(estate.refused)}"
    )
    assert verified.checkpoint.size == size == witness.size
    assert told > crashes / 4
    assert estate.refused["budget-exhausted"] > 0, "no budget was ever full"


def connections(settings: BrokerSettings) -> AsyncConnectionPool:
    """Connections that outlive some lives."""
    return AsyncConnectionPool(settings.database, min_size=4, max_size=8, open=False)


async def hang_up(settings: BrokerSettings) -> None:
    """End the connections of brokers that are dead: their processes would have done so."""
    async with await psycopg.AsyncConnection.connect(settings.database) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )


async def settle(estate: Estate) -> None:
    """A hospital, its people, and its patients' studies."""
    async with estate.broker(Life(10**9)) as broker:

        async def ask(request: m.Request) -> Any:
            return await broker.answer(request, Caller.OPERATOR)

        await ask(m.EnrolHospital("H1", "RS H1"))
        for role in (Role.CLINICIAN, Role.RADIOLOGIST, Role.MODALITY):
            done = await ask(m.EnrolAccount(f"{role} of H1", role, "H1", demo=True))
            estate.accounts[role] = done.identifier
            estate.tokens[role] = (await ask(m.IssueToken(done.identifier, 10**9))).token
        for number in range(PATIENTS):
            estate.told.append(
                (
                    estate.accounts[Role.MODALITY],
                    await ask(
                        m.OpenForStore(m.Requester(estate.tokens[Role.MODALITY]), arrival(number))
                    ),
                )
            )
