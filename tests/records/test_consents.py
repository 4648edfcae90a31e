"""Consent as FHIR says it: what is enforced, what is refused, and that it is."""

from typing import Any

import httpx
import pytest

from segel.domain.consent import DECIDABLE, Decision, Rule
from segel.domain.purpose import Purpose
from segel.records.consents import rules_in, rules_of
from segel.records.model import CREATED, Version
from segel.records.r4 import ResourceInvalid
from support.fhir_door import Fhir, observation

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"


def consent(patient: str = "x", rule: str = "OPTIN", scope: str = "patient-privacy",
            **provision: Any) -> dict[str, Any]:  # fmt: skip
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [{"system": SCOPE, "code": scope}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient}"},
        "policyRule": {"coding": [{"system": ACT_CODE, "code": rule}]},
        **({"provision": provision} if provision else {}),
    }


def purpose(*codes: str) -> list[dict[str, str]]:
    return [{"system": ACT_REASON, "code": code} for code in codes]


def test_a_rule_and_its_exceptions_become_one_decision_for_each_purpose() -> None:
    assert set(rules_in(consent(rule="OPTOUT"))) == {Rule(one, Decision.DENY) for one in DECIDABLE}
    mixed = rules_in(consent(rule="OPTIN", type="deny", purpose=purpose("HRESCH")))
    assert {rule.purpose: rule.decision for rule in mixed} == {
        **dict.fromkeys(DECIDABLE, Decision.PERMIT),
        Purpose.RESEARCH: Decision.DENY,
    }
    other = consent(rule="other", type="permit", purpose=purpose("COC"),
                    period={"end": "2027-03-31"})  # fmt: skip
    # Until the end of that day in western Indonesia.
    assert rules_in(other) == (Rule(Purpose.COORDINATION, Decision.PERMIT, 1806512400),)
    assert rules_in({**consent(rule="OPTOUT"), "status": "inactive"}) == ()
    assert rules_in(consent(rule="OPTOUT", scope="treatment")) == ()


def test_of_two_consents_the_one_written_last_comes_first() -> None:
    older, newer = (
        Version("Consent", str(at), 1, at, CREATED, consent(type=kind, purpose=purpose("TREAT"),
                                                            rule="other"))
        for at, kind in ((1.0, "deny"), (2.0, "permit"))
    )  # fmt: skip
    assert [rule.decision for rule in rules_of([older, newer])] == ["permit", "deny"]


@pytest.mark.parametrize(
    ("stated", "place"),
    [
        (consent(type="deny", actor=[{}]), "provision.actor"),
        (consent(type="deny", provision=[{"type": "permit"}]), "provision.provision"),
        (consent(type="deny", dataPeriod={"start": "2020"}), "provision.dataPeriod"),
        (consent(purpose=purpose("TREAT")), "provision.type"),
        (consent(type="deny", purpose=purpose("ETREAT")), "provision.purpose[0]"),
        (consent(type="deny", purpose=[{"system": "urn:x", "code": "TREAT"}]),
         "provision.purpose[0]"),
        (consent(type="deny", period={"start": "2027"}), "provision.period.start"),
        (consent(rule="other"), "policyRule"),
    ],
)  # fmt: skip
def test_what_cannot_be_enforced_is_refused_and_says_where(
    stated: dict[str, Any], place: str
) -> None:
    with pytest.raises(ResourceInvalid) as refused:
        rules_in(stated)
    (issue,) = refused.value.issues
    assert (issue.expression, issue.code) == (f"Consent.{place}", "not-supported")


def test_a_consent_takes_effect_as_it_is_written_changed_and_withdrawn(fhir: Fhir) -> None:
    patient = fhir.patient()
    other = fhir.patient(identifier=[{"system": "https://fhir.kemkes.go.id/id/nik",
                                      "value": "9901015502900004"}])  # fmt: skip
    result = fhir.ask("POST", "/Observation", json=observation(patient)).json()["id"]
    fhir.ask("POST", "/Observation", json=observation(other))
    born = {"name": "Sri Wulandari", "birthdate": "1990-02-15"}

    def seen(hidden: str = patient, purpose: str = "") -> tuple[Any, ...]:
        listed = fhir.ask("POST", "/Patient/_search", data=born, purpose=purpose).json()
        return (
            fhir.ask("GET", f"/Patient/{hidden}", purpose=purpose).status_code,
            fhir.ask("GET", f"/Observation/{result}", purpose=purpose).status_code,
            fhir.ask("GET", f"/Observation?patient={hidden}", purpose=purpose).status_code,
            listed["total"],
        )

    def write(resource: dict[str, Any], number: str = "", **how: Any) -> httpx.Response:
        method, path = ("PUT", f"/Consent/{number}") if number else ("POST", "/Consent")
        resource = {**resource, **({"id": number} if number else {})}
        return fhir.ask(method, path, "records-officer", purpose="HOPERAT", json=resource, **how)

    assert seen() == (200, 200, 200, 2)
    made = write(consent(patient, "OPTOUT"))
    assert made.status_code == 201, made.text
    assert seen() == seen(purpose="PATRQT") == (404, 404, 404, 1)
    absent = fhir.ask("GET", "/Patient/00000000-0000-4000-8000-000000000000")
    assert fhir.ask("GET", f"/Patient/{patient}").content == absent.content
    # Who registers still knows who it is, and what they decided.
    for path in (f"/Patient/{patient}", f"/Consent/{made.json()['id']}"):
        assert fhir.ask("GET", path, "records-officer", purpose="HOPERAT").status_code == 200
    # A laboratory's result is kept, whoever may see it.
    brought = fhir.ask("POST", "/Observation", "hospital-system", json=observation(patient))
    assert brought.status_code == 201

    number = made.json()["id"]
    permitted = consent(patient, "OPTOUT", type="permit", purpose=purpose("TREAT"))
    assert write(permitted, number).status_code == 200
    assert seen() == (200, 200, 200, 2)
    assert write({**consent(patient, "OPTOUT")}, number).status_code == 200
    assert seen() == (404, 404, 404, 1)
    withdrawn = write({**consent(patient, "OPTOUT"), "status": "inactive"}, number)
    assert withdrawn.status_code == 200
    assert seen() == (200, 200, 200, 2)


def test_consents_are_not_for_who_treats_to_write_nor_part_of_a_transaction(fhir: Fhir) -> None:
    patient = fhir.patient()
    for role in ("clinician", "radiologist"):
        assert fhir.ask("POST", "/Consent", role, json=consent(patient)).status_code == 403
    entry = {"resource": consent(patient), "request": {"method": "POST", "url": "Consent"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, entry]}
    refused = fhir.ask("POST", "", "hospital-system", json=bundle)
    assert (refused.status_code, refused.json()["issue"][0]["code"]) == (422, "not-supported")
    batch = fhir.ask("POST", "", "hospital-system", json={**bundle, "type": "batch"})
    assert [one["response"]["status"][:3] for one in batch.json()["entry"]] == ["201", "201"]
    unenforceable = consent(patient, type="deny", actor=[
        {"role": {"text": "dokter"}, "reference": {"display": "x"}}])  # fmt: skip
    refused = fhir.ask("POST", "/Consent", "hospital-system", json=unenforceable)
    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["Consent.provision.actor"]


def test_patients_decide_about_their_own_record_and_nobody_elses(fhir: Fhir) -> None:
    record = {"system": "http://sys-ids.kemkes.go.id/mrn/RSTH", "value": "MRN-7"}
    patient = fhir.patient(identifier=[record])
    other = fhir.patient(identifier=[{**record, "value": "MRN-8"}])
    mine = {"Authorization": f"Bearer {fhir.patients_token(patient, 'MRN-7')}",
            "X-Purpose-Of-Use": "PATRQT"}  # fmt: skip

    def ask(method: str, path: str, **how: Any) -> httpx.Response:
        return fhir.web.request(method, f"{fhir.base}{path}", headers=mine, **how)

    made = ask("POST", "/Consent", json=consent(patient, "OPTOUT"))
    assert made.status_code == 201, made.text
    assert fhir.ask("GET", f"/Patient/{patient}").status_code == 404
    assert ask("GET", f"/Patient/{patient}").status_code == 200
    assert ask("GET", f"/Consent?patient={patient}").json()["total"] == 1
    assert ask("POST", "/Consent", json=consent(other, "OPTOUT")).status_code in (403, 404)
    assert ask("POST", "/Observation", json=observation(patient)).status_code == 403
    body = {**consent(patient), "id": made.json()["id"], "status": "inactive"}
    assert ask("PUT", f"/Consent/{made.json()['id']}", json=body).status_code == 200
    assert fhir.ask("GET", f"/Patient/{patient}").status_code == 200
