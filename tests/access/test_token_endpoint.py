"""The token endpoint's form: what is refused before the broker is asked, and in whose words."""

import asyncio
import contextlib
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import AsyncTestClient

from segel.access import Attempts, router_for
from segel.access.errors import RequestInvalid
from segel.access.http import ASSERTION_TYPE, FORM, TOKEN, read_form, refusal
from segel.broker import errors
from segel.broker.settings import TOKEN_PATH

GOOD = {
    "grant_type": "client_credentials",
    "client_assertion_type": ASSERTION_TYPE,
    "client_assertion": "a.b.c",
}


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in GOOD.items() if key != name}


def test_the_broker_and_the_door_agree_on_the_address() -> None:
    assert TOKEN == TOKEN_PATH


@pytest.mark.parametrize(
    ("form", "headers", "status", "code"),
    [
        (without("grant_type"), {}, 400, "invalid_request"),
        (GOOD | {"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        (GOOD | {"grant_type": "authorization_code"}, {}, 400, "unsupported_grant_type"),
        (without("client_assertion_type"), {}, 400, "invalid_request"),
        (without("client_assertion"), {}, 400, "invalid_request"),
        (GOOD | {"client_secret": "x"}, {}, 401, "invalid_client"),
        (GOOD, {"Authorization": "Basic eDp5"}, 401, "invalid_client"),
        ("grant_type=a&grant_type=b", {}, 400, "invalid_request"),
        ("%", {}, 400, "invalid_request"),
        (GOOD, {"Content-Type": "application/json"}, 400, "invalid_request"),
    ],
    ids=str,
)
def test_a_request_that_is_none_is_refused_in_the_words_of_oauth(
    form, headers, status, code
) -> None:
    broker: Any = None  # it is not asked
    app = Litestar([router_for(broker, "https://segel.test", Attempts())])

    async def run() -> None:
        async with AsyncTestClient(app) as web:
            body = form if isinstance(form, str) else urlencode(form)
            answer = await web.post(TOKEN, content=body, headers={"Content-Type": FORM, **headers})
            assert (answer.status_code, answer.json()["error"]) == (status, code)
            assert answer.headers["cache-control"] == "no-store"

    asyncio.run(run())


@given(st.text(max_size=60), st.binary(max_size=200))
def test_any_body_is_a_form_or_is_refused(kind, body) -> None:
    for content_type in (kind, FORM):
        with contextlib.suppress(RequestInvalid):
            form = read_form(content_type, body)
            assert all(isinstance(value, str) for value in form.values())


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.ClientInvalid("x"), 401, "invalid_client"),
        (errors.ScopeRefused("x"), 400, "invalid_scope"),
        (errors.NonceNeeded("x", nonce="n"), 400, "use_dpop_nonce"),
        (errors.ProofInvalid("x"), 400, "invalid_dpop_proof"),
        (errors.BrokerUnavailable("x"), 503, "temporarily_unavailable"),
        (errors.Frozen("x"), 400, "invalid_request"),
    ],
    ids=lambda one: getattr(one, "code", one),
)
def test_what_the_broker_refuses_has_its_word_in_oauth(error, status, code) -> None:
    answer = refusal(None, error)
    assert answer.status_code == status
    assert f'"error":"{code}"'.encode() in answer.content
    assert (answer.headers.get("DPoP-Nonce") == "n") == isinstance(error, errors.NonceNeeded)


def test_too_many_attempts_are_told_how_long_to_wait() -> None:
    broker: Any = None
    app = Litestar([router_for(broker, "https://segel.test", Attempts(burst=1))])

    async def run() -> None:
        async with AsyncTestClient(app) as web:
            await web.post(TOKEN, content=b"x")
            answer = await web.post(TOKEN, content=b"x")
            assert answer.status_code == 429
            assert int(answer.headers["retry-after"]) >= 1

    asyncio.run(run())
