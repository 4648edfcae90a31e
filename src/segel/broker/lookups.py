"""Looks for many keys at once, each in the one partition where it can lie.

``token = ANY(array)`` is planned before the array is known, and looks for every token in all of the
sixteen partitions. Taken one by one out of ``unnest``, each is led to its partition while the
statement runs. The LIMIT within is what one key finds at most; and as nothing moves across it, no
plan ever joins whole tables, however the sizes of hospitals and days mislead the planner.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

import psycopg

_HOLDERS: Final = (
    "SELECT wanted.token, found.target, found.patient_id"
    " FROM unnest(%b::bytea[]) AS wanted (token), LATERAL"
    " (SELECT t.target, t.patient_id FROM unique_tokens t WHERE t.token = wanted.token LIMIT 1)"
    " found"
)
_INDEXED: Final = (
    "SELECT found.target, found.patient_id"
    " FROM unnest(%(tokens)b::bytea[]) AS wanted (token), LATERAL"
    " (SELECT t.target, t.patient_id FROM index_tokens t WHERE t.token = wanted.token"
    " LIMIT %(limit)s) found LIMIT %(limit)s"
)


async def holders(
    cursor: psycopg.AsyncCursor, tokens: Iterable[bytes]
) -> dict[bytes, tuple[UUID, UUID]]:
    """Of tokens that name at most one patient or study: target and patient of those that do."""
    await cursor.execute(_HOLDERS, (list(tokens),))
    return {token: (target, patient) for token, target, patient in await cursor.fetchall()}


async def indexed(
    cursor: psycopg.AsyncCursor, tokens: Iterable[bytes], limit: int
) -> list[tuple[UUID, UUID]]:
    """Targets and patients that any of these tokens leads to, ``limit`` at most; one that several
    lead to comes as often."""
    await cursor.execute(_INDEXED, {"tokens": list(tokens), "limit": limit})
    return await cursor.fetchall()
