"""ORU^R01 (HL7 v2.5.1 § 7.3.1): results, as DiagnosticReports with their Observations.

::

    OBR ──▶ DiagnosticReport ──result──▶ Observation ◀── OBX (and its NTE)
             │  presentedForm ◀── OBX with a document (ED)
             └─specimen──▶ Specimen ◀── SPM, or OBR-15
"""

from collections.abc import Iterator
from typing import Final

from segel.records.hl7.bundles import (
    Context,
    bundle,
    entry,
    filled,
    note_extensions,
    patient_entry,
)
from segel.records.hl7.coding import V2, Json, concept, practitioner
from segel.records.hl7.documents import attachment
from segel.records.hl7.errors import Fault, MessageRefused, missing, not_in_table
from segel.records.hl7.groups import Groups, Order
from segel.records.hl7.observations import Whole, observations_of
from segel.records.hl7.order_numbers import OrderNumbers, numbers_of
from segel.records.hl7.people import Person
from segel.records.hl7.segments import Message, Segment, Value
from segel.records.hl7.specimens import specimens_of
from segel.records.hl7.statuses import REPORT, RESULT, replaces
from segel.records.hl7.values import DOCUMENT

CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_SECTIONS: Final = {
    **dict.fromkeys("RAD RUS CUS CT NMR NMS RX VUS XRC OUS".split(), "imaging"),
    **dict.fromkeys("LAB CH HM MB MCB MYC IMM SR CP CTH SP BLB BG TX VR".split(), "laboratory"),
}
"""OBR-24 (table 0074) and the categories of Observations."""

_ALL_FINAL: Final = frozenset({"final", "corrected", "cancelled", "entered-in-error"})


def results_bundle(message: Message, groups: Groups, person: Person, context: Context) -> Json:
    """The transaction of an ORU^R01. Raises MessageRefused."""
    entries = [patient_entry(person, context, groups.pid.notes)]
    seen: set[str] = set()
    for order in groups.orders:
        made = list(_report_and_all(order, context))
        report_url = made[-1]["fullUrl"]
        if report_url in seen:
            raise MessageRefused(
                Fault.SEQUENCE,
                order.first.at(3),
                "Two OBRs have the same number and the same service.",
                remedy="Give each its own filler order number.",
            )
        seen.add(report_url)
        entries += made
    return bundle(message, context, entries)


def observed_in(order: Order, numbers: OrderNumbers, context: Context) -> Iterator[Json]:
    """What was observed, of an order that is none of results: a weight, an allergy."""
    assert order.obr is not None
    issued = context.sent_at
    key = numbers.key(context.sender, "asked")
    yield from observations_of(order, Whole(key, {}, [], {}, "", issued), context)


def _report_and_all(order: Order, context: Context) -> Iterator[Json]:
    """The specimens and observations of an order, and at last its report."""
    assert order.obr is not None
    obr, sender, times = order.obr.segment, context.sender, context.times
    code = obr.text(4) or obr.text(4, 2)
    if not code:
        raise missing(obr.at(4), "The order does not say what was asked for.")
    numbers = numbers_of(order, sender)
    key = numbers.key(sender, code)
    specimens = list(specimens_of(order, numbers, context))
    references = [{"reference": one["fullUrl"]} for one in specimens]
    start, end = (times.date_time(obr.text(field), obr.at(field)) for field in (7, 8))
    issued = times.instant(obr.text(22), obr.at(22)) or context.sent_at
    report_category, category = _categories(obr)
    whole = Whole(
        key,
        numbers.request,
        category,
        references[0] if len(references) == 1 else {},
        start,
        issued,
    )
    observations = list(observations_of(order, whole, context))
    forms, notes = _documents(order)
    status = _status(obr, [one["resource"]["status"] for one in observations])
    identifier = {"system": sender.system("report"), "value": key}
    interpreters = [practitioner(value, sender) for value in _interpreters(obr)]
    resource = filled(
        {
            "resourceType": "DiagnosticReport",
            "extension": note_extensions([*order.obr.notes, *notes]),
            "identifier": [identifier, *numbers.all()],
            "basedOn": [numbers.request],
            "status": status,
            "category": report_category,
            "code": concept(obr.value(4), sender),
            "subject": context.subject,
            "effectiveDateTime": "" if end else start,
            "effectivePeriod": filled({"start": start, "end": end}) if end else {},
            "issued": issued,
            "resultsInterpreter": [one for one in interpreters if one],
            "specimen": references,
            "result": [{"reference": one["fullUrl"]} for one in observations],
            "presentedForm": forms,
        }
    )
    yield from specimens
    yield from observations
    url = context.url("DiagnosticReport", identifier)
    yield entry(url, resource, identifier, replaces=replaces(status))


def _status(obr: Segment, observed: list[str]) -> str:
    """OBR-25; where it is left out, what the observations together are."""
    state = obr.text(25)
    if not state:
        return "final" if observed and _ALL_FINAL.issuperset(observed) else "partial"
    if state not in REPORT:
        raise not_in_table(obr.at(25), "0123")
    return REPORT[state]


def _documents(order: Order) -> tuple[list[Json], list[Segment]]:
    """The documents among the OBXs, and the notes on them."""
    forms: list[Json] = []
    notes: list[Segment] = []
    for one in order.observations:
        obx = one.segment
        if obx.text(2) != DOCUMENT:
            continue
        if obx.text(11) not in RESULT:
            raise not_in_table(obx.at(11), "0085")
        title = obx.text(3, 2) or obx.text(3)
        forms += [attachment(value, title) for value in obx.values(5)]
        notes += one.notes
    return forms, notes


def _interpreters(obr: Segment) -> Iterator[Value]:
    """OBR-32, an NDL (§ 2.A.46): its first component is a person (CNN), as an XCN begins."""
    for value in obr.values(32):
        yield value.sub(1) if len(value.components[0]) > 1 else value


def _categories(obr: Segment) -> tuple[list[Json], list[Json]]:
    """OBR-24 as the report's category, and as that of its observations."""
    section = obr.text(24)
    if not section:
        return [], []
    kind = _SECTIONS.get(section)
    return (
        [{"coding": [{"system": V2 + "0074", "code": section}]}],
        [{"coding": [{"system": CATEGORY, "code": kind}]}] if kind else [],
    )
