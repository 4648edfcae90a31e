"""Signing in. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "sign_in.title": ("Masuk", "Sign in"),
    "sign_in.lead": (
        "Rekam pencitraan yang tetap tersegel. Setiap pembukaan tercatat dan dapat dibuktikan.",
        "The imaging record that stays sealed. Every opening is logged and can be proven.",
    ),
    "sign_in.ended": (
        "Sesi Anda sudah berakhir. Masuk lagi untuk melanjutkan.",
        "Your session has ended. Sign in again to go on.",
    ),
    "sign_in.passkey": ("Masuk dengan kunci sandi", "Sign in with a passkey"),
    "sign_in.passkey.help": (
        "Gunakan sidik jari, wajah, PIN perangkat, atau kunci keamanan Anda.",
        "Use your fingerprint, face, device PIN or security key.",
    ),
    "sign_in.passkey.unsupported": (
        "Peramban atau alamat ini tidak mendukung kunci sandi. Bukalah lewat HTTPS, atau lewat"
        " localhost di komputer ini.",
        "This browser or address cannot use passkeys. Open it over HTTPS, or as localhost on"
        " this computer.",
    ),
    "sign_in.passkey.failed": (
        "Kunci sandi tidak dapat diverifikasi. Coba sekali lagi.",
        "The passkey could not be verified. Try once more.",
    ),
    "sign_in.passkey.cancelled": (
        "Dibatalkan, atau tidak ada kunci sandi di perangkat ini.",
        "Cancelled, or there is no passkey on this device.",
    ),
    "sign_in.passkey.waiting": ("Menunggu perangkat Anda …", "Waiting for your device …"),
    "sign_in.demo.title": ("Pilih orang demo", "Choose a demo person"),
    "sign_in.demo.help": (
        "Hanya ada dalam mode demo. Tidak ada kata sandi, tidak ada data nyata.",
        "Only there in demo mode. No password, no real data.",
    ),
}
