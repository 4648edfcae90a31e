"""Specimens: SPM (HL7 v2.5.1 § 7.4.3), and before v2.5 what OBR-15 says (§ 7.4.1.15)."""

from collections.abc import Iterator

from segel.records.hl7.bundles import Context, entry, filled
from segel.records.hl7.coding import Json, concept, number_of
from segel.records.hl7.groups import Order
from segel.records.hl7.order_numbers import OrderNumbers
from segel.records.hl7.segments import Segment


def specimens_of(order: Order, numbers: OrderNumbers, context: Context) -> Iterator[Json]:
    """Entries, one for each specimen of an order."""
    for spm in order.specimens:
        yield _of_spm(spm, numbers, context)
    if not order.specimens and order.obr and order.obr.segment.value(15):
        yield _of_obr(order.obr.segment, numbers, context)


def _of_spm(spm: Segment, numbers: OrderNumbers, context: Context) -> Json:
    sender, times = context.sender, context.times
    both = spm.value(2)
    given = [
        number_of(both.sub(1), "specimen-placer", sender),
        number_of(both.sub(2), "specimen", sender),
    ]
    identifiers = [one for one in reversed(given) if one]
    identifiers = identifiers or [_derived(numbers, context, spm.text(1) or str(spm.sequence))]
    start, end = (times.date_time(spm.text(17, part), spm.at(17)) for part in (1, 2))
    collection = {
        "collectedDateTime": "" if end else start,
        "collectedPeriod": filled({"start": start, "end": end}) if end else {},
        "method": concept(spm.value(7), sender),
        "bodySite": concept(spm.value(8), sender),
    }
    return _entry(
        {
            "identifier": identifiers,
            "type": concept(spm.value(4), sender),
            "receivedTime": times.date_time(spm.text(18), spm.at(18)),
            "collection": filled(collection),
            "note": [{"text": one.whole()} for one in spm.values(14)],
        },
        numbers,
        context,
    )


def _of_obr(obr: Segment, numbers: OrderNumbers, context: Context) -> Json:
    """An SPS (§ 2.A.72)."""
    sender, times = context.sender, context.times
    source = obr.value(15)
    method, site = source.text(3), concept(source.sub(4), sender)
    collection = {
        "collectedDateTime": times.date_time(obr.text(7), obr.at(7)),
        "method": {"text": method} if method else {},
        "bodySite": site,
    }
    return _entry(
        {
            "identifier": [_derived(numbers, context, "source")],
            "type": concept(source.sub(1), sender),
            "receivedTime": times.date_time(obr.text(14), obr.at(14)),
            "collection": filled(collection),
        },
        numbers,
        context,
    )


def _derived(numbers: OrderNumbers, context: Context, name: str) -> Json:
    """For a specimen without a number: its place in its order."""
    return {
        "system": context.sender.system("order-specimen"),
        "value": numbers.key(context.sender, name),
    }


def _entry(resource: Json, numbers: OrderNumbers, context: Context) -> Json:
    found_by = resource["identifier"][0]
    made = {
        "resourceType": "Specimen",
        **resource,
        "subject": context.subject,
        "request": [numbers.request],
    }
    return entry(context.url("Specimen", found_by), filled(made), found_by)
