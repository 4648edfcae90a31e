"""What a desk types: whom it means, and what of a registration is wrong."""

from datetime import date

import pytest

from segel.console.people_terms import PeopleUnclear, read_people, why_found
from segel.console.registration_form import birth_date, form_of_registration, read_registration
from segel.domain.patient import PatientIdentity
from segel.domain.registration import Registration

TODAY = date(2026, 11, 28)
NIK = "9901015502900003"
CARD = "9901011502180004"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (NIK, [("number", NIK)]),
        (f"KK {CARD}", [("kk", CARD)]),
        ("nik ibu: 990101 550290 0003", [("nik-ibu", NIK)]),
        ("0812-3456-7890", [("phone", "6281234567890")]),
        ("+62 812 3456 7890", [("phone", "6281234567890")]),
        ("hp 021 555 1234", [("phone", "62215551234")]),
        ("021-5551234", [("number", "021-5551234")]),
        ("nik 990101 550290 0003", [("number", NIK)]),
        ("RM 00-12-34", [("number", "00-12-34")]),
        ("B1234567", [("number", "B1234567")]),
        ("sri wulandari 1990", [("name", "sri wulandari"), ("born", "1990")]),
        ("Sri Wulandari, 36 th", [("name", "Sri Wulandari"), ("born", "1989–1990")]),
        ("lahir 15/02/1990 SRI", [("name", "SRI"), ("born", "19900215")]),
        ("1990-02-15 sri", [("name", "sri"), ("born", "19900215")]),
    ],
)
def test_a_number_or_a_name_with_the_birth_says_who_is_meant(
    text: str, said: list[tuple[str, str]]
) -> None:
    terms = read_people(text, TODAY)
    assert terms is not None
    assert list(terms.said) == said


def test_a_row_says_by_which_number_it_was_found_and_nothing_that_was_not_typed() -> None:
    mother = PatientIdentity(nik=NIK, phones=("62215551234",))
    child = PatientIdentity(nik="9901015503200001", mothers_nik=NIK, family_card=CARD)

    def why(text: str, who: PatientIdentity) -> str:
        terms = read_people(text, TODAY)
        assert terms is not None
        return why_found(who, terms.query.numbers)

    assert why(NIK, mother) == "nik"
    assert why(NIK, child) == "nik-ibu"
    assert why(CARD, child) == why(f"kk {CARD}", child) == "kk"
    assert why("021-5551234", mother) == "phone"
    assert why("rm 77", PatientIdentity(patient_id="77")) == "mrn"
    assert why("rm 77", mother) == "linked"
    assert why("RM 08-12-34-56", PatientIdentity(patient_id="08-12-34-56")) == "mrn"
    assert why("Sri 1990", mother) == ""


@pytest.mark.parametrize("text", ["sri", "1990", "36 tahun", "RM-1 RM-2"])
def test_what_would_find_too_many_is_told_what_is_missing(text: str) -> None:
    with pytest.raises(PeopleUnclear):
        read_people(text, TODAY)


def test_nothing_typed_looks_for_nobody() -> None:
    assert read_people("  ", TODAY) is None


@pytest.mark.parametrize(
    ("text", "born"),
    [
        ("", ""),
        ("1990", "1990"),
        ("1990-02", "1990-02"),
        ("Feb 1990", "1990-02"),
        ("15/02/1990", "1990-02-15"),
        ("15 Februari 1990", "1990-02-15"),
        ("31/12/2030", None),
        ("2030", None),
        ("1990-13", None),
        ("kapan", None),
        ("15/02/1990 16/02/1990", None),
    ],
)
def test_a_birth_date_is_read_as_far_as_it_is_known(text: str, born: str | None) -> None:
    assert birth_date(text, TODAY) == born


def test_a_form_says_which_fields_hinder_and_of_which_the_card_says_otherwise() -> None:
    good = read_registration(
        {"name": " Sri  Wulandari ", "nik": NIK, "birth_date": "15/02/1990", "sex": "F"}, TODAY
    )
    assert (good.faults, good.doubts) == ((), ())
    assert good.about == Registration(
        name="Sri Wulandari", nik=NIK, birth_date="1990-02-15", sex="F"
    )
    assert form_of_registration(good.about).typed["birth_date"] == "1990-02-15"
    bad = read_registration(
        {"nik": "12", "birth_date": "kapan", "passport": "?", "record_number": "x" * 65,
         "health_number": "P", "phone": "9" * 41, "address": "a\x00b", "sex": "Z"}, TODAY
    )  # fmt: skip
    assert set(bad.faults) == {
        "name", "nik", "birth_date", "passport", "record_number", "health_number", "phone",
        "address",
    }  # fmt: skip
    assert bad.typed["nik"] == "12"
    unnamed = read_registration({"unnamed": "1"}, TODAY)
    assert unnamed.faults == ()
    doubtful = read_registration(
        {"name": "Budi", "nik": NIK, "birth_date": "1991", "sex": "M"}, TODAY
    )
    assert (doubtful.faults, doubtful.doubts) == ((), ("sex",))
