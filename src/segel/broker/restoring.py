"""Starting on a database that may be older than its keys: yesterday's backup, put back.

The wrapped keys' backup says below which label nothing opens any more. A database whose floor is
lower is from before: its keys are replaced by those in the backup, and whoever is not in there was
erased since and becomes a tombstone again. One transaction: broken off, it never happened.
"""

from pathlib import Path
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker import key_backup
from segel.broker.destruction import destroy_patients
from segel.broker.keyring import Keyring
from segel.broker.secrets import BrokerSecrets, load_secrets, replace_secrets
from segel.keys import Kms

_BELOW = (
    "p.wrapped_key IS NOT NULL AND h.hospital_id = p.hospital_id"
    " AND substring(p.wrapped_key FROM 1 FOR 5) < h.key_floor"
)

log = structlog.get_logger()


async def restored(
    pool: AsyncConnectionPool, kms: Kms, folder: Path
) -> tuple[Keyring, BrokerSecrets]:
    """The keyring and the secrets of a database that is in step with its keys.

    Raises KmsError, and KeyBackupBroken where an older database needs the backup and cannot have
    it.
    """
    head = key_backup.read_head(folder)
    async with pool.connection() as connection:
        keyring, secrets = await load_secrets(connection, kms, head.secrets if head else None)
    if head is not None:
        async with pool.connection() as connection, connection.transaction():
            await _heal(connection, head, folder, secrets)
    return keyring, secrets


async def _heal(
    connection: psycopg.AsyncConnection,
    head: key_backup.Head,
    folder: Path,
    secrets: BrokerSecrets,
) -> None:
    async with connection.cursor() as cursor:
        await cursor.execute("SELECT hospital_id, key_floor FROM hospitals FOR UPDATE")
        older = {
            hospital_id: head.floors[str(hospital_id)]
            for hospital_id, floor in await cursor.fetchall()
            if floor < head.floors.get(str(hospital_id), b"")
        }
        if not older:
            return
        key_backup.verify(folder, secrets)
        await replace_secrets(cursor, head.secrets)
        for hospital_id, floor in older.items():
            await cursor.execute(
                "UPDATE hospitals SET key_floor = %s WHERE hospital_id = %s", (floor, hospital_id)
            )
        for rows in key_backup.read_rows(folder):
            await cursor.execute(
                "UPDATE patients p SET wrapped_key = k.wrapped FROM hospitals h,"  # noqa: S608
                " unnest(%s::uuid[], %s::bytea[]) AS k (patient_id, wrapped)"
                f" WHERE p.patient_id = k.patient_id AND {_BELOW}",
                ([one for one, _ in rows], [wrapped for _, wrapped in rows]),
                binary=True,
            )
        await cursor.execute(
            f"SELECT p.patient_id FROM patients p, hospitals h WHERE {_BELOW}"  # noqa: S608
        )
        erased: list[UUID] = [row[0] for row in await cursor.fetchall()]
        await destroy_patients(cursor, erased)
    log.warning("older database brought up to its keys", count=len(erased))
