"""Reasons on file: who has to do with which patient, and when. Found by keyed token.

A reason names an account, a department (``unit``) or a whole hospital. Its row says nothing of
either side: the token is of both together, and what it is stands sealed.
"""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.errors import PatientUnknown
from segel.broker.index import Index
from segel.broker.lookups import holders
from segel.broker.secrets import BrokerSecrets
from segel.domain.identifiers import parse_nik
from segel.domain.reasons import ReasonKind

UNIT_LENGTH_MAX: Final = 64
UNITS_MAX: Final = 20
"""Departments of one account."""

Apply = Callable[[psycopg.AsyncCursor], Awaitable[None]]


class Reason(msgspec.Struct, frozen=True):
    """One reason, from ``from_s`` to ``until_s`` (Unix time). ``source``: who filed it."""

    kind: ReasonKind
    from_s: float
    until_s: float
    source: str


class Units(msgspec.Struct, frozen=True):
    """The departments that an account works in."""

    names: tuple[str, ...]


class Reasons:
    """Files reasons, and finds those of an access."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets, index: Index) -> None:
        self._pool = pool
        self._secrets = secrets
        self._index = index

    async def patient(self, hospital_id: UUID, number: str) -> UUID:
        """A hospital's patient by medical record number or NIK. Raises PatientUnknown."""
        tokens = [self._index.medical_record(hospital_id, number)]
        if nik := parse_nik(number):
            tokens.append(self._index.nik(hospital_id, nik))
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            found = await holders(cursor, tokens)
        if not found:
            raise PatientUnknown(
                "This hospital has no patient of this number.",
                field="patient",
                remedy="Check the number; a reason can be filed once an image has arrived.",
            )
        return next(found[token][0] for token in tokens if token in found)

    def filing(self, reason_id: UUID, who: str, patient: UUID, reason: Reason) -> Apply:
        """What files a reason in the ledger's transaction. ``who``: see ``of_account`` etc."""
        sealed = self._secrets.seal_row(reason_id, msgspec.json.encode(reason))

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "INSERT INTO reasons (reason_id, reason_token, month, sealed)"
                " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (reason_id, self._index.reason(who, patient), this_month(), sealed),
            )

        return apply

    def joining(self, account_id: UUID, units: tuple[str, ...]) -> Apply:
        """What says in which departments an account works, in place of what was said before."""
        row_id = self._index.units(account_id)
        sealed = self._secrets.seal_row(row_id, msgspec.json.encode(Units(units)))

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            await cursor.execute(
                "INSERT INTO account_units (units_id, sealed) VALUES (%s, %s)"
                " ON CONFLICT (units_id) DO UPDATE SET sealed = excluded.sealed",
                (row_id, sealed),
            )

        return apply

    async def units(self, cursor: psycopg.AsyncCursor, account_id: UUID) -> tuple[str, ...]:
        """The departments of an account."""
        row_id = self._index.units(account_id)
        await cursor.execute("SELECT sealed FROM account_units WHERE units_id = %s", (row_id,))
        row = await cursor.fetchone()
        if row is None:
            return ()
        return msgspec.json.decode(self._secrets.open_row(row_id, row[0]), type=Units).names

    async def explaining(
        self,
        cursor: psycopg.AsyncCursor,
        *,
        account_id: UUID,
        hospital_id: UUID,
        units: tuple[str, ...],
        patient_id: UUID,
        at_s: float,
    ) -> list[ReasonKind]:
        """The kinds of reasons that held for an access."""
        names = [
            of_account(account_id),
            of_hospital(hospital_id),
            *(of_unit(hospital_id, unit) for unit in units),
        ]
        tokens = [self._index.reason(who, patient_id) for who in names]
        await cursor.execute(
            "SELECT reason_id, sealed FROM reasons WHERE reason_token = ANY(%s)", (tokens,)
        )
        found = {
            reason.kind
            for reason_id, sealed in await cursor.fetchall()
            if (reason := self._open(reason_id, sealed)).from_s <= at_s < reason.until_s
        }
        return sorted(found)

    def _open(self, reason_id: UUID, sealed: bytes) -> Reason:
        return msgspec.json.decode(self._secrets.open_row(reason_id, sealed), type=Reason)


def of_account(account_id: UUID) -> str:
    """An account, as a reason's token names it."""
    return f"account {account_id}"


def of_hospital(hospital_id: UUID) -> str:
    """Everybody of a hospital."""
    return f"hospital {hospital_id}"


def of_unit(hospital_id: UUID, unit: str) -> str:
    """A department of a hospital, however it is spelt in capitals and blanks."""
    return f"unit {hospital_id} {' '.join(unit.split()).casefold()}"


def new_reason_id() -> UUID:
    """Random: it says nothing of when, whom or by whom."""
    return uuid4()
