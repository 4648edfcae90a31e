"""Which searches listed a patient: found for the patient without reading the whole log.

An entry of a search stands under no patient. A row here holds a token of the patient and of the
block of the log that the entry lies in, so that rows of one patient are linked with each other
only within a block, and with the patient's own rows nowhere (decision 025).
"""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.columns import columns
from segel.broker.index import Index
from segel.broker.writes import Write

BLOCK_ENTRIES: Final = 4_096
"""A patient's listings within so many entries share a token. A log of 100 million entries is
24,000 tokens to look for, a tenth of a second; a smaller block would link less and cost more."""

BLOCKS_AT_ONCE: Final = 512
"""Tokens looked for by one statement, newest first: most pages are full after the first."""


def listed_written(index: Index, listed: Iterable[tuple[UUID, int]]) -> Iterator[Write]:
    """Patients and the entries (leaf indexes) that list them, for the ledger's own transaction: an
    entry without its rows, or rows without their entry, cannot be."""
    # Sorted by the token: the order of the rows does not tell in which order patients were shown.
    rows = sorted((index.listed(patient, leaf // BLOCK_ENTRIES), leaf) for patient, leaf in listed)
    if rows:
        yield Write(
            "INSERT INTO audit_listings (token, leaf_index)"
            " SELECT * FROM unnest(%b::bytea[], %b::bigint[]) ON CONFLICT DO NOTHING",
            columns(rows),
        )


async def listed_before(
    cursor: psycopg.AsyncCursor, index: Index, patient: UUID, before: int, limit: int
) -> list[int]:
    """The newest entries below leaf ``before`` that list a patient, newest first."""
    found: list[int] = []
    for blocks in _blocks_back(before):
        await cursor.execute(
            "SELECT leaf_index FROM audit_listings WHERE token = ANY(%s) AND leaf_index < %s"
            " ORDER BY leaf_index DESC LIMIT %s",
            ([index.listed(patient, block) for block in blocks], before, limit - len(found)),
        )
        found += [row[0] for row in await cursor.fetchall()]
        if len(found) >= limit:
            break
    return found


async def forget_listed(cursor: psycopg.AsyncCursor, index: Index, patient: UUID) -> None:
    """Take every row of a patient: of somebody erased, nobody is to find which searches they
    were in."""
    await cursor.execute("SELECT size FROM log_head WHERE head_id = 1")
    row = await cursor.fetchone()
    for blocks in _blocks_back(row[0] if row else 0):
        await cursor.execute(
            "DELETE FROM audit_listings WHERE token = ANY(%s)",
            ([index.listed(patient, block) for block in blocks],),
        )


def _blocks_back(before: int) -> Iterator[range]:
    newest = (before - 1) // BLOCK_ENTRIES
    for start in range(newest, -1, -BLOCKS_AT_ONCE):
        yield range(start, max(start - BLOCKS_AT_ONCE, -1), -1)
