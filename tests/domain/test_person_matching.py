"""Two registrations of one person are told from those of twins, namesakes and relatives."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segel.domain.person_matching import (
    WEIGHTS,
    Degree,
    Traits,
    Verdict,
    birth_degree,
    compare,
    name_degree,
)

SITI = Traits(
    name="SITI AMINAH",
    birth_date="19800312",
    sex="F",
    numbers={"nik": "9801015203800007"},
    phone="081234567890",
    area="970001",
)


def changed(**changes: object) -> Traits:
    return replace(SITI, **changes)  # type: ignore[arg-type]


def test_twins_are_two_people_however_alike_they_are_written() -> None:
    first = Traits(name="BAYI NY RAHMI I", birth_date="20261128", sex="F", mother="9", phone="8",
                   birth_order=1)  # fmt: skip
    second = replace(first, name="BAYI NY RAHMI II", birth_order=2)
    assert compare(first, second).verdict is Verdict.DIFFERENT
    assert compare(first, replace(second, birth_order=0)).verdict is Verdict.REVIEW
    borrowed = {"nik": "9901016811260001"}
    both = compare(replace(first, numbers=borrowed), replace(second, numbers=borrowed))
    assert both.verdict is Verdict.REVIEW


def test_the_same_number_and_the_same_person_need_nobody_to_look() -> None:
    assert compare(SITI, SITI).verdict is Verdict.SAME
    for again in (
        changed(name="Ny. Siti Aminah, S.Pd."),
        changed(name="AMINAH^SITI"),
        changed(name="SITTI AMINAH"),
        changed(birth_date="19801203"),
        changed(phone="089999999999", area="971234"),
        changed(phone="", area="", sex=""),
    ):
        assert compare(SITI, again).verdict is Verdict.SAME, again


@pytest.mark.parametrize(
    "other",
    [
        changed(name="BUDI SANTOSO"),  # a husband with his wife's card
        changed(name="BUDI SANTOSO", birth_date="20200101", sex="M"),  # a child
        changed(name="SITI RAHAYU"),
        changed(sex="M"),
        changed(birth_date="19800101"),  # only the year is known
        changed(numbers={"nik": "9801015203800070"}),  # two digits exchanged
        changed(numbers={}),
    ],
)
def test_what_may_be_the_same_person_is_looked_at_and_not_linked(other: Traits) -> None:
    assert compare(SITI, other).verdict is Verdict.REVIEW


def test_a_twin_is_never_linked_by_itself() -> None:
    hasan = Traits(
        name="HASAN BASRI", birth_date="20200501", sex="M",
        numbers={"nik": "9801010105200001"}, mother=SITI.numbers["nik"], area="970001",
    )  # fmt: skip
    husen = replace(hasan, name="HASEN BASRI", numbers={"nik": "9801010105200002"})
    assert compare(hasan, husen).verdict is Verdict.REVIEW
    assert compare(replace(hasan, numbers={}), husen).verdict is Verdict.REVIEW


def test_nobody_is_linked_by_name_and_birth_date_alone() -> None:
    without_number = changed(numbers={})
    assert compare(without_number, without_number).verdict is Verdict.REVIEW


def test_strangers_are_nobody_s_work() -> None:
    other = Traits(name="BUDI SANTOSO", birth_date="19750601", sex="M", phone="0811", area="970002")
    assert compare(SITI, other).verdict is Verdict.DIFFERENT
    namesake = changed(birth_date="19611111", numbers={"nik": "9901015111610001"}, phone="0812")
    assert compare(SITI, namesake).verdict is Verdict.DIFFERENT
    assert compare(Traits(), Traits()).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    ("one", "other", "degree"),
    [
        ("SITI AMINAH", "Aminah Siti", Degree.EQUAL),
        ("SOEKARNO", "SUKARNO", Degree.SPELLING),
        ("DJOKO TJAHJONO", "JOKO CAHYONO", Degree.SPELLING),
        ("SITI AMINAH", "SITI AMIMAH", Degree.SLIP),
        ("SITI AMINAH NUR", "SITI AMINAH", Degree.SLIP),
        ("SRIWAHYUNI", "SRI WAHYUNI", Degree.SPELLING),
        ("SITI AMINAH", "SITI", Degree.PARTLY),
        ("SITI AMINAH", "SITI RAHAYU", Degree.PARTLY),
        ("SITI AMINAH", "BUDI SANTOSO", Degree.DIFFERENT),
        ("MUHAMMAD ALI", "MUHAMAD ALI", Degree.SPELLING),
    ],
)
def test_names_agree_to_a_degree(one: str, other: str, degree: Degree) -> None:
    assert name_degree(one, other) is degree
    assert name_degree(other, one) is degree


@pytest.mark.parametrize(
    ("one", "other", "degree"),
    [
        ("19800312", "19800312", Degree.EQUAL),
        ("19800312", "19801203", Degree.SLIP),
        ("19800312", "19800313", Degree.SLIP),
        ("19800312", "19810312", Degree.SLIP),
        ("19800312", "19800132", Degree.SLIP),
        ("19800312", "19800101", Degree.PARTLY),
        ("19800312", "19750601", Degree.DIFFERENT),
    ],
)
def test_birth_dates_agree_to_a_degree(one: str, other: str, degree: Degree) -> None:
    assert birth_degree(one, other) is degree
    assert birth_degree(other, one) is degree


names = st.text("ABDEIMNORSTU ", min_size=1, max_size=18).filter(lambda text: text.strip() != "")
dates = st.dates().map(lambda day: f"{day:%Y%m%d}")
traits = st.builds(
    Traits,
    name=names,
    birth_date=dates,
    sex=st.sampled_from(["M", "F", ""]),
    numbers=st.dictionaries(
        st.sampled_from(["nik", "passport", "health", "mrn"]), st.sampled_from("123"), max_size=3
    ),
    mother=st.sampled_from(["", "1", "2"]),
    phone=st.sampled_from(["", "1", "2"]),
    area=st.sampled_from(["", "1", "2"]),
)


@given(traits, traits)
def test_it_does_not_matter_who_came_first(one: Traits, other: Traits) -> None:
    forth, back = compare(one, other), compare(other, one)
    assert forth == back
    assert set(forth.degrees) <= set(WEIGHTS)


@given(traits)
def test_everybody_is_like_themselves(one: Traits) -> None:
    result = compare(one, one)
    assert set(result.degrees.values()) <= {Degree.EQUAL}
    assert result.bits >= 0


@given(traits, traits)
def test_without_a_number_in_common_nobody_is_linked(one: Traits, other: Traits) -> None:
    shared = set(one.numbers.items()) & set(other.numbers.items())
    assert shared or compare(one, other).verdict is not Verdict.SAME
