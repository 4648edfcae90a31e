"""Charts told to the national platform: by a real broker, a real database and a strict stand-in."""

import asyncio
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import pytest

from drills.test_national_kills import DOCTOR, LOCATION, NIK
from segel.broker import BrokerClient
from segel.broker import messages as m
from segel.broker.decoys import DecoyMarks
from segel.domain.consent import Decision
from segel.domain.purpose import Purpose
from segel.records import decision_on, outgoing
from segel.records.national import courier
from segel.records.national.courier import Means
from segel.records.national.platform import Addresses
from segel.store.database import opened_pool
from support.fhir_door import HOSPITALS, Fhir, observation, person
from support.national_platform import NationalPlatform, national_platform

if TYPE_CHECKING:
    from conftest import Database

T = TypeVar("T")
CODE = HOSPITALS[0]
WOMAN, NUMBER = "9901015502900003", "P09900000001"
BACK_S = 30


@dataclass
class Told:
    """A door, a hospital that tells, and the platform."""

    fhir: Fhir
    there: NationalPlatform

    def operator(self, call: Callable[[BrokerClient], Awaitable[T]]) -> T:
        async def run() -> T:
            client = await BrokerClient.connect(self.fhir.broker.settings.operator_socket)
            try:
                return await call(client)
            finally:
                await client.close()

        return self.fhir.broker.run(run())

    def set_up(self, **changes: Any) -> None:
        self.fhir.token("hospital-system")  # and with it the hospital
        known = {
            "organisation": self.there.organisation, "location": LOCATION,
            "client_id": self.there.client[0], "client_secret": self.there.client[1],
        }  # fmt: skip
        self.operator(lambda one: one.national.set_up(m.SetUpNational(CODE, **known | changes)))

    def letters(self) -> list[m.Letter]:
        return [one.letter for one in self.operator(lambda one: one.national.letters())]

    def write(self, kind: str, role: str = "hospital-system", **resource: Any) -> str:
        """A resource that a hospital's system writes, or somebody else; its id."""
        made = self.fhir.ask("POST", f"/{kind}", role, json={"resourceType": kind, **resource})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def visit(self, patient: str, role: str = "hospital-system", **changes: Any) -> str:
        at = "2026-11-02T08:15:00+07:00"
        visit: dict[str, Any] = {
            "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": f"Patient/{patient}"},
            "participant": [{"individual": {"identifier": {"system": NIK, "value": DOCTOR}}}],
            "period": {"start": at},
        }
        return self.write("Encounter", role, **{**visit, **changes})

    def seen(self, patient: str, visit: str, **changes: Any) -> str:
        kind = {"system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "laboratory"}  # fmt: skip
        made = observation(
            patient,
            category=[{"coding": [kind]}],
            encounter={"reference": f"Encounter/{visit}"},
            **changes,
        )
        made.pop("resourceType")
        return self.write("Observation", **made)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + BACK_S
        while not holds():
            assert time.monotonic() < end_s, what
            time.sleep(0.02)


@pytest.fixture
def told(fhir: Fhir, database: "Database", monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Everything runs, and nothing is set up yet."""
    for module, name in ((courier, "LOOK_S"), (courier, "HICCUP_S"), (outgoing, "PAUSE_FIRST_S")):
        monkeypatch.setattr(module, name, 0.05)
    with national_platform() as there:
        there.people[WOMAN] = [NUMBER]
        there.practitioners[DOCTOR] = "N10000001"
        there.locations.add(LOCATION)
        addresses = Addresses(there.fhir, there.token, 0.5, 1_000.0)
        stop = asyncio.Event()

        async def tell() -> None:
            async with opened_pool(database.gateway) as pool:
                client = BrokerClient(fhir.broker.settings.socket.with_name("n.sock"))
                means = Means(client, pool, addresses, ssl.create_default_context())
                telling = asyncio.create_task(courier.run(means))
                await stop.wait()
                telling.cancel()
                await asyncio.gather(telling, return_exceptions=True)
                await client.close()

        telling = asyncio.run_coroutine_threadsafe(tell(), fhir.broker.loop)
        try:
            yield Told(fhir, there)
        finally:
            fhir.broker.loop.call_soon_threadsafe(stop.set)
            telling.result(BACK_S)


def test_a_hospital_that_was_not_set_up_tells_nothing_and_one_that_was_tells_what_changes(
    told: Told,
) -> None:
    there = told.there
    patient = told.fhir.patient()
    told.visit(patient, status="in-progress")
    told.set_up()
    visit = told.visit(patient)
    seen = told.seen(patient, visit)
    told.until(lambda: len(there.all("Observation")) == 1, "the observation was not told")
    # What was there before goes with what changed: the platform files one under the other.
    assert len(there.all("Encounter")) == 2
    assert set(there.posted.values()) == {1}
    assert there.refused == []
    first = there.all("Observation")[0]
    assert first["identifier"][0]["value"] == seen
    assert first["subject"] == {"reference": f"Patient/{NUMBER}"}
    told.operator(lambda one: one.national.switch(CODE, on=False))
    asked = len(there.asked)
    told.visit(patient, status="arrived")
    time.sleep(0.3)
    assert len(there.asked) == asked
    assert told.operator(lambda one: one.national.report()).hospitals[0].waiting == 0


def test_the_platforms_number_is_added_where_that_is_wished_and_no_name_is_touched(
    told: Told,
) -> None:
    told.set_up(add_numbers=True)
    patient = told.fhir.patient()
    told.visit(patient)
    told.until(lambda: len(told.there.all("Encounter")) == 1, "the visit was not told")
    stated = told.fhir.ask("GET", f"/Patient/{patient}").json()
    assert stated["name"] == person()["name"]
    assert [one["value"] for one in stated["identifier"]] == [WOMAN, NUMBER]
    system = "https://fhir.kemkes.go.id/id/ihs-number"
    found = told.fhir.ask("GET", f"/Patient?identifier={system}|{NUMBER}").json()
    assert found["entry"][0]["resource"]["id"] == patient


def test_the_patient_reads_what_left_to_whom_and_that_their_chart_was_opened_for_it(
    told: Told,
) -> None:
    told.set_up()
    patient = told.fhir.patient(
        identifier=[
            *person()["identifier"],
            {"system": f"http://sys-ids.kemkes.go.id/mrn/{CODE}", "value": "RM-1"},
        ]
    )
    visit = told.visit(patient)
    told.seen(patient, visit)
    told.until(lambda: len(told.there.all("Observation")) == 1, "not told")
    own = told.fhir.patients_token(patient, "RM-1")

    asked = m.Requester(own, purpose=Purpose.PATIENT_REQUEST)
    record = told.operator(lambda one: one.record.open(asked))
    events = [json.loads(line.event) for line in record.document.lines]
    kinds = [one["subtype"][-1]["code"] for one in events]
    left = [one for one in events if one["subtype"][-1]["code"] == "disclosure"]
    types = [entity["what"]["type"] for one in left for entity in one["entity"]]
    assert sorted(set(types)) == ["Encounter", "Observation", "Patient"]
    assert len(left) == 3  # that there is such a NIK, the visit, and what was seen
    assert {one["agent"][0]["role"][0]["coding"][0]["code"] for one in left} == {
        "national-platform"
    }
    assert {one["purposeOfEvent"][0]["coding"][0]["code"] for one in left} == {"HOPERAT"}
    assert kinds.count("chart-read") >= 1
    assert "IHE.BasicAudit.PrivacyDisclosure.Source" in left[0]["meta"]["profile"][0]


def test_corrections_and_retractions_follow(told: Told) -> None:
    there = told.there
    told.set_up()
    patient = told.fhir.patient()
    visit = told.visit(patient)
    seen = told.seen(patient, visit)
    told.until(lambda: len(there.all("Observation")) == 1, "not told")
    stated = told.fhir.ask("GET", f"/Observation/{seen}").json()
    changed = {**stated, "status": "corrected", "valueCodeableConcept": {"text": "Positif"}}
    told.fhir.ask("PUT", f"/Observation/{seen}", "hospital-system", json=changed)
    told.until(lambda: there.all("Observation")[0]["status"] == "corrected", "not corrected")
    assert there.all("Observation")[0]["valueCodeableConcept"] == {"text": "Positif"}
    told.fhir.ask("DELETE", f"/Observation/{seen}", "hospital-system")
    told.until(lambda: there.all("Observation")[0]["status"] == "entered-in-error", "not retracted")
    assert set(there.posted.values()) == {1}


def test_an_outage_a_full_door_and_ended_tokens_delay_and_lose_nothing(told: Told) -> None:
    there = told.there
    there.behaviour.refuses_duplicates = False
    told.set_up()
    there.behaviour.down = True
    patient = told.fhir.patient()
    visit = told.visit(patient)
    told.seen(patient, visit)
    told.until(lambda: len(there.asked) > 3, "the platform was not asked")
    (line,) = told.operator(lambda one: one.national.report()).hospitals
    assert line.trouble == "server-error"
    assert line.waiting == 1
    alerts = told.operator(lambda one: one.alerts.all())
    assert "national-platform-away" in {one.kind for one in alerts.alerts}
    there.behaviour.mute_after = {"Encounter", "Observation"}
    there.behaviour.down = False
    told.until(lambda: len(there.all("Encounter")) == 1, "not told after the outage")
    there.end_tokens()
    there.behaviour.per_second = 4
    told.until(lambda: len(there.all("Observation")) == 1, "not told at a full door")
    there.behaviour.per_second = 0
    told.until(
        lambda: not told.operator(lambda one: one.national.report()).hospitals[0].trouble,
        "still away",
    )
    assert set(there.posted.values()) == {1}
    # While it was away it was asked whether it is there, and no chart was opened for it.
    probes = [path for method, path in there.asked if "Organization" in path]
    assert probes


def test_what_is_refused_is_set_aside_with_its_reason_dropped_and_tried_again(told: Told) -> None:
    there = told.there
    told.set_up()
    patient = told.fhir.patient()
    visit = told.visit(patient)
    early = told.seen(patient, visit, effectiveDateTime="2013-01-01")
    told.until(lambda: len(told.letters()) == 1, "nothing was set aside")
    (letter,) = told.letters()
    assert (letter.fault, str(letter.resource_id)) == ("too-early", early)
    (line,) = told.operator(lambda one: one.national.letters())
    told.operator(lambda one: one.national.drop(CODE, line.letter_id))
    told.seen(patient, visit)
    told.until(lambda: len(there.all("Observation")) == 1, "the other one was not told")
    assert told.letters() == []  # dropped until it changes
    there.people.clear()
    other = told.fhir.patient(
        identifier=[{"system": NIK, "value": "9901014101800009"}], birthDate="1980-01-01"
    )
    told.visit(other)
    told.until(lambda: len(told.letters()) == 1, "a patient nobody knows was not set aside")
    assert told.letters()[0].fault == "patient-unknown"
    there.people["9901014101800009"] = ["P09900000009"]
    assert told.operator(lambda one: one.national.retry(CODE)) == 1
    told.until(lambda: len(there.all("Encounter")) == 2, "not tried again")
    told.until(lambda: told.letters() == [], "the letter stayed")


def test_what_another_system_sent_is_referred_to_and_left_as_it_is(told: Told) -> None:
    there = told.there
    told.set_up()
    patient = told.fhir.patient()
    number = {"system": f"http://sys-ids.kemkes.go.id/encounter/{there.organisation}",
              "value": "RJ-7"}  # fmt: skip
    known: dict[str, Any] = {
        "resourceType": "Encounter", "id": "11111111-2222-4333-8444-555555555555",
        "identifier": [{"use": "official", **number}], "status": "in-progress",
        "subject": {"reference": f"Patient/{NUMBER}"},
    }  # fmt: skip
    there.kept["Encounter"][known["id"]] = known
    visit = told.visit(patient, identifier=[number])
    told.seen(patient, visit)
    told.until(lambda: len(there.all("Observation")) == 1, "not told")
    assert there.all("Encounter") == [known]
    assert there.all("Observation")[0]["encounter"] == {"reference": f"Encounter/{known['id']}"}


def test_neither_decoys_nor_those_who_object_are_told_of(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = told.there
    told.set_up()
    patient = told.fhir.patient()
    declined = told.fhir.ask(
        "POST", "/Consent", "records-officer", purpose="HOPERAT",
        json=decision_on(Purpose.COORDINATION, Decision.DENY, UUID(patient), 0.0),
    )  # fmt: skip
    assert declined.status_code == 201, declined.text
    told.visit(patient)
    told.until(_is_idle(told), "the objection was not heard")
    monkeypatch.setattr(DecoyMarks, "is_decoy", lambda _, one: str(one) == patient)
    told.visit(patient, "clinician")  # whose session that freezes
    told.until(_is_idle(told), "the decoy still waits")
    assert not [path for _, path in there.asked if "Patient" in path]
    monkeypatch.undo()
    place = f"/Consent/{declined.json()['id']}"
    withdrawn = {**declined.json(), "status": "inactive"}
    answer = told.fhir.ask("PUT", place, "records-officer", purpose="HOPERAT", json=withdrawn)
    assert answer.status_code == 200, answer.text
    told.visit(patient)
    told.until(lambda: len(there.all("Encounter")) == 3, "a patient like others was not told of")


def _is_idle(told: Told) -> Callable[[], bool]:
    return lambda: told.operator(lambda one: one.national.report()).hospitals[0].waiting == 0


def test_a_number_that_leads_to_two_people_or_to_another_one_stops_everything(told: Told) -> None:
    told.set_up()
    told.there.people[WOMAN] = [NUMBER, "P09900000002"]
    patient = told.fhir.patient()
    told.visit(patient)
    told.until(lambda: len(told.letters()) == 1, "not set aside")
    assert told.letters()[0].fault == "patient-ambiguous"
    other = told.fhir.patient(
        identifier=[
            {"system": NIK, "value": "9901014101800009"},
            {"system": "https://fhir.kemkes.go.id/id/ihs-number", "value": "P09900000077"},
        ]
    )
    told.there.people["9901014101800009"] = ["P09900000009"]
    told.visit(other)
    told.until(lambda: len(told.letters()) == 2, "not set aside")
    assert {one.fault for one in told.letters()} == {"patient-ambiguous", "number-differs"}
    assert told.there.all("Encounter") == []
    assert WOMAN not in json.dumps([one.what for one in told.letters()])
