"""A gateway that was taken over: what somebody with everything that it holds can take.

The attacker's program (``intruder``) runs as the gateway's user. It is given the gateway's own
environment, the tokens of every session that is open, and, because a gateway sees them go by, the
study UIDs of all patients. What it may take is what is left of those sessions' budgets.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from segel.app.drills.staging import DrillFailed, Stage
from segel.broker import BrokerClient, Requester
from segel.domain.roles import Role

OPEN_SESSIONS: Final = (("Pembaca A", Role.CLINICIAN, 4), ("Pembaca B", Role.RADIOLOGIST, 9))
"""Who is signed in when it happens, and how many patients they have opened by then."""

INTRUSION_S: Final = 300


class Bag(msgspec.Struct, frozen=True):
    """What the attacker has. Paths are the gateway's to know; whether they open is the question."""

    database: str
    broker: str
    objects: str
    operator: str
    kms: str
    broker_pid: int
    tokens: list[str]
    studies: list[str]


class Attempt(msgspec.Struct, frozen=True):
    """One way that was tried, what it gave, and whether that is as promised."""

    what: str
    got: str
    is_held: bool


class Loot(msgspec.Struct, frozen=True):
    """What the attacker's program came back with. ``taken``: patients whose files it could read."""

    taken: int
    attempts: list[Attempt]


class Found(msgspec.Struct, frozen=True):
    """The drill's result. ``remaining``: patients that the open sessions had left."""

    taken: int
    remaining: int
    sessions: int
    attempts: list[Attempt]


def attack(stage: Stage, say: Callable[[str], None]) -> Found:
    """Run the drill. Raises DrillFailed."""
    tokens = []
    remaining = 0
    for name, role, opened in OPEN_SESSIONS:
        token = stage.account(name, role)
        tokens.append(token)
        remaining += asyncio.run(_work_a_while(stage, token, opened))
    say("taking over the gateway")
    bag = Bag(
        # Read as its user could read it, of the process itself: nothing is guessed.
        database=_environment(stage, "SEGEL_DATABASE"),
        broker=_environment(stage, "SEGEL_BROKER"),
        objects=str(stage.home.objects),
        operator=str(stage.home.operator_socket),
        kms=str(stage.home.kms),
        broker_pid=stage.process("broker").pid or 0,
        tokens=tokens,
        studies=list(stage.studies),
    )
    done = subprocess.run(
        [sys.executable, "-m", "segel.app.drills.intruder"],
        input=msgspec.json.encode(bag),
        stdout=subprocess.PIPE,
        timeout=INTRUSION_S,
        check=False,
    )
    if done.returncode != 0:
        raise DrillFailed("The attacker's program failed.", remedy="Try again.")
    loot = msgspec.json.decode(done.stdout, type=Loot)
    return Found(loot.taken, remaining, len(tokens), loot.attempts)


async def _work_a_while(stage: Stage, token: str, patients: int) -> int:
    """Open some patients, as one does; how many more the account may open then."""
    client = await BrokerClient.connect(stage.home.broker_socket)
    try:
        for study in stage.studies[:patients]:
            await client.open_study(Requester(token, route="drill"), study)
        report = await client.budget(Requester(token, route="drill"))
    finally:
        await client.close()
    left = min(int(window.limit - window.used) for window in report.windows)
    # Those who were opened may be opened again at no cost.
    return left + patients


def _environment(stage: Stage, name: str) -> str:
    pid = stage.process("gateway-1").pid
    lines = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    prefix = f"{name}=".encode()
    value = next((os.fsdecode(line) for line in lines if line.startswith(prefix)), None)
    if value is None:
        raise DrillFailed("The gateway's environment cannot be read.", remedy="Run it as root.")
    return value.partition("=")[2]
