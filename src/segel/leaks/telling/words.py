"""The words of documents, in both languages; dates and numbers as each writes them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from segel.domain.cases import Language
from segel.leaks.model import ColumnKind, Verdict, Way
from segel.leaks.telling.findings import Measure

ID, EN = Language.INDONESIAN, Language.ENGLISH
WIB: Final = timezone(timedelta(hours=7), "WIB")


def _both(one: str, other: str) -> dict[Language, str]:
    return {ID: one, EN: other}


KINDS: Final[dict[ColumnKind, tuple[str, str]]] = {
    ColumnKind.NIK: ("Nomor Induk Kependudukan (NIK)", "national identity number (NIK)"),
    ColumnKind.FAMILY_CARD: ("nomor Kartu Keluarga", "family card number"),
    ColumnKind.PASSPORT: ("nomor paspor", "passport number"),
    ColumnKind.HEALTH_NUMBER: ("nomor peserta/IHS", "health number"),
    ColumnKind.MEDICAL_RECORD: ("nomor rekam medis", "medical record number"),
    ColumnKind.NAME: ("nama", "name"),
    ColumnKind.BIRTH_DATE: ("tanggal lahir", "date of birth"),
    ColumnKind.SEX: ("jenis kelamin", "sex"),
    ColumnKind.PHONE: ("nomor telepon", "telephone number"),
    ColumnKind.EMAIL: ("alamat surel", "e-mail address"),
    ColumnKind.ADDRESS: ("alamat", "address"),
    ColumnKind.HOSPITAL: ("rumah sakit", "hospital"),
    ColumnKind.ACCESSION: ("nomor pemeriksaan", "accession number"),
    ColumnKind.STUDY_UID: ("pengenal pemeriksaan gambar", "imaging study identifier"),
    ColumnKind.SERIES_UID: ("pengenal seri gambar", "imaging series identifier"),
    ColumnKind.INSTANCE_UID: ("pengenal gambar", "image identifier"),
    ColumnKind.MODALITY: ("jenis pemeriksaan gambar", "kind of imaging"),
    ColumnKind.EVENT_TIME: ("waktu pemeriksaan", "time of examination"),
    ColumnKind.TEST: ("pemeriksaan laboratorium", "laboratory test"),
    ColumnKind.RESULT: ("hasil pemeriksaan", "test result"),
    ColumnKind.FREE_TEXT: ("catatan medis", "medical notes"),
    ColumnKind.OTHER: ("data lain", "other data"),
}

VERDICTS: Final[dict[Verdict, dict[Language, str]]] = {
    Verdict.OURS: _both("Data itu berasal dari kami", "The data are ours"),
    Verdict.MIXED: _both("Sebagian data itu berasal dari kami", "Some of the data are ours"),
    Verdict.NOT_OURS: _both("Data itu tidak berasal dari kami", "The data are not ours"),
    Verdict.UNDETERMINED: _both(
        "Belum dapat ditentukan apakah data itu berasal dari kami",
        "It is not determined yet whether the data are ours",
    ),
}

MEASURES: Final[dict[Measure, dict[Language, str]]] = {
    Measure.FILES: _both("Berkas yang diperiksa", "Files examined"),
    Measure.ROWS: _both("Baris yang diperiksa", "Rows examined"),
    Measure.UNIQUE_ROWS: _both("Baris yang berbeda", "Distinct rows"),
    Measure.PEOPLE: _both("Orang yang berbeda di dalamnya", "Distinct people in them"),
    Measure.PATIENTS: _both("Pasien yang terdampak", "Patients affected"),
    Measure.HOSPITALS: _both("Rumah sakit yang terdampak", "Hospitals affected"),
    Measure.PICTURES: _both(
        "Gambar kami yang dikenali di dalamnya", "Images of ours found in them"
    ),
    Measure.STUDIES: _both("Pemeriksaan gambar yang terdampak", "Imaging studies affected"),
}

WAYS: Final[dict[Way, dict[Language, str]]] = {
    Way.ACCOUNT: _both("Sebuah akun", "An account"),
    Way.EXPORT: _both("Sebuah ekspor", "An export"),
    Way.HOSPITAL: _both("Sebuah rumah sakit", "A hospital"),
    Way.PARTNER: _both("Sebuah mitra", "A partner"),
    Way.BACKUP: _both("Sebuah cadangan", "A backup"),
    Way.OUTSIDE_COPY: _both("Salinan di luar arsip", "A copy outside the archive"),
    Way.ELSEWHERE: _both("Sumber lain", "Another source"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "one_in": ("1 banding {many}", "1 in {many}"),
    "draft": ("KONSEP – belum ditandatangani", "DRAFT – not signed"),
    "number": ("Nomor", "Number"),
    "date": ("Tanggal", "Date"),
    "officer": ("Petugas Pelindungan Data Pribadi", "Data Protection Officer"),
    "unsigned": ("(belum ditandatangani)", "(not signed yet)"),
    "signed": ("Ditandatangani {at}", "Signed {at}"),
    "signed_where": (
        "Tanda tangan ini tercatat dengan SHA-256 berkas PDF ini di log audit, perkara {case}.",
        "This signature stands, with the SHA-256 of this PDF file, in the audit log of case"
        " {case}.",
    ),
    "page": ("Halaman {page} dari {pages}", "Page {page} of {pages}"),
    "people": ("Jumlah yang terdampak", "How many are affected"),
    "to_hospitals": ("Pimpinan rumah sakit", "The hospitals' directors"),
    "what": ("Kejadian", "What happened"),
    "bytes": ("Bita", "Bytes"),
    "sha256": ("SHA-256", "SHA-256"),
    "interval": ("sekitar {value} ({low} sampai {high})", "about {value} ({low} to {high})"),
    "not_counted": ("Jumlahnya belum diketahui.", "How many is not known yet."),
    "origin": ("Asal kebocoran", "Where the leak came from"),
    "origin_help": (
        "Kemungkinan jalan keluarnya data, dari yang paling mungkin. Tidak ada orang yang disebut.",
        "The ways by which the data may have left, the likeliest first. No person is named.",
    ),
    "way": ("Jalan", "Way"),
    "likelihood": ("Kemungkinan", "Likelihood"),
    "for_it": ("Yang mendukung", "What speaks for it"),
    "against_it": ("Yang menentang", "What speaks against it"),
    "figures_help": (
        "Setiap angka menyebut berkas bukti (B-…) dan entri log audit (#…) yang menjadi dasarnya."
        " Tanda – berarti angka itu dinyatakan oleh petugas; dasarnya entri temuan itu sendiri.",
        "Each figure names the file of evidence (B-…) and the entry of the audit log (#…) that it"
        " rests on. A – means that an officer states it; it rests on the entry of the findings.",
    ),
    "proofs": ("Bukti dan cara membuktikannya", "Evidence and how to prove it"),
    "proofs_help": (
        "Bukti inklusi setiap entri dibuat dengan: segel leak show {case} --proofs; dokumen itu"
        " dapat diperiksa siapa pun dengan kunci log ini: {log}",
        "Each entry's inclusion proof is made by: segel leak show {case} --proofs; anybody can"
        " verify that document with this key of the log: {log}",
    ),
    "advice_head": ("Yang dapat Anda lakukan", "What you can do"),
    "hospital_head": ("Yang kami minta", "What we ask of you"),
    "press_head": ("Permintaan kepada media", "A request to the media"),
    "authority": (
        "Pemberitahuan kegagalan pelindungan data pribadi",
        "Notice of a failure of personal data protection",
    ),
    "patients": (
        "Pemberitahuan kepada pasien tentang kebocoran data",
        "Notice to patients about a data leak",
    ),
    "csirt": ("Laporan insiden siber", "Cyber incident report"),
    "hospitals": ("Pemberitahuan kepada rumah sakit", "Notice to hospitals"),
    "press": ("Siaran pers", "Press statement"),
    "report": ("Laporan akhir", "Final report"),
    "to": ("Kepada", "To"),
    "basis": ("Dasar", "Basis"),
    "basis46": ("UU 27/2022 Pasal 46", "Law 27/2022, Article 46"),
    "basis_csirt": ("Peraturan BSSN 1/2024", "BSSN Regulation 1/2024"),
    "noticed": ("Diketahui pada", "Noticed"),
    "which": ("Data pribadi yang terungkap", "Personal data that were disclosed"),
    "time": ("Waktu", "Time"),
    "when": ("Kapan dan bagaimana data terungkap", "When and how they were disclosed"),
    "handling": ("Upaya penanganan", "Handling"),
    "recovery": ("Upaya pemulihan", "Recovery"),
    "disclosed": ("Diungkap pada", "Disclosed"),
    "window": ("Keadaan data antara", "State of the data between"),
    "reporter": ("Pelapor", "Reporter"),
    "description": ("Uraian", "Description"),
    "chronology": ("Kronologi", "Chronology"),
    "impact": ("Dampak", "Impact"),
    "verdict": ("Kesimpulan", "Verdict"),
    "error": ("peluang keliru paling besar", "odds of error at most"),
    "contact": ("Narahubung", "Contact"),
    "unknown": ("belum diketahui", "not known yet"),
    "figures": ("Angka, bukti dan jejaknya", "Figures, evidence and proof"),
    "figure": ("Angka", "Figure"),
    "value": ("Nilai", "Value"),
    "evidence": ("Bukti", "Evidence"),
    "log": ("Entri log", "Log entry"),
    "dear": ("Yth. {name},", "Dear {name},"),
    "you": (
        "Data Anda ada di antara data yang terungkap. Kami memohon maaf. Anda tidak perlu"
        " membayar siapa pun; kami tidak akan meminta kata sandi, kode OTP atau uang.",
        "Your data are among those that were disclosed. We apologise. You need not pay anybody;"
        " we shall never ask for a password, a one-time code or money.",
    ),
    "beware": (
        "Waspadai telepon dan pesan yang menyebut data kesehatan Anda.",
        "Beware of calls and messages that mention your health.",
    ),
    "own_page": (
        "Di halaman pasien, setelah masuk, Anda dapat melihat data apa yang terdampak dan siapa"
        " yang membuka rekam Anda.",
        "On the patients' page, once signed in, you can see which of your data are affected and who"
        " opened your record.",
    ),
    "hospital_do": (
        "Pelayanan pasien berjalan terus. Jangan memeriksa contoh data sendiri dan jangan"
        " meneruskannya; arahkan pertanyaan pasien dan media kepada narahubung.",
        "Care goes on. Do not examine the sample yourselves and do not pass it on; refer patients'"
        " and journalists' questions to the contact.",
    ),
    "press_ask": (
        "Kami meminta media tidak menyebarkan contoh data: setiap salinan merugikan pasien.",
        "We ask the media not to spread the sample: every copy harms patients.",
    ),
    "affected": (
        "Data Anda termasuk yang terungkap: {kinds}.",
        "Your data are among those disclosed: {kinds}.",
    ),
    "unaffected": (
        "Data Anda tidak ditemukan di antara data yang kami periksa sampai {at}.",
        "Your data were not found among what we examined until {at}.",
    ),
}


def text(name: str, language: Language) -> str:
    """One of TEXTS."""
    return TEXTS[name][language is EN]


def kinds_in(kinds: tuple[ColumnKind, ...], language: Language) -> str:
    """Kinds of data as a list in words."""
    return ", ".join(KINDS[one][language is EN] for one in kinds)


def number_in(count: int, language: Language) -> str:
    """A count, its thousands apart."""
    return f"{count:,}".replace(",", "." if language is ID else ",")


def percent_in(odds: float, language: Language) -> str:
    """Odds of 0 to 1 as people read them: 12,5 % or 12.5 %; what is tiny as 1 in so many."""
    if 0 < odds < 0.001:
        return text("one_in", language).format(many=number_in(round(1 / odds), language))
    shown = f"{100 * odds:.3g}"
    return f"{shown.replace('.', ',') if language is ID else shown} %"


_MONTHS: Final = {
    ID: "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November"
        " Desember".split(),
    EN: "January February March April May June July August September October November"
        " December".split(),
}  # fmt: skip


def moment_in(at_s: float, language: Language) -> str:
    """A moment in western Indonesian time; 0 is not known."""
    if not at_s:
        return text("unknown", language)
    at = datetime.fromtimestamp(at_s, UTC).astimezone(WIB)
    month = _MONTHS[language][at.month - 1]
    if language is ID:
        return f"{at.day} {month} {at.year} pukul {at:%H.%M} WIB"
    return f"{at.day} {month} {at.year}, {at:%H:%M} WIB"
