"""Invented hospitals, staff and patients.

A NIK here has a province code of 97 to 99, which no province has, so that it is nobody's; the rest
is as in life: regency, district, day of birth (plus 40 for women), month, year, serial from 0001.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

from segel.domain.roles import Role

NAMESPACE: Final = UUID("5b2f1c3e-6a51-4c07-9a67-3f5a0c1de9b4")
NIK_SYSTEM: Final = "https://fhir.kemkes.go.id/id/nik"
PROVINCES_OF_NOBODY: Final = (97, 98, 99)
WOMENS_DAY_OFFSET: Final = 40


@dataclass(frozen=True, slots=True)
class Hospital:
    """An invented hospital; ``mrn_digits`` is how long its record numbers are."""

    code: str
    name: str
    prefix: str
    mrn_digits: int


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff, as enrolled."""

    name: str
    role: Role
    hospital: Hospital


@dataclass(frozen=True, slots=True)
class Peer:
    """A device or PACS: its AE title, and the title it must call."""

    ae_title: str
    called_ae_title: str
    hospital: Hospital
    host: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Sender:
    """A system that sends HL7 messages: MSH-3, MSH-4, and whose record numbers it says."""

    application: str
    facility: str
    hospital: Hospital
    authorities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Patient:
    """An invented patient of one hospital. ``sex`` is M or F."""

    name: str
    sex: str
    born: date
    nik: str
    mrn: str
    hospital: Hospital


MELATI: Final = Hospital("MELATI", "RSU Melati Biru (demo)", "MLT", 8)
SAMUDRA: Final = Hospital("SAMUDRA", "RS Samudra Hijau (demo)", "SMD", 6)
HOSPITALS: Final = (MELATI, SAMUDRA)
TANJUNG: Final = Hospital("TANJUNG", "Balai Karantina Kesehatan Tanjung (demo)", "TJG", 6)
"""A port's health office: it has officers, and no patients."""
TANGGAP: Final = Hospital("TANGGAP", "Tim Tanggap Insiden Data Kesehatan (demo)", "TGP", 6)
"""Answers for the archive where a leak is alleged; it has no patients."""

STAFF: Final = (
    Person("dr. Ratna Kusumawati", Role.CLINICIAN, MELATI),
    Person("dr. Bagus Wicaksana, Sp.Rad", Role.RADIOLOGIST, MELATI),
    Person("Nurhayati Lubis, A.Md.Rad", Role.RADIOGRAPHER, MELATI),
    Person("Yohanes Tarigan", Role.DATA_PROTECTION_OFFICER, MELATI),
    Person("Dewi Anggraeni", Role.ADMINISTRATOR, MELATI),
    Person("Endang Purwaningsih, A.Md.RMIK", Role.RECORDS_OFFICER, MELATI),
    Person("Wulan Maharani, A.Md.AK", Role.LABORATORY, MELATI),
    Person("dr. Made Suryawan", Role.CLINICIAN, SAMUDRA),
    Person("dr. Cut Meutia Rahmah, Sp.Rad", Role.RADIOLOGIST, SAMUDRA),
    Person("Frans Manuhutu, A.Md.Rad", Role.RADIOGRAPHER, SAMUDRA),
    Person("Lestari Handayani", Role.DATA_PROTECTION_OFFICER, SAMUDRA),
    Person("Agus Salim Harahap", Role.ADMINISTRATOR, SAMUDRA),
    Person("Rudi Hartawan, A.Md.RMIK", Role.RECORDS_OFFICER, SAMUDRA),
    Person("Teguh Prasetyo, A.Md.AK", Role.LABORATORY, SAMUDRA),
    Person("Ni Kadek Sulastri, SKM", Role.PORT_HEALTH_OFFICER, TANJUNG),
    Person("Sinta Hapsari", Role.INCIDENT_OFFICER, TANGGAP),
    Person("Hendra Gunadi", Role.INCIDENT_OFFICER, TANGGAP),
    Person("Maria Lumban Gaol", Role.DATA_PROTECTION_OFFICER, TANGGAP),
    Person("Taufik Rachman", Role.ADMINISTRATOR, TANGGAP),
)

PEERS: Final = (
    Peer("MELATI_CT", "SEGEL_MELATI", MELATI),
    Peer("MELATI_CR", "SEGEL_MELATI", MELATI),
    Peer("MELATI_PACS", "SEGEL_MELATI", MELATI, "127.0.0.1", 11113),
    Peer("SAMUDRA_MR", "SEGEL_SAMUDRA", SAMUDRA),
    Peer("SAMUDRA_US", "SEGEL_SAMUDRA", SAMUDRA),
    Peer("SAMUDRA_PACS", "SEGEL_SAMUDRA", SAMUDRA, "127.0.0.1", 11114),
)

SENDERS: Final = (
    Sender("LIS", "RS MELATI", MELATI, ("RSM",)),
    Sender("LIS", "RS SAMUDRA", SAMUDRA, ("RSS",)),
)

_NAMES: Final = (
    ("SITI AMINAH", "F"),
    ("SUPARMAN", "M"),
    ("I WAYAN SUDIARTA", "M"),
    ("SRI WAHYUNI", "F"),
    ("MUHAMMAD RIZKI RAMADHAN", "M"),
    ("SUTINAH", "F"),
    ("MARIA GORETI BENGE", "F"),
    ("TEUKU ISKANDAR", "M"),
    ("NI LUH PUTU AYU", "F"),
    ("SLAMET", "M"),
    ("ROSMAWATI SIREGAR", "F"),
    ("YOHANA WENDA", "F"),
    ("JOKO SUSILO", "M"),
    ("NURUL HIDAYAH", "F"),
    ("ANDI BASO MAPPANYUKKI", "M"),
    ("KARTINI", "F"),
    ("LIEM SIOE KHING", "F"),
    ("DADANG HERMAWAN", "M"),
)
"""Names as a registration desk types them: capitals, one component, often a single name."""


BIRTHS_BEFORE: Final = date(2023, 1, 1)
ANY_AGE: Final = (1, 82)


def patients(seed: int, ages: Sequence[tuple[int, int]]) -> list[Patient]:
    """A patient for each age range in years, of the first hospital and the second in turn.

    No two share a number.
    """
    assert len(ages) <= len(_NAMES)
    made = []
    for index, ((name, sex), (youngest, oldest)) in enumerate(zip(_NAMES, ages, strict=False)):
        chance = random.Random(f"{seed}/patient/{index}")  # noqa: S311 - invented, not secret
        hospital = HOSPITALS[index % len(HOSPITALS)]
        born = BIRTHS_BEFORE - timedelta(days=chance.randrange(youngest * 365, oldest * 365))
        mrn = str(chance.randrange(10 ** (hospital.mrn_digits - 2))).zfill(hospital.mrn_digits)
        made.append(Patient(name, sex, born, _nik(chance, born, sex, index + 1), mrn, hospital))
    assert len({patient.nik for patient in made}) == len(ages)
    assert len({(patient.hospital, patient.mrn) for patient in made}) == len(ages)
    return made


def uid(seed: int, *names: object) -> str:
    """A UID made from names, below the root of UUIDs (PS3.5 § B.2)."""
    return f"2.25.{uuid5(NAMESPACE, '/'.join(map(str, (seed, *names)))).int}"


def _nik(chance: random.Random, born: date, sex: str, serial: int) -> str:
    region = f"{chance.choice(PROVINCES_OF_NOBODY)}{chance.randrange(1, 80):02}"
    district = chance.randrange(1, 40)
    day = born.day + (WOMENS_DAY_OFFSET if sex == "F" else 0)
    return f"{region}{district:02}{day:02}{born.month:02}{born.year % 100:02}{serial:04}"
