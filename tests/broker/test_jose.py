"""Signed JSON from outside: what does not hold is refused, by one error, whatever the bytes are."""

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from segel.broker import jose
from segel.broker.jose import JwtBroken

EC = ECKey.generate_key("P-384", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
KEYS = jose.read_key_set(
    json.dumps({"keys": [key.as_dict(private=False) for key in (EC, ED, RSA)]}).encode()
)
ALGORITHMS = frozenset(jose.KEY_TYPES)


def token(key: Any, alg: str, **header: Any) -> str:
    return jwt.encode({"alg": alg, **header}, {"a": 1}, key, algorithms=[alg])


def part(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


@pytest.mark.parametrize(
    ("key", "alg"),
    [(EC, "ES384"), (ED, "EdDSA"), (ED, "Ed25519"), (RSA, "RS256"), (RSA, "PS256")],
)
def test_a_token_that_a_known_key_signed_is_read(key, alg) -> None:
    for header in ({}, {"kid": key.kid}):
        assert jose.verify(token(key, alg, **header), KEYS, ALGORITHMS)[1] == {"a": 1}


def test_only_the_key_that_is_named_and_only_an_allowed_algorithm_is_tried() -> None:
    for kid in ("rsa", "unknown"):
        with pytest.raises(JwtBroken):
            jose.verify(token(EC, "ES384", kid=kid), KEYS, ALGORITHMS)
    with pytest.raises(JwtBroken) as refused:
        jose.verify(token(RSA, "RS256"), KEYS, frozenset({"ES384"}))
    assert refused.value.field == "alg"


@pytest.mark.parametrize("alg", ["none", "None", "HS256", "HS512", "RS512", "ES256K", "", None, 5])
def test_no_other_algorithm_is_ever_taken(alg) -> None:
    unsigned = f"{part({'alg': alg})}.{part({'a': 1})}.{part(b'x')}"
    with pytest.raises(JwtBroken):
        jose.verify(unsigned, KEYS, frozenset(ALGORITHMS | {"none", "HS256", "RS512"}))


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"]}, {"b64": False}, b'{"alg":"ES384","alg":"none"}', b"[]", b'{"alg":NaN}'],
    ids=str,
)
def test_a_header_with_extensions_or_said_twice_is_refused(header) -> None:
    head = header if isinstance(header, bytes) else {"alg": "ES384", **header}
    with pytest.raises(JwtBroken):
        jose.read_header(f"{part(head)}.{part({'a': 1})}.x")


@pytest.mark.parametrize(
    "said", [b'{"sub":"\\ud800"}', b'{"sub":"\xed\xba\xb8"}'], ids=["escape", "raw"]
)
def test_claims_with_half_a_character_are_refused(said: bytes) -> None:
    half = jws.serialize_compact({"alg": "ES384"}, said, EC, ["ES384"])
    with pytest.raises(JwtBroken):
        jose.verify(half, KEYS, ALGORITHMS)


def test_claims_in_which_a_name_stands_twice_are_refused() -> None:
    twice = jws.serialize_compact({"alg": "ES384"}, b'{"sub":"a","sub":"b"}', EC, ["ES384"])
    with pytest.raises(JwtBroken):
        jose.verify(twice, KEYS, ALGORITHMS)


@pytest.mark.parametrize(
    "members",
    [
        EC.as_dict(private=True),
        RSAKey.generate_key(1024).as_dict(private=False),
        OctKey.generate_key(256).as_dict(private=True),
        {"kty": "OKP", "crv": "X25519", "x": ED.as_dict(private=False)["x"]},
        {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": ["EC"], "crv": {}},
        {},
        5,
    ],
    ids=[
        "private",
        "weak",
        "symmetric",
        "no signatures",
        "another curve",
        "no point",
        "lists",
        "nothing",
        "a number",
    ],
)
def test_a_private_symmetric_weak_or_strange_key_is_refused(members) -> None:
    with pytest.raises(JwtBroken):
        jose.read_key(members)
    with pytest.raises(JwtBroken):
        jose.read_key_set(json.dumps({"keys": [members]}).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["alg", "kid", "jwk", "kty", "crv", "x", "keys"]), inner)
    ),
    max_leaves=12,
)
ANY_TOKEN = st.one_of(
    st.text(max_size=300),
    st.builds(
        lambda *parts: ".".join(map(part, parts)), JSON, JSON, st.binary(max_size=8)
    ),
    st.tuples(st.sampled_from([token(EC, "ES384"), token(RSA, "PS256")]), st.integers(0, 400),
              st.characters(max_codepoint=255)).map(
        lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + 1 :]),
)  # fmt: skip


@settings(max_examples=400)
@given(ANY_TOKEN)
def test_any_text_is_verified_or_broken_and_nothing_else(text) -> None:
    for read in (jose.read_header, jose.unverified):
        with contextlib.suppress(JwtBroken):
            assert isinstance(read(text), dict)
    try:
        _, claims = jose.verify(text, KEYS, ALGORITHMS)
    except JwtBroken:
        return
    assert claims == {"a": 1}  # nothing was changed that the signature does not hold


@settings(max_examples=200)
@given(JSON, st.booleans())
def test_any_json_is_a_key_set_or_broken(value, strict) -> None:
    try:
        keys = jose.read_key_set(json.dumps(value).encode(), strict=strict)
    except JwtBroken:
        return
    assert keys
