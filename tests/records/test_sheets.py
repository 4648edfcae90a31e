"""Tables of results through the real archive: taken once, whatever happens, and undone."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import httpx
import pytest

from segel.broker import BrokerClient, Requester
from segel.broker.errors import BrokerUnavailable, Forbidden
from segel.domain.purpose import Purpose
from segel.imaging import opened_archive
from segel.records import Records
from segel.records.sheets.columns import suggested
from segel.records.sheets.reading import read_tables
from segel.records.sheets.service import Sheets
from segel.store.database import opened_pool
from support.fhir_door import HOSPITALS, Fhir
from support.lab_sheets import PEOPLE, csv_of, rows_of

T = TypeVar("T")


class Laboratory:
    """Somebody of a laboratory, with the archive behind the FHIR door."""

    def __init__(self, fhir: Fhir, role: str = "laboratory", hospital: str = HOSPITALS[0]) -> None:
        self.fhir = fhir
        self.asked = Requester(fhir.token(role, hospital), Purpose.TREATMENT, "console")

    def run(self, call: Callable[[Sheets], Awaitable[T]]) -> T:
        async def connected() -> T:
            place = self.fhir.place
            async with opened_archive(*place) as archive, opened_pool(place[1]) as pool:
                return await call(Records(archive, pool, self.fhir.base).sheets)

        return self.fhir.broker.run(connected())

    def keep(self, data: bytes, name: str = "hasil.csv") -> UUID:
        async def call(sheets: Sheets) -> UUID:
            head = await sheets.keep(self.asked, name, data)
            if head.mapping is None:
                (table,) = read_tables(data)
                await sheets.map(self.asked, head.import_id, suggested(table))
            return head.import_id

        return self.run(call)

    def is_known(self, data: bytes) -> bool:
        """Whether somebody has said before which columns such a file has."""

        async def call(sheets: Sheets) -> bool:
            return (await sheets.keep(self.asked, "hasil.csv", data)).known

        return self.run(call)

    def take(self, import_id: UUID, turns: int = 1_000) -> Counter[str]:
        async def call(sheets: Sheets) -> Counter[str]:
            looked = await sheets.look(self.asked, import_id)
            for _ in range(turns):
                looked = await sheets.take(self.asked, import_id)
                if looked.head.done_s:
                    break
            return Counter(one.state for one in looked.sheet.outcomes)

        return self.run(call)

    def undo(self, import_id: UUID) -> Counter[str]:
        async def call(sheets: Sheets) -> Counter[str]:
            looked = await sheets.undo(self.asked, import_id)
            while not looked.head.undone_s:
                looked = await sheets.undo(self.asked, import_id)
            undone = looked.sheet.undone
            return Counter(
                out=sum(one.out for one in undone),
                back=sum(one.back for one in undone),
                kept=sum(len(one.kept) for one in undone),
            )

        return self.run(call)


def found(answer: httpx.Response) -> list[dict[str, Any]]:
    """What a search matched."""
    assert answer.status_code == 200, answer.text
    return [one["resource"] for one in answer.json().get("entry", [])]


def observations_of(fhir: Fhir, nik: str) -> list[dict[str, Any]]:
    """The observations of somebody, as a clinician finds them."""
    (patient,) = found(fhir.ask("POST", "/Patient/_search", data={"identifier": nik}))
    return found(fhir.ask("GET", f"/Observation?patient={patient['id']}"))


def test_two_hundred_rows_with_twenty_broken_ones_are_taken_once_and_undone(fhir: Fhir) -> None:
    lab = Laboratory(fhir)
    rows = rows_of(200, broken=20)
    data = csv_of(rows)
    import_id = lab.keep(data)
    assert lab.take(import_id, turns=2) == {"taken": 50}  # and broken off here
    assert lab.take(import_id) == {"taken": 180, "refused": 20}
    results = observations_of(fhir, PEOPLE[0].nik)
    coded = [one for one in results if "valueCodeableConcept" in one]  # the others: CT values
    assert len(coded) == 5
    for one in coded:
        assert one["valueCodeableConcept"]["coding"][0]["code"] in ("10828004", "260385009")
        assert one["meta"]["source"] == import_id.urn


def test_the_same_rows_again_change_nothing_and_an_undone_import_can_be_made_again(
    fhir: Fhir,
) -> None:
    lab = Laboratory(fhir)
    rows = rows_of(10, broken=2)
    data = csv_of(rows)
    import_id = lab.keep(data)
    assert lab.take(import_id) == {"taken": 8, "refused": 2}
    other = lab.keep(csv_of(rows, title="Lagi"))
    assert other != import_id
    assert lab.take(other) == {"there": 8, "refused": 2}
    assert lab.undo(other) == Counter(out=0, back=0, kept=0)

    assert lab.keep(data) == import_id
    undone = lab.undo(import_id)
    assert undone["kept"] == undone["back"] == 0
    assert undone["out"] >= 3 * 8
    assert observations_of(fhir, PEOPLE[0].nik) == []
    assert lab.take(lab.keep(data)) == {"taken": 8, "refused": 2}
    assert len(observations_of(fhir, PEOPLE[0].nik)) == 1


def test_what_was_changed_since_is_left_and_what_was_replaced_comes_back(fhir: Fhir) -> None:
    lab = Laboratory(fhir)
    rows = rows_of(2)
    first = lab.keep(csv_of(rows))
    assert lab.take(first) == {"taken": 2}
    corrected = [rows[0] | {"Hasil": "Inkonklusif"}, rows[1]]
    second = lab.keep(csv_of(corrected))
    assert lab.take(second) == {"taken": 1, "there": 1}
    (result,) = observations_of(fhir, PEOPLE[0].nik)
    assert result["valueCodeableConcept"]["text"] == "Inkonklusif"
    undone = lab.undo(second)
    assert (undone["back"], undone["kept"]) == (1, 0)
    (result,) = observations_of(fhir, PEOPLE[0].nik)
    assert result["valueCodeableConcept"]["text"] == rows[0]["Hasil"]

    (other,) = observations_of(fhir, PEOPLE[1].nik)
    amended = {**other, "status": "amended"}
    del amended["meta"]
    assert fhir.ask("PUT", f"/Observation/{other['id']}", json=amended).status_code == 200
    assert lab.undo(first)["kept"] == 1
    assert [one["status"] for one in observations_of(fhir, PEOPLE[1].nik)] == ["amended"]
    assert observations_of(fhir, PEOPLE[0].nik) == []


def test_a_row_that_cannot_be_taken_now_is_taken_later_and_not_twice(
    fhir: Fhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = Laboratory(fhir)
    import_id = lab.keep(csv_of(rows_of(6)))
    asked: list[int] = []
    real = BrokerClient.call

    async def failing(self: BrokerClient, request: Any, kind: Any) -> Any:
        asked.append(1)
        if type(request).__name__ == "OpenChart" and len(asked) > 12:
            raise BrokerUnavailable("away")
        return await real(self, request, kind)

    monkeypatch.setattr(BrokerClient, "call", failing)
    with pytest.raises(BrokerUnavailable):
        lab.take(import_id)
    monkeypatch.undo()
    assert lab.take(import_id) == {"taken": 6}
    assert len(observations_of(fhir, PEOPLE[0].nik)) == 1


def test_an_import_is_its_accounts_own_and_its_columns_are_the_hospitals(fhir: Fhir) -> None:
    lab = Laboratory(fhir)
    import_id = lab.keep(csv_of(rows_of(1)))
    system = Laboratory(fhir, "hospital-system")
    with pytest.raises(Exception, match="no such import"):
        system.run(lambda sheets: sheets.look(system.asked, import_id))
    for who, known in ((system, True), (Laboratory(fhir, hospital=HOSPITALS[1]), False)):
        assert who.is_known(csv_of(rows_of(2))) is known
    for role in ("clinician", "radiologist", "records-officer", "administrator"):
        with pytest.raises(Forbidden):
            Laboratory(fhir, role).is_known(csv_of(rows_of(2)))


def test_a_laboratory_writes_and_reads_nobody(fhir: Fhir) -> None:
    lab = Laboratory(fhir)
    assert lab.take(lab.keep(csv_of(rows_of(1)))) == {"taken": 1}
    (result,) = observations_of(fhir, PEOPLE[0].nik)
    patient = result["subject"]["reference"]
    for path in (
        f"/{patient}",
        f"/Observation/{result['id']}",
        f"/Observation?patient={patient}",
        f"/Patient?identifier={PEOPLE[0].nik}",
        f"/{patient}/$everything",
    ):
        assert fhir.ask("GET", path, "laboratory").status_code == 403, path
