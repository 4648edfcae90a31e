"""The account's own page. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "account.title": ("Akun saya", "My account"),
    "account.session": ("Sesi ini", "This session"),
    "account.session.until": ("Berakhir", "Ends"),
    "account.session.hospital": ("Rumah sakit", "Hospital"),
    "account.session.role": ("Peran", "Role"),
    "account.session.end": ("Akhiri sesi ini", "End this session"),
    "account.passkeys": ("Kunci sandi", "Passkeys"),
    "account.passkeys.help": (
        "Kunci sandi menggantikan kata sandi dan tidak dapat dicuri lewat situs palsu.",
        "A passkey replaces the password and cannot be stolen by a fake site.",
    ),
    "account.passkeys.add": ("Daftarkan kunci sandi", "Register a passkey"),
    "account.passkeys.added": ("Kunci sandi terdaftar.", "The passkey is registered."),
    "account.passkeys.already": (
        "Perangkat ini sudah menyimpan kunci sandi untuk akun ini. Pakai perangkat lain.",
        "This device already holds a passkey for this account. Use another device.",
    ),
    "account.budget": ("Jatah pasien", "Patient budget"),
    "account.budget.help": (
        "Banyaknya pasien berbeda yang boleh Anda buka. Pasien yang hanya tampil di hasil"
        " pencarian dihitung seperlima.",
        "How many different patients you may open. One that is only listed in a search result"
        " counts a fifth.",
    ),
    "account.budget.none": (
        "Peran ini tidak membuka rekam pasien.",
        "This role does not open patient records.",
    ),
    "account.budget.hour": ("Jam ini", "This hour"),
    "account.budget.day": ("24 jam", "24 hours"),
    "account.budget.month": ("30 hari", "30 days"),
    "account.budget.use": ("{used} dari {limit}", "{used} of {limit}"),
    "account.trail": ("Yang saya buka belakangan ini", "What I opened lately"),
    "account.trail.help": (
        "Setiap baris punya nomor daun di log bukti; tidak ada yang dapat menghapus atau"
        " mengubahnya tanpa ketahuan.",
        "Each line has its leaf number in the proof log; nobody can remove or change it unseen.",
    ),
    "account.trail.when": ("Waktu", "Time"),
    "account.trail.what": ("Kejadian", "Event"),
    "account.trail.purpose": ("Tujuan", "Purpose"),
    "account.trail.outcome": ("Hasil", "Outcome"),
    "account.trail.leaf": ("Daun", "Leaf"),
    "account.trail.empty": ("Belum ada kejadian.", "Nothing yet."),
    "account.trail.refused": ("Ditolak", "Refused"),
    "account.trail.granted": ("Diberikan", "Granted"),
    "event.110103": ("Studi dibuka", "Study opened"),
    "event.110104": ("Gambar diterima", "Images received"),
    "event.110112": ("Pencarian", "Search"),
    "event.110122": ("Masuk", "Sign-in"),
    "event.110123": ("Keluar", "Sign-out"),
    "event.110136": ("Permintaan persetujuan", "Request or approval"),
    "event.110113": ("Peringatan atau peninjauan", "Alert or review"),
    "event.110127": ("Akses darurat dimulai", "Emergency access begun"),
    "event.110128": ("Akses darurat diakhiri", "Emergency access ended"),
    "event.110137": ("Perubahan akun", "Account change"),
    "event.other": ("Kejadian lain", "Other event"),
    "purpose.TREAT": ("Perawatan", "Treatment"),
    "purpose.ETREAT": ("Perawatan darurat", "Emergency treatment"),
    "purpose.HOPERAT": ("Operasional", "Operations"),
    "purpose.PUBHLTH": ("Kesehatan masyarakat", "Public health"),
    "purpose.PATRQT": ("Permintaan pasien", "Patient request"),
    "purpose.SYSADMIN": ("Administrasi sistem", "System administration"),
    "purpose.other": ("Lainnya", "Other"),
}
