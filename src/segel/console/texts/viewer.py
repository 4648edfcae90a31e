"""The light viewer. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "viewer.title": ("Penampil", "Viewer"),
    "viewer.close": ("Kembali ke studi", "Back to the study"),
    "viewer.series": ("Pilih seri", "Choose a series"),
    "viewer.slider": ("Gambar dalam seri", "Image in the series"),
    "viewer.stage": (
        "Gambar medis. Panah atas dan bawah mengganti gambar.",
        "Medical image. Arrow up and down change the image.",
    ),
    "viewer.tool": ("Alat", "Tools"),
    "viewer.tool.scroll": ("Gulir", "Scroll"),
    "viewer.tool.window": ("Kontras", "Contrast"),
    "viewer.tool.pan": ("Geser", "Pan"),
    "viewer.zoom_in": ("Perbesar", "Zoom in"),
    "viewer.zoom_out": ("Perkecil", "Zoom out"),
    "viewer.fit": ("Paskan", "Fit"),
    "viewer.invert": ("Negatif", "Invert"),
    "viewer.turn": ("Rotasi", "Rotate"),
    "viewer.flip": ("Balik", "Flip"),
    "viewer.reset": ("Atur ulang", "Reset"),
    "viewer.play": ("Putar film", "Play"),
    "viewer.speed": ("Kecepatan film", "Speed of the film"),
    "viewer.speed.per_second": ("{count}/dtk", "{count}/s"),
    "viewer.help": ("Bantuan", "Help"),
    "viewer.help.scroll": ("Gambar sebelum dan sesudahnya", "Image before and after"),
    "viewer.help.series": ("Seri sebelum dan sesudahnya", "Series before and after"),
    "viewer.help.window": ("Seret: kontras dan terang", "Drag: contrast and brightness"),
    "viewer.help.pan": ("Seret: geser gambar", "Drag: move the image"),
    "viewer.help.play": ("Putar atau hentikan film", "Play or stop the film"),
    "viewer.help.zoom": ("Perbesar, perkecil", "Larger, smaller"),
    "viewer.help.fit": ("Seluruh gambar di layar", "The whole image on the screen"),
    "viewer.help.invert": ("Negatif", "Invert"),
    "viewer.help.turn": ("Rotasi 90°", "Rotate by 90°"),
    "viewer.help.flip": ("Balik kiri-kanan", "Flip left and right"),
    "viewer.help.reset": ("Seperti semula", "As it was at first"),
    "viewer.help.pointer": (
        "Roda tetikus mengganti gambar (dengan Ctrl: memperbesar); tombol kanan mengatur kontras,"
        " tombol tengah menggeser. Di layar sentuh, dua jari memperbesar.",
        "The wheel changes the image (with Ctrl it zooms); the right button sets the contrast, the"
        " middle one pans. On a touch screen two fingers zoom.",
    ),
    "viewer.help.ruler": (
        "Penggaris “di detektor” mengukur di sana: tubuh di depannya lebih kecil daripada yang"
        " tampak.",
        "A ruler “at the detector” measures there: the body before it is smaller than it looks.",
    ),
    "viewer.help.diagnosis": (
        "Gambar di sini dikompresi dan layar ini tidak dikalibrasi: untuk diagnosis, pakailah"
        " stasiun kerja.",
        "Images here are compressed and this screen is not calibrated: for a diagnosis, use a"
        " workstation.",
    ),
    "viewer.help.close": ("Tutup", "Close"),
    "viewer.preset": ("Prasetel kontras", "Contrast preset"),
    "viewer.preset.default": ("Bawaan", "Default"),
    "viewer.preset.lung": ("Paru", "Lung"),
    "viewer.preset.bone": ("Tulang", "Bone"),
    "viewer.preset.soft": ("Jaringan lunak", "Soft tissue"),
    "viewer.preset.brain": ("Otak", "Brain"),
    "viewer.preset.own": ("Disetel sendiri", "Set by hand"),
    "viewer.preset.narrow": ("Lebih kontras", "More contrast"),
    "viewer.preset.wide": ("Lebih lembut", "Softer"),
    "viewer.ruler.detector": ("di detektor", "at the detector"),
    "viewer.loading": ("Memuat …", "Loading …"),
    "viewer.failed": (
        "Gambar ini tidak dapat ditampilkan di sini. Berkas aslinya utuh; coba dengan OHIF.",
        "This image cannot be shown here. Its file is unharmed; try it in OHIF.",
    ),
    "viewer.away": (
        "Server sedang tidak menjawab. Coba lagi sebentar lagi.",
        "The server does not answer now. Try again in a moment.",
    ),
    "viewer.ended": (
        "Sesi berakhir. Masuk lagi untuk melanjutkan.",
        "The session has ended. Sign in again to go on.",
    ),
    "viewer.not_for_diagnosis": (
        "Bukan untuk diagnosis",
        "Not for diagnosis",
    ),
    # --- OHIF's origin ------------------------------------------------------------------------
    "entry.title": ("Membuka penampil …", "Opening the viewer …"),
    "entry.failed": (
        "Tautan ini sudah dipakai atau kedaluwarsa. Tutup tab ini dan buka lagi dari halaman"
        " studi.",
        "This link was used or has expired. Close this tab and open the viewer again from the"
        " study's page.",
    ),
}
