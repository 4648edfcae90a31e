"""PID says who it is: numbers are checked by their kind, and single names are names."""

import pytest

from segel.domain.identifiers import NIK_SYSTEM, NumberKind
from segel.domain.patient import PatientIdentity
from segel.records.hl7 import (
    Fault,
    Identifier,
    Location,
    MessageRefused,
    Person,
    Sender,
    parse_message,
    patient_of,
)

NIK = "9701014101900001"
HEADER = "MSH|^~\\&|LIS|RS|SEGEL||20220105||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8"
BASE = "https://rs-melati.example/lis"


def read(
    numbers: str, name: str = "Sukarno", rest: str = "||19900101|M", **sender: object
) -> Person:
    raw = f"{HEADER}\rPID|1||{numbers}||{name}{rest}\rOBR|1||F1|718-7^Hb^LN"
    made = Sender(BASE, **({"issuer": "MELATI"} | sender))  # type: ignore[arg-type]
    return patient_of(parse_message(raw.encode()), made)


def test_a_whole_pid_is_an_identity_and_a_fhir_patient() -> None:
    person = read(
        f"RM-77^^^RSM^MR~{NIK}^^^^NI~C1234567^^^^PPN",
        "Siregar^Dewi^Ratna^S.Kom^dr.^^L",
        "||19900101|F|||Jl. Melati 7^RT 03^Semarang^Jawa Tengah^50111^IDN^H||0811222^PRN^CP",
    )
    assert person.identity == PatientIdentity(
        patient_id="RM-77",
        issuer="RSM",
        nik=NIK,
        name="Siregar^Dewi^Ratna^dr.^S.Kom",
        birth_date="19900101",
        sex="F",
    )
    assert person.identifiers == (
        Identifier(NumberKind.RECORD, f"{BASE}/mrn/RSM", "RM-77", "MR"),
        Identifier(NumberKind.NIK, NIK_SYSTEM, NIK, "NI"),
        Identifier(NumberKind.PASSPORT, "https://fhir.kemkes.go.id/id/paspor", "C1234567", "PPN"),
    )
    assert person.found_by.value == "RM-77"
    assert {key: person.resource[key] for key in ("name", "telecom", "gender", "birthDate")} == {
        "name": [
            {
                "text": "dr. Dewi Ratna Siregar, S.Kom",
                "use": "official",
                "family": "Siregar",
                "given": ["Dewi", "Ratna"],
                "prefix": ["dr."],
                "suffix": ["S.Kom"],
            }
        ],
        "telecom": [{"system": "phone", "value": "0811222", "use": "mobile"}],
        "gender": "female",
        "birthDate": "1990-01-01",
    }
    assert person.resource["address"] == [
        {
            "use": "home",
            "line": ["Jl. Melati 7", "RT 03"],
            "city": "Semarang",
            "state": "Jawa Tengah",
            "postalCode": "50111",
            "country": "IDN",
        }
    ]


@pytest.mark.parametrize("name", ["Sukarno", "^Sukarno", "Sukarno^-", "-^Sukarno", ".^^Sukarno"])
def test_a_single_name_is_one_name_wherever_it_is_written(name: str) -> None:
    person = read("1^^^^MR", name)
    assert person.identity.name == "Sukarno"
    assert person.resource["name"] == [{"text": "Sukarno", "given": ["Sukarno"]}]


def test_the_legal_name_is_taken_of_several() -> None:
    assert read("1^^^^MR", "Ani^^^^^^N~Maryani^^^^^^L").identity.name == "Maryani"


@pytest.mark.parametrize("code", ["NI", "NNIDN"])
@pytest.mark.parametrize("nik", ["970101410190001", "0701014101900001", "9701019901900001", "x"])
def test_a_nik_that_cannot_be_is_refused_at_its_place(nik: str, code: str) -> None:
    with pytest.raises(MessageRefused) as caught:
        read(f"1^^^^MR~{nik}^^^^{code}")
    assert caught.value.fault is Fault.TYPE
    assert caught.value.location == Location("PID", 1, 3, 2, 1)
    assert len(nik) == 1 or nik not in str(caught.value)


def test_a_national_system_as_authority_says_the_kind() -> None:
    person = read(f"1^^^^MR~{NIK}^^^&{NIK_SYSTEM}&URI")
    assert person.identifiers[1] == Identifier(NumberKind.NIK, NIK_SYSTEM, NIK, "")


def test_numbers_of_other_kinds_are_kept_apart() -> None:
    person = read("1^^^^MR~0001234567890^^^^JHN~7^^^BPJS&1.2.3&ISO^NH")
    assert person.identifiers[1:] == (
        Identifier(None, f"{BASE}/identifier/JHN", "0001234567890", "JHN"),
        Identifier(None, "urn:oid:1.2.3", "7", "NH"),
    )


def test_an_authority_that_is_set_up_gets_its_own_system() -> None:
    person = read("1^^^RSM^MR", authorities={"RSM": "https://rs-melati.example/mrn"})
    assert person.found_by.system == "https://rs-melati.example/mrn"
    assert read("1^^^^MR").identity.issuer == "MELATI"


def test_an_account_alone_is_nobodys_number() -> None:
    assert read("1^^^^MR", rest=f"{'|' * 13}V-9").identifiers[1] == Identifier(
        None, f"{BASE}/account", "V-9", "AN"
    )
    with pytest.raises(MessageRefused) as caught:
        read("", rest=f"{'|' * 13}V-9")
    assert caught.value.fault is Fault.MISSING


@pytest.mark.parametrize(
    ("written", "fhir", "dicom"),
    [("1990", "1990", ""), ("199002", "1990-02", ""), ("199002030500", "1990-02-03", "19900203")],
)
def test_a_birth_date_is_as_precise_as_it_was_said(written: str, fhir: str, dicom: str) -> None:
    person = read("1^^^^MR", rest=f"||{written}|U")
    assert (person.resource["birthDate"], person.identity.birth_date) == (fhir, dicom)
    assert (person.resource["gender"], person.identity.sex) == ("unknown", "")
