"""The one-time process ``synth-begin``: hospitals are enrolled, and the log says what is coming.

It is a whole broker that nobody can speak to: hospitals and their keys are made as they always are,
and the entry in the audit log is durable before the first synthetic row.
"""

import os
import time
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import psycopg

from segel.app.broker_process import early_kms, settings_of
from segel.app.process import Place
from segel.app.synth.plan import Plan, hospitals
from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.desks.offers import Caller
from segel.broker.ledger import Intent
from segel.broker.server import opened, own_kms
from segel.domain.errors import SegelError
from segel.domain.purpose import Purpose

PLAN: Final = "SEGEL_SYNTH"
"""Names the variable with the plan (JSON)."""

FRESH: Final = "SEGEL_SYNTH_FRESH"
"""Set where nothing synthetic is there yet."""


class NotEmpty(SegelError):
    """The archive has patients who are not synthetic."""

    code = "not-empty"


def plan_given() -> Plan:
    """The plan that this process was started with."""
    return msgspec.json.decode(os.environ[PLAN], type=Plan)


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """Enrols and logs. Raises NotEmpty, BrokerError."""
    plan, settings = plan_given(), settings_of(place)
    kms = early_kms(settings)

    async def run() -> None:
        if FRESH in os.environ:
            await _require_empty(settings.database)
        async with opened(settings, lambda: own_kms(settings, kms), time.time) as broker:
            for one in hospitals(plan.hospitals):
                await broker.answer(m.EnrolHospital(one.code, one.name), Caller.OPERATOR)
            await broker.ledger.commit(Intent(_event(plan)))

    return run


async def _require_empty(dsn: str) -> None:
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        row = await (await connection.execute("SELECT FROM patients LIMIT 1")).fetchone()
    if row is not None:
        raise NotEmpty(
            "This archive has patients already, and synthetic ones must not come among them.",
            field="home",
            remedy="Give a home that is not there yet.",
        )


def _event(plan: Plan) -> Event:
    return Event(
        kind=Kind.SYNTH,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="operator",
        hospital_id=None,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="operator",
        detail=f"synthetic patients {plan.patients}",
    )
