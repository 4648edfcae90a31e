"""The words of documents, in both languages."""

from typing import Final

from segel.leaks.model import ColumnKind, Verdict
from segel.leaks.telling.findings import Language

ID, EN = Language.INDONESIAN, Language.ENGLISH

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

VERDICTS: Final[dict[Verdict, tuple[str, str]]] = {
    Verdict.OURS: ("berasal dari kami", "ours"),
    Verdict.MIXED: ("sebagian berasal dari kami", "partly ours"),
    Verdict.NOT_OURS: ("tidak berasal dari kami", "not ours"),
    Verdict.UNDETERMINED: ("belum dapat ditentukan", "not yet determined"),
}

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "draft": ("KONSEP – belum ditandatangani", "DRAFT – not signed"),
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
    "from": ("Dari", "From"),
    "case": ("Perkara", "Case"),
    "basis": ("Dasar", "Basis"),
    "basis46": ("UU 27/2022 Pasal 46", "Law 27/2022, Article 46"),
    "basis_csirt": ("Peraturan BSSN 1/2024", "BSSN Regulation 1/2024"),
    "noticed": ("Diketahui pada", "Noticed"),
    "which": ("Data yang terungkap", "Data that were disclosed"),
    "time": ("Waktu", "Time"),
    "when": ("Kapan dan bagaimana data terungkap", "When and how they were disclosed"),
    "handling": ("Upaya penanganan", "Handling"),
    "recovery": ("Upaya pemulihan", "Recovery"),
    "people": ("Pasien yang terdampak", "Patients affected"),
    "hospitals_count": ("Rumah sakit yang terdampak", "Hospitals affected"),
    "rows": ("Baris yang ditawarkan dan diperiksa", "Rows offered and examined"),
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
    "advice": (
        "Waspadai telepon dan pesan yang menyebut data kesehatan Anda. Di halaman pasien, setelah"
        " masuk, Anda dapat melihat data apa yang terdampak dan siapa yang membuka rekam Anda.",
        "Beware of calls and messages that mention your health. On the patients' page, once signed"
        " in, you can see which of your data are affected and who opened your record.",
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
