"""Travel cards through the real doors: agreed to, made, shown, saved, replaced, revoked."""

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from typer.testing import CliRunner

from segel.access import seal_handle
from segel.app import card_commands, cli
from segel.app.card_issuing_commands import CardNotOurs
from segel.cards import ListType, Reason, content_of, decode, judge
from segel.cards.lists import read_lists
from segel.cards.pictures import codes_in
from segel.cards.signed_lists import pin_of
from segel.cards.trust_files import trust_of, with_revocations
from support.running import Running

assert cli.app, "it adds the commands that need a running Segel"


def negative(subject: str, hours_ago: float = 3) -> dict[str, Any]:
    sampled = datetime.now(UTC) - timedelta(hours=hours_ago)
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [{"system": "http://loinc.org", "code": "94500-6"}],
            "text": "PCR SARS-CoV-2",
        },
        "subject": {"reference": subject},
        "effectiveDateTime": sampled.isoformat(timespec="seconds"),
        "valueCodeableConcept": {"text": "Negatif"},
    }


@pytest.fixture(scope="module")
def told(running: Running) -> dict[str, Any]:
    """The demo's patient with an account, and a negative test of theirs."""
    return with_test(running, 0)


def with_test(running: Running, index: int) -> dict[str, Any]:
    """One of the demo's patients with an account, and a new negative test of theirs."""
    patient = [one for one in running.demo["accounts"] if one["role"] == "patient"][index]
    hospital = running.hospitals.index(patient["hospital"])
    mine = next(
        one
        for one in running.demo["patients"]
        if (one["hospital"], one["name"]) == (patient["hospital"], patient["name"])
    )
    headers = running.headers("clinician", hospital)
    with httpx.Client(base_url=running.http, timeout=60, headers=headers) as web:
        study = mine["study_uids"][0]
        subject = web.get(f"/fhir/ImagingStudy/{study}").json()["subject"]["reference"]
        made = web.post("/fhir/Observation", json=negative(subject))
        assert made.status_code == 201, made.text
    return {
        "token": patient["token"], "hospital": hospital, "patient": subject,
        "test": made.json()["id"], "nik": mine["nik"], "mrn": mine["mrn"], "name": mine["name"],
    }  # fmt: skip


def browser(running: Running, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=running.http,
        timeout=60,
        cookies={"segel_session": token, "segel_language": "en"},
        headers={"Accept": "text/html", "Origin": running.http},
    )


@pytest.fixture
def web(running: Running, told: dict[str, Any]) -> Iterator[httpx.Client]:
    with browser(running, told["token"]) as web:
        yield web


def made_card(web: httpx.Client, told: dict[str, Any], **more: str) -> str:
    """The address of a new card."""
    web.post("/my/cards/agreement", data={"agreed": "yes"})
    test = seal_handle(told["token"], "card-test", told["test"])
    made = web.post("/my/cards", data={"test": test, **more})
    assert made.status_code == 303, made.text
    return made.headers["location"]


def test_what_a_scan_reveals_is_shown_before_the_code_is(
    web: httpx.Client, told: dict[str, Any]
) -> None:
    before = web.get("/my/cards").text
    assert "PCR SARS-CoV-2" in before
    address = made_card(web, told)
    assert told["nik"] not in address
    shown = web.get(address)
    assert shown.headers["cache-control"] == "no-store"
    assert "data:image/svg+xml" not in shown.text  # no code yet
    words = unescape(shown.text)
    for fact in (
        "Name",
        "Date of birth",
        "Negative (not detected)",
        told["name"],
        "URN:UVCI:01:ID",
    ):
        assert fact in words
    for secret in (told["nik"], told["mrn"], told["patient"].split("/")[1]):
        assert secret not in words
    for form in ("certificate", "health-card"):
        code = web.get(f"{address}/code/{form}")
        assert re.search(r'<img class="qr" src="data:image/svg\+xml;base64,', code.text)
    web.post(f"{address}/revocation", data={})


def test_a_card_is_saved_as_a_picture_and_on_paper_and_reads_back(
    web: httpx.Client, told: dict[str, Any]
) -> None:
    address = made_card(web, told)
    texts = []
    for form, begins in (("certificate", "HC1:"), ("health-card", "shc:/")):
        picture = web.get(f"{address}/files/{form}.png")
        assert picture.headers["content-disposition"] == (
            'attachment; filename="kartu-perjalanan.png"'
        )
        (code,) = codes_in(picture.content)
        assert code.text.startswith(begins)
        assert code.version <= 20
        texts.append(code.text)
        assert web.get(f"{address}/files/{form}.svg").content.startswith(b"<svg ")
    assert told["nik"] not in str([content_of(decode(text))[0] for text in texts])
    paper = web.get(f"{address}/files/card.pdf")
    pdf = PdfReader(io.BytesIO(paper.content))
    (page,) = pdf.pages
    words = page.extract_text()
    assert "Travel card / Kartu perjalanan" in words
    assert told["name"] in words
    assert told["nik"] not in words
    assert pdf.metadata is None or not pdf.metadata.author
    printed = {code.text for image in page.images for code in codes_in(image.data)}
    assert printed == set(texts)
    for name in ("card.png", "certificate.pdf", "x.svg", "certificate.exe"):
        assert web.get(f"{address}/files/{name}").status_code == 404
    web.post(f"{address}/revocation", data={})


def test_a_card_is_replaced_and_revoked(web: httpx.Client, told: dict[str, Any]) -> None:
    first = made_card(web, told)
    second = made_card(web, told, replaces=first.rsplit("/", 1)[1])
    assert "Revoked" in web.get(first).text
    assert "Show the QR code" not in web.get(first).text
    assert "Show the QR code" in web.get(second).text
    assert web.post(f"{second}/revocation", data={}).status_code == 303
    assert "Revoked" in web.get(second).text


def test_a_test_result_leads_to_the_cards(web: httpx.Client, told: dict[str, Any]) -> None:
    entry = seal_handle(told["token"], "entry", f"Observation/{told['test']}")
    assert 'href="/my/cards"' in web.get(f"/my/records/{entry}").text
    assert 'href="/my/cards"' in web.get("/my").text


def test_the_desk_makes_a_card_where_the_patient_agreed(
    running: Running, web: httpx.Client, told: dict[str, Any]
) -> None:
    web.post("/my/cards/agreement", data={"agreed": "no"})
    patient_id = told["patient"].split("/")[1]
    for role in ("clinician", "records-officer"):
        token = running.token(role, told["hospital"])
        with browser(running, token) as desk:
            page = f"/patients/{seal_handle(token, 'patient', patient_id)}/cards"
            test = seal_handle(token, "card-test", told["test"])
            leads_there = page.removesuffix("/cards") + (
                "" if role == "clinician" else "/registration"
            )
            assert f'href="{page}"' in unescape(desk.get(leads_there).text)
            if role == "clinician":
                assert "has not agreed" in desk.get(page).text
                assert desk.post(page, data={"test": test}).status_code == 409
                agreed = desk.post(f"{page}/agreement", data={"agreed": "yes"})
                assert agreed.status_code == 403
                continue
            assert desk.post(f"{page}/agreement", data={"agreed": "yes"}).status_code == 303
            address = desk.post(page, data={"test": test}).headers["location"]
            assert "data:image" not in desk.get(address).text
            assert desk.get(f"{address}/files/card.pdf").content.startswith(b"%PDF")
            assert desk.post(f"{address}/revocation", data={}).status_code == 303


def test_a_card_is_its_patients_and_their_hospitals_alone(
    running: Running, web: httpx.Client, told: dict[str, Any]
) -> None:
    address = made_card(web, told)
    ways = [
        ("GET", "/my/cards"), ("POST", "/my/cards"), ("POST", "/my/cards/agreement"),
        ("GET", address), ("GET", f"{address}/code/certificate"),
        ("GET", f"{address}/files/certificate.png"), ("POST", f"{address}/revocation"),
    ]  # fmt: skip
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=running.http, headers={"Accept": "text/html"}) as nobody:
        for method, path in ways:
            assert nobody.request(method, path).status_code in (303, 401), path
    stranger = running.token("patient", 1 - told["hospital"])
    with browser(running, stranger) as other:
        for method, path in ways[3:]:
            assert other.request(method, path, headers=form).status_code == 404, path
        theirs = seal_handle(stranger, "card-test", told["test"])
        other.post("/my/cards/agreement", data={"agreed": "yes"})
        assert other.post("/my/cards", data={"test": theirs}).status_code == 404
        other.post("/my/cards/agreement", data={"agreed": "no"})
    for role in ("radiologist", "radiographer", "administrator", "data-protection-officer"):
        token = running.token(role, told["hospital"])
        page = f"/patients/{seal_handle(token, 'patient', told['patient'].split('/')[1])}/cards"
        with browser(running, token) as staff:
            assert staff.get("/my/cards").status_code == 403, role
            assert staff.get(page).status_code == 403, role
    away = running.token("clinician", 1 - told["hospital"])
    page = f"/patients/{seal_handle(away, 'patient', told['patient'].split('/')[1])}/cards"
    with browser(running, away) as other:
        assert other.get(page).status_code == 404
    evil = web.post("/my/cards", data={"test": "x"}, headers={"Origin": "https://evil.example"})
    assert evil.status_code == 403
    web.post(f"{address}/revocation", data={})


def command(*arguments: str, home: Any) -> str:
    done = CliRunner().invoke(card_commands.app, [*arguments, f"--home={home}"])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_cards_are_made_for_a_list_and_revoked_by_hand(
    running: Running, web: httpx.Client, told: dict[str, Any], tmp_path: Path
) -> None:
    made_card(web, told)
    numbers = tmp_path / "today.csv"
    numbers.write_text(f"nik,name\n{told['nik']},x\n9899990101010001,nobody\n")
    out = tmp_path / "cards"
    hospital = running.hospitals[told["hospital"]]
    arguments = ("issue", f"--hospital={hospital}", f"--numbers={numbers}", f"--out={out}")
    said = command(*arguments, home=running.home)
    assert "row 1: there already card-00001.pdf" in said
    assert "row 2: no such patient" in said
    assert told["nik"] not in said
    (paper,) = out.iterdir()
    assert paper.stat().st_mode & 0o077 == 0
    (page,) = PdfReader(paper).pages
    picture = tmp_path / "codes.png"
    picture.write_bytes(page.images[0].data)
    assert "1 card is revoked" in command("revoke", str(picture), home=running.home)
    picture.write_bytes(b"not a card")
    refused = CliRunner().invoke(
        card_commands.app, ["revoke", str(picture), f"--home={running.home}"]
    )
    assert isinstance(refused.exception, CardNotOurs)
    listed = json.loads(command("signers", "list", "--json", home=running.home))
    assert {one["use"] for one in listed} == {"certificate", "health-card", "lists"}


def test_lists_and_keys_are_for_everybody_and_nothing_else_is_there(
    running: Running, web: httpx.Client, told: dict[str, Any]
) -> None:
    address = made_card(web, told)
    (code,) = codes_in(web.get(f"{address}/files/health-card.png").content)
    card = decode(code.text)
    web.post(f"{address}/revocation", data={})
    command("publish", home=running.home)
    with httpx.Client(base_url=running.http, timeout=60) as anybody:
        lists = {kind: anybody.get(f"/cards/{kind.file}") for kind in ListType}
        keys = anybody.get("/cards/.well-known/jwks.json")
        crls = [
            anybody.get(f"/cards/.well-known/crl/{one['kid']}.json") for one in keys.json()["keys"]
        ]
        for answer in (*lists.values(), keys, *crls):
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "*"
            assert told["name"] not in answer.text
            head = anybody.head(answer.url)
            assert (head.content, head.headers["content-length"]) == (
                b"", str(len(answer.content)),
            )  # fmt: skip
        issuer = card.payload["iss"]  # type: ignore[union-attr]
        trust = with_revocations(trust_of(keys.content, issuer), [one.content for one in crls])
        assert judge(card, trust, datetime.now(UTC)).reason is Reason.REVOKED
        pins = {pin_of(lists[kind].content, kind) for kind in ListType}
        held = read_lists(
            {kind: answer.content for kind, answer in lists.items()}, pins, datetime.now(UTC)
        )
        assert "border-id" in held.rules
        assert judge(card, held.trust, datetime.now(UTC), held.revoked).reason is Reason.REVOKED
        for path in ("", "x.jws", "../audit/checkpoint", ".well-known/crl/x.json", "jwks.json"):
            assert anybody.get(f"/cards/{path}").status_code == 404, path
        assert anybody.post("/cards/trust.jws").status_code == 405
