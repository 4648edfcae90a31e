"""The archive's SQL. Every statement names the patient, so that it stays in one partition."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from operator import attrgetter
from typing import Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from segel.store.database import database_errors
from segel.store.noted import INSERT_NOTED, Noted, columns_of

PACK_LIVE: Final = 1


@dataclass(frozen=True, slots=True)
class NewInstance:
    """A row of ``instances``, or of ``conflicts`` where ``content_token`` is given."""

    patient_id: UUID
    study_id: UUID
    instance_token: bytes
    series_id: UUID
    object_id: UUID
    pack_id: UUID
    pack_offset: int
    sealed_bytes: int
    sealed_record: bytes
    content_token: bytes = b""


@dataclass(frozen=True, slots=True)
class NewSeries:
    """A row of ``series``."""

    patient_id: UUID
    study_id: UUID
    series_token: bytes
    series_id: UUID
    sealed: bytes


InstanceRow = tuple[bytes, UUID, UUID, UUID, int, int, bytes]
"""instance token, series, object, pack, offset, sealed bytes, sealed record."""

_INSTANCE_COLUMNS: Final = (
    "instance_token, series_id, object_id, pack_id, pack_offset, sealed_bytes, sealed_header"
)

_NOT_ERASED: Final = (
    " WHERE NOT EXISTS (SELECT FROM erasures e WHERE e.patient_id = n.patient_id"
    " AND (e.study_id IS NULL OR e.study_id = n.study_id) AND e.state > 0)"
)
"""A key that was released before its patient was erased stores nothing after."""

_INSERT_PACK: Final = (
    "pack AS (INSERT INTO packs (pack_id, size_bytes, state, month) VALUES (%b, %b, %b, %b))"
)
_INSERT_SERIES: Final = (
    "new_series AS (INSERT INTO series (patient_id, study_id, series_token, series_id, sealed)"  # noqa: S608
    " SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::uuid[], %b::bytea[])"
    f" AS n (patient_id, study_id, token, series_id, sealed){_NOT_ERASED} ON CONFLICT DO NOTHING)"
)
_INSERT_CONFLICTS: Final = (
    "aside AS (INSERT INTO conflicts (patient_id, study_id, instance_token, content_token,"  # noqa: S608
    " object_id, pack_id, pack_offset, sealed_bytes, sealed_header)"
    " SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::bytea[], %b::uuid[],"
    " %b::uuid[], %b::bigint[], %b::bigint[], %b::bytea[])"
    " AS n (patient_id, study_id, instance_token, content_token, object_id, pack_id, pack_offset,"
    f" sealed_bytes, sealed_header){_NOT_ERASED} ON CONFLICT DO NOTHING)"
)
_INSERT_INSTANCES: Final = (
    "new AS (INSERT INTO instances (patient_id, study_id, instance_token, series_id, object_id,"  # noqa: S608
    " pack_id, pack_offset, sealed_bytes, sealed_header)"
    " SELECT * FROM unnest(%b::uuid[], %b::uuid[], %b::bytea[], %b::uuid[], %b::uuid[],"
    " %b::uuid[], %b::bigint[], %b::bigint[], %b::bytea[])"
    " AS n (patient_id, study_id, instance_token, series_id, object_id, pack_id, pack_offset,"
    f" sealed_bytes, sealed_header){_NOT_ERASED} ON CONFLICT DO NOTHING"
    " RETURNING object_id, patient_id, study_id)"
)
_INSERT_WAITING: Final = (
    "waiting AS (INSERT INTO unfingerprinted (object_id, patient_id, study_id) SELECT * FROM new)"
)
"""What is new is still to be fingerprinted: in the same transaction, so that none is forgotten."""
_SERIES: Final = ("patient_id", "study_id", "series_token", "series_id", "sealed")
_PLACE: Final = ("object_id", "pack_id", "pack_offset", "sealed_bytes", "sealed_record")
_INSTANCE: Final = ("patient_id", "study_id", "instance_token", "series_id", *_PLACE)
_CONFLICT: Final = ("patient_id", "study_id", "instance_token", "content_token", *_PLACE)


class Repo:
    """Reads and writes of one process' pool. Raises DatabaseAway."""

    def __init__(self, pool: AsyncConnectionPool) -> None:
        self._pool = pool

    async def record(
        self,
        pack_id: UUID,
        pack_bytes: int,
        series: Sequence[NewSeries],
        instances: Sequence[NewInstance],
        conflicts: Sequence[NewInstance],
        events: Sequence[Noted] = (),
    ) -> set[UUID]:
        """Write a pack's rows in one transaction; the object ids of the instances that are new."""
        # One statement: each further one is a round trip that a sender waits for.
        beside = [_INSERT_PACK]
        values: list[object] = [pack_id, pack_bytes, PACK_LIVE, _this_month()]
        if series:
            beside.append(_INSERT_SERIES)
            values += _columns(series, _SERIES)
        if conflicts:
            beside.append(_INSERT_CONFLICTS)
            values += _columns(conflicts, _CONFLICT)
        if events:
            beside.append(f"told AS ({INSERT_NOTED})")
            values += columns_of(events)
        beside += [_INSERT_INSTANCES, _INSERT_WAITING]
        values += _columns(instances, _INSTANCE)
        sql = f"WITH {', '.join(beside)} SELECT object_id FROM new".encode()  # noqa: S608
        with database_errors():
            async with self._pool.connection() as connection:
                rows = await connection.execute(sql, values, binary=True)
                return {object_id for (object_id,) in await rows.fetchall()}

    async def instance_tokens(self, patient_id: UUID, study_id: UUID) -> set[bytes]:
        """The tokens of a study's instances."""
        rows = await self._fetch(
            "SELECT instance_token FROM instances WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )
        return {row[0] for row in rows}

    async def instances(self, patient_id: UUID, study_id: UUID) -> list[InstanceRow]:
        """All instances of a study."""
        return await self._fetch(
            f"SELECT {_INSTANCE_COLUMNS} FROM instances"  # noqa: S608
            " WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )

    async def instance(
        self, patient_id: UUID, study_id: UUID, instance_token: bytes
    ) -> InstanceRow | None:
        """One instance by its token."""
        rows = await self._fetch(
            f"SELECT {_INSTANCE_COLUMNS} FROM instances"  # noqa: S608
            " WHERE patient_id = %s AND study_id = %s AND instance_token = %s",
            (patient_id, study_id, instance_token),
        )
        return rows[0] if rows else None

    async def instance_count(self, patient_id: UUID, study_id: UUID) -> int:
        """How many instances a study has."""
        rows = await self._fetch(
            "SELECT count(*) FROM instances WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )
        return int(rows[0][0])

    async def series(self, patient_id: UUID, study_id: UUID) -> list[tuple[UUID, bytes]]:
        """Id and sealed attributes of a study's series."""
        return await self._fetch(
            "SELECT series_id, sealed FROM series WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )

    async def metadata(
        self, patient_id: UUID, study_id: UUID
    ) -> dict[UUID, tuple[int, UUID, bytes]]:
        """The metadata documents of a study: by series, (instances in it, object id, sealed)."""
        rows = await self._fetch(
            "SELECT series_id, instances, object_id, sealed FROM series_metadata"
            " WHERE patient_id = %s AND study_id = %s",
            (patient_id, study_id),
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    async def keep_metadata(
        self,
        patient_id: UUID,
        study_id: UUID,
        series_id: UUID,
        instances: int,
        object_id: UUID,
        sealed: bytes,
    ) -> None:
        """Keep a series' metadata document; one of more instances is not replaced by fewer."""
        with database_errors():
            async with self._pool.connection() as connection:
                await connection.execute(
                    "INSERT INTO series_metadata"  # noqa: S608
                    " (patient_id, study_id, series_id, instances, object_id, sealed)"
                    " SELECT n.* FROM (VALUES (%s::uuid, %s::uuid, %s::uuid, %s::int, %s::uuid,"
                    " %s::bytea)) AS n (patient_id, study_id, series_id, instances, object_id,"
                    f" sealed){_NOT_ERASED}"
                    " ON CONFLICT (patient_id, study_id, series_id) DO UPDATE"
                    " SET instances = excluded.instances, object_id = excluded.object_id,"
                    " sealed = excluded.sealed"
                    " WHERE series_metadata.instances < excluded.instances",
                    (patient_id, study_id, series_id, instances, object_id, sealed),
                )

    async def _fetch(self, sql: str, parameters: Sequence[object]) -> list[tuple]:  # type: ignore[type-arg]
        with database_errors():
            async with self._pool.connection() as connection:
                cursor = await connection.execute(sql.encode(), parameters, binary=True)
                return await cursor.fetchall()


def _columns(rows: Sequence[object], fields: Sequence[str]) -> list[list[object]]:
    """The fields of all rows, by field; in the order of their keys.

    Whoever writes some of the same rows at the same time takes their locks in the same order.
    """
    found = sorted(map(attrgetter(*fields), rows))
    return [[row[at] for row in found] for at in range(len(fields))]


def _this_month() -> date:
    return datetime.now(UTC).date().replace(day=1)
