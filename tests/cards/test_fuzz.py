"""Whatever is sent to a decoder: only the cards' own refusals leave it.

Some thousands in the ordinary run; ``SEGEL_FUZZ=1000000`` for as many inputs to each decoder. What
a mutation changes is drawn from a seed, so that a failure can be run again: it is in the message.
"""

import base64
import io
import json
import os
import resource
import zlib
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Final

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.app.card_input import InputUnusable, items_of
from segel.cards import (
    CardRefused,
    Edition,
    LinkBroken,
    ListKey,
    ListRefused,
    ListType,
    MarkKind,
    Trust,
    TrustBroken,
    base45,
    base64url,
    content_of,
    decode,
    decode_all,
    judge,
    mark_of,
)
from segel.cards.certlogic import CertLogicBroken, evaluate
from segel.cards.dcc_revocations import BatchBroken, batch_of
from segel.cards.hcert import open_cose
from segel.cards.inflating import INFLATED_BYTES_MAX, inflate_raw, inflate_zlib
from segel.cards.issuing import make_passes
from segel.cards.json_reading import read_object
from segel.cards.links import HealthLink, decrypt_file, make_link, new_key, parse_link
from segel.cards.lists import Material, make_lists, read_lists
from segel.cards.numeric import texts_of
from segel.cards.passes import answer_text, judge_pass, open_pass, paper_text
from segel.cards.rule_lists import RulesBroken, rule_set_of, shipped_sets
from segel.cards.shc import open_jws
from segel.cards.signatures import sign_with
from segel.cards.trust_files import trust_of
from support.cards import (
    NOW,
    RECOVERY_ENTRY,
    TEST,
    VACCINATION_ENTRY,
    HealthCardMaker,
    Maker,
    with_entry,
)

INPUTS: Final = int(os.environ.get("SEGEL_FUZZ", "300"))
MEMORY_GROWTH_BYTES_MAX: Final = 256 * 1024 * 1024
SEED: Final = int(os.environ.get("SEGEL_FUZZ_SEED", "20261128"))

OWN: Final = (
    CardRefused, TrustBroken, LinkBroken, InputUnusable, ListRefused, RulesBroken, BatchBroken,
    CertLogicBroken,
)  # fmt: skip
MAKER: Final = Maker()
ISSUER: Final = HealthCardMaker()
TRUST: Final = Trust((MAKER.signer,), (ISSUER.issuer,))
LINK: Final = HealthLink("https://links.example/manifest", new_key(), 1.0, frozenset("P"), "X")

COSE: Final = [
    MAKER.cose(),
    MAKER.cose(with_entry("v", VACCINATION_ENTRY), tags=()),
    MAKER.cose(with_entry("r", RECOVERY_ENTRY), tags=(61, 18)),
]
JWS: Final = ISSUER.jws()


def opened_and_judged(open_card: Callable[[], object]) -> None:
    card = open_card()
    judgement = judge(card, TRUST, NOW)  # type: ignore[arg-type]
    assert judgement.reason.value
    content_of(card)  # type: ignore[arg-type]


def text_of(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def certificate(data: bytes) -> None:
    """The layers under the text are meant to be reached: the message is packed whole again."""
    opened_and_judged(lambda: decode("HC1:" + base45.encode(zlib.compress(data))))


def lines(data: bytes) -> None:
    for item in items_of(io.BytesIO(data)):
        assert item.number


SECRET: Final = ec.generate_private_key(ec.SECP256R1())
LIST_KEY: Final = ListKey(SECRET.public_key(), sign_with(SECRET))
EDITION: Final = Edition(1, NOW, NOW + timedelta(days=1))
MARKS: Final = [mark_of(MarkKind.IDENTIFIER, bytes(16))]
LISTS: Final = make_lists(
    Material([(MAKER.signer.key_id, MAKER.der)], marks=MARKS, rules=shipped_sets()[:1]),
    EDITION, LIST_KEY,
)  # fmt: skip
CONTENTS: Final = {
    kind: base64url.decode(data.split(b".")[1].decode()) for kind, data in LISTS.items()
}
BATCH: Final = json.dumps(
    {"country": "SG", "expires": "2027-01-01T00:00:00Z", "hashType": "UCI",
     "entries": [{"hash": base64.b64encode(bytes(16)).decode()}]}
).encode()  # fmt: skip
RULES: Final = msgspec.json.encode(shipped_sets()[0])
LOGIC: Final = [msgspec.json.encode(one.logic) for one in shipped_sets()[0].rules]
SUBJECT: Final = {
    "payload": TEST,
    "external": {
        "validationClock": "2026-11-28T03:00:00Z", "valueSets": shipped_sets()[0].value_sets,
    },
}  # fmt: skip


def list_content(kind: ListType) -> Callable[[bytes], object]:
    """What is signed is meant to be reached: the list is signed again."""
    header = LISTS[kind].split(b".")[0]

    def read(data: bytes) -> object:
        signed = header + b"." + base64url.encode(data).encode()
        again = signed + b"." + base64url.encode(LIST_KEY.sign(signed)).encode()
        return read_lists({**LISTS, kind: again}, {LIST_KEY.pin}, NOW)

    return read


def passed(text: str) -> None:
    """Read, and judged without an exception."""
    open_pass(text)
    judge_pass(text, MAKER.trust, NOW, bytes(16))


(VENUE,) = make_passes(
    [MAKER.key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)],
    "ID",
    key_id=MAKER.signer.key_id,
    ends_at=int(NOW.timestamp()) // 3_600 * 3_600 + 3_600,
    sign=MAKER.sign,
)

DECODERS: Final[dict[str, tuple[Callable[[bytes], object], list[bytes]]]] = {
    "text": (
        lambda data: opened_and_judged(lambda: decode(text_of(data))),
        [MAKER.text().encode(), JWS.encode(), *(one.encode() for one in texts_of(JWS))],
    ),
    "base45": (lambda data: base45.decode(text_of(data)), [MAKER.text()[4:].encode()]),
    "zlib": (inflate_zlib, [zlib.compress(COSE[0])]),
    "deflate": (inflate_raw, [zlib.compress(COSE[0])[2:-4]]),
    "cose": (lambda data: opened_and_judged(lambda: open_cose(data)), COSE),
    "certificate": (certificate, COSE),
    "jws": (lambda data: opened_and_judged(lambda: open_jws(text_of(data))), [JWS.encode()]),
    "payload": (
        lambda data: opened_and_judged(lambda: decode(ISSUER.jws(data, signature=bytes(64)))),
        [b'{"iss":"https://a","nbf":1,"vc":{"type":["https://smarthealth.cards#health-card"]}}'],
    ),
    "json": (read_object, [b'{"a":[1,2.5e3,"\\u00e9",{"b":null}],"c":true}']),
    "chunks": (
        lambda data: decode_all(text_of(data).split("\n")),
        ["\n".join(texts_of("e" * 2500)).encode()],
    ),
    "pass": (
        lambda data: passed(text_of(data)),
        [answer_text(VENUE, bytes(64)).encode(), paper_text(VENUE).encode()],
    ),
    "pass-message": (
        lambda data: passed(answer_text(data, bytes(64))),
        [VENUE],
    ),
    "link": (lambda data: parse_link(text_of(data)), [make_link(LINK).encode()]),
    "linked-file": (
        lambda data: decrypt_file(LINK, text_of(data)),
        [b"eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..MTIzNDU2Nzg5MDEy.aGVsbG8.MTIzNDU2Nzg5MDEyMzQ1Ng"],
    ),
    "trust": (
        lambda data: trust_of(data, "https://a.example"),
        [MAKER.der, MAKER.pem, base64.b64encode(MAKER.der), b'{"keys":[{"kty":"EC"}]}',
         b'[{"rawData":"MIIB","kid":"AAAAAAAAAAA="}]'],
    ),
    "list": (
        lambda data: read_lists({**LISTS, ListType.RULES: data}, {LIST_KEY.pin}, NOW),
        [LISTS[ListType.RULES]],
    ),
    "list-trust": (list_content(ListType.TRUST), [CONTENTS[ListType.TRUST]]),
    "list-rules": (list_content(ListType.RULES), [CONTENTS[ListType.RULES]]),
    "list-revoked": (list_content(ListType.REVOKED), [CONTENTS[ListType.REVOKED]]),
    "batch": (batch_of, [BATCH]),
    "rules": (rule_set_of, [RULES]),
    "certlogic": (
        lambda data: evaluate(read_object(b'{"x":' + data + b"}")["x"], SUBJECT), LOGIC,
    ),
    "input": (lines, [f"{MAKER.text()}\n{JWS}\n".encode(), b'{"verifiableCredential":["eyJ"]}']),
}  # fmt: skip


def mutated(random: Random, seeds: list[bytes]) -> bytes:
    """A seed with a few changes, or nothing but noise."""
    if random.random() < 0.1:
        return random.randbytes(random.randrange(200))
    data = bytearray(random.choice(seeds))
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(data) + 1)
        kind = random.randrange(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1 and at < len(data):
            data[at] = random.randrange(256)
        elif kind == 2:
            del data[at : at + random.randrange(1, 9)]
        elif kind == 3:
            data[at:at] = random.randbytes(random.randrange(1, 9))
        elif kind == 4:
            other = random.choice(seeds)
            begin = random.randrange(len(other) + 1)
            data[at:at] = other[begin : begin + random.randrange(1, 60)]
        else:
            data[at : at + 1] = random.choice(
                (b"\xff", b"\x9f", b"\xbf", b"\x5f", b"\xf7", b"\xc2")
            )
    return bytes(data)


@pytest.mark.timeout(0 if INPUTS > 10_000 else 120)
@pytest.mark.parametrize("name", DECODERS)
def test_only_own_refusals_leave_a_decoder(name: str) -> None:
    decoder, seeds = DECODERS[name]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refusals = set()
    for number in range(INPUTS):
        data = mutated(Random(f"{SEED} {name} {number}"), seeds)
        try:
            decoder(data)
        except OWN as refused:
            refusals.add(type(refused))
        except Exception as error:
            error.add_note(f"{name}, input {number} of seed {SEED}: {data!r}")
            raise
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < MEMORY_GROWTH_BYTES_MAX
    assert refusals
    for seed in seeds[:1]:  # the untouched one is read: mutations start from something that works
        if name not in ("payload", "chunks", "linked-file"):
            decoder(seed)


def test_what_swells_is_stopped_at_64_kib() -> None:
    bomb = zlib.compress(bytes(50_000_000), 9)
    for inflate, data in ((inflate_zlib, bomb), (inflate_raw, bomb[2:-4])):
        with pytest.raises(CardRefused, match="64 KiB"):
            inflate(data)
    assert INFLATED_BYTES_MAX == 65_536
