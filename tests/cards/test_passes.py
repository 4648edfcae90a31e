"""Venue passes: what a gate accepts, and that two of one holder share nothing of their own."""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import numpy as np
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segel.cards import CardRefused, MarkKind, Reason, Remark, Trust, base45, mark_of
from segel.cards.issuing import BATCH_MAX, CardNotMade, make_passes, pass_ends_at
from segel.cards.passes import (
    Answer,
    answer_text,
    gate_text,
    judge_pass,
    new_nonce,
    open_pass,
    paper_text,
    signed_by_holder,
)
from segel.cards.signatures import sign_with
from support.cards import NOW, Maker

ENDS_AT = pass_ends_at(NOW, NOW + timedelta(hours=60))
MAKER = Maker()


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


@dataclass
class Holder:
    """A phone with a key for each pass."""

    keys: list[ec.EllipticCurvePrivateKey]
    passes: list[bytes]

    def answer(self, at: int, nonce: bytes) -> str:
        message = self.passes[at]
        sign = sign_with(self.keys[at])
        return answer_text(message, sign(signed_by_holder(nonce, message)))


def holder(count: int = 2, ends_at: int = ENDS_AT, maker: Maker = MAKER) -> Holder:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(count)]
    made = make_passes(
        [point_of(one) for one in keys],
        "ID",
        key_id=maker.signer.key_id,
        ends_at=ends_at,
        sign=sign_with(maker.key),
    )
    return Holder(keys, made)


def reason(text: str, nonce: bytes | None = None, at: datetime = NOW, **how: Any) -> Reason:
    return judge_pass(text, MAKER.trust, at, nonce, **how).reason


def remade(changes: dict[Any, Any], *, inner: dict[Any, Any] | None = None, **how: Any) -> str:
    """A pass on paper, by a trusted signer, that is not as it should be."""
    point = point_of(ec.generate_private_key(ec.SECP256R1()))
    inside = {"f": True, "k": point, **(inner or {})}
    inside = {name: value for name, value in inside.items() if value is not None}
    claims = {1: "ID", 4: ENDS_AT, -260: {2: inside}, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return "HC1:" + base45.encode(zlib.compress(MAKER.cose(claims=claims, **how)))


# --- a gate -----------------------------------------------------------------------------------


def test_a_holder_who_answers_the_gates_nonce_is_let_in() -> None:
    nonce = new_nonce()
    text = holder().answer(0, nonce)
    judged = judge_pass(text, MAKER.trust, NOW, nonce)
    assert (judged.valid, judged.ends_at, judged.remarks) == (True, ENDS_AT, ())
    assert gate_text(nonce).startswith("segel-gate:")


def test_an_answer_is_good_for_its_own_nonce_and_pass_alone() -> None:
    one, nonce = holder(), new_nonce()
    answered = one.answer(0, nonce)
    assert reason(answered, new_nonce()) is Reason.ANSWER_WRONG
    assert reason(answered) is Reason.ANSWER_WRONG
    opened = open_pass(one.answer(1, nonce))
    assert isinstance(opened, Answer)
    mixed = answer_text(one.passes[0], opened.signature)
    assert reason(mixed, nonce) is Reason.ANSWER_WRONG


def test_a_pass_on_paper_is_let_in_only_where_that_is_allowed_and_told_to_be_copyable() -> None:
    text = paper_text(holder().passes[0])
    assert reason(text) is Reason.ANSWER_MISSING
    judged = judge_pass(text, MAKER.trust, NOW, paper=True)
    assert (judged.valid, judged.remarks) == (True, (Remark.VENUE_COPYABLE,))


def test_a_pass_ends_at_a_full_hour_of_the_next_day_and_with_its_reason() -> None:
    text = paper_text(holder().passes[0])
    ends = datetime.fromtimestamp(ENDS_AT, UTC)
    assert (ends.minute, ends.second) == (0, 0)
    assert timedelta(hours=23) < ends - NOW <= timedelta(hours=24)
    assert reason(text, at=ends, paper=True) is Reason.VALID
    assert reason(text, at=ends + timedelta(seconds=1), paper=True) is Reason.EXPIRED
    early = NOW - timedelta(hours=2)
    assert reason(text, at=early, paper=True) is Reason.VENUE_TOO_LONG
    odd = NOW + timedelta(minutes=17)
    assert pass_ends_at(odd, odd + timedelta(hours=3)) == int(NOW.timestamp()) + 3 * 3_600
    with pytest.raises(CardNotMade):
        pass_ends_at(odd, odd + timedelta(minutes=42))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", Reason.TEXT_EMPTY),
        ("SP1:" + "0" * 3_000, Reason.TEXT_TOO_LONG),
        ("hello", Reason.PREFIX_MISSING),
        (" SP1:00", Reason.TEXT_SURROUNDED),
        ("SP1:lower", Reason.BASE45_CHARACTER),
        ("SP1:" + base45.encode(cbor2.dumps([b""])), Reason.ANSWER_STRUCTURE),
        ("SP1:" + base45.encode(cbor2.dumps([b"", "x"])), Reason.ANSWER_STRUCTURE),
        ("SP1:" + base45.encode(cbor2.dumps([b"", b"x"])), Reason.ANSWER_STRUCTURE),
        ("SP1:" + base45.encode(cbor2.dumps([b"", bytes(64)])), Reason.COMPRESSION_MISSING),
        (remade({}, inner={"f": False}), Reason.VENUE_NOT_FIT),
        (remade({}, inner={"k": b"\2" + b"\xff" * 32}), Reason.VENUE_KEY),
        (remade({}, inner={"k": bytes(5)}), Reason.VENUE_KEY),
        (remade({}, inner={"n": "Sari"}), Reason.VENUE_STRUCTURE),
        (remade({}, inner={"f": 1}), Reason.VENUE_STRUCTURE),
        (remade({}, inner={"k": None}), Reason.VENUE_STRUCTURE),
        (remade({6: ENDS_AT}), Reason.VENUE_STRUCTURE),
        (remade({4: ENDS_AT + 0.5}), Reason.VENUE_STRUCTURE),
        (remade({4: ENDS_AT - 60}), Reason.VENUE_TOO_LONG),
        (remade({1: "Segel"}), Reason.VENUE_STRUCTURE),
        (remade({-260: {2: {}, 3: {}}}), Reason.VENUE_STRUCTURE),
        (remade({-260: {1: {}}}), Reason.VENUE_MISSING),
        (remade({}, unprotected={4: b"\0" * 8}), Reason.VENUE_STRUCTURE),
        (remade({}, signature=bytes(64)), Reason.SIGNATURE_WRONG),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_what_is_no_pass_or_could_be_told_from_others_is_refused_with_its_reason(
    text: str, why: Reason
) -> None:
    assert reason(text, new_nonce(), paper=True) is why


def test_signers_are_those_of_the_trust_list_and_a_pass_can_be_revoked() -> None:
    one = holder()
    text = paper_text(one.passes[0])
    assert judge_pass(text, Trust(), NOW, paper=True).reason is Reason.KEY_UNKNOWN
    late = MAKER.not_after + timedelta(hours=3)
    ends_at = pass_ends_at(late, late + timedelta(days=1))
    later = paper_text(holder(1, ends_at).passes[0])
    assert reason(later, at=late, paper=True) is Reason.SIGNER_EXPIRED
    opened = open_pass(text)
    assert not isinstance(opened, Answer)
    digest = hashlib.sha256(opened.signature[:32]).digest()

    class Listed:
        def has_any(self, marks: tuple[bytes, ...]) -> bool:
            return mark_of(MarkKind.SIGNATURE, digest) in marks

    assert reason(text, revoked=Listed(), paper=True) is Reason.REVOKED
    assert reason(paper_text(one.passes[1]), revoked=Listed(), paper=True) is Reason.VALID


@pytest.mark.parametrize(
    "points",
    [
        [],
        [b""],
        [b"\2" + b"\xff" * 32],
        [b"\4" + bytes(64)],
        [point_of(MAKER.key)] * 2,
        [point_of(MAKER.key)] * (BATCH_MAX + 1),
    ],
    ids=["none", "empty", "off-curve", "uncompressed", "twice", "many"],
)
def test_keys_are_points_of_their_own_before_anything_is_signed(points: list[bytes]) -> None:
    def sign(_: bytes) -> bytes:
        raise AssertionError("nothing is signed")

    with pytest.raises(CardNotMade):
        make_passes(points, "ID", key_id=bytes(8), ends_at=ENDS_AT, sign=sign)


def test_a_pass_is_drawn_as_a_small_code() -> None:
    one, nonce = holder(1), new_nonce()
    for text in (one.answer(0, nonce), paper_text(one.passes[0]), gate_text(nonce)):
        mode = "alphanumeric" if text.isupper() else None
        code = segno.make(text, error="q", mode=mode, boost_error=False, micro=False)
        assert int(code.version) <= 13, text[:4]


# --- unlinkable -------------------------------------------------------------------------------


def opened_bytes(message: bytes) -> bytes:
    return zlib.decompress(message)


def own_places(message: bytes) -> Iterator[slice]:
    """Where the key and the signature of a pass lie."""
    whole = opened_bytes(message)
    shown = open_pass(paper_text(message))
    assert not isinstance(shown, Answer)
    for part in (shown.point, shown.signature):
        at = whole.index(part)
        yield slice(at, at + len(part))


def test_byte_for_byte_passes_differ_in_key_and_signature_alone() -> None:
    mine, other = holder(3), holder(3)
    first = mine.passes[0]
    assert len({len(one) for one in [*mine.passes, *other.passes]}) == 1
    places = list(own_places(first))
    assert sum(place.stop - place.start for place in places) == 33 + 64
    for message in (*mine.passes, *other.passes):
        assert list(own_places(message)) == places
        blanked = bytearray(opened_bytes(message))
        for place in places:
            blanked[place] = bytes(place.stop - place.start)
        expected = bytearray(opened_bytes(first))
        for place in places:
            expected[place] = bytes(place.stop - place.start)
        assert blanked == expected


PAIRS = 400
CHANCE_MAX = 0.5 + 5 * 0.5 / PAIRS**0.5
"""Five standard deviations above a coin: once in three million runs."""


def told_apart(people: list[list[bytes]]) -> float:
    """How often a logistic regression on the differing bits of two passes says rightly whether they
    are of one holder. Half of the people are for learning."""

    def differences(some: list[list[bytes]]) -> tuple[Any, Any]:
        bits = [[np.unpackbits(np.frombuffer(one, np.uint8)) for one in each] for each in some]
        own = [each[0] ^ each[1] for each in bits]
        others = [one[0] ^ other[1] for one, other in zip(bits, bits[1:] + bits[:1], strict=True)]
        return np.array([*own, *others], dtype=float), np.repeat([1.0, 0.0], len(some))

    half = len(people) // 2
    learned, labels = differences(people[:half])
    weights, bias = np.zeros(learned.shape[1]), 0.0
    for _ in range(50):
        off = 1 / (1 + np.exp(-(learned @ weights + bias))) - labels
        weights -= 2 * learned.T @ off / len(labels)
        bias -= 2 * off.mean()
    seen, truth = differences(people[half:])
    return float((((seen @ weights + bias) > 0) == truth).mean())


def test_a_classifier_tells_no_pass_of_one_holder_from_anothers() -> None:
    assert told_apart([holder(2).passes for _ in range(PAIRS)]) < CHANCE_MAX


def test_the_same_classifier_finds_holders_by_the_second_in_which_their_passes_were_made() -> None:
    def marked() -> list[bytes]:
        second = int.from_bytes(new_nonce()[:2]) % 3_600
        return [one + second.to_bytes(4) * 4 for one in holder(2).passes]

    assert told_apart([marked() for _ in range(PAIRS)]) > 0.9


def test_a_refusal_says_where_and_quotes_nothing() -> None:
    with pytest.raises(CardRefused) as refused:
        open_pass(remade({}, inner={"n": "Sari"}))
    assert "Sari" not in str(refused.value)
