"""Keys and tokens: what differs in anything differs in everything."""

import random
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from segel.sealing import (
    KEY_BYTES,
    KeyMalformed,
    LabelMalformed,
    TokenKey,
    derive_object_key,
    derive_scope_key,
    derive_token_key,
    new_patient_key,
    study_scope,
    token,
)

KEY = bytes(range(32))
STUDY = UUID(int=5)
# Few letters, among them the encoding's own tags, so that boundaries have a chance to meet.
texts = st.text("tb\0", max_size=4)
fields = st.lists(texts | texts.map(str.encode), max_size=4)


def test_every_derivation_gives_its_own_key() -> None:
    keys = [
        KEY,
        *(derive_scope_key(KEY, scope) for scope in ("records", "photo", "audit", "study/")),
        *(derive_scope_key(KEY, study_scope(UUID(int=n))) for n in range(50)),
        *(derive_object_key(KEY, UUID(int=n), version) for n in range(50) for version in range(4)),
        derive_token_key(KEY),
    ]
    assert len(set(keys)) == len(keys) == 1 + 4 + 50 + 200 + 1
    assert {len(key) for key in keys} == {KEY_BYTES}


def test_scope_keys_are_hkdf_with_a_label() -> None:
    info = b"segel/scope/v1\0study/00000000-0000-0000-0000-000000000005"
    expected = HKDF(hashes.SHA256(), 32, salt=bytes(32), info=info).derive(KEY)
    assert derive_scope_key(KEY, study_scope(STUDY)) == expected


def test_new_keys_come_from_the_given_randomness() -> None:
    assert new_patient_key(random.Random(1).randbytes) == random.Random(1).randbytes(32)
    assert new_patient_key() != new_patient_key()
    with pytest.raises(KeyMalformed):
        new_patient_key(lambda count: b"x" * (count - 1))


def test_malformed_input_is_refused() -> None:
    for scope in ("", "x" * 201):
        with pytest.raises(LabelMalformed):
            derive_scope_key(KEY, scope)
    with pytest.raises(LabelMalformed):
        token(KEY, "")
    with pytest.raises(KeyMalformed):
        token(b"", "nik", "1")
    with pytest.raises(LabelMalformed):
        derive_object_key(KEY, STUDY, -1)


@given(st.sampled_from(["a", "ab", "series"]), fields, st.sampled_from(["a", "ab", "b"]), fields)
def test_tokens_are_injective(
    kind: str, first: list[str | bytes], other_kind: str, second: list[str | bytes]
) -> None:
    same = kind == other_kind and first == second
    assert (token(KEY, kind, *first) == token(KEY, other_kind, *second)) == same


@given(fields, st.data())
def test_tokens_notice_a_moved_boundary(values: list[str | bytes], data: st.DataObject) -> None:
    whole = [value for value in values if isinstance(value, str)]
    joined = "".join(whole)
    cut = data.draw(st.integers(0, len(joined)))
    halves = [joined[:cut], joined[cut:]]
    assert (token(KEY, "kind", *whole) == token(KEY, "kind", *halves)) == (whole == halves)


def test_a_field_cannot_imitate_two() -> None:
    assert token(KEY, "kind", "atb") != token(KEY, "kind", "a", "b")
    assert token(KEY, "kind", b"abb") != token(KEY, "kind", b"a", b"b")
    assert token(KEY, "kindt", "a") != token(KEY, "kind", "ta")


def test_tokens_depend_on_the_key_and_are_whole() -> None:
    assert token(KEY, "series", "1.2.3") == token(KEY, "series", "1.2.3")
    assert token(KEY, "series", "1.2.3") != token(derive_token_key(KEY), "series", "1.2.3")
    assert len(token(KEY, "series")) == 32
    assert token(KEY, "series", "1") != token(KEY, "series", b"1")


@given(values=fields)
def test_a_token_key_makes_the_same_tokens(values: list[str | bytes]) -> None:
    assert TokenKey(KEY).token("nik", *values) == token(KEY, "nik", *values)
