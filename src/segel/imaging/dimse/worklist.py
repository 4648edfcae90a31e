"""C-FIND in the modality worklist model (PS3.4 Annex K).

::

    identifier ──▶ keys of the item and its step ──▶ worklist ──▶ one pending response each

An item has one scheduled procedure step, so that keys of both are matched as those of one data set.
"""

import asyncio
from functools import partial
from typing import Any, Final

from segel.domain.dicom import JsonDataset
from segel.domain.errors import SegelError
from segel.imaging.dimse.command import Element
from segel.imaging.dimse.errors import DatasetTooLarge, IdentifierBroken
from segel.imaging.dimse.identifier import NO_KEYS, key_text, read_keys, write_answer
from segel.imaging.dimse.intake import Message
from segel.imaging.dimse.serving import Serving
from segel.imaging.dimse.statuses import (
    CANCELLED,
    PENDING,
    PENDING_WITHOUT_ALL_KEYS,
    SUCCESS,
    find_refusal,
)
from segel.imaging.model import WorklistQuery

STEPS: Final = "00400100"

MATCHED_OF_STEP: Final = frozenset(
    {
        "00080060",  # Modality
        "00400001",  # ScheduledStationAETitle
        "00400002",  # ScheduledProcedureStepStartDate
        "00400003",  # ScheduledProcedureStepStartTime
        "00400006",  # ScheduledPerformingPhysicianName
        "00400007",  # ScheduledProcedureStepDescription
        "00400009",  # ScheduledProcedureStepID
        "00400011",  # ScheduledProcedureStepLocation
        "00400020",  # ScheduledProcedureStepStatus
    }
)
MATCHED: Final = frozenset(
    {
        "00080050",  # AccessionNumber
        "00080090",  # ReferringPhysicianName
        "00100010",  # PatientName
        "00100020",  # PatientID
        "00100021",  # IssuerOfPatientID
        "00100030",  # PatientBirthDate
        "00100040",  # PatientSex
        "0020000D",  # StudyInstanceUID
        "00321032",  # RequestingPhysician
        "00321060",  # RequestedProcedureDescription
        "00401001",  # RequestedProcedureID
        "00401003",  # RequestedProcedurePriority
        "00402016",  # PlacerOrderNumberImagingServiceRequest
        "00402017",  # FillerOrderNumberImagingServiceRequest
    }
)
"""What a value is matched against; other attributes are returned, not matched."""


async def find_scheduled(serving: Serving, message: Message) -> None:
    """Answer with one pending response an item, then the outcome (PS3.4 § K.4.1.1.4)."""
    try:
        if message.too_large:
            raise DatasetTooLarge("The identifier is too large.", remedy="Ask for less at once.")
        asked = read_keys(message.content, message.context.transfer_syntax)
        filters, all_keys = matching_keys(asked)
        query = WorklistQuery(filters, serving.peer.calling_ae)
        found = await serving.ask(partial(serving.worklist.scheduled, query=query))
        for item in found.datasets:
            await asyncio.sleep(0)  # a cancel may be on its way
            if serving.association.is_cancelled(message.message_id):
                await serving.respond(message, {Element.STATUS: CANCELLED})
                return
            content = write_answer(answer_for(item, asked), message.context.transfer_syntax)
            pending = PENDING if all_keys else PENDING_WITHOUT_ALL_KEYS
            await serving.respond(message, {Element.STATUS: pending}, content)
    except SegelError as refused:
        await serving.respond(message, find_refusal(refused))
        return
    await serving.respond(message, {Element.STATUS: SUCCESS})


def matching_keys(asked: JsonDataset) -> tuple[dict[str, str], bool]:
    """The keys to match by, and whether those are all that have a value.

    Raises IdentifierBroken: a sequence is matched by one item (PS3.4 § C.2.2.2.6).
    """
    steps = asked.get(STEPS, {}).get("Value") or [{}]
    if len(steps) > 1:
        raise IdentifierBroken(
            "The sequence has more than one item to match by.",
            field="ScheduledProcedureStepSequence",
        )
    of_item = {tag: one for tag, one in asked.items() if tag not in {STEPS, *NO_KEYS}}
    filters: dict[str, str] = {}
    all_keys = True
    for dataset, known in ((of_item, MATCHED), (steps[0], MATCHED_OF_STEP)):
        for tag, value in _valued(dataset).items():
            if tag in known:
                filters[tag] = value
            else:
                all_keys = False
    return filters, all_keys


def answer_for(item: JsonDataset, asked: JsonDataset) -> JsonDataset:
    """What was asked for, of one item; of a sequence that names nothing, all that it has."""
    return {
        tag: _answered(item.get(tag), wanted) for tag, wanted in asked.items() if tag not in NO_KEYS
    }


def _answered(found: dict[str, Any] | None, wanted: dict[str, Any]) -> dict[str, Any]:
    if found is None:
        return {"vr": wanted["vr"]}
    inner = (wanted.get("Value") or [{}])[0]
    if found["vr"] != "SQ" or not isinstance(inner, dict) or not inner:
        return found
    return {"vr": "SQ", "Value": [answer_for(one, inner) for one in found.get("Value", ())]}


def _valued(dataset: JsonDataset) -> dict[str, str]:
    """Keys with a value; of a sequence, that one of its items has some."""
    found = {}
    for tag, one in dataset.items():
        if one["vr"] == "SQ":
            inner = [_valued(item) for item in one.get("Value", ())]
            value = "=".join(text for item in inner for text in item.values())
        else:
            value = key_text(one)
        if value and value != "*":
            found[tag] = value
    return found
