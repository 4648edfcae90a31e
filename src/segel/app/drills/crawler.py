"""The crawler: a valid account that opens one patient after another, in every way it can hurry.

Each way has an account of its own and asks for every patient several times over. What is counted
is whole files that came back, or keys that were released: neither more nor fewer than the budget.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from segel.app.drills.staging import STARTED_S, DrillFailed, Stage
from segel.broker import BrokerClient, Requester
from segel.broker.budgets import READ_LIMITS
from segel.broker.errors import BrokerError, BudgetExhausted
from segel.domain.roles import Role

ROUNDS: Final = 2
"""How often each patient is asked for: the second time finds the budget used up, or not."""

KILLS: Final = 3
TOKEN_REQUESTS: Final = 7
"""Requests with one token before the crawler signs in anew."""

BEHIND_S: Final = 40 * 86_400
"""A clock set back beyond the longest window of a budget."""

ANSWER_TIMEOUT_S: Final = 60
AGAIN_MAX: Final = 20
"""How often one patient is asked for anew while the broker is away."""

ROLE: Final = Role.CLINICIAN


@dataclass(frozen=True, slots=True)
class Crawl:
    """How one way of crawling ended. ``budget``: patients an hour; ``taken``: distinct ones."""

    way: str
    taken: int
    budget: int
    refused: int

    @property
    def is_held(self) -> bool:
        """Whether exactly the budget was taken."""
        return self.taken == self.budget


Way = Callable[[Stage, str], tuple[int, int]]
"""Crawls by a new account of this name; how many patients it took, how often it was refused."""


def crawl(stage: Stage, say: Callable[[str], None]) -> list[Crawl]:
    """Every way, one after another."""
    crawls = []
    for name, way in _ways():
        say(f"crawling: {name}")
        taken, refused = way(stage, name)
        budget = min(limit.patients for limit in READ_LIMITS[ROLE])
        crawls.append(Crawl(name, taken, budget, refused))
    return crawls


def _ways() -> Iterator[tuple[str, Way]]:
    for connections in (1, 8, 64):
        word = "connection" if connections == 1 else "connections"
        yield f"{connections} {word}", _by_http(connections)
    yield f"broker killed {KILLS} times", _by_http(8, kills=KILLS)
    yield "signing in anew", _by_http(8, token_requests=TOKEN_REQUESTS)
    yield "two brokers, one clock set back", _by_two_brokers


# --- through the web's door --------------------------------------------------------------------


def _by_http(connections: int, *, kills: int = 0, token_requests: int = 0) -> Way:
    def way(stage: Stage, name: str) -> tuple[int, int]:
        wanted = list(stage.studies) * ROUNDS
        every = token_requests or len(wanted)
        # Tokens are got beforehand: signing in is not what is tried here, many sessions are.
        tokens = [stage.account(f"Perayap {name}", ROLE) for _ in range(0, len(wanted), every)]
        pairs = [(uid, tokens[at // every]) for at, uid in enumerate(wanted)]
        return asyncio.run(_fetch_all(stage, pairs, connections, kills))

    return way


async def _fetch_all(
    stage: Stage, pairs: list[tuple[str, str]], connections: int, kills: int
) -> tuple[int, int]:
    taken: set[str] = set()
    refused = 0
    waiting = iter(list(enumerate(pairs)))
    deaths = {(at + 1) * len(pairs) // (kills * ROUNDS * 2 + 1) for at in range(kills)}

    async def worker(web: httpx.AsyncClient) -> None:
        nonlocal refused
        for at, (uid, token) in waiting:
            if at in deaths:
                _kill(stage, "broker")
            if await _fetch(web, uid, token):
                taken.add(uid)
            else:
                refused += 1

    limits = httpx.Limits(max_connections=connections)
    async with httpx.AsyncClient(
        base_url=stage.http, timeout=ANSWER_TIMEOUT_S, limits=limits
    ) as web:
        await asyncio.gather(*(worker(web) for _ in range(connections)))
    return len(taken), refused


async def _fetch(web: httpx.AsyncClient, uid: str, token: str) -> bool:
    """Whether the patient's file came; False where the budget refused. Raises DrillFailed."""
    for _ in range(AGAIN_MAX):
        answer = await web.get(
            f"/dicomweb/studies/{uid}",
            headers={
                "Authorization": f"Bearer {token}",
                "Accept": 'multipart/related; type="application/dicom"',
            },
        )
        if answer.status_code == httpx.codes.OK and b"DICM" in answer.content:
            return True
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            return False
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            break
        await asyncio.sleep(0.2)
    raise DrillFailed(f"The door answered {answer.status_code}.", remedy="Try again.")


def _kill(stage: Stage, name: str) -> None:
    with contextlib.suppress(ProcessLookupError):
        pid = stage.process(name).pid
        if pid:
            os.kill(pid, signal.SIGKILL)


# --- through two brokers -----------------------------------------------------------------------


def _by_two_brokers(stage: Stage, name: str) -> tuple[int, int]:
    token = stage.account(f"Perayap {name}", ROLE)
    with stage.second_broker(BEHIND_S) as second:
        return asyncio.run(_open_all(stage, token, [stage.home.broker_socket, second]))


async def _open_all(stage: Stage, token: str, sockets: list[Path]) -> tuple[int, int]:
    clients = [await BrokerClient.connect(path, patience_s=STARTED_S) for path in sockets]
    taken: set[str] = set()
    refused = 0

    async def one(at: int, uid: str) -> None:
        nonlocal refused
        try:
            await clients[at % len(clients)].open_study(Requester(token, route="drill"), uid)
        except BudgetExhausted:
            refused += 1
        except BrokerError as failure:
            raise DrillFailed(f"A broker failed: {failure.what}") from failure
        else:
            taken.add(uid)

    try:
        for turn in range(ROUNDS):  # so that each broker is asked for each patient
            await asyncio.gather(*(one(at + turn, uid) for at, uid in enumerate(stage.studies)))
    finally:
        for client in clients:
            await client.close()
    return len(taken), refused
