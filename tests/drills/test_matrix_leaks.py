"""The matrix of cases of leaks: the organisation's officers, nobody else; patients their answer."""

from typing import Any

import httpx

from segel.domain.roles import Role

ROLES = [*sorted(set(Role) - {"modality", "hospital-system", "national-platform", "case-guest"})]
ELSEWHERE = {"port-health-officer": 2, "incident-officer": 3}
"""Where among the demo's hospitals those are who are not at the first."""
NOBODYS = "00000000-0000-4000-8000-000000000000"
PAGE = {"Accept": "text/html"}
CASE = f"/leaks/{NOBODYS}"
OF_A_CASE = (
    CASE,
    f"{CASE}/findings",
    f"{CASE}/answer",
    f"{CASE}/columns",
    f"{CASE}/documents/authority",
    f"{CASE}/documents/authority/file",
    f"{CASE}/bundle/stix",
    f"{CASE}/signed/{NOBODYS}",
)


def test_cases_are_the_officers_alone_and_a_patient_sees_their_own_answer(running: Any) -> None:
    own = PAGE | {"Origin": running.http}
    pages = {"/leaks": 200, "/leaks/new": 200} | dict.fromkeys(OF_A_CASE, 404)
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for path in (*pages, "/my/leaks"):
            assert web.get(path, headers=PAGE).headers["location"] == "/sign-in", path
        for role in ROLES:
            web.cookies.set("segel_session", running.token(role, ELSEWHERE.get(role, 0)))
            works = role in {"incident-officer", "data-protection-officer"}
            for path, status in pages.items():
                found = web.get(path, headers=PAGE).status_code
                assert found == (status if works else 403), (role, path)
            found = web.get("/my/leaks", headers=PAGE).status_code
            assert found == (200 if role == "patient" else 403), role
            refused = 404 if works else 403
            sent = web.post(f"{CASE}/evidence", headers=own, content=b"x").status_code
            assert sent == refused, role
            for form in (
                {"deed": "note", "text": "x"},
                {"deed": "tell-patients", f"told.{NOBODYS}": "1"},
                {"deed": "untell-patients", "reason": "x"},
            ):
                sent = web.post(CASE, headers=own, data=form).status_code
                assert sent == refused, (role, form["deed"])
            contains = works or role == "administrator"
            found = web.get(f"{CASE}/contain", headers=PAGE).status_code
            assert found == (404 if contains else 403), role
            measures = {"deed": "contain", "archive": "1", "reason": "matrix"}
            stopped = web.post(f"{CASE}/contain", headers=own, data=measures).status_code
            assert stopped in ({403, 404, 422} if contains else {403}), role
            asking = {"deed": "warrant", "reason": "x", "rows": "1", "people": "1", "hours": "1"}
            asked = web.post(CASE, headers=own, data=asking).status_code
            assert asked == (404 if role == "incident-officer" else 403), role
            told = {"deed": "told", "notice": NOBODYS, "how": "x"}
            sign = {"deed": "sign", "language": "id", "dated": "1", "sha256": "00"}
            for path, data in (
                (f"{CASE}/findings", {"seen": "0", "verdict": "ours"}),
                (f"{CASE}/columns", {"passwords": "x"}),
                (f"{CASE}/documents/authority", told),
                (f"{CASE}/documents/authority", sign),
            ):
                assert web.post(path, headers=own, data=data).status_code == refused, (role, path)
            for path in (
                "/leaks/new",
                CASE,
                f"{CASE}/evidence",
                f"{CASE}/contain",
                f"{CASE}/findings",
                f"{CASE}/columns",
                f"{CASE}/documents/authority",
            ):
                assert web.post(path, headers=PAGE, content=b"").status_code == 403, path
