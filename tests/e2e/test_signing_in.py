"""People and systems come in, from the operator's command to the page: the whole of Segel."""

import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import ECKey
from playwright.sync_api import Browser, Page, expect

from segel.broker.settings import callback_path
from support.oauth import assertion, key_set, proof
from support.openid import certified_provider, free_port
from support.running import Running, place_for_a_home, segel, started
from support.screens import chromium, device

HOSPITAL, NAME = "HARAPAN", "dr. Ratna Kusuma"
KEY, BINDING = ECKey.generate_key("P-384"), ECKey.generate_key("P-256")


@pytest.fixture(scope="module")
def provided() -> Iterator[tuple[Running, str]]:
    """A Segel that people may come into through a certified provider, and its origin."""
    port = free_port()
    origin = f"http://localhost:{port}"
    client = {
        "client_id": "segel",
        "redirect_uris": [f"{origin}{callback_path('op')}"],
        "post_logout_redirect_uris": [f"{origin}/sign-in"],
        "token_endpoint_auth_method": "none",
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
    }
    with certified_provider([client]) as issuer, place_for_a_home() as folder:
        settings = (
            f'[[openid]]\nname = "op"\nlabel = "Masuk lewat OP"\nissuer = "{issuer}"\n'
            'client_id = "segel"\n'
        )
        door = f"--http=127.0.0.1:{port}"
        with started(folder / "home", door, settings=settings) as running:
            told(running, "hospital", "add", HOSPITAL, "RSUD Harapan Bunda")
            yield running, origin


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def told(running: Running, *arguments: str) -> str:
    """What a command says that succeeds."""
    done = segel(*arguments, f"--home={running.home}")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def link_in(said: str) -> str:
    return next(line for line in said.splitlines() if "/invitation#" in line)


def test_a_person_is_invited_links_a_provider_and_is_closed_again(
    provided: tuple[Running, str], browser: Browser
) -> None:
    running, origin = provided
    link = link_in(
        told(running, "account", "add", NAME, "--role=radiologist", f"--hospital={HOSPITAL}")
    )
    context = browser.new_context(locale="en-GB", viewport={"width": 390, "height": 844})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    device(page)
    page.goto(link)
    expect(page.get_by_text(NAME)).to_be_visible()
    assert page.url == f"{origin}/invitation"  # neither history nor a screenshot keeps the secret
    page.get_by_label("Name of the passkey").fill("My phone")
    page.get_by_role("button", name="Register and sign in").click()
    page.wait_for_url(f"{origin}/")
    secret = urllib.parse.urlsplit(link).fragment
    assert not any(secret in urllib.parse.urlsplit(url)._replace(fragment="").geturl()
                   for url in asked)  # fmt: skip
    page.goto(link)
    expect(page.get_by_role("heading", name="This invitation was used")).to_be_visible()

    page.goto(f"{origin}/account")
    expect(page.get_by_text("My phone")).to_be_visible()
    page.get_by_role("button", name="Link: Masuk lewat OP").click()
    at_the_provider(page, "ratna")
    page.wait_for_url(f"{origin}/account")
    expect(page.get_by_role("button", name="Unlink")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Masuk lewat OP").click()  # it still knows who this is
    page.wait_for_url(f"{origin}/")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("link", name="Sign out of Masuk lewat OP too").click()
    page.wait_for_url("**/session/end**")

    page.goto(f"{origin}/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(f"{origin}/")
    assert "passkey" in told(running, "sessions", "list", NAME)
    told(running, "sessions", "end", NAME, "--all")
    time.sleep(2.1)  # the promise is a second at the broker, and one more at the door
    page.reload()
    page.wait_for_url(f"{origin}/sign-in")
    told(running, "account", "close", NAME)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("could not be verified")).to_be_visible()
    context.close()


def at_the_provider(page: Page, login: str) -> None:
    """Whatever its pages ask for, until it sends the browser back."""
    page.wait_for_url("**/interaction/**")
    if page.locator("input[name=login]").count():
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", "-")
        page.locator("button[type=submit]").click()
    page.wait_for_timeout(300)
    if "/interaction/" in page.url:
        page.locator("button[type=submit]").click()


class System:
    """A system with its key, as somebody would write one."""

    def __init__(self, origin: str, client_id: str) -> None:
        self.origin, self.client_id = origin, client_id
        self.web = httpx.Client(base_url=origin, timeout=60)
        self.nonce = ""

    def ask_token(self, *, bound: bool, scope: str = "") -> httpx.Response:
        address = f"{self.origin}/oauth/token"
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion(KEY, self.client_id, address, time.time()),
            "scope": scope,
        }
        for _ in range(2):
            headers = {"DPoP": self._proof("POST", address)} if bound else {}
            answer = self.web.post("/oauth/token", data=form, headers=headers)
            if answer.status_code != 400 or answer.json()["error"] != "use_dpop_nonce":
                return answer
            self.nonce = answer.headers["DPoP-Nonce"]
        return answer

    def get(self, path: str, token: str) -> httpx.Response:
        """With a proof, again where the nonce is too old."""
        for _ in range(2):
            made = self._proof("GET", f"{self.origin}{path}", token)
            answer = self.web.get(path, headers={"Authorization": f"DPoP {token}", "DPoP": made})
            if "use_dpop_nonce" not in answer.headers.get("www-authenticate", ""):
                return answer
            self.nonce = answer.headers["DPoP-Nonce"]
        return answer

    def _proof(self, method: str, address: str, token: str = "") -> str:
        return proof(BINDING, method, address, time.time(), nonce=self.nonce, token=token)


def test_a_system_gets_tokens_bound_to_its_key_and_reads_by_its_scopes(
    provided: tuple[Running, str], tmp_path: Path
) -> None:
    running, origin = provided
    keys = tmp_path / "keys.json"
    keys.write_bytes(key_set(KEY))
    hospital = running.hospitals[0]
    said = told(running, "client", "add", f"PACS {uuid4().hex[:4]}", f"--hospital={hospital}",
                f"--jwks={keys}", "--scope=system/ImagingStudy.rs", "--dpop")  # fmt: skip
    client_id = next(line.split()[-1] for line in said.splitlines() if line.startswith("client id"))
    system = System(origin, client_id)
    published = system.web.get("/.well-known/smart-configuration").json()
    assert published["token_endpoint"] == f"{origin}/oauth/token"
    assert system.ask_token(bound=False).json()["error"] == "invalid_client"
    assert system.ask_token(bound=True, scope="system/*.r").json()["error"] == "invalid_scope"
    answer = system.ask_token(bound=True)
    assert answer.status_code == 200, answer.text
    given: dict[str, Any] = answer.json()
    assert given["token_type"] == "DPoP"
    assert 0 < given["expires_in"] <= 900
    token = given["access_token"]

    found = system.get("/dicomweb/studies", token)
    assert found.status_code == 200, found.text
    uid = found.json()[0]["0020000D"]["Value"][0]
    for path in (f"/dicomweb/studies/{uid}/metadata", f"/dicomweb/studies/{uid}/series"):
        assert system.get(path, token).status_code == 200
        assert system.get(path, token).status_code == 200  # kept open, and proved anew
    bearer = system.web.get("/dicomweb/studies", headers={"Authorization": f"Bearer {token}"})
    assert bearer.status_code == 401
    assert "DPoP" in bearer.headers["www-authenticate"]
    made = system._proof("GET", f"{origin}/dicomweb/studies", token)
    headers = {"Authorization": f"DPoP {token}", "DPoP": made}
    assert system.web.get("/dicomweb/studies", headers=headers).status_code == 200
    replayed = system.web.get("/dicomweb/studies", headers=headers)
    assert replayed.status_code == 401
    assert 'error="invalid_dpop_proof"' in replayed.headers["www-authenticate"]
