"""The officer's list of accesses. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.accesses": ("Akses", "Accesses"),
    "accesses.title": ("Akses yang perlu dilihat", "Accesses to look at"),
    "accesses.help": (
        "Yang tidak dijelaskan oleh alasan tercatat ada di atas; dari yang lain diambil contoh."
        " Pasien tidak disebut.",
        "What no reason on file explains stands first; of the others, a sample. Patients are not"
        " named.",
    ),
    "accesses.unexplained": ("Tanpa alasan, {days} hari", "Unexplained, {days} days"),
    "accesses.explained": ("Dengan alasan, {days} hari", "Explained, {days} days"),
    "accesses.listed": ("Di daftar ini", "On this list"),
    "accesses.fallen": (
        "{count} akses yang kurang mencolok tidak muat di daftar ini.",
        "{count} less remarkable accesses did not fit on this list.",
    ),
    "accesses.because": ("Alasan:", "Reason:"),
    "accesses.fine": ("Dapat dibenarkan", "Justified"),
    "accesses.none.title": ("Tidak ada yang perlu dilihat", "Nothing to look at"),
    "accesses.none.text": (
        "Akses baru dicocokkan beberapa saat setelah terjadi.",
        "New accesses are matched a moment after they happen.",
    ),
    "signal.unexplained": ("Tanpa alasan tercatat", "No reason on file"),
    "signal.same-name": ("Nama mirip pemilik akun", "Name like the account's"),
    "signal.in-a-row": ("Berturut-turut", "Several in a row"),
    "signal.off-hours": ("Di luar jam kerja", "Off hours"),
    "signal.other-department": ("Instalasi lain", "Another department"),
    "signal.protected": ("Rekam khusus", "Protected record"),
    "signal.sampled": ("Contoh acak", "Random sample"),
    "why.encounter": ("kunjungan", "an encounter"),
    "why.order": ("permintaan pemeriksaan", "an order"),
    "why.referral": ("rujukan", "a referral"),
    "why.worklist-item": ("daftar kerja", "a worklist item"),
    "why.treating-relation": ("dokter yang merawat", "a treating relation"),
    "why.scheduled-procedure": ("tindakan terjadwal", "a scheduled procedure"),
    "why.referring-physician": ("dokter perujuk", "the referring physician"),
    "why.requesting-physician": ("dokter peminta", "the requesting physician"),
    "why.performing-physician": ("dokter pelaksana", "the performing physician"),
    "why.operator": ("operator pemeriksaan", "the operator"),
    "why.reading-physician": ("dokter pembaca", "the reading physician"),
    "why.stored-it": ("akun ini yang mengirimnya", "the account stored it"),
    "why.break-glass": ("akses darurat", "emergency access"),
    "why.other": ("alasan lain", "another reason"),
}
