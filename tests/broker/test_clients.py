"""Systems: their assertions, their scopes, and tokens that are bound to their keys."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from segel.broker import messages as m
from segel.broker.dpop import NONCE_S, REQUEST_S, SKEW_S, Proofs
from segel.broker.errors import (
    ClientInvalid,
    Forbidden,
    NonceNeeded,
    ProofInvalid,
    ScopeRefused,
    TokenInvalid,
)
from segel.domain.roles import Role
from support.oauth import assertion, key_set, proof

ENDPOINT = "http://localhost/oauth/token"
KEY = ECKey.generate_key("P-384", {"kid": "one"})
BINDING = ECKey.generate_key("P-256")


async def enrol(
    estate: Any, *keys: Any, scopes: str = "system/ImagingStudy.crs", bound: bool = False
) -> str:
    await estate.ask(m.EnrolHospital("H1", "RS H1"))
    asked = m.AddClient("PACS", "H1", Role.MODALITY, key_set(*(keys or (KEY,))), scopes, bound)
    done = await estate.ask(asked)
    assert isinstance(done, m.Done)
    return str(done.identifier)


async def ask_token(
    estate: Any, client_id: str, *, key: Any = KEY, scope: str = "", **changes: Any
) -> m.ClientToken:
    audience = changes.pop("aud", ENDPOINT)
    signed = assertion(key, client_id, audience, estate.clock.now_s, **changes)
    reply = await estate.ask(m.AskToken(signed, scope))
    assert isinstance(reply, m.ClientToken)
    return reply


@pytest.mark.parametrize(
    "key",
    [KEY, OKPKey.generate_key("Ed25519"), RSAKey.generate_key(2048)],
    ids=lambda k: k.key_type,
)
def test_a_system_gets_a_short_token_for_an_assertion_by_its_key(estate_of, key) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            client_id = await enrol(estate, key)
            given = await ask_token(estate, client_id, key=key)
            assert (given.kind, given.lifetime_s) == ("Bearer", 300)
            assert given.scope == "system/ImagingStudy.crs"
            session = await estate.ask(m.CheckSession(given.token))
            assert (session.display_name, session.method) == ("PACS", "client")
            estate.clock.now_s += 301
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(given.token))

    asyncio.run(run())


OTHER = ECKey.generate_key("P-384", {"kid": "one"})
BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another's": {"key": OTHER},
    "other subject": {"sub": str(uuid4())},
    "unknown system": {"iss": str(uuid4())},
    "no system": {"iss": "x"},
    "other address": {"aud": "http://localhost/other"},
    "two addresses": {"aud": [ENDPOINT, "http://evil.example"]},
    "no address": {"aud": None},
    "run out": {"exp": 1_790_000_000 - 31},
    "lives too long": {"exp": 1_790_000_000 + 400},
    "no end": {"exp": None},
    "not yet": {"nbf": 1_790_000_000 + 31},
    "no id": {"jti": None},
    "id too long": {"jti": "x" * 257},
    "other algorithm": {"key": RSAKey.generate_key(2048), "alg": "RS256"},
}


@pytest.mark.parametrize("what", BAD_CLAIMS)
def test_an_assertion_that_does_not_hold_gets_nothing_and_the_same_words(estate_of, what) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            client_id = await enrol(estate)
            with pytest.raises(ClientInvalid) as refused:
                await ask_token(estate, client_id, **BAD_CLAIMS[what])
            with pytest.raises(ClientInvalid) as garbage:
                await estate.ask(m.AskToken("a.b.c"))
            assert refused.value.what == garbage.value.what

    asyncio.run(run())


def test_an_assertion_serves_once_over_all_brokers_and_after_a_restart(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as one, estate_of() as other:
            client_id = await enrol(one)
            signed = assertion(KEY, client_id, ENDPOINT, one.clock.now_s)
            done = await asyncio.gather(
                *(broker.ask(m.AskToken(signed)) for broker in (one, other) for _ in range(3)),
                return_exceptions=True,
            )
            assert sum(isinstance(reply, m.ClientToken) for reply in done) == 1
            assert sum(isinstance(reply, ClientInvalid) for reply in done) == 5
        async with estate_of() as again:
            with pytest.raises(ClientInvalid):
                await again.ask(m.AskToken(signed))

    asyncio.run(run())


def test_scopes_are_asked_for_out_of_those_enrolled(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            client_id = await enrol(estate, scopes="system/ImagingStudy.rs")
            some = await ask_token(estate, client_id, scope="system/ImagingStudy.r")
            assert some.scope == "system/ImagingStudy.r"
            for scope in ("system/ImagingStudy.c", "system/*.r", "user/ImagingStudy.r", "openid",
                          "system/ImagingStudy.r system/Patient.r", "nonsense"):  # fmt: skip
                with pytest.raises(ScopeRefused):
                    await ask_token(estate, client_id, scope=scope)
            for scopes in ("user/ImagingStudy.r", "system/ImagingStudy.r?modality=CT", "openid"):
                with pytest.raises(ScopeRefused):
                    await enrol(estate, scopes=scopes)

    asyncio.run(run())


def test_scopes_take_away_from_the_role_and_never_add(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            client_id = await enrol(estate)
            uid = arrival(1).study_uid

            async def may(scope: str) -> set[str]:
                token = (await ask_token(estate, client_id, scope=scope)).token
                requester = m.Requester(token)
                done = set()
                for letter, asked in (
                    ("c", m.OpenForStore(requester, arrival(1))),
                    ("r", m.OpenStudy(requester, uid)),
                    ("s", m.Search(requester, m.StudyQuery())),
                    ("own", m.OwnBudget(requester)),
                ):
                    try:
                        await estate.ask(asked)
                    except Forbidden:
                        continue
                    done.add(letter)
                return done

            for letters in ("c", "r", "s", "rs", "crs"):
                assert await may(f"system/ImagingStudy.{letters}") == set(letters)
            done = await estate.ask(
                m.AddClient("Klinik", "H1", Role.CLINICIAN, key_set(KEY), "system/*.cruds")
            )
            client_id = str(done.identifier)
            assert await may("") == {"r", "s"}  # a clinician does not store

    asyncio.run(run())


def test_a_systems_keys_are_rotated_and_it_is_closed(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            new = ECKey.generate_key("P-384", {"kid": "two"})
            client_id = await enrol(estate)
            await estate.ask(m.ChangeClientKeys("pacs", key_set(KEY, new)))
            for key in (KEY, new):
                token = (await ask_token(estate, client_id, key=key)).token
            await estate.ask(m.ChangeClientKeys("PACS", key_set(new)))
            with pytest.raises(ClientInvalid):
                await ask_token(estate, client_id)
            (line,) = (await estate.ask(m.ListClients())).clients
            assert (line.client_id, line.key_ids) == (UUID(client_id), ["two"])
            await estate.ask(m.CloseAccount("PACS"))
            with pytest.raises(TokenInvalid):
                await estate.ask(m.CheckSession(token))
            with pytest.raises(ClientInvalid):
                await ask_token(estate, client_id, key=new)

    asyncio.run(run())


@pytest.mark.parametrize(
    "keys",
    [b"{}", b"", b'{"keys":[]}', key_set(ECKey.generate_key("P-256")),
     json.dumps({"keys": [KEY.as_dict(private=True)]}).encode()],
    ids=["no set", "nothing", "empty", "other curve", "private"],
)  # fmt: skip
def test_a_system_is_not_enrolled_with_keys_that_cannot_serve(estate_of, keys) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.ask(m.EnrolHospital("H1", "RS H1"))
            with pytest.raises(Forbidden):
                await estate.ask(m.AddClient("PACS", "H1", Role.MODALITY, keys, "system/*.r"))

    asyncio.run(run())


# --- bound tokens ----------------------------------------------------------------------------


async def bound_token(estate: Any, client_id: str) -> str:
    """A token bound to BINDING, got as a client does: refused for want of a nonce, then given."""
    signed = assertion(KEY, client_id, ENDPOINT, estate.clock.now_s)

    def asking(nonce: str) -> m.AskToken:
        made = proof(BINDING, "POST", ENDPOINT, estate.clock.now_s, nonce=nonce)
        return m.AskToken(signed, "", m.Proof(made, "POST", "/oauth/token", uuid4().hex))

    with pytest.raises(NonceNeeded) as needed:
        await estate.ask(asking(""))
    given = await estate.ask(asking(needed.value.nonce))
    assert given.kind == "DPoP"
    return str(given.token)


class Asking:
    """Makes requesters with proofs for a study's address."""

    def __init__(self, estate: Any, token: str, nonce: str, uid: str) -> None:
        self.estate, self.token, self.nonce = estate, token, nonce
        self.path = f"/dicomweb/studies/{uid}"

    def requester(self, *, key: Any = BINDING, path: str = "", **changes: Any) -> m.Requester:
        given: dict[str, Any] = {"nonce": self.nonce, "token": self.token, **changes}
        now_s = self.estate.clock.now_s
        made = proof(key, "GET", f"http://localhost{self.path}", now_s, **given)
        sent = m.Proof(made, "GET", path or self.path, uuid4().hex)
        return m.Requester(self.token, proof=sent)


async def nonce_of(estate: Any, token: str) -> str:
    made = proof(BINDING, "GET", "http://localhost/x", estate.clock.now_s, token=token)
    with pytest.raises(NonceNeeded) as needed:
        await estate.ask(m.CheckSession(token, m.Proof(made, "GET", "/x", "1")))
    return str(needed.value.nonce)


def test_a_bound_token_opens_with_a_proof_by_its_key_and_with_nothing_else(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            token = await bound_token(estate, await enrol(estate, bound=True))
            uid = arrival(1).study_uid
            asking = Asking(estate, token, await nonce_of(estate, token), uid)
            assert await estate.ask(m.OpenStudy(asking.requester(), uid))
            with pytest.raises(TokenInvalid):  # as a bearer token it is nothing
                await estate.ask(m.OpenStudy(m.Requester(token), uid))
            now_s = estate.clock.now_s
            wrong: dict[str, m.Requester] = {
                "other key": asking.requester(key=ECKey.generate_key("P-256")),
                "other method": asking.requester(htm="POST"),
                "other address": asking.requester(path="/dicomweb/studies/2.25.9"),
                "other host": asking.requester(htu="http://evil.example/dicomweb"),
                "other token": asking.requester(token="x"),
                "no token": asking.requester(ath=None),
                "no id": asking.requester(jti=None),
                "old": asking.requester(iat=int(now_s) - SKEW_S - 1),
                "from the future": asking.requester(iat=int(now_s) + SKEW_S + 1),
                "other type": asking.requester(header={"typ": "JWT"}),
                "private key": asking.requester(header={"jwk": BINDING.as_dict(private=True)}),
                "another's key": asking.requester(header={"jwk": KEY.as_dict(private=False)}),
                "garbage": m.Requester(token, proof=m.Proof("a.b.c", "GET", asking.path, "1")),
            }
            for requester in wrong.values():
                with pytest.raises(ProofInvalid):
                    await estate.ask(m.OpenStudy(requester, uid))
            with pytest.raises(NonceNeeded):
                await estate.ask(m.OpenStudy(asking.requester(nonce="AAAA"), uid))
            free = (await estate.token(Role.CLINICIAN), uid)
            asking.token = free[0]
            with pytest.raises(TokenInvalid):  # a proof does not make a free token a bound one
                await estate.ask(m.OpenStudy(asking.requester(), uid))

    asyncio.run(run())


def test_a_proof_serves_one_request_and_for_the_study_it_names(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in (1, 2):
                await estate.store(maker, arrival(number))
            token = await bound_token(estate, await enrol(estate))
            one, two = arrival(1).study_uid, arrival(2).study_uid
            asking = Asking(estate, token, await nonce_of(estate, token), one)
            requester = asking.requester()
            for _ in range(3):  # the door asks more than once for one request
                await estate.ask(m.OpenStudy(requester, one))
            assert requester.proof is not None
            replayed = m.Proof(requester.proof.jwt, "GET", asking.path, uuid4().hex)
            with pytest.raises(ProofInvalid):
                await estate.ask(m.OpenStudy(m.Requester(token, proof=replayed), one))
            with pytest.raises(ProofInvalid):  # what a gateway that was taken over would try
                await estate.ask(m.OpenStudy(requester, two))
            estate.clock.now_s += REQUEST_S + 1
            with pytest.raises(TokenInvalid):
                await estate.ask(m.OpenStudy(requester, one))

    asyncio.run(run())


def test_a_proof_for_one_broker_is_nothing_to_another_nor_to_its_next_life(
    estate_of, arrival
) -> None:
    async def run() -> None:
        async with estate_of() as one, estate_of() as other:
            await one.store(await one.token(Role.RADIOGRAPHER), arrival(1))
            token = await bound_token(one, await enrol(one))
            uid = arrival(1).study_uid
            asking = Asking(one, token, await nonce_of(one, token), uid)
            used = asking.requester()
            await one.ask(m.OpenStudy(used, uid))
            for requester in (used, asking.requester()):
                with pytest.raises(NonceNeeded):
                    await other.ask(m.OpenStudy(requester, uid))

    asyncio.run(run())


def test_a_system_enrolled_for_bound_tokens_gets_no_others(estate_of) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            client_id = await enrol(estate, bound=True)
            with pytest.raises(ClientInvalid):
                await ask_token(estate, client_id)

    asyncio.run(run())


def test_a_nonce_runs_out_and_what_was_used_is_forgotten_only_after_that() -> None:
    now = [1_790_000_000.0]
    proofs = Proofs(("http://localhost",), lambda: now[0])

    def sent(nonce: str, made_s: float) -> m.Proof:
        made = proof(BINDING, "POST", ENDPOINT, made_s, nonce=nonce)
        return m.Proof(made, "POST", "/oauth/token", uuid4().hex)

    nonce = proofs.nonce()
    kept = sent(nonce, now[0])
    assert proofs.holder(kept) == BINDING.thumbprint()
    again = m.Proof(kept.jwt, kept.method, kept.path, "another request")
    for _ in range(2 * REQUEST_S // NONCE_S):
        now[0] += NONCE_S
        with pytest.raises((ProofInvalid, NonceNeeded)):
            proofs.holder(again)
    with pytest.raises(NonceNeeded):
        proofs.holder(sent(nonce, now[0]))
    proofs.holder(sent(proofs.nonce(), now[0]))


def _stating(changes: dict[str, Any]) -> str:
    return proof(BINDING, "POST", ENDPOINT, 1_790_000_000, **changes)


@settings(max_examples=300)
@given(
    st.text(max_size=200)
    | st.dictionaries(st.sampled_from(["htm", "htu", "jti", "iat", "nonce", "ath"]),
                      st.none() | st.integers() | st.text(max_size=20) | st.lists(st.text()))
    .map(_stating)
)  # fmt: skip
def test_any_text_is_a_proof_or_is_refused(text) -> None:
    proofs = Proofs(("http://localhost",), lambda: 1_790_000_000.0)
    with pytest.raises((ProofInvalid, NonceNeeded)):
        proofs.holder(m.Proof(text, "POST", "/oauth/token", "1"))


@pytest.mark.parametrize(
    ("htu", "holds"),
    [
        ("http://localhost/oauth/token", True),
        ("HTTP://LOCALHOST/oauth/token?x=1#y", True),
        ("http://localhost:80/oauth/token", True),
        ("https://localhost/oauth/token", False),
        ("http://localhost.evil.example/oauth/token", False),
        ("http://localhost@evil.example/oauth/token", False),
        ("http://localhost/oauth/token/", False),
        ("http://[::1/oauth/token", False),
        ("/oauth/token", False),
    ],
)
def test_the_address_of_a_proof_is_compared_without_query_and_by_its_normal_form(
    htu, holds
) -> None:
    proofs = Proofs(("http://localhost",), lambda: 1_790_000_000.0)
    made = proof(BINDING, "POST", htu, 1_790_000_000, nonce=proofs.nonce())
    sent = m.Proof(made, "POST", "/oauth/token", "1")
    if holds:
        proofs.holder(sent)
    else:
        with pytest.raises(ProofInvalid):
            proofs.holder(sent)
