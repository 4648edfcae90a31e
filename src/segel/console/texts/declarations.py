"""Health declarations: the traveller's form, the officer's pages. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "error.declaration-unclear.title": (
        "Ini tidak dapat diterima begini",
        "This cannot be taken as it is",
    ),
    "error.declaration-unclear.text": (
        "Kembali dan perbaiki isian yang ditandai, atau salin kode sekali lagi.",
        "Go back and mend the fields that are marked, or copy the code once more.",
    ),
    "error.declaration-unknown.title": ("Deklarasi tidak ditemukan", "No such declaration"),
    "error.declaration-unknown.text": (
        "Kode atau nomornya keliru, deklarasinya sudah ditarik atau dimusnahkan, atau belum atau"
        " tidak lagi waktunya dilihat.",
        "The code or number is wrong, the declaration was withdrawn or destroyed, or this is not"
        " the time in which it is seen.",
    ),
    "error.declaration-over.title": ("Waktunya sudah lewat", "Its time is over"),
    "error.declaration-over.text": (
        "Deklarasi ini tidak dapat diubah lagi. Bicaralah dengan petugas kesehatan di pelabuhan.",
        "This declaration cannot be changed any more. Speak to the health officer at the port.",
    ),
    "error.port-full.title": ("Terlalu banyak deklarasi", "Too many declarations"),
    "error.port-full.text": (
        "Untuk penerbangan, kapal, atau hari ini sudah masuk lebih banyak deklarasi daripada yang"
        " mungkin. Periksa nomor dan tanggalnya, atau bicaralah dengan petugas di pelabuhan.",
        "More was declared for this flight, ship or day than can be true. Check number and date, or"
        " speak to the officer at the port.",
    ),
    "event.declaration": (
        "Deklarasi kesehatan dari pelaku perjalanan",
        "A traveller's declaration",
    ),
    "event.declaration-read": ("Deklarasi kesehatan dibaca", "Health declaration read"),
}
