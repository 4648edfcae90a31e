"""JSON in and out: every number keeps its digits, and nothing hostile gets far."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.r4 import ResourceUnreadable, decode, encode
from segel.records.r4.parsing import BODY_BYTES_MAX, DEPTH_MAX, EXPONENT_MAX, NODES_MAX

NUMBERS = st.from_regex(
    r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?", fullmatch=True
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)

SECRET = "9771012345670001"

UNREADABLE = {
    "empty": b"",
    "no object": b'["9771012345670001"]',
    "not UTF-8": b'{"a": "9771012345670001\xff"}',
    "byte order mark": b'\xef\xbb\xbf{"a": 1}',
    "cut off": b'{"9771012345670001": "9771012345670001',
    "more behind": b'{"a": 1} 9771012345670001',
    "name twice": b'{"9771012345670001": 1, "9771012345670001": 2}',
    "NaN": b'{"9771012345670001": NaN}',
    "Infinity": b'{"9771012345670001": -Infinity}',
    "half a character": b'{"a": "9771012345670001 \\ud800"}',
    "half a character in a name": b'{"9771012345670001\\udc00": 1}',
    "control character": b'{"a": "9771012345670001\x01"}',
    "long number": b'{"a": ' + b"9771012345670001" * 3 + b"}",
    "long fraction": b'{"a": 0.' + b"9771012345670001" * 3 + b"}",
    "great exponent": b'{"a": 1e%d}' % (EXPONENT_MAX + 1),
    "small exponent": b'{"a": 1e-999999999}',
}


@given(NUMBERS)
def test_a_number_is_written_back_with_its_value_and_its_precision(text: str) -> None:
    again = json.loads(encode(decode(b'{"a": %s}' % text.encode())), parse_int=str, parse_float=str)
    assert Decimal(again["a"]).as_tuple() == Decimal(text).as_tuple()


@pytest.mark.parametrize("text", ["1.00", "0.10", "-0.0", "100", "3.140", "0.000001", "-0"])
def test_a_plain_number_is_written_back_letter_for_letter(text: str) -> None:
    assert encode(decode(b'{"a":%s}' % text.encode())) == b'{"a":%s}' % text.encode()


@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_what_was_written_is_read_again(resource: dict[str, object]) -> None:
    assert decode(encode(resource)) == resource


@pytest.mark.parametrize("way", UNREADABLE)
def test_an_unreadable_body_is_refused_without_a_word_of_it(way: str) -> None:
    with pytest.raises(ResourceUnreadable) as caught:
        decode(UNREADABLE[way])
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_place_of_a_fault_is_told() -> None:
    with pytest.raises(ResourceUnreadable) as caught:
        decode(b'{"a": 1,}')
    assert caught.value.position == 8


@pytest.mark.parametrize(("opening", "closing"), [(b'{"a":', b"}"), (b"[", b"]")])
def test_a_body_is_read_down_to_a_depth_and_no_further(opening: bytes, closing: bytes) -> None:
    within, outer = DEPTH_MAX - 1, b'{"a":'
    assert decode(outer + opening * within + b"1" + closing * within + b"}")
    with pytest.raises(ResourceUnreadable, match="levels"):
        decode(outer + opening * DEPTH_MAX + b"1" + closing * DEPTH_MAX + b"}")


def test_brackets_and_commas_in_strings_are_not_counted() -> None:
    text = '[{,\\"' * NODES_MAX
    assert decode(json.dumps({"a": text}).encode()) == {"a": text}


def test_a_body_of_too_many_values_or_bytes_is_refused() -> None:
    assert decode(b'{"a":[' + b"0," * (NODES_MAX - 3) + b"0]}")
    with pytest.raises(ResourceUnreadable, match="values"):
        decode(b'{"a":[' + b"0," * NODES_MAX + b"0]}")
    with pytest.raises(ResourceUnreadable, match="bytes"):
        decode(b'{"a":"' + b"x" * BODY_BYTES_MAX + b'"}')


@pytest.mark.timeout(20)
def test_strings_that_never_end_are_read_once() -> None:
    for hostile in (b'"\\', b'"', b"\\", b'{"'):
        with pytest.raises(ResourceUnreadable):
            decode(hostile * (BODY_BYTES_MAX // 8))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    with contextlib.suppress(ResourceUnreadable):
        assert isinstance(decode(body), dict)
