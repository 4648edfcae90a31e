"""Numbers that several people have: they find everybody who has them, and link nobody's rows.

A family card, a mother's NIK, a phone. Were such a number one token, a copied table would show
which rows are a family's. So it has ``SHARED_MAX`` tokens, its *places*, and each patient
who has it takes one that is free: no token stands in two rows. A query looks for all of them. Every
patient has ``SHARED_TOKENS`` rows of this kind; what is missing is chaff. Decision 041.
"""

from collections.abc import Iterable, Iterator
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.index import Index
from segel.domain.identifiers import NumberKind
from segel.domain.patient import PHONES_MAX, PatientIdentity

SHARED_MAX: Final = 64
"""Patients who are found by the same number: a large family, a boarding house. A number of more
(that of the hospital itself, written for whoever has none) leads to nobody and is refused."""

SHARED_TOKENS: Final = 2 + PHONES_MAX
CHAFF_FROM: Final = 16
"""Where this chaff is counted from: names have the numbers below."""


def places(index: Index, hospital_id: UUID, kind: NumberKind, number: str) -> list[bytes]:
    """Every token of a number."""
    return [index.shared(hospital_id, kind, number, place) for place in range(SHARED_MAX)]


async def place(
    cursor: psycopg.AsyncCursor,
    index: Index,
    hospital_id: UUID,
    patient_id: UUID,
    identity: PatientIdentity,
) -> None:
    """Write the tokens of a patient who has none yet. One for whom no place is left is not found by
    that number; nor is anybody else, as the query says."""
    tokens = chaff(index, patient_id)
    for at, (kind, number) in enumerate(_numbers(identity)):
        wanted = places(index, hospital_id, kind, number)
        # Of two who come at once the second sees what the first has taken.
        await cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", (int.from_bytes(wanted[0][:8], "big", signed=True),)
        )
        await cursor.execute("SELECT token FROM index_tokens WHERE token = ANY(%s)", (wanted,))
        taken = {bytes(row[0]) for row in await cursor.fetchall()}
        tokens[at] = next((one for one in wanted if one not in taken), tokens[at])
    await cursor.executemany(
        "INSERT INTO index_tokens (token, target, patient_id) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [(token, patient_id, patient_id) for token in sorted(tokens)],
    )


async def place_anew(
    cursor: psycopg.AsyncCursor,
    index: Index,
    hospital_id: UUID,
    patient_id: UUID,
    before: PatientIdentity,
    after: PatientIdentity,
) -> None:
    """Write the tokens of a patient whose numbers were others; the same change nothing."""
    was = list(_numbers(before))
    if was == list(_numbers(after)):
        return
    gone = [one for kind, number in was for one in places(index, hospital_id, kind, number)]
    await cursor.execute(
        "DELETE FROM index_tokens WHERE token = ANY(%b::bytea[]) AND target = %s",
        (gone + chaff(index, patient_id), patient_id),
    )
    await place(cursor, index, hospital_id, patient_id, after)


def chaff_rows(index: Index, patients: Iterable[UUID]) -> Iterator[tuple[bytes, UUID, UUID]]:
    """The rows of patients who have no such number."""
    for patient in patients:
        yield from ((token, patient, patient) for token in chaff(index, patient))


def chaff(index: Index, patient_id: UUID) -> list[bytes]:
    return [index.chaff(patient_id, CHAFF_FROM + number) for number in range(SHARED_TOKENS)]


def _numbers(who: PatientIdentity) -> Iterator[tuple[NumberKind, str]]:
    if who.family_card:
        yield NumberKind.FAMILY_CARD, who.family_card
    if who.mothers_nik:
        yield NumberKind.MOTHERS_NIK, who.mothers_nik
    for phone in who.phones[:PHONES_MAX]:
        yield NumberKind.PHONE, phone
