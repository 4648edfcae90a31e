"""Reviews of emergency access. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.reviews": ("Peninjauan", "Reviews"),
    "reviews.title": ("Peninjauan akses darurat", "Reviews of emergency access"),
    "reviews.help": (
        "Yang tenggatnya paling dekat ada di atas. Pasien tidak disebut namanya.",
        "What is due first stands first. Patients are not named.",
    ),
    "reviews.none.title": ("Tidak ada yang perlu ditinjau", "Nothing waits for a review"),
    "reviews.none.text": (
        "Setiap akses darurat di rumah sakit ini akan muncul di sini.",
        "Each emergency access in this hospital will appear here.",
    ),
    "reviews.decided": ("Sudah diputuskan", "Decided"),
    "review.title": ("Peninjauan", "Review"),
    "review.back": ("Semua peninjauan", "All reviews"),
    "review.of": ("Akses darurat oleh {name}", "Emergency access by {name}"),
    "review.begun": ("Dimulai", "Begun"),
    "review.ended": ("Berakhir", "Ended"),
    "review.beyond": ("Di luar jatah", "Beyond the budget"),
    "review.patients": ("Pasien seluruhnya", "Patients in all"),
    "review.due": ("Tinjau sebelum", "To be reviewed by"),
    "review.overdue": ("Melewati tenggat", "Overdue"),
    "review.by": ("Ditinjau oleh {name},", "Reviewed by {name},"),
    "review.verdict": ("Putusan", "Verdict"),
    "review.verdict.justified": ("Dapat dibenarkan", "Justified"),
    "review.verdict.not-justified": ("Tidak dapat dibenarkan", "Not justified"),
    "review.verdict.follow-up": ("Perlu ditindaklanjuti", "To be followed up"),
    "review.decide": ("Bagaimana penilaian Anda?", "What do you find?"),
    "review.text": ("Penjelasan", "Explanation"),
    "review.text.needed": (
        "Tuliskan apa yang ditemukan, atau apa yang akan dilakukan.",
        "Say what was found, or what is to be done.",
    ),
    "review.seen_by_account": (
        "Pemilik akun membaca putusan dan penjelasan ini.",
        "The account's holder reads the verdict and this explanation.",
    ),
    "review.save": ("Simpan putusan", "Save the verdict"),
    "review.freeze": ("Bekukan akun ini", "Freeze this account"),
    "review.freeze.help": (
        "Semua sesi {name} berhenti dalam sedetik, sampai dua petugas mencabut pembekuannya.",
        "All sessions of {name} stop within a second, until two officers lift the freeze.",
    ),
    "review.freeze.now": ("Bekukan sekarang", "Freeze now"),
    "review.freeze.done": ("Akun ini sedang dibekukan.", "This account is frozen."),
    "review.opened": ("Yang dibuka", "What was opened"),
    "review.opened.help": (
        "Setiap nomor adalah satu pasien, hanya di peninjauan ini.",
        "Each number is one patient, in this review only.",
    ),
    "review.opened.whom": ("Pasien", "Patient"),
    "review.opened.beyond": ("Di luar jatah", "Beyond the budget"),
    "review.opened.why": ("Alasan tercatat", "Reason on file"),
    "review.opened.yes": ("Ya", "Yes"),
    "review.opened.no": ("Tidak", "No"),
    "review.opened.none": ("Tidak ada yang dibuka.", "Nothing was opened."),
    "review.kind.READ": ("Studi dibuka", "Study opened"),
    "review.kind.QUERY": ("Tampil di pencarian", "Listed in a search"),
}
