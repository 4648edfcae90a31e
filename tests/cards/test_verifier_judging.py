"""The verifier for browsers judges as Python does: published test data, and what fuzzing makes."""

import base64
import json
import random
import zlib
from pathlib import Path
from typing import Any

import cbor2
import pytest
from joserfc.jwk import ECKey

from cards.test_dcc_vectors import moment
from cards.test_smart_health_cards import AT, CHUNKS, ELSEWHERE, TABLE
from segel.cards import (
    CardRefused,
    Judgement,
    SmartHealthCard,
    Trust,
    base45,
    decode_all,
    judge,
    refusal,
    signer_of,
)
from segel.cards.trust_files import trust_of, with_revocations
from support.cards import (
    EXPIRES,
    ISSUED,
    NOW,
    RECOVERY_ENTRY,
    TEST,
    VACCINATION_ENTRY,
    HealthCardMaker,
    Maker,
    payload,
    text_of,
    with_entry,
)
from support.verifier_node import Case, assembled, judged, signers


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return assembled(tmp_path_factory.mktemp("verifier"))


def in_python(case: Case, trust: Trust) -> dict[str, Any]:
    try:
        judgement = judge(decode_all(case.texts), trust, case.at)
    except CardRefused as refused:
        judgement = refusal(refused)
    return told(judgement)


def told(judgement: Judgement) -> dict[str, Any]:
    holder = getattr(judgement.content, "holder", None)
    names = ("family", "given", "family_icao", "given_icao", "birth")
    return {
        "reason": str(judgement.reason),
        "also": [str(one) for one in judgement.also],
        "remarks": [str(one) for one in judgement.remarks],
        "holder": holder and [getattr(holder, name) for name in names],
        "fitness": None,
    }


def test_every_certificate_of_the_eu(scripts: Path, shared_dir: Path) -> None:
    folder = shared_dir / "vectors" / "dcc"
    cases, wanted = [], {}
    for path in sorted(folder.rglob("*.json")):
        file = json.loads(path.read_text("utf-8-sig"))
        der = base64.b64decode(file["TESTCTX"]["CERTIFICATE"])
        signer = signer_of(der)
        case = Case(
            [file["PREFIX"]],
            signers((signer.key_id, der)),
            moment(file["TESTCTX"]["VALIDATIONCLOCK"]),
        )
        cases.append(case)
        wanted[str(path)] = in_python(case, Trust((signer,)))
    assert dict(zip(wanted, judged(scripts, cases), strict=True)) == wanted
    assert len({one["reason"] for one in wanted.values()}) > 10


def test_every_smart_health_card(scripts: Path, shared_dir: Path) -> None:
    """The cards that are texts; pictures of them are read elsewhere."""
    folder = shared_dir / "vectors" / "smart-health-cards" / "testdata"
    said = TABLE["issuer"]
    keys = [
        ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        for x, y in zip(said["x"], said["y"], strict=True)
    ]
    jwks = {"keys": [{**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig",
                      "alg": "ES256"} for key in keys]}  # fmt: skip
    other = json.loads((folder / "issuer.jwks.public.not.smart.json").read_text())
    urls = {said["url"]: jwks, ELSEWHERE: other}
    trust = Trust().and_also(trust_of(json.dumps(one).encode(), url) for url, one in urls.items())
    content = {"issuers": [{"iss": url, "name": "", **one} for url, one in urls.items()]}
    names = [name for name in TABLE["files"] if name.endswith(".txt")]
    cases = []
    for name in names:
        lines = (folder / name).read_text().removesuffix("\n").split("\n")
        cases += [Case([line], content, AT) for line in lines]
    for path in folder.glob("*.smart-health-card"):
        listed = json.loads(path.read_text())["verifiableCredential"]
        cases += [Case([one], content, AT) for one in listed]
    cases += [
        Case([(folder / CHUNKS.format(number)).read_text() for number in range(17)], content, AT)
    ]
    wanted = [in_python(case, trust) for case in cases]
    assert judged(scripts, cases) == wanted
    assert len({one["reason"] for one in wanted}) > 20


def test_every_broken_revocation_list(scripts: Path, shared_dir: Path) -> None:
    folder = shared_dir / "vectors" / "smart-health-cards" / "testdata" / "badcrl"
    cases, wanted = [], []
    for place in (folder / name for name in TABLE["revocations"]):
        text = next(place.glob("*.txt")).read_text()
        card = decode_all([text])
        assert isinstance(card, SmartHealthCard)
        url = card.payload["iss"]
        jwks = (place / ".well-known" / "jwks.json").read_bytes()
        crls = [path.read_bytes() for path in (place / ".well-known" / "crl").iterdir()]
        keys = json.loads(jwks)["keys"]
        for given in ([], crls):
            issuer = {"iss": url, "name": "", "keys": keys, "crls": [*map(json.loads, given)]}
            cases.append(Case([text], {"issuers": [issuer]}, AT))
            wanted.append(in_python(cases[-1], with_revocations(trust_of(jwks, url), given)))
    assert judged(scripts, cases) == wanted
    assert len({one["reason"] for one in wanted}) > 5


def broken(data: bytes, random: random.Random) -> bytes:
    """A few bytes changed, left out, or put in."""
    made = bytearray(data)
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(made))
        how = random.randrange(4)
        if how == 0:
            made[at] = random.randrange(256)
        elif how == 1:
            del made[at : at + random.randint(1, 4)]
        elif how == 2:
            made[at:at] = random.randbytes(random.randint(1, 3))
        else:
            made[at] ^= 1 << random.randrange(8)
    return bytes(made)


def test_what_is_broken_is_refused_for_the_same_reason(scripts: Path) -> None:
    """At each layer: the text, what is compressed, the message, and what is signed."""
    seed = random.Random(97)
    maker, issuer = Maker(), HealthCardMaker()
    content = {
        **signers((maker.signer.key_id, maker.der)),
        "issuers": [{"iss": issuer.issuer.url, "name": "", "keys": [issuer.jwk]}],
    }
    trust = Trust(maker.trust.signers, issuer.trust.issuers)
    claims = cbor2.dumps(
        {1: "ID", 4: EXPIRES.timestamp(), 6: int(ISSUED.timestamp()), -260: {1: TEST}}
    )
    text, message, jws = maker.text(), maker.cose(), issuer.jws()
    compressed, said = zlib.compress(message), json.dumps(payload(), separators=(",", ":")).encode()
    texts = []
    for _ in range(150):
        texts += [
            broken(text.encode(), seed).decode("latin-1"),
            "HC1:" + base45.encode(broken(compressed, seed)),
            text_of(broken(message, seed)),
            maker.text(claims=broken(claims, seed)),
            broken(jws.encode(), seed).decode("latin-1"),
            issuer.jws(broken(said, seed)),
        ]
    halves = (b"\\ud800", b"\\udc00\\ud800", b"\\ud83e\\uddec", b"\xed\xba\xb8", b"\\ud83ex\\uddec")
    texts += [issuer.jws(said.replace(b"Wulandari", half)) for half in halves]
    cases = [Case([one], content, NOW) for one in texts]
    wanted = [in_python(case, trust) for case in cases]
    found = judged(scripts, cases)
    differing = [
        (one.texts, mine, theirs)
        for one, mine, theirs in zip(cases, found, wanted, strict=True)
        if mine != theirs
    ]
    assert differing == []
    assert len({one["reason"] for one in wanted}) > 20


def test_certificates_that_are_odd_are_judged_alike(scripts: Path) -> None:
    """Signed, and of a shape, type or time that the schema does not have."""
    maker = Maker()
    certificate: dict[str, Any] = TEST
    entry = certificate["t"][0]
    values: list[Any] = [
        "",
        None,
        1,
        2.0,
        True,
        b"x",
        [],
        {},
        2**64,
        "ID",
        "2026-02-30",
        "x" * 81,
        "\U0001f600",
    ]
    odd: list[Any] = [{**TEST, name: one} for name in (*TEST, 5, b"t", "x") for one in values]
    odd += [{**TEST, "nam": {name: one}} for name in ("fn", "fnt", "gnt", 1) for one in values]
    odd += [with_entry("t", {**entry, name: one}) for name in (*entry, "ma") for one in values]
    odd += [
        with_entry("v", {**VACCINATION_ENTRY, name: one})
        for name in VACCINATION_ENTRY
        for one in values
    ]
    odd += [with_entry("r", {**RECOVERY_ENTRY, "fr": one}) for one in (*values, *DAYS)]
    odd += [with_entry("t", {**entry, "sc": one}) for one in TIMES]
    odd += [with_entry("t", entry, dob=one, ver=ver) for one in DAYS for ver in ("1.2.1", "1.3.0")]
    odd += [with_entry("t", entry, ver=one) for one in ("1.3", "2.0.0", "1.10.0", "1.3.0\n")]
    odd += [with_entry("t", entry, nam={"fnt": one}) for one in ("A\n", "a", "A<B", "A\n\n")]
    odd += [with_entry("t", {**entry, "tt": "LP217198-3", "ma": one}) for one in ("0", "1", "9999")]
    cases = [Case([maker.text(one)], signers((maker.signer.key_id, maker.der)), NOW) for one in odd]
    wanted = [in_python(case, maker.trust) for case in cases]
    differing = [
        (odd[at], mine, theirs)
        for at, (mine, theirs) in enumerate(zip(judged(scripts, cases), wanted, strict=True))
        if mine != theirs
    ]
    assert differing == []


DAYS = (
    "0000-01-01 0001-01-01 2026-02-28T 2026-02-28Tx 2024-02-29 1900-02-29 1987-4 1987-04-11T00:00"
    " 1987-99-99 2012 2012- 9999-12-31 1887-01-01"
).split()
TIMES = (
    "2026-11-28T24:00:00Z 2026-11-28T23:60:00Z 2026-11-28T23:59:60Z 2026-11-28T08:30+24:00"
    " 2026-11-28T08:30+23:99 2026-11-28T08:30-23:59 2026-11-28T08:30:00.Z 2026-11-28T08:30.5Z"
    " 2026-11-28T08:30:00,123456789+07 2026-11-28t08:30:00+0700 2026-11-28T08:30:00+07:"
    " 2026-11-28T08:30:00+05:60 0000-01-01T00:00Z 0001-01-01T00:00:00+23:00"
).split()


def test_nesting_keys_and_tags_are_read_alike(scripts: Path) -> None:
    maker = Maker()
    claims = [
        *("81" * deep + "01" for deep in (15, 16, 17, 18)),
        *("81" * deep + "80" for deep in (15, 16, 17)),
        *("d2" * deep + "01" for deep in (16, 17)),
        *("9f" * deep + "01" + "ff" * deep for deep in (16, 17)),
        *CBOR.split(),
    ]
    cases = [
        Case([one], signers((maker.signer.key_id, maker.der)), NOW)
        for said in claims
        for one in (maker.text(claims=bytes.fromhex(said)), text_of(bytes.fromhex(said)))
    ]
    assert judged(scripts, cases) == [in_python(case, maker.trust) for case in cases]


CBOR = (
    "18 1c 1f ff 5fff 5f4101ff 5f6101ff 7f6161ff 7f4101ff 5f5f4101ffff 62c328 7f61c361a9ff f7 f8ff"
    " f800 f818 e0 fc f90000 9fff bfff bf01ff a1 a201020103 a2010201 a20102f93c0003 a20102f503"
    " a2f4020003 a1810102 a1a001 a24101014101 02 c240 c201 d8184101 d83d01 c11a00000001 c001"
    " 1bffffffffffffffff 9bffffffffffffffff 5bffffffffffffffff bbffffffffffffffff 0101 d2 d90501"
    " db000000000000001201 a2fb7ff800000000000001fb7ff800000000000002 a26161017f6161ff02 5f41 fe"
    " a2810101810102 a281fb3ff0000000000000018101 02 1a a1f701 c1ff d9010081ff 81ff 62ff 6180 f814"
)
