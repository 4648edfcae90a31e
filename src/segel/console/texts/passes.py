"""Venue passes: the page before the app. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "passes.title": ("Pas masuk", "Venue passes"),
    "passes.home.help": (
        "Tunjukkan bahwa Anda layak masuk, tanpa menunjukkan siapa Anda.",
        "Show that you are fit, and not who you are.",
    ),
    "passes.lead": (
        "Untuk pintu tempat umum: pas yang tidak menyebut nama.",
        "For the doors of venues: passes without a name.",
    ),
    "passes.says": (
        "Pas hanya berisi: pemegangnya layak masuk, sampai jam berapa, dan negara penerbitnya.",
        "A pass says only that its holder is fit, until which hour, and which country issued it.",
    ),
    "passes.once": (
        "Setiap pas dipakai di satu pintu saja. Pintu-pintu yang membandingkan hasil pindaian"
        " tidak dapat mengenali Anda.",
        "Each is used at one door only. Doors that compare what they scanned cannot recognise you.",
    ),
    "passes.kept": (
        "Kuncinya dibuat di ponsel Anda dan tidak dapat keluar. Arsip mencatat berapa pas yang"
        " dibuat untuk Anda, bukan pas yang mana, dan tidak tahu pintu mana yang Anda masuki.",
        "The keys are made on your phone and cannot leave it. The archive writes down how many"
        " passes were made for you, not which, and never learns through which doors you went.",
    ),
    "passes.offline": (
        "Setelah diambil, pas ditunjukkan tanpa jaringan.",
        "Once fetched, passes are shown without a network.",
    ),
    "passes.open": ("Buka pas saya", "Open my passes"),
}
