"""What explains an access, and the order in which an officer reads the rest. Pure."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.broker.explanations import (
    IN_A_ROW_MIN,
    SERIES_NAMES,
    STUDY_NAMES,
    Facts,
    is_listed,
    is_other_department,
    is_same_person,
    may_be_family,
    named_in,
    person_names,
    score,
    signals,
)
from segel.domain.dicom import JsonDataset
from segel.domain.reasons import Explanation, Signal


def _named(tag: str, *names: str) -> JsonDataset:
    return {tag: {"vr": "PN", "Value": [{"Alphabetic": name} for name in names]}}


@pytest.mark.parametrize(
    ("account", "written", "same"),
    [
        ("dr. Made Wirawan, Sp.Rad", "WIRAWAN^MADE^^dr.^Sp.Rad", True),
        ("dr. Soewandi Djojo", "JOYO^SUWANDI", True),
        ("dr. Rina Halim", "HALIM^RINA^^dr.", True),
        ("dr. Rina Halim", "HALIM^RITA", False),
        ("dr. Rina Halim", "HALIM^RINA^PUTRI", False),
        ("Sukarno", "SUKARNO", False),  # a single word is nobody in particular
        ("dr. Rina Halim", "", False),
    ],
)
def test_a_name_is_the_accounts_only_where_all_its_words_are(
    account: str, written: str, same: bool
) -> None:
    (name, *_) = person_names(_named("00080090", written or "X"), "00080090")
    assert is_same_person(account, name) == same


def test_a_study_says_as_what_it_names_somebody() -> None:
    study = _named("00080090", "TARIGAN^YOHANES", "HALIM^RINA") | _named("00321032", "HALIM^RINA")
    assert named_in(study, "dr. Rina Halim", STUDY_NAMES) == [
        Explanation.REFERRED,
        Explanation.REQUESTED,
    ]
    assert named_in(_named("00081070", "SUSILO^JOKO"), "Joko Susilo", SERIES_NAMES) == [
        Explanation.OPERATED
    ]
    assert named_in({"00080090": {"vr": "PN"}}, "dr. Rina Halim", STUDY_NAMES) == []


@pytest.mark.parametrize(
    ("account", "patient", "family"),
    [
        ("dr. Rina Halim", "HALIM^BUDI", True),
        ("dr. Rina Halim", "HALIM^RINA", True),  # oneself
        ("Siti Rahmawati", "AMINAH^SITI", False),  # half the ward is called so
        ("dr. Made Wirawan", "SURYANI^MADE", False),
        ("dr. Rina Halim", "SANTOSO^RINALDI", False),
        ("dr. Rina Halim", "", False),
    ],
)
def test_a_rare_word_in_common_may_be_family(account: str, patient: str, family: bool) -> None:
    assert may_be_family(account, patient) == family


def test_departments_differ_only_where_both_are_said() -> None:
    radiology = {"00081040": {"vr": "LO", "Value": ["Instalasi  RADIOLOGI"]}}
    assert not is_other_department("instalasi radiologi", radiology)
    assert is_other_department("Bedah Saraf", radiology)
    assert not is_other_department("", radiology)
    assert not is_other_department("Bedah Saraf", {})


_FACTS = st.builds(
    Facts,
    explained_by=st.sampled_from([(), ("order",), ("operator", "stored-it")]),
    same_name=st.booleans(),
    protected=st.booleans(),
    hour=st.integers(0, 23),
    in_a_row=st.integers(0, 40),
    other_department=st.booleans(),
    sampled=st.booleans(),
)


@given(_FACTS, _FACTS)
def test_what_nothing_explains_stands_before_all_that_something_does(
    one: Facts, other: Facts
) -> None:
    if not one.explained_by and other.explained_by:
        assert score(signals(one)) > score(signals(other))


@given(_FACTS)
def test_a_signal_more_never_lowers_an_access(facts: Facts) -> None:
    found = set(signals(facts))
    for signal in Signal:
        assert score(found | {signal}) >= score(found)


@given(_FACTS)
def test_nothing_unexplained_stays_off_the_list(facts: Facts) -> None:
    assert is_listed(signals(facts)) or facts.explained_by


def test_each_signal_is_seen_where_it_is_and_only_there() -> None:
    quiet = Facts(explained_by=("order",))
    assert signals(quiet) == ()
    assert not is_listed(signals(quiet))
    for hour in range(24):
        asleep = Signal.OFF_HOURS in signals(Facts(("order",), hour=hour))
        assert asleep == (hour < 6 or hour >= 20)
    for row in range(6):
        many = Signal.IN_A_ROW in signals(Facts((), in_a_row=row))
        assert many == (row >= IN_A_ROW_MIN)
    for name, protected, sampled in product((True, False), repeat=3):
        found = signals(Facts(("order",), same_name=name, protected=protected, sampled=sampled))
        assert is_listed(found) == (name or protected or sampled)
