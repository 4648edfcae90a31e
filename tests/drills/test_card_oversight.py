"""The page of whoever answers for an archive's cards, through the real doors: who, what, and how
it says no."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from drills.test_cards import browser, made_card, with_test
from segel.cards.pictures import codes_in
from support.running import Running

PAGE = "/health-cards"
ROLES = ("clinician", "radiologist", "radiographer", "records-officer", "laboratory", "patient")
FORMS = ("lists", "card", "card/revocation")


def batch(count: int = 3, seed: int = 0, **changes: Any) -> bytes:
    hashes = [(seed + number).to_bytes(16) for number in range(count)]
    return json.dumps(
        {
            "country": "SG",
            "expires": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
            "kid": "UNKNOWN_KID",
            "hashType": "UCI",
            "entries": [{"hash": base64.b64encode(one).decode()} for one in hashes],
            **changes,
        }
    ).encode()


def sent(web: httpx.Client, data: bytes) -> httpx.Response:
    return web.post(f"{PAGE}/revocations", files={"batch": ("revoked.json", data)})


@pytest.mark.parametrize("hospital", [0, 1])
def test_administrators_answer_for_cards_officers_look_on_and_nobody_else(
    running: Running, hospital: int
) -> None:
    for role in (*ROLES, "data-protection-officer", "administrator"):
        with browser(running, running.token(role, hospital)) as web:
            looks, governs = role not in ROLES, role == "administrator"
            page = web.get(PAGE)
            assert page.status_code == (200 if looks else 403), role
            assert ('action="/health-cards/lists"' in page.text) is governs, role
            assert (f'href="{PAGE}"' in web.get("/account").text) is looks, role
            answers = [web.post(f"{PAGE}/{form}", data={"card": "x"}) for form in FORMS]
            answers.append(sent(web, b"{}"))
            # Published; no card; nothing of this session; no batch.
            expected = [303, 422, 404, 422] if governs else [403, 403, 404, 403]
            assert [one.status_code for one in answers] == expected, role
            foreign = {"Origin": "https://other.example"}
            for form in (*FORMS, "revocations"):
                assert web.post(f"{PAGE}/{form}", headers=foreign).status_code == 403
                assert web.get(f"{PAGE}/{form}").status_code == 303
    with httpx.Client(base_url=running.http, headers={"Accept": "text/html"}) as nobody:
        assert nobody.get(PAGE).headers["location"] == "/sign-in"


def test_others_revocations_come_from_a_file_and_a_bad_one_says_what_is_wrong(
    running: Running,
) -> None:
    with browser(running, running.token("administrator")) as web:
        assert sent(web, batch(7, 500)).status_code == 303
        again = sent(web, batch(9, 500)).headers["location"]
        assert "known=7&new=2" in again
        assert "Taken in: 2 new marks, 7 known before." in web.get(again).text
        past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        for data, words in (
            (b"not json", "no proper JSON"),
            (batch(country="x"), "Field: country"),
            (batch(hashType="OTHER"), "Field: hashType"),
            (batch(entries=[{"hash": "AA=="}]), "Field: entries"),
            (batch(entries=[]), "No revocation is in the file"),
            (batch(expires=past), "The batch has ended"),
            (b" " * (1024 * 1024 + 1), "larger than 1 MiB"),
        ):
            answer = sent(web, data)
            assert (answer.status_code, words in answer.text) == (422, True), words
        web.cookies.set("segel_language", "id")
        assert "Berkas sudah berakhir" in sent(web, batch(expires=past)).text


def test_a_card_is_revoked_by_the_text_of_its_code(running: Running) -> None:
    told = with_test(running, -1)  # another than whose cards of a day other tests use up
    with browser(running, told["token"]) as own:
        address = made_card(own, told)
        texts = [
            codes_in(own.get(f"{address}/files/{form}.png").content)[0].text
            for form in ("certificate", "health-card")
        ]
        own.post(f"{address}/revocation", data={})
    sealed = ""
    with browser(running, running.token("administrator", 1)) as web:
        for text in texts:
            shown = web.post(f"{PAGE}/card", data={"card": f" {text}\r\n"})
            assert shown.status_code == 200
            for secret in (told["name"], told["name"].split()[0].upper(), text[:40]):
                assert secret not in shown.text
            (sealed,) = re.findall(r'name="sealed" value="([^"]+)"', shown.text)
            done = web.post(f"{PAGE}/card/revocation", data={"sealed": sealed})
            assert done.status_code == 303
            assert "The card is revoked" in web.get(done.headers["location"]).text
        broken = web.post(f"{PAGE}/card", data={"card": texts[0][:60]})
        assert (broken.status_code, texts[0][4:40] in broken.text) == (422, False)
        forged = texts[1][:-8] + "00000000"
        assert web.post(f"{PAGE}/card", data={"card": forged}).status_code == 422
    with browser(running, running.token("administrator")) as other:
        taken = other.post(f"{PAGE}/card/revocation", data={"sealed": sealed})
        assert taken.status_code == 404  # it was sealed for another session
