"""How FHIR's answers look: formats, methods, and refusals of what the framework refuses."""

import base64
from uuid import uuid4

from support.fhir_door import Fhir, observation

JSON = "application/fhir+json"


def test_every_refusal_is_an_operation_outcome_and_head_is_get(fhir: Fhir) -> None:
    for method, path, status in (
        ("GET", "/Patient/1/Observation", 404),
        ("GET", "/Patient/1/Observation/2/3", 404),
        ("GET", "/Observation/1/_history/1/2", 404),
        ("GET", "/Patient/_search/1", 404),
        ("GET", "/metadata/1", 404),
        ("GET", "/", 405),
        ("TRACE", "/Patient", 405),
        ("POST", "/Observation/1", 405),
    ):
        answer = fhir.ask(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, JSON), path
        assert answer.json()["resourceType"] == "OperationOutcome", path
    assert fhir.web.get(f"{fhir.origin}/elsewhere").json()["status_code"] == 404
    # HEAD is GET without the body.
    place = f"/Patient/{fhir.patient()}"
    got, head = fhir.ask("GET", place), fhir.ask("HEAD", place)
    assert (head.status_code, head.content) == (200, b"")
    assert [head.headers[one] for one in ("etag", "content-type", "content-length")] == [
        got.headers[one] for one in ("etag", "content-type", "content-length")
    ]
    assert fhir.ask("HEAD", "/Patient/1").status_code == 404
    assert fhir.ask("OPTIONS", place).headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"


def test_what_is_not_json_is_refused_before_anything_is_done(fhir: Fhir) -> None:
    patient = fhir.patient()
    for made, (accept, taken) in enumerate(
        (
            ("application/fhir+xml", False),
            ("application/fhir+xml, */*;q=0", False),
            ("text/turtle", False),
            ("application/fhir+json; fhirVersion=4.0, */*;q=0.1", True),
            ("text/html, application/xml;q=0.9, */*;q=0.8", True),
            ("application/fhir+xml, application/json;q=0.5", True),
        ),
        start=-2,
    ):
        answer = fhir.ask(
            "POST", "/Observation", json=observation(patient), headers={"Accept": accept}
        )
        assert answer.status_code == (201 if taken else 406), accept
        assert answer.headers["content-type"] == JSON
        listed = fhir.ask("GET", f"/Observation?patient={patient}").json()
        assert listed["total"] == max(0, made), accept
    # What the address says outweighs the header.
    xml = {"Accept": "application/fhir+xml"}
    assert fhir.ask("GET", "/metadata?_format=json", headers=xml).status_code == 200
    assert fhir.ask("GET", f"/metadata?_format={JSON}", headers=xml).status_code == 200
    assert fhir.ask("GET", "/metadata?_format=xml").status_code == 406


def test_a_binary_is_had_as_what_it_is_and_never_as_a_page_nor_beyond_the_limit(fhir: Fhir) -> None:
    content = b"<script>alert(1)</script>"
    sent = {
        "resourceType": "Binary",
        "contentType": "text/html",
        "securityContext": {"reference": f"Patient/{fhir.patient()}"},
        "data": base64.b64encode(content).decode(),
    }
    made = fhir.ask("POST", "/Binary", json=sent)
    place = f"/Binary/{made.json()['id']}"
    raw = fhir.ask("GET", place, headers={"Accept": "text/html"})
    assert (raw.content, raw.headers["content-type"].partition(";")[0]) == (content, "text/html")
    assert raw.headers["content-disposition"] == "attachment"
    assert raw.headers["content-security-policy"].startswith("sandbox")
    assert raw.headers["x-content-type-options"] == "nosniff"
    for accept in ("*/*", JSON, "text/html, */*"):
        told = fhir.ask("GET", place, headers={"Accept": accept})
        assert told.json()["data"] == sent["data"]
    assert fhir.ask("GET", place, headers={"Accept": "image/png"}).status_code == 406

    large = b'{"resourceType": "Binary", "data": "' + b"A" * (16 * 2**20) + b'"}'
    for body in (large, iter([large])):
        refused = fhir.ask("POST", "/Binary", content=body, headers={"Content-Type": JSON})
        assert refused.status_code == 413
        assert refused.json()["issue"][0]["code"] == "too-long"


def test_a_document_is_taken_and_given_as_it_is_whole_or_in_part(fhir: Fhir) -> None:
    patient = fhir.patient()
    content = b"%PDF-1.7 " + bytes(range(256)) * 2_000 + b"%%EOF"
    asked = {"Content-Type": "application/pdf", "X-Security-Context": f"Patient/{patient}"}
    made = fhir.ask("POST", "/Binary", content=content, headers=asked)
    assert (made.status_code, made.content, made.headers["etag"]) == (201, b"", 'W/"1"')
    place = made.headers["location"].removeprefix(fhir.base).partition("/_history")[0]
    pdf = {"Accept": "application/pdf"}
    raw = fhir.ask("GET", place, headers=pdf)
    assert (raw.status_code, raw.content) == (200, content)
    assert raw.headers["content-length"] == str(len(content))
    assert raw.headers["x-security-context"] == f"Patient/{patient}"
    told = fhir.ask("GET", place, headers={"Accept": JSON}).json()
    assert told["contentType"] == "application/pdf"
    assert base64.b64decode(told["data"]) == content
    for stated, part, first in (
        ("bytes=0-3", content[:4], 0),
        ("bytes=300000-", content[300000:], 300000),
        ("bytes=-5", b"%%EOF", len(content) - 5),
    ):
        some = fhir.ask("GET", place, headers={**pdf, "Range": stated})
        assert (some.status_code, some.content) == (206, part), stated
        last = first + len(part) - 1
        assert some.headers["content-range"] == f"bytes {first}-{last}/{len(content)}"
    beyond = fhir.ask("GET", place, headers={**pdf, "Range": "bytes=999999999-"})
    assert beyond.status_code == 416
    for whole in ("bytes=0-1,5-6", "bytes=-", "lines=1-2", "bytes=5-2"):
        assert fhir.ask("GET", place, headers={**pdf, "Range": whole}).status_code == 200, whole

    changed = fhir.ask("PUT", place, content=b"%PDF-1.7 second", headers={
        **asked, "If-Match": 'W/"1"', "Prefer": "return=representation",
    })  # fmt: skip
    assert (changed.status_code, changed.json()["meta"]["versionId"]) == (200, "2")
    assert fhir.ask("GET", place, headers=pdf).content == b"%PDF-1.7 second"
    assert base64.b64decode(fhir.ask("GET", f"{place}/_history/1").json()["data"]) == content
    elsewhere = fhir.ask("PUT", place, content=b"x",
                         headers={**asked, "X-Security-Context": f"Patient/{uuid4()}"})  # fmt: skip
    assert elsewhere.status_code == 409


def test_a_document_without_a_patient_a_body_or_a_limit_is_refused(fhir: Fhir) -> None:
    patient = f"{fhir.base}/Patient/{fhir.patient()}"
    pdf = {"Content-Type": "application/pdf"}
    named = {**pdf, "X-Security-Context": patient}
    nobodys = fhir.ask("POST", "/Binary", content=b"x", headers=pdf)
    assert nobodys.status_code == 422
    assert nobodys.json()["issue"][0]["expression"] == ["X-Security-Context"]
    assert fhir.ask("POST", "/Binary", content=b"", headers=named).status_code == 400
    xml = {**named, "Content-Type": "application/fhir+xml"}
    assert fhir.ask("POST", "/Binary", content=b"<x/>", headers=xml).status_code == 415
    other = {**named, "X-Security-Context": f"Patient/{uuid4()}"}
    assert fhir.ask("POST", "/Binary", content=b"x", headers=other).status_code == 404
    assert fhir.ask("POST", "/Observation", content=b"x", headers=named).status_code == 415
    largest = b"x" * (16 * 2**20)
    made = fhir.ask("POST", "/Binary", content=largest, headers=named)
    assert made.status_code == 201
    place = made.headers["location"].removeprefix(fhir.base).partition("/_history")[0]
    assert fhir.ask("GET", place, headers={"Accept": "application/pdf"}).content == largest
    assert fhir.ask("POST", "/Binary", content=largest + b"x", headers=named).status_code == 413


def test_base64_with_spaces_in_it_comes_back_as_it_was_written(fhir: Fhir) -> None:
    sent = {
        "resourceType": "Binary",
        "contentType": "text/plain",
        "securityContext": {"reference": f"Patient/{fhir.patient()}"},
        "data": "aGFs\nbyE=",
    }
    made = fhir.ask("POST", "/Binary", json=sent)
    place = f"/Binary/{made.json()['id']}"
    assert fhir.ask("GET", place).json()["data"] == sent["data"]
    assert fhir.ask("GET", place, headers={"Accept": "text/plain"}).content == b"halo!"
