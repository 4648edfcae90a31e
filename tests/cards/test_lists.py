"""The three lists together, and what comes into them from others."""

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from segel.cards import Edition, ListKey, ListRefused, ListType, Reason, Remark, decode, judge
from segel.cards.dcc_revocations import BatchBroken, batch_of
from segel.cards.lists import Lists, Material, make_lists, read_lists
from segel.cards.rule_lists import shipped_sets
from segel.cards.signatures import sign_with
from segel.cards.trust_files import entries_of
from support.cards import ISSUED, NOW, HealthCardMaker, Maker

SECRET = ec.generate_private_key(ec.SECP256R1())
KEY = ListKey(SECRET.public_key(), sign_with(SECRET))
EDITION = Edition(3, ISSUED, ISSUED + timedelta(hours=48))
MAKER = Maker()
CARD = MAKER.text()


def batch(*hashes: bytes, kind: str = "UCI", **changes: Any) -> bytes:
    entries = [{"hash": base64.b64encode(one[:16]).decode()} for one in hashes]
    said = {"country": "SG", "expires": "2027-01-01T00:00:00Z", "kid": "UNKNOWN_KID",
            "hashType": kind, "entries": entries, **changes}  # fmt: skip
    return json.dumps(said).encode()


def sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


MADE = make_lists(Material(entries_of(MAKER.pem).certificates, rules=shipped_sets()), EDITION, KEY)


def lists(*leave: ListType, **how: Any) -> Lists:
    files = {kind: data for kind, data in MADE.items() if kind not in leave}
    return read_lists(files, {KEY.pin}, how.pop("at", NOW), **how)


def test_a_verifier_judges_by_what_it_took_along() -> None:
    taken = lists()
    assert judge(decode(CARD), taken.trust, NOW, taken.revoked).valid
    assert sorted(taken.rules) == ["border-id", "venue"]
    assert set(taken.editions.values()) == {EDITION}
    assert taken.remarks(NOW) == ()
    assert taken.remarks(ISSUED + timedelta(hours=25)) == (Remark.LISTS_AGEING,)


@pytest.mark.parametrize(
    ("how", "reason", "field"),
    [
        ({"leave": [ListType.TRUST]}, Reason.LISTS_MISSING, "trust.jws"),
        ({"leave": [ListType.REVOKED]}, Reason.LISTS_MISSING, "revoked.jws"),
        ({"at": ISSUED + timedelta(days=3)}, Reason.LISTS_EXPIRED, "trust.jws: expires"),
        ({"serials": {ListType.REVOKED: 4}}, Reason.LISTS_OLDER, "revoked.jws: serial"),
    ],
    ids=["no trust", "no revocations", "expired", "older"],
)
def test_lists_that_cannot_be_used_are_named(
    how: dict[str, Any], reason: Reason, field: str
) -> None:
    with pytest.raises(ListRefused) as raised:
        lists(*how.pop("leave", []), **how)
    assert (raised.value.reason, raised.value.field) == (reason, field)


def test_without_rules_cards_are_judged_all_the_same() -> None:
    assert lists(ListType.RULES).rules == {}


@pytest.mark.parametrize(
    ("kind", "hashed"),
    [
        ("UCI", sha256("URN:UVCI:01:ID:97A1#0")),
        ("COUNTRYCODEUCI", sha256("IDURN:UVCI:01:ID:97A1#0")),
        ("SIGNATURE", hashlib.sha256(decode(CARD).signature[:32]).digest()),
    ],
    ids=["UCI", "COUNTRYCODEUCI", "SIGNATURE"],
)
def test_other_countries_revocations_are_imported(kind: str, hashed: bytes) -> None:
    found = batch_of(batch(hashed, sha256("another"), kind=kind))
    assert (found.country, found.expires.year, len(found.marks)) == ("SG", 2027, 2)
    made = make_lists(Material(entries_of(MAKER.pem).certificates, marks=found.marks), EDITION, KEY)
    taken = read_lists(made, {KEY.pin}, NOW)
    judged = judge(decode(CARD), taken.trust, NOW, taken.revoked)
    assert judged.reasons == (Reason.REVOKED,)
    other = judge(decode(MAKER.text(changes={1: "SG"})), taken.trust, NOW, taken.revoked)
    assert other.valid == (kind == "SIGNATURE")


def test_a_country_may_be_the_envelopes_or_the_contents() -> None:
    found = batch_of(batch(sha256("XXURN:UVCI:01:ID:97A1#0"), kind="COUNTRYCODEUCI"))
    made = make_lists(Material(entries_of(MAKER.pem).certificates, marks=found.marks), EDITION, KEY)
    taken = read_lists(made, {KEY.pin}, NOW)
    card = decode(MAKER.text(changes={1: "XX"}))
    assert judge(card, taken.trust, NOW, taken.revoked).reasons == (Reason.REVOKED,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[]", "JSON object"),
        (batch(kind="NAME"), "hashType: The batch lacks"),
        (batch(expires="2027"), "expires: The batch lacks"),
        (batch(b"short"), "entries: A hash is not"),
        (batch(entries=[{"hash": "?"}]), "entries: A hash is not"),
        (b" " * (9 * 1024 * 1024), "larger than 8 MiB"),
    ],
    ids=["list", "kind", "expires", "short", "base64", "large"],
)
def test_a_batch_that_cannot_be_used_says_why(data: bytes, words: str) -> None:
    with pytest.raises(BatchBroken, match=words):
        batch_of(data)


def test_what_files_have_is_what_lists_have() -> None:
    cards = HealthCardMaker()
    directory = {
        "issuerInfo": [
            {"issuer": {"iss": cards.issuer.url, "name": "Klinik"}, "keys": [cards.jwk]},
            {"issuer": {"iss": "https://useless.example", "name": "X"}, "keys": [{"kty": "RSA"}]},
        ]
    }
    issuers = entries_of(json.dumps(directory).encode()).issuers
    taken = read_lists(make_lists(Material(issuers=issuers), EDITION, KEY), {KEY.pin}, NOW)
    assert [one.url for one in taken.trust.issuers] == [cards.issuer.url]
    assert judge(decode(cards.jws()), taken.trust, NOW, taken.revoked).valid
