"""Does an order that is due answer a worklist query, and which days does one ask for? Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID

import msgspec

from segel.broker.candidates import ACCESSION, BIRTH_DATE, PATIENT_ID, PATIENT_NAME, STUDY_UID
from segel.broker.errors import QueryTooBroad
from segel.broker.messages import DueQuery
from segel.domain.dicom import JsonDataset
from segel.domain.matching import day_range, has_wildcard, is_universal, matches
from segel.domain.patient import PatientIdentity

START_DAY: Final = "00400002"
MODALITY: Final = "00080060"
STATION: Final = "00400001"

DAYS_MAX: Final = 7
"""Days of one query. A worklist is for what is done now; a month of it would be a census."""


class Due(msgspec.Struct, frozen=True, array_like=True):
    """What is sealed in a row."""

    patient_id: UUID
    resource_id: UUID
    day: str
    accession: str
    study_uid: str
    modalities: tuple[str, ...]
    stations: tuple[str, ...]


def matching(
    due: Sequence[Due], people: Mapping[UUID, PatientIdentity], query: DueQuery
) -> list[Due]:
    """What answers the query, as far as the broker knows of it."""
    known = {*_TAGS, *_PERSON}
    filters = {
        tag: value
        for tag, value in query.filters.items()
        # A number has led here: national numbers are asked for as the hospital's own are.
        if tag in known and not (tag == PATIENT_ID and named(query.filters, PATIENT_ID))
    }
    found = []
    for one in due:
        if (who := people.get(one.patient_id)) is None:
            continue
        told = _told(one, who)
        # An order for any modality or any station is for the one that asks.
        open_to_any = {tag for tag in (MODALITY, STATION) if not told[tag]["Value"]}
        asked = {tag: value for tag, value in filters.items() if tag not in open_to_any}
        if matches(told, asked):
            found.append(one)
    return found


def _told(one: Due, who: PatientIdentity) -> JsonDataset:
    values: dict[str, tuple[str, Sequence[str]]] = {
        MODALITY: ("CS", one.modalities),
        STATION: ("AE", one.stations),
        START_DAY: ("DA", (one.day,)),
        ACCESSION: ("SH", (one.accession,) if one.accession else ()),
        STUDY_UID: ("UI", (one.study_uid,)),
    }
    person = {tag: (vr, (getattr(who, name),)) for tag, (vr, name) in _PERSON.items()}
    return {
        tag: {"vr": vr, "Value": [value for value in found if value]}
        for tag, (vr, found) in (values | person).items()
    }


_TAGS: Final = frozenset({MODALITY, STATION, START_DAY, ACCESSION, STUDY_UID})
_PERSON: Final = {
    PATIENT_NAME: ("PN", "name"),
    PATIENT_ID: ("LO", "patient_id"),
    BIRTH_DATE: ("DA", "birth_date"),
    "00100040": ("CS", "sex"),
}


def named(filters: Mapping[str, str], tag: str) -> str:
    """A key that names one thing; '' where it is not there, or a pattern."""
    value = filters.get(tag, "").strip()
    return "" if has_wildcard(value) or is_universal(value) else value


def days_asked(value: str) -> list[str] | None:
    """The days that a start date asks for; None where it asks for none. A range that is open at one
    end is ``DAYS_MAX`` long. Raises QueryTooBroad."""
    asked = day_range(value)
    if asked is None:
        return None
    first, last = asked
    rest = timedelta(days=DAYS_MAX - 1)
    if first is None:
        assert last is not None, "a range has one end at least"
        first = max(last, date.min + rest) - rest
    last = last or min(first, date.max - rest) + rest
    if not 0 <= (last - first).days < DAYS_MAX:
        raise too_broad()
    return days_between(first, last)


def days_between(first: date, last: date) -> list[str]:
    """Days from the first to the last, YYYYMMDD."""
    return [f"{first + timedelta(days=at):%Y%m%d}" for at in range((last - first).days + 1)]


def too_broad() -> QueryTooBroad:
    return QueryTooBroad(
        "The worklist of so many days or orders is not given at once.",
        field="ScheduledProcedureStepStartDate",
        remedy=f"Ask for at most {DAYS_MAX} days, for one modality or station, or by a number.",
    )
