"""The modality worklist: orders that are due, of patients whom the broker lists."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from segel.broker import BrokerClient, DueLine, DueQuery, OrderDue, Requester
from segel.domain.dicom import JsonDataset, first_value
from segel.domain.matching import has_wildcard, is_universal, matches, validate_filters
from segel.domain.periods import parse_period
from segel.domain.records import Interaction
from segel.imaging import Found, WorklistQuery
from segel.records.model import CHANGED, CREATED, TAKEN_OUT, Folder, Version
from segel.records.repo import Repo, Row
from segel.records.worklist.items import (
    MODALITY,
    START_DAY,
    START_TIME,
    STARTED,
    STATION,
    STATUS,
    Asking,
    flat,
    item_of,
)
from segel.records.worklist.orders import (
    ORDER,
    image_number_of,
    is_due,
    modalities_of,
    start_of,
    stations_of,
    study_uid_of,
)

TOLD: Final = frozenset(
    {
        "00080050", MODALITY, "00100010", "00100020", "00100030", "00100040", "0020000D", STATION,
        START_DAY,
    }
)  # fmt: skip
"""Keys that the broker matches: nobody is listed, and paid for, whom they rule out."""

_INTERACTIONS: Final = {
    CREATED: Interaction.CREATE,
    CHANGED: Interaction.UPDATE,
    TAKEN_OUT: Interaction.DELETE,
}


class Worklist:
    """Answers worklist queries of one process."""

    def __init__(self, broker: BrokerClient, repo: Repo) -> None:
        self._broker = broker
        self._repo = repo

    async def scheduled(self, requester: Requester, query: WorklistQuery) -> Found:
        """The items that match, by their time. Raises FilterInvalid, QueryTooBroad, BrokerError."""
        validate_filters(query.filters)
        status = query.filters.get(STATUS, "")
        started = not is_universal(status) and _has_status(status, STARTED)
        known = {tag: value for tag, value in query.filters.items() if tag in TOLD}
        found = await self._broker.worklist.find(requester, DueQuery(known, started))
        rows = await self._repo.latest_of(
            [
                (line.folder.folder_id, order.resource_id)
                for line in found.lines
                for order in line.orders
            ]
        )
        return Found(await asyncio.to_thread(_items, found.lines, rows, query), True)


def due_of(version: Version, patient_id: UUID) -> OrderDue | None:
    """What a version of a resource puts on the worklist, or takes from it; None where it does
    neither."""
    if version.resource_type != ORDER:
        return None
    order, order_id = version.resource, UUID(version.resource_id)
    interaction = _INTERACTIONS[version.method]
    if order is None or not is_due(order):
        # A new order that is not due was never there.
        return OrderDue(interaction, patient_id, order_id) if version.number > 1 else None
    return OrderDue(
        interaction,
        patient_id,
        order_id,
        start_of(order, version.at_s)[0],
        image_number_of(order),
        study_uid_of(order, order_id),
        modalities_of(order),
        stations_of(order),
    )


def _items(
    lines: Sequence[DueLine], rows: Mapping[UUID, Row], query: WorklistQuery
) -> list[JsonDataset]:
    asking = Asking(
        _alone(query.filters.get(STATION, "")) or query.station,
        _alone(query.filters.get(MODALITY, "")),
    )
    found = []
    for line in lines:
        folder = Folder(line.patient_id, line.folder)
        for one in line.orders:
            # It may have ended since the broker looked.
            row = rows.get(one.resource_id)
            version = folder.open(row) if row else None
            if version is None or version.resource is None or not is_due(version.resource):
                continue
            item = item_of(
                version.resource,
                one.resource_id,
                line.identity,
                asking,
                written_s=version.at_s,
                started=one.started,
            )
            if _answers(flat(item), query.filters):
                found.append(item)
    return sorted(found, key=_order)


def _answers(item: JsonDataset, filters: Mapping[str, str]) -> bool:
    """Whether an item answers everything that the broker does not know of it."""
    rest = {tag: value for tag, value in filters.items() if tag not in TOLD}
    together = _moments(filters.get(START_DAY, ""), filters.get(START_TIME, ""))
    if together:
        del rest[START_TIME]
        day, time = first_value(item, START_DAY), first_value(item, START_TIME)
        moment = {START_TIME: {"vr": "DT", "Value": [f"{day}{time}"]}}
        if not matches(moment, {START_TIME: together}):
            return False
    return matches(item, rest)


def _moments(days: str, times: str) -> str:
    """A range of days and one of times as the one period that they are together (PS3.4 Table
    K.6-1): from the first time on the first day to the last on the last. '' where either is none.
    """
    day_parts, time_parts = days.strip().partition("-"), times.strip().partition("-")
    if not (day_parts[1] and time_parts[1]):
        return ""
    ends = (
        day.strip().replace(".", "") + time.strip().replace(":", "") if day.strip() else ""
        for day, time in zip(day_parts[::2], time_parts[::2], strict=True)
    )
    together = "-".join(ends)
    return together if parse_period("DT", together) is not None else ""


def _has_status(value: str, status: str) -> bool:
    told: JsonDataset = {STATUS: {"vr": "CS", "Value": [status]}}
    return matches(told, {STATUS: value})


def _alone(value: str) -> str:
    """A key's value where it names one thing."""
    value = value.strip()
    return "" if has_wildcard(value) or "\\" in value or is_universal(value) else value


def _order(item: JsonDataset) -> tuple[str, str, str]:
    whole = flat(item)
    return (
        str(first_value(whole, START_DAY)),
        str(first_value(whole, START_TIME)),
        str(first_value(whole, "0020000D")),
    )
