"""SMART Health Links: what a patient shares, who opens it, and what a copy of everything tells."""

import asyncio
import base64
import json
from typing import Any, cast

import httpx
import pytest
from litestar import Litestar

from segel.access import Attempts
from segel.broker import Requester
from segel.broker import messages as m
from segel.broker.errors import Forbidden, Frozen, HealthLinkUnclear, HealthLinkUnknown
from segel.broker.health_link_rules import LINKS_MAX
from segel.cards import LinkedFile, parse_link
from segel.cards.links import decrypt_file
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.records.errors import LinkTooLarge
from segel.records.http.links import router
from segel.records.linking import BYTES_MAX, MadeLink
from support.filling import dumped

ORIGIN = "https://segel.test"
PASSCODE = "melati-27"
REPORT = LinkedFile("application/pdf", b"%PDF-1.7 Kesan: tidak tampak infiltrat. " * 20)
SUMMARY = LinkedFile("application/fhir+json", json.dumps({"resourceType": "Bundle"}).encode())
TABLES = ("health_links", "health_link_files")
HOLDER = "dr. Hendra, RS Sebelah"


async def _patient(place: Any, dicom_file: Any, number: str = "RM-1") -> Requester:
    sender = await place.requester(Role.RADIOGRAPHER)
    await place.archive.store(sender, dicom_file(PatientID=number))
    account = await place.operator.record.enrol("H1", number, demo=True)
    token = (await place.operator.issue_token(account, 3_600)).token
    return Requester(token, Purpose.PATIENT_REQUEST, "console")


async def _made(place: Any, patient: Requester, *files: LinkedFile, **how: Any) -> MadeLink:
    chosen = {"label": "Foto dada", "passcode": PASSCODE, "lifetime_s": 86_400, "openings": 3}
    return cast(
        "MadeLink",
        await place.records.links.make(patient, files or (REPORT, SUMMARY), **(chosen | how)),
    )


def _door(place: Any) -> httpx.AsyncClient:
    app = Litestar([router(place.records.links, ORIGIN, Attempts(burst=10_000))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=cast("Any", app)), base_url=ORIGIN)


def _asking(passcode: str = PASSCODE, **more: Any) -> dict[str, Any]:
    return {"recipient": HOLDER, "passcode": passcode, **more}


def test_a_link_opens_with_its_passcode_and_shows_its_patient_who_opened_it(
    place_of: Any, dicom_file: Any
) -> None:
    async def run() -> None:
        async with place_of() as place, _door(place) as web:
            patient = await _patient(place, dicom_file)
            link = parse_link((await _made(place, patient)).text)
            assert link.needs_passcode
            assert link.label == "Foto dada"

            answer = await web.post(link.url, json=_asking())
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            files = answer.json()["files"]
            assert [decrypt_file(link, one["embedded"]) for one in files] == [REPORT, SUMMARY]

            small = await web.post(link.url, json=_asking(embeddedLengthMax=10))
            for one, file in zip(small.json()["files"], (REPORT, SUMMARY), strict=True):
                assert "embedded" not in one
                fetched = await web.get(one["location"])
                assert fetched.status_code == 200, fetched.text
                assert fetched.headers["content-type"] == "application/jose"
                assert decrypt_file(link, fetched.text) == file
            beyond = small.json()["files"][0]["location"].rpartition("/")[0] + "/9"
            assert (await web.get(beyond)).status_code == 404

            (line,) = await place.records.links.lines(patient)
            assert line.openings_left == 1
            assert [one.recipient for one in line.openings] == [HOLDER, HOLDER]
            trail = (await place.archive.broker.call(m.OwnTrail(patient, 20), m.AuditTrail)).lines
            assert sum("link-opened" in one.event for one in trail) == 5

    asyncio.run(run())


def test_wrong_passcodes_are_counted_until_the_link_is_over(place_of: Any, dicom_file: Any) -> None:
    async def run() -> None:
        async with place_of() as place, _door(place) as web:
            patient = await _patient(place, dicom_file)
            link = parse_link((await _made(place, patient)).text)
            first = await web.post(link.url, json=_asking("salah-01"))
            assert first.status_code == 401
            assert first.json()["remainingAttempts"] == m.LINK_TRIES - 1
            assert "WWW-Authenticate" not in first.headers
            guesses = await asyncio.gather(
                *(
                    web.post(link.url, json=_asking(f"salah-{n:02}"))
                    for n in range(2, m.LINK_TRIES + 5)
                )
            )
            left = sorted(one.json().get("remainingAttempts", -1) for one in guesses)
            assert left == [*[-1] * 4, *range(m.LINK_TRIES - 1)]
            over = await web.post(link.url, json=_asking())
            never = await web.post(f"{ORIGIN}/links/{'A' * 43}", json=_asking())
            assert over.status_code == never.status_code == 404
            assert over.json() == never.json()
            half = await web.post(link.url, content=b'{"recipient":"\xed\xba\xb8"}')
            assert half.status_code == 400
            (line,) = await place.records.links.lines(patient)
            assert line.over == "guessed-at"

    asyncio.run(run())


def test_a_link_is_over_when_it_was_ended_used_up_or_its_patient_frozen(
    place_of: Any, dicom_file: Any
) -> None:
    async def run() -> None:
        async with place_of() as place:
            patient = await _patient(place, dicom_file)
            links = place.records.links

            async def opens(text: str) -> str:
                try:
                    secret = parse_link(text).url.rpartition("/")[2]
                    await links.open(secret, PASSCODE, HOLDER)
                except (HealthLinkUnknown, Frozen) as refusal:
                    return str(refusal.code)
                return "opens"

            once = await _made(place, patient, openings=1)
            raced = await asyncio.gather(*(opens(once.text) for _ in range(4)))
            assert sorted(raced) == [*["health-link-unknown"] * 3, "opens"]

            ended = await _made(place, patient)
            opened = await links.open(parse_link(ended.text).url.rpartition("/")[2], PASSCODE, "X")
            other = await _patient(place, dicom_file, "RM-2")
            with pytest.raises(HealthLinkUnknown):
                await links.end(other, ended.link_id)
            await links.end(patient, ended.link_id)
            assert await opens(ended.text) == "health-link-unknown"
            with pytest.raises(HealthLinkUnknown):
                await links.fetch(opened.ticket, 0)

            going = await _made(place, patient)
            await place.operator.freezes.freeze(None, m.TargetKind.HOSPITAL, "H1", "Ponsel dicuri")
            assert await opens(going.text) == "frozen"

    asyncio.run(run())


def test_only_patients_share_and_only_what_is_sound(place_of: Any, dicom_file: Any) -> None:
    async def run() -> None:
        async with place_of() as place, _door(place) as web:
            patient = await _patient(place, dicom_file)
            for role in (Role.CLINICIAN, Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER):
                with pytest.raises(Forbidden):
                    await _made(place, await place.requester(role))
            with pytest.raises(Forbidden):
                await _made(place, Requester(patient.token, Purpose.TREATMENT, "console"))
            for how, field in (
                ({"passcode": "12345"}, "passcode"),
                ({"passcode": "123456"}, "passcode"),
                ({"passcode": "777777"}, "passcode"),
                ({"lifetime_s": 31 * 86_400}, "days"),
                ({"lifetime_s": 60}, "days"),
                ({"openings": 0}, "openings"),
                ({"openings": 51}, "openings"),
                ({"label": "  "}, "label"),
                ({"label": "a" * 81}, "label"),
            ):
                with pytest.raises(HealthLinkUnclear) as unclear:
                    await _made(place, patient, **how)
                assert unclear.value.field == field
            with pytest.raises(LinkTooLarge):
                await _made(place, patient, LinkedFile("application/pdf", bytes(BYTES_MAX + 1)))
            for _ in range(LINKS_MAX):
                made = await _made(place, patient, SUMMARY)
            with pytest.raises(HealthLinkUnclear):
                await _made(place, patient, SUMMARY)

            url = parse_link(made.text).url
            for body in (b"", b"[]", b'{"passcode":"x"}', b'{"recipient":1}', b"\xff{", b"{" * 900):
                assert (await web.post(url, content=body)).status_code == 400
            nobody = await web.post(url, json={**_asking(), "recipient": " \n "})
            assert nobody.json()["field"] == "recipient"
            for ticket in ("A", "A" * 600, base64.urlsafe_b64encode(bytes(90)).decode()):
                assert (await web.get(f"/links/files/{ticket}/0")).status_code == 404
            asked = await web.options(url)
            assert asked.status_code == 204
            assert "POST" in asked.headers["access-control-allow-methods"]

    asyncio.run(run())


def test_a_copied_database_with_a_found_link_opens_nothing(place_of: Any, dicom_file: Any) -> None:
    async def run() -> None:
        async with place_of() as place:
            patient = await _patient(place, dicom_file)
            made = await _made(place, patient)
            link = parse_link(made.text)
            secret = link.url.rpartition("/")[2]
            await place.records.links.open(secret, PASSCODE, HOLDER)
            owner = place.database.owner
            rows = [row for table in TABLES for row in dumped(owner, table)]
            assert len(rows) == 2
            found = b"".join(cell for row in rows for cell in row if isinstance(cell, bytes))
            patient_id = (await place.archive.broker.session_of(patient)).patient_id
            for term in (
                secret.encode(),
                PASSCODE.encode(),
                HOLDER.encode(),
                b"Foto dada",
                b"eyJ",  # how a JWE begins
                link.key,
                patient_id.bytes,
            ):
                assert term not in found

    asyncio.run(run())


def test_erasing_a_patient_takes_their_links(place_of: Any, dicom_file: Any) -> None:
    async def run() -> None:
        async with place_of() as place:
            patient, other = [await _patient(place, dicom_file, one) for one in ("RM-1", "RM-2")]
            links = [await _made(place, one) for one in (patient, other)]
            await erased(place, "RM-1")
            for made, works in zip(links, (False, True), strict=True):
                secret = parse_link(made.text).url.rpartition("/")[2]
                try:
                    opened = bool(await place.records.links.open(secret, PASSCODE, HOLDER))
                except HealthLinkUnknown:
                    opened = False
                assert opened == works
            for table in TABLES:
                assert len(list(dumped(place.database.owner, table))) == 1

    asyncio.run(run())


async def erased(place: Any, number: str) -> None:
    """A patient's record, once two people agreed and nothing of it is left."""
    erasing = place.operator.erasing
    officer = await place.requester(Role.DATA_PROTECTION_OFFICER)
    officer = Requester(officer.token, Purpose.OPERATIONS, "console")
    ordered = await erasing.order(
        officer, "unlawful", "12/2026", patient_number=number, reason="Putusan pengadilan"
    )
    for name in ("Ratna", "Bambang"):
        account = await place.operator.enrol_account(name, Role.ADMINISTRATOR, "H1", demo=True)
        approver = Requester((await place.operator.issue_token(account, 3_600)).token)
        await place.operator.approvals.decide(approver, ordered.approval_id, "Sesuai", approve=True)
    await erasing.carry_out(officer, ordered.erasure_id)
    for _ in range(500):
        if (await erasing.show(officer, ordered.erasure_id)).state == "complete":
            return
        await asyncio.sleep(0.02)
    pytest.fail("the erasure is not complete")
