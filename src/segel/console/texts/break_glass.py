"""Emergency access beyond the budget. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "break_glass.title": ("Akses darurat", "Emergency access"),
    "break_glass.cannot_wait": ("Pasien ini tidak dapat menunggu", "This patient cannot wait"),
    "break_glass.meaning": (
        "Jika seorang pasien tidak dapat menunggu, Anda boleh membuka {patients} pasien di luar"
        " jatah selama {minutes} menit.",
        "Where a patient cannot wait, you may open {patients} patients beyond your budget within"
        " {minutes} minutes.",
    ),
    "break_glass.watched": (
        "Petugas pelindungan data langsung diberi tahu. Alasan Anda dan apa yang Anda buka ditinjau"
        " dalam {hours} jam. Ini bukan tuduhan; begitulah akses darurat tetap terbuka bagi semua.",
        "The data protection officer is told at once, and reviews your reason and what you opened"
        " within {hours} hours. That accuses nobody; it keeps emergency access open to everybody.",
    ),
    "break_glass.code": ("Apa yang terjadi?", "What happened?"),
    "break_glass.code.life-at-risk": ("Nyawa terancam", "A life is at risk"),
    "break_glass.code.urgent-consult": (
        "Diminta sejawat untuk konsultasi mendesak",
        "Asked by a colleague for an urgent opinion",
    ),
    "break_glass.code.covering-shift": (
        "Menggantikan sejawat yang berhalangan",
        "Standing in for a colleague",
    ),
    "break_glass.code.many-casualties": ("Banyak korban sekaligus", "Many casualties at once"),
    "break_glass.code.other": ("Lainnya", "Something else"),
    "break_glass.reason": ("Mengapa tidak dapat menunggu?", "Why can it not wait?"),
    "break_glass.reason.hint": (
        "Sekurangnya 20 huruf, dengan kata-kata. Jangan tulis nama atau nomor pasien.",
        "At least 20 letters, in words. No names or numbers of patients, please.",
    ),
    "break_glass.reason.unclear": (
        "Alasan ini terlalu singkat untuk ditinjau. Tuliskan dalam beberapa kata.",
        "This is too short to be reviewed. Say it in a few words more.",
    ),
    "break_glass.begin": ("Mulai akses darurat", "Begin emergency access"),
    "break_glass.leave": ("Kembali", "Go back"),
    "break_glass.left_today": (
        "Dapat dimulai {count} kali lagi dalam 24 jam ini.",
        "You may begin it {count} more times in these 24 hours.",
    ),
    "break_glass.open": (
        "Akses darurat sedang terbuka: {used} dari {patients} pasien terpakai, sampai",
        "Emergency access is open: {used} of {patients} patients used, until",
    ),
    "break_glass.barred": (
        "Peninjauan akses darurat Anda sebelumnya melewati tenggat. Sampai diputuskan, akses"
        " darurat tidak dapat dimulai lagi. Hubungi petugas pelindungan data.",
        "The review of an earlier emergency access of yours is past its deadline. Until it is"
        " decided, you cannot begin another. Speak to the data protection officer.",
    ),
    "break_glass.used_up": (
        "Anda telah memulai akses darurat {count} kali dalam 24 jam. Mintalah bantuan sejawat.",
        "You have begun emergency access {count} times in 24 hours. Please ask a colleague.",
    ),
    "break_glass.again": ("Dapat dimulai lagi", "You may again from"),
    "break_glass.past": ("Akses darurat saya", "My emergency access"),
    "break_glass.past.none": (
        "Anda belum pernah memakai akses darurat.",
        "You have never used emergency access.",
    ),
    "break_glass.past.used": (
        "{used} dari {patients} pasien di luar jatah",
        "{used} of {patients} patients beyond the budget",
    ),
    "break_glass.band": ("Akses darurat", "Emergency access"),
    "break_glass.band.left": ("tersisa {left} dari {patients} pasien", "{left} of {patients} left"),
    "break_glass.band.until": ("sampai", "until"),
    "break_glass.end": ("Akhiri sekarang", "End now"),
}
