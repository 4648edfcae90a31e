"""Starting on a database that may be older than its keys: yesterday's backup, put back.

The wrapped keys' backup says below which label nothing opens any more. A database whose floor is
lower is from before: its keys are replaced by those in the backup, and whoever is not in there was
erased since and becomes a tombstone again, as does every study that was erased by itself. One
transaction: broken off, it never happened.
"""

from datetime import date
from pathlib import Path
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import AsyncConnectionPool

from segel.broker import key_backup
from segel.broker.destruction import destroy_patients, destroy_study, forget_index_tokens
from segel.broker.erasure import Erasure
from segel.broker.erasure_rows import Row as ErasureRow
from segel.broker.erasure_rows import open_erasure
from segel.broker.generations import Generations
from segel.broker.index import Index
from segel.broker.keyring import Keyring
from segel.broker.matching_pictures import forget_all_pictures
from segel.broker.matching_records import forget_register
from segel.broker.secrets import BrokerSecrets, load_secrets, replace_secrets

_BELOW = (
    "p.wrapped_key IS NOT NULL AND h.hospital_id = p.hospital_id"
    " AND substring(p.wrapped_key FROM 1 FOR 5) < h.key_floor"
)

log = structlog.get_logger()


async def restored(
    pool: AsyncConnectionPool, generations: Generations, folder: Path
) -> tuple[Keyring, BrokerSecrets]:
    """The keyring and the secrets of a database that is in step with its keys.

    Raises KmsError, and KeyBackupBroken where an older database needs the backup and cannot have
    it.
    """
    head = key_backup.read_head(folder)
    async with pool.connection() as connection:
        keyring, secrets = await load_secrets(
            connection, generations, head.secrets if head else None
        )
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
        await forget_all_pictures(cursor, list(older))
        await forget_register(cursor, list(older))
        for rows in key_backup.read_rows(folder):
            await cursor.execute(
                "UPDATE patients p SET wrapped_key = k.wrapped, kept_keys = k.kept"  # noqa: S608
                " FROM hospitals h, unnest(%b::uuid[], %b::bytea[], %b::bytea[])"
                " AS k (patient_id, wrapped, kept)"
                f" WHERE p.patient_id = k.patient_id AND {_BELOW}",
                [[row[at] for row in rows] for at in range(3)],
                binary=True,
            )
        await cursor.execute(
            f"SELECT p.patient_id FROM patients p, hospitals h WHERE {_BELOW}"  # noqa: S608
        )
        erased: list[UUID] = [row[0] for row in await cursor.fetchall()]
        index = Index(secrets.index)
        await destroy_patients(cursor, erased)
        await forget_index_tokens(cursor, index, erased)
        for row, month in key_backup.read_tombstones(folder):
            await _bury(cursor, index, open_erasure(secrets, row), row, month)
    log.warning("older database brought up to its keys", count=len(erased))


async def _bury(
    cursor: psycopg.AsyncCursor, index: Index, erasure: Erasure, row: ErasureRow, month: date
) -> None:
    """Have an erasure known, and what it erased gone, in a database from before it."""
    patient, study = erasure.patient_id, erasure.study_id
    await cursor.execute(
        "INSERT INTO erasures (erasure_id, patient_id, study_id, hospital_id, state, sealed, month)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (erasure_id) DO UPDATE"
        " SET state = excluded.state, sealed = excluded.sealed"
        " WHERE erasures.state < excluded.state",
        (*row, month),
    )
    # Of somebody who came after the copy was made, not even the numbers are there.
    await cursor.executemany(
        "INSERT INTO unique_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [(token, target, patient) for token, target in erasure.record.tokens],
    )
    if study is None:
        await cursor.execute(
            "INSERT INTO patients (patient_id, hospital_id, sealed, month)"
            " VALUES (%s, %s, '', %s) ON CONFLICT DO NOTHING",
            (patient, erasure.hospital_id, month),
        )
        await destroy_patients(cursor, [patient])
    else:
        await destroy_study(cursor, patient, study)
    await forget_index_tokens(cursor, index, [patient], study)
