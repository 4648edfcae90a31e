"""What is sent to be compared under a warrant, rows or pictures: read, compared, told."""

import struct
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec

from segel.broker.decoys import DecoyMarks
from segel.broker.errors import CaseUnclear
from segel.broker.matchers import Matchers
from segel.broker.matching_port import NOBODY, Found, Seen
from segel.broker.messages import ChanceLine, PictureAnswers, RowAnswers, WarrantState
from segel.broker.messages.warrants import BATCH_PICTURES_MAX, BATCH_ROWS_MAX, SUMS_FROM
from segel.broker.warrant_rows import split
from segel.broker.warrant_rules import Recognised, WarrantRecord
from segel.domain.leak_rows import PersonRow
from segel.domain.picture_records import ASKED_BYTES_MAX, DIGEST_BYTES, AskedPicture
from segel.sealing.pseudonyms import Pseudonyms

ALL_AGREE = 0xFFFF
"""Of a picture: it is the archive's own, and nobody has it who was not in it."""

A = TypeVar("A", RowAnswers, PictureAnswers)
A_co = TypeVar("A_co", RowAnswers, PictureAnswers, covariant=True)


class Batch(Protocol[A_co]):
    """A batch that was read; what it asks for is known once ``compare`` was called."""

    count: int
    """Rows, or pictures."""
    is_telling: bool
    """Whether asking for few, or for a decoy, is what a prober does: who has a picture of somebody
    has it from the archive."""
    what: str
    body: bytes

    async def compare(self, matchers: Matchers, warrant_id: UUID) -> int:
        """Have it compared; of how many something was said. Raises BrokerUnavailable."""

    def recognised(self, marks: DecoyMarks, codes: Pseudonyms) -> list[Recognised]:
        """Who was, in the order of their places."""

    def answer(
        self, codes: Pseudonyms, answered: int, record: WarrantRecord, state: WarrantState
    ) -> A_co:
        """What is told of the first so many."""


class RowBatch:
    """``few``: rows of one field are compared, too; ``chance``: what random people's would show."""

    is_telling = True
    what = "rows"

    def __init__(self, body: bytes, *, few: bool, chance: bool) -> None:
        """Raises CaseUnclear."""
        self.body = body
        self.count = len(_read(body, PersonRow, BATCH_ROWS_MAX, self.what))
        self._few = few
        self._chance = chance
        self._found: Found | None = None

    async def compare(self, matchers: Matchers, warrant_id: UUID) -> int:
        """See ``Batch``."""
        self._found = await matchers.compare(
            warrant_id, self.body, few=self._few, chance=self._chance
        )
        return len(self._found.levels)

    def recognised(self, marks: DecoyMarks, codes: Pseudonyms) -> list[Recognised]:
        """See ``Batch``."""
        assert self._found is not None, "compare() first"
        agreeing = struct.unpack(f"<{self.count}H", self._found.agreeing)
        return _recognised(self._found.patients, marks, codes, agreeing)

    def answer(
        self, codes: Pseudonyms, answered: int, record: WarrantRecord, state: WarrantState
    ) -> RowAnswers:
        """See ``Batch``."""
        found, many = self._found, answered >= SUMS_FROM
        assert found is not None, "compare() first"
        return RowAnswers(
            answered=answered,
            pseudonyms=_told(codes, found.patients, answered),
            levels=found.levels[:answered],
            bits=found.bits[: 4 * answered],
            agreeing=found.agreeing[: 2 * answered],
            contradicting=found.contradicting[:answered],
            recognised=sum(map(bool, found.levels[:answered])),
            ambiguous=sum(found.ambiguous[:answered]) if many else -1,
            alike=sum(found.alike[:answered]) if many else -1,
            unasked=answered - sum(found.asked[:answered]),
            state=state,
            rows_left=record.rows_max - record.rows,
            people_left=record.people_max - record.people,
            chance=ChanceLine(*found.chance) if many and found.chance is not None else None,
        )


class PictureBatch:
    """Pictures; each counts as a row."""

    is_telling = False
    what = "pictures"

    def __init__(self, body: bytes) -> None:
        """Raises CaseUnclear."""
        self.body = body
        pictures = _read(body, AskedPicture, BATCH_PICTURES_MAX, self.what)
        if any(
            len(one.pixel_sha256) != DIGEST_BYTES or len(one.shown) > ASKED_BYTES_MAX
            for one in pictures
        ):
            raise CaseUnclear("These are no pictures as they are asked for.", field=self.what)
        self.count = len(pictures)
        self._seen: Seen | None = None

    async def compare(self, matchers: Matchers, warrant_id: UUID) -> int:
        """See ``Batch``."""
        self._seen = await matchers.compare_pictures(warrant_id, self.body)
        return len(self._seen.how)

    def recognised(self, marks: DecoyMarks, codes: Pseudonyms) -> list[Recognised]:
        """See ``Batch``."""
        assert self._seen is not None, "compare() first"
        return _recognised(self._seen.patients, marks, codes, (ALL_AGREE,) * self.count)

    def answer(
        self, codes: Pseudonyms, answered: int, record: WarrantRecord, state: WarrantState
    ) -> PictureAnswers:
        """See ``Batch``."""
        seen = self._seen
        assert seen is not None, "compare() first"
        return PictureAnswers(
            answered=answered,
            pseudonyms=_told(codes, seen.patients, answered),
            series=_told(codes, seen.series, answered),
            instances=_told(codes, seen.instances, answered),
            how=seen.how[:answered],
            inliers=seen.inliers[: 2 * answered],
            bits=seen.bits[: 4 * answered],
            state=state,
            rows_left=record.rows_max - record.rows,
            people_left=record.people_max - record.people,
        )


S = TypeVar("S", PersonRow, AskedPicture)


def _read(packed: bytes, kind: type[S], most: int, field: str) -> list[S]:
    """What was sent. Raises CaseUnclear."""
    try:
        found = msgspec.msgpack.decode(packed, type=list[kind])  # type: ignore[valid-type]
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise CaseUnclear(f"These are no {field}.", field=field) from None
    if not 1 <= len(found) <= most:
        raise CaseUnclear(
            f"There are no {field}, or too many.", field=field, remedy=f"Send 1 to {most} at once."
        )
    return found


def _recognised(
    patients: bytes, marks: DecoyMarks, codes: Pseudonyms, agreeing: tuple[int, ...]
) -> list[Recognised]:
    persons, those = split(codes.of(patients)), split(patients)
    decoys = {one: marks.is_decoy(UUID(bytes=one)) for one in set(those) if one != NOBODY}
    return [
        Recognised(place, persons[place], agreeing[place], decoys[one])
        for place, one in enumerate(those)
        if one != NOBODY
    ]


def _told(codes: Pseudonyms, ids: bytes, answered: int) -> bytes:
    """The pseudonyms of the first so many, those of nobody among them."""
    return b"".join(
        NOBODY if real == NOBODY else made
        for real, made in zip(
            split(ids[: 16 * answered]), split(codes.of(ids[: 16 * answered])), strict=True
        )
    )
