"""From a message to the FHIR transaction that keeps what it says."""

from typing import Final

from segel.records.hl7.bundles import Context
from segel.records.hl7.coding import Json
from segel.records.hl7.groups import groups_of
from segel.records.hl7.orders import orders_bundle
from segel.records.hl7.people import Person, person
from segel.records.hl7.results import results_bundle
from segel.records.hl7.segments import Message
from segel.records.hl7.sender import Sender
from segel.records.hl7.times import times_of

_BUNDLES: Final = {
    "ORU^R01": results_bundle,
    "ORM^O01": orders_bundle,
    "OML^O21": orders_bundle,
}


def to_bundle(message: Message, sender: Sender) -> Json:
    """A FHIR R4 transaction. The same message always makes the same one. Raises MessageRefused."""
    groups = groups_of(message)
    times = times_of(message.header, sender)
    who = person(groups.pid.segment, sender, times)
    found_by = who.found_by
    context = Context(
        sender,
        times,
        sender.urn("Patient", found_by.system, found_by.value),
        times.instant(message.header.sent_at, message.segments[0].at(7)),
    )
    return _BUNDLES[message.header.kind](message, groups, who, context)


def patient_of(message: Message, sender: Sender) -> Person:
    """Who a message is about, as the patient index knows people. Raises MessageRefused."""
    groups = groups_of(message)
    return person(groups.pid.segment, sender, times_of(message.header, sender))
