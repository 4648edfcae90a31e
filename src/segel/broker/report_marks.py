"""Which studies have been reported: keyed tokens, one for each, and nothing else.

A door writes the mark together with the report, from what the broker gave it with the study's key;
only the broker can tell of which study a mark is. Decoys have no reports, and would be the only
studies of an old day without one: one gets its mark when most of the studies before it have theirs.
(Decision 034.)
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.decoys import DecoyMarks
from segel.broker.index import Index

BEFORE: Final = 50
"""Real studies before a decoy's, by which it is told whether such studies are reported here."""

Known = tuple[UUID, UUID]
"""A study and its patient."""


class ReportMarks:
    """Makes and looks up the marks of one estate."""

    def __init__(self, index: Index, decoys: DecoyMarks) -> None:
        self._index = index
        self._decoys = decoys

    def of(self, study_id: UUID) -> bytes:
        """The mark of a study."""
        return self._index.reported(study_id)

    async def reported(
        self, cursor: psycopg.AsyncCursor, known: Sequence[Known], *, whole: bool
    ) -> set[UUID]:
        """Those of the studies, the newest first, that have been reported.

        ``whole``: they are the hospital's, not a selection, so that decoys are settled by them.
        """
        marks = {self.of(study_id): study_id for study_id, _ in known}
        await cursor.execute("SELECT mark FROM report_marks WHERE mark = ANY(%s)", (list(marks),))
        found = {marks[bytes(mark)] for (mark,) in await cursor.fetchall()}
        if whole and (due := self._due(known, found)):
            await cursor.execute(
                "INSERT INTO report_marks SELECT unnest(%s::bytea[]) ON CONFLICT DO NOTHING",
                ([self.of(study_id) for study_id in due],),
            )
            found |= due
        return found

    def _due(self, known: Sequence[Known], reported: set[UUID]) -> set[UUID]:
        """Decoys' studies that ought to have been reported."""
        due: set[UUID] = set()
        before: list[bool] = []  # of the real studies met so far, from the oldest on
        for study_id, patient_id in reversed(known):
            if not self._decoys.is_decoy(patient_id):
                before.append(study_id in reported)
            elif study_id not in reported:
                last = before[-BEFORE:]
                if 2 * sum(last) > len(last):
                    due.add(study_id)
        return due
