"""What an erasure is: who is meant, on which ground, and how far it is. Pure.

::

    ORDERED ─▶ DESTROYED ─▶ ROTATED ─▶ COMPLETE
             │            │          └ older copies open nothing; the certificate is signed
             │            └ the hospital's KEK has a new version; every key is to be wrapped anew
             └ key and rows are gone from the database, in the transaction that logs it

From DESTROYED on it cannot be stopped: whatever breaks it off, the next broker goes on.
"""

from datetime import date
from enum import IntEnum, StrEnum
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.errors import ErasureRefused
from segel.domain.subject_requests import RETENTION_ARTICLE

RETENTION_YEARS: Final = 25
"""At least, from the last visit: Permenkes 24/2022 Pasal 39(1). A setting may make it more."""

REFERENCE: Final = r"[A-Za-z0-9][A-Za-z0-9./-]{0,63}"
"""The number of a letter or ticket. It stands in the certificate: no room for a sentence."""


class Ground(StrEnum):
    """Why the law wants it gone."""

    RETENTION_OVER = "retention-over"
    REQUEST = "request"
    UNLAWFUL = "unlawful"
    MISFILED = "misfiled"
    """Stored by mistake under somebody else: the image of a wrong patient."""
    ORDER = "order"


ARTICLES: Final = {
    Ground.RETENTION_OVER: "UU 27/2022 Pasal 44; Permenkes 24/2022 Pasal 39(1)",
    Ground.REQUEST: "UU 27/2022 Pasal 43; Permenkes 24/2022 Pasal 39(1)",
    Ground.UNLAWFUL: "UU 27/2022 Pasal 43 and 44",
    Ground.MISFILED: "UU 27/2022 Pasal 43 and 44",
    Ground.ORDER: "a court's or an authority's order",
}
_BOUND_BY_RETENTION: Final = (Ground.RETENTION_OVER, Ground.REQUEST)


class ErasureState(IntEnum):
    """How far it is."""

    ORDERED = 0
    DESTROYED = 1
    ROTATED = 2
    COMPLETE = 3


class RetiredKek(msgspec.Struct, frozen=True):
    """Where keys died: a KMS, its generation, and the last version of the KEK that it forgot.

    ``last_version`` 0: the KEK as a whole.
    """

    adapter: str
    generation: int
    last_version: int


class ErasureRecord(msgspec.Struct, frozen=True, kw_only=True):
    """Sealed in the row of an erasure; times are Unix times, 0 for not yet.

    ``early``: a medical record that the law would have had kept, with the ``reason`` in words;
    ``run_id``: the destruction run that it was part of.
    """

    ground: Ground
    reference: str
    ordered_by: UUID
    ordered_s: float
    studies: int
    instances: int
    since: str
    tokens: list[tuple[bytes, UUID]]
    early: bool = False
    reason: str = ""
    run_id: UUID | None = None
    approval_id: UUID | None = None
    approved_by: list[UUID] = []
    destroyed_s: float = 0.0
    label: bytes = b""
    completed_s: float = 0.0
    certificate: str = ""

    def __repr__(self) -> str:
        return f"ErasureRecord({self.ground})"


class Erasure(msgspec.Struct, frozen=True):
    """One row. ``study_id`` None: the whole patient."""

    erasure_id: UUID
    patient_id: UUID
    study_id: UUID | None
    hospital_id: UUID
    state: ErasureState
    record: ErasureRecord


def kept_until(last_visit: date | None, years: int) -> date | None:
    """The first day on which a record may go; None where nothing in it has to be kept."""
    return _years_later(last_visit, years) if last_visit else None


def is_early(ground: Ground, last_visit: date | None, years: int, today: date) -> bool:
    """Whether this ends a medical record before its time, which takes a reason and one person more.

    Raises ErasureRefused, with the article, where the ground does not reach so far.
    """
    until = kept_until(last_visit, years)
    if until is None or today >= until:
        return False
    if ground not in _BOUND_BY_RETENTION:
        return True
    raise ErasureRefused(
        f"A medical record is kept for at least {years} years from the last visit"
        f" ({RETENTION_ARTICLE}): this one until {until:%Y-%m}.",
        field="ground",
        remedy="Refuse the request with that article. What was obtained or stored against the"
        " law, or by mistake under somebody else, or is ordered to be destroyed, has a ground of"
        " its own.",
    )


def _years_later(day: date, years: int) -> date:
    return date(day.year + years, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
