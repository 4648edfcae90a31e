"""Releases: how long a door waits until the broker has decided, logged durably, and let a key go.

The broker is asked on its own socket, with the client that the gateway uses, for one study after
another of a few patients. Every release is a new one: the audit log must have grown by as many
entries as there were releases, and ``segel audit verify`` must find it whole.
"""

import asyncio
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Final

from bench.archives import SEGEL, BenchFailed
from bench.checking import store
from bench.context import Context
from bench.results import P50, P99, PER_S, Against, Line, Target
from bench.rounds import Figures
from bench.segel_up import segel
from segel.broker import BrokerClient, Requester
from segel.domain.purpose import Purpose

STUDIES: Final = 100
SMALL_ROWS: Final = 64
"""The images do not matter here; their studies do."""

LIMIT: Final = (Target(Against.MILLISECONDS, 25.0),)
RATE: Final = (*LIMIT, Target(Against.RATE, 500.0))
"""Of a broker that is kept busy."""
BUSY: Final = 8


def releases(context: Context, at_a_time: int) -> Line:
    """``size.releases`` releases a round, ``at_a_time`` of them under way."""
    took = asyncio.run(_measure(context, at_a_time, _study_uids(context)))
    segel("audit", "verify", f"--home={context.segel.home}")
    every = [one for round_ms in took for one in round_ms]
    per_s = at_a_time * 1e3 / (sum(every) / len(every))  # none of them waits between two
    return Line(
        f"release-{at_a_time}",
        f"release with durable audit, {at_a_time} at a time",
        "ms",
        {SEGEL: Figures([percentile(round_ms, 99) for round_ms in took])},
        RATE if at_a_time >= BUSY else LIMIT,
        notes=f"p50 and p99 of {len(every)} releases, and the p99 of each round;"
        f" the longest {max(every):.1f} ms; {per_s:.0f} releases a second",
        extra={
            P50: percentile(every, 50),
            P99: percentile(every, 99),
            "max_ms": max(every),
            PER_S: per_s,
        },
    )


def percentile(values: Sequence[float], share: int) -> float:
    """The value that ``share`` percent do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, -(-len(ranked) * share // 100) - 1)]


def _study_uids(context: Context) -> list[str]:
    if not context.small_studies:
        for _ in range(min(STUDIES, context.size.releases)):
            study = context.scanner.study(1, rows=SMALL_ROWS)
            store(context.segel.archive, study)
            context.small_studies.append(study.uid)
        context.quiet.settled()
    return context.small_studies


async def _measure(context: Context, at_a_time: int, uids: Sequence[str]) -> list[list[float]]:
    """Milliseconds of each release, by round; the round that warms up is left out."""
    broker = await BrokerClient.connect(context.segel.broker_socket)
    asker = Requester(context.segel.read_token, Purpose.TREATMENT, "dicomweb")
    count = context.size.releases
    before = (await broker.status()).log_size
    rounds = []
    try:
        for _ in range(context.size.rounds + 1):
            await asyncio.to_thread(context.quiet.idle)
            took: list[float] = []
            numbers = iter(range(count))

            async def one_after_another(
                numbers: Iterator[int] = numbers, took: list[float] = took
            ) -> None:
                for number in numbers:
                    started_s = perf_counter()
                    grant = await broker.open_study(asker, uids[number % len(uids)])
                    took.append((perf_counter() - started_s) * 1e3)
                    if not grant.receipt or len(grant.scope_key) != 32:
                        raise BenchFailed("a release without its receipt or key")

            with context.timed():
                await asyncio.gather(*(one_after_another() for _ in range(at_a_time)))
            rounds.append(took)
        entries = (await broker.status()).log_size - before
    finally:
        await broker.close()
    if entries < count * len(rounds):
        raise BenchFailed(f"{count * len(rounds)} releases left {entries} audit entries")
    return rounds[1:]
