"""Each primitive type takes what R4 says and nothing else."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.records.r4.definitions import definitions
from segel.records.r4.primitives import RULES, STRING_LENGTH_MAX

GOOD: dict[str, list[object]] = {
    "base64Binary": ["YWJj", "YWI=", "YQ==", "YWJj YWJj\r\nYWJj"],
    "boolean": [True, False],
    "canonical": ["http://hl7.org/fhir/ValueSet/my-valueset|0.8", "#dalam", "urn:oid:1.2.3"],
    "code": ["final", "a b", "L/min", "影"],
    "date": ["2026", "2026-02", "2024-02-29", "1900-12-31", "0001-01-01", "9999-12-31"],
    "dateTime": [
        "2026", "2026-02", "2024-02-29", "2026-02-28T23:59:59+07:00", "2015-06-30T23:59:60Z",
        "2026-02-28T00:00:00.123456789012-03:30", "2026-02-28T00:00:00+14:00",
    ],
    "decimal": [0, -1, 10**30, Decimal("1.00"), Decimal("-0"), Decimal("1E+5")],
    "id": ["a", "A-1.b", "a" * 64],
    "instant": ["2026-02-28T23:59:59Z", "2026-02-28T23:59:59.999+07:00"],
    "integer": [0, -(2**31), 2**31 - 1],
    "markdown": ["# Kesan\n\n* bersih", " a"],
    "oid": ["urn:oid:1.2.360.0", "urn:oid:2.25.0"],
    "positiveInt": [1, 2**31 - 1],
    "string": ["a", " a\t\r\n", "é影", "a" * STRING_LENGTH_MAX],
    "time": ["00:00:00", "23:59:60", "12:34:56.789"],
    "unsignedInt": [0, 2**31 - 1],
    "uri": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "relatif", "http://a"],
    "url": ["https://rs.example/a?b=c", "mailto:a@rs.example"],
    "uuid": ["urn:uuid:c757873d-ec9a-4326-a141-556f43239520"],
}  # fmt: skip

BAD: dict[str, list[object]] = {
    "base64Binary": ["", " ", "YWJ", "YQ=", "=YWJ", "YWJj====", "YW-_", "é", 1, "YQ==YQ=="],
    "boolean": ["true", 0, 1, None, Decimal(1)],
    "canonical": ["", "a b"],
    "code": ["", " a", "a ", "a  b", "a\n", "a\x01", 1],
    "date": [
        "", "26", "2026-2", "2026-13", "2026-00", "2026-02-29", "2026-04-31", "2026-01-00",
        "0000", "2026-01-01T00:00:00Z", "2026-01-01\n", 2026, "２０２６",
    ],
    "dateTime": [
        "2026-02-28T23:59:59", "2026-02-28T23:59Z", "2026-02-28T24:00:00Z", "2026-02-30T00:00:00Z",
        "2026-02-28T00:00:00+15:00", "2026-02-28T00:00:00.Z", "2026-02-28 00:00:00Z", "2026Z",
    ],
    "decimal": ["1", 1.5, True, None, Decimal("NaN"), Decimal("Infinity")],
    "id": ["", "a/b", "a" * 65, "é", "a\n", "a_b"],
    "instant": ["2026", "2026-02-28", "2026-02-28T23:59:59", "2026-02-29T00:00:00Z"],
    "integer": ["1", 1.0, Decimal("1"), Decimal("1.0"), True, 2**31, -(2**31) - 1],
    "markdown": ["", "a\x00"],
    "oid": ["1.2.3", "urn:oid:3.1", "urn:oid:1.02", "urn:oid:1"],
    "positiveInt": [0, -1, 2**31, "1"],
    "string": ["", " ", "\n", "a\x00", "a\x1f", "a" * (STRING_LENGTH_MAX + 1), 1, None, ["a"], {}],
    "time": ["24:00:00", "12:00", "12:00:00Z", "12:00:61"],
    "unsignedInt": [-1, 2**31, "0"],
    "uri": ["", "a b", "\t", 1],
    "url": ["", "https://rs.example/a b"],
    "uuid": [
        "c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:C757873D-EC9A-4326-A141-556F43239520",
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in GOOD.items() for v in vs])
def test_a_value_of_the_type_is_taken(name: str, value: object) -> None:
    assert RULES[name](value) is None


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in BAD.items() for v in vs])
def test_any_other_value_is_refused_in_fixed_words(name: str, value: object) -> None:
    reason = RULES[name](value)
    assert reason is not None
    # The same words for every fault of a type: so they cannot quote.
    assert reason == RULES[name](object())


def test_every_type_that_is_not_made_of_elements_has_a_rule_and_a_table_here() -> None:
    primitive = {
        slot.type
        for shape in definitions().shapes.values()
        for slot in shape.slots.values()
        if slot.shape is None
    } - {"Resource"}
    assert primitive <= set(RULES) == {*GOOD, "xhtml"} == {*BAD, "xhtml"}


@given(st.dates(), st.times(), st.sampled_from(["Z", "+07:00", "-11:30"]))
def test_every_moment_that_there_is_can_be_said(day, time, zone) -> None:
    for name in ("dateTime", "instant"):
        assert RULES[name](f"{day.isoformat()}T{time.isoformat()}{zone}") is None
