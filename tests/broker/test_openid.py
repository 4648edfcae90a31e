"""Signing in through an OpenID provider: a certified one, and one that lies."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey, RSAKey

from segel.broker import messages as m
from segel.broker.errors import AlreadyExists, BrokerUnavailable, Forbidden, SignInFailed
from segel.broker.settings import OpenIdProvider, callback_path
from segel.domain.roles import Role
from support.openid import (
    HostileProvider,
    certified_provider,
    hostile_provider,
    sign_in_there,
    signed,
)

ORIGIN = "http://localhost"
CLIENT_KEY = ECKey.generate_key("P-256", {"kid": "segel"})


def provider_of(issuer: str, name: str = "op", **changes: Any) -> OpenIdProvider:
    given: dict[str, Any] = {"client_id": f"segel-{name}", **changes}
    return OpenIdProvider(name, "Provider", issuer, **given)


def client(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "client_id": f"segel-{name}",
        "redirect_uris": [f"{ORIGIN}{callback_path(name)}"],
        "post_logout_redirect_uris": [f"{ORIGIN}/sign-in"],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        **changes,
    }


@pytest.fixture(scope="module")
def certified() -> Iterator[str]:
    clients = [
        client("op", client_secret="s:e cret%", token_endpoint_auth_method="client_secret_basic"),
        client(
            "key",
            token_endpoint_auth_method="private_key_jwt",
            jwks={"keys": [CLIENT_KEY.as_dict(private=False)]},
        ),
        client("public", token_endpoint_auth_method="none"),
    ]
    with certified_provider(clients) as issuer:
        yield issuer


@pytest.fixture
def hostile() -> Iterator[HostileProvider]:
    with hostile_provider() as provider:
        yield provider


async def begin(estate: Any, provider: str = "op", token: str = "") -> m.OpenIdBegun:
    requester = m.Requester(token) if token else None
    reply = await estate.ask(m.OpenIdBegin(provider, requester))
    assert isinstance(reply, m.OpenIdBegun)
    return reply


async def return_with(
    estate: Any, begun: m.OpenIdBegun, said: dict[str, str], provider: str = "op"
) -> str | None:
    asked = m.OpenIdFinish(provider, begun.handle, said["state"], said["code"], said.get("iss", ""))
    reply = await estate.ask(asked)
    assert isinstance(reply, m.OpenIdDone)
    return reply.token.token if reply.token else None


async def through(estate: Any, login: str, provider: str = "op", token: str = "") -> str | None:
    begun = await begin(estate, provider, token)
    back = f"{ORIGIN}{callback_path(provider)}"
    said = await asyncio.to_thread(sign_in_there, begun.address, login, back)
    return await return_with(estate, begun, said, provider)


async def enrol(estate: Any, name: str = "Sri Wulandari", hospital: str = "H1") -> None:
    await estate.ask(m.EnrolHospital(hospital, f"RS {hospital}"))
    await estate.ask(m.AddAccount(name, Role.CLINICIAN, hospital, 3600))


@pytest.mark.parametrize("way", ["op", "key", "public"])
def test_a_linked_person_signs_in_through_a_certified_provider(estate_of, certified, way) -> None:
    credentials = {
        "op": {"secret": "s:e cret%"},
        "key": {"key_pem": CLIENT_KEY.as_pem(private=True).decode()},
        "public": {},
    }

    async def run() -> None:
        provider = provider_of(certified, way, **credentials[way])
        async with estate_of(providers=(provider,)) as estate:
            estate.clock.now_s = time.time()
            await enrol(estate)
            with pytest.raises(SignInFailed) as stranger:  # nobody is enrolled by signing in
                await through(estate, "sri", way)
            assert stranger.value.field == "unlinked"
            await estate.ask(m.LinkIdentity("Sri Wulandari", way, "sri"))
            token = await through(estate, "sri", way)
            assert token
            session = await estate.ask(m.CheckSession(token))
            assert (session.display_name, session.method) == ("Sri Wulandari", f"openid {way}")
            with pytest.raises(SignInFailed):
                await through(estate, "somebody-else", way)

    asyncio.run(run())


def test_a_code_and_an_answer_serve_once_and_in_the_browser_that_began(
    estate_of, certified
) -> None:
    async def run() -> None:
        provider = provider_of(certified, secret="s:e cret%")
        async with estate_of(providers=(provider,)) as estate:
            estate.clock.now_s = time.time()
            await enrol(estate)
            await estate.ask(m.LinkIdentity("Sri Wulandari", "op", "sri"))
            begun, other = await begin(estate), await begin(estate)
            back = f"{ORIGIN}{callback_path('op')}"
            said = await asyncio.to_thread(sign_in_there, begun.address, "sri", back)
            with pytest.raises(SignInFailed):
                await return_with(estate, other, said)
            with pytest.raises(SignInFailed):
                await return_with(estate, begun, said | {"state": "x"})
            with pytest.raises(SignInFailed):  # RFC 9207: the answer of another issuer
                await return_with(estate, begun, said | {"iss": "http://localhost:1"})
            with pytest.raises(SignInFailed):  # and one that says it may not stay silent
                await return_with(estate, begun, {**said, "iss": ""})
            assert await return_with(estate, begun, said)
            with pytest.raises(SignInFailed):
                await return_with(estate, begun, said)
            estate.clock.now_s += 601
            late = await begin(estate)
            estate.clock.now_s += 601
            with pytest.raises(SignInFailed):
                await return_with(estate, late, said)

    asyncio.run(run())


def test_a_provider_that_changed_its_keys_is_still_understood(estate_of, certified) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(certified, secret="s:e cret%"),)) as estate:
            estate.clock.now_s = time.time()
            await enrol(estate)
            await estate.ask(m.LinkIdentity("Sri Wulandari", "op", "sri"))
            assert await through(estate, "sri")
            await asyncio.to_thread(httpx.post, f"{certified}/_rotate")
            assert await through(estate, "sri")

    asyncio.run(run())


def test_a_person_links_and_unlinks_their_own_account(estate_of, certified) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(certified, secret="s:e cret%"),)) as estate:
            estate.clock.now_s = time.time()
            mine = await estate.token(Role.CLINICIAN, name="Wayan")
            theirs = await estate.token(Role.CLINICIAN, name="Komang")
            assert await through(estate, "wayan", token=mine) is None
            signed_in = await through(estate, "wayan")
            assert signed_in
            session = await estate.ask(m.CheckSession(signed_in))
            assert session.display_name == "Wayan"
            with pytest.raises(AlreadyExists):
                await through(estate, "wayan", token=theirs)
            ways = await estate.ask(m.OwnWaysIn(m.Requester(mine)))
            (identity,) = ways.identities
            with pytest.raises(Forbidden):  # the only way in
                await estate.ask(m.Unlink(m.Requester(mine), identity.identity_id))
            assert await through(estate, "wayan-too", token=mine) is None
            await estate.ask(m.Unlink(m.Requester(mine), identity.identity_id))
            with pytest.raises(SignInFailed):
                await through(estate, "wayan")

    asyncio.run(run())


def test_a_link_is_not_made_once_the_session_that_asked_has_ended(estate_of, certified) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(certified, secret="s:e cret%"),)) as estate:
            estate.clock.now_s = time.time()
            mine = await estate.token(Role.CLINICIAN, name="Wayan")
            begun = await begin(estate, token=mine)
            back = f"{ORIGIN}{callback_path('op')}"
            said = await asyncio.to_thread(sign_in_there, begun.address, "wayan", back)
            await estate.ask(m.EndSession(mine))
            with pytest.raises(SignInFailed):
                await return_with(estate, begun, said)

    asyncio.run(run())


def test_a_hospitals_provider_vouches_for_its_own_people_only(estate_of, certified) -> None:
    async def run() -> None:
        provider = provider_of(certified, secret="s:e cret%", hospital="H1")
        async with estate_of(providers=(provider,)) as estate:
            estate.clock.now_s = time.time()
            await enrol(estate)
            await enrol(estate, "Ketut", "H2")
            with pytest.raises(SignInFailed):
                await estate.ask(m.LinkIdentity("Ketut", "op", "ketut"))
            await estate.ask(m.LinkIdentity("Sri Wulandari", "op", "sri"))
            assert await through(estate, "sri")

    asyncio.run(run())


def test_where_to_sign_out_at_the_provider_names_nobody(estate_of, certified) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(certified, secret="s:e cret%"),)) as estate:
            leave = await estate.ask(m.OpenIdLeave("op"))
            query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(leave.address).query))
            assert query == {
                "client_id": "segel-op",
                "post_logout_redirect_uri": f"{ORIGIN}/sign-in",
            }
            answer = await asyncio.to_thread(httpx.get, leave.address)
            assert answer.status_code == 200

    asyncio.run(run())


# --- one that lies ---------------------------------------------------------------------------


def _now() -> int:
    return 1_790_000_000


def _forged(claims: dict[str, Any]) -> str:
    return signed(RSAKey.generate_key(2048, {"kid": "one"}), claims)


def _unsigned(claims: dict[str, Any]) -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def _confused(provider: HostileProvider, claims: dict[str, Any]) -> str:
    """Signed by HMAC under the public key's text, as a verifier that trusts ``alg`` accepts."""
    parts = [json.dumps(part).encode() for part in ({"alg": "HS256", "kid": "one"}, claims)]
    body = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    mac = hmac.digest(provider.key.as_pem(private=False), body.encode(), hashlib.sha256)
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


LIES: dict[str, Callable[[HostileProvider, dict[str, Any]], str]] = {
    "other nonce": lambda p, c: p.sign(c | {"nonce": "x"}),
    "no nonce": lambda p, c: p.sign({k: v for k, v in c.items() if k != "nonce"}),
    "other issuer": lambda p, c: p.sign(c | {"iss": "http://localhost:1"}),
    "other audience": lambda p, c: p.sign(c | {"aud": "another"}),
    "second audience": lambda p, c: p.sign(c | {"aud": ["segel-op", "another"]}),
    "other party": lambda p, c: p.sign(c | {"azp": "another"}),
    "expired": lambda p, c: p.sign(c | {"exp": _now() - 61}),
    "old": lambda p, c: p.sign(c | {"iat": _now() - 601}),
    "from the future": lambda p, c: p.sign(c | {"iat": _now() + 61}),
    "not yet": lambda p, c: p.sign(c | {"nbf": _now() + 61}),
    "no subject": lambda p, c: p.sign(c | {"sub": ""}),
    "subject a number": lambda p, c: p.sign(c | {"sub": 5}),
    "other access token": lambda p, c: p.sign(c | {"at_hash": "AAAA"}),
    "time a truth": lambda p, c: p.sign(c | {"exp": True}),
    "forged": lambda _, c: _forged(c),
    "unsigned": lambda _, c: _unsigned(c),
    "algorithm confusion": _confused,
    "garbage": lambda _p, _c: "a.b.c",
}


@pytest.mark.parametrize("lie", ["", *LIES])
def test_no_lie_of_a_provider_signs_anybody_in(estate_of, hostile, lie) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(hostile.issuer),)) as estate:
            await enrol(estate)
            await estate.ask(m.LinkIdentity("Sri Wulandari", "op", "sri"))
            begun = await begin(estate)
            asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(begun.address).query))
            assert asked["code_challenge_method"] == "S256"
            hostile.claims = {
                "iss": hostile.issuer, "sub": "sri", "aud": "segel-op", "nonce": asked["nonce"],
                "iat": _now(), "exp": _now() + 60,
            }  # fmt: skip
            honest = hostile.sign
            if lie:
                told = HostileProvider(hostile.issuer, hostile.key, honest)
                hostile.sign = lambda claims: LIES[lie](told, claims)
            said = {"state": asked["state"], "code": "c"}
            if not lie:
                assert await return_with(estate, begun, said)
                with pytest.raises(SignInFailed):  # the provider would take it, but we do not
                    await return_with(estate, begun, said)
                return
            with pytest.raises(SignInFailed):
                await return_with(estate, begun, said)

    asyncio.run(run())


def test_an_unknown_key_is_looked_for_once_and_not_for_each_forgery(estate_of, hostile) -> None:
    async def run() -> None:
        async with estate_of(providers=(provider_of(hostile.issuer),)) as estate:
            await enrol(estate)
            hostile.sign = _forged
            for _ in range(3):
                begun = await begin(estate)
                asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(begun.address).query))
                with pytest.raises(SignInFailed):
                    await return_with(estate, begun, {"state": asked["state"], "code": "c"})
            assert hostile.asked.count("/jwks") == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "http://localhost:1"},
        {"token_endpoint": "http://intranet.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": 5},
        {"authorization_endpoint": "https://user@evil.example/"},
    ],
    ids=str,
)
def test_metadata_that_leads_elsewhere_is_not_followed(estate_of, hostile, metadata) -> None:
    async def run() -> None:
        hostile.metadata = metadata
        async with estate_of(providers=(provider_of(hostile.issuer),)) as estate:
            with pytest.raises(BrokerUnavailable):
                await begin(estate)

    asyncio.run(run())
