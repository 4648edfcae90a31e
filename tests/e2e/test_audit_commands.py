"""The audit log taken elsewhere from the command line, by those who may."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import httpx
from fhir.resources.R4B.bundle import Bundle

from support.running import segel


def test_an_officer_exports_what_no_clinician_may(running: Any, tmp_path: Path) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        web.get("/dicomweb/studies", headers=running.headers("clinician")).raise_for_status()
    home = f"--home={running.home}"
    officer = f"--token={running.token('data-protection-officer')}"
    files = {form: tmp_path / form for form in ("fhir", "bundle", "dicom")}
    for form, file in files.items():
        done = segel("audit", "export", home, officer, f"--format={form}", "-o", str(file))
        assert done.returncode == 0, done.stderr
        assert "events are written" in done.stdout
        assert file.stat().st_mode & 0o777 == 0o600
    events = [json.loads(line) for line in files["fhir"].read_text().splitlines()]
    assert {event["resourceType"] for event in events} == {"AuditEvent"}
    bundle = Bundle.model_validate_json(files["bundle"].read_bytes())
    assert bundle.entry is not None
    assert len(bundle.entry) > len(events)  # the first export is an entry itself
    messages = ET.fromstring(files["dicom"].read_bytes())  # noqa: S314 - our own
    assert len(messages) > len(events)

    refused = segel(
        "audit", "export", home, f"--token={running.token('clinician')}", "-o", str(tmp_path / "no")
    )
    assert refused.returncode == 1
    assert "may not do this" in refused.stderr
    own = segel(
        "audit", "export", home, f"--token={running.token('clinician')}", "--own", "-o",
        str(tmp_path / "own"),
    )  # fmt: skip
    assert own.returncode == 0, own.stderr
    roles = {
        event["agent"][0]["role"][0]["coding"][0]["code"]
        for event in map(json.loads, (tmp_path / "own").read_text().splitlines())
    }
    assert "clinician" in roles


def test_the_operator_gives_a_patient_an_account_and_sees_the_forwarder(running: Any) -> None:
    home = f"--home={running.home}"
    patient = running.demo["patients"][-1]
    add = ["patient-account", "add", home, "--hospital", patient["hospital"]]
    first, again = (segel(*add, "--number", patient["mrn"]) for _ in range(2))
    assert first.returncode == 0, first.stderr
    said, link = first.stdout.rsplit("/invitation#", 1)
    assert again.stdout.startswith(said.split("until")[0]), "the same account"
    assert link != again.stdout.rsplit("/invitation#", 1)[1], "and another link"
    key = segel("audit", "key", home).stdout.rpartition("fingerprint ")[2].strip()
    assert key in first.stdout
    assert patient["name"] not in first.stdout
    unknown = segel(*add, "--number", "NOBODY")
    assert unknown.returncode == 1
    assert "no patient of this number" in unknown.stderr
    off = segel("audit", "forwarding", home)
    assert off.returncode == 0
    assert "not forwarded" in off.stdout
