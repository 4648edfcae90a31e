"""How FHIR's answers look: formats, methods, and refusals of what the framework refuses."""

import base64

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
