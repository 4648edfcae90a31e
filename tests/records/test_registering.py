"""A desk's form written onto a Patient resource: what it does not show stays."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from segel.domain.registration import Registration
from segel.records.offering import valid
from segel.records.people import identity_of
from segel.records.registering import registration_of, written

HOSPITAL = UUID(int=7)
NIK = "9901015502900003"
OLD, SECOND, NEW = "0812-1111-0001", "0812-1111-0002", "0812-1111-0003"
KNOWN: dict[str, Any] = {
    "resourceType": "Patient",
    "name": [{"use": "nickname", "text": "Ningrum"}, {"use": "official", "text": "Sekar Arum"}],
    "telecom": [
        {"system": "email", "value": "n@contoh.example"},
        {"system": "phone", "value": SECOND, "rank": 2},
        {"system": "phone", "value": OLD, "rank": 1},
        {"system": "sms", "value": SECOND},
    ],
    "address": [{"use": "home", "text": "Jalan Melati 1"}, {"use": "work", "text": "Pasar Baru"}],
    "gender": "unknown",
    "multipleBirthInteger": 2,
    "contact": [{"name": {"text": "Rahmi"}}],
}


def test_a_form_shows_the_official_name_and_the_preferred_phone() -> None:
    shown = registration_of(KNOWN)
    assert (shown.name, shown.phone, shown.address, shown.sex) == (
        "Sekar Arum", OLD, "Jalan Melati 1", "",
    )  # fmt: skip


def test_a_phone_that_changes_leaves_the_other_phones_alone() -> None:
    made = written(KNOWN, replace(registration_of(KNOWN), phone=NEW), HOSPITAL)
    assert made["telecom"] == [
        {"system": "phone", "value": NEW, "rank": 1},
        *KNOWN["telecom"][:2],
        {"system": "phone", "value": OLD, "rank": 1, "use": "old"},
        KNOWN["telecom"][3],
    ]
    assert identity_of(made).phones == ("6281211110003", "6281211110002")
    gone = written(KNOWN, replace(registration_of(KNOWN), phone=""), HOSPITAL)
    assert registration_of(gone).phone == SECOND


def test_a_name_and_an_address_that_change_leave_the_others_alone() -> None:
    changed = replace(registration_of(KNOWN), name="Sekar Arum Dewi", address="Jalan Kenanga 2")
    made = written(KNOWN, changed, HOSPITAL)
    assert made["name"] == [
        {"use": "official", "text": "Sekar Arum Dewi"},
        KNOWN["name"][0],
        {"use": "old", "text": "Sekar Arum"},
    ]
    assert made["address"][1:] == [{"use": "old", "text": "Jalan Melati 1"}, KNOWN["address"][1]]
    assert registration_of(made) == changed


def test_a_newborn_is_linked_to_the_mother_and_keeps_it_with_a_name_of_their_own() -> None:
    born = Registration(
        name="Bayi Ny. Rahmi II", birth_date="2026-11-28", sex="F", mothers_nik=NIK,
        mother="Rahmi", birth_order="2", temporary="1",
    )  # fmt: skip
    made = written({}, born, HOSPITAL)
    assert made["name"] == [{"use": "temp", "text": "Bayi Ny. Rahmi II"}]
    assert made["multipleBirthInteger"] == 2
    assert made["identifier"] == [
        {"use": "official", "system": "https://fhir.kemkes.go.id/id/nik-ibu", "value": NIK}
    ]
    assert registration_of(made) == born
    assert identity_of(valid(made, "Patient")).birth_order == 2
    named = replace(born, name="Dewi", nik="9901016811260001", temporary="")
    later = written(made, named, HOSPITAL)
    assert later["name"] == [
        {"use": "official", "text": "Dewi"},
        {"use": "old", "text": "Bayi Ny. Rahmi II"},
    ]
    assert registration_of(later) == named
    assert (identity_of(later).name, identity_of(later).mothers_nik) == ("Dewi", NIK)


def test_a_guessed_birth_is_said_to_be_one_until_it_is_known() -> None:
    guessed = Registration(name="Tn. X", birth_date="1986", sex="M", estimated="1", temporary="1")
    made = written({}, guessed, HOSPITAL)
    assert made["_birthDate"] == {
        "extension": [{"url": "urn:segel:birth-estimated", "valueBoolean": True}]
    }
    assert registration_of(made) == guessed
    assert valid(made, "Patient") == made
    known = replace(guessed, birth_date="1986-02-03", estimated="")
    assert "_birthDate" not in written(made, known, HOSPITAL)


def test_a_form_that_changes_nothing_changes_nothing() -> None:
    made = written(KNOWN, registration_of(KNOWN), HOSPITAL)
    assert made == KNOWN
