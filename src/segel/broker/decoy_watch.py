"""What is known of a hospital's decoys: what was ordered, and who touched one lately.

One sealed row for each hospital, of one length whatever is in it, so that neither rows nor sizes
tell whether a hospital has decoys. It is written when planting is ordered and when the tripwire
trips, never when a decoy arrives: the order of writes on disk sets nothing beside a patient.
"""

from typing import Final
from uuid import UUID

import msgspec
import psycopg

from segel.broker.secrets import BrokerSecrets

WATCH_BYTES: Final = 8_192
"""Of every row before it is sealed; far more than ``TOUCHES_KEPT`` take."""

TOUCHES_KEPT: Final = 32
"""Per hospital, newest last: more than it takes to freeze it."""


class DecoyTouch(msgspec.Struct, frozen=True):
    """Somebody opened a decoy; Unix time. Which one is in the audit log only."""

    at_s: float
    account_id: UUID
    session_id: UUID


class DecoyOrder(msgspec.Struct, frozen=True):
    """Decoys are to be ``share`` of a hospital's patients by ``until_s``, and stay so."""

    share: float
    begun_s: float
    until_s: float
    had: int = 0


class DecoyWatch(msgspec.Struct, frozen=True):
    """A hospital's row."""

    order: DecoyOrder | None = None
    touches: tuple[DecoyTouch, ...] = ()

    def touched(self, touch: DecoyTouch) -> "DecoyWatch":
        """With one touch more."""
        return msgspec.structs.replace(self, touches=(*self.touches, touch)[-TOUCHES_KEPT:])


class DecoyWatches:
    """Reads and writes the rows."""

    def __init__(self, secrets: BrokerSecrets) -> None:
        self._secrets = secrets

    async def ensure(self, cursor: psycopg.AsyncCursor) -> None:
        """A row for every hospital that has none."""
        await cursor.execute(
            "SELECT hospital_id FROM hospitals h WHERE NOT EXISTS"
            " (SELECT FROM decoy_watches w WHERE w.hospital_id = h.hospital_id)"
        )
        for (hospital_id,) in await cursor.fetchall():
            await cursor.execute(
                "INSERT INTO decoy_watches (hospital_id, sealed) VALUES (%s, %s)"
                " ON CONFLICT DO NOTHING",
                (hospital_id, self._seal(hospital_id, DecoyWatch())),
            )

    async def read(self, cursor: psycopg.AsyncCursor, hospital_id: UUID) -> DecoyWatch:
        """A hospital's row, to be written again in the same transaction."""
        await cursor.execute(
            "SELECT sealed FROM decoy_watches WHERE hospital_id = %s FOR UPDATE", (hospital_id,)
        )
        row = await cursor.fetchone()
        if row is None:
            return DecoyWatch()
        plain = self._secrets.open_row(hospital_id, row[0])
        return msgspec.json.decode(plain, type=DecoyWatch)

    async def write(
        self, cursor: psycopg.AsyncCursor, hospital_id: UUID, watch: DecoyWatch
    ) -> None:
        """Keep a hospital's row."""
        await cursor.execute(
            "INSERT INTO decoy_watches (hospital_id, sealed) VALUES (%s, %s)"
            " ON CONFLICT (hospital_id) DO UPDATE SET sealed = excluded.sealed",
            (hospital_id, self._seal(hospital_id, watch)),
        )

    def _seal(self, hospital_id: UUID, watch: DecoyWatch) -> bytes:
        plain = msgspec.json.encode(watch).ljust(WATCH_BYTES)  # JSON may end in blanks
        assert len(plain) == WATCH_BYTES, "a watch fits its row"
        return self._secrets.seal_row(hospital_id, plain)
