"""Puts the demo's people and images into a running Segel, through the doors that all use.

Done again it changes nothing but the tokens: accounts keep their identity, images are acknowledged
as known, and ``HOME.demo.json`` is written anew.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from segel.app.demo.images import DemoStudy, studies
from segel.app.demo.people import HOSPITALS, PEERS, SENDERS, STAFF, TANGGAP, TANJUNG
from segel.app.enrolment import import_token, laboratory_token, person_token
from segel.app.home import MARK, Home
from segel.app.importing import CONFLICT, ImportFailed, post
from segel.app.process import Place
from segel.broker import BrokerClient, PatientNumber, PatientQuery, Requester
from segel.broker.errors import PatientUnknown
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

FORMAT: Final = 1

TESTED_BEFORE: Final = timedelta(hours=4)
TEST_SYSTEM: Final = "urn:segel:demo:test"
TEST_S: Final = 30.0
"""How long storing one test may take, on a machine that is starting all of it."""


def prepare(place: Place) -> Callable[[], Awaitable[None]]:
    """The one-time process ``demo``; prints its progress, a line a study."""
    home = Home(place.home)

    async def run() -> None:
        operator = await BrokerClient.connect(place.operator)
        try:
            url = f"http://{place.settings.http}"
            made_ns = (home.root / MARK).stat().st_mtime_ns
            known = await asyncio.to_thread(_known, home.demo, made_ns)
            await enrol(operator)
            patients = known or await send_images(operator, url, as_of(home))
            days = place.settings.demo_token_days
            people = await enrol_people(operator, days)
            people += await enrol_patients(operator, patients, days)
            await send_tests(operator, url, patients)
        finally:
            await operator.close()
        document = {
            "format": FORMAT,
            "home_made_ns": made_ns,
            "http": url,
            "viewer": f"http://{place.settings.viewer}",
            "dimse": place.settings.dimse,
            "mllp": place.settings.mllp,
            "accounts": people,
            "peers": [
                {
                    "ae_title": peer.ae_title,
                    "called_ae_title": peer.called_ae_title,
                    "hospital": peer.hospital.code,
                }
                for peer in PEERS
            ],
            "senders": [
                {
                    "application": sender.application,
                    "facility": sender.facility,
                    "hospital": sender.hospital.code,
                }
                for sender in SENDERS
            ],
            "patients": patients,
        }
        await asyncio.to_thread(_write_private, home.demo, document)

    return run


def as_of(home: Home) -> date:
    """The day that the demo's dates count back from: the day this home was made."""
    return datetime.fromtimestamp((home.root / MARK).stat().st_mtime, UTC).date()


async def enrol(operator: BrokerClient) -> None:
    """The hospitals, their devices and their laboratories."""
    for hospital in (*HOSPITALS, TANJUNG, TANGGAP):
        await operator.enrol_hospital(hospital.code, hospital.name)
    await operator.declarations.open_port(TANJUNG.code)
    await operator.containing.set_answering(TANGGAP.code)
    for peer in PEERS:
        await operator.enrol_peer(
            peer.ae_title,
            peer.called_ae_title,
            peer.hospital.code,
            host=peer.host,
            port=peer.port,
        )
    for sender in SENDERS:
        await operator.senders.enrol(
            sender.application,
            sender.facility,
            sender.hospital.code,
            authorities=sender.authorities,
        )


async def enrol_people(operator: BrokerClient, token_days: int) -> list[dict[str, str]]:
    """The staff, with a new token each."""
    people = []
    for person in STAFF:
        account = await operator.enrol_account(
            person.name, person.role, person.hospital.code, demo=True
        )
        people.append(
            {
                "name": person.name,
                "role": person.role.value,
                "hospital": person.hospital.code,
                "token": await person_token(operator, account, token_days),
            }
        )
    return people


async def enrol_patients(
    operator: BrokerClient, patients: list[dict[str, Any]], token_days: int
) -> list[dict[str, str]]:
    """The first patient of each hospital, with an account and a new token."""
    people = []
    for hospital in HOSPITALS:
        patient = next(one for one in patients if one["hospital"] == hospital.code)
        try:
            account = await operator.record.enrol(hospital.code, str(patient["mrn"]), demo=True)
        except PatientUnknown:  # erased since; the demo goes on without them
            continue
        people.append(
            {
                "name": str(patient["name"]),
                "role": Role.PATIENT.value,
                "hospital": hospital.code,
                "token": await person_token(operator, account, token_days),
            }
        )
    return people


async def send_tests(operator: BrokerClient, url: str, patients: list[dict[str, Any]]) -> None:
    """A negative test of today of each patient with an account, as their laboratory reports it: a
    travel card can be made of it. Started again on the same day, it is there."""
    sampled = datetime.now(UTC).replace(microsecond=0) - TESTED_BEFORE
    for hospital in HOSPITALS:
        patient = next(one for one in patients if one["hospital"] == hospital.code)
        token = await laboratory_token(operator, hospital.code)
        asker = Requester(token, Purpose.OPERATIONS, "operator")
        query = PatientQuery(numbers=(PatientNumber(str(patient["mrn"])),), ids_only=True)
        found = (await operator.charts.find(asker, query)).lines
        if len(found) != 1:  # erased since
            continue
        identifier = f"{hospital.code}-{sampled:%Y%m%d}"
        test = {
            "resourceType": "Observation",
            "identifier": [{"system": TEST_SYSTEM, "value": identifier}],
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}],
                     "text": "PCR SARS-CoV-2"},
            "subject": {"reference": f"Patient/{found[0].patient_id}"},
            "effectiveDateTime": sampled.isoformat(),
            "valueCodeableConcept": {"text": "Negatif"},
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=url, timeout=TEST_S) as web:
            answer = await web.post(
                "/fhir/Observation",
                content=msgspec.json.encode(test),
                headers={
                    "Authorization": f"Bearer {token}",
                    "Content-Type": "application/fhir+json",
                    "If-None-Exist": f"identifier={TEST_SYSTEM}|{identifier}",
                    "X-Purpose-Of-Use": Purpose.OPERATIONS.value,
                },
            )
        if answer.status_code not in (200, 201):
            raise ImportFailed("A demo test was not stored.", remedy="See the gateway's log.")


async def send_images(operator: BrokerClient, url: str, day: date) -> list[dict[str, Any]]:
    """Every demo study through STOW-RS, each into its own hospital. Raises ImportFailed."""
    tokens = {hospital.code: await import_token(operator, hospital.code) for hospital in HOSPITALS}
    made = await asyncio.to_thread(lambda: list(studies(day)))
    patients = []
    for number, study in enumerate(made, 1):
        code = study.patient.hospital.code
        outcome = await asyncio.to_thread(post, url, tokens[code], list(study.files))
        # A copied home counts its days from another one: the images that it has are kept.
        if set(outcome.failed) - {CONFLICT}:
            raise ImportFailed(
                f"A demo study was not stored: {', '.join(outcome.failed)}.",
                remedy="See the gateway's log.",
            )
        patients.append(_patient(study))
        print(f"{number}/{len(made)}", flush=True)  # noqa: T201 - read by the supervisor
    return patients


def _patient(study: DemoStudy) -> dict[str, Any]:
    patient = study.patient
    return {
        "name": patient.name,
        "nik": patient.nik,
        "mrn": patient.mrn,
        "birth_date": f"{patient.born:%Y%m%d}",
        "sex": patient.sex,
        "hospital": patient.hospital.code,
        "study_uids": [study.study_uid],
    }


def _known(path: Path, made_ns: int) -> list[dict[str, Any]]:
    """The patients of an earlier run on this home, so that their images are not sent again."""
    try:
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return []
    if not isinstance(document, dict):
        return []
    if (document.get("format"), document.get("home_made_ns")) != (FORMAT, made_ns):
        return []
    known = document.get("patients")
    return known if isinstance(known, list) else []


def _write_private(path: Path, document: dict[str, Any]) -> None:
    """Mode 0600 from its first byte on: it holds tokens."""
    staged = path.with_name(path.name + ".new")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(document)))
        file.flush()
        os.fsync(file.fileno())
    staged.rename(path)
