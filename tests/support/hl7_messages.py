"""HL7 messages of people who do not exist.

Numbers have the province codes 97 to 99. The same seed gives the same messages.
"""

import base64
import random
from dataclasses import dataclass
from typing import Final

PDF: Final = b"%PDF-1.4\n1 0 obj <<>> endobj\ntrailer <<>>\n%%EOF\n"

_MEN: Final = "SUKARNO SLAMET BUDI AGUS JOKO HENDRA WAYAN".split()
_WOMEN: Final = "SUMIATI ENDANG SITI DEWI RATNA KADEK WULAN".split()
_FAMILIES: Final = ["", "", "", "SANTOSO", "WIBOWO", "SIREGAR", "HUTAPEA", "O'NEILL", "NASUTION"]
_STREETS: Final = ["Jl. Melati 7", "Jl. Kenanga No. 12", "Dusun Karangjati RT 03", "Jl. Mawar"]
_WORDS: Final = ["Positif", "Negatif", "NON REAKTIF", "Reaktif", "Inkonklusif", "ulangi besok"]
_TESTS: Final = ("94558-4^SARS-CoV-2 Ag^LN", "94500-6^SARS-CoV-2 RNA^LN")


@dataclass(frozen=True, slots=True)
class Sample:
    """A message, and what in it nobody may read in a log or an answer."""

    raw: bytes
    secrets: tuple[str, ...]


@dataclass(slots=True)
class Draft:
    """A message as lists of fields, to be broken."""

    segments: list[list[str]]
    secrets: tuple[str, ...]

    def of(self, name: str) -> list[str]:
        return next(segment for segment in self.segments if segment[0] == name)

    def without(self, name: str) -> None:
        self.segments = [segment for segment in self.segments if segment[0] != name]

    def raw(self, end: str = "\r", charset: str = "utf-8") -> bytes:
        return (end.join("|".join(fields) for fields in self.segments) + end).encode(charset)


def messages(count: int, seed: int) -> list[Sample]:
    """Sound messages: results of Covid tests and of blood, with documents, and orders."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        draft = chance.choice((results, results, order))(chance, f"{seed}-{number}")
        made.append(Sample(draft.raw(), draft.secrets))
    return made


def results(chance: random.Random, control_id: str) -> Draft:
    """An ORU^R01 with a Covid test, a blood count and perhaps a document."""
    pid, secrets = _person(chance)
    filler = f"F{chance.randrange(10**8, 10**9)}"
    placer = f"P{chance.randrange(10**8, 10**9)}"
    test = chance.choice(_TESTS)
    state = chance.choice(["F", "F", "F", "P", "C"])
    remark = f"catatan {chance.randrange(10**6, 10**7)}"
    amount = chance.randrange(80, 180) / 10
    lines = [
        _header("ORU^R01^ORU_R01", control_id),
        pid,
        f"ORC|RE|{placer}|{filler}",
        f"OBR|1|{placer}|{filler}|{test}|||20220105090000{'|' * 15}20220105100000||LAB|{state}",
        f"OBX|1|ST|{test}||{chance.choice(_WORDS)}||||||{state}",
        f"NTE|1|L|{remark}",
        f"OBX|2|NM|718-7^Hemoglobin^LN||{amount}|g/dL^^UCUM|12-16||||{state}",
        "SPM|1|||258500001^Nasopharyngeal swab^SCT",
    ]
    if chance.random() < 0.2:
        document = f"LIS^AP^PDF^Base64^{base64.b64encode(PDF).decode()}"
        lines.insert(-1, f"OBX|3|ED|11502-2^Laporan^LN||{document}||||||{state}")
    return Draft([line.split("|") for line in lines], (*secrets, remark))


def order(chance: random.Random, control_id: str) -> Draft:
    """An ORM^O01 for a chest radiograph."""
    pid, secrets = _person(chance)
    placer = f"P{chance.randrange(10**8, 10**9)}"
    accession = f"A{chance.randrange(10**6, 10**7)}"
    doctor = f"Dr{chance.randrange(10**5, 10**6)}"
    control = chance.choice(["NW", "XO", "CA", "DC"])
    lines = [
        _header("ORM^O01^ORM_O01", control_id),
        pid,
        f"ORC|{control}|{placer}{'|' * 10}12^{doctor}",
        f"OBR|1|{placer}||36554-4^XR Chest^LN{'|' * 14}{accession}||||||CR",
    ]
    return Draft([line.split("|") for line in lines], (*secrets, accession, doctor))


def _header(kind: str, control_id: str) -> str:
    return (
        "MSH|^~\\&|LIS|RS MELATI|SEGEL||20220105101500+0700||"
        f"{kind}|{control_id}|P|2.5.1||||||UNICODE UTF-8"
    )


def _person(chance: random.Random) -> tuple[str, tuple[str, ...]]:
    is_woman = chance.random() < 0.5
    given = chance.choice(_WOMEN if is_woman else _MEN) + str(chance.randrange(100, 999))
    family = chance.choice(_FAMILIES)
    year, month, day = (
        chance.randrange(1940, 2015),
        chance.randrange(1, 13),
        chance.randrange(1, 29),
    )
    coded = f"{day + 40 * is_woman:02}{month:02}{year % 100:02}"
    nik = f"{chance.randrange(970101, 999999)}{coded}{chance.randrange(1, 9999):04}"
    mrn = f"RM{chance.randrange(10**7, 10**8)}"
    name = f"{family}^{given}^^^^^L" if family else f"{given}^^^^^^L"
    phone = f"0811{chance.randrange(10**7, 10**8)}"
    street = f"{chance.choice(_STREETS)} blok {chance.randrange(1000, 9999)}"
    line = (
        f"PID|1||{mrn}^^^RSM^MR~{nik}^^^^NI||{name}||{year}{month:02}{day:02}"
        f"|{'F' if is_woman else 'M'}|||{street}^^Semarang^Jawa Tengah^50111^IDN^H||{phone}^PRN^CP"
    )
    return line, (nik, mrn, given, phone, street)
