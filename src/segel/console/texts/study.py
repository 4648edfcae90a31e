"""A study's page. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "study.title": ("Studi", "Study"),
    "study.back": ("Kembali ke daftar", "Back to the list"),
    "study.banner": ("Pasien", "Patient"),
    "study.born": ("Lahir", "Born"),
    "study.sex": ("Jenis kelamin", "Sex"),
    "study.age": ("Usia saat studi", "Age at study"),
    "study.age.years": ("{count} tahun", "{count} years"),
    "study.record": ("No. rekam medis", "Record no."),
    "study.date": ("Tanggal", "Date"),
    "study.accession": ("No. akses", "Accession no."),
    "study.referrer": ("Dokter perujuk", "Referring physician"),
    "study.institution": ("Institusi", "Institution"),
    "study.modality": ("Modalitas", "Modality"),
    "study.images": ("Gambar", "Images"),
    "study.untitled": ("Pemeriksaan tanpa keterangan", "Examination without description"),
    "study.open": ("Lihat gambar", "View the images"),
    "study.open.ohif": ("Buka di OHIF", "Open in OHIF"),
    "study.open.ohif.help": (
        "Penampil lengkap untuk layar besar; terbuka di tab baru.",
        "The full viewer, for large screens; opens in a new tab.",
    ),
    "study.open.light": ("Penampil ringan", "Light viewer"),
    "study.open.light.help": (
        "Cepat, juga di ponsel.",
        "Quick, also on a phone.",
    ),
    "study.no_ohif": (
        "Penampil OHIF tidak terpasang di server ini. Penampil ringan selalu tersedia.",
        "The OHIF viewer is not installed on this server. The light viewer is always there.",
    ),
    "study.series.count.one": ("1 seri", "1 series"),
    "study.series.count.many": ("{count} seri", "{count} series"),
    "study.series.numbered": ("Seri {number}", "Series {number}"),
    "study.series.unnamed": ("Tanpa keterangan", "No description"),
    "study.series.column": ("Seri", "Series"),
    "study.series.none": ("Studi ini belum berisi gambar.", "This study holds no images yet."),
    "study.series.no_picture": ("Tanpa gambar", "No picture"),
    "study.series.no_preview": ("Tanpa pratinjau", "No preview"),
    "study.details": ("Rincian teknis", "Technical details"),
    "study.details.device": ("Alat", "Device"),
    "study.details.station": ("Stasiun", "Station"),
    "study.details.protocol": ("Protokol", "Protocol"),
    "study.details.operator": ("Operator", "Operator"),
}
