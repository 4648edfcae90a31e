"""No release unless the log is witnessed: rounds of cosignatures, and the gate that they keep open.

A round reads the log's committed head, signs it and asks every witness at once. When a quorum has
cosigned, everything that was committed before the round began is known to others and cannot be
taken back. The gate lets a key go only while the newest such round began at most
``witness_grace_ms`` ago: a quorum that is lost closes it within that time, and one that comes back
opens it again.

Rounds are made on demand (a release, or new entries), one after another, with a pause between; an
idle log is shown to its witnesses once in ``HEARTBEAT_S``.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
import psycopg
import structlog
from psycopg_pool import PoolTimeout

from segel.broker.errors import Unwitnessed
from segel.broker.log_tree import Head, LogTree
from segel.broker.witnesses import (
    ASK_S,
    Ahead,
    Away,
    Disputes,
    Knows,
    WitnessAddress,
    WitnessPolicy,
    WitnessTrouble,
    ask,
    http_client,
)
from segel.domain.clock import Clock
from segel.tlog import SignatureLine, Submission, TlogError, add_lines, take_cosignature

WAIT_S: Final = 3.0
"""A release waits so long for a round; then its asker is told."""

READY_S: Final = 0.8
"""Before an entry is written, the last round may be so old, however small the grace is."""

PACE: Final = 0.25
"""Pause between rounds, as a share of the grace: a slow answer or two still come in time."""

RETRY_MAX_S: Final = 5.0
"""Longest pause before lost witnesses are asked again while nobody waits for them."""

HEARTBEAT_S: Final = 600.0
"""An idle log is cosigned anew: a lost witness is known before it is needed."""

SKEW_S: Final = 60
"""How far a witness' clock may be from ours."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint that a quorum cosigned. ``began_s`` is monotonic: what was committed by then
    is covered. ``cosigned_s``: Unix time of the newest cosignature."""

    size: int
    root: bytes
    note: str
    began_s: float
    cosigners: int
    cosigned_s: int


@dataclass(slots=True)
class Seat:
    """A witness, and how it did when last asked. ``known``: the size it cosigned last."""

    address: WitnessAddress
    state: str = "not-asked"
    trouble: str = ""
    known: int = 0
    size: int = 0
    cosigned_s: int = 0
    asking: bool = False


@dataclass(slots=True)
class _Round:
    head: Head
    note: str
    began_s: float
    lines: dict[bytes, SignatureLine] = field(default_factory=dict)
    cosigned_s: int = 0
    proofs: dict[int, tuple[bytes, ...]] = field(default_factory=dict)


class Witnessing:
    """The witnesses of one broker's log. One task; start with ``run``. Without witnesses the gate
    is always open.

    ``sign``: the signed checkpoint of a head. ``wanted`` is set by whoever wants a round.
    ``ticks``: seconds that nobody can set back, for the grace.
    """

    def __init__(
        self,
        policy: WitnessPolicy,
        tree: LogTree,
        sign: Callable[[int, bytes], str],
        wanted: asyncio.Event,
        *,
        grace_ms: int,
        clock: Clock = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.policy = policy
        self.seats = [Seat(address) for address in policy.witnesses]
        self.newest: Witnessed | None = None
        self.news = asyncio.Event()
        """Set at every new quorum, and when a late witness joins it."""
        self._tree = tree
        self._sign = sign
        self._grace_s = grace_ms / 1_000
        self._clock = clock
        self._ticks = ticks
        self._wanted = wanted
        self._round_over: asyncio.Future[float] | None = None
        self._late: set[asyncio.Task[None]] = set()

    @property
    def required(self) -> bool:
        """Whether there is anybody to witness."""
        return bool(self.seats)

    def look(self, size: int) -> None:
        """Somebody looks, and the log has ``size`` entries: another broker's may be uncovered."""
        if self.newest is None or self.newest.size < size:
            self._wanted.set()

    async def ready(self) -> None:
        """Return where a quorum is at hand. Raises Unwitnessed.

        For before an entry is written: no budget is used up while nothing can be released.
        """
        await self._require(max(self._grace_s, READY_S))

    async def covered(self) -> None:
        """Return where all but the entries of the last grace are cosigned. Raises Unwitnessed.

        For after an entry was written, and before its key goes out.
        """
        await self._require(self._grace_s)

    async def run(self) -> None:
        """Make rounds whenever wanted, until cancelled."""
        if not self.required:
            return
        pace_s = retry_s = self._grace_s * PACE
        async with http_client() as http:
            try:
                while True:
                    self._wanted.clear()
                    held = await self._round_over_by(http)
                    retry_s = pace_s if held else min(max(2 * retry_s, 0.1), RETRY_MAX_S)
                    await asyncio.sleep(pace_s)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(HEARTBEAT_S if held else retry_s):
                            await self._wanted.wait()
            finally:
                for task in self._late:
                    task.cancel()

    # --- the gate -----------------------------------------------------------------------------

    async def _require(self, grace_s: float) -> None:
        if not self.required:
            return
        called_s = self._ticks()
        if self._covers(called_s - grace_s):
            if not self._covers(called_s - self._grace_s * PACE):
                self._wanted.set()
            return
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(WAIT_S):
                while True:
                    self._wanted.set()
                    if self._round_over is None:
                        self._round_over = loop.create_future()
                    began_s = await asyncio.shield(self._round_over)
                    if self._covers(called_s - grace_s):
                        # A round that was waited for long may itself be too old by now.
                        if self._covers(self._ticks() - max(grace_s, READY_S)):
                            return
                    elif began_s >= called_s:
                        break
        except TimeoutError:
            pass
        raise Unwitnessed(
            "Too few witnesses cosign the audit log; nothing was released.",
            remedy="Try again in a moment. The operator sees which with `segel audit witnesses`.",
        )

    def _covers(self, at_s: float) -> bool:
        return self.newest is not None and self.newest.began_s >= at_s

    # --- rounds -------------------------------------------------------------------------------

    async def _round_over_by(self, http: httpx.AsyncClient) -> bool:
        """One round; whoever waits for its end is told when it began."""
        began_s = self._ticks()
        held = False
        try:
            held = await self._round(http, began_s)
        except (psycopg.Error, PoolTimeout, OSError) as failure:
            log.warning("no checkpoint to witness", kind=type(failure).__name__)
        except TlogError as broken:
            log.error("no checkpoint to witness", kind=type(broken).__name__)
        over, self._round_over = self._round_over, None
        if over is not None and not over.done():
            over.set_result(began_s)
        return held

    async def _round(self, http: httpx.AsyncClient, began_s: float) -> bool:
        """Ask every witness that is not still being asked; whether a quorum cosigned."""
        head = await self._tree.head()
        now = _Round(head, self._sign(head.size, head.root), began_s)
        pending = set()
        for seat in self.seats:
            if not seat.asking:
                seat.asking = True
                task = asyncio.create_task(self._ask(http, seat, now))
                task.add_done_callback(self._late.discard)
                self._late.add(task)
                pending.add(task)
        while pending and len(now.lines) < self.policy.quorum:
            _, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        return len(now.lines) >= self.policy.quorum

    async def _ask(self, http: httpx.AsyncClient, seat: Seat, now: _Round) -> None:
        try:
            async with asyncio.timeout(2 * ASK_S):
                line, cosigned_s = await self._cosignature(http, seat, now)
        except WitnessTrouble as trouble:
            self._note(seat, trouble)
        except (TimeoutError, psycopg.Error, PoolTimeout):
            self._note(seat, Away())
        except TlogError as broken:
            self._note(seat, Away(f"Its answer does not hold. {broken}"))
        else:
            seat.state, seat.trouble = "cosigns", ""
            seat.known = seat.size = now.head.size
            seat.cosigned_s = cosigned_s
            now.lines[seat.address.verifier.public_key] = line
            now.cosigned_s = max(now.cosigned_s, cosigned_s)
            self._take(now)
        finally:
            seat.asking = False

    async def _cosignature(
        self, http: httpx.AsyncClient, seat: Seat, now: _Round
    ) -> tuple[SignatureLine, int]:
        """The witness' verified line. Raises WitnessTrouble, TlogError."""
        size = now.head.size
        old = min(seat.known, size)
        try:
            answer = await self._submit(http, seat, now, old)
        except Knows as conflict:
            seat.known = conflict.size
            if conflict.size > size:
                newer = await self._tree.head()
                if conflict.size > newer.size:
                    raise Ahead(conflict.size, newer.size) from None
                raise  # another broker was faster; the next round has it
            answer = await self._submit(http, seat, now, conflict.size)
        line, verified = take_cosignature(now.note, answer, seat.address.verifier)
        assert verified.timestamp_s is not None
        if abs(verified.timestamp_s - self._clock()) > SKEW_S:
            raise Away(f"Its clock is more than {SKEW_S} seconds off ours, or its answer is old.")
        return line, verified.timestamp_s

    async def _submit(self, http: httpx.AsyncClient, seat: Seat, now: _Round, old: int) -> str:
        if old not in now.proofs:
            now.proofs[old] = await self._tree.consistency(old, now.head.size)
        return await ask(http, seat.address, Submission(old, now.proofs[old], now.note))

    def _take(self, now: _Round) -> None:
        """Let the round count, once a quorum is in it; a late cosigner joins it."""
        if len(now.lines) < self.policy.quorum:
            return
        if self.newest is not None and self.newest.began_s > now.began_s:
            return
        self.newest = Witnessed(
            now.head.size,
            now.head.root,
            add_lines(now.note, list(now.lines.values())),
            now.began_s,
            len(now.lines),
            now.cosigned_s,
        )
        self.news.set()

    def _note(self, seat: Seat, trouble: WitnessTrouble) -> None:
        if seat.state != trouble.state:
            say = log.error if isinstance(trouble, Disputes | Ahead) else log.warning
            say("witness does not cosign", state=trouble.state)
        seat.state, seat.trouble = trouble.state, trouble.what
