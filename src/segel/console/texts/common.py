"""Everywhere: navigation, roles, units. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "app.name": ("Segel", "Segel"),
    "app.skip": ("Langsung ke isi", "Skip to content"),
    "app.demo": (
        "Mode demo: orang dan pasien di sini rekaan.",
        "Demo: the people and patients here are invented.",
    ),
    "nav.label": ("Navigasi utama", "Main navigation"),
    "nav.worklist": ("Daftar studi", "Studies"),
    "nav.account": ("Akun saya", "My account"),
    "nav.sign_out": ("Keluar", "Sign out"),
    "preferences.theme": ("Tampilan", "Appearance"),
    "preferences.theme.auto": ("Ikuti perangkat", "As the device"),
    "preferences.theme.light": ("Terang", "Light"),
    "preferences.theme.dark": ("Gelap", "Dark"),
    "preferences.language.id": ("Bahasa Indonesia", "Bahasa Indonesia"),
    "preferences.language.en": ("English", "English"),
    "role.clinician": ("Dokter", "Clinician"),
    "role.radiologist": ("Dokter radiologi", "Radiologist"),
    "role.radiographer": ("Radiografer", "Radiographer"),
    "role.data-protection-officer": ("Petugas pelindungan data", "Data protection officer"),
    "role.administrator": ("Administrator", "Administrator"),
    "role.hospital-system": ("Sistem informasi", "Information system"),
    "role.national-platform": ("Platform kesehatan nasional", "National health platform"),
    "role.records-officer": ("Perekam medis", "Medical records officer"),
    "role.modality": ("Modalitas", "Modality"),
    "role.operator": ("operator", "the operator"),
    "role.tripwire": ("jebakan data umpan", "a decoy's tripwire"),
    "sex.M": ("Laki-laki", "Male"),
    "sex.F": ("Perempuan", "Female"),
    "sex.O": ("Lainnya", "Other"),
    "wait.minutes": ("{count} menit", "{count} min"),
    "wait.hours": ("{count} jam", "{count} h"),
    "wait.days": ("{count} hari", "{count} days"),
}
