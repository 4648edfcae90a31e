"""The matrix of health declarations: what strangers may, and what is a port's officers' alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

NOBODYS = "00000000-0000-4000-8000-000000000000"
CODE = "0" * 26
PAGE = {"Accept": "text/html"}
ARRIVAL = (datetime.now(UTC) + timedelta(hours=7)).date()
FORM = {
    "code": CODE, "conveyance": "ship", "vessel": "KM Matriks", "arrival": f"{ARRIVAL}",
    "port": "TANJUNG", "name": "Uji Matriks", "phone": "+628120000000", "well": "1",
    "met_sick": "no",
}  # fmt: skip


def test_a_stranger_declares_and_whoever_has_the_code_reads_it(running: Any) -> None:
    own = PAGE | {"Origin": running.http}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for path in ("/declare", "/declare/mine"):
            assert web.get(path, headers=PAGE).status_code == 200
        for path in ("/declare", "/declare/mine", "/declare/withdraw"):
            assert web.post(path, data=FORM, headers=PAGE).status_code == 403, path
            broken = web.post(path, data={"code": "x"}, headers=own)
            assert broken.status_code == 422, path
        assert web.post("/declare/mine", data=FORM, headers=own).status_code == 404
        assert web.get("/declare/withdraw", headers=PAGE).headers["location"] == "/declare/mine"
        sent = web.post("/declare", data=FORM, headers=own)
        assert (sent.status_code, "Uji Matriks" in sent.text) == (200, False)
        assert "Uji Matriks" in web.post("/declare/mine", data=FORM, headers=own).text
        assert web.post("/declare/withdraw", data=FORM, headers=own).status_code == 200
        assert web.post("/declare/mine", data=FORM, headers=own).status_code == 404


def test_declarations_are_seen_by_the_ports_officers_alone(running: Any) -> None:
    pages = {
        "/port-health": 200,
        f"/port-health/vessels/{NOBODYS}/{NOBODYS}": 404,
        f"/port-health/declarations/{NOBODYS}": 404,
        "/port-health/ended": 200,
        f"/port-health/ended/{NOBODYS}": 404,
    }
    proves = {"data-protection-officer", "administrator"}
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for path in pages:
            assert web.get(path, headers=PAGE).headers["location"] == "/sign-in", path
        for role, token in running.tokens().items():
            web.cookies.set("segel_session", token)
            for path, status in pages.items():
                known = role == "port-health-officer" or ("ended" in path and role in proves)
                found = web.get(path, headers=PAGE).status_code
                assert found == (status if known else 403), (role, path)
            receipt = {"receipt": "0" * 10}
            asked = web.post("/port-health", data=receipt, headers=PAGE | {"Origin": running.http})
            known = role == "port-health-officer"
            assert asked.status_code == (404 if known else 403), role
            foreign = web.post("/port-health", data=receipt, headers=PAGE)
            assert foreign.status_code == 403, role
