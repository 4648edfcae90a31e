"""What patients' own pages answer to "was I affected?": whom a case's warrants recognised is.

Nobody has to hold a list of them for that: an officer names warrants, and the broker knows of whom
they recognised. Each telling is an edition of its own, named before it counts, so that it counts
whole or not at all, of however many people; it takes the place of the one before.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec
from psycopg_pool import AsyncConnectionPool

from segel.broker.case_notices import require_for_patients
from segel.broker.case_rows import CaseRows, OpenCaseRow
from segel.broker.case_rules import (
    CaseContent,
    CaseRecord,
    Told,
    checked_text,
    number_of,
    require_open,
)
from segel.broker.cases import Cases, Deed
from segel.broker.errors import CaseUnclear
from segel.broker.index import Index
from segel.broker.ledger import Ledger
from segel.broker.messages.cases import AffectedLine, OwnAnswer, TellPatients, UntellPatients
from segel.broker.pairs import Pairs
from segel.broker.releases import Asker
from segel.broker.warrants import Warrants
from segel.domain.cases import Happening, Language

WARRANTS_MAX: Final = 50
NAMED_AT_ONCE: Final = 50_000
EDITIONS: Final = 1 << 31
"""Drawn: whoever tells at the same time names another one."""


class PatientsTold:
    """Tells, takes back, and answers."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        index: Index,
        cases: Cases,
        rows: CaseRows,
        warrants: Warrants,
        pairs: Pairs,
        ledger: Ledger,
    ) -> None:
        self._pool = pool
        self._index = index
        self._cases = cases
        self._rows = rows
        self._warrants = warrants
        self._pairs = pairs
        self._ledger = ledger

    async def tell(self, asker: Asker, asked: TellPatients) -> int:
        """Have patients' pages answer; for how many registrations yes. Raises CaseUnclear,
        CaseUnknown, CaseChanged, CaseOver, WarrantUnknown."""
        answers = _checked(asked.answers)
        if not 0 < len(asked.warrants) <= WARRANTS_MAX:
            raise CaseUnclear(f"Name one to {WARRANTS_MAX} warrants.", field="warrants")
        opened = await self._cases.found(asker, asked.case_id)
        require_open(opened.row.record)
        await require_for_patients(self._rows, opened, asked.notice_id)
        named: set[bytes] = set()
        for warrant_id in asked.warrants:
            named |= await self._warrants.recognised_ever(asker, opened, warrant_id)
        if not named:
            raise CaseUnclear(
                "These warrants recognised nobody.",
                field="warrants",
                remedy="Examine the evidence first, or name the warrant under which it was.",
            )
        told = Told(secrets.randbelow(EDITIONS), len(named), answers)
        told_s = self._ledger.now()

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            return (
                msgspec.structs.replace(record, told_s=told_s),
                msgspec.structs.replace(content, told=told),
            )

        proven = f"{told.people} people of {len(set(asked.warrants))} warrants"
        deed = Deed(Happening.RELEASED_TO_PATIENTS, proven=proven)
        try:
            await self._name(asked.case_id, told.edition, sorted(named))
            await self._cases.change(asker, asked.case_id, deed, make, seen=opened.row.version)
        except BaseException:
            await self._forget(asked.case_id, told.edition)
            raise
        await self._keep_only(asked.case_id, told.edition)
        return told.people

    async def untell(self, asker: Asker, asked: UntellPatients) -> None:
        """Take it back. Raises CaseUnclear, CaseUnknown, ReasonMissing."""
        reason = checked_text(asked.reason, "reason")

        def make(record: CaseRecord, content: CaseContent) -> tuple[CaseRecord, CaseContent]:
            if not record.told_s:
                raise CaseUnclear("Patients' pages say nothing of this case.", field="case")
            return (
                msgspec.structs.replace(record, told_s=0.0),
                msgspec.structs.replace(content, told=None),
            )

        deed = Deed(Happening.WITHDRAWN_FROM_PATIENTS, reason)
        await self._cases.change(asker, asked.case_id, deed, make, of_closed=True)
        await self._keep_only(asked.case_id, -1)

    async def answers(self, patient_id: UUID, language: Language) -> list[AffectedLine]:
        """What one patient's page says, case by case: of whichever registration of theirs."""
        told = [
            (one, one.content.told)
            for one in await self._rows.opened_many(await self._rows.told_of())
            if one.content.told is not None
        ]
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            persons = {patient_id, *await self._pairs.linked(cursor, [patient_id])}
            tokens = {
                self._index.affected(one.row.case_id, of.edition, person): one.row.case_id
                for one, of in told
                for person in persons
            }
            await cursor.execute(
                "SELECT token FROM leak_affected WHERE token = ANY(%b::bytea[])", (list(tokens),)
            )
            rows = await cursor.fetchall()
        on = {tokens[bytes(token)] for (token,) in rows}
        return [_line(one, of, language, is_on=one.row.case_id in on) for one, of in told]

    # --- how ----------------------------------------------------------------------------------

    async def _name(self, case_id: UUID, edition: int, patients: Sequence[bytes]) -> None:
        """Name patients in an edition that does not count yet."""
        for at in range(0, len(patients), NAMED_AT_ONCE):
            some = patients[at : at + NAMED_AT_ONCE]
            tokens = await asyncio.to_thread(self._tokens, case_id, edition, some)
            async with self._pool.connection() as connection:
                await connection.execute(
                    "INSERT INTO leak_affected (token, case_id, edition)"
                    " SELECT token, %s, %s FROM unnest(%b::bytea[]) AS t (token)"
                    " ON CONFLICT DO NOTHING",
                    (case_id, edition, tokens),
                )

    def _tokens(self, case_id: UUID, edition: int, patients: Sequence[bytes]) -> list[bytes]:
        # In the tokens' own order: how they came says nothing.
        return sorted(self._index.affected(case_id, edition, UUID(bytes=one)) for one in patients)

    async def _forget(self, case_id: UUID, edition: int) -> None:
        """An edition never counts."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM leak_affected WHERE case_id = %s AND edition = %s", (case_id, edition)
            )

    async def _keep_only(self, case_id: UUID, edition: int) -> None:
        """No other edition counts any more."""
        async with self._pool.connection() as connection:
            await connection.execute(
                "DELETE FROM leak_affected WHERE case_id = %s AND edition <> %s", (case_id, edition)
            )


def _checked(answers: Mapping[Language, OwnAnswer]) -> Mapping[Language, OwnAnswer]:
    """Texts in every language. Raises CaseUnclear."""
    if set(answers) != set(Language):
        raise CaseUnclear("The answer is in every language.", field="answers")
    return {
        language: OwnAnswer(
            checked_text(one.affected, "answers"), checked_text(one.unaffected, "answers")
        )
        for language, one in answers.items()
    }


def _line(one: OpenCaseRow, told: Told, language: Language, *, is_on: bool) -> AffectedLine:
    said = told.answers[language]
    return AffectedLine(
        number_of(one.row.case_id),
        one.row.record.told_s,
        is_on,
        said.affected if is_on else said.unaffected,
    )
