"""Tokens of 64 bits are a CBC-MAC of AES, differ by kind and key, and are never 0."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import given
from hypothesis import strategies as st

from segel.sealing.short_tokens import ShortTokens, message

KEY = bytes(range(32))
VALUES = [(1, b"9701015203800007"), (2, b"9701015203800007"), (1, b""), (1, b"x" * 64)]


def by_the_library(kind: int, value: bytes) -> int:
    encryptor = Cipher(AES256(KEY), CBC(bytes(16))).encryptor()
    whole = encryptor.update(message(kind, value)) + encryptor.finalize()
    return int.from_bytes(whole[16:24], "little")


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=70)), min_size=1, max_size=9))
def test_they_are_the_first_bytes_of_cbc_mac(values: list[tuple[int, bytes]]) -> None:
    assert ShortTokens(KEY).of(values) == [by_the_library(*one) for one in values]


def test_the_same_value_of_another_kind_is_another_token() -> None:
    assert len(set(ShortTokens(KEY).of(VALUES))) == len(VALUES)


def test_another_key_makes_other_tokens() -> None:
    assert not set(ShortTokens(KEY).of(VALUES)) & set(ShortTokens(bytes(32)).of(VALUES))


@pytest.mark.parametrize(
    ("one", "other"),
    [(b"12", b"12\0"), (b"x" * 30, b"x" * 31), (b"", b"\0")],
    ids=["zero-at-the-end", "as-long-as-fits", "nothing-and-zero"],
)
def test_values_that_are_padded_alike_are_told_apart(one: bytes, other: bytes) -> None:
    assert message(1, one) != message(1, other)
