"""Queries match as PS3.4 § C.2.2.2 says, and the fuzzy ones as Indonesian names need it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.dicom import JsonDataset
from segel.domain.matching import (
    FilterInvalid,
    day_range,
    is_universal,
    matches,
    validate_filters,
    value_list,
    wildcard_match,
)

NAME, PATIENT_ID, STUDY_DATE, STUDY_TIME = "00100010", "00100020", "00080020", "00080030"
STUDY_UID, ACCESSION, MODALITIES, DESCRIPTION = "0020000D", "00080050", "00080061", "00081030"

STUDY: JsonDataset = {
    NAME: {
        "vr": "PN",
        "Value": [{"Alphabetic": "Suhardjo^Moehammad Jusuf", "Ideographic": "山田^太郎"}],
    },
    PATIENT_ID: {"vr": "LO", "Value": ["MRN-7a"]},
    STUDY_DATE: {"vr": "DA", "Value": ["20240229"]},
    STUDY_TIME: {"vr": "TM", "Value": ["103015.250000"]},
    STUDY_UID: {"vr": "UI", "Value": ["1.2.3"]},
    ACCESSION: {"vr": "SH", "Value": ["A*1"]},
    MODALITIES: {"vr": "CS", "Value": ["CT", "SR"]},
    DESCRIPTION: {"vr": "LO", "Value": ["CT Thorax"]},
    "00200011": {"vr": "IS", "Value": [7]},
    "0008002A": {"vr": "DT", "Value": ["20240229103000+0700"]},
    "00080090": {"vr": "PN"},
}


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        # universal, present or not
        (NAME, "", True),
        (NAME, "*", True),
        ("00080090", "", True),
        ("00080090", "*", True),
        ("00104000", "", True),
        ("00080090", "a", False),
        ("00104000", "a", False),
        # person names: case, accents, groups, carets, order
        (NAME, "SUHARDJO^MOEHAMMAD JUSUF", True),
        (NAME, "suhardjo^moehammad  jusuf^^", True),
        (NAME, "Suhardjö^Moehammad Jusuf", True),
        (NAME, "Suhardjo", False),
        (NAME, "Suhardjo*", True),
        (NAME, "suhard?o^*", True),
        (NAME, "Moehammad Jusuf^Suhardjo", False),
        (NAME, "山田^太郎", True),
        (NAME, "=山田*", True),
        (NAME, "Suhardjo*=山田*", True),
        (NAME, "Suhardjo*=鈴木*", False),
        (NAME, "=Suhardjo*", False),
        # identifiers are exact, descriptions are not
        (PATIENT_ID, "MRN-7a", True),
        (PATIENT_ID, "mrn-7A", False),
        (PATIENT_ID, "MRN-?a", True),
        (ACCESSION, "A*1", True),
        (ACCESSION, "A1", False),
        (DESCRIPTION, "*thorax", True),
        (DESCRIPTION, "thorax", False),
        # lists
        (STUDY_UID, "1.2.3", True),
        (STUDY_UID, "1.2.4\\1.2.3", True),
        (STUDY_UID, "1.2.4,1.2.3", True),
        (STUDY_UID, "1.2", False),
        (STUDY_UID, "1.2.*", False),
        (MODALITIES, "SR", True),
        (MODALITIES, "MR\\CT", True),
        (MODALITIES, "MR", False),
        # numbers by value
        ("00200011", "7", True),
        ("00200011", "07.0", True),
        ("00200011", "8", False),
        # dates and times
        (STUDY_DATE, "20240229", True),
        (STUDY_DATE, "20240228", False),
        (STUDY_DATE, "20240101-20241231", True),
        (STUDY_DATE, "20240229-", True),
        (STUDY_DATE, "-20240229", True),
        (STUDY_DATE, "20240301-", False),
        (STUDY_DATE, "-20240228", False),
        (STUDY_DATE, "2024.02.29", True),
        (STUDY_DATE, "202402*", False),
        (STUDY_TIME, "10", True),
        (STUDY_TIME, "1030", True),
        (STUDY_TIME, "103015", True),
        (STUDY_TIME, "10:30", True),
        (STUDY_TIME, "103016", False),
        (STUDY_TIME, "1000-1030", True),
        (STUDY_TIME, "-1029", False),
        (STUDY_TIME, "103015.25-", True),
        ("0008002A", "20240229", True),
        ("0008002A", "20240229033000+0000", True),
        ("0008002A", "20240229103000+0000", False),
        ("0008002A", "20240229-20240301", True),
        ("0008002A", "20240229000000-0500-20240301", False),
        ("0008002A", "2024", True),
    ],
)
def test_each_kind_of_matching(tag: str, value: str, expected: bool) -> None:
    assert matches(STUDY, {tag: value}) is expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("길동", "길?", True),
        ("길동", "길??", False),
        ("がん", "かん", False),
        ("ガン", "ｶﾞﾝ", True),
        ("Łukasz^José", "Łukasz^JOSE", True),
        ("Müller", "MULLER", True),
    ],
)
def test_scripts_keep_what_tells_their_words_apart(name: str, value: str, expected: bool) -> None:
    dataset: JsonDataset = {NAME: {"vr": "PN", "Value": [{"Alphabetic": name}]}}
    assert matches(dataset, {NAME: value}) is expected


def test_every_key_has_to_match() -> None:
    assert matches(STUDY, {})
    assert matches(STUDY, {STUDY_DATE: "2024-", PATIENT_ID: "MRN*"}) is False  # malformed date
    assert matches(STUDY, {STUDY_DATE: "20240101-", PATIENT_ID: "MRN*"})
    assert not matches(STUDY, {STUDY_DATE: "20240101-", PATIENT_ID: "X*"})


@pytest.mark.parametrize(
    "value",
    [
        "Suharjo",
        "jusuf suharjo",
        "Muhammad Yusuf Suharjo",
        "SUHARDJO",
        "moehamad",
        "Suhardjo^Yusup",
        "Suha*",
    ],
)
def test_fuzzy_names_meet_across_spellings_and_order(value: str) -> None:
    assert matches(STUDY, {NAME: value}, fuzzy=True)


@pytest.mark.parametrize("value", ["Sukarno", "Suharjo Budi", "Joko", "Su"])
def test_fuzzy_names_are_not_everybody(value: str) -> None:
    assert not matches(STUDY, {NAME: value}, fuzzy=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Soekarno", "Sukarno"),
        ("Djoko", "Joko"),
        ("Tjipto", "Cipto"),
        ("Jusuf", "Yusuf"),
        ("Soerjadi", "Suryadi"),
        ("Chairil", "Hairil"),
        ("Njoto", "Nyoto"),
    ],
)
def test_old_and_new_spelling_are_one_name(old: str, new: str) -> None:
    for stated, asked in ((old, new), (new, old)):
        dataset: JsonDataset = {NAME: {"vr": "PN", "Value": [{"Alphabetic": f"X^{stated}"}]}}
        assert matches(dataset, {NAME: asked}, fuzzy=True)
        assert not matches(dataset, {NAME: asked})


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wildcards_are_those_of_a_regular_expression(pattern: str, text: str) -> None:
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert wildcard_match(pattern, text) == bool(re.fullmatch(expression, text))


def test_wildcards_cannot_be_made_slow() -> None:
    assert not wildcard_match("*a" * 500 + "b", "a" * 5000)


@given(st.dates(), st.dates())
def test_a_day_matches_the_ranges_it_lies_in(day: object, other: object) -> None:
    written, bound = (str(value).replace("-", "") for value in (day, other))
    dataset: JsonDataset = {STUDY_DATE: {"vr": "DA", "Value": [written]}}
    assert matches(dataset, {STUDY_DATE: f"{bound}-"}) == (written >= bound)
    assert matches(dataset, {STUDY_DATE: f"-{bound}"}) == (written <= bound)
    assert matches(dataset, {STUDY_DATE: bound}) == (written == bound)
    assert matches(dataset, {STUDY_DATE: f"{bound}-{bound}"}) == (written == bound)


def test_days_of_a_range_are_told_for_tokens() -> None:
    def days(value: str) -> list[str] | None:
        found = day_range(value)
        return None if found is None else [str(day) for day in found]

    assert days("") is None
    assert days("*") is None
    assert days("20240229") == ["2024-02-29", "2024-02-29"]
    assert days("20240101-20240131") == ["2024-01-01", "2024-01-31"]
    assert days("20240101-") == ["2024-01-01", "None"]
    assert days("-20240131") == ["None", "2024-01-31"]
    with pytest.raises(FilterInvalid):
        day_range("last week")


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("PatientName", "x"),
        ("0010001", "x"),
        ("0010001g", "x"),
        (STUDY_DATE, "20240230"),
        (STUDY_DATE, "2024"),
        (STUDY_DATE, "20240131-20240101"),
        (STUDY_DATE, "-"),
        (STUDY_DATE, "202401*"),
        (STUDY_TIME, "25"),
        (STUDY_TIME, "1200-1100"),
        ("0008002A", "20241301"),
        (STUDY_UID, "1.2.*"),
        (STUDY_UID, "1.2.a/b"),
        (STUDY_UID, ","),
        (STUDY_UID, "1." * 40 + "1"),
        (STUDY_UID, "\\".join(["1.2"] * 201)),
        ("00200011", "seven"),
        (NAME, "x" * 10_000),
        (NAME, "a\0b"),
        (MODALITIES, "\\".join(["CT"] * 201)),
    ],
)
def test_malformed_keys_are_refused_with_what_to_write(tag: str, value: str) -> None:
    with pytest.raises(FilterInvalid) as caught:
        validate_filters({tag: value})
    assert caught.value.field
    assert caught.value.remedy
    assert value not in str(caught.value) or len(value) < 5


def test_too_many_keys_are_refused() -> None:
    with pytest.raises(FilterInvalid):
        validate_filters({f"{0x00100000 + number:08X}": "x" for number in range(65)})


KEYS = st.sampled_from([*sorted(STUDY), "00104000"])


@given(st.dictionaries(KEYS, st.text(max_size=20), max_size=4), st.booleans())
def test_no_query_raises_anything_else(filters: dict[str, str], fuzzy: bool) -> None:
    try:
        validate_filters(filters)
    except FilterInvalid:
        return
    assert matches(STUDY, filters, fuzzy=fuzzy) in (True, False)


@given(st.text(max_size=20))
def test_lists_and_universal_values(text: str) -> None:
    assert all(part and part == part.strip() for part in value_list(text, commas=True))
    assert is_universal(text) == (not text.replace("*", "").replace(" ", ""))
