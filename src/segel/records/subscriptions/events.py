"""What a subscription was told of, as a Bundle: which resources, and nothing of what is in them.

The form is that of HL7's Subscriptions R5 Backport for R4: a history whose first entry is the
subscription's status, as Parameters, and after it an entry for each event.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import uuid4

from segel.access import RequestBroken
from segel.broker import EventList
from segel.domain.records import SUBSCRIPTION
from segel.records.model import instant

Json = dict[str, Any]

SINCE: Final = "eventsSinceNumber"
UNTIL: Final = "eventsUntilNumber"
CONTENT: Final = "content"
ID_ONLY: Final = "id-only"
STATUS_PROFILE: Final = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "backport-subscription-status-r4"
)
_DIGITS_MAX: Final = 18


def numbers_asked(pairs: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """From which event to which; 0 where that is not said. Raises RequestBroken."""
    found = {SINCE: 0, UNTIL: 0}
    for name, value in pairs:
        if name in found:
            if not (value.isascii() and value.isdecimal() and len(value) <= _DIGITS_MAX):
                raise RequestBroken("An event has a whole number.", field=name)
            found[name] = int(value)
        elif name == CONTENT and value != ID_ONLY:
            raise RequestBroken(
                "Events name resources; what is in these is read from them.",
                field=CONTENT,
                remedy=f"Write {ID_ONLY}, or leave it away.",
            )
    return found[SINCE], found[UNTIL]


def events_bundle(found: EventList, base: str, now_s: float) -> Json:
    """The answer. ``base``: FHIR's address as clients know it."""
    events = [
        {
            "name": "notification-event",
            "part": [
                {"name": "event-number", "valueString": str(one.number)},
                {"name": "timestamp", "valueInstant": instant(one.at_s)},
                {
                    "name": "focus",
                    "valueReference": {"reference": f"{one.resource_type}/{one.resource_id}"},
                },
            ],
        }
        for one in found.lines
    ]
    line = found.subscription
    status: Json = {
        "resourceType": "Parameters",
        "meta": {"profile": [STATUS_PROFILE]},
        "parameter": [
            {
                "name": "subscription",
                "valueReference": {"reference": f"{SUBSCRIPTION}/{line.subscription_id}"},
            },
            {"name": "status", "valueCode": line.status},
            {"name": "type", "valueCode": "query-event"},
            {"name": "events-since-subscription-start", "valueString": str(line.number)},
            *events,
        ],
    }
    entries: list[Json] = [
        {
            "fullUrl": f"urn:uuid:{uuid4()}",
            "resource": status,
            "request": {
                "method": "GET",
                "url": f"{SUBSCRIPTION}/{line.subscription_id}/$events",
            },
            "response": {"status": "200"},
        },
        *(
            {
                "fullUrl": f"{base}/{one.resource_type}/{one.resource_id}",
                "request": {"method": "PUT", "url": f"{one.resource_type}/{one.resource_id}"},
                "response": {"status": "200"},
            }
            for one in found.lines
        ),
    ]
    here = f"{base}/{SUBSCRIPTION}/{line.subscription_id}/$events"
    following = {"relation": "next", "url": f"{here}?{SINCE}={found.following}"}
    return {
        "resourceType": "Bundle",
        "type": "history",
        "timestamp": instant(now_s),
        **({"link": [following]} if found.following else {}),
        "entry": entries,
    }
