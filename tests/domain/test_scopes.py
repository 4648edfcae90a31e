"""SMART scopes: one form for one permission, and never more than was granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain import scopes as s

LETTERS = st.sets(st.sampled_from(s.INTERACTIONS), min_size=1).map(
    lambda found: "".join(letter for letter in s.INTERACTIONS if letter in found)
)
RESOURCES = st.sampled_from(["*", "ImagingStudy", "Patient", "Observation"])
QUERIES = st.sampled_from(["", "category=laboratory", "_tag=a|b&x=1"])
CLINICAL = st.builds(s.Scope, st.sampled_from(list(s.Context)), RESOURCES, QUERIES, LETTERS)
LISTS = st.lists(CLINICAL, min_size=1, max_size=8)


def text_of(scopes: list[s.Scope]) -> str:
    return " ".join(map(str, scopes))


def left_of(text: str, resource: str) -> frozenset[str]:
    letters = s.letters_by_type(text)
    assert letters is not None
    return s.letters_of(letters, resource)


@given(LISTS, st.randoms())
def test_the_same_scopes_in_any_order_and_any_parts_are_the_same_value(scopes, random) -> None:
    parsed = s.parse(text_of(scopes))
    apart = [
        s.Scope(scope.context, scope.resource, scope.query, letter)
        for scope in scopes
        for letter in scope.interactions
    ]
    random.shuffle(apart)
    if len(apart) <= s.SCOPES_MAX:
        assert s.parse(text_of(apart)) == parsed
    assert s.parse(str(parsed)) == parsed


@given(LISTS, LISTS)
def test_what_is_not_beyond_permits_nothing_more(asked, granted) -> None:
    some, all_ = s.parse(text_of(asked)), s.parse(text_of(granted))
    if not some.beyond(all_):
        for resource in ("ImagingStudy", "Patient", "Observation"):
            assert left_of(str(some), resource) <= left_of(str(all_), resource)


@given(LISTS)
def test_nothing_is_beyond_itself_and_all_is_beyond_nothing(scopes) -> None:
    parsed = s.parse(text_of(scopes))
    assert not parsed.beyond(parsed)
    assert parsed.beyond(s.Scopes(())) == parsed


@given(LISTS, CLINICAL)
def test_one_scope_more_never_narrows(scopes, more) -> None:
    for resource in ("ImagingStudy", "Patient", "Observation"):
        assert left_of(text_of(scopes), resource) <= left_of(text_of([*scopes, more]), resource)


@given(st.text(max_size=200))
def test_any_text_is_scopes_or_is_refused(text) -> None:
    try:
        parsed = s.parse(text)
    except s.ScopeInvalid:
        return
    assert s.parse(str(parsed)) == parsed


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "system/ImagingStudy", "system/ImagingStudy.", "system/ImagingStudy.sr",
        "system/ImagingStudy.rr", "system/ImagingStudy.read", "System/ImagingStudy.r",
        "system/imagingStudy.r", "system/**.r", "system/ImagingStudy.rs?", "everything",
        "system/ImagingStudy.r\tx", "system/ImagingStudy.r\nsystem/Patient.r", "a" * 5_000,
        " ".join(f"system/Patient{letter}.r" for letter in "abcdefghijklm" * 6),
    ],
    ids=lambda text: repr(text[:24]),
)  # fmt: skip
def test_what_is_no_scope_is_refused(text) -> None:
    with pytest.raises(s.ScopeInvalid):
        s.parse(text)


def test_a_session_without_scopes_is_not_narrowed() -> None:
    assert s.letters_by_type(None) is None


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", ""),
        ("openid launch", ""),
        ("system/ImagingStudy.rs", "rs"),
        ("system/ImagingStudy.c user/ImagingStudy.r", "cr"),
        ("system/*.rs", "rs"),
        ("system/Patient.cruds", ""),
        ("patient/ImagingStudy.rs", ""),
        ("system/ImagingStudy.rs?modality=CT", ""),
    ],
)
def test_what_scopes_leave_of_studies(text, letters) -> None:
    assert left_of(text, "ImagingStudy") == frozenset(letters)
    assert left_of(text, "Patient") == frozenset(
        "cruds" if "Patient" in text else "rs" if "*" in text else ""
    )
