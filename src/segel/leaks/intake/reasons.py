"""Why a file was not (wholly) read, or what is odd about it: a code, and its words.

The codes are what ``SampleFile.reason`` holds, several of them with a comma between.
"""

from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """A code for what kept a file from being read, or was noticed in it."""

    DEPTH = "too-deep"
    MEMBERS = "too-many-files"
    INFLATED = "too-much"
    RATIO = "ratio"
    HELD = "too-large"
    MEMORY = "memory"
    TIME = "time"
    CRASHED = "reader-crashed"
    LIED = "reader-lied"
    FINDINGS = "too-many-findings"
    BROKEN = "broken"
    TRUNCATED = "truncated"
    ENCRYPTED = "encrypted"
    UNKNOWN = "format-unknown"
    UNSUPPORTED = "format-unsupported"
    SPECIAL = "not-a-file"
    OUTSIDE = "path-outside"
    POLYGLOT = "polyglot"
    ACTIVE = "active-content"
    CLAIMS = "claims-too-much"
    COLUMNS = "too-many-columns"
    CELLS = "cells-cut"
    LINES = "lines-cut"
    QUOTES = "quotes"
    ENCODING = "encoding"
    STATEMENTS = "statement-too-long"
    TABLES = "too-many-tables"
    NESTING = "nested-too-deep"
    PIXELS = "too-many-pixels"
    FRAMES = "too-many-frames"
    PAGES = "too-many-pages"
    TEXT = "text-cut"
    NO_OCR = "text-not-read"
    NO_PIXELS = "pixels-not-read"
    ENTITIES = "entities"
    UNSTARTED = "not-started"


WORDS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.DEPTH: (
        "Terlalu banyak wadah bersarang; yang lebih dalam tidak dibuka.",
        "Containers within containers beyond the cap; what lies deeper was not opened.",
    ),
    Reason.MEMBERS: (
        "Berkas di dalamnya melebihi batas; sisanya tidak dibaca.",
        "More files in it than the cap; the rest were not read.",
    ),
    Reason.INFLATED: (
        "Isinya mengembang melebihi batas; dihentikan di sana.",
        "It inflates beyond the cap; reading stopped there.",
    ),
    Reason.RATIO: (
        "Mengembang seperti bom kompresi; dihentikan.",
        "It inflates as a compression bomb does; reading stopped.",
    ),
    Reason.HELD: (
        "Harus dimuat utuh ke memori, dan terlalu besar untuk itu.",
        "It has to be in memory as a whole, and is too large for that.",
    ),
    Reason.MEMORY: (
        "Membacanya memerlukan memori melebihi batas.",
        "Reading it takes more memory than the cap.",
    ),
    Reason.TIME: (
        "Membacanya memerlukan waktu melebihi batas.",
        "Reading it takes more time than the cap.",
    ),
    Reason.CRASHED: (
        "Pembacanya mati karena berkas ini; berkas lain tetap dibaca.",
        "Its reader died of it; the other files were read all the same.",
    ),
    Reason.LIED: (
        "Pembacanya menyampaikan hal yang tidak mungkin; pembaca itu dihentikan.",
        "Its reader said what cannot be, and was ended.",
    ),
    Reason.FINDINGS: (
        "Temuannya melebihi batas; dihentikan di sana.",
        "More was found than the cap; reading stopped there.",
    ),
    Reason.BROKEN: (
        "Berkas rusak, atau bukan seperti yang diakuinya.",
        "It is broken, or is not what it says that it is.",
    ),
    Reason.TRUNCATED: ("Berkas terpotong.", "It ends before its end."),
    Reason.ENCRYPTED: (
        "Terenkripsi; berikan kata sandinya agar dapat dibaca.",
        "It is encrypted; give its password to have it read.",
    ),
    Reason.UNKNOWN: ("Format tidak dikenal.", "Its format is not known."),
    Reason.UNSUPPORTED: (
        "Format dikenal, tetapi tidak dapat dibaca di sini.",
        "Its format is known, but cannot be read here.",
    ),
    Reason.SPECIAL: (
        "Tautan, perangkat, atau folder istimewa; tidak pernah diikuti.",
        "A link, device or the like; it is never followed.",
    ),
    Reason.OUTSIDE: (
        "Namanya menunjuk ke luar wadahnya; dibaca dengan nama yang tidak berbahaya.",
        "Its name points out of its container; it was read under a harmless name.",
    ),
    Reason.POLYGLOT: (
        "Sekaligus berkas dari format lain; keduanya dibaca.",
        "It is a file of another format at the same time; both were read.",
    ),
    Reason.ACTIVE: (
        "Berisi makro, skrip atau tautan yang berjalan; tidak ada yang dijalankan.",
        "It holds macros, scripts or links that act; nothing of it was run.",
    ),
    Reason.CLAIMS: (
        "Kepalanya mengaku lebih daripada isinya.",
        "Its header claims more than it holds.",
    ),
    Reason.COLUMNS: ("Kolom melebihi batas dipotong.", "Columns beyond the cap were cut."),
    Reason.CELLS: ("Sel yang terlalu panjang dipotong.", "Cells that are too long were cut."),
    Reason.LINES: ("Baris yang terlalu panjang dipotong.", "Lines that are too long were cut."),
    Reason.QUOTES: (
        "Tanda kutip tidak ditutup; beberapa baris tidak terbaca.",
        "Quotes that are not closed; some rows were not read.",
    ),
    Reason.ENCODING: (
        "Beberapa karakter tidak sesuai penyandian dan diganti.",
        "Some characters do not fit the encoding, and were replaced.",
    ),
    Reason.STATEMENTS: (
        "Pernyataan yang terlalu panjang dilewati.",
        "Statements that are too long were passed over.",
    ),
    Reason.TABLES: ("Tabel melebihi batas tidak dibaca.", "Tables beyond the cap were not read."),
    Reason.NESTING: (
        "Data bersarang terlalu dalam dilewati.",
        "Data nested too deep was passed over.",
    ),
    Reason.PIXELS: (
        "Gambar lebih besar daripada batas; tidak didekode.",
        "A picture larger than the cap; it was not decoded.",
    ),
    Reason.FRAMES: (
        "Bingkai melebihi batas; sebagian dibaca.",
        "Frames beyond the cap; a part was read.",
    ),
    Reason.PAGES: ("Halaman melebihi batas tidak dibaca.", "Pages beyond the cap were not read."),
    Reason.TEXT: ("Teks melebihi batas dipotong.", "Text beyond the cap was cut."),
    Reason.NO_OCR: (
        "Tulisan dalam gambar tidak dibaca: pembacanya tidak terpasang atau kuotanya habis.",
        "Writing in pictures was not read: its reader is not installed, or the cap was reached.",
    ),
    Reason.NO_PIXELS: (
        "Kepala DICOM terbaca, pikselnya tidak.",
        "The DICOM header was read, its pixels were not.",
    ),
    Reason.ENTITIES: (
        "XML dengan entitas; tidak dikembangkan.",
        "XML with entities; they are not expanded.",
    ),
    Reason.UNSTARTED: (
        "Pembaca tidak dapat dijalankan, atau waktunya habis sebelum berkas ini.",
        "The reader could not be started, or time was over before this file.",
    ),
}
"""Indonesian and English."""
