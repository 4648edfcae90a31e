"""What becomes of what the broker listed: opened, looked at once more, put in order."""

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from segel.broker import DueLine, DueQuery, FolderGrant, Requester
from segel.broker.messages import DueList, DueOrder
from segel.domain.dicom import text_value
from segel.domain.matching import FilterInvalid
from segel.domain.patient import PatientIdentity
from segel.imaging import WorklistQuery
from segel.records.model import CREATED, Folder
from segel.records.worklist import Worklist
from segel.records.worklist.items import flat

GRANT = FolderGrant("ServiceRequest", uuid4(), bytes(32))
PATIENT = uuid4()


class Archive:
    """A broker that lists these orders, and the rows that lie in their folder."""

    def __init__(self, **orders: dict[str, Any] | None) -> None:
        self.asked: list[DueQuery] = []
        self.worklist = self
        folder = Folder(PATIENT, GRANT)
        self.ids = {name: uuid4() for name in orders}
        self.rows = {
            self.ids[name]: (self.ids[name], 1, folder.seal(self.ids[name], 1, 0, CREATED, body))
            for name, body in orders.items()
            if body is not None
        }

    async def find(self, _: Requester, query: DueQuery) -> DueList:
        self.asked.append(query)
        orders = tuple(DueOrder(one) for one in self.ids.values())
        return DueList((DueLine(PATIENT, PatientIdentity(patient_id="RM1"), GRANT, orders),))

    async def latest_of(self, wanted: list[tuple[UUID, UUID]]) -> Any:
        assert wanted == [(GRANT.folder_id, one) for one in self.ids.values()]
        return self.rows

    def listed(self, **filters: str) -> list[Any]:
        """The items, flat; filters are tags with a letter before."""
        worklist = Worklist(SimpleNamespace(worklist=self), self)  # type: ignore[arg-type]
        asked = WorklistQuery({tag[1:]: value for tag, value in filters.items()}, "CT1")
        found = asyncio.run(worklist.scheduled(Requester("t"), asked))
        return [flat(one) for one in found.datasets]


def order(time: str, **changes: Any) -> dict[str, Any]:
    """An order of one day."""
    made = {
        "resourceType": "ServiceRequest",
        "status": "active",
        "intent": "order",
        "category": [{"coding": [{"code": "363679005"}]}],
        "occurrenceDateTime": f"2026-11-28T{time}:00+07:00",
        "code": {"text": f"CT {time}"},
    }
    return made | changes


def test_what_has_ended_since_the_broker_looked_is_left_out_and_the_rest_is_in_order() -> None:
    archive = Archive(
        late=order("11:00"),
        ended=order("09:30", status="completed"),
        gone=None,
        early=order("09:00"),
    )
    told = [text_value(one, "00321060") for one in archive.listed()]
    assert told == ["CT 09:00", "CT 11:00"]


def test_the_broker_matches_what_it_knows_and_the_rest_is_matched_here() -> None:
    archive = Archive(one=order("09:00"), other=order("11:00"))
    (found,) = archive.listed(t00321060="*09*", t00080060="CT", t00400001="XR1")
    assert text_value(found, "00321060") == "CT 09:00"
    assert text_value(found, "00080060") == "CT"
    assert text_value(found, "00400001") == "XR1"
    assert archive.asked == [DueQuery({"00080060": "CT", "00400001": "XR1"})]


def test_orders_with_images_are_asked_for_by_their_status_only() -> None:
    archive = Archive(one=order("09:00"))
    cases = {"": False, "*": False, "SCHEDULED": False, "STARTED": True, "START*": True}
    for status in cases:
        archive.listed(t00400020=status)
    assert [query.started for query in archive.asked] == list(cases.values())
    assert archive.listed(t00400020="STARTED") == []  # there are no images of it


def test_a_malformed_key_is_refused_before_the_broker_is_asked() -> None:
    archive = Archive(one=order("09:00"))
    for filters in ({"t00400002": "tomorrow"}, {"t00400003": "9-8"}, {"t0020000D": "*a*"}):
        with pytest.raises(FilterInvalid):
            archive.listed(**filters)
    assert archive.asked == []
