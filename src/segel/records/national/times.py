"""Times as the platform takes them: in UTC, and not before it began to count."""

import re
from datetime import UTC, date, datetime
from typing import Final

from segel.records.national.errors import Fault, Unfit

FIRST_DAY: Final = date(2014, 6, 3)
"""The platform's documentation: no date may lie before it."""

_DATE: Final = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")


def in_utc(stated: str, place: str) -> str:
    """A FHIR date, dateTime or instant, in UTC with the offset written out; dates stay dates.

    Raises Unfit for one that is before ``FIRST_DAY``, as a whole or possibly.
    """
    if _DATE.fullmatch(stated):
        if stated < FIRST_DAY.isoformat()[: len(stated)]:
            raise too_early(place)
        return stated
    try:
        # A leap second is the one before it, as datetime has none.
        clock = stated[:17] + "59" + stated[19:] if stated[17:19] == "60" else stated
        moment = datetime.fromisoformat(clock).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Unfit(Fault.VALUE, place, "This is no time of FHIR.") from None
    if moment.date() < FIRST_DAY:
        raise too_early(place)
    return moment.replace(microsecond=0).isoformat()


def too_early(place: str) -> Unfit:
    """The refusal of a time from before the platform."""
    return Unfit(
        Fault.TOO_EARLY,
        place,
        f"The platform takes nothing from before {FIRST_DAY:%Y-%m-%d}.",
        "It stays in this archive; drop the letter.",
    )
