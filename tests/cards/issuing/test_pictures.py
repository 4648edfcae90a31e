"""Codes are read back: as they are drawn always, and as a phone sees them nearly always.

``SEGEL_CARDS=1000`` draws as many of each form; a run of the suite draws fewer. Everything is the
same in each run: people, signatures, and what the camera does.
"""

import io
import os
import random
from datetime import timedelta

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.cards import CardRefused
from segel.cards.issuing import (
    draw,
    make_certificate,
    make_health_card,
    make_passes,
    new_identifier,
    new_rid,
    pass_ends_at,
)
from segel.cards.issuing.drawing import BORDER, PNG_SCALE
from segel.cards.passes import paper_text
from segel.cards.pictures import codes_in
from segel.domain.card_facts import CardHolder, NegativeTest, TestMethod
from support.cards import NOW
from support.issuing import AUTHORITY
from support.phone_pictures import as_seen

CARDS = int(os.environ.get("SEGEL_CARDS", "12"))
READ_MIN = 0.97
NAMES = (
    "SITI", "AMINAH", "SUPARMAN", "I WAYAN SUDIARTA", "SRI WAHYUNI", "MUHAMMAD RIZKI RAMADHAN",
    "NI LUH PUTU AYU ARIYANI", "R. M. HADININGRAT KUSUMAWARDHANI", "LIEM SIOE KHING", "Y",
)  # fmt: skip


KEY = ec.derive_private_key(97, ec.SECP256R1())


def sign(data: bytes) -> bytes:
    r, s = decode_dss_signature(KEY.sign(data, ec.ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(32) + s.to_bytes(32)


def texts(number: int) -> tuple[str, str]:
    """Both forms of a card of somebody invented."""
    chance = random.Random(number)
    holder = CardHolder(
        chance.choice(NAMES),
        chance.choice(("", *NAMES)),
        f"{chance.randint(1930, 2025)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
    )
    rapid = chance.random() < 0.5
    test = NegativeTest(
        TestMethod.RAPID if rapid else TestMethod.NAAT,
        "94558-4" if rapid else "94500-6",
        NOW - timedelta(minutes=chance.randint(1, 4_000)),
        chance.choice(("PCR SARS-CoV-2", "SARS-CoV-2 antigen", "Uji cepat antigen SARS-CoV-2")),
        "1232" if rapid else "",
        chance.choice(("RS A", "RSUD Tanjung Harapan Rekaan", "Laboratorium Klinik Melati Biru")),
    )
    made = make_certificate(
        holder, test, AUTHORITY, key_id=b"fixed id", at=NOW, sign=sign,
        identifier=new_identifier("ID", chance.randbytes),
    )  # fmt: skip
    also = make_health_card(
        holder, test, AUTHORITY, key_id="k" * 43, at=NOW, sign=sign,
        rid=new_rid(chance.randbytes),
    )  # fmt: skip
    return made.text, also.text


def reads(picture: bytes, text: str) -> bool:
    try:
        return [code.text for code in codes_in(picture)] == [text]
    except CardRefused:
        return False


def venue_pass(number: int) -> tuple[str, bytes, int]:
    """A pass of somebody as it is printed: its text, its picture and the version of its code."""
    key = ec.derive_private_key(number + 1, ec.SECP256R1())
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    ends_at = pass_ends_at(NOW, NOW + timedelta(hours=60))
    (made,) = make_passes([point], "ID", key_id=b"fixed id", ends_at=ends_at, sign=sign)
    text = paper_text(made)
    code = segno.make(text, error="q", mode="alphanumeric", micro=False, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="png", border=BORDER, scale=PNG_SCALE)
    return text, out.getvalue(), int(code.version)


def test_passes_are_read_as_drawn_and_as_a_phone_sees_them() -> None:
    seen, largest = 0, 0
    for number in range(CARDS):
        text, drawn, version = venue_pass(number)
        largest = max(largest, version)
        assert reads(drawn, text), number
        seen += reads(as_seen(drawn, random.Random(number)), text)
    assert largest <= 13
    assert seen >= READ_MIN * CARDS, f"{seen} of {CARDS}, up to version {largest}"
    print(f"{seen} of {CARDS} passes as a phone sees them; up to version {largest}")


@pytest.mark.parametrize("form", [0, 1], ids=["certificate", "health-card"])
def test_codes_are_read_as_drawn_and_as_a_phone_sees_them(form: int) -> None:
    seen, largest = 0, 0
    for number in range(CARDS):
        text = texts(number)[form]
        drawn = draw(text)
        largest = max(largest, drawn.version)
        assert reads(drawn.png, text), number
        seen += reads(as_seen(drawn.png, random.Random(number)), text)
    assert largest <= 20
    assert seen >= READ_MIN * CARDS, f"{seen} of {CARDS}, up to version {largest}"
    print(f"{seen} of {CARDS} as a phone sees them; up to version {largest}")
