"""Dates and times as HL7 writes them (§ 2.A.22 DTM, 2.A.77 TS) and as FHIR does.

A time without a zone is in that of MSH-7, and where that says none, in the sender's. Nothing is
made more precise than it was, but that FHIR writes hours with minutes and seconds.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Final

from segel.records.hl7.errors import Location, wrong_type
from segel.records.hl7.segments import Header
from segel.records.hl7.sender import Sender

_DTM: Final = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?)?)?)?([+-]\d{4})?\Z",
    re.ASCII,
)
_TM: Final = re.compile(r"(\d\d)(?:(\d\d)(?:(\d\d)(\.\d{1,4})?)?)?([+-]\d{4})?\Z", re.ASCII)
_HOURS_FROM_UTC_MAX: Final = 14
_YEAR_MIN: Final = 1850
"""Nobody who was born before is a patient, and a year below is a slip of the hand."""

_REMEDY: Final = "Write YYYYMMDDHHMMSS+ZZZZ, or only its beginning."


@dataclass(frozen=True, slots=True)
class Times:
    """Reads one message's times."""

    zone: tzinfo

    def date_time(self, text: str, where: Location) -> str:
        """FHIR dateTime, as precise as ``text``; '' for ''. Raises MessageRefused (102)."""
        if not text:
            return ""
        found = _DTM.match(text)
        if found is None:
            raise wrong_type(where, "This is no date or time.", _REMEDY)
        year, month, day, hour, minute, second, fraction, offset = found.groups()
        try:
            moment = datetime(
                int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
                int(second or 0), tzinfo=_offset(offset) or self.zone,
            )  # fmt: skip
            if int(year) < _YEAR_MIN:
                raise ValueError
            zone = moment.isoformat()[len("YYYY-MM-DDTHH:MM:SS") :]
        except (ValueError, OverflowError):
            raise wrong_type(where, "There is no such date or time.", _REMEDY) from None
        if hour is None:
            return "-".join(part for part in (year, month, day) if part)
        # Zones of long ago have seconds, which FHIR has no place for.
        return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction or ''}{zone[: len('+07:00')]}"

    def instant(self, text: str, where: Location) -> str:
        """FHIR instant; '' where ``text`` has no time of day."""
        made = self.date_time(text, where)
        return made if "T" in made else ""

    def date(self, text: str, where: Location) -> str:
        """FHIR date; a time of day is left out."""
        return self.date_time(text, where).partition("T")[0]


def time_of_day(text: str, where: Location) -> tuple[str, bool]:
    """A TM (§ 2.A.75) as FHIR time, and whether it says a zone, which a FHIR time does not."""
    found = _TM.match(text)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59 or int(found[3] or 0) > 59:
        raise wrong_type(where, "This is no time of day.", "Write HHMM or HHMMSS.")
    return f"{found[1]}:{found[2] or '00'}:{found[3] or '00'}{found[4] or ''}", bool(found[5])


def times_of(header: Header, sender: Sender) -> Times:
    """Reads the times of a message. Raises MessageRefused where MSH-7 is none."""
    where = Location("MSH", 1, 7)
    Times(sender.zone).date_time(header.sent_at, where)
    found = _DTM.match(header.sent_at)
    return Times((_offset(found[8]) if found else None) or sender.zone)


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    hours, minutes = int(text[1:3]), int(text[3:])
    if hours > _HOURS_FROM_UTC_MAX or minutes > 59:
        raise ValueError
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if text[0] == "-" else ahead)
