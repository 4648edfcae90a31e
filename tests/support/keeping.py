"""The keys of a test's archive, and waiting for their keeper."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from segel.broker import messages as m
from segel.broker.generations import Generations, opener
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import Kms


def only(kms: Kms, folder: Path) -> Generations:
    """The one KMS of an archive whose keys were never moved."""
    return Generations(folder, lambda: kms, opener(production=False))


async def report(estate: Any) -> m.KeysReport:
    """What ``segel keys status`` shows."""
    reply = await estate.ask(m.ReportKeys())
    assert isinstance(reply, m.KeysReport)
    return reply


async def settled(estate: Any) -> m.KeysReport:
    """The report once nothing is under way."""
    for _ in range(600):
        work = await estate.ask(m.FollowKeys())
        if work.state == "idle":
            return await report(estate)
        await asyncio.sleep(0.05)
    pytest.fail(f"the keys are not settled: {work}")


async def moved_to(estate: Any, folder: Path) -> None:
    """Have every key go to another file KMS, as two people agreed, and end the old one."""
    settings = {"type": "file", "folder": str(folder)}
    await estate.ask(m.BeginMove(settings, await _agreed(estate, settings)))
    await settled(estate)
    await estate.ask(m.FinishMove(await _agreed(estate)))
    await settled(estate)


async def _agreed(estate: Any, settings: dict[str, Any] | None = None) -> Any:
    who = await estate.token(Role.ADMINISTRATOR, name="who moves")
    asked = m.Requester(who, Purpose.SYSTEM_ADMINISTRATION, "test")
    done = await estate.ask(m.AskMove(asked, settings) if settings else m.AskMove(asked))
    await estate.agree(done.identifier)
    return done.identifier
