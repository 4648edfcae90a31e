"""Alerts to the data protection officer. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.alerts": ("Peringatan", "Alerts"),
    "nav.alerts.waiting": ("{count} menunggu", "{count} waiting"),
    "alerts.title": ("Peringatan", "Alerts"),
    "alerts.account": ("Akun: {name}", "Account: {name}"),
    "alerts.review": ("Buka peninjauan", "Open the review"),
    "alerts.note": ("Catatan (boleh kosong)", "Note (may be empty)"),
    "alerts.acknowledge": ("Sudah dilihat", "Acknowledge"),
    "alerts.none.title": ("Tidak ada peringatan yang menunggu", "No alert is waiting"),
    "alerts.none.text": (
        "Peringatan baru muncul di sini begitu terjadi.",
        "New ones appear here as they happen.",
    ),
    "alerts.seen": ("Sudah dilihat", "Acknowledged"),
    "alerts.seen.by": ("Dilihat oleh {name},", "Acknowledged by {name},"),
    "alert.break-glass-begun": ("Akses darurat dimulai", "Emergency access begun"),
    "alert.break-glass-barred": (
        "Akses darurat ditolak: peninjauan melewati tenggat",
        "Emergency access refused: a review is overdue",
    ),
    "alert.review-overdue": ("Peninjauan melewati tenggat", "A review is past its deadline"),
    "alert.decoy-touched": ("Pasien umpan tersentuh", "A decoy patient was touched"),
    "alert.session-frozen": ("Sesi dibekukan", "A session was frozen"),
    "alert.account-frozen": ("Akun dibekukan", "An account was frozen"),
    "alert.hospital-frozen": ("Rumah sakit dibekukan", "The hospital was frozen"),
    "alert.budget-exhausted-repeatedly": (
        "Jatah pasien berulang kali habis",
        "A budget was used up again and again",
    ),
    "alert.shared-budget-exhausted": (
        "Jatah bersama habis: akun-akun ditolak",
        "A shared budget is used up: accounts are refused",
    ),
    "alert.unexplained-in-a-row": (
        "Banyak akses berturut-turut tanpa alasan tercatat",
        "Many accesses in a row that no reason on file explains",
    ),
    "alert.national-platform-away": (
        "Platform kesehatan nasional lama tidak dapat dihubungi",
        "The national health platform has been away for long",
    ),
    "alert.log-questioned": ("Log audit dipertanyakan", "The audit log is in question"),
    "alert.other": ("Peringatan lain", "Another alert"),
}
