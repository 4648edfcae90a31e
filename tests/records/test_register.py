"""Who works where, and who did what, as FHIR has it: Organization, Practitioner,
PractitionerRole, AuditEvent."""

from typing import Any

import httpx

from segel.broker import BrokerClient
from segel.domain.roles import Role
from segel.records.r4 import validate
from support.fhir_door import HOSPITALS, Fhir

HERE, THERE = HOSPITALS


def found(answer: httpx.Response, kind: str = "") -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    resources = [one["resource"] for one in answer.json().get("entry", [])]
    for one in resources:
        validate(one)
    return [one for one in resources if not kind or one["resourceType"] == kind]


def test_staff_see_the_hospitals_and_who_works_in_their_own(fhir: Fhir) -> None:
    fhir.patient()
    fhir.token("clinician", THERE)
    fhir.token("hospital-system")

    async def describe(operator: BrokerClient) -> None:
        await operator.enrol_account("dr. Sari Dewi, Sp.PD", Role.CLINICIAN, HERE, demo=True)
        await operator.access.close_account(f"radiologist {HERE}")
        register = operator.register
        await register.describe_hospital(HERE, "100025702")
        await register.add_department(HERE, "Penyakit Dalam", "PD-1")
        await register.add_department(HERE, "Gizi")
        await register.remove_department(HERE, "GIZI")
        await register.number_account("dr. Sari Dewi, Sp.PD", "N10000001")
        await operator.accesses.assign_units(
            "dr. Sari Dewi, Sp.PD", ["penyakit  dalam", "Radiologi"]
        )

    fhir.token("radiologist")
    fhir.operate(describe)

    hospitals = {one["name"]: one for one in found(fhir.ask("GET", "/Organization"))}
    assert set(hospitals) == {f"RS {HERE}", f"RS {THERE}", "Penyakit Dalam", "Radiologi"}
    own, ward = hospitals[f"RS {HERE}"], hospitals["Penyakit Dalam"]
    assert own["identifier"][0] == {
        "use": "official",
        "system": "http://sys-ids.kemkes.go.id/organization",
        "value": "100025702",
    }
    assert ward["partOf"]["reference"] == f"Organization/{own['id']}"
    assert ward["identifier"][0] == {
        "system": "http://sys-ids.kemkes.go.id/organization/100025702",
        "value": "PD-1",
    }
    assert found(fhir.ask("GET", f"/Organization?partof={own['id']}&name=penyakit")) == [ward]
    assert fhir.ask("GET", f"/Organization/{ward['id']}").json() == ward
    there = found(fhir.ask("GET", "/Organization", hospital=THERE))
    assert "Radiologi" not in {one["name"] for one in there}  # said of people there, and no more

    people = {one["name"][0]["text"]: one for one in found(fhir.ask("GET", "/Practitioner"))}
    assert set(people) == {
        f"records-officer {HERE}",
        f"clinician {HERE}",
        f"radiologist {HERE}",
        "dr. Sari Dewi, Sp.PD",
    }  # fmt: skip - no system, no patient, nobody of the other hospital
    assert not people[f"radiologist {HERE}"]["active"]
    doctor = people["dr. Sari Dewi, Sp.PD"]
    number = "https://fhir.kemkes.go.id/id/nakes-his-number|N10000001"
    assert found(fhir.ask("GET", f"/Practitioner?identifier={number}")) == [doctor]
    assert found(fhir.ask("GET", "/Practitioner?name=dewi&active=true")) == [doctor]
    read = fhir.ask("GET", f"/Practitioner/{doctor['id']}")
    assert read.json() == doctor
    assert fhir.ask("GET", f"/Practitioner/{doctor['id']}",
                    headers={"If-None-Match": read.headers["etag"]}).status_code == 304  # fmt: skip
    assert fhir.ask("GET", f"/Practitioner/{doctor['id']}", hospital=THERE).status_code == 404

    asked = f"practitioner={doctor['id']}&_include=PractitionerRole:organization"
    answer = fhir.ask("GET", f"/PractitionerRole?{asked}&_include=PractitionerRole:practitioner")
    roles = found(answer, "PractitionerRole")
    assert {one["organization"]["display"] for one in roles} == {"Penyakit Dalam", "Radiologi"}
    assert {one["code"][0]["coding"][0]["code"] for one in roles} == {"clinician"}
    assert found(answer, "Practitioner") == [doctor]
    assert len(found(answer, "Organization")) == 2
    by_role = found(fhir.ask("GET", "/PractitionerRole?role=clinician&practitioner.name=sari"))
    assert len(by_role) == 2
    clinician = found(fhir.ask("GET", "/PractitionerRole?practitioner.name=clinician"))
    assert [one["organization"]["reference"] for one in clinician] == [f"Organization/{own['id']}"]

    for role in ("administrator", "data-protection-officer", "hospital-system"):
        assert fhir.ask("GET", "/Practitioner", role, purpose="HOPERAT").status_code == 200, role
    assert fhir.ask("GET", "/Practitioner", "modality").status_code == 403
    assert fhir.ask("POST", "/Practitioner", json=doctor).status_code == 404


def test_who_did_what_is_told_to_the_patient_and_to_the_officer(fhir: Fhir) -> None:
    mrn = {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                                "code": "MR"}]}, "value": "RM-7"}  # fmt: skip
    patient = fhir.patient(identifier=[mrn])
    other = fhir.patient(identifier=[mrn | {"value": "RM-8"}])
    for _ in range(2):
        fhir.ask("GET", f"/Patient/{patient}")
    fhir.ask("GET", "/Patient?name=wulandari&birthdate=1990-02-15")  # lists both
    fhir.ask("GET", f"/Patient/{other}")
    doctor = found(fhir.ask("GET", "/Practitioner?name=clinician"))[0]["id"]
    own = {
        "Authorization": f"Bearer {fhir.patients_token(patient, 'RM-7')}",
        "X-Purpose-Of-Use": "PATRQT",
    }

    def asked(path: str) -> httpx.Response:
        return fhir.web.get(f"{fhir.base}{path}", headers=own)

    events = found(asked("/AuditEvent"))
    assert len(events) == 4  # registered, read twice, listed; newest first
    assert [one["recorded"] for one in events] == sorted(
        (one["recorded"] for one in events), reverse=True
    )
    listed = events[0]["entity"]
    assert [one["what"] for one in listed if one.get("description") == "listed patient"] == [
        {"type": "Patient", "reference": f"Patient/{patient}"}
    ]
    assert other not in asked("/AuditEvent").text
    who = [one["who"] for one in events[0]["agent"] if one.get("requestor")]
    assert (who[0]["reference"], who[0]["display"]) == (
        f"Practitioner/{doctor}", f"clinician {HERE}",
    )  # fmt: skip
    assert len(found(asked(f"/AuditEvent?agent=Practitioner/{doctor}"))) == 3
    assert len(found(asked(f"/AuditEvent?patient={patient}&date=ge2020-01-01"))) == 4
    assert found(asked(f"/AuditEvent?patient={other}")) == []
    assert found(asked("/AuditEvent?date=lt2020-01-01")) == []
    assert asked(f"/AuditEvent/{events[0]['id']}").json() == events[0]
    first = asked("/AuditEvent?_count=3").json()
    assert len(first["entry"]) == 3
    follow = next(one["url"] for one in first["link"] if one["relation"] == "next")
    rest = fhir.web.get(follow, headers=own).json()
    assert [one["resource"]["id"] for one in rest["entry"]] == [events[3]["id"]]
    assert not any(one["relation"] == "next" for one in rest["link"])

    def officer(path: str) -> httpx.Response:
        return fhir.ask("GET", path, "data-protection-officer", purpose="HOPERAT")

    theirs = found(officer(f"/AuditEvent?agent={doctor}&date=ge2020-01-01"))
    assert {events[0]["id"], events[1]["id"]} <= {one["id"] for one in theirs}
    assert [int(one["id"]) for one in theirs] == sorted(int(one["id"]) for one in theirs)
    assert f"clinician {HERE}" not in str(theirs)  # no names
    assert {f"Practitioner/{doctor}"} == {
        agent["who"]["reference"] for one in theirs for agent in one["agent"]
        if agent.get("requestor")
    }  # fmt: skip
    about = found(officer(f"/AuditEvent?patient={other}"))
    assert {one["id"] for one in about} >= {events[0]["id"]}  # it was in that list, too
    assert officer(f"/AuditEvent/{events[1]['id']}").json()["id"] == events[1]["id"]
    seen, page = set[str](), officer("/AuditEvent?_count=4")
    while True:
        seen |= {one["id"] for one in found(page)}
        links = {one["relation"]: one["url"] for one in page.json()["link"]}
        if "next" not in links:
            break
        page = fhir.web.get(
            links["next"], headers=fhir.headers("data-protection-officer", purpose="HOPERAT")
        )
    assert {one["id"] for one in theirs} <= seen
    assert found(officer("/AuditEvent?date=ge2100-01-01")) == []
    assert officer("/AuditEvent?_sort=-date").status_code == 400
    elsewhere = fhir.ask("GET", "/AuditEvent", "data-protection-officer", THERE, purpose="HOPERAT")
    assert not {one["id"] for one in found(elsewhere)} & {one["id"] for one in events}
    assert fhir.ask("GET", "/AuditEvent").status_code == 403
