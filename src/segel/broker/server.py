"""The broker's process: two unix sockets, one asyncio loop.

Both sockets speak the same messages; only the operator's may enrol and issue tokens. The sockets
are bound first and privileges dropped after, so that the broker can be a user of its own.
"""

import asyncio
import contextlib
import functools
import os
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from segel.broker import messages as m
from segel.broker.alerts import Alerts
from segel.broker.approvals import Approvals
from segel.broker.budget_store import BudgetStore
from segel.broker.desks.alerts import AlertsDesk
from segel.broker.desks.approving import ApprovingDesk
from segel.broker.desks.audit_export import AuditExportDesk
from segel.broker.desks.freezing import FreezingDesk
from segel.broker.desks.keys import KeysDesk
from segel.broker.desks.offers import Caller, Desk
from segel.broker.desks.operating import OperatingDesk
from segel.broker.desks.oversight import OversightDesk
from segel.broker.desks.own import OwnDesk
from segel.broker.desks.reading import ReadingDesk
from segel.broker.desks.record import RecordDesk
from segel.broker.desks.sign_in import SignInDesk
from segel.broker.directory import Directory
from segel.broker.errors import BrokerError, BrokerUnavailable, BudgetExhausted, MessageBroken
from segel.broker.forwarding import Forwarder
from segel.broker.freezes import Freezes
from segel.broker.index import Index
from segel.broker.keeper import Keeper
from segel.broker.kms_watch import KmsWatch
from segel.broker.ledger import Ledger, ensure_head
from segel.broker.lifting import Lifting
from segel.broker.live import Sessions
from segel.broker.messages import ApprovalKind
from segel.broker.opened_events import OpenedEvents
from segel.broker.overview import Overview
from segel.broker.passkeys import Passkeys
from segel.broker.proofs import Proofs
from segel.broker.publisher import AUDIT_PREFIX, Publisher, Receipts
from segel.broker.raises import Raises
from segel.broker.raising import Raising
from segel.broker.records import Records
from segel.broker.registry import Registry
from segel.broker.releases import Releases
from segel.broker.restoring import restored
from segel.broker.search import Finder
from segel.broker.service import Broker
from segel.broker.sessions import TokenSigner
from segel.broker.settings import BrokerSettings
from segel.broker.shared_budgets import SharedBudgets
from segel.broker.starting import Answers, Starting
from segel.broker.trail import Trail
from segel.broker.unwrapping import Unwrapper
from segel.broker.watch import Watch
from segel.broker.wire import decode_request, encode_frame, read_frame
from segel.domain.clock import Clock
from segel.keys import Kms, adapter_of, open_kms
from segel.store.local import LocalDirectory

REQUESTS_MAX: Final = 512
"""Requests under way on one connection; more wait unread, and the peer feels it."""

POOL_MAX: Final = 8
BACKLOG: Final = 256

LEFTOVER_AGE_S: Final = 3_600.0
"""A half-written file of the log that is older was left by a crash."""

log = structlog.get_logger()


async def serve(settings: BrokerSettings, *, clock: Clock, kms: Kms | None = None) -> None:
    """Run the broker until cancelled; a KMS that is sealed or away is waited for.

    ``kms``: opened already, where root had to. Raises KmsError, psycopg.Error where it cannot
    start.
    """
    sockets = [bind(settings.socket, 0o660), bind(settings.operator_socket, 0o600)]
    if settings.run_as is not None:
        become(settings.run_as)
    if kms is None:
        kms = open_kms(settings.kms_place, production=settings.production)
    starting = Starting(adapter_of(settings.kms_place), demo=settings.demo)
    servers = [
        await asyncio.start_unix_server(functools.partial(_converse, starting, caller), sock=bound)
        for bound, caller in zip(sockets, (Caller.DOOR, Caller.OPERATOR), strict=True)
    ]
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(server)
        await stack.enter_async_context(starting.become(lambda: opened(settings, kms, clock)))
        log.info("broker ready")
        await asyncio.gather(*(server.serve_forever() for server in servers))


def stores_of(settings: BrokerSettings) -> tuple[AsyncConnectionPool, LocalDirectory]:
    """Where the broker keeps things: its database, not yet opened, and the log's object store."""
    pool = AsyncConnectionPool(
        settings.database, min_size=2, max_size=POOL_MAX, open=False, timeout=5.0
    )
    return pool, LocalDirectory(settings.objects)


Stores = Callable[[BrokerSettings], tuple[AsyncConnectionPool, LocalDirectory]]


@contextlib.asynccontextmanager
async def opened(
    settings: BrokerSettings, kms: Kms, clock: Clock, *, stores: Stores = stores_of
) -> AsyncIterator[Broker]:
    """A broker on its stores, with the ledger and the publisher running."""
    pool, objects = stores(settings)
    await pool.open(wait=True, timeout=30.0)
    try:
        keyring, secrets = await restored(pool, kms, settings.key_backup)
        await ensure_head(pool, secrets)
        index = Index(secrets.index)
        kms_watch = KmsWatch(keyring, adapter_of(settings.kms_place))
        unwrapper = Unwrapper(keyring, kms_watch)
        registry = Registry(pool, unwrapper, index)
        budgets = BudgetStore(secrets, index)
        freezes = Freezes(secrets)
        raises = Raises(secrets)
        shared = SharedBudgets(secrets, index, settings.limits, raises)
        ledger = Ledger(
            pool,
            secrets,
            budgets,
            shared,
            raises,
            freezes,
            index,
            clock=clock,
            without_budgets=settings.without_budgets,
        )
        watch = Watch(settings.database, pool, secrets, clock=clock)
        ledger.on_freezes = watch.adopt
        receipts = Receipts(secrets, settings.log_origin)
        await asyncio.to_thread(objects.sweep, AUDIT_PREFIX, LEFTOVER_AGE_S)
        publisher = Publisher(pool, ledger, receipts, objects)
        releases = Releases(
            registry, Finder(pool, registry, index), ledger, receipts, settings.limits
        )
        directory = Directory(pool, secrets, index, watch)
        sessions = Sessions(TokenSigner(secrets), directory, ledger)
        passkeys = Passkeys(pool, secrets, index)
        keeper = Keeper(pool, keyring, secrets, ledger, settings.key_backup, clock=clock)
        approvals = Approvals(pool, secrets, ledger, freezes, clock=clock)
        lifting = Lifting(directory, freezes, watch)
        approvals.register(ApprovalKind.UNFREEZE, lifting.matter())
        approvals.register(ApprovalKind.BUDGET_RAISE, Raising(raises).matter())
        overview = Overview(pool, secrets, index, shared, raises, settings.limits, watch, clock)
        alerts = Alerts(pool, secrets, index, clock)
        records = Records(
            pool,
            secrets,
            index,
            registry,
            directory,
            Proofs(pool, receipts, objects),
            clock,
            names=settings.patients_see_names,
        )
        record_desk = RecordDesk(sessions, directory, registry, ledger, records, demo=settings.demo)
        events = OpenedEvents(secrets, registry, directory)
        forwarder = Forwarder(pool, index, events, settings.forward)
        desks: list[Desk] = [
            AuditExportDesk(pool, sessions, ledger, events, forwarder),
            AlertsDesk(alerts, sessions, directory, ledger),
            KeysDesk(keyring, keeper, directory, settings.key_backup, clock),
            OperatingDesk(
                keyring, kms_watch, directory, sessions, ledger, publisher, demo=settings.demo
            ),
            SignInDesk(sessions, directory, passkeys, secrets, demo=settings.demo),
            OwnDesk(sessions, Trail(pool, secrets, index, registry), overview, record_desk),
            record_desk,
            ReadingDesk(sessions, releases, directory),
            OversightDesk(sessions, overview),
            ApprovingDesk(sessions, directory, approvals),
            FreezingDesk(sessions, directory, ledger, freezes, watch, lifting, clock),
        ]
        tasks = [asyncio.create_task(ledger.run()), asyncio.create_task(publisher.run())]
        tasks += [asyncio.create_task(keeper.run()), asyncio.create_task(watch.run())]
        tasks.append(asyncio.create_task(forwarder.run()))
        tasks.append(asyncio.create_task(kms_watch.run()))
        tasks.append(asyncio.create_task(shared.follow_sizes(pool)))
        try:
            yield Broker(desks, publisher, ledger, approvals)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            unwrapper.close()
    finally:
        await pool.close()


async def _converse(
    broker: Answers, caller: Caller, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    room = asyncio.Semaphore(REQUESTS_MAX)
    under_way: set[asyncio.Task[None]] = set()
    try:
        while (body := await read_frame(reader)) is not None:
            number, request = decode_request(body)
            await room.acquire()
            task = asyncio.create_task(_answer(broker, number, request, writer, caller))
            under_way.add(task)
            task.add_done_callback(_finished(under_way, room))
    except (MessageBroken, OSError):
        log.warning("connection dropped", reason="message-broken")
    except asyncio.CancelledError:
        # The broker is stopping. asyncio's streams of Python 3.11 would call this a defect.
        pass
    finally:
        await asyncio.gather(*under_way, return_exceptions=True)
        writer.close()


def _finished(
    under_way: set[asyncio.Task[None]], room: asyncio.Semaphore
) -> Callable[[asyncio.Task[None]], None]:
    def finished(task: asyncio.Task[None]) -> None:
        under_way.discard(task)
        room.release()

    return finished


async def _answer(
    broker: Answers,
    number: int,
    request: m.Request,
    writer: asyncio.StreamWriter,
    caller: Caller,
) -> None:
    try:
        reply: m.Reply = await broker.answer(request, caller)
        frame = encode_frame(number, reply)
    except BrokerError as refusal:
        frame = encode_frame(number, failure_of(refusal))
    except (psycopg.OperationalError, PoolTimeout) as away:
        log.warning("database away", kind=type(away).__name__, request=type(request).__name__)
        frame = encode_frame(number, failure_of(_unavailable()))
    except Exception as defect:
        # The exception's text may quote what was sent: only its kind is written.
        log.exception("defect", kind=type(defect).__name__, request=type(request).__name__)
        frame = encode_frame(number, failure_of(_unavailable()))
    with contextlib.suppress(OSError):
        writer.write(frame)
        await writer.drain()


def failure_of(refusal: BrokerError) -> m.Failure:
    """A refusal as it travels."""
    return m.Failure(
        code=refusal.code,
        what=refusal.what,
        remedy=refusal.remedy,
        field=refusal.field or "",
        retry_after_s=refusal.retry_after_s if isinstance(refusal, BudgetExhausted) else 0,
        whose=refusal.whose if isinstance(refusal, BudgetExhausted) else "",
    )


def _unavailable() -> BrokerUnavailable:
    return BrokerUnavailable("The broker could not answer; nothing was released.")


def bind(path: Path, mode: int) -> socket.socket:
    """A listening unix socket at ``path``, replacing a stale one."""
    path.unlink(missing_ok=True)
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        bound.bind(str(path))
    finally:
        os.umask(before)
    path.chmod(mode)
    bound.listen(BACKLOG)
    bound.setblocking(False)
    return bound


def become(user_id: int) -> None:
    """Give up root for ``user_id``, for good: groups first, then the user."""
    os.setgroups([])
    os.setresgid(user_id, user_id, user_id)
    os.setresuid(user_id, user_id, user_id)
