"""The ledger: what is decided, budgeted and logged in one transaction, before any key leaves.

Intents from many requests are gathered while the transaction before them is under way, and then
committed together. The transaction locks the one row of ``log_head``: that orders the log and
makes the budgets exact over any number of brokers. Where it fails, nobody gets anything.
"""

import asyncio
import contextlib
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.accesses import NewAccess
from segel.broker.audit import Event
from segel.broker.budget_store import BudgetStore
from segel.broker.budgets import Limit, Refusal, decide, is_free
from segel.broker.columns import columns
from segel.broker.directory import this_month
from segel.broker.errors import BrokerUnavailable, BudgetExhausted
from segel.broker.fhir_event import made
from segel.broker.index import Index
from segel.broker.listings import listed_written
from segel.broker.mirror import LogMirror
from segel.broker.raises import Raises, raised
from segel.broker.secrets import NOBODY, BrokerSecrets
from segel.broker.shared_budgets import ESTATE, SharedBudgets
from segel.broker.writes import Write, write_all
from segel.sealing import ObjectContext, seal
from segel.tlog import leaf_hash

if TYPE_CHECKING:
    from segel.broker.freezes import ActiveFreezes, Freezes

BATCH_MAX: Final = 256
"""Intents in one transaction: about 10 ms of work, well inside a release's time."""

GATHER_S: Final = 0.010
"""How long a batch is held open for intents that are on their way: less than it takes to commit,
and one transaction for eight releases costs little more than one for one."""

QUEUE_MAX: Final = 10_000
"""Waiting intents; beyond it the broker is overloaded and says so."""

_HEAD: Final = UUID(int=1)


class HeadState(msgspec.Struct, frozen=True):
    """Sealed beside the log's size. ``last_s``: a clock set back does not free a budget.

    ``freezes`` counts the changes to what is frozen.
    """

    last_s: float = 0.0
    freezes: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """Whose budget is touched, by which patients.

    ``hospital_id``: whose patients they are, where its budget and the estate's are touched as well.

    ``beyond``: the subject and limits of an allowance that is taken from where the budget does not
    give it; a break-glass.
    """

    subject: UUID
    limits: tuple[Limit, ...]
    patients: tuple[UUID, ...]
    opened: bool
    hospital_id: UUID | None = None
    beyond: tuple[UUID, tuple[Limit, ...]] | None = None

    @property
    def subjects(self) -> tuple[UUID, ...]:
        """Whose touches are needed to decide."""
        return (self.subject,) if self.beyond is None else (self.subject, self.beyond[0])


@dataclass(slots=True)
class Intent:
    """Something to be logged, and whatever has to become true with it.

    ``event_key``: the scope key of the patient's audit events, or None for the system's own.
    ``apply``: further writes of the same transaction; it may raise, before it wrote anything.
    ``access``: a release's row in the officer's list; of one account, study and day the first.
    ``event.beyond_budget`` is set before ``apply`` is called. ``branch``: a case that the
    entry is found by, beside its patient; it stands in no event.
    """

    event: Event
    event_key: bytes | None = field(default=None, repr=False)
    charge: Charge | None = None
    apply: Callable[[psycopg.AsyncCursor], Awaitable[None]] | None = None
    access: NewAccess | None = None
    branch: UUID | None = None
    done: asyncio.Future["Logged"] | None = None


@dataclass(frozen=True, slots=True)
class Logged:
    """Where the entry stands: durable, in a tree of ``size`` leaves with ``root``."""

    leaf_index: int
    size: int
    root: bytes
    proof: tuple[bytes, ...]


class Ledger:
    """Commits intents. One task; start with ``run``."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        secrets: BrokerSecrets,
        budgets: BudgetStore,
        shared: SharedBudgets,
        raises: Raises,
        freezes: "Freezes",
        index: Index,
        *,
        clock: Callable[[], float] = time.time,
        randomness: Callable[[int], bytes] = os.urandom,
        without_budgets: bool = False,
    ) -> None:
        self._pool = pool
        self._secrets = secrets
        self._budgets = budgets
        self._shared = shared
        self._raises = raises
        self._freezes = freezes
        self._index = index
        self._clock = clock
        self._randomness = randomness
        self._without_budgets = without_budgets
        self._queue: asyncio.Queue[Intent] = asyncio.Queue(QUEUE_MAX)
        self._coming = 0
        self._all_came = asyncio.Event()
        self._mirror = LogMirror()
        self._left = (b"", HeadState())
        """The head as our last transaction left it, sealed and open. While it is still that, nobody
        else has committed anything, and what is remembered is how it is."""
        self.now_s = 0.0
        """The time of the newest transaction (Unix seconds): an ``apply`` takes it for now. A clock
        set back does not move it back."""
        self._watchers: list[asyncio.Event] = []
        self.on_freezes: Callable[[ActiveFreezes], None] | None = None
        """Told what is frozen, as soon as a transaction of ours has changed it for good."""

    def now(self) -> float:
        """The ledger's time: the clock's, and never earlier than what was committed (as far as
        this broker knows; in ``Intent.apply``, exactly)."""
        return max(self._clock(), self.now_s)

    def watch(self) -> asyncio.Event:
        """An event of the caller's own that is set whenever entries were committed."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        return watcher

    @contextlib.contextmanager
    def coming(self) -> Iterator[None]:
        """What is done inside ends in an intent, as a rule: a batch may wait for it a little."""
        self._coming += 1
        self._all_came.clear()
        try:
            yield
        finally:
            self._coming -= 1
            if not self._coming:
                self._all_came.set()

    async def commit(self, intent: Intent) -> Logged:
        """Return when the intent is durable. Raises BudgetExhausted, Frozen, BrokerUnavailable."""
        intent.done = asyncio.get_running_loop().create_future()
        try:
            self._queue.put_nowait(intent)
        except asyncio.QueueFull:
            raise BrokerUnavailable("The broker is overloaded.", remedy="Try again.") from None
        return await intent.done

    async def run(self) -> None:
        """Commit batches until cancelled."""
        while True:
            batch = [await self._queue.get()]
            try:
                if self._coming:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._all_came.wait(), GATHER_S)
                while len(batch) < BATCH_MAX and not self._queue.empty():
                    batch.append(self._queue.get_nowait())
                settled = await self._transact(batch)
            except (psycopg.Error, OSError) as failure:
                self._forget()
                settled = [(intent, _unavailable(failure)) for intent in batch]
            except asyncio.CancelledError:
                settled = [(intent, _unavailable()) for intent in batch]
                _settle(settled)
                raise
            except Exception as failure:  # a defect must not take the ledger down
                self._forget()
                settled = [(intent, failure) for intent in batch]
            _settle(settled)
            for watcher in self._watchers:
                watcher.set()

    def _forget(self) -> None:
        self._mirror = LogMirror()
        self._left = (b"", HeadState())
        self._budgets.forget()
        self._shared.forget()
        self._raises.forget()
        self._freezes.forget()

    async def _transact(self, batch: list[Intent]) -> list[tuple[Intent, Logged | Exception]]:
        refused: list[tuple[Intent, Logged | Exception]] = []
        accepted: list[Intent] = []
        # Two ways to the database and back where nobody has anything else to ask on the way.
        alone = all(intent.apply is None for intent in batch)
        async with (
            self._pool.connection() as connection,
            connection.pipeline() if alone else contextlib.nullcontext(),
            connection.transaction(),
            connection.cursor() as cursor,
        ):
            head, now_s = await self._look(connection, cursor, batch)
            for intent in batch:
                try:
                    self._freezes.require_free(intent.event)
                    subject, tokens = self._admit(intent.charge, now_s)
                    if intent.charge is not None and subject != intent.charge.subject:
                        intent.event = replace(intent.event, beyond_budget=True)
                    if intent.apply is not None:
                        await intent.apply(cursor)
                except (psycopg.Error, OSError):
                    raise
                except Exception as refusal:
                    refused.append((intent, refusal))
                else:
                    for token in tokens:
                        assert intent.charge is not None
                        self._budgets.touch(subject, token, now_s, opened=intent.charge.opened)
                    if intent.charge is not None:
                        self._shared.count(intent.charge, now_s)
                    accepted.append(intent)
            first = self._mirror.size
            head_now = HeadState(now_s, self._freezes.active.version)
            sealed = self._secrets.seal_row(_HEAD, msgspec.json.encode(head_now))
            await write_all(
                cursor,
                [
                    *self._append(accepted, now_s),
                    *_accesses_written(accepted),
                    *self._budgets.writes(),
                    *self._shared.writes(),
                    Write(
                        "UPDATE log_head SET size = %s, frontier = %s, sealed = %s"
                        " WHERE head_id = 1",
                        (self._mirror.size, self._mirror.frontier.to_bytes(), sealed),
                    ),
                ],
            )
        self._left = (sealed, head_now)
        if head_now.freezes != head.freezes and self.on_freezes is not None:
            self.on_freezes(self._freezes.active)
        root = self._mirror.frontier.root()
        return refused + [
            (intent, Logged(index, self._mirror.size, root, self._mirror.proof(index)))
            for index, intent in enumerate(accepted, first)
        ]

    async def _look(
        self,
        connection: psycopg.AsyncConnection,
        cursor: psycopg.AsyncCursor,
        batch: list[Intent],
    ) -> tuple[HeadState, float]:
        """Lock the head and know what decides over a batch; the head, and the time that it is.

        Whatever is behind the lock is read as it is after it.
        """
        charges = [intent.charge for intent in batch if intent.charge is not None]
        async with connection.pipeline():
            locked = await connection.execute(
                "SELECT size, frontier, sealed FROM log_head WHERE head_id = 1 FOR UPDATE"
            )
            touches = await self._shared.ask_touches(connection, charges)
        row = await locked.fetchone()
        assert row is not None, "the head is made when the broker starts"
        size, frontier, sealed = row
        await self._mirror.catch_up(cursor, size, frontier)
        if sealed != self._left[0]:
            self._left = (sealed, _head_of(self._secrets, sealed))
            self._budgets.doubt()
            self._shared.forget()
            self._raises.forget()
        head = self._left[1]
        now_s = max(self._clock(), head.last_s)
        self.now_s = now_s
        await self._freezes.refresh(cursor, head.freezes, now_s)
        hospitals = {one.hospital_id for one in charges if one.hospital_id is not None}
        shared = {*hospitals, ESTATE} if hospitals else set[UUID]()
        await self._learn(connection, cursor, charges, shared, now_s)
        await self._shared.refresh(
            touches, {hospital: self._raises.more(hospital, now_s) for hospital in shared}
        )
        return head, now_s

    async def _learn(
        self,
        connection: psycopg.AsyncConnection,
        cursor: psycopg.AsyncCursor,
        charges: Iterable[Charge],
        shared: set[UUID],
        now_s: float,
    ) -> None:
        """Read what is not known yet of whom is charged; all is asked for at once."""
        subjects = {one for charge in charges for one in charge.subjects}
        accounts = self._budgets.unknown(subjects)
        tallied = self._shared.unknown(shared)
        raisable = self._raises.unknown(subjects | shared)
        if not (accounts or tallied or raisable):
            return
        async with connection.pipeline():
            versions = await self._budgets.ask(connection, accounts)
            tallies = await self._shared.ask(connection, tallied)
            raises = await self._raises.ask(connection, raisable)
        await self._budgets.refresh(cursor, accounts, versions, now_s)
        await self._shared.take(tallies, tallied)
        await self._raises.take(raises, raisable)

    def _admit(self, charge: Charge | None, now_s: float) -> tuple[UUID, list[bytes]]:
        """Who pays a charge, and with which touch tokens. Raises BudgetExhausted."""
        if charge is None:
            return NOBODY, []
        tokens = self._tokens(charge.subject, charge.patients)
        touches = self._budgets.touches(charge.subject)
        limits = raised(charge.limits, self._raises.more(charge.subject, now_s))
        refusal = decide(touches, tokens, limits, now_s, opened=charge.opened)
        refused = None if refusal is None else ("account", refusal)
        refused = refused or self._shared.decide(charge, now_s)
        if refused is None or self._without_budgets:
            return charge.subject, tokens
        if charge.beyond is None:
            raise _exhausted(*refused)
        # Patients whom the account's own budget knows are not taken from the allowance; where it
        # is the hospital's that is used up, all are.
        subject, allowance = charge.beyond
        new = [
            patient
            for patient, token in zip(charge.patients, tokens, strict=True)
            if refusal is None or not is_free(touches, token, limits, now_s, opened=charge.opened)
        ]
        tokens = self._tokens(subject, new)
        touches = self._budgets.touches(subject)
        beyond = decide(touches, tokens, allowance, now_s, opened=charge.opened)
        if beyond is not None:
            raise _allowance_exhausted(beyond, refused[1])
        return subject, tokens

    def _tokens(self, subject: UUID, patients: Iterable[UUID]) -> list[bytes]:
        return [self._budgets.token(subject, patient) for patient in patients]

    def _append(self, accepted: list[Intent], now_s: float) -> Iterator[Write]:
        rows = []
        for index, intent in enumerate(accepted, self._mirror.size):
            entry = made(intent.event, now_s, self._randomness)
            commitment = entry.commitment()
            of_patient = intent.event_key is not None
            patient_id = intent.event.patient_id if of_patient else None
            sealed = seal(
                intent.event_key if intent.event_key is not None else self._secrets.system,
                event_context(patient_id, index),
                msgspec.msgpack.encode(entry),
            )
            rows.append(
                (
                    index,
                    leaf_hash(commitment),
                    commitment,
                    intent.event.account_id,
                    patient_id,
                    bytes(sealed),
                )
            )
        if not rows:
            return
        yield from listed_written(
            self._index,
            [
                (patient, index)
                for index, intent in enumerate(accepted, self._mirror.size)
                for patient in (*intent.event.listed, *((intent.branch,) if intent.branch else ()))
            ],
        )
        yield Write(
            "INSERT INTO audit_entries"
            " (leaf_index, leaf_hash, commitment, account_id, patient_id, sealed)"
            " SELECT * FROM unnest(%b::bigint[], %b::bytea[], %b::bytea[], %b::uuid[], %b::uuid[],"
            " %b::bytea[])",
            columns(rows),
        )
        self._mirror.extend([row[1] for row in rows])
        if tiles := self._mirror.take_changed_tiles():
            yield Write(
                "INSERT INTO log_tiles (level, tile_index, hashes)"
                " SELECT * FROM unnest(%b::smallint[], %b::bigint[], %b::bytea[])"
                " ON CONFLICT (level, tile_index) DO UPDATE SET hashes = excluded.hashes",
                columns(tiles),
            )


def _accesses_written(accepted: list[Intent]) -> Iterator[Write]:
    rows = [
        (intent.access.access_id, this_month(), intent.access.sealed)
        for intent in accepted
        if intent.access is not None
    ]
    if rows:
        yield Write(
            "INSERT INTO accesses (access_id, pending, month, sealed)"
            " SELECT id, true, month, sealed"
            " FROM unnest(%b::uuid[], %b::date[], %b::bytea[]) AS t (id, month, sealed)"
            " ON CONFLICT DO NOTHING",
            columns(rows),
        )


def event_context(patient_id: UUID | None, leaf_index: int) -> ObjectContext:
    """What an audit event's seal is bound to: its patient and its place in the log."""
    return ObjectContext(patient_id or NOBODY, UUID(int=leaf_index), 1)


async def ensure_head(pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
    """Make the head of an empty log; a head that is there stays."""
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO log_head (head_id, size, frontier, sealed) VALUES (1, 0, %s, %s)"
            " ON CONFLICT DO NOTHING",
            (
                LogMirror().frontier.to_bytes(),
                secrets.seal_row(_HEAD, msgspec.json.encode(HeadState())),
            ),
        )


async def read_head(cursor: psycopg.AsyncCursor, secrets: BrokerSecrets) -> HeadState:
    """The head's sealed state, as some transaction left it; nothing is locked."""
    await cursor.execute("SELECT sealed FROM log_head WHERE head_id = 1")
    row = await cursor.fetchone()
    assert row is not None, "the head is made when the broker starts"
    return _head_of(secrets, row[0])


def _head_of(secrets: BrokerSecrets, sealed: bytes) -> HeadState:
    return msgspec.json.decode(secrets.open_row(_HEAD, sealed), type=HeadState)


def _settle(settled: list[tuple[Intent, Logged | Exception]]) -> None:
    for intent, result in settled:
        assert intent.done is not None
        if intent.done.done():  # the asker hung up; the entry stands all the same
            continue
        if isinstance(result, Logged):
            intent.done.set_result(result)
        else:
            intent.done.set_exception(result)


def _unavailable(failure: Exception | None = None) -> BrokerUnavailable:
    error = BrokerUnavailable(
        "The audit log could not be written; nothing was released.", remedy="Try again."
    )
    error.__cause__ = failure
    return error


_REACHED: Final = {
    "account": "This account has reached its budget",
    "hospital": "This hospital has reached its budget, over all its accounts,",
    "estate": "All hospitals together have reached their budget",
}
_WITHIN: Final = {"hour": "an hour", "day": "a day", "month": "a month"}
_MORE: Final = {
    "account": "Ask for more on your account's page",
    "hospital": "The data protection officer can ask for more",
    "estate": "The data protection officers can ask for more",
}


def _exhausted(whose: str, refusal: Refusal) -> BudgetExhausted:
    limit = refusal.limit
    return BudgetExhausted(
        f"{_REACHED[whose]} of {limit.patients} patients in {_WITHIN[limit.window]}.",
        remedy=f"There is room again in {refusal.retry_after_s // 60 + 1} minutes. {_MORE[whose]};"
        " in an emergency, break the glass.",
        retry_after_s=refusal.retry_after_s,
        whose=whose,
    )


def _allowance_exhausted(beyond: Refusal, refusal: Refusal) -> BudgetExhausted:
    return BudgetExhausted(
        f"The budget is used up, and so is what the break-glass adds: {beyond.limit.patients}"
        " patients.",
        remedy=f"The budget has room again in {refusal.retry_after_s // 60 + 1} minutes; a"
        " colleague may have some now.",
        retry_after_s=refusal.retry_after_s,
    )
