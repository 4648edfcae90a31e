"""What a ServiceRequest says for a worklist: whether it is for images, when, and by which device.

Modality and station stand among the order's details, as the national platform has them; the day is
that of its time, and where none was set the day it was written on. Pure.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final
from uuid import UUID

from segel.records.accessions import accession_of

Resource = Mapping[str, Any]

ORDER: Final = "ServiceRequest"
DICOM_CODES: Final = "http://dicom.nema.org/resources/ontology/DCM"
IMAGING_CODES: Final = frozenset({"363679005", "RAD", "imaging"})
"""SNOMED CT's, table 0074's and observation-category's."""

STUDY_SYSTEM: Final = "urn:dicom:uid"
STATION_SYSTEM: Final = "://sys-ids.kemkes.go.id/ae-title"
"""With http or https before it, and with the organisation after it or not."""

ORDERED: Final = frozenset(
    {"order", "original-order", "reflex-order", "filler-order", "instance-order"}
)
LOCAL: Final = timezone(timedelta(hours=7))
"""Of times in UTC, which only systems write: a worklist is in the time on the wall (PS3.4 Table
K.6-1), and what states another offset is taken to be in that time already."""

VALUES_MAX: Final = 8
_MODALITY: Final = re.compile(r"[A-Z][A-Z0-9]{1,15}")
_STATION: Final = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,16}")
_UID: Final = re.compile(r"(?=.{3,64}\Z)[0-2](?:\.(?:0|[1-9][0-9]*))+\Z", re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_due(order: Resource) -> bool:
    """Whether somebody is to make images for it."""
    return (
        order.get("status") == "active"
        and order.get("intent") in ORDERED
        and not order.get("doNotPerform")
        and is_for_images(order)
    )


def is_for_images(order: Resource) -> bool:
    """By its category, or because it names a modality."""
    codes = {
        str(coding.get("code", ""))
        for concept in order.get("category", ())
        for coding in concept.get("coding", ())
    }
    return bool(codes & IMAGING_CODES) or bool(modalities_of(order))


def modalities_of(order: Resource) -> tuple[str, ...]:
    """Which of them may make the images (PS3.3 § C.7.3.1.1.1); none where it does not say."""
    found = (
        str(coding.get("code", ""))
        for coding in _details(order)
        if coding.get("system") == DICOM_CODES
    )
    return _few(one for one in found if _MODALITY.fullmatch(one))


def stations_of(order: Resource) -> tuple[str, ...]:
    """The AE titles of the devices that it is for; none where it is for any."""
    found = (
        str(coding.get("code") or coding.get("display", "")).strip()
        for coding in _details(order)
        if STATION_SYSTEM in str(coding.get("system", ""))
    )
    return _few(one for one in found if _STATION.fullmatch(one))


def start_of(order: Resource, written_s: float) -> tuple[str, str]:
    """When it is to be done: day (YYYYMMDD), and time (HHMMSS) where one was set."""
    period, timing = order.get("occurrencePeriod", {}), order.get("occurrenceTiming", {})
    stated = (
        str(order.get("occurrenceDateTime") or ""),
        str(period.get("start") or ""),
        *(str(one) for one in timing.get("event", ())),
    )
    for text in stated:
        if moment := _local(text):
            return moment
    day, _ = _local(str(order.get("authoredOn") or "")) or ("", "")
    return day or f"{datetime.fromtimestamp(written_s, LOCAL):%Y%m%d}", ""


def study_uid_of(order: Resource, order_id: UUID) -> str:
    """The UID of the study to be made: the one that the order states, and else its own id as a UID
    (PS3.5 § B.2), so that the images lead back to it."""
    for identifier in order.get("identifier", ()):
        uid = str(identifier.get("value", "")).removeprefix("urn:oid:")
        if identifier.get("system") == STUDY_SYSTEM and _UID.match(uid):
            return uid
    return f"2.25.{order_id.int}"


def image_number_of(order: Resource) -> str:
    """The accession number, where it can be one in images."""
    number = accession_of(order)
    return number if len(number) <= NUMBER_MAX else ""


NUMBER_MAX: Final = 64
"""Characters of an accession number; DICOM has 16, and archives see longer ones."""


def _details(order: Resource) -> Iterator[Resource]:
    for concept in order.get("orderDetail", ()):
        yield from concept.get("coding", ())


def _few(values: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))[:VALUES_MAX]


def _local(text: str) -> tuple[str, str] | None:
    """A FHIR date or dateTime as day and time; None for less than a day, and for what is none."""
    if not _DAY.match(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None and moment.utcoffset() == UTC.utcoffset(None):
        moment = moment.astimezone(LOCAL)
    return f"{moment:%Y%m%d}", f"{moment:%H%M%S}" if "T" in text else ""
