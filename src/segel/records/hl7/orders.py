"""ORM^O01 (HL7 v2.5.1 § 4.4.1) and OML^O21 (§ 4.4.6): orders, as ServiceRequests.

A new order is created unless it is there. A change, a cancellation or a state takes its place: the
message says the whole order again, and one that was not known here is known from then on.
A cancellation without an OBR says the number and the state only; whoever keeps it keeps the rest.

For imaging, the fields mean what IHE's scheduled workflow has them mean (RAD TF-2 § 4.4): OBR-18
is the accession number, OBR-19 the requested procedure, OBR-20 the procedure step, OBR-24 the
modality.
"""

import re
from collections.abc import Iterator
from typing import Final

from segel.records.hl7.bundles import Context, annotations, bundle, entry, filled, patient_entry
from segel.records.hl7.coding import (
    DICOM,
    SNOMED,
    V2,
    Json,
    check_number,
    concept,
    practitioner,
    typed,
)
from segel.records.hl7.errors import missing, not_in_table, wrong_type
from segel.records.hl7.groups import Groups, Order
from segel.records.hl7.order_numbers import OrderNumbers, numbers_of
from segel.records.hl7.people import Person
from segel.records.hl7.results import observed_in
from segel.records.hl7.segments import Message, Segment, Value
from segel.records.hl7.sender import Sender
from segel.records.hl7.specimens import specimens_of
from segel.records.hl7.statuses import ORDER, ORDER_CONTROL, PRIORITY

IMAGING: Final[Json] = {"system": SNOMED, "code": "363679005", "display": "Imaging"}
LABORATORY: Final[Json] = {
    "system": SNOMED,
    "code": "108252007",
    "display": "Laboratory procedure",
}

MODALITIES: Final = frozenset(
    "BMD CR CT DX ES EPS IO IVOCT MG MR NM OCT OP OT PT PX RF RG US XA XC ECG".split()
)
"""Of DICOM's modalities (PS3.3 § C.7.3.1.1.1) those that are ordered. Elsewhere OBR-24 is a
section of a laboratory (table 0074); CT is imaging in both."""

STUDY_SYSTEM: Final = "urn:dicom:uid"
_UID: Final = re.compile(r"(?=.{3,64}\Z)[0-2](?:\.(?:0|[1-9][0-9]*))+\Z", re.ASCII)


def orders_bundle(message: Message, groups: Groups, person: Person, context: Context) -> Json:
    """The transaction of an ORM^O01 or OML^O21. Raises MessageRefused."""
    entries = [patient_entry(person, context, groups.pid.notes)]
    for order in groups.orders:
        entries += _order(order, context)
    return bundle(message, context, entries)


def _order(order: Order, context: Context) -> Iterator[Json]:
    if order.orc is None:
        raise missing(order.first.at(), "No ORC is before this OBR.", "Send one with each OBR.")
    orc, sender = order.orc, context.sender
    numbers = numbers_of(order, sender)
    status = _status(orc)
    specimens = list(specimens_of(order, numbers, context))
    observed = list(observed_in(order, numbers, context)) if order.obr else []
    resource = {
        "resourceType": "ServiceRequest",
        "identifier": list(_identifiers(order, numbers, sender)),
        "status": status,
        "intent": "order",
        "subject": context.subject,
        "authoredOn": context.times.date_time(orc.text(9), orc.at(9)),
        "requester": _requester(order, context),
        "specimen": [{"reference": one["fullUrl"]} for one in specimens],
        "supportingInfo": [{"reference": one["fullUrl"]} for one in observed],
    }
    if order.obr is not None:
        resource |= _what(order, context)
    elif status != "revoked":
        raise missing(orc.at(), "No OBR follows this ORC.", "Only a cancellation can do without.")
    yield from specimens
    yield from observed
    found_by = numbers.of_order
    url = context.url("ServiceRequest", found_by)
    yield entry(url, filled(resource), found_by, replaces=orc.text(1) != "NW")


def _status(orc: Segment) -> str:
    control = orc.text(1)
    if control not in ORDER_CONTROL:
        raise not_in_table(orc.at(1), "0119", "NW, XO, CA, DC and SC are taken here.")
    if control != "SC":
        return ORDER_CONTROL[control]
    if orc.text(5) not in ORDER:
        raise not_in_table(orc.at(5), "0038", "With SC say the order's status in ORC-5.")
    return ORDER[orc.text(5)]


def _identifiers(order: Order, numbers: OrderNumbers, sender: Sender) -> Iterator[Json]:
    yield from numbers.all()
    if order.obr is None:
        return
    obr = order.obr.segment
    accession_system = sender.accession_system or sender.system("acsn")
    for field, system, code in (
        (18, accession_system, "ACSN"),
        (19, sender.system("requested-procedure"), ""),
        (20, sender.system("procedure-step"), ""),
    ):
        if text := obr.text(field):
            check_number(text, obr.at(field))
            number = {"system": system, "value": text}
            yield typed(number, code) if code else number
    if order.study is not None and (uid := order.study.text(1)):
        if not _UID.match(uid):
            raise wrong_type(order.study.at(1), "This is no UID.", "PS3.5 § 9.1.")
        yield {"system": STUDY_SYSTEM, "value": f"urn:oid:{uid}"}


def _what(order: Order, context: Context) -> Json:
    """The part of a ServiceRequest that OBR says, with TQ1 and DG1."""
    assert order.obr is not None
    obr, sender = order.obr.segment, context.sender
    if not obr.text(4) and not obr.text(4, 2):
        raise missing(obr.at(4), "The order does not say what is asked for.")
    details = [concept(value, sender) for value in obr.values(44)]
    priority = _priority(order)
    if priority and priority not in PRIORITY:
        details.append({"coding": [{"system": V2 + "0485", "code": priority}]})
    modality = obr.text(24)
    is_imaging = modality in MODALITIES
    if is_imaging:
        details.append({"coding": [{"system": DICOM, "code": modality}]})
    kind = IMAGING if is_imaging else LABORATORY if order.specimens or obr.value(15) else {}
    relevant = obr.value(13).whole()
    reasons = [concept(value, sender) for value in obr.values(31)]
    reasons += [concept(dg1.value(3), sender) for dg1 in order.diagnoses]
    return {
        "category": [{"coding": [dict(kind)]}] if kind else [],
        "priority": PRIORITY.get(priority, ""),
        "code": concept(obr.value(4), sender),
        "orderDetail": [one for one in details if one],
        "occurrenceDateTime": _scheduled(order, context),
        "reasonCode": [one for one in reasons if one],
        "note": ([{"text": relevant}] if relevant else []) + annotations(order.obr.notes),
    }


def _priority(order: Order) -> str:
    """TQ1-9, and where there is none the older OBR-27.6, ORC-7.6 and OBR-5."""
    assert order.obr is not None
    obr = order.obr.segment
    places = ((order.timing, 9, 1), (obr, 27, 6), (order.orc, 7, 6), (obr, 5, 1))
    found = (segment.text(field, part) for segment, field, part in places if segment)
    return next((text for text in found if text), "")


def _scheduled(order: Order, context: Context) -> str:
    """TQ1-7, OBR-36, and the older OBR-27.4, ORC-7.4 and OBR-6."""
    assert order.obr is not None
    obr = order.obr.segment
    places = (
        (order.timing, 7, 1), (obr, 36, 1), (obr, 27, 4), (order.orc, 7, 4), (obr, 6, 1),
    )  # fmt: skip
    for segment, field, part in places:
        if segment and segment.text(field, part):
            return context.times.date_time(segment.text(field, part), segment.at(field))
    return ""


def _requester(order: Order, context: Context) -> Json:
    """ORC-12, or OBR-16."""
    values: list[Value] = list(order.orc.values(12)) if order.orc else []
    values += list(order.obr.segment.values(16)) if order.obr else []
    return practitioner(values[0], context.sender) if values else {}
