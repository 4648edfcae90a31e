"""What erasing somebody takes out of the database, in the transaction that logs it.

The key goes, and with it everything that it sealed, wherever a copy of it may be. What is left is
a tombstone: the patient's random id, and the keyed tokens of their numbers and studies, so that a
modality that sends the same images again does not bring the person back.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.consents import forget_consents
from segel.broker.folders import forget_folders
from segel.broker.health_link_rows import forget_links
from segel.broker.index import Index
from segel.broker.listings import forget_listed
from segel.broker.matching_pictures import forget_pictures
from segel.broker.matching_records import forget_records
from segel.broker.national import forget_told
from segel.broker.pairs import forget_pairs
from segel.broker.subscription_rows import forget_subscribed
from segel.broker.worklist import forget_due

ROWS: Final = ("series_metadata", "conflicts", "instances", "series")
"""The archive's rows of a study. Their bytes in the packs stay until the worker rewrites the packs:
sealed under a key that is nowhere."""


@dataclass(frozen=True, slots=True)
class Destroyed:
    """How much there was."""

    studies: int
    instances: int


async def destroy_patients(cursor: psycopg.AsyncCursor, patients: Sequence[UUID]) -> Destroyed:
    """Make tombstones of patients; again the same changes nothing."""
    ids = list(patients)
    await forget_pictures(cursor, ids)
    await forget_records(cursor, ids)
    await cursor.execute(
        "UPDATE patients SET wrapped_key = NULL, kept_keys = NULL, sealed = '',"
        " consent_mark = NULL"
        " WHERE patient_id = ANY(%s)",
        (ids,),
    )
    studies = await _deleted(cursor, "DELETE FROM studies WHERE patient_id = ANY(%s)", (ids,))
    counts = {
        table: await _deleted(
            cursor,
            f"DELETE FROM {table} WHERE patient_id = ANY(%s)",  # noqa: S608
            (ids,),
        )
        for table in ROWS
    }
    return Destroyed(studies, counts["instances"] + counts["conflicts"])


async def destroy_study(cursor: psycopg.AsyncCursor, patient_id: UUID, study_id: UUID) -> Destroyed:
    """Take one study's rows; its token stays, so that it is not stored anew.

    Its key is destroyed by giving the patient another one (``patient_keys``).
    """
    await forget_pictures(cursor, [patient_id], study_id)
    both = (patient_id, study_id)
    studies = await _deleted(
        cursor, "DELETE FROM studies WHERE patient_id = %s AND study_id = %s", both
    )
    counts = {
        table: await _deleted(
            cursor,
            f"DELETE FROM {table} WHERE patient_id = %s AND study_id = %s",  # noqa: S608
            both,
        )
        for table in ROWS
    }
    return Destroyed(studies, counts["instances"] + counts["conflicts"])


async def forget_index_tokens(
    cursor: psycopg.AsyncCursor,
    index: Index,
    patients: Sequence[UUID],
    study_id: UUID | None = None,
) -> None:
    """Take the tokens that no search needs any more: patients', or those of one study. With a
    patient goes also which searches listed them, and with whom they were compared.

    Apart from the rest because it reads the whole index: not while others wait for the ledger.
    """
    await cursor.execute("SET LOCAL statement_timeout = '1h'")  # of six million patients: minutes
    await cursor.execute(
        "DELETE FROM index_tokens WHERE patient_id = ANY(%s) AND (%s::uuid IS NULL OR target = %s)",
        (list(patients), study_id, study_id),
    )
    if study_id is None:
        await forget_pairs(cursor, index, patients)
        await forget_folders(cursor, index, patients)
        await forget_told(cursor, index, list(patients))
        await forget_due(cursor, index, patients)
        await forget_subscribed(cursor, index, patients)
        await forget_links(cursor, index, patients)
        await forget_consents(cursor, index, patients)
        for patient in patients:
            await forget_listed(cursor, index, patient)


async def _deleted(cursor: psycopg.AsyncCursor, sql: str, values: Sequence[object]) -> int:
    await cursor.execute(sql.encode(), values)
    return cursor.rowcount
