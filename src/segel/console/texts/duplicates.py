"""Who may be registered twice. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.duplicates": ("Pasien ganda", "Duplicates"),
    "duplicates.title": ("Mungkin pasien yang sama", "Perhaps the same patient"),
    "duplicates.help": (
        "Dua pendaftaran yang mirip. Jika memang satu orang, pencarian dengan nomor yang satu juga"
        " menemukan pemeriksaan yang lain. Tidak ada yang dihapus, dan keputusan dapat dibatalkan.",
        "Two registrations that are alike. Where they are of one person, a search by the number of"
        " one finds the studies of the other, too. Nothing is deleted, and it can be undone.",
    ),
    "duplicates.waiting": ("Menunggu", "Waiting"),
    "duplicates.decided": ("Sudah diputuskan", "Decided"),
    "duplicates.count": ("{shown} dari {total}", "{shown} of {total}"),
    "duplicates.one": ("Pertama", "First"),
    "duplicates.other": ("Kedua", "Second"),
    "duplicates.agreement": ("Kecocokan", "Agreement"),
    "duplicates.name": ("Nama", "Name"),
    "duplicates.record": ("No. rekam medis", "Record no."),
    "duplicates.passport": ("Paspor", "Passport"),
    "duplicates.health": ("No. SATUSEHAT", "SATUSEHAT no."),
    "duplicates.mother": ("NIK ibu", "Mother's NIK"),
    "duplicates.phone": ("Telepon", "Phone"),
    "duplicates.studies": ("Pemeriksaan", "Studies"),
    "duplicates.unsaid": ("–", "–"),
    "duplicates.same": ("Orang yang sama", "The same person"),
    "duplicates.different": ("Orang yang berbeda", "Different people"),
    "duplicates.undo": ("Batalkan keputusan", "Take it back"),
    "duplicates.somebody": ("seseorang", "somebody"),
    "duplicates.none.title": ("Tidak ada yang menunggu", "Nothing here"),
    "duplicates.none.text": (
        "Pasien baru dibandingkan beberapa saat setelah gambar pertamanya tiba.",
        "New patients are compared a moment after their first image arrived.",
    ),
    "duplicates.none.decided": (
        "Belum ada yang diputuskan.",
        "Nothing was decided yet.",
    ),
    "duplicates.damaged": (
        "{count} pasangan tidak dapat dibuka: pasiennya sudah dihapus, atau kuncinya rusak.",
        "{count} pairs cannot be opened: the patient was erased, or a key is damaged.",
    ),
    "degree.equal": ("Sama", "Equal"),
    "degree.spelling": ("Ejaan lain", "Other spelling"),
    "degree.slip": ("Hampir sama", "Nearly"),
    "degree.partly": ("Sebagian", "Partly"),
    "degree.different": ("Berbeda", "Different"),
    "pair.open": (
        "Keputusan sebelumnya dibatalkan oleh {by}, {at}.",
        "An earlier decision was taken back by {by}, {at}.",
    ),
    "pair.same": ("Orang yang sama, menurut {by}, {at}.", "The same person, says {by}, {at}."),
    "pair.different": (
        "Orang yang berbeda, menurut {by}, {at}.",
        "Different people, says {by}, {at}.",
    ),
}
