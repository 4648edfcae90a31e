"""What a sample's columns hold, to be corrected."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "columns.title": ("Kolom dan kata sandi sampel", "The sample's columns and passwords"),
    "columns.look": ("Betulkan kolom dan kata sandi", "Correct columns and passwords"),
    "columns.help": (
        "Isi kolom dikenali dari isinya. Bila keliru, pilih yang benar; pemeriksaan berikutnya"
        " memakainya. Untuk itu periksa bukti sekali lagi.",
        "What a column holds is told by its content. Where that is wrong, choose what is right; the"
        " next examination heeds it. Examine the evidence once more for that.",
    ),
    "columns.none": ("Tidak ada tabel di dalam sampel.", "There is no table in the sample."),
    "columns.rows": ("{count} baris", "{count} rows"),
    "columns.as_found": ("{kind} (dikenali, {sure})", "{kind} (recognised, {sure})"),
    "columns.by_content": ("menurut isinya", "by its content"),
    "columns.more": (
        "Tabel atau kolom lain dibetulkan lewat segel leak columns.",
        "Other tables or columns are corrected by segel leak columns.",
    ),
    "columns.passwords": ("Kata sandi", "Passwords"),
    "columns.passwords.help": (
        "Dicoba pada berkas yang terenkripsi; satu per baris. Disegel bersama perkara.",
        "Tried on what is encrypted; one a line. Sealed with the case.",
    ),
    "columns.second": ("Sampel kedua", "A second sample"),
    "columns.second.help": (
        "Berkas yang diumumkan terpisah dari yang lain: dari dua sampel, ukuran keseluruhan dapat"
        " diperkirakan.",
        "Files that were posted apart from the others: from two samples the size of the whole can"
        " be estimated.",
    ),
    "columns.keep": ("Simpan", "Keep"),
    "columns.unclear.passwords": (
        "Paling banyak 20 kata sandi, masing-masing paling panjang 200 huruf.",
        "At most 20 passwords, each of at most 200 characters.",
    ),
    "leaks.finding.corrections": ("Pembetulan kolom", "Corrected columns"),
}
