"""The words of the holder's app."""

from typing import Final

Pair = tuple[str, str]
"""English, Indonesian."""

TEXTS: Final[dict[str, Pair]] = {
    "page.title": ("My passes – Segel", "Pas saya – Segel"),
    "page.heading": ("My passes", "Pas saya"),
    "page.other-language": ("Bahasa Indonesia", "English"),
    "update.there": (
        "A newer version of this app is here.", "Versi baru aplikasi ini sudah ada.",
    ),
    "update.take": ("Use it now", "Pakai sekarang"),
    "left.none": ("You have no passes.", "Anda belum punya pas."),
    "left.some": (
        "Passes left: {count}, until {until}.", "Sisa pas: {count}, sampai {until}.",
    ),
    "left.what": (
        "A pass says that you are fit, and nothing of who you are. Each is shown at one door only,"
        " so that doors which compare what they scanned cannot tell that it was you.",
        "Pas menyatakan Anda layak masuk, tanpa menyebut siapa Anda. Setiap pas hanya ditunjukkan"
        " di satu pintu, sehingga pintu-pintu yang saling membandingkan tidak tahu itu Anda.",
    ),
    "scan.start": ("Scan the gate's code", "Pindai kode pintu"),
    "scan.stop": ("Stop the camera", "Matikan kamera"),
    "scan.label": ("The gate's code", "Kode pintu"),
    "scan.idle": (
        "Hold the camera to the code that the gate shows.",
        "Arahkan kamera ke kode yang ditampilkan pintu.",
    ),
    "scan.refused": (
        "The camera is not allowed. Allow it for this page in the browser's settings, or type the"
        " gate's code.",
        "Kamera tidak diizinkan. Izinkan untuk halaman ini di setelan peramban, atau ketik kode"
        " pintu.",
    ),
    "scan.missing": (
        "No camera can be used here. Type the gate's code.",
        "Tidak ada kamera yang dapat dipakai. Ketik kode pintu.",
    ),
    "type.open": ("Type the gate's code", "Ketik kode pintu"),
    "type.label": (
        "Letters and digits under the gate's code", "Huruf dan angka di bawah kode pintu",
    ),
    "type.answer": ("Answer it", "Jawab"),
    "type.wrong": ("This is not a gate's code.", "Ini bukan kode pintu."),
    "shown.what": (
        "Hold this to the gate's camera. It answers this gate, now, and no other.",
        "Arahkan ke kamera pintu. Ini menjawab pintu ini, sekarang, dan tidak untuk yang lain.",
    ),
    "shown.label": ("Your answer to the gate", "Jawaban Anda untuk pintu"),
    "shown.done": ("Done: use up this pass", "Selesai: habiskan pas ini"),
    "get.button": ("Get passes for today", "Ambil pas untuk hari ini"),
    "get.what": (
        "The keys are made in this browser and cannot leave it. The archive writes down that you"
        " were given passes and how many, not which.",
        "Kuncinya dibuat di peramban ini dan tidak dapat keluar. Arsip mencatat bahwa Anda diberi"
        " pas dan berapa banyak, bukan pas yang mana.",
    ),
    "get.busy": ("One moment…", "Sebentar…"),
    "get.sign-in": ("Sign in first, then come back here.", "Masuk dulu, lalu kembali ke sini."),
    "get.sign-in.link": ("Sign in", "Masuk"),
    "get.not-fit": (
        "Nothing on your record says that you are fit: a pass needs a negative test of the last 72"
        " hours.",
        "Rekam medis Anda belum menyatakan layak: perlu tes negatif dalam 72 jam terakhir.",
    ),
    "get.many": (
        "As many passes were made for you as a day has room for. Try again later.",
        "Pas untuk hari ini sudah habis. Coba lagi nanti.",
    ),
    "get.away": (
        "The archive cannot be reached now. The passes that are here still work.",
        "Arsip tidak dapat dihubungi sekarang. Pas yang ada di sini tetap berlaku.",
    ),
    "get.keys": (
        "This browser cannot keep keys. Use another one, without private mode.",
        "Peramban ini tidak dapat menyimpan kunci. Pakai yang lain, tanpa mode privat.",
    ),
    "paper.open": ("A pass on paper", "Pas kertas"),
    "paper.what": (
        "Paper cannot answer a gate. Whoever copies it can use it, and every door that scans this"
        " paper sees the same code: doors that compare can tell that it was the same person. Some"
        " gates do not accept paper.",
        "Kertas tidak dapat menjawab pintu. Siapa yang menyalinnya dapat memakainya, dan setiap"
        " pintu yang memindai kertas ini melihat kode yang sama: pintu yang saling membandingkan"
        " tahu bahwa itu orang yang sama. Sebagian pintu tidak menerima kertas.",
    ),
    "paper.button": ("Print one pass all the same", "Tetap cetak satu pas"),
    "paper.heading": ("Venue pass on paper", "Pas masuk kertas"),
    "paper.until": ("Valid until {until}", "Berlaku sampai {until}"),
    "paper.linked": (
        "Anyone can copy this code. All who scan it see the same code.",
        "Kode ini dapat disalin siapa saja. Semua yang memindainya melihat kode yang sama.",
    ),
    "paper.done": ("Close: use up this pass", "Tutup: habiskan pas ini"),
    "drop.button": ("Delete all passes on this device", "Hapus semua pas di perangkat ini"),
}  # fmt: skip
