"""The words of the verifier's page. Those of reasons and results are in ``cards.words``."""

from typing import Final

Pair = tuple[str, str]
"""English, Indonesian."""

TEXTS: Final[dict[str, Pair]] = {
    "page.title": ("Card check – Segel", "Periksa kartu – Segel"),
    "page.heading": ("Card check", "Periksa kartu"),
    "page.other-language": ("Bahasa Indonesia", "English"),
    "update.there": (
        "A newer version of this app is here.", "Versi baru aplikasi ini sudah ada.",
    ),
    "update.take": ("Use it now", "Pakai sekarang"),
    "mode.label": ("What is checked", "Yang diperiksa"),
    "mode.card": ("Travel cards", "Kartu perjalanan"),
    "mode.gate": ("Venue passes", "Pas masuk"),
    "camera.label": ("Read a card", "Baca kartu"),
    "camera.idle": (
        "Hold the card's QR code before the camera.", "Arahkan kode QR kartu ke kamera.",
    ),
    "camera.idle-gate": (
        "Hold the answer on the guest's phone before the camera.",
        "Arahkan jawaban di ponsel tamu ke kamera.",
    ),
    "camera.start": ("Start the camera", "Nyalakan kamera"),
    "camera.stop": ("Stop the camera", "Matikan kamera"),
    "camera.refused": (
        "The camera is not allowed. Allow it for this page in the browser's settings, or choose a"
        " picture.",
        "Kamera tidak diizinkan. Izinkan untuk halaman ini di setelan peramban, atau pilih gambar.",
    ),
    "camera.missing": (
        "No camera can be used here. Choose a picture, or paste the text.",
        "Tidak ada kamera yang dapat dipakai. Pilih gambar, atau tempel teks.",
    ),
    "camera.parts": (
        "{seen} of {count} codes of this card are read. Show the next one.",
        "{seen} dari {count} kode kartu ini sudah terbaca. Tunjukkan yang berikutnya.",
    ),
    "gate.code": ("This gate's code", "Kode pintu ini"),
    "gate.how": (
        "The guest scans this code with their passes and holds the answer before the camera. The"
        " code is good for one guest.",
        "Tamu memindai kode ini dengan pasnya, lalu menunjukkan jawabannya ke kamera. Kode berlaku"
        " untuk satu tamu.",
    ),
    "gate.typed": ("Without a camera, type:", "Tanpa kamera, ketik:"),
    "gate.paper": ("Let in passes on paper", "Terima pas di kertas"),
    "gate.paper-hint": (
        "A pass on paper can be copied, and whoever compares scans sees that it is the same one.",
        "Pas di kertas dapat disalin, dan siapa pun yang membandingkan pindaian tahu itu pas yang"
        " sama.",
    ),
    "gate.admitted": ("The pass is genuine.", "Pas ini asli."),
    "picture.choose": ("Choose a picture", "Pilih gambar"),
    "text.open": ("Paste the text", "Tempel teks"),
    "text.label": ("Text of the QR code, a code a line", "Teks kode QR, satu kode per baris"),
    "text.judge": ("Check it", "Periksa"),
    "rules.label": ("Rules", "Aturan"),
    "lists.current": (
        "Lists of {issued}, good until {until}.", "Daftar {issued}, berlaku sampai {until}.",
    ),
    "lists.ageing": (
        "Lists of {issued} are ageing: update them before {until}.",
        "Daftar {issued} mulai lama: perbarui sebelum {until}.",
    ),
    "lists.trust": ("Trusted issuers", "Penerbit tepercaya"),
    "lists.rules": ("Rules", "Aturan"),
    "lists.revoked": ("Revoked cards", "Kartu yang dicabut"),
    "lists.edition": (
        "No. {serial}, of {issued}, good until {until}.",
        "No. {serial}, {issued}, berlaku sampai {until}.",
    ),
    "lists.offline": (
        "No newer one could be fetched just now.", "Yang lebih baru belum dapat diambil.",
    ),
    "lists.refresh": ("Update the lists", "Perbarui daftar"),
    "counts.heading": ("Today on this device", "Hari ini di perangkat ini"),
    "counts.hint": (
        "Only these numbers are kept. Nothing of a card stays here or is sent anywhere.",
        "Hanya angka ini yang disimpan. Tidak ada isi kartu yang tersimpan atau dikirim.",
    ),
    "verdict.fit": ("FIT", "LAYAK"),
    "verdict.not": ("NOT FIT", "TIDAK LAYAK"),
    "verdict.cannot": ("CANNOT SAY", "BELUM PASTI"),
    "result.born": ("born {day}", "lahir {day}"),
    "result.compare": (
        "Compare with the passport or identity card.", "Cocokkan dengan paspor atau KTP.",
    ),
    "result.failed": ("Not met: {rule}", "Tidak terpenuhi: {rule}"),
    "result.unsaid": ("Could not be applied: {rule}", "Tidak dapat diterapkan: {rule}"),
    "result.rules": ("By the rules: {rules}", "Menurut aturan: {rules}"),
    "result.next": ("Next card", "Kartu berikutnya"),
}  # fmt: skip
