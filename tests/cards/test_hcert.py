"""HCERT taken apart: each layer's faults have their own reason."""

import zlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from segel.cards import (
    CardRefused,
    Kind,
    MarkKind,
    Reason,
    Remark,
    Terms,
    Trust,
    base45,
    decode,
    judge,
    refusal,
)
from segel.cards.inflating import INFLATED_BYTES_MAX, inflate_zlib
from segel.cards.signers import Signer
from support.cards import (
    EXPIRES,
    ISSUED,
    NOW,
    RECOVERY_ENTRY,
    TEST,
    VACCINATION_ENTRY,
    Maker,
    text_of,
    with_entry,
)

MAKER = Maker()
ENTRY: dict[str, Any] = TEST["t"][0]  # type: ignore[index]


def reason(text: str, maker: Maker = MAKER, **how: Any) -> Reason:
    try:
        return judge(decode(text), maker.trust, how.pop("at", NOW), **how).reason
    except CardRefused as refused:
        return refusal(refused).reason


def content(certificate: object, **changes: Any) -> Reason:
    return reason(MAKER.text(certificate, **changes))


@given(st.binary(max_size=300))
def test_base45_there_and_back(data: bytes) -> None:
    assert base45.decode(base45.encode(data)) == data


@pytest.mark.parametrize(
    ("data", "text"), [(b"AB", "BB8"), (b"Hello!!", "%69 VD92EX0"), (b"base-45", "UJCLQE7W581"),
                       (b"ietf!", "QED8WEX0"), (b"", "")],
)  # fmt: skip
def test_base45_of_the_rfc(data: bytes, text: str) -> None:
    assert (base45.encode(data), base45.decode(text)) == (text, data)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", Reason.TEXT_EMPTY),
        ("hello", Reason.PREFIX_MISSING),
        ("HC2:BB8", Reason.PREFIX_UNKNOWN),
        ("hc1:BB8", Reason.PREFIX_MISSING),
        ("HC1:bb8", Reason.BASE45_CHARACTER),
        ("HC1:BB\u0661", Reason.BASE45_CHARACTER),
        ("HC1:BB8B", Reason.BASE45_LENGTH),
        ("HC1:GGW", Reason.BASE45_VALUE),  # RFC 9285 § 4: 65,536
        ("HC1:BB8:+", Reason.BASE45_VALUE),
        ("HC1:BB8", Reason.COMPRESSION_MISSING),
        ("HC1:" + "0" * 9000, Reason.TEXT_TOO_LONG),
        ("x" * 200_000, Reason.TEXT_TOO_LONG),
        (" " + MAKER.text(), Reason.TEXT_SURROUNDED),
        ("shlink:/eyJ1", Reason.IS_A_LINK),
    ],
)
def test_texts_that_are_no_certificate(text: str, wanted: Reason) -> None:
    assert reason(text) is wanted


def test_compression_faults_are_told_apart() -> None:
    whole = zlib.compress(MAKER.cose())
    with_dictionary = zlib.compressobj(zdict=b"URN:UVCI:01:")
    dictionary = with_dictionary.compress(MAKER.cose()) + with_dictionary.flush()
    cases = {
        whole[:-20]: Reason.COMPRESSION_TRUNCATED,
        whole + b"\0": Reason.COMPRESSION_TRAILING,
        whole[:-1] + bytes([whole[-1] ^ 1]): Reason.COMPRESSION_BROKEN,
        zlib.compress(bytes(10_000_000), 9): Reason.COMPRESSION_TOO_LARGE,
        zlib.compress(bytes(INFLATED_BYTES_MAX + 1), 9): Reason.COMPRESSION_TOO_LARGE,
        dictionary: Reason.COMPRESSION_DICTIONARY,
    }
    for data, wanted in cases.items():
        with pytest.raises(CardRefused) as raised:
            inflate_zlib(data)
        assert raised.value.reason is wanted
    assert len(inflate_zlib(zlib.compress(bytes(INFLATED_BYTES_MAX)))) == INFLATED_BYTES_MAX


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        (MAKER.cose() + b"\0", Reason.CBOR_TRAILING),
        (MAKER.cose()[:-3], Reason.CBOR_TRUNCATED),
        (b"\x81" * 40 + b"\0", Reason.CBOR_TOO_DEEP),
        (b"\xbf\x01\x02\x01\x03\xff", Reason.CBOR_DUPLICATE_KEY),
        (b"\xa2\x01\x02\x18\x01\x03", Reason.CBOR_DUPLICATE_KEY),
        (b"\xd8\x1c\x81\xd8\x1d\x00", Reason.CBOR_TAG),
        (b"\xc2\x49" + b"\xff" * 9, Reason.CBOR_TAG),
        (b"\x62\xc3\x28", Reason.CBOR_BROKEN),
        (b"\x9b" + b"\xff" * 8, Reason.CBOR_TRUNCATED),
        (b"\x5b" + b"\xff" * 8, Reason.CBOR_TRUNCATED),
        (b"\0", Reason.COSE_STRUCTURE),
        (cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b""])), Reason.COSE_STRUCTURE),
        (cbor2.dumps(cbor2.CBORTag(18, [b"", {}, None, b""])), Reason.COSE_STRUCTURE),
        (cbor2.dumps(cbor2.CBORTag(17, [b"", {}, b"", b""])), Reason.CBOR_TAG),
        (MAKER.cose(claims=[1]), Reason.CLAIMS_STRUCTURE),
        (MAKER.cose(claims=b"\xff"), Reason.CBOR_BROKEN),
        (MAKER.cose(changes={-260: {2: {}}}), Reason.CERTIFICATE_MISSING),
        (MAKER.cose(changes={1: 5}), Reason.CLAIM_TYPE),
        (MAKER.cose(changes={4: "soon"}), Reason.CLAIM_TYPE),
        (MAKER.cose(changes={4: float("nan")}), Reason.CLAIM_TYPE),
        (MAKER.cose(changes={6: True}), Reason.CLAIM_TYPE),
        (MAKER.cose(protected={4: MAKER.signer.key_id}), Reason.ALGORITHM_MISSING),
        (
            MAKER.cose(protected={4: MAKER.signer.key_id}, unprotected={1: -7}),
            Reason.ALGORITHM_UNPROTECTED,
        ),
        (MAKER.cose(protected={1: -35, 4: MAKER.signer.key_id}), Reason.ALGORITHM_UNSUPPORTED),
        (MAKER.cose(protected={1: "ES256"}), Reason.ALGORITHM_UNSUPPORTED),
        (MAKER.cose(protected={1: -7}), Reason.KEY_ID_MISSING),
        (MAKER.cose(protected={1: -7, 4: b"1234567"}), Reason.KEY_ID_FORM),
        (MAKER.cose(protected={1: -7, 4: b"123456789"}), Reason.KEY_ID_FORM),
        (MAKER.cose(protected={1: -7, 4: "?"}), Reason.KEY_ID_FORM),
        (MAKER.cose(protected={1: -7, 2: [9], 4: b"12345678"}), Reason.HEADER_CRITICAL),
        (MAKER.cose(protected={1: -7, 4: b"12345678"}), Reason.KEY_UNKNOWN),
        (MAKER.cose(protected={1: -37, 4: MAKER.signer.key_id}), Reason.KEY_MISMATCH),
        (MAKER.cose(signature=bytes(63)), Reason.SIGNATURE_LENGTH),
        (MAKER.cose(signature=bytes(64)), Reason.SIGNATURE_WRONG),
        (
            MAKER.cose(signature=MAKER.key.sign(b"x", ec.ECDSA(hashes.SHA256()))),
            Reason.SIGNATURE_DER,
        ),
        (MAKER.cose(), Reason.VALID),
        (MAKER.cose(tags=()), Reason.VALID),
        (MAKER.cose(tags=(61, 18)), Reason.VALID),
        (MAKER.cose(changes={1: None}), Reason.VALID),
        (MAKER.cose(changes={4: EXPIRES.timestamp() + 0.5}), Reason.VALID),
        (MAKER.cose(changes={4: cbor2.CBORTag(1, int(EXPIRES.timestamp()))}), Reason.VALID),
    ],
    # Signatures are random; whoever runs tests side by side needs the same names everywhere.
    ids=lambda one: "message" if isinstance(one, bytes) else None,
)
def test_messages_have_their_reason(message: bytes, wanted: Reason) -> None:
    assert reason(text_of(message)) is wanted


def test_rsa_signs_with_pss_and_keys_of_2048_to_4096_bits() -> None:
    maker = Maker(rsa.generate_private_key(65537, 2048))
    assert reason(maker.text(), maker) is Reason.VALID
    assert reason(maker.text(signature=bytes(256)), maker) is Reason.SIGNATURE_WRONG
    es256 = maker.text(protected={1: -7, 4: maker.signer.key_id}, signature=bytes(64))
    assert reason(es256, maker) is Reason.KEY_MISMATCH


def test_every_signer_with_the_key_id_is_tried() -> None:
    other = Maker()
    twin = Signer(MAKER.signer.key_id, other.signer.key, other.not_before, other.not_after,
                  None, "ID")  # fmt: skip
    card = decode(MAKER.text())
    for signers in ((twin, MAKER.signer), (MAKER.signer, twin)):
        assert judge(card, Trust(signers), NOW).valid
    assert judge(card, Trust((twin,)), NOW).reason is Reason.SIGNATURE_WRONG


def test_a_key_id_may_stand_unprotected_unless_it_is_forbidden() -> None:
    card = decode(MAKER.text(protected={1: -7}, unprotected={4: MAKER.signer.key_id}))
    accepted = judge(card, MAKER.trust, NOW)
    assert (accepted.reason, accepted.remarks) == (Reason.VALID, (Remark.KEY_ID_UNPROTECTED,))
    strict = judge(card, MAKER.trust, NOW, terms=Terms(key_id_protected=True))
    assert strict.reason is Reason.KEY_ID_UNPROTECTED
    both = MAKER.text(protected={1: -7, 4: b"12345678"}, unprotected={4: MAKER.signer.key_id})
    assert reason(both) is Reason.KEY_UNKNOWN


@pytest.mark.parametrize(
    ("certificate", "wanted"),
    [
        (with_entry("v", VACCINATION_ENTRY), Reason.VALID),
        (with_entry("r", RECOVERY_ENTRY), Reason.VALID),
        ({**TEST, "v": None}, Reason.VALID),
        ({**TEST, "unknown": 1}, Reason.VALID),
        ({**TEST, "dob": ""}, Reason.VALID),
        ({**TEST, "dob": "1987-04"}, Reason.VALID),
        ({**TEST, "ver": "1.2.1", "dob": "1987-04-11T00:00:00"}, Reason.VALID),
        ({**TEST, "dob": "1987-04-11T00:00:00"}, Reason.SCHEMA_DATE),
        ({**TEST, "dob": "11-04-1987"}, Reason.SCHEMA_DATE),
        ({**TEST, "ver": "2.0.0"}, Reason.SCHEMA_VERSION),
        ({**TEST, "ver": "1.3"}, Reason.SCHEMA_VERSION),
        ({**TEST, "nam": {"fn": "Wulandari"}}, Reason.SCHEMA),
        ({**TEST, "nam": {"gnt": "sri"}}, Reason.SCHEMA),
        ({**TEST, "nam": {"fnt": "A" * 81}}, Reason.SCHEMA),
        ({**TEST, "t": "x"}, Reason.SCHEMA),
        ({**TEST, "t": []}, Reason.NO_ENTRY),
        (with_entry("t"), Reason.NO_ENTRY),
        ({**TEST, "v": [VACCINATION_ENTRY]}, Reason.SEVERAL_ENTRIES),
        (with_entry("t", ENTRY, ENTRY), Reason.SEVERAL_ENTRIES),
        (with_entry("v", {**VACCINATION_ENTRY, "dn": 0}), Reason.SCHEMA),
        (with_entry("v", {**VACCINATION_ENTRY, "dn": "2"}), Reason.SCHEMA),
        (with_entry("v", {**VACCINATION_ENTRY, "dt": "2026-02-30"}), Reason.SCHEMA_DATE),
        (with_entry("v", {**VACCINATION_ENTRY, "ma": "ORG-99"}), Reason.VALUE_UNKNOWN),
        (with_entry("v", {**VACCINATION_ENTRY, "ma": "Bio Farma"}), Reason.VALID),
        (with_entry("t", {**ENTRY, "co": "XY"}), Reason.VALUE_UNKNOWN),
        (with_entry("t", {**ENTRY, "tr": "1"}), Reason.VALUE_UNKNOWN),
        (with_entry("t", {**ENTRY, "tg": "1"}), Reason.VALUE_UNKNOWN),
        (with_entry("t", {**ENTRY, "tt": "LP217198-3", "ma": "9999"}), Reason.VALUE_UNKNOWN),
        (with_entry("t", {**ENTRY, "tt": "LP217198-3", "ma": "1232"}), Reason.VALID),
        ({1: 2}, Reason.SCHEMA),
    ],
)
def test_contents_have_their_reason(certificate: object, wanted: Reason) -> None:
    assert content(certificate) is wanted


@pytest.mark.parametrize(
    ("time", "readable"),
    [
        ("2026-11-28T08:30:00+07:00", True),
        ("2026-11-28T01:30:00Z", True),
        ("2026-11-28T01:30:00.1234567Z", True),
        ("2026-11-28T01:30:00+0000", True),
        ("2026-11-28T01:30:00+00", True),
        ("2026-11-28T01:30Z", True),
        ("2026-11-28T01:30:00", True),
        ("2026-11-28", False),
        ("2026-13-28T01:30:00Z", False),
        ("2026-11-28T25:30:00Z", False),
        ("yesterday", False),
    ],
)
def test_times_as_issuers_write_them(time: str, readable: bool) -> None:
    wanted = Reason.VALID if readable else Reason.SCHEMA_DATE
    assert content(with_entry("t", {**ENTRY, "sc": time})) is wanted
    assert content(with_entry("t", {**ENTRY, "sc": cbor2.CBORTag(0, time)})) is wanted


@pytest.mark.parametrize(
    ("purpose", "wanted"),
    [
        ("1.3.6.1.4.1.1847.2021.1.1", Reason.VALID),
        ("1.3.6.1.4.1.0.1847.2021.1.1", Reason.VALID),
        ("1.3.6.1.4.1.1847.2021.1.2", Reason.USAGE_MISMATCH),
        ("1.3.6.1.5.5.7.3.2", Reason.VALID),
    ],
)
def test_a_signer_signs_what_its_certificate_says(purpose: str, wanted: Reason) -> None:
    maker = Maker(usages=(purpose,))
    assert reason(maker.text(), maker) is wanted
    assert Kind.TEST in (maker.signer.purposes or {Kind.TEST}) or wanted is not Reason.VALID


def test_times_count_to_the_second() -> None:
    text = MAKER.text()
    second = timedelta(seconds=1)
    assert reason(text, at=ISSUED - second) is Reason.NOT_YET_VALID
    assert reason(text, at=ISSUED) is Reason.VALID
    assert reason(text, at=EXPIRES) is Reason.VALID
    assert reason(text, at=EXPIRES + second) is Reason.EXPIRED
    assert reason(text, at=ISSUED - second, terms=Terms(leeway_s=1)) is Reason.VALID
    ended = MAKER.text(changes={4: int(ISSUED.timestamp()) - 1})
    assert reason(ended) is Reason.ENDS_BEFORE_START
    late = Maker(not_before=ISSUED + timedelta(hours=2))
    assert reason(late.text(), late) is Reason.SIGNER_NOT_YET_VALID
    past = Maker(not_after=ISSUED)
    assert reason(past.text(), past) is Reason.SIGNER_EXPIRED
    endless = decode(MAKER.text(changes={4: None}))
    assert judge(endless, MAKER.trust, NOW).reasons == (Reason.END_MISSING,)


class Listed:
    """A revocation list with one mark."""

    def __init__(self, mark: bytes) -> None:
        self.mark = mark

    def has_any(self, marks: Iterable[bytes]) -> bool:
        """Whether it is that one."""
        return self.mark in marks


def test_a_listed_card_is_revoked_and_says_what_else_is_against_it() -> None:
    import hashlib

    card = decode(MAKER.text())
    identifier = str(ENTRY["ci"]).encode()
    marks = {
        MarkKind.SIGNATURE: card.signature[:32],
        MarkKind.IDENTIFIER: identifier,
        MarkKind.COUNTRY_IDENTIFIER: b"ID" + identifier,
    }
    for kind, known_by in marks.items():
        listed = Listed(bytes([kind]) + hashlib.sha256(known_by).digest()[:16])
        assert judge(card, MAKER.trust, NOW, listed).reasons == (Reason.REVOKED,)
        late = judge(card, MAKER.trust, EXPIRES + timedelta(hours=1), listed)
        assert late.reasons == (Reason.EXPIRED, Reason.REVOKED)
    assert judge(card, MAKER.trust, NOW, Listed(b"another")).valid


def test_content_is_only_given_where_the_signature_held() -> None:
    card = decode(MAKER.text())
    assert judge(card, Trust(), NOW).content is None
    late = judge(card, MAKER.trust, EXPIRES + timedelta(days=1))
    assert late.content is not None
    assert late.signed
