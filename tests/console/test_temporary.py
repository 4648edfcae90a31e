"""Who has no name yet: what newborns and unknown patients are called, and what is asked of them."""

from datetime import UTC, date, datetime

from segel.console.temporary import newborn_of, read_newborn, read_unknown, unknown_name
from segel.domain.registration import Registration

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 20, 31, tzinfo=UTC)
NIK = "9901015502900003"
MOTHER = Registration(name="Rahmi Hasanah", nik=NIK, phone="0812", address="Jalan Melati 1")


def test_a_newborn_begins_with_what_the_mother_has() -> None:
    begun = newborn_of(MOTHER, TODAY)
    assert (begun.name, begun.mothers_nik, begun.mother) == (
        "Bayi Ny. Rahmi Hasanah", NIK, "Rahmi Hasanah",
    )  # fmt: skip
    assert (begun.nik, begun.birth_date, begun.temporary) == ("", "2026-11-28", "1")


def test_twins_are_called_by_their_order_and_a_child_with_a_name_by_it() -> None:
    form = {"mother": "Rahmi", "mothers_nik": NIK, "birth_date": "28/11/2026", "sex": "F"}
    second = read_newborn({**form, "birth_order": "2"}, TODAY)
    assert (second.faults, second.about.name, second.about.temporary) == (
        (), "Bayi Ny. Rahmi II", "1",
    )  # fmt: skip
    named = read_newborn({**form, "own_name": "Dewi Lestari"}, TODAY).about
    assert (named.name, named.temporary) == ("Dewi Lestari", "")


def test_a_newborn_has_a_mother_and_a_day() -> None:
    assert set(read_newborn({"birth_date": "2026", "birth_order": "10"}, TODAY).faults) == {
        "mother", "birth_date", "birth_order",
    }  # fmt: skip


def test_an_unknown_patient_is_called_by_title_and_arrival_and_their_age_is_a_guess() -> None:
    read = read_unknown({"sex": "M", "age": "40", "record_number": "IGD-7"}, NOW)
    assert read.faults == ()
    assert read.about == Registration(
        name="Tn. X 28-11-2026 20.31", birth_date="1986", sex="M", record_number="IGD-7",
        estimated="1", temporary="1",
    )  # fmt: skip
    assert unknown_name("F", 30, NOW).startswith("Ny. X ")
    assert unknown_name("F", 8, NOW).startswith("An. X ")
    assert unknown_name("O", None, NOW).startswith("X ")
    missing = read_unknown({"age": "umur"}, NOW)
    assert set(missing.faults) == {"sex", "age", "record_number"}
    assert missing.typed["age"] == "umur"
