"""Which tokens a query has to look at: the most selective first (design § 4). Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

from segel.broker.errors import QueryTooBroad
from segel.broker.index import Index
from segel.domain.identifiers import parse_nik
from segel.domain.matching import day_range

PATIENT_NAME: Final = "00100010"
PATIENT_ID: Final = "00100020"
BIRTH_DATE: Final = "00100030"
STUDY_UID: Final = "0020000D"
STUDY_DATE: Final = "00080020"
ACCESSION: Final = "00080050"

DAYS_MAX: Final = 366
"""A year of days is one array parameter; a longer range is answered like no range at all."""

BIRTH_YEARS_MAX: Final = 5
"""An estimated age gives a range of a few years; more of them name nobody."""

UIDS_MAX: Final = 1_000


class Through(Enum):
    """By which way candidates are reached."""

    UNIQUE_STUDY = "study uid"
    UNIQUE_PATIENT = "patient number"
    STUDY = "accession number or study date"
    PATIENT = "name with birth date"
    RECENT = "most recent studies"


@dataclass(frozen=True, slots=True)
class Plan:
    """Tokens to look up; none for ``RECENT``. ``answers``: the filter that they decide alone."""

    through: Through
    tokens: tuple[bytes, ...] = ()
    answers: str = ""


def plan(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan:
    """The way to the candidates of a query. Raises QueryTooBroad for too many UIDs.

    A patient number comes first: its token is the match itself, because a national number is
    asked for as (0010,0020) but stands elsewhere in the images.
    """
    for ways in (_by_number, _by_study, _by_accession, _by_name, _by_day):
        found = ways(index, hospital, filters)
        if found is not None:
            return found
    return Plan(Through.RECENT)


def _by_study(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan | None:
    uids = [uid for uid in filters.get(STUDY_UID, "").replace(",", "\\").split("\\") if uid]
    if not uids or any(_is_wild(uid) for uid in uids):
        return None
    if len(uids) > UIDS_MAX:
        raise QueryTooBroad(
            "The query lists too many study UIDs.", remedy=f"List at most {UIDS_MAX}."
        )
    return Plan(Through.UNIQUE_STUDY, tuple(index.study(hospital, uid) for uid in uids))


def _by_number(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan | None:
    number = filters.get(PATIENT_ID, "").strip()
    if not number or _is_wild(number):
        return None
    tokens = [index.medical_record(hospital, number)]
    if parse_nik(number):
        tokens.append(index.nik(hospital, number))
    return Plan(Through.UNIQUE_PATIENT, tuple(tokens), PATIENT_ID)


def _by_accession(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan | None:
    number = filters.get(ACCESSION, "").strip()
    if not number or _is_wild(number):
        return None
    return Plan(Through.STUDY, (index.accession(hospital, number),))


def _by_name(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan | None:
    name, born = filters.get(PATIENT_NAME, ""), filters.get(BIRTH_DATE, "")
    if not name.strip("*?^ ") or not born:
        return None
    days = day_range(born)
    if days is None:
        return None
    first, last = days
    if first is not None and first == last:
        tokens = index.name_query(hospital, name, f"{first:%Y%m%d}", ())
    elif first is not None and last is not None and last.year - first.year < BIRTH_YEARS_MAX:
        years = [str(year) for year in range(first.year, last.year + 1)]
        tokens = index.name_query(hospital, name, "", years)
    else:
        return None
    return Plan(Through.PATIENT, tuple(tokens)) if tokens else None


def _by_day(index: Index, hospital: UUID, filters: Mapping[str, str]) -> Plan | None:
    days = day_range(filters.get(STUDY_DATE, ""))
    if days is None or days[0] is None:
        return None
    first, last = days[0], days[1] or datetime.now(UTC).date() + timedelta(days=1)
    count = (last - first).days + 1
    if not 0 < count <= DAYS_MAX:
        return None
    return Plan(
        Through.STUDY,
        tuple(
            index.study_day(hospital, f"{first + timedelta(days=day):%Y%m%d}")
            for day in range(count)
        ),
        STUDY_DATE,
    )


def _is_wild(value: str) -> bool:
    return "*" in value or "?" in value


def received_tokens(index: Index, hospital: UUID, days: Sequence[str]) -> list[bytes]:
    """The tokens of the studies that arrived on these days."""
    return [index.received_day(hospital, day) for day in days]
