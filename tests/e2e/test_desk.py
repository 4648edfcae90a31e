"""The registration desk's day, through the running console: register, find, mend, take down."""

import re
from typing import Any

import httpx

NIK = "9803014512880007"


def _desk(running: Any, role: str) -> httpx.Client:
    return httpx.Client(
        base_url=running.http,
        timeout=60,
        cookies={"segel_session": running.token(role)},
        headers={"Accept": "text/html", "Origin": running.http},
        follow_redirects=True,
    )


def test_somebody_is_registered_found_mended_and_decides(running: Any) -> None:
    with _desk(running, "records-officer") as desk, _desk(running, "clinician") as ward:
        person = {"name": "Ningsih Handayani", "nik": NIK, "birth_date": "5 Des 1988", "sex": "F"}
        wrong = desk.post("/people/new", data={**person, "nik": "12"})
        assert wrong.status_code == 422
        assert 'value="12"' in wrong.text
        doubtful = desk.post("/people/new", data={**person, "birth_date": "6 Des 1988"})
        assert (doubtful.status_code, 'name="anyway"' in doubtful.text) == (422, True)
        made = desk.post("/people/new", data=person)
        assert made.status_code == 200
        assert NIK in made.text
        page = made.url.path
        again = desk.post("/people/new", data=person)
        assert again.status_code == 409

        # Mended of what is shown; what was shown before somebody else's change is not written.
        version = re.search(r'name="version" value="([^"]+)"', made.text)
        assert version is not None
        changed = {**person, "phone": "0811 222 333", "version": version[1]}
        assert desk.post(page, data=changed).status_code == 200
        late = desk.post(page, data={**changed, "phone": "0"})
        assert late.status_code == 409
        assert "0811 222 333" in desk.get(page).text

        for who in (desk, ward):
            for text in (NIK, "handayani ningsih 1988", "Ningsih Handayani 37 th"):
                found = who.post("/people", data={"text": text})
                assert (found.status_code, "Ningsih" in found.text) == (200, True), text
                assert NIK not in str(found.url)
        assert ward.post("/people", data={"text": "ningsih"}).status_code == 422
        chart = re.search(r'class="open" href="(/patients/[^"]+)"', found.text)
        assert chart is not None
        assert ward.get(chart[1]).status_code == 200

        consents = page.replace("registration", "consents")
        assert desk.get(consents).text.count('class="card consent"') == 4
        declined = desk.post(consents, data={"purpose": "TREAT", "decision": "deny"})
        assert declined.status_code == 200
        assert "consent-off" in declined.text
        assert ward.get(chart[1]).status_code == 404
        assert "Ningsih" not in ward.post("/people", data={"text": "handayani ningsih 1988"}).text
        assert desk.get(page).status_code == 200
        desk.post(consents, data={"purpose": "TREAT", "decision": "permit"})
        assert ward.get(chart[1]).status_code == 200
        assert (
            desk.post(consents, data={"purpose": "ETREAT", "decision": "deny"}).status_code == 422
        )
