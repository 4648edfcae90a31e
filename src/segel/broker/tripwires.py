"""The tripwire: whoever opens a decoy is let in, and stopped.

The decoy's key is released like any other, in the same transaction and with the same answer: it
opens nothing that is anybody's, and a thief does not learn which patient gave them away. That
transaction also freezes the session, raises the alert, and freezes the hospital's releases where
its accounts touched too many decoys lately. To be *listed* is no touch: decoys stand in worklists
and search results as any patient does.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.alerts import Alert, AlertKind, Alerts
from segel.broker.decoy_watch import DecoyTouch, DecoyWatches
from segel.broker.decoys import DecoyMarks
from segel.broker.freezes import Freezes, Order, Target, event_of_order
from segel.broker.ledger import Intent, Ledger

HOSPITAL_TOUCHES: Final = 3
"""Sessions of one hospital that touched a decoy, after which nothing of it is released. One is a
slip of the hand, two a strange week, three somebody who goes through the archive."""

WINDOW_S: Final = 7 * 86_400
"""How long a touch counts. A clerk opens a patient whom nobody expects once in a year or two."""

ROLE: Final = "tripwire"
REASON: Final = "a decoy patient was opened"
REASON_HOSPITAL: Final = "decoy patients were opened in several sessions of this hospital"


@dataclass(frozen=True, slots=True)
class Toucher:
    """Who opens."""

    account_id: UUID
    session_id: UUID
    hospital_id: UUID


def freezes_hospital(touches: Iterable[DecoyTouch], now_s: float) -> bool:
    """Whether these touches are too many: sessions are counted, so that looking twice is one."""
    lately = {touch.session_id for touch in touches if touch.at_s > now_s - WINDOW_S}
    return len(lately) >= HOSPITAL_TOUCHES


class Tripwire:
    """Adds to a release what a touched decoy brings with it."""

    def __init__(
        self,
        marks: DecoyMarks,
        watches: DecoyWatches,
        freezes: Freezes,
        ledger: Ledger,
        alerts: Alerts,
    ) -> None:
        self._marks = marks
        self._watches = watches
        self._freezes = freezes
        self._ledger = ledger
        self._alerts = alerts

    def guarded(
        self, patient_id: UUID, who: Toucher
    ) -> Callable[[psycopg.AsyncCursor], Awaitable[None]] | None:
        """What is to be written with the release of this patient's key; None for real ones."""
        if not self._marks.is_decoy(patient_id):
            return None

        async def trip(cursor: psycopg.AsyncCursor) -> None:
            now_s = self._ledger.now_s
            touch = DecoyTouch(now_s, who.account_id, who.session_id)
            watch = (await self._watches.read(cursor, who.hospital_id)).touched(touch)
            await self._watches.write(cursor, who.hospital_id, watch)
            hospital = freezes_hospital(watch.touches, now_s)
            for order in orders(who, hospital=hospital):
                await self._freezes.freeze(cursor, order)
            for alert in alerts_of(who, hospital=hospital):
                await self._alerts.write(cursor, alert)

        return trip

    def events(self, who: Toucher) -> list[Intent]:
        """The freezes' own entries of the log, written after the release that they came with."""
        held = self._freezes.active.holds_hospital(who.hospital_id, self._ledger.now_s)
        return [Intent(event_of_order(order)) for order in orders(who, hospital=held)]


def orders(who: Toucher, *, hospital: bool) -> list[Order]:
    """What is frozen."""
    frozen = [Order(Target.session(who.session_id), REASON, ROLE, who.hospital_id)]
    if hospital:
        target = Target.hospital(who.hospital_id)
        frozen.append(Order(target, REASON_HOSPITAL, ROLE, who.hospital_id))
    return frozen


def alerts_of(who: Toucher, *, hospital: bool) -> list[Alert]:
    """What the hospital's data protection officer is told; which decoy it was, nobody."""
    told = [
        Alert(
            AlertKind.DECOY_TOUCHED,
            who.hospital_id,
            account_id=who.account_id,
            subject_id=who.session_id,
            detail="session frozen",
        )
    ]
    if hospital:
        detail = f"{HOSPITAL_TOUCHES} sessions opened decoys: releases frozen"
        told.append(Alert(AlertKind.HOSPITAL_FROZEN, who.hospital_id, detail=detail))
    return told
