"""The worker's process: runs compaction and takes out what has expired, and holds no key."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import psycopg
from psycopg_pool import PoolTimeout

from segel.app import telemetry
from segel.app.process import Place
from segel.app.signals import stop_asked
from segel.domain.errors import SegelError
from segel.records.sheets.repo import SheetRows
from segel.store.compaction import PREFIX, Compactor, Rules
from segel.store.database import opened_pool
from segel.store.local import LocalDirectory

MIB = 1024 * 1024


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The worker, ready to run once root is given up."""
    settings = place.settings
    rules = Rules(
        quiet_s=settings.compaction_quiet_s,
        orphan_age_s=settings.orphan_age_s,
        target_bytes=settings.pack_target_mib * MIB,
    )

    async def run() -> None:
        async with opened_pool(place.database, size_max=2) as pool:
            objects = LocalDirectory(place.objects)
            await asyncio.to_thread(objects.sweep, PREFIX, settings.orphan_age_s)
            compactor = Compactor(pool, objects, rules)
            working = asyncio.create_task(
                _work(compactor, SheetRows(pool), settings.compaction_interval_s)
            )
            await stop_asked()
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    return run


async def _work(compactor: Compactor, sheets: SheetRows, interval_s: int) -> None:
    log = telemetry.logger()
    while True:
        started_s = time.monotonic()
        try:
            done = await compactor.run_once(started_s)
            await sheets.expire()
        except (SegelError, psycopg.Error, PoolTimeout, OSError) as failure:
            # Nothing is lost by a run that failed; the next one begins anew.
            log.warning("compaction-failed", **telemetry.describe(failure))
        else:
            if done.merged or done.deleted:
                log.info(
                    "compacted",
                    count=done.moved,
                    duration_ms=round((time.monotonic() - started_s) * 1000),
                )
        await asyncio.sleep(interval_s)
