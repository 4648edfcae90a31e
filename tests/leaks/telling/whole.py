"""Findings with everything in them, of an invented leak."""

from uuid import UUID

from segel.domain.cases import Language, Tlp
from segel.leaks.model import ColumnKind, Verdict, Way
from segel.leaks.telling.facts import CaseFacts, Piece
from segel.leaks.telling.findings import Basis, Figure, Findings, Hypothesis, Measure, Occurrence

SAMPLE = UUID("00000000-0000-4000-8000-00000000000a")
SECOND = UUID("00000000-0000-4000-8000-00000000000b")


def both(one: str, other: str) -> dict[Language, str]:
    return {Language.INDONESIAN: one, Language.ENGLISH: other}


FACTS = CaseFacts(
    case_id=UUID("4f2a9100-0000-4000-8000-000000000000"),
    number="LK-4F2A91",
    tlp=Tlp.AMBER_STRICT,
    known_s=1_796_000_000.0,
    pieces=(
        Piece(SAMPLE, "B-1", 1_073_741_824, "ab" * 32, 1_796_000_500.0, 4_702),
        Piece(SECOND, "B-2", 18_342, "0c" * 32, 1_796_000_900.0, 4_705),
    ),
    findings_leaf=4_750,
    log="rs.example/log+1a2b3c4d+AcEXAMPLEKEYOFTHELOG0000000000000000000000000",
)

FINDINGS = Findings(
    organisation="RS Contoh Nusantara",
    address="Jalan Contoh 1, Kota Contoh 97111",
    contact="Petugas PDP, pdp@rs.example, 021 0000 0000",
    reporter="Dewi Lestari, petugas insiden, insiden@rs.example",
    authority="Lembaga Pelindungan Data Pribadi",
    csirt="CSIRT Sektor Kesehatan",
    verdict=Verdict.MIXED,
    verdict_error=1e-6,
    verdict_basis=Basis((SAMPLE, SECOND), (4_731,)),
    kinds=(
        ColumnKind.NIK,
        ColumnKind.NAME,
        ColumnKind.BIRTH_DATE,
        ColumnKind.PHONE,
        ColumnKind.TEST,
        ColumnKind.RESULT,
    ),
    earliest_s=1_794_000_000.0,
    latest_s=1_794_600_000.0,
    window_basis=Basis((SAMPLE,), (4_733,)),
    disclosed_s=1_795_900_000.0,
    how=both(
        "Sebuah ekspor bagi peneliti disalin dari komputer penerimanya dan ditawarkan di sebuah"
        " forum.\nArsip pusat tidak ditembus.",
        "An export for researchers was copied from its recipient's computer and offered on a"
        " forum.\nThe central archive was not broken into.",
    ),
    handling=both(
        "Ekspor itu dibekukan, akun penerimanya ditutup, dan kepolisian diberi tahu.",
        "The export was frozen, its recipient's account closed, and the police were told.",
    ),
    recovery=both(
        "Kunci diganti; ekspor baru memerlukan persetujuan dua petugas.",
        "Keys were rotated; new exports need two officers' approval.",
    ),
    impact=both(
        "Penipuan melalui telepon dengan menyebut hasil pemeriksaan; pelayanan tidak terganggu.",
        "Fraud by telephone that mentions test results; care is not disturbed.",
    ),
    chronology=(
        Occurrence(1_796_000_000.0, both("Iklan dilaporkan.", "The offer was reported.")),
        Occurrence(1_795_900_000.0, both("Iklan dipasang.", "The offer was posted.")),
        Occurrence(1_796_003_600.0, both("Ekspor dibekukan.", "The export was frozen.")),
    ),
    figures=(
        Figure(measure=Measure.PATIENTS, value=100_002, basis=Basis((SAMPLE,), (4_731,))),
        Figure(measure=Measure.FILES, value=37, basis=Basis((SAMPLE, SECOND))),
        Figure(measure=Measure.ROWS, value=1_000_000, basis=Basis((SAMPLE,))),
        Figure(measure=Measure.UNIQUE_ROWS, value=412_311, basis=Basis((SAMPLE,))),
        Figure(
            measure=Measure.PEOPLE, value=240_000, low=228_000, high=255_000,
            basis=Basis((SAMPLE,), (4_732,)),
        ),
        Figure(measure=Measure.HOSPITALS, value=3),
    ),
    hypotheses=(
        Hypothesis(
            way=Way.EXPORT,
            likelihood=0.93,
            for_it=both("Umpan ekspor itu ada di dalamnya.", "The export's decoys are in it."),
            against_it=both("Dua kolom lebih banyak.", "It has two columns more."),
            basis=Basis((), (4_740, 4_741)),
        ),
        Hypothesis(way=Way.ELSEWHERE, likelihood=0.0004),
    ),
)  # fmt: skip
