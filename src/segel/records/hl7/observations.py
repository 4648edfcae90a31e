"""OBX (HL7 v2.5.1 § 7.4.2) as FHIR Observations.

One is told from all others by its order's number, OBX-3 and OBX-4, which § 7.4.2.4 says do so; the
set id in OBX-1 counts only where an order has the same twice, as it changes when results are added.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from segel.records.hl7.bundles import Context, annotations, entry, filled
from segel.records.hl7.coding import Json, concept, practitioner
from segel.records.hl7.covid import is_covid_test, with_meaning
from segel.records.hl7.errors import missing, not_in_table
from segel.records.hl7.groups import Noted, Order
from segel.records.hl7.order_numbers import joined
from segel.records.hl7.segments import Segment
from segel.records.hl7.statuses import FLAGS, RESULT, replaces
from segel.records.hl7.values import DOCUMENT, Reading, range_of, values_of

INTERPRETATION: Final = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
ABSENT: Final = "http://terminology.hl7.org/CodeSystem/data-absent-reason"

_ABSENT_REASONS: Final = {
    "registered": "temp-unknown", "preliminary": "temp-unknown", "cancelled": "not-performed",
}  # fmt: skip
_NOT_ASKED: Final = "N"


@dataclass(frozen=True, slots=True)
class Whole:
    """What the observations of one order have in common."""

    key: str
    request: Json
    category: list[Json]
    specimen: Json
    effective: str
    issued: str


def observations_of(order: Order, whole: Whole, context: Context) -> Iterator[Json]:
    """Entries, one for each OBX that is not a document. Raises MessageRefused."""
    noted = [one for one in order.observations if one.segment.text(2) != DOCUMENT]
    names = [_name(one.segment) for one in noted]
    times = Counter(names)
    for one, name in zip(noted, names, strict=True):
        obx = one.segment
        again = (f"#{obx.text(1) or obx.sequence}",) if times[name] > 1 else ()
        identifier = {
            "system": context.sender.system("observation"),
            "value": f"{whole.key}/{joined(*name, *again)}",
        }
        resource = _observation(one, identifier, whole, context)
        url = context.url("Observation", identifier)
        yield entry(url, resource, identifier, replaces=replaces(resource["status"]))


def _name(obx: Segment) -> tuple[str, ...]:
    code = obx.text(3) or obx.text(3, 2)
    if not code:
        raise missing(obx.at(3), "The observation does not say what was observed.")
    return (code, obx.text(4)) if obx.text(4) else (code,)


def _observation(one: Noted, identifier: Json, whole: Whole, context: Context) -> Json:
    obx, sender, times = one.segment, context.sender, context.times
    state = obx.text(11)
    if not state:
        raise missing(obx.at(11), "The result has no status.", "Give F, P, C or X, for instance.")
    if state not in RESULT:
        raise not_in_table(obx.at(11), "0085")
    reading = Reading(obx, sender, times)
    code = concept(obx.value(3), sender)
    values = values_of(reading)
    if is_covid_test(code):
        values = [_with_meaning(value) for value in values]
    made: Json = {
        "resourceType": "Observation",
        "identifier": [identifier],
        "basedOn": [whole.request],
        "status": RESULT[state],
        "category": whole.category,
        "code": code,
        "subject": context.subject,
        "effectiveDateTime": times.date_time(obx.text(14), obx.at(14)) or whole.effective,
        "issued": times.instant(obx.text(19), obx.at(19)) or whole.issued,
        "performer": _performers(obx, context),
        "interpretation": [_flag(value.text(1)) for value in obx.values(8)],
        "note": annotations(one.notes),
        "method": concept(obx.value(17), sender),
        "specimen": whole.specimen,
    }
    if len(values) == 1:
        made |= values[0]
    elif values:
        made["component"] = [{"code": code} | value for value in values]
    else:
        reason = "not-asked" if state == _NOT_ASKED else _ABSENT_REASONS.get(RESULT[state])
        made["dataAbsentReason"] = {"coding": [{"system": ABSENT, "code": reason or "unknown"}]}
    if bounds := obx.value(7).whole():
        # FHIR's bounds are of the value's own unit, and only a quantity has one.
        units = reading.units if obx.text(2) in ("NM", "SN") else {}
        made["referenceRange"] = [range_of(bounds, units)]
    return filled(made)


def _with_meaning(value: Json) -> Json:
    if "valueString" in value:
        made = with_meaning({"text": value["valueString"]})
        return {"valueCodeableConcept": made} if "coding" in made else value
    if "valueCodeableConcept" in value:
        return {"valueCodeableConcept": with_meaning(value["valueCodeableConcept"])}
    return value


def _flag(code: str) -> Json:
    return (
        {"coding": [{"system": INTERPRETATION, "code": code}]} if code in FLAGS else {"text": code}
    )


def _performers(obx: Segment, context: Context) -> list[Json]:
    people = [practitioner(value, context.sender) for value in obx.values(16)]
    place = obx.text(23)  # XON.1
    made = [one for one in people if one]
    return made + ([{"type": "Organization", "display": place}] if place else [])
