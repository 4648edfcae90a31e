"""The rows of erasures."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import this_month
from segel.broker.erasure import Erasure, ErasureRecord, ErasureState
from segel.broker.secrets import BrokerSecrets

_COLUMNS = "erasure_id, patient_id, study_id, hospital_id, state, sealed"
Row = tuple[UUID, UUID, UUID | None, UUID, int, bytes]


class ErasureRows:
    """Reads and writes of one broker's pool."""

    def __init__(self, pool: AsyncConnectionPool, secrets: BrokerSecrets) -> None:
        self._pool = pool
        self._secrets = secrets

    async def one(self, erasure_id: UUID) -> Erasure | None:
        """An erasure by its id."""
        found = await self._select("WHERE erasure_id = %s", (erasure_id,))
        return found[0] if found else None

    async def of_hospital(self, hospital_id: UUID) -> list[Erasure]:
        """A hospital's erasures, the newest first."""
        found = await self._select("WHERE hospital_id = %s", (hospital_id,))
        return sorted(found, key=lambda one: one.record.ordered_s, reverse=True)

    async def of_subject(self, patient_id: UUID, study_id: UUID | None) -> list[Erasure]:
        """What was ordered or done for a patient, or for a study of theirs."""
        return await self._select(
            "WHERE patient_id = %s AND (study_id IS NULL OR study_id = %s)", (patient_id, study_id)
        )

    async def in_state(self, state: ErasureState) -> list[Erasure]:
        """All that are just so far."""
        return await self._select("WHERE state = %s", (state,))

    async def of_patients(self, patients: Sequence[UUID]) -> list[Erasure]:
        """What was ordered or done for whole patients."""
        return await self._select(
            "WHERE patient_id = ANY(%b::uuid[]) AND study_id IS NULL", (list(patients),)
        )

    async def tokens(
        self, patient_id: UUID, study_id: UUID | None = None
    ) -> list[tuple[bytes, UUID]]:
        """What the tombstone of a patient, or of one study, refuses."""
        found = await self.tokens_of([patient_id])
        return [one for one in found[patient_id] if study_id in (None, one[1])]

    async def tokens_of(self, patients: Sequence[UUID]) -> dict[UUID, list[tuple[bytes, UUID]]]:
        """What the tombstones of patients refuse. Reads the whole table: there is no index by
        patient."""
        found: dict[UUID, list[tuple[bytes, UUID]]] = {one: [] for one in patients}
        async with self._pool.connection() as connection:
            rows = await connection.execute(
                "SELECT patient_id, token, target FROM unique_tokens"
                " WHERE patient_id = ANY(%b::uuid[])",
                (list(patients),),
            )
            for patient_id, token, target in await rows.fetchall():
                found[patient_id].append((bytes(token), target))
        return found

    async def insert(self, cursor: psycopg.AsyncCursor, erasure: Erasure) -> None:
        """A new row."""
        await cursor.execute(
            f"INSERT INTO erasures ({_COLUMNS}, month) VALUES (%s, %s, %s, %s, %s, %s, %s)",  # noqa: S608
            (
                erasure.erasure_id,
                erasure.patient_id,
                erasure.study_id,
                erasure.hospital_id,
                erasure.state,
                self._sealed(erasure),
                this_month(),
            ),
        )

    async def move_on(self, cursor: psycopg.AsyncCursor, erasure: Erasure) -> None:
        """Write an erasure that is one step further; one that got there meanwhile stays."""
        await cursor.execute(
            "UPDATE erasures SET state = %s, sealed = %s WHERE erasure_id = %s AND state < %s",
            (erasure.state, self._sealed(erasure), erasure.erasure_id, erasure.state),
        )

    async def state_of(self, cursor: psycopg.AsyncCursor, erasure_id: UUID) -> ErasureState | None:
        """The state as this transaction sees it."""
        await cursor.execute("SELECT state FROM erasures WHERE erasure_id = %s", (erasure_id,))
        row = await cursor.fetchone()
        return ErasureState(row[0]) if row else None

    async def _select(self, where: str, values: Sequence[object]) -> list[Erasure]:
        async with self._pool.connection() as connection:
            sql = f"SELECT {_COLUMNS} FROM erasures {where}"  # noqa: S608
            rows: list[Row] = await (await connection.execute(sql.encode(), values)).fetchall()
        return [open_erasure(self._secrets, row) for row in rows]

    def _sealed(self, erasure: Erasure) -> bytes:
        return self._secrets.seal_row(erasure.erasure_id, msgspec.json.encode(erasure.record))


def open_erasure(secrets: BrokerSecrets, row: Row) -> Erasure:
    """A row, opened. Raises SealBroken."""
    erasure_id, patient_id, study_id, hospital_id, state, sealed = row
    record = msgspec.json.decode(secrets.open_row(erasure_id, sealed), type=ErasureRecord)
    return Erasure(erasure_id, patient_id, study_id, hospital_id, ErasureState(state), record)


async def kept_rows(connection: psycopg.AsyncConnection) -> list[tuple[Row, date]]:
    """Every tombstone as the wrapped keys' backup keeps it: row and month."""
    rows = await connection.execute(
        f"SELECT {_COLUMNS}, month FROM erasures WHERE state > 0"  # noqa: S608
    )
    return [(row[:-1], row[-1]) for row in await rows.fetchall()]
