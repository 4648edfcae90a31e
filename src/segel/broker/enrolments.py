"""Log entries about accounts and about failed sign-ins. They name nobody but by random ids."""

import asyncio
import time
from typing import Final
from uuid import UUID

from segel.broker.audit import Event, Kind, Outcome
from segel.broker.errors import BrokerError
from segel.broker.ledger import Intent, Ledger
from segel.domain.purpose import Purpose

FAILURE_PAUSE_S: Final = 10.0
"""Whoever guesses without end writes one failure in this time, not one a guess."""

REMEMBERED_MAX: Final = 10_000


def account_event(
    what: str, hospital_id: UUID | None, account_id: UUID | None = None, route: str = "operator"
) -> Event:
    """That an account, its ways in or its sessions changed by the operator's hand."""
    return Event(
        kind=Kind.ENROL,
        outcome=Outcome.SUCCESS,
        account_id=account_id,
        role="operator",
        hospital_id=hospital_id,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route=route,
        detail=what,
    )


class Failures:
    """Writes down that a sign-in failed: by which way, and whose it would have been if known."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last_s: dict[tuple[str, UUID | None], float] = {}
        self._writing: set[asyncio.Task[object]] = set()

    def note(
        self, way: str, refusal: BrokerError, route: str, account_id: UUID | None = None
    ) -> None:
        """Not waited for. ``way``: passkey, invitation, openid, client."""
        now_s = time.monotonic()
        place = (way, account_id)
        if now_s - self._last_s.get(place, -FAILURE_PAUSE_S) < FAILURE_PAUSE_S:
            return
        if len(self._last_s) >= REMEMBERED_MAX:
            self._last_s.clear()
        self._last_s[place] = now_s
        event = Event(
            kind=Kind.SIGN_IN,
            outcome=Outcome.REFUSED,
            account_id=account_id,
            role="",
            hospital_id=None,
            session_id=None,
            purpose=Purpose.TREATMENT,
            route=route,
            detail=f"{way} {refusal.code}",
        )
        task = asyncio.ensure_future(self._ledger.commit(Intent(event)))
        self._writing.add(task)
        task.add_done_callback(self._written)

    def _written(self, task: "asyncio.Task[object]") -> None:
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()  # the sign-in was refused all the same
