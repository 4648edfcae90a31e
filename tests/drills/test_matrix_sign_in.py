"""The matrix of coming in: every page and address of it × who asks."""

import uuid
from typing import Any

import httpx
import pytest

ROLES = (
    "clinician",
    "radiologist",
    "radiographer",
    "data-protection-officer",
    "administrator",
    "patient",
)
OVERSEERS = {"data-protection-officer", "administrator"}
PAGE = {"Accept": "text/html"}

PUBLIC = (
    "/sign-in",
    "/invitation",
    "/onboarding",
    "/.well-known/oauth-authorization-server",
    "/.well-known/smart-configuration",
    "/fhir/.well-known/smart-configuration",
)
OWN_FORMS = {
    "/account/passkeys": {"passkey": str(uuid.UUID(int=1)), "name": "x"},
    "/account/identities": {"identity": str(uuid.UUID(int=1))},
    "/account/identities/link": {"provider": "nobody"},
    "/account/sessions": {"session": str(uuid.UUID(int=1))},
    "/sessions": {"session": str(uuid.UUID(int=1))},
}
SCRIPTS = (
    "/passkey/register/begin",
    "/passkey/register/finish",
    "/passkey/sign-in/begin",
    "/passkey/sign-in/finish",
    "/invitation/look",
    "/invitation/begin",
    "/invitation/finish",
)


def as_person(running: Any, role: str, hospital: int = 0) -> dict[str, str]:
    return {"segel_session": running.token(role, hospital)}


@pytest.mark.parametrize("path", PUBLIC)
def test_what_is_public_answers_anybody(running: Any, path: str) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        assert web.get(path, headers=PAGE).status_code == 200


@pytest.mark.parametrize("role", ["", "administrator", "data-protection-officer"])
def test_a_hospital_is_taken_in_by_the_operators_link_alone(running: Any, role: str) -> None:
    """No account makes hospitals, and what is no ticket is told so and nothing else."""
    with httpx.Client(base_url=running.http, timeout=60) as web:
        web.cookies.update(as_person(running, role) if role else {})
        for path in ("/onboarding", "/onboarding/file", "/onboarding/confirm"):
            answer = web.post(
                path,
                data={"ticket": "no-ticket", "step": "review"},
                headers={**PAGE, "Origin": running.http},
            )
            assert answer.status_code == 401, path
        for path in ("/onboarding/file", "/onboarding/confirm"):
            assert web.get(path, headers=PAGE).headers["location"] == "/onboarding"


def test_account_and_sessions_are_for_who_is_signed_in(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for path in ("/account", "/sessions"):
            answer = web.get(path, headers=PAGE)
            assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
        for role in ROLES:
            cookies = as_person(running, role)
            web.cookies.update(cookies)
            assert web.get("/account", headers=PAGE).status_code == 200, role
            status = web.get("/sessions", headers=PAGE).status_code
            assert status == (200 if role in OVERSEERS else 403), role
            web.cookies.clear()


@pytest.mark.parametrize("path", OWN_FORMS)
def test_a_form_is_taken_from_its_own_page_and_from_who_is_signed_in(
    running: Any, path: str
) -> None:
    form = OWN_FORMS[path]
    with httpx.Client(base_url=running.http, timeout=60) as web:
        web.cookies.update(as_person(running, "administrator"))
        assert web.post(path, data=form, headers=PAGE).status_code == 403
        foreign = PAGE | {"Origin": "http://evil.example"}
        assert web.post(path, data=form, headers=foreign).status_code == 403
        own = PAGE | {"Origin": running.http}
        # There is no such passkey, session or provider: but it was looked for.
        assert web.post(path, data=form, headers=own).status_code in (401, 404)
        web.cookies.clear()
        answer = web.post(path, data=form, headers=own)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("path", SCRIPTS)
def test_what_a_script_sends_is_taken_from_our_own_pages_only(running: Any, path: str) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        assert web.post(path, json={}).status_code == 403
        answer = web.post(path, json={}, headers={"Origin": running.http})
        assert answer.status_code in (200, 401, 422), answer.text
        for broken in (b'{"handle":"\xed\xba\xb8"}', b'{"handle":"\\ud800"}', b"\xff", b"["):
            answer = web.post(path, content=broken, headers={"Origin": running.http})
            assert answer.status_code in (200, 401, 422), (answer.status_code, broken)


def test_an_unknown_provider_leads_nowhere(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        for path in ("/sign-in/openid/nobody", "/sign-in/openid/nobody/callback?code=x&state=y"):
            assert web.get(path, headers=PAGE).status_code == 401


def test_the_token_endpoint_gives_nothing_without_an_assertion(running: Any) -> None:
    with httpx.Client(base_url=running.http, timeout=60) as web:
        assert web.post("/oauth/token", data={}).status_code == 400
        assert web.get("/oauth/token").status_code == 405
