"""Whose marks were found in what leaked: recipients of pictures, recipients of bulk exports.

All who ever got a mark are candidates, whatever else is known of the case. An answer is a count or
a name, and never which row or id led to it: whoever asks has no way to look for patients by this.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from psycopg_pool import AsyncConnectionPool

from segel.broker.directory import Directory
from segel.broker.errors import CaseUnclear
from segel.broker.export_marks import ExportDecoy, ExportMark, ExportMarks
from segel.broker.index import Index
from segel.broker.messages.marks import (
    PICTURES_MAX,
    READINGS_MAX,
    ROW_NUMBERS_MAX,
    ROW_WORDS_MAX,
    ROWS_MAX,
    ExportedTo,
    MarkedFor,
    MarksNamed,
    RowsNamed,
    RowText,
)
from segel.broker.picture_marks import PictureMarks
from segel.domain.cases import PEOPLE_MAX
from segel.sealing import reals

if TYPE_CHECKING:  # mathematics that no other question needs
    from segel.domain.marks import Named

SIGNS_MIN: Final = 256
SIGNS_MAX: Final = 4_096
"""Of a reading."""

CHUNK: Final = 4_096
"""Marks that are compared at once: 20 MB of signs."""

TOGETHER: Final = -1
RANDOM_IDS: Final = 2.0**128
"""What a pseudonym of another recipient, or any other id, is turned into: one of so many."""

Recipient = tuple[UUID, str]
"""A hospital whose export it was, and the recipient's name as keys are made of it."""


class Tracing:
    """Compares what was read with all that was given out."""

    def __init__(
        self,
        pool: AsyncConnectionPool,
        pictures: PictureMarks,
        exports: ExportMarks,
        directory: Directory,
        index: Index,
    ) -> None:
        self._pool = pool
        self._pictures = pictures
        self._exports = exports
        self._directory = directory
        self._index = index

    @property
    def carrier(self) -> bytes:
        """What reads marks."""
        return self._pictures.carrier

    # --- pictures -----------------------------------------------------------------------------

    async def pictures(self, pictures: Sequence[Sequence[bytes]]) -> MarksNamed:
        """Whose marks pictures bear, each by itself and all together. Raises CaseUnclear."""
        checked_readings(pictures)
        given = await self._pictures.given()
        found, tries, needed = await asyncio.to_thread(self._compared, pictures, list(given))
        people = await self._directory.people([given[one.candidate].account_id for _, one in found])
        named = []
        for picture, one in found:
            record = given[one.candidate]
            account, hospital = people.get(record.account_id, (None, None))
            named.append(
                MarkedFor(
                    picture=picture,
                    mark_id=one.candidate,
                    account_id=record.account_id,
                    account=account.name if account else "",
                    role=account.role if account else None,
                    hospital=hospital.name if hospital else "",
                    month=record.month,
                    score=one.score,
                    false_odds=one.false_odds,
                )
            )
        return MarksNamed(tuple(named), len(given), tries, needed)

    def _compared(
        self, pictures: Sequence[Sequence[bytes]], marks: Sequence[UUID]
    ) -> tuple[list[tuple[int, "Named"]], int, float]:
        """Who is named by which picture; comparisons; the score that it takes. For a thread."""
        import numpy as np

        from segel.domain.marks import message_of, named, threshold, together

        each = [[np.frombuffer(one, "<f4") for one in readings] for readings in pictures]
        readings = [reading for those in each for reading in those]
        places = [at for at, those in enumerate(each) for _ in those]
        if not all(np.isfinite(one).all() for one in readings):
            raise CaseUnclear("This is no reading of a mark.", field="pictures")
        best = [those[0] for those in each if those]
        if len(best) > 1:
            readings.append(together(best))
            places.append(TOGETHER)
        tries = len(marks) * len(readings)
        found: list[tuple[int, Named]] = []
        for first in range(0, len(marks) if readings else 0, CHUNK):
            some = marks[first : first + CHUNK]
            messages = np.stack(
                [message_of(self._pictures.message_key(one), len(readings[0])) for one in some]
            )
            # Each place by itself: somebody may be named by one picture and others by another.
            for place in sorted(set(places)):
                those = [one for at, one in zip(places, readings, strict=True) if at == place]
                found += [(place, one) for one in named(those, some, messages, tries=tries)]
        found.sort(key=lambda pair: (pair[0], -pair[1].score))
        return found, tries, threshold(tries)

    # --- rows ---------------------------------------------------------------------------------

    async def rows(self, case_id: UUID, ids: Sequence[UUID], rows: Sequence[RowText]) -> RowsNamed:
        """To whom rows were exported. Raises CaseUnclear."""
        if len(ids) > ROWS_MAX or len(rows) > ROWS_MAX:
            raise CaseUnclear(
                "That is too many rows at once.",
                field="rows",
                remedy=f"Ask of at most {ROWS_MAX} in one question.",
            )
        if any(
            len(one.numbers) > ROW_NUMBERS_MAX or len(one.words) > ROW_WORDS_MAX for one in rows
        ):
            raise CaseUnclear("A row says too much.", field="rows")
        given = await self._exports.all()
        by_recipient: dict[Recipient, list[UUID]] = defaultdict(list)
        for export_id, mark in given.items():
            by_recipient[mark.hospital_id, mark.recipient.casefold()].append(export_id)
        ids = list(dict.fromkeys(ids))
        known, real = await self._known(ids, by_recipient, given)
        invented = await asyncio.to_thread(_invented, rows, given)
        named = []
        for recipient, exports in by_recipient.items():
            met = {one: invented[one] for one in exports if invented.get(one)}
            if not known[recipient] and not met:
                continue
            hospital = await self._directory.hospital(recipient[0])
            named.append(
                ExportedTo(
                    recipient=given[exports[0]].recipient,
                    hospital=hospital.name,
                    exports=tuple(met or exports),
                    ids=known[recipient],
                    decoys=tuple(
                        sorted(
                            self._index.met_decoy(case_id, decoy)
                            for those in met.values()
                            for decoy in those
                        )
                    ),
                    decoys_made=sum(len(given[one].decoys) for one in exports),
                )
            )
        named.sort(key=lambda one: (-len(one.decoys), -one.ids, one.recipient))
        odds = len(ids) * len(by_recipient) * PEOPLE_MAX / RANDOM_IDS
        return RowsNamed(tuple(named), len(by_recipient), real, odds)

    async def _known(
        self,
        ids: Sequence[UUID],
        by_recipient: Mapping[Recipient, Sequence[UUID]],
        given: Mapping[UUID, ExportMark],
    ) -> tuple[dict[Recipient, int], int]:
        """How many ids are pseudonyms, of whom; and how many are patients' own ids here."""
        if not ids:
            return dict.fromkeys(by_recipient, 0), 0
        found = {}
        for recipient, exports in by_recipient.items():
            key = self._index.pseudonyms(*recipient)
            turned = await asyncio.to_thread(reals, key, ids)
            decoys = {one.patient_id for export in exports for one in given[export].decoys}
            found[recipient] = await self._held(turned) + len(decoys & set(turned))
        return found, await self._held(ids)

    async def _held(self, ids: Iterable[UUID]) -> int:
        async with self._pool.connection() as connection:
            row = await (
                await connection.execute(
                    "SELECT count(*) FROM patients WHERE patient_id = ANY(%b::uuid[])", (list(ids),)
                )
            ).fetchone()
        return int(row[0]) if row else 0


def checked_readings(pictures: Sequence[Sequence[bytes]]) -> None:
    """Return where these are readings of one length. Raises CaseUnclear."""
    lengths = {len(one) for readings in pictures for one in readings}
    if len(pictures) > PICTURES_MAX or any(len(one) > READINGS_MAX for one in pictures):
        raise CaseUnclear(
            "That is too many pictures at once.",
            field="pictures",
            remedy=f"Ask of at most {PICTURES_MAX} in one question.",
        )
    if len(lengths) > 1 or any(
        one % 4 or not SIGNS_MIN <= one // 4 <= SIGNS_MAX for one in lengths
    ):
        raise CaseUnclear("This is no reading of a mark.", field="pictures")


def _invented(rows: Sequence[RowText], given: Mapping[UUID, ExportMark]) -> dict[UUID, set[UUID]]:
    """Of each export, who of those invented for it is in rows: by number and name, both."""
    by_number: dict[str, list[tuple[UUID, ExportDecoy]]] = defaultdict(list)
    for export_id, mark in given.items():
        for decoy in mark.decoys:
            if decoy.identity.nik:
                by_number[decoy.identity.nik].append((export_id, decoy))
            by_number[decoy.identity.patient_id].append((export_id, decoy))
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for row in rows:
        words = {one.upper() for one in row.words}
        for number in {*row.numbers, *row.words}:
            for export_id, decoy in by_number.get(number, ()):
                if name_words(decoy.identity.name) <= words:
                    found[export_id].add(decoy.patient_id)
    return found


def name_words(name: str) -> set[str]:
    """The words of a DICOM name (PS3.5 § 6.2.1), in capitals."""
    return {one for one in name.upper().replace("^", " ").split() if one}
