"""Bulk exports through FHIR's door, the archive and a real broker."""

import hashlib
import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
import psycopg

from segel.broker import BrokerClient, Requester
from segel.broker.messages import TargetKind
from support.fhir_door import HOSPITALS, Fhir, observation

if TYPE_CHECKING:
    from conftest import Database

NIK = "https://fhir.kemkes.go.id/id/nik"
ASKING = {
    "Prefer": "respond-async",
    "X-Recipient": "Universitas Cendana",
    "X-Reason": "Penelitian tuberkulosis 2026",
}
OFFICERS = ("data-protection-officer", "administrator")


def ask(fhir: Fhir, query: str = "", purpose: str = "COC", **changes: str) -> httpx.Response:
    """A kick-off by a hospital's system."""
    headers = {**ASKING, **changes}
    path = f"/Patient/$export{query}"
    return fhir.ask("GET", path, "hospital-system", purpose=purpose, headers=headers)


def read(fhir: Fhir, address: str, role: str = "hospital-system", **how: Any) -> httpx.Response:
    """An address that the door gave."""
    return fhir.ask("GET", address.removeprefix(fhir.base), role, **how)


def decide(fhir: Fhir, export_id: str, role: str, *, approve: bool = True) -> None:
    """What an officer says to it."""
    requester = Requester(fhir.token(role))

    async def decided(broker: BrokerClient) -> None:
        await broker.approvals.decide(
            requester, UUID(export_id), "Sesuai perjanjian.", approve=approve
        )

    fhir.operate(decided)


def approved(fhir: Fhir, asked: httpx.Response) -> str:
    """Where an export is that both officers approved."""
    assert asked.status_code == 202, asked.text
    place = asked.headers["content-location"]
    for role in OFFICERS:
        decide(fhir, place.rpartition("/")[2], role)
    return str(place)


def issue(answer: httpx.Response) -> dict[str, Any]:
    """The one issue of a refusal."""
    (found,) = answer.json()["issue"]
    return dict(found)


def numbers(given: list[dict[str, Any]]) -> list[str]:
    """The national numbers of patients, in their order: ids are the recipient's own."""
    return [
        identifier["value"]
        for one in given
        for identifier in one["identifier"]
        if identifier["system"] == NIK
    ]


def known_here(
    given: list[dict[str, Any]], pseudonyms: list[str], patients: list[str]
) -> list[dict[str, Any]]:
    """What was exported, with patients' ids of this archive in the place of the recipient's."""
    text = json.dumps(given)
    for pseudonym, patient in zip(pseudonyms, patients, strict=True):
        text = text.replace(pseudonym, patient)
    return list(json.loads(text))


def lines(answer: httpx.Response) -> list[dict[str, Any]]:
    """The resources of a file."""
    assert answer.status_code == 200, answer.text
    return [json.loads(one) for one in answer.text.splitlines()]


def test_two_others_approve_and_then_the_files_are_what_fhir_gives_one_by_one(
    fhir: Fhir, database: "Database"
) -> None:
    niks = ["9901015502900003", "9901015502900004", "9901015502900005"]
    patients = [fhir.patient(identifier=[{"system": NIK, "value": one}]) for one in niks]
    made = [fhir.ask("POST", "/Observation", json=observation(one)).json() for one in patients]
    asked = ask(fhir, "?_type=Patient,Observation")
    assert asked.status_code == 202, asked.text
    place = asked.headers["content-location"]
    export_id = place.rpartition("/")[2]
    later = fhir.ask("POST", "/Observation", json=observation(patients[0])).json()
    changed = {**made[1], "status": "amended"}
    fhir.ask("PUT", f"/Observation/{made[1]['id']}", json=changed)

    waiting = read(fhir, place)
    assert (waiting.status_code, waiting.headers["x-progress"]) == (
        202, "waiting for approval: 0 of 2",
    )  # fmt: skip
    assert waiting.headers["retry-after"]
    early = read(fhir, f"{place}/Patient.0.ndjson")
    assert early.status_code == 409
    decide(fhir, export_id, OFFICERS[0])
    assert read(fhir, place).headers["x-progress"] == "waiting for approval: 1 of 2"
    decide(fhir, export_id, OFFICERS[1])

    manifest = read(fhir, place)
    assert manifest.status_code == 200
    assert manifest.headers["expires"]
    told = manifest.json()
    assert told["requiresAccessToken"] is True
    assert told["request"] == f"{fhir.base}/Patient/$export?_type=Patient,Observation"
    files = {one["type"]: one["url"] for one in told["output"]}
    assert set(files) == {"Patient", "Observation"}
    answer = read(fhir, files["Patient"])
    assert answer.headers["content-type"].startswith("application/fhir+ndjson")
    given = lines(answer)
    in_order = [patients[niks.index(nik)] for nik in numbers(given)]
    assert sorted(in_order) == sorted(patients)
    pseudonyms = [one["id"] for one in given]
    assert not set(pseudonyms) & set(patients)
    assert not any(one in answer.text for one in patients)
    given = known_here(given, pseudonyms, in_order)
    singly = {one: fhir.ask("GET", f"/Patient/{one}").json() for one in patients}
    assert {one["id"]: one for one in given} == singly
    # As it stood when it was asked for: without what came later, and before it was changed.
    observed = lines(read(fhir, files["Observation"]))
    assert {one["subject"]["reference"].partition("/")[2] for one in observed} == set(pseudonyms)
    results = {one["id"]: one for one in known_here(observed, pseudonyms, in_order)}
    assert results == {one["id"]: one for one in made}
    assert later["id"] not in results
    # Nobody else's: not a colleague's, not another hospital's, not even that of who approved.
    for role, hospital in (("clinician", HOSPITALS[0]), ("hospital-system", HOSPITALS[1])):
        for address in (place, files["Patient"]):
            assert read(fhir, address, role, hospital=hospital).status_code == 404
    assert read(fhir, place, OFFICERS[0]).status_code == 404
    ended = fhir.ask("DELETE", place.removeprefix(fhir.base), "hospital-system")
    assert ended.status_code == 202
    assert read(fhir, place).status_code == 404
    assert read(fhir, files["Patient"]).status_code == 404
    with psycopg.connect(database.owner) as connection:
        left = connection.execute("SELECT count(*) FROM export_parts").fetchone()
    assert left == (0,), "whose records it took is forgotten"


def test_who_declined_is_left_out_and_for_research_who_did_not_permit_it(fhir: Fhir) -> None:
    niks = {"permit": "9901015502900003", "deny": "9901015502900004", "": "9901015502900005"}
    for decision, nik in niks.items():
        patient = fhir.patient(identifier=[{"system": NIK, "value": nik}])
        if decision:
            stated = consent(patient, decision, "HRESCH", "COC")
            made = fhir.ask("POST", "/Consent", "records-officer", purpose="HOPERAT", json=stated)
            assert made.status_code == 201, made.text
    given = {}
    for purpose in ("HRESCH", "COC", "PUBHLTH"):
        place = approved(fhir, ask(fhir, "?_type=Patient", purpose))
        found = set(numbers(lines(read(fhir, f"{place}/Patient.0.ndjson"))))
        given[purpose] = {decision for decision, nik in niks.items() if nik in found}
    assert given == {"HRESCH": {"permit"}, "COC": {"permit", ""}, "PUBHLTH": set(niks)}


def test_a_decision_made_after_the_approval_counts_and_so_does_a_freeze(fhir: Fhir) -> None:
    patient = fhir.patient()
    place = approved(fhir, ask(fhir, "?_type=Patient,Observation"))
    file = f"{place}/Patient.0.ndjson"
    assert len(lines(read(fhir, file))) == 1
    assert read(fhir, f"{place}/Observation.0.ndjson").text == ""
    stated = consent(patient, "deny", "COC")
    fhir.ask("POST", "/Consent", "records-officer", purpose="HOPERAT", json=stated)
    assert lines(read(fhir, file)) == []

    async def freeze(broker: BrokerClient) -> None:
        await broker.freezes.freeze(
            None, TargetKind.RECIPIENT, "universitas  CENDANA", "Dugaan kebocoran."
        )

    fhir.operate(freeze)
    assert read(fhir, file).status_code == 403
    assert ask(fhir).status_code == 403


def test_rejected_withdrawn_and_unknown_exports_give_nothing(fhir: Fhir) -> None:
    fhir.patient()
    place = ask(fhir).headers["content-location"]
    decide(fhir, place.rpartition("/")[2], OFFICERS[0], approve=False)
    refused = read(fhir, place)
    assert (refused.status_code, issue(refused)["code"]) == (403, "suppressed")
    place = ask(fhir).headers["content-location"]
    assert fhir.ask("DELETE", place.removeprefix(fhir.base), "hospital-system").status_code == 202
    assert read(fhir, place).status_code == 404
    for name in ("nothing", str(UUID(int=7))):
        assert read(fhir, f"{fhir.base}/$export/{name}").status_code == 404
    place = approved(fhir, ask(fhir, "?_type=Patient"))
    for name in ("Observation.0.ndjson", "Patient.00.ndjson", "Patient", "Patient.-1.ndjson"):
        assert read(fhir, f"{place}/{name}").status_code == 404, name
    beyond = read(fhir, f"{place}/Patient.1.ndjson")
    assert (beyond.status_code, beyond.text) == (200, "")
    assert fhir.ask("HEAD", f"{place}/Patient.0.ndjson".removeprefix(fhir.base),
                    "hospital-system").status_code == 200  # fmt: skip


def test_a_kick_off_says_what_for_to_whom_and_why_and_asks_for_what_there_is(fhir: Fhir) -> None:
    fhir.patient()
    asked = {"purpose": "COC"}
    for change, field in (
        ({"Prefer": "respond"}, "Prefer"),
        ({"X-Recipient": "x" * 121}, "recipient"),
        ({"X-Reason": ""}, "reason"),
    ):
        refused = ask(fhir, **change)
        assert (refused.status_code, issue(refused)["expression"]) == (400, [field]), change
    silent = fhir.ask("GET", "/Patient/$export", "hospital-system", headers=ASKING)
    assert issue(silent)["expression"] == ["X-Purpose-Of-Use"]
    for query, field in (
        ("?_type=Medication", "_type"),
        ("?_typeFilter=Observation%3Fstatus%3Dfinal", "_typeFilter"),
        ("?_elements=id", "_elements"),
        ("?patient=1", "patient"),
        ("?_since=2026", "_since"),
        ("?_outputFormat=text/csv", "_outputFormat"),
        ("?_foo=1", "parameter"),
    ):
        refused = ask(fhir, query)
        assert (refused.status_code, issue(refused)["expression"]) == (400, [field]), query
    lenient = ask(fhir, "?_foo=1", Prefer="respond-async, handling=lenient")
    assert lenient.status_code == 202
    narrow = ask(fhir, "?_typeFilter=x", Prefer="respond-async, handling=lenient")
    assert narrow.status_code == 400
    body = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "_type", "valueString": "Patient"},
            {"name": "_since", "valueInstant": "2020-01-01T00:00:00+07:00"},
            {"name": "_outputFormat", "valueString": "application/fhir+ndjson"},
        ],
    }
    posted = fhir.ask("POST", "/Patient/$export", "clinician", **asked, headers=ASKING, json=body)
    assert posted.status_code == 202, posted.text
    broken = fhir.ask("POST", "/Patient/$export", "clinician", **asked, headers=ASKING,
                      json={"resourceType": "Patient"})  # fmt: skip
    assert broken.status_code == 400
    for path in ("/$export", "/Group/1/$export"):
        refused = fhir.ask("GET", path, "hospital-system", **asked, headers=ASKING)
        assert (refused.status_code, issue(refused)["code"]) == (404, "not-supported")
    for purpose in ("TREAT", "PATRQT", "ETREAT", "SYSADMIN"):
        assert ask(fhir, purpose=purpose).status_code == 403
    for role in (*OFFICERS, "records-officer", "laboratory", "radiographer"):
        refused = fhir.ask("GET", "/Patient/$export", role, **asked, headers=ASKING)
        assert refused.status_code == 403, role
    for _ in range(2):
        assert ask(fhir).status_code == 202
    assert issue(ask(fhir))["diagnostics"].startswith("End one")


def test_only_what_changed_since_is_given_and_what_was_taken_out_is_not(fhir: Fhir) -> None:
    patient = fhir.patient()
    old = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    gone = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    new = fhir.ask("POST", "/Observation", json=observation(patient)).json()
    fhir.ask("DELETE", f"/Observation/{gone['id']}")
    since = new["meta"]["lastUpdated"]
    place = approved(fhir, ask(fhir, f"?_type=Observation&_since={since}"))
    given = lines(read(fhir, f"{place}/Observation.0.ndjson"))
    pseudonym = given[0]["subject"]["reference"].partition("/")[2]
    assert known_here(given, [pseudonym], [patient]) == [new]
    assert old["meta"]["lastUpdated"] < since


def test_each_opening_and_each_file_stands_in_the_log_and_a_file_is_known_again(fhir: Fhir) -> None:
    patients = {f"99010155029000{number}" for number in range(10, 16)}
    for nik in patients:
        fhir.patient(identifier=[{"system": NIK, "value": nik}])
    orders = []
    for _ in range(2):
        place = approved(fhir, ask(fhir, "?_type=Patient,Observation"))
        given = read(fhir, f"{place}/Patient.0.ndjson")
        orders.append(numbers(lines(given)))
        assert set(orders[-1]) == patients
        again = read(fhir, f"{place}/Patient.0.ndjson")
        assert again.content == given.content
    assert orders[0] != orders[1] or orders[0] != sorted(orders[0]), "an order of its own"
    officer = fhir.ask(
        "GET", "/AuditEvent?_count=50", OFFICERS[0], purpose="HOPERAT"
    ).json()["entry"]  # fmt: skip
    kinds: dict[str, list[dict[str, Any]]] = {}
    for entry in officer:
        event = entry["resource"]
        kinds.setdefault(event["subtype"][-1]["code"], []).append(event)
    assert len(kinds["records-export"]) == 4 * len(patients)
    assert {
        event["purposeOfEvent"][0]["coding"][0]["code"] for event in kinds["records-export"]
    } == {"COC"}
    files = [event["outcomeDesc"] for event in kinds["export-file"]]
    assert len(files) == 4
    assert all(" Patient 0: 6 rows, " in one for one in files)
    # Of each export the file is the same each time, and its digest tells other orders apart.
    assert len({one.rpartition(" ")[2] for one in files}) == len({*map(tuple, orders)})
    plain = hashlib.sha256(given.content).hexdigest()
    assert not any(plain in one for one in files), "nobody without the key can look for it"


def test_a_recipient_knows_patients_by_pseudonyms_of_their_own_alone(fhir: Fhir) -> None:
    patients = [
        fhir.patient(identifier=[{"system": NIK, "value": f"99010155029000{number}"}])
        for number in range(10, 14)
    ]
    told = []
    for recipient in ("Dinas Kesehatan Contoh", "dinas kesehatan  CONTOH", "RS Rujukan Contoh"):
        place = approved(fhir, ask(fhir, "?_type=Patient", **{"X-Recipient": recipient}))
        given = lines(read(fhir, f"{place}/Patient.0.ndjson"))
        told.append(dict(zip(numbers(given), (one["id"] for one in given), strict=True)))
        fhir.ask("DELETE", place.removeprefix(fhir.base), "hospital-system")
    assert told[0] == told[1], "the same recipient joins one export to the next"
    assert not set(told[0].values()) & (set(told[2].values()) | set(patients))
    # A thief of an export asks for nobody by it.
    found = fhir.ask("GET", f"/Patient/{next(iter(told[0].values()))}", "hospital-system")
    assert found.status_code == 404


def consent(patient: str, decision: str, *purposes: str) -> dict[str, Any]:
    """What a patient decided about purposes."""
    reasons = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
    scope = "http://terminology.hl7.org/CodeSystem/consentscope"
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": scope, "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}
            ]
        },
        "provision": {
            "type": decision,
            "purpose": [{"system": reasons, "code": one} for one in purposes],
        },
    }
