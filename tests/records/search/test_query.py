"""What a search says is understood wholly or refused, and nothing of it is said again."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from segel.records.search import (
    Criterion,
    Include,
    QueryInvalid,
    Reference,
    Summary,
    TokenWanted,
    Total,
    parameters_of,
    parse,
    resource_types,
)
from segel.records.search.escapes import escaped, split, unescaped
from segel.records.search.query import ALTERNATIVES_MAX, PARAMETERS_MAX, VALUE_LENGTH_MAX
from segel.records.search.results import COUNT_MAX, ELEMENTS_MAX, INCLUDES_MAX, SORT_KEYS_MAX
from segel.records.search.wanted import FORMS, MODIFIERS
from support.fhir import BASE

SECRET = "9871234503850001"
SECRET_NAME = "Rahmawati"

STANDARD_MODIFIERS = frozenset(
    "missing exact contains text not above below in not-in of-type identifier".split()
)
VALUES = {
    "token": "x",
    "reference": "x",
    "string": "x",
    "date": "2024",
    "quantity": "5",
    "uri": "urn:x",
    "composite": "x$y",
}
CODES = {
    "token": "code",
    "reference": "subject",
    "string": "value-string",
    "date": "date",
    "quantity": "value-quantity",
    "composite": "code-value-concept",
}


def refusal(resource_type: str, *pairs: tuple[str, str], lenient: bool = False) -> QueryInvalid:
    with pytest.raises(QueryInvalid) as caught:
        parse(resource_type, pairs, lenient=lenient)
    assert caught.value.what
    assert caught.value.remedy
    return caught.value


def one(resource_type: str, name: str, value: str, base: str = "") -> Criterion:
    (criterion,) = parse(resource_type, [(name, value)], base=base).criteria
    return criterion


# What is understood


def test_commas_are_alternatives_and_repetition_is_both():
    query = parse("Observation", [("code", "a,b"), ("code", "c")])
    assert [len(criterion.wanted) for criterion in query.criteria] == [2, 1]


def test_escaped_separators_are_meant_literally():
    criterion = one("Observation", "code", r"http://a\|b|x\,y\$\\")
    assert criterion.wanted == (TokenWanted(r"http://a|b", "x,y$\\"),)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("x", TokenWanted(None, "x")),
        ("|x", TokenWanted("", "x")),
        ("s|", TokenWanted("s", None)),
        ("s|x", TokenWanted("s", "x")),
    ],
)
def test_a_token_has_four_forms(value, wanted):
    assert one("Observation", "code", value).wanted == (wanted,)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("subject", "siti", Reference(None, "siti")),
        ("subject", "Patient/siti", Reference("Patient", "siti")),
        ("subject", "Patient/siti/_history/4", Reference("Patient", "siti")),
        ("subject", f"{BASE}/Patient/siti", Reference("Patient", "siti")),
        ("subject", "https://x.example/Patient/1", Reference(url="https://x.example/Patient/1")),
        ("subject:Patient", "siti", Reference("Patient", "siti")),
        ("subject:Patient", "Patient/siti", Reference("Patient", "siti")),
    ],
)
def test_a_reference_is_local_or_an_address(name, value, wanted):
    assert one("Observation", name, value, base=BASE).wanted == (wanted,)


def test_a_chain_goes_one_step_to_each_type_that_may_be_there():
    criterion = one("DocumentReference", "author.identifier", "s|x")
    types = [resource_type for resource_type, _ in criterion.chain]
    assert types == ["Organization", "Patient", "Practitioner", "PractitionerRole"]
    assert {inner.wanted for _, inner in criterion.chain} == {(TokenWanted("s", "x"),)}
    assert criterion.wanted == ()


def test_a_chain_may_name_its_type_and_its_modifier():
    criterion = one("Observation", "subject:Patient.name:exact", "Siti")
    ((resource_type, inner),) = criterion.chain
    assert (resource_type, inner.modifier) == ("Patient", "exact")


def test_the_results_are_asked_for_in_the_standards_words():
    results = parse(
        "Observation",
        [
            ("_sort", "-date,status"),
            ("_count", "20"),
            ("_include", "Observation:subject:Patient"),
            ("_include", "Observation:*"),
            ("_revinclude", "Provenance:target"),
            ("_elements", "status,code,status"),
            ("_total", "accurate"),
            ("_format", "application/fhir json"),
            ("_pretty", "true"),
            ("_summary", "false"),
        ],
    ).results
    assert list(map(str, results.sort)) == ["-date", "status"]
    assert results.includes[0] == Include("Observation", "subject", "Patient")
    assert len(results.includes[1].parameters()) > 5
    assert results.elements == ("status", "code")
    assert (results.summary, results.total) == (Summary.FALSE, Total.ACCURATE)
    assert (results.count, results.format, results.pretty) == (20, "application/fhir+json", True)


def test_a_page_has_a_largest_size():
    assert parse("Patient", [("_count", "999999999")]).results.count == COUNT_MAX
    assert parse("Patient", [("_count", "0")]).results.count == 0


def test_lenient_handling_drops_what_there_is_not_and_says_so():
    query = parse(
        "Observation",
        [
            ("sandwich", "x"),
            ("status", "final"),
            ("code", ""),
            ("subject.sandwich", "x"),
            ("1", ""),
        ],
        lenient=True,
    )
    assert query.ignored == ("sandwich", "code", "subject.sandwich")
    assert query.pairs() == [("status", "final")]


def test_what_was_answered_elsewhere_can_be_taken_out():
    query = parse("Observation", [("patient", "siti"), ("status", "final")])
    assert query.without(query.criteria[:1]).pairs() == [("status", "final")]


# What is refused


@pytest.mark.parametrize("kind", sorted(CODES))
@pytest.mark.parametrize("modifier", sorted(STANDARD_MODIFIERS))
def test_each_type_has_the_modifiers_of_its_table_and_no_others(kind, modifier):
    value = "true" if modifier == "missing" else VALUES[kind]
    pairs = (f"{CODES[kind]}:{modifier}", value)
    if modifier in MODIFIERS[kind]:
        assert one("Observation", *pairs).modifier == modifier
    else:
        error = refusal("Observation", pairs, lenient=True)
        assert error.field == pairs[0]
        assert "modifier" in error.what


def test_a_uri_has_missing_alone_and_every_type_a_form_for_its_remedy():
    assert one("ServiceRequest", "instantiates-uri:missing", "true").modifier == "missing"
    for modifier in ("above", "below", "contains"):
        refusal("ServiceRequest", (f"instantiates-uri:{modifier}", "urn:x"))
    assert set(FORMS) == set(MODIFIERS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("code", "a,,b"), ("code", "|"), ("code", "a|b|c"), ("code", "a\\b"), ("code", "a\\"),
        ("code:missing", "perhaps"), ("code:", "x"), ("code:Patient", "x"),
        ("subject", "not an id"), ("subject:Patient", "Group/1"), ("subject:Sandwich", "1"),
        ("date", "xx2024"), ("date", "2024-02-30"), ("date", "ge"), ("date", "kemarin"),
        ("value-quantity", "five"), ("value-quantity", "5|mg"), ("value-quantity", "5|s|"),
        ("value-string", "  "),
        ("code-value-quantity", "a"), ("code-value-quantity", "a$5$b"),
        ("code-value-quantity", "$5"),
        ("code.text", "x"), ("subject.name.x", "x"), ("subject:Group.name", "x"),
        ("subject:Patient.birthdate", "kemarin"),
        ("_has:Observation:patient:code", "x"), ("_id:not-in", "x"),
        ("_sort", "sandwich"), ("_sort", "subject"), ("_sort", ""), ("_sort", "date,"),
        ("_sort:desc", "date"),
        ("_count", "-1"), ("_count", "many"), ("_count", "1" * 10), ("_count", "５"),
        ("_include", "*"), ("_include", "Observation"), ("_include", "Observation:code"),
        ("_include", "Patient:link"), ("_include", "Observation:subject:Sandwich"),
        ("_include:iterate", "Observation:subject"), ("_include:sandwich", "Observation:subject"),
        ("_revinclude", "Observation:subject"), ("_revinclude", "Provenance:target:Patient"),
        ("_revinclude:recurse", "Provenance:target"),
        ("_summary", "yes"), ("_elements", "a,b.c"), ("_elements", ","), ("_total", "1"),
        ("_format", "xml"), ("_pretty", "1"),
        ("_text", "x"), ("_content", "x"), ("_list", "x"), ("_query", "x"), ("_filter", "x"),
        ("_contained", "true"), ("_type", "Patient"), ("sandwich", "x"), ("code", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused_at_its_parameter(name, value):
    error = refusal("Observation", (name, value))
    assert error.field == name


def test_reverse_chains_are_refused_under_lenient_handling_too():
    error = refusal("Patient", ("_has:Observation:patient:code", "x"), lenient=True)
    assert "not supported" in error.what


def test_a_parameter_that_says_one_thing_is_given_once():
    refusal("Patient", ("_count", "1"), ("_count", "2"))
    refusal("Patient", ("_sort", "name"), ("_sort", "name"))
    refusal("Patient", ("_pretty", "false"), ("_pretty", "true"))


def test_a_summary_and_single_elements_do_not_go_together():
    assert refusal("Patient", ("_summary", "true"), ("_elements", "name")).field == "_elements"
    parse("Patient", [("_summary", "false"), ("_elements", "name")])


def test_another_type_is_not_searched():
    assert refusal("Sandwich").field is None


@pytest.mark.parametrize(
    "pairs",
    [
        [("status", "final")] * (PARAMETERS_MAX + 1),
        [("code", "x" * (VALUE_LENGTH_MAX + 1))],
        [("code", ",".join(["x"] * (ALTERNATIVES_MAX + 1)))],
        [("code", ",".join(["x"] * (ALTERNATIVES_MAX // 2 + 1)))] * 2,
        [("_sort", ",".join(["date"] * (SORT_KEYS_MAX + 1)))],
        [("_include", "Observation:subject")] * (INCLUDES_MAX + 1),
        [("_elements", ",".join(f"a{'b' * n}" for n in range(ELEMENTS_MAX + 1)))],
    ],
)
def test_every_list_has_its_limit(pairs):
    what = refusal("Observation", *pairs).what
    assert any(words in what for words in ("more than", "longer than", "up to"))


# Properties


@given(st.lists(st.text(), min_size=1), st.sampled_from(",|$"))
def test_escaped_texts_are_parted_and_come_back_as_they_were(texts, separator):
    joined = separator.join(map(escaped, texts))
    assert [unescaped(part) for part in split(joined, separator)] == texts


@given(st.text(alphabet="ab\\,|$"))
def test_a_backslash_escapes_a_special_letter_or_is_refused(text):
    try:
        literal = unescaped(text)
    except ValueError:
        assert "\\" in text
    else:
        assert unescaped(escaped(literal)) == literal


NAMES = st.one_of(
    st.sampled_from(sorted({c for t in resource_types() for c in parameters_of(t)})),
    st.sampled_from(
        "_sort _count _include _revinclude _summary _elements _total _format _pretty "
        "patient.name subject:Patient.identifier author.name:exact _has:a:b:c".split()
    ),
    st.text(max_size=12),
)
SUFFIXES = st.one_of(
    st.just(""),
    st.sampled_from([*sorted(STANDARD_MODIFIERS), "Patient", "iterate", ""]).map(":{}".format),
)
PIECES = st.one_of(
    st.sampled_from(
        "ge lt ap eq 2024 -01 -31 T09:30 Z 5.4 e2 | , $ \\ Patient/ siti true false * : "
        "Observation:subject http:// - + urn:x".split()
    ),
    st.text(max_size=4),
)
PAIRS = st.lists(
    st.tuples(
        st.tuples(NAMES, SUFFIXES).map("".join),
        st.lists(PIECES, max_size=6).map("".join),
    ),
    max_size=4,
)


@given(st.sampled_from(sorted(resource_types())), PAIRS, st.booleans())
@example("Observation", [("code", "\\")], False)
def test_any_query_parses_and_comes_back_from_its_self_link_or_is_refused(
    resource_type, pairs, lenient
):
    how: dict[str, Any] = {"base": BASE, "now": datetime(2024, 6, 1, tzinfo=UTC)}
    try:
        query = parse(resource_type, pairs, lenient=lenient, **how)
    except QueryInvalid:
        return
    again = parse(resource_type, query.pairs(), **how)
    assert (again.criteria, again.results) == (query.criteria, query.results)
    assert again.ignored == ()


@given(
    st.sampled_from(sorted(resource_types())),
    st.tuples(NAMES, SUFFIXES).map("".join),
    st.sampled_from(["", "ge", "|", ",,", "\\", "Patient/", "a$", "5|", ":"]),
    st.sampled_from([SECRET, SECRET_NAME]),
    st.sampled_from(["", "|", ",,", "\\", "$", "/x", "-"]),
)
def test_what_was_asked_is_in_no_error_and_no_repr(resource_type, name, before, secret, after):
    for value in (before + secret + after, secret):
        try:
            query = parse(resource_type, [(name, value)])
        except QueryInvalid as error:
            chain = [error, error.__cause__]
            assert not any(secret in repr(item) or secret in str(item) for item in chain if item)
        else:
            results_say = {"_elements"}  # names of elements, not of people
            if name.partition(":")[0] not in results_say:
                assert secret not in repr(query)


@pytest.mark.parametrize("name", [SECRET, f"name={SECRET}", f"patient:{SECRET}", "nama pasien"])
def test_a_number_in_the_place_of_a_name_is_not_said_again(name):
    error = refusal("Patient", (name, "x"))
    assert error.field is None
    assert SECRET not in str(error)
    assert parse("Patient", [(name, "x")], lenient=True).ignored == ()
