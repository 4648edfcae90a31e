"""Signed lists: each fault has its own reason, and what is written is what is read."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from segel.cards import (
    Edition,
    ListKey,
    ListRefused,
    ListType,
    Reason,
    base64url,
    decode,
    judge,
    read_list,
    write_list,
)
from segel.cards.errors import TrustBroken
from segel.cards.revoking import health_card_mark
from segel.cards.signatures import sign_with
from segel.cards.trust_files import ListedIssuer
from segel.cards.trust_lists import listed_trust, trust_in, with_crls
from support.cards import ISSUED, NOW, HealthCardMaker, Maker, payload

SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = ListKey(SECRET.public_key(), sign_with(SECRET))
EDITION = Edition(7, ISSUED, ISSUED + timedelta(hours=48))
CONTENT: dict[str, Any] = {"signers": [], "issuers": []}
LIST = write_list(ListType.TRUST, CONTENT, EDITION, KEY)
HEADER: dict[str, Any] = json.loads(base64url.decode(LIST.split(b".")[0].decode()))
PAYLOAD: dict[str, Any] = json.loads(base64url.decode(LIST.split(b".")[1].decode()))
SECOND = timedelta(seconds=1)


def reason(data: bytes, **how: Any) -> Reason:
    given = {"kind": ListType.TRUST, "pins": {KEY.pin}, "at": NOW, **how}
    try:
        read_list(data, **given)
    except ListRefused as refused:
        return refused.reason
    return Reason.VALID


def made(header: object = HEADER, said: object = PAYLOAD, signature: bytes | None = None) -> bytes:
    parts = [
        base64url.encode(one if isinstance(one, bytes) else json.dumps(one).encode())
        for one in (header, said)
    ]
    signed = ".".join(parts).encode()
    made_signature = KEY.sign(signed) if signature is None else signature
    return signed + b"." + base64url.encode(made_signature).encode()


def jwk(**changes: object) -> dict[str, Any]:
    return {**HEADER, "jwk": {**HEADER["jwk"], **changes}}


def test_what_is_written_is_read() -> None:
    found = read_list(LIST, ListType.TRUST, {KEY.pin, "another"}, NOW, serial_min=7)
    assert (found.edition, found.pin) == (EDITION, KEY.pin)
    assert found.content == {**CONTENT, "serial": 7, "issued": PAYLOAD["issued"],
                             "expires": PAYLOAD["expires"]}  # fmt: skip
    assert reason(made()) is Reason.VALID
    assert reason(LIST + b"\n") is Reason.VALID


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", Reason.LISTS_STRUCTURE),
        (b"a.b", Reason.LISTS_STRUCTURE),
        (LIST.replace(b".", b"..", 1), Reason.LISTS_STRUCTURE),
        (b"\xff" + LIST, Reason.LISTS_STRUCTURE),
        (LIST + b"=", Reason.LISTS_STRUCTURE),
        (b"x" * (17 * 1024 * 1024), Reason.LISTS_TOO_LARGE),
        (made({**HEADER, "kid": "1"}), Reason.LISTS_HEADER),
        (made({**HEADER, "crit": ["b64"], "b64": False}), Reason.LISTS_HEADER),
        (made({"alg": "ES256", "typ": ListType.TRUST}), Reason.LISTS_HEADER),
        (made({**HEADER, "alg": "none"}), Reason.LISTS_ALGORITHM),
        (made({**HEADER, "alg": "HS256"}), Reason.LISTS_ALGORITHM),
        (made({**HEADER, "typ": "segel-revoked+jws"}), Reason.LISTS_TYPE),
        (made({**HEADER, "jwk": 1}), Reason.LISTS_KEY),
        (made(jwk(d="AQ")), Reason.LISTS_KEY),
        (made(jwk(crv="P-384")), Reason.LISTS_KEY),
        (made(jwk(x="AQ")), Reason.LISTS_KEY),
        (made(jwk(x=5)), Reason.LISTS_KEY),
        (made(jwk(x="\ud800")), Reason.LISTS_NOT_JSON),
        (made(b"[]"), Reason.LISTS_NOT_JSON),
        (made(signature=bytes(64)), Reason.LISTS_SIGNATURE),
        (made(signature=bytes(63)), Reason.LISTS_SIGNATURE),
        (made(signature=SECRET.sign(b"", ec.ECDSA(hashes.SHA256()))), Reason.LISTS_SIGNATURE),
        (made(said=b"[]"), Reason.LISTS_NOT_JSON),
        (made(said=b'{"a":NaN}'), Reason.LISTS_NOT_JSON),
        (made(said=b'{"a":' + b"[" * 160 + b"]" * 160 + b"}"), Reason.LISTS_TOO_DEEP),
        (made(said=b'{"serial":1,"serial":2}'), Reason.LISTS_DUPLICATE_KEY),
        (made(said={**PAYLOAD, "serial": 0}), Reason.LISTS_CONTENT),
        (made(said={**PAYLOAD, "serial": True}), Reason.LISTS_CONTENT),
        (made(said={**PAYLOAD, "serial": 2**53}), Reason.LISTS_CONTENT),
        (made(said={**PAYLOAD, "issued": "now"}), Reason.LISTS_CONTENT),
        (made(said={**PAYLOAD, "expires": 1e12}), Reason.LISTS_CONTENT),
        (made(said={**PAYLOAD, "expires": PAYLOAD["issued"] - 1}), Reason.LISTS_TIMES),
    ],
    ids=lambda one: str(one) if isinstance(one, Reason) else "",
)
def test_each_fault_of_a_list_has_its_reason(data: bytes, wanted: Reason) -> None:
    assert reason(data) is wanted


def test_a_list_by_a_key_that_is_not_pinned_is_refused_though_its_signature_holds() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    forged = write_list(
        ListType.TRUST, CONTENT, EDITION, ListKey(other.public_key(), sign_with(other))
    )
    assert reason(forged) is Reason.LISTS_KEY_UNKNOWN
    assert reason(LIST, pins=set()) is Reason.LISTS_KEY_UNKNOWN
    assert reason(LIST, kind=ListType.REVOKED) is Reason.LISTS_TYPE


def test_age_counts_to_the_second_and_serials_never_go_back() -> None:
    assert reason(LIST, at=EDITION.expires) is Reason.VALID
    assert reason(LIST, at=EDITION.expires + SECOND) is Reason.LISTS_EXPIRED
    assert reason(LIST, at=ISSUED - timedelta(minutes=5)) is Reason.VALID
    assert reason(LIST, at=ISSUED - timedelta(minutes=5) - SECOND) is Reason.LISTS_NOT_YET_VALID
    assert reason(LIST, serial_min=8) is Reason.LISTS_OLDER
    half = ISSUED + timedelta(hours=24)
    assert (EDITION.ages(half), EDITION.ages(half + SECOND)) == (False, True)


def test_a_key_store_that_signs_with_another_key_is_found_at_once() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ListRefused) as raised:
        write_list(ListType.TRUST, CONTENT, EDITION, ListKey(KEY.public, sign_with(other)))
    assert raised.value.reason is Reason.LISTS_SIGNATURE


@given(st.integers(0, len(LIST) - 1), st.integers(1, 255))
def test_no_changed_byte_is_overlooked(at: int, change: int) -> None:
    changed = bytearray(LIST)
    changed[at] ^= change
    assert reason(bytes(changed)) is not Reason.VALID


MAKER, CARDS = Maker(), HealthCardMaker()


def crl(*rids: str, edition: int = 1) -> dict[str, Any]:
    return {"kid": CARDS.key_id, "method": "rid", "ctr": edition, "rids": list(rids)}


def issuer(*crls: dict[str, Any], **jwk: Any) -> ListedIssuer:
    return ListedIssuer(CARDS.issuer.url, "Klinik", {"keys": [{**CARDS.jwk, **jwk}]}, crls)


def test_what_an_issuer_revoked_is_in_the_filter() -> None:
    listed = listed_trust([], with_crls([issuer(crlVersion=1)], [crl("mine", "other")]))
    wanted = {health_card_mark(CARDS.issuer.url, CARDS.key_id, rid) for rid in ("mine", "other")}
    assert listed.marks == wanted
    assert "crls" not in listed.content["issuers"][0]
    assert listed_trust([], [issuer(crl("mine", "other.5"))]).marks == frozenset()


def through_a_list(content: dict[str, Any]) -> dict[str, Any]:
    return read_list(write_list(ListType.TRUST, content, EDITION, KEY), ListType.TRUST,
                     {KEY.pin}, NOW).content  # fmt: skip


def test_cards_are_judged_by_a_trust_list() -> None:
    listed = listed_trust([(MAKER.signer.key_id, MAKER.der)] * 2, [issuer()])
    assert len(listed.content["signers"]) == 1
    trust = trust_in(through_a_list(listed.content))
    assert trust.signers[0].country == "ID"
    assert judge(decode(MAKER.text()), trust, NOW).valid
    assert judge(decode(CARDS.jws()), trust, NOW).valid
    assert judge(decode(Maker().text()), trust, NOW).reason is Reason.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("crls", "edition", "wanted"),
    [
        pytest.param([], 1, Reason.REVOCATIONS_MISSING, id="a list is missing: all are refused"),
        pytest.param([crl("other")], 1, Reason.VALID, id="in the filter, without an edition"),
        pytest.param([crl("mine.1")], 1, Reason.VALID, id="of cards before, kept exactly"),
        pytest.param([crl("mine.9999999999")], 1, Reason.REVOKED, id="of this card, exactly"),
        pytest.param([crl()], 2, Reason.REVOCATIONS_OUTDATED, id="of another edition"),
        pytest.param([crl("?")], 1, Reason.REVOCATIONS_RID_FORM, id="a broken list"),
        pytest.param([{"kid": "x"}], 1, Reason.REVOCATIONS_MISSING, id="another's list"),
    ],
)
def test_an_issuers_revocations_come_with_the_lists(
    crls: list[dict[str, Any]], edition: int, wanted: Reason
) -> None:
    listed = listed_trust([], [issuer(*crls, crlVersion=edition)])
    trust = trust_in(through_a_list(listed.content))
    card = decode(CARDS.jws(payload(vc={"rid": "mine"})))
    assert judge(card, trust, NOW).reason is wanted


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: listed_trust([(b"12345678", b"x")], []), id="no certificate"),
        pytest.param(lambda: listed_trust([], [issuer(), issuer()]), id="an issuer twice"),
        pytest.param(lambda: listed_trust([], [issuer(crv="P-384")]), id="no key"),
        pytest.param(lambda: with_crls([issuer()], [{"kid": "x"}]), id="another's list"),
        pytest.param(lambda: with_crls([issuer()], [crl("?")]), id="a broken list"),
        pytest.param(lambda: with_crls([issuer(crlVersion=2)], [crl("a")]), id="an old list"),
    ],
)
def test_what_no_verifier_could_use_is_not_listed(make: Callable[[], object]) -> None:
    with pytest.raises(TrustBroken):
        make()


SIGNER: dict[str, Any] = listed_trust([(MAKER.signer.key_id, MAKER.der)], []).content["signers"][0]
ISSUER: dict[str, Any] = listed_trust([], [issuer()]).content["issuers"][0]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ({}, "signers"),
        ({"signers": [{**SIGNER, "kid": 1}], "issuers": []}, "signers[0].kid"),
        ({"signers": [{**SIGNER, "kid": "AAAA"}], "issuers": []}, "signers[0].kid"),
        ({"signers": [{**SIGNER, "certificate": "?"}], "issuers": []}, "signers[0]"),
        ({"signers": [SIGNER, {**SIGNER, "certificate": "AAAA"}], "issuers": []},
         "signers[1].certificate"),
        ({"signers": [], "issuers": [ISSUER, ISSUER]}, "issuers"),
        ({"signers": [], "issuers": [{**ISSUER, "iss": "http://a"}]}, "issuers[0]"),
        ({"signers": [], "issuers": [{**ISSUER, "keys": []}]}, "issuers[0]"),
    ],
    ids=range(8),
)  # fmt: skip
def test_a_trust_list_that_is_out_of_shape_says_where(content: Any, place: str) -> None:
    with pytest.raises(ListRefused) as raised:
        trust_in(content)
    assert (raised.value.reason, raised.value.place) == (Reason.LISTS_CONTENT, place)


def test_an_issuer_without_a_usable_key_is_left_out_alone() -> None:
    useless = {**ISSUER, "iss": "https://other.example", "keys": [{"kty": "RSA"}]}
    trust = trust_in({"signers": [SIGNER], "issuers": [useless, ISSUER]})
    assert [one.url for one in trust.issuers] == [CARDS.issuer.url]
