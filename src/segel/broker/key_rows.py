"""What the database holds about keys: floors, counts by version, and what was done to them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import HospitalRecord, this_month
from segel.broker.keyring import LABEL_BYTES
from segel.broker.secrets import BrokerSecrets

BROKER: Final = ""
"""Stands where a hospital's code would, for the broker's own KEK."""


class Deed(StrEnum):
    """What can be done to keys."""

    ROTATED = "rotated"
    RETIRED = "retired"
    ESCROW_SPLIT = "escrow-split"
    ESCROW_REHEARSED = "escrow-rehearsed"
    MOVED = "moved"


class KeyRecord(msgspec.Struct, frozen=True):
    """One deed. ``hospital``: its code, or "" for the broker's own KEK or the whole archive."""

    deed: Deed
    at_s: float
    hospital: str = ""
    label: bytes = b""
    detail: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class HospitalKek:
    """A hospital, the name of its KEK, and the label below which its keys are wrapped anew."""

    hospital_id: UUID
    code: str
    kek_id: str
    floor: bytes


class KeyRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def hospitals(self) -> list[HospitalKek]:
        """Every hospital's KEK, by code."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT hospital_id, sealed, key_floor FROM hospitals")
            ).fetchall()
        found = []
        for hospital_id, sealed, floor in rows:
            record = msgspec.json.decode(
                self._secrets.open_row(hospital_id, sealed), type=HospitalRecord
            )
            found.append(HospitalKek(hospital_id, record.code, record.kek_id, floor))
        return sorted(found, key=lambda one: one.code)

    async def counts(self) -> Mapping[UUID, Mapping[bytes, int]]:
        """By hospital and label: how many patients' keys are wrapped so."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute(
                    "SELECT hospital_id, substring(wrapped_key FROM 1 FOR %s), count(*)"
                    " FROM patients WHERE wrapped_key IS NOT NULL GROUP BY 1, 2",
                    (LABEL_BYTES,),
                )
            ).fetchall()
        found: dict[UUID, dict[bytes, int]] = {}
        for hospital_id, one, count in rows:
            found.setdefault(hospital_id, {})[one] = count
        return found

    async def record(self, cursor: psycopg.AsyncCursor, record: KeyRecord) -> None:
        """Remember a deed, in the transaction that logs it."""
        row_id = uuid4()
        await cursor.execute(
            "INSERT INTO key_records (record_id, month, sealed) VALUES (%s, %s, %s)",
            (row_id, this_month(), self._secrets.seal_row(row_id, msgspec.json.encode(record))),
        )

    async def records(self) -> list[KeyRecord]:
        """Every deed, the newest first."""
        async with self._pool.connection() as connection:
            rows = await (
                await connection.execute("SELECT record_id, sealed FROM key_records")
            ).fetchall()
        found = [
            msgspec.json.decode(self._secrets.open_row(record_id, sealed), type=KeyRecord)
            for record_id, sealed in rows
        ]
        return sorted(found, key=lambda record: record.at_s, reverse=True)


async def raise_floor(cursor: psycopg.AsyncCursor, hospital_id: UUID, floor: bytes) -> None:
    """Have every key of a hospital below ``floor`` wrapped anew; a floor is never lowered."""
    await cursor.execute(
        "UPDATE hospitals SET key_floor = greatest(key_floor, %s) WHERE hospital_id = %s",
        (floor, hospital_id),
    )
