"""FHIR with real clients: what programs that were written for other servers do at Segel's door."""

import re
from collections.abc import Iterator
from pathlib import Path
from time import time
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.observation import Observation
from fhirclient.models.organization import Organization
from fhirclient.models.patient import Patient
from fhirclient.models.practitioner import Practitioner
from fhirclient.models.practitionerrole import PractitionerRole
from fhirclient.server import FHIRNotFoundException, FHIRPermissionDeniedException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import (
    AuthorizationError,
    ForbiddenError,
    MultipleResourcesFound,
    OperationOutcome,
    ResourceNotFound,
)
from joserfc.jwk import ECKey

from support.fhir_door import HOSPITALS, Fhir, observation
from support.fhir_node import Asked, Refused, medplum_client
from support.oauth import assertion, key_set
from support.running import Running, segel

NIK = "https://fhir.kemkes.go.id/id/nik"
NUMBER = "9901015502900003"
LAB = "urn:segel:test:lab"


def numbered(patient: str, number: str, **changes: Any) -> dict[str, Any]:
    return observation(patient, identifier=[{"system": LAB, "value": number}], **changes)


def transaction(*resources: dict[str, Any]) -> dict[str, Any]:
    """A Bundle that makes each of them once."""
    entries = [
        {
            "resource": one,
            "request": {
                "method": "POST",
                "url": one["resourceType"],
                "ifNoneExist": f"identifier={LAB}|{one['identifier'][0]['value']}",
            },
        }
        for one in resources
    ]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def count(fhir: Fhir, patient: str) -> int:
    return int(fhir.ask("GET", f"/Observation?patient={patient}").json()["total"])


# fhirpy, in Python


def fhirpy(fhir: Fhir, role: str = "clinician", hospital: str = HOSPITALS[0], **more: str) -> Any:
    headers = {"X-Purpose-Of-Use": "TREAT", **more}
    token = f"Bearer {fhir.token(role, hospital)}"
    return SyncFHIRClient(fhir.base, authorization=token, extra_headers=headers)


def test_fhirpy_finds_a_patient_shortened_and_reads_the_whole(fhir: Fhir) -> None:
    patient = fhir.patient(telecom=[{"system": "phone", "value": "+62 811 0000"}])
    client = fhirpy(fhir)
    found = client.resources("Patient").search(identifier=f"{NIK}|{NUMBER}").get()
    assert (found.id, found["meta"]["tag"][0]["code"]) == (patient, "SUBSETTED")
    assert "telecom" not in found
    whole = found.to_reference().to_resource()
    assert whole["telecom"][0]["value"] == "+62 811 0000"
    assert client.resources("Patient").search(identifier=f"{NIK}|9901015502900009").first() is None


def test_fhirpy_writes_changes_and_takes_out(fhir: Fhir) -> None:
    patient = fhir.patient()
    client = fhirpy(fhir)
    seen = client.resource("Observation", **observation(patient))
    assert seen.is_valid()
    seen.save()
    assert seen["meta"]["versionId"] == "1"
    seen["status"] = "amended"
    seen.save()
    assert seen["meta"]["versionId"] == "2"
    assert client.get("Observation", seen.id)["status"] == "amended"
    assert seen.refresh()["status"] == "amended"
    with pytest.raises(OperationOutcome, match="not offered here"):
        seen.patch(status="final")
    seen.delete()
    with pytest.raises(ResourceNotFound, match="taken out"):
        client.get("Observation", seen.id)


def test_fhirpy_goes_through_all_pages(fhir: Fhir) -> None:
    patient = fhir.patient()
    for day in range(1, 8):
        fhir.ask("POST", "/Observation",
                 json=observation(patient, effectiveDateTime=f"2026-11-{day:02}"))  # fmt: skip
    wanted = fhirpy(fhir).resources("Observation").search(patient=patient).sort("-date").limit(3)
    assert [one["effectiveDateTime"][-1] for one in wanted] == list("7654321")
    with pytest.raises(OperationOutcome, match="_totalMethod"):
        wanted.count()  # it sends a parameter that FHIR has not
    lenient = fhirpy(fhir, Prefer="handling=lenient").resources("Observation")
    assert lenient.search(patient=patient).count() == 7


def test_fhirpy_makes_once_by_conditional_update_and_is_not_let_make_twice(fhir: Fhir) -> None:
    patient = fhir.patient()
    client = fhirpy(fhir)
    found = client.resources("Observation").search(identifier=f"{LAB}|1")
    # Its get_or_create has the condition in the address, where FHIR has none.
    with pytest.raises(OperationOutcome, match="If-None-Exist"):
        found.get_or_create(client.resource("Observation", **numbered(patient, "1")))
    assert count(fhir, patient) == 0
    made = [found.update(client.resource("Observation", **numbered(patient, "1")))
            for _ in range(2)]  # fmt: skip
    assert [is_new for _, is_new in made] == [True, False]
    assert made[0][0].id == made[1][0].id
    fhir.ask("POST", "/Observation", json=numbered(patient, "1"))
    with pytest.raises(MultipleResourcesFound):
        found.update(client.resource("Observation", **numbered(patient, "1")))

    once = fhirpy(fhir, **{"If-None-Exist": f"identifier={LAB}|2"})
    first = once.resource("Observation", **numbered(patient, "2")).save()
    again = once.resource("Observation", **numbered(patient, "2")).save()
    assert first.id
    assert again.id is None  # it is there: who writes is not shown it
    assert count(fhir, patient) == 3


def test_fhirpy_sends_transactions(fhir: Fhir) -> None:
    patient = fhir.patient()
    client = fhirpy(fhir)
    sent = transaction(numbered(patient, "1"), numbered(patient, "2"))
    for status in ("201", "200"):
        answer = client.execute("/", data=sent)
        assert [one["response"]["status"] for one in answer["entry"]] == [status] * 2
    assert count(fhir, patient) == 2


def test_fhirpy_tells_refusals_apart(fhir: Fhir) -> None:
    patient = fhir.patient()
    with pytest.raises(ForbiddenError):
        fhirpy(fhir, "administrator").get("Patient", patient)
    with pytest.raises(ResourceNotFound):
        fhirpy(fhir, hospital=HOSPITALS[1]).get("Patient", patient)
    nobody = SyncFHIRClient(fhir.base, authorization="Bearer x")
    with pytest.raises(AuthorizationError):
        nobody.get("Patient", patient)
    wrong = fhirpy(fhir).resource("Observation", **observation(patient, status="wrong"))
    with pytest.raises(OperationOutcome, match=r"Observation\.status"):
        wrong.save()


# SMART's fhirclient, in Python


@pytest.fixture
def smart(fhir: Fhir) -> Any:
    """A client whose session carries a token that it was given."""
    client = FHIRClient(settings={"app_id": "segel-test", "api_base": fhir.base})
    client.server.session.headers.update(fhir.headers("clinician", purpose="TREAT"))
    return client.server


def test_fhirclient_reads_what_there_is_into_its_strict_models(fhir: Fhir, smart: Any) -> None:
    patient = fhir.patient()
    whole = Patient.read(patient, smart)
    assert whole.birthDate.isostring == "1990-02-15"
    assert (whole.name[0].family, whole.meta.versionId) == ("Wulandari", "1")
    for day in range(1, 6):
        fhir.ask("POST", "/Observation",
                 json=observation(patient, effectiveDateTime=f"2026-11-{day:02}"))  # fmt: skip
    search = Observation.where({"patient": patient, "date": "ge2026-11-02", "_count": "2"})
    found = list(search.perform_resources_iter(smart))
    assert len({one.id for one in found}) == 4
    assert smart.capabilityStatement.fhirVersion == "4.0.1"
    with pytest.raises(FHIRNotFoundException):
        Patient.read(str(uuid4()), smart)


def test_fhirclient_reads_who_works_where(fhir: Fhir, smart: Any) -> None:
    fhir.token("radiologist")
    (hospital,) = [
        one
        for one in Organization.where({"type": "prov"}).perform_resources_iter(smart)
        if one.name == f"RS {HOSPITALS[0]}"
    ]
    assert Organization.read(hospital.id, smart).identifier[0].value == HOSPITALS[0]
    search = PractitionerRole.where({"role": "radiologist"}).include("practitioner")
    found = list(search.perform_resources_iter(smart))
    (role,) = [one for one in found if isinstance(one, PractitionerRole)]
    (person,) = [one for one in found if isinstance(one, Practitioner)]
    assert role.organization.reference == f"Organization/{hospital.id}"
    assert role.practitioner.reference == f"Practitioner/{person.id}"
    assert Practitioner.read(person.id, smart).name[0].text == f"radiologist {HOSPITALS[0]}"


def test_fhirclient_creates_updates_deletes_and_sends_transactions(fhir: Fhir, smart: Any) -> None:
    patient = fhir.patient()
    made = Observation(observation(patient)).create(smart)
    seen = Observation.read(made["id"], smart)
    seen.status = "amended"
    assert seen.update()["meta"]["versionId"] == "2"
    seen.delete()
    assert count(fhir, patient) == 0
    answer = Bundle(transaction(numbered(patient, "1"))).create(smart)
    assert answer["entry"][0]["response"]["status"] == "201"
    assert count(fhir, patient) == 1
    smart.session.headers.update(fhir.headers("radiographer", purpose="TREAT"))
    with pytest.raises(FHIRPermissionDeniedException):
        Observation(observation(patient)).create(smart)


def test_fhirclient_signs_in_as_a_hospitals_system_and_stays_within_its_scopes(
    running: Running, tmp_path: Path
) -> None:
    key = ECKey.generate_key("P-384", {"kid": "1"}, private=True)
    (tmp_path / "keys.json").write_bytes(key_set(key))
    said = segel(
        "client", "add", f"SIMRS {uuid4().hex[:6]}", f"--home={running.home}",
        f"--hospital={running.hospitals[0]}", f"--jwks={tmp_path / 'keys.json'}",
        "--role=hospital-system", "--scope=system/Patient.rs system/Observation.crs",
    )  # fmt: skip
    assert said.returncode == 0, said.stdout + said.stderr
    told = {line.rsplit(None, 1)[0]: line.split()[-1] for line in said.stdout.splitlines()}
    signed = assertion(key, told["client id"], told["token endpoint"], time())
    client = FHIRClient(settings={
        "app_id": told["client id"],
        "api_base": f"{running.http}/fhir",
        "jwt_token": signed,
        "scope": "system/Patient.rs system/Observation.crs",
    })  # fmt: skip
    client.wants_patient = False
    assert not client.prepare()  # it has read where tokens are had, and has none
    client.authorize()
    assert client.ready
    person = next(
        one for one in running.demo["patients"] if one["hospital"] == running.hospitals[0]
    )
    search = Patient.where({"identifier": f"{NIK}|{person['nik']}"})
    (patient,) = [one.id for one in search.perform_resources_iter(client.server)]
    made = Observation(observation(patient)).create(client.server)
    seen = Observation.read(made["id"], client.server)
    with pytest.raises(FHIRPermissionDeniedException):
        seen.delete()


def test_a_patient_sees_in_words_what_was_done_by_fhir(running: Running) -> None:
    """Their page is the console's; what it says of FHIR's own kinds of entries is shown here."""
    person = next(
        one for one in running.demo["patients"] if one["hospital"] == running.hospitals[0]
    )
    client = FHIRClient(settings={"app_id": "segel-test", "api_base": f"{running.http}/fhir"})
    client.server.session.headers.update(running.headers("clinician"))
    search = Patient.where({"identifier": f"{NIK}|{person['nik']}"})
    (found,) = search.perform_resources_iter(client.server)
    Patient.read(found.id, client.server)
    Observation(observation(found.id)).create(client.server)
    cookie = {"segel_session": running.token("patient")}
    page = httpx.get(f"{running.http}/record", cookies=cookie, headers={"Accept": "text/html"})
    listed = re.findall(r'data-cell="what">([^<]+)<', page.text)
    assert {
        "Melihat Anda di hasil pencarian",
        "Membuka rekam medis Anda",
        "Menambah rekam medis Anda",
    } <= set(listed)


# Medplum's client, in Node


@pytest.fixture
def medplum(fhir: Fhir) -> Iterator[Asked]:
    with medplum_client(fhir.origin, fhir.token("clinician")) as ask:
        yield ask


def test_medplum_finds_reads_and_writes(fhir: Fhir, medplum: Asked) -> None:
    patient = fhir.patient(telecom=[{"system": "phone", "value": "+62 811 0000"}])
    found = medplum("searchOne", "Patient", f"identifier={NIK}|{NUMBER}")
    assert (found["id"], "telecom" in found) == (patient, False)
    assert medplum("readResource", "Patient", patient)["telecom"]
    made = medplum("createResource", observation(patient))
    changed = medplum("updateResource", {**made, "status": "amended"})
    assert changed["meta"]["versionId"] == "2"
    assert medplum("readVersion", "Observation", made["id"], "1")["status"] == "final"
    assert medplum("readHistory", "Observation", made["id"])["total"] == 2
    assert medplum("readPatientEverything", patient)["total"] == 2
    medplum("deleteResource", "Observation", made["id"])
    with pytest.raises(Refused) as gone:
        medplum("readResource", "Observation", made["id"], {"cache": "reload"})
    assert gone.value.outcome["issue"][0]["code"] == "deleted"


def test_medplum_goes_through_all_pages(fhir: Fhir, medplum: Asked) -> None:
    patient = fhir.patient()
    for number in "12345":
        medplum("createResource", numbered(patient, number))
    pages = medplum("searchResourcePages", "Observation", {"patient": patient, "_count": "2"})
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({one["id"] for page in pages for one in page}) == 5


def test_medplum_makes_once_and_sees_what_is_there_by_reading_it(
    fhir: Fhir, medplum: Asked
) -> None:
    patient = fhir.patient()
    sent, condition = numbered(patient, "1"), f"identifier={LAB}|1"
    made = medplum("createResourceIfNoneExist", sent, condition)
    assert made["meta"]["versionId"] == "1"
    # The answer has no body, and it returns nothing unless it is told to read what is there.
    assert medplum("createResourceIfNoneExist", sent, condition) is None
    read = medplum("createResourceIfNoneExist", sent, condition, {"followRedirectOnOk": True})
    assert read == made
    changed = medplum("upsertResource", {**sent, "status": "amended"}, condition)
    assert (changed["id"], changed["meta"]["versionId"]) == (made["id"], "2")
    assert count(fhir, patient) == 1


def test_medplum_sends_batches_and_transactions(fhir: Fhir, medplum: Asked) -> None:
    patient = fhir.patient()
    answer = medplum("executeBatch", transaction(numbered(patient, "1")))
    assert answer["entry"][0]["response"]["status"] == "201"
    batch = {"resourceType": "Bundle", "type": "batch", "entry": [
        {"request": {"method": "GET", "url": f"Patient/{patient}"}},
        {"request": {"method": "GET", "url": f"Patient/{uuid4()}"}},
    ]}  # fmt: skip
    statuses = [one["response"]["status"] for one in medplum("executeBatch", batch)["entry"]]
    assert statuses == ["200", "404"]


def test_medplum_is_told_why_it_is_refused(fhir: Fhir, medplum: Asked) -> None:
    patient = fhir.patient()
    for call, code in (
        (("createResource", observation(patient, status="wrong")), "code-invalid"),
        (("searchOne", "Patient", "name=Sri"), "too-costly"),
        (("patchResource", "Observation", str(uuid4()), []), "not-supported"),
        (("readResource", "Patient", str(uuid4())), "not-found"),
    ):
        with pytest.raises(Refused) as refused:
            medplum(*call)
        assert refused.value.outcome["issue"][0]["code"] == code, call
