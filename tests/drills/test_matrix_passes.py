"""The matrix of venue passes: for the patient who is signed in, from our own pages."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.cards.passes import Answer, open_pass, paper_text
from segel.domain.roles import Role

PLACE = "/my/passes"


def keys(count: int) -> list[bytes]:
    made = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(count))
    return [one.public_bytes(Encoding.X962, PublicFormat.CompressedPoint) for one in made]


def said(points: list[bytes]) -> dict[str, Any]:
    return {"keys": [base64.urlsafe_b64encode(one).decode() for one in points]}


def test_passes_are_made_for_patients_and_nobody_else(running: Any) -> None:
    own = {"Origin": running.http}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        assert web.post(PLACE, json=said(keys(1)), headers=own).status_code == 401
        for role, token in running.tokens().items():
            if role == Role.PATIENT:
                continue
            web.cookies.set("segel_session", token)
            answer = web.post(PLACE, json=said(keys(1)), headers=own)
            assert answer.status_code == 403, role
        web.cookies.set("segel_session", running.token("patient"))
        assert web.post(PLACE, json=said(keys(1))).status_code == 403
        foreign = {"Origin": "http://other.example"}
        assert web.post(PLACE, json=said(keys(1)), headers=foreign).status_code == 403
        for broken in ({}, {"keys": ["x"]}, {"keys": [7]}, said([b"\0" * 33])):
            answer = web.post(PLACE, json=broken, headers=own)
            assert (answer.status_code, answer.content) == (422, b""), broken


def test_a_patient_with_a_negative_test_is_given_a_pass_for_each_key(running: Any) -> None:
    patient = next(one for one in reversed(running.demo["accounts"]) if one["role"] == "patient")
    hospital = running.hospitals.index(patient["hospital"])
    mine = next(
        one
        for one in running.demo["patients"]
        if (one["hospital"], one["name"]) == (patient["hospital"], patient["name"])
    )
    with httpx.Client(base_url=running.http, timeout=60) as web:
        headers = running.headers("clinician", hospital)
        study = f"/fhir/ImagingStudy/{mine['study_uids'][0]}"
        sampled = datetime.now(UTC) - timedelta(hours=2)
        test = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
            "subject": web.get(study, headers=headers).json()["subject"],
            "effectiveDateTime": sampled.isoformat(timespec="seconds"),
            "valueCodeableConcept": {"text": "Negatif"},
        }
        assert web.post("/fhir/Observation", json=test, headers=headers).status_code == 201
        points = keys(3)
        cookie = {"Cookie": f"segel_session={patient['token']}", "Origin": running.http}
        made = web.post(PLACE, json=said(points), headers=cookie)
        assert made.status_code == 200, made.text
        assert made.headers["cache-control"] == "no-store"
        for point, text in zip(points, made.json()["passes"], strict=True):
            message = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            shown = open_pass(paper_text(message))
            assert not isinstance(shown, Answer)
            assert (shown.point, shown.ends_at) == (point, made.json()["ends_s"])
