"""Travellers' side of health declarations: sent, read again, corrected, withdrawn.

Whoever has the recovery code is the traveller; nobody has an account. Each of these is an entry in
the log, without a name, before anything is written or shown.
"""

import os
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg

from segel.broker.arrival_days import ArrivalDay, ArrivalDays, OpenDay, over
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.declaration_rows import DeclarationRows, Filed, Kept, filed
from segel.broker.directory import Directory
from segel.broker.errors import (
    BrokerUnavailable,
    DeclarationUnclear,
    DeclarationUnknown,
    Forbidden,
    PortFull,
)
from segel.broker.ledger import Intent, Ledger
from segel.broker.messages.declarations import DeclarationView, Declared
from segel.broker.registry import ChangedMeanwhile
from segel.broker.room import Room
from segel.domain.declarations import (
    Conveyance,
    Declaration,
    faults_of,
    new_receipt,
    parse_code,
    tidied,
)
from segel.domain.purpose import Purpose

VESSEL_MAX: Final = {Conveyance.FLIGHT: 1_500, Conveyance.SHIP: 12_000}
"""Twice what the largest carries: some send again with another code."""
DAY_MAX: Final = 60_000
"""Of one port: whoever floods it cannot fill the disk, nor make lists too long to be opened."""

ATTEMPTS_MAX: Final = 5
TRAVELLER: Final = "traveller"
"""Stands for a role where somebody without an account acts."""


class Declaring:
    """What is done for whoever sends a declaration or has its code."""

    def __init__(
        self,
        days: ArrivalDays,
        rows: DeclarationRows,
        directory: Directory,
        ledger: Ledger,
        room: Room,
        randomness: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._days = days
        self._rows = rows
        self._directory = directory
        self._ledger = ledger
        self._room = room
        self._randomness = randomness

    async def declare(self, code: str, sent: Declaration) -> Declared:
        """Take a declaration, or a correction of the one that has this code.

        Raises DeclarationUnclear, DeclarationOver, PortFull, BrokerUnavailable.
        """
        code, declaration = code_of(code), tidied(sent)
        for _ in range(ATTEMPTS_MAX):
            try:
                return await self._declare(code, declaration)
            except ChangedMeanwhile:
                continue
        raise BrokerUnavailable("It changes faster than it can be written.", remedy="Send again.")

    async def _declare(self, code: str, declaration: Declaration) -> Declared:
        self._room.require()
        now_s = self._ledger.now()
        known = await self._rows.by_code(code)
        before, day_before = known if known is not None else (None, None)
        if day_before is not None and now_s >= day_before.window.seen_until_s:
            raise over()
        _require_sound(declaration, now_s, day_before.arrival if day_before else None)
        port_id = await self._port(declaration.port)
        day = await self._days.ensured(port_id, declaration.day)
        if before is None or day_before is None:
            await self._require_room(day, declaration)
            made = await self._new(port_id, declaration, now_s)
            one = filed(day, uuid4(), 1, made)
        else:
            was = before.kept(await self._days.opened(day_before))
            made = msgspec.structs.replace(was, declaration=declaration, corrected_s=now_s)
            one = filed(day, before.declaration_id, before.version + 1, made)
        await self._write(code, day.day, before, made, one)
        return Declared(made.receipt, bool(made.corrected_s), day.day.window.destroyed_s)

    async def _write(
        self, code: str, day: ArrivalDay, before: Filed | None, made: Kept, one: Filed
    ) -> None:
        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if not await self._rows.is_living(cursor, day):
                raise over()
            if not await self._rows.is_as_before(cursor, code, before):
                raise ChangedMeanwhile
            await self._rows.take(cursor, code)
            await self._rows.put(cursor, day, code, made.receipt, one)

        what = "corrected" if before else "received"
        await self._commit(day, one.declaration_id, what, apply)

    async def read(self, code: str) -> DeclarationView:
        """What was sent with this code. Raises DeclarationUnknown, DeclarationUnclear."""
        one, day = await self._known(code)
        opened = await self._days.opened(day)
        await self._commit(day, one.declaration_id, "read by its traveller")
        return view_of(one, day, one.kept(opened), self._ledger.now())

    async def withdraw(self, code: str) -> None:
        """Take it back, until the day of arrival is over. Raises DeclarationUnknown,
        DeclarationOver."""
        one, day = await self._known(code)
        if self._ledger.now() >= day.window.over_s:
            raise over()

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await self._rows.take(cursor, code_of(code))

        await self._commit(day, one.declaration_id, "withdrawn", apply)

    async def _known(self, code: str) -> tuple[Filed, ArrivalDay]:
        known = await self._rows.by_code(code_of(code))
        if known is None:
            raise unknown()
        return known

    async def _commit(
        self,
        day: ArrivalDay,
        declaration_id: UUID,
        what: str,
        apply: Callable[[psycopg.AsyncCursor], Awaitable[None]] | None = None,
    ) -> None:
        event = Event(
            kind=Kind.DECLARATION,
            outcome=Outcome.SUCCESS,
            account_id=None,
            role=TRAVELLER,
            hospital_id=day.hospital_id,
            session_id=None,
            purpose=Purpose.PUBLIC_HEALTH,
            route="console",
            detail=f"declaration {declaration_id} {what}",
        )
        await self._ledger.commit(Intent(event, apply=apply))

    async def _new(self, port_id: UUID, declaration: Declaration, now_s: float) -> Kept:
        receipt = new_receipt(self._randomness)
        while await self._rows.by_receipt(port_id, receipt) is not None:
            receipt = new_receipt(self._randomness)
        return Kept(declaration=declaration, receipt=receipt, sent_s=now_s)

    async def _port(self, code: str) -> UUID:
        """The port of this code. Raises DeclarationUnclear."""
        try:
            hospital_id = await self._directory.hospital_by_code(code)
            if (await self._directory.hospital(hospital_id)).port:
                return hospital_id
        except Forbidden:  # as an office that takes none
            pass
        raise DeclarationUnclear(
            "No port of this code takes declarations.", field="port", remedy="Choose another."
        )

    async def _require_room(self, day: OpenDay, declaration: Declaration) -> None:
        vessel_id = day.vessel_id(declaration.conveyance, declaration.vessel)
        day_id, most = day.day.day_id, VESSEL_MAX[declaration.conveyance]
        of_vessel = await self._rows.count(day_id, vessel_id)
        if of_vessel >= most or await self._rows.count(day_id) >= DAY_MAX:
            raise PortFull(
                "More was declared for this vessel or day than can be true.",
                remedy="Check flight or ship and date, or speak to the officer at the port.",
            )


def view_of(one: Filed, day: ArrivalDay, kept: Kept, now_s: float) -> DeclarationView:
    """A declaration, as its traveller or an officer sees it."""
    window = day.window
    return DeclarationView(
        declaration_id=one.declaration_id,
        receipt=kept.receipt,
        declaration=kept.declaration,
        sent_s=kept.sent_s,
        corrected_s=kept.corrected_s,
        correctable=now_s < window.seen_until_s,
        withdrawable=now_s < window.over_s,
        destroyed_s=window.destroyed_s,
    )


def code_of(text: str) -> str:
    """A recovery code. Raises DeclarationUnclear."""
    code = parse_code(text)
    if not code:
        raise DeclarationUnclear(
            "This is no recovery code.", field="code", remedy="Copy it from the confirmation."
        )
    return code


def unknown() -> DeclarationUnknown:
    """The same for a declaration that is absent, withdrawn, destroyed, another port's, and one
    whose time to be seen is not now."""
    return DeclarationUnknown(
        "There is no such declaration, or not now.", remedy="Check the code or number."
    )


def _require_sound(declaration: Declaration, now_s: float, before: date | None) -> None:
    for field, fault in faults_of(declaration, now_s, before=before).items():
        raise DeclarationUnclear(
            f"This is {fault}.", field=field, remedy="Go back to the form and mend it."
        )
