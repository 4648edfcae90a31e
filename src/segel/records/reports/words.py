"""The words of a printed report, in the language that it is written in."""

from datetime import datetime
from typing import Final

from segel.records.reports.model import LANGUAGES

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "title": ("Laporan radiologi", "Radiology report"),
    "clinical": ("Keterangan klinis", "Clinical information"),
    "technique": ("Teknik", "Technique"),
    "comparison": ("Pembanding", "Comparison"),
    "findings": ("Temuan", "Findings"),
    "impression": ("Kesan", "Impression"),
    "addendum": ("Tambahan", "Addendum"),
    "patient": ("Pasien", "Patient"),
    "born": ("Lahir", "Born"),
    "record": ("No. rekam medis", "Record no."),
    "examination": ("Pemeriksaan", "Examination"),
    "accession": ("No. akses", "Accession no."),
    "assessment": ("Penilaian", "Assessment"),
    "N": ("Normal", "Normal"),
    "A": ("Tidak normal", "Abnormal"),
    "AA": ("Temuan kritis", "Critical finding"),
    "signed": ("Ditandatangani secara elektronik oleh", "Electronically signed by"),
    "amended": (
        "Laporan ini diperbaiki dan menggantikan versi sebelumnya. Alasan:",
        "This report was amended and replaces the version before. Reason:",
    ),
    "unprintable": (
        "Huruf yang tidak dapat dicetak ditandai □; teks lengkapnya ada di rekam medis.",
        "Characters that cannot be printed are marked □; the full text is in the record.",
    ),
    "page": ("Halaman", "Page"),
}
_MONTHS: Final = (
    "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November"
    " Desember".split(),
    "January February March April May June July August September October November December".split(),
)


def word(language: str, key: str) -> str:
    """A label."""
    return _WORDS[key][LANGUAGES.index(language)]


def day_in_words(language: str, day: str) -> str:
    """YYYYMMDD as it is said; as it is where it is no day."""
    try:
        found = datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return day
    return f"{found.day} {_MONTHS[LANGUAGES.index(language)][found.month - 1]} {found.year}"


def moment_in_words(language: str, instant: str) -> str:
    """FHIR's instant in the zone where the server stands, which is the hospital's."""
    found = datetime.fromisoformat(instant).astimezone()
    clock = f"{found:%H}.{found:%M}" if language == "id" else f"{found:%H}:{found:%M}"
    zone = found.tzname() or ""
    return f"{day_in_words(language, f'{found:%Y%m%d}')}, {clock} {zone}"
