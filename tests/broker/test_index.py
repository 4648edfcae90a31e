"""Index tokens are what they always were: an archive of years must still find what it holds."""

import hmac
from collections.abc import Callable
from datetime import date
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker.index import (
    HOMOPHONES,
    PATIENT_TOKENS,
    STUDY_TOKENS,
    FirstIndex,
    Index,
    days_back,
)
from segel.domain.names import phonetic_name, sound
from segel.domain.patient import PatientIdentity

KEY = bytes(range(32))
INDEX = Index(KEY)
H = UUID("00000000-0000-4000-8000-000000000001")
OTHER = UUID("00000000-0000-4000-8000-000000000002")
P = UUID("00000000-0000-4000-8000-00000000000a")
A = UUID("00000000-0000-4000-8000-00000000000b")
S = UUID("00000000-0000-4000-8000-00000000000c")
SITI = PatientIdentity(
    patient_id="MRN1",
    nik="9801014101800001",
    name="SITI^AMINAH^NUR",
    birth_date="19800101",
    sex="F",
)


def person(name: str, birth_date: str, sex: str) -> PatientIdentity:
    return PatientIdentity(patient_id="MRN2", nik="", name=name, birth_date=birth_date, sex=sex)


def of(kind: str, *fields: str | bytes) -> bytes:
    """A token from its definition, without Segel's code."""
    name = kind.encode()
    text = b"segel/token/v1\0" + bytes([len(name)]) + name
    for field in fields:
        content = field.encode() if isinstance(field, str) else field
        text += b"t" if isinstance(field, str) else b"b"
        text += len(content).to_bytes(8, "big") + content
    return hmac.digest(KEY, text, sha256)


TOKENS: dict[str, tuple[Callable[[], bytes | UUID], tuple[str | bytes, ...]]] = {
    "nik": (lambda: INDEX.nik(H, "123"), (H.bytes, "123")),
    "mrn": (lambda: INDEX.medical_record(H, " A 1 "), (H.bytes, "A 1")),
    "study": (lambda: INDEX.study(H, "1.2"), (H.bytes, "1.2")),
    "unidentified": (lambda: INDEX.unidentified(H, "1.2"), (H.bytes, "1.2")),
    "accession": (lambda: INDEX.accession(H, " 7 "), (H.bytes, "7")),
    "day": (lambda: INDEX.study_day(H, "20260105"), (H.bytes, "20260105")),
    "received": (lambda: INDEX.received_day(H, "20260105"), (H.bytes, "20260105")),
    "account": (lambda: INDEX.account(" Dr. A "), ("dr. a",)),
    "patient-account": (lambda: INDEX.patient_account(P), (P.bytes,)),
    "forward": (lambda: INDEX.forward("tls:x"), ("tls:x",)),
    "hospital": (lambda: INDEX.hospital(" H1 "), ("h1",)),
    "ae-title": (lambda: INDEX.ae_title(" CT1 "), ("CT1",)),
    "touch": (lambda: INDEX.touch(A, P), (A.bytes, P.bytes)),
    "listed": (lambda: INDEX.listed(P, 12), (P.bytes, "12")),
    "credential": (lambda: INDEX.credential(b"id"), (b"id",)),
    "alert": (lambda: INDEX.alert("decoy", "x"), ("decoy", "x")),
    "invitation": (lambda: INDEX.invitation("secret"), ("secret",)),
    "identity": (lambda: INDEX.identity("iss", "sub", "9"), ("iss", "sub", "9")),
    "once": (lambda: INDEX.once("jti", "9"), ("jti", "9")),
    "reason": (lambda: INDEX.reason("who", P), ("who", P.bytes)),
    "units": (lambda: INDEX.units(A), (A.bytes,)),
    "access": (lambda: INDEX.access(A, S, "20260105"), (A.bytes, S.bytes, "20260105")),
    "pair": (lambda: INDEX.pair(A, P), tuple(sorted((A.bytes, P.bytes)))),
    "paired": (lambda: INDEX.paired(P), (P.bytes,)),
    "department": (lambda: INDEX.department(H, " ICU  1"), (H.bytes, "icu 1")),
    "post": (lambda: INDEX.post(A, H), (A.bytes, H.bytes)),
    "shared": (lambda: INDEX.shared(H, "kk", "9", 3), (H.bytes, "kk", "9", b"\3")),
    "access-list": (lambda: INDEX.access_list(H), (H.bytes,)),
    "chaff": (lambda: INDEX.chaff(P, 3), (P.bytes, b"\x03")),
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_the_hmac_of_its_kind_and_its_fields(kind: str) -> None:
    made, fields = TOKENS[kind]
    token = made()
    expected = of(kind, *fields)
    assert token == (UUID(bytes=expected[:16]) if isinstance(token, UUID) else expected)


def test_a_pair_is_one_in_either_order_and_nobody_elses() -> None:
    assert INDEX.pair(A, P) == INDEX.pair(P, A)
    assert INDEX.pair(A, P) != INDEX.pair(A, S)


def spread(kind: str, text: str, when: str, hospital: UUID = H, patient: UUID = P) -> bytes:
    drawn = of("homophone", patient.bytes, kind, text, when)
    number = int.from_bytes(drawn, "big") % HOMOPHONES
    return of(kind, hospital.bytes, text, when, bytes([number]))


def test_a_patient_has_the_name_with_birth_date_and_year_and_two_words_as_tokens() -> None:
    whole = phonetic_name(SITI.name)
    expected = {
        of("name", H.bytes, whole, "19800101", "F"),
        spread("year", whole, "1980"),
        spread("word", sound("SITI"), "19800101"),
        spread("word", sound("NUR"), "19800101"),
    }
    assert INDEX.patient(H, P, SITI) == expected
    assert len(expected) == PATIENT_TOKENS


def test_whoever_has_fewer_gets_chaff_of_their_own() -> None:
    single = person("SUKARNO", "19010606", "M")
    tokens = INDEX.patient(H, P, single)
    assert len(tokens) == PATIENT_TOKENS
    assert of("chaff", P.bytes, b"\0") in tokens
    assert of("chaff", P.bytes, b"\1") not in tokens
    for nameless in (
        person("", "19010606", "M"),
        person("SUKARNO", "1901", "M"),
        person("SUKARNO", "", "M"),
    ):
        expected = {of("chaff", P.bytes, bytes([n])) for n in range(PATIENT_TOKENS)}
        assert INDEX.patient(H, P, nameless) == expected


def test_a_study_is_found_by_number_and_days_and_always_has_three_tokens() -> None:
    full = INDEX.studied(H, S, " 7 ", "20260105", "20260106")
    assert full == {
        of("accession", H.bytes, "7"),
        of("day", H.bytes, "20260105"),
        of("received", H.bytes, "20260106"),
    }
    assert len(full) == STUDY_TOKENS
    assert INDEX.studied(H, S, "  ", "", "20260106") == {
        of("received", H.bytes, "20260106"),
        of("chaff", S.bytes, b"\0"),
        of("chaff", S.bytes, b"\1"),
    }


def test_a_query_by_name_looks_for_whatever_a_patient_may_have() -> None:
    asked = INDEX.name_query(H, "SITI AMINAH NUR", "", ["1979", "1980"])
    tokens = INDEX.patient(H, P, SITI)
    assert len(asked) == 2 * (1 + HOMOPHONES)
    assert len(tokens & set(asked)) == 1
    assert not tokens & set(INDEX.name_query(OTHER, "SITI AMINAH NUR", "", ["1979", "1980"]))
    assert not tokens & set(INDEX.name_query(H, "SITI AMINAH NUR", "", ["1981"]))
    for one_word in ("siti", "nur", "NUR^", "SITI*X NUR"):
        asked = INDEX.name_query(H, one_word, "19800101", [])
        assert len(asked) == 1 + HOMOPHONES, one_word
        assert len(tokens & set(asked)) == 1, one_word
    assert len(tokens & set(INDEX.name_query(H, "SIT*^NUR", "19800101", []))) == 1
    felix = person("FELIX XAVIER", "19800101", "M")
    for asked_for in ("FELIX", "XAVIER"):
        asked = INDEX.name_query(H, asked_for, "19800101", [])
        assert len(INDEX.patient(H, P, felix) & set(asked)) == 1, asked_for
    whole = INDEX.name_query(H, "FELIX XAVIER", "", ["1980"])
    assert len(INDEX.patient(H, P, felix) & set(whole)) == 1
    two = INDEX.name_query(H, "SITI NUR", "19800101", [])
    assert len(two) == 2 * (1 + HOMOPHONES)
    assert len(tokens & set(two)) == 2


@pytest.mark.parametrize("name", ["SIT*", "S?TI", "*", "", "SIT* AMIN?H"])
def test_a_query_of_wildcards_alone_looks_for_nothing(name: str) -> None:
    assert INDEX.name_query(H, name, "19800101", ["1980"]) == []
    assert INDEX.name_query(H, f"{name} NUR*", "", ["1980"]) == []


def test_a_year_is_asked_for_with_a_whole_name_only() -> None:
    assert INDEX.name_query(H, "SITI NUR*", "", ["1980"]) == []
    assert INDEX.name_query(H, "SITI N?R", "", ["1980"]) == []
    assert INDEX.name_query(H, "SITI NUR", "", []) == []


def test_what_version_one_wrote_is_still_found() -> None:
    first = FirstIndex(KEY)
    whole = phonetic_name(SITI.name)
    old = first.names(H, SITI)
    assert old == {
        of("word", H.bytes, sound("SITI"), "19800101"),
        of("word", H.bytes, sound("NUR"), "19800101"),
        of("year", H.bytes, whole, "1980"),
    }
    assert len(old & set(INDEX.name_query(H, "SITI NUR", "19800101", []))) == 2
    assert len(old & set(INDEX.name_query(H, "SITI AMINAH NUR", "", ["1980"]))) == 1
    assert first.names(H, person("", "19800101", "F")) == set()
    assert first.names(H, person("SITI", "1980", "F")) == set()


@given(st.uuids(), st.uuids())
def test_hospitals_share_no_token_of_the_same_person(one: UUID, other: UUID) -> None:
    chaff = {INDEX.chaff(P, number) for number in range(PATIENT_TOKENS)}
    shared = INDEX.patient(one, P, SITI) & INDEX.patient(other, P, SITI)
    assert one == other or shared <= chaff


def test_homophones_spread_a_common_name_over_all_tokens() -> None:
    """So that a count of rows tells no name."""
    whole = phonetic_name(SITI.name)
    tokens = {
        (INDEX.patient(H, UUID(int=number), SITI) - {of("name", H.bytes, whole, "19800101", "F")})
        and spread("year", whole, "1980", patient=UUID(int=number))
        for number in range(4_000)
    }
    assert len(tokens) == HOMOPHONES


def test_days_back_begin_with_today() -> None:
    assert days_back(date(2026, 3, 1), 3) == ["20260301", "20260228", "20260227"]
    assert days_back(date(2026, 3, 1), 0) == []
