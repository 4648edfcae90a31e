"""What went wrong. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "error.home": ("Ke daftar studi", "To the studies"),
    "error.again": ("Coba lagi", "Try again"),
    "error.other.title": ("Ini tidak berhasil", "That did not work"),
    "error.other.text": (
        "Coba lagi sebentar lagi. Jika berulang, beri tahu operator.",
        "Try again in a moment. If it happens again, tell the operator.",
    ),
    "error.budget-exhausted.title": ("Jatah pasien habis", "Patient budget used up"),
    "error.budget-exhausted.text": (
        "Anda telah membuka sebanyak mungkin pasien berbeda untuk saat ini. Tempat berikutnya"
        " terbuka dalam sekitar {wait}. Pasien yang sudah Anda buka tetap dapat dibuka.",
        "You have opened as many different patients as you may for now. The next place frees in"
        " about {wait}. Patients you opened already can still be opened.",
    ),
    "error.budget-exhausted.look": ("Lihat jatah saya", "See my budget"),
    "error.query-too-broad.title": ("Pencarian terlalu luas", "The search is too broad"),
    "error.query-too-broad.text": (
        "Tambahkan nomor rekam medis, NIK, no. akses, tanggal lahir, atau rentang hari yang lebih"
        " pendek.",
        "Add a record number, NIK, accession number, birth date, or a shorter range of days.",
    ),
    "error.study-unknown.title": ("Studi tidak ditemukan", "Study not found"),
    "error.study-unknown.text": (
        "Studi ini tidak ada di rumah sakit Anda.",
        "There is no such study in your hospital.",
    ),
    "error.handle-broken.title": ("Tautan ini tidak berlaku lagi", "This link has ended"),
    "error.handle-broken.text": (
        "Tautan hanya berlaku di sesi yang membuatnya. Carilah studi itu lagi.",
        "Links work only in the session they were made for. Search for the study again.",
    ),
    "error.forbidden.title": ("Tidak diizinkan", "Not permitted"),
    "error.forbidden.text": (
        "Peran Anda tidak mengizinkan ini.",
        "Your role does not permit this.",
    ),
    "error.frozen.title": ("Akses dibekukan", "Access is frozen"),
    "error.frozen.text": (
        "Akun atau sesi ini dibekukan. Hubungi petugas pelindungan data.",
        "This account or session is frozen. Speak to the data protection officer.",
    ),
    "error.broker-unavailable.title": ("Kunci tidak tersedia", "No keys at the moment"),
    "error.broker-unavailable.text": (
        "Layanan kunci sedang tidak menjawab; tidak ada yang dibuka. Coba lagi sebentar lagi.",
        "The key service does not answer now; nothing was opened. Try again in a moment.",
    ),
    "error.log-unwitnessed.title": ("Menunggu saksi log", "Waiting for the log's witnesses"),
    "error.log-unwitnessed.text": (
        "Setiap akses dicatat dan disaksikan pihak luar. Saksi-saksi itu sedang tidak terjangkau,"
        " maka tidak ada yang dibuka. Coba lagi sebentar lagi; jika berulang, beri tahu operator.",
        "Each access is logged and witnessed by others. Too few witnesses can be reached now, so"
        " nothing was opened. Try again in a moment; if it happens again, tell the operator.",
    ),
    "error.sign-in-failed.title": ("Tidak dapat masuk", "Sign-in failed"),
    "error.sign-in-failed.text": ("Mulai lagi dari awal.", "Begin again."),
    "error.terms-unclear.title": ("Pencarian tidak jelas", "The search is not clear"),
    "error.terms-unclear.text": (
        "Teksnya terlalu panjang atau berisi terlalu banyak nomor.",
        "The text is too long or holds too many numbers.",
    ),
    "error.foreign-form.title": ("Formulir ditolak", "The form was refused"),
    "error.foreign-form.text": (
        "Formulir ini tidak berasal dari halaman ini. Buka halamannya lagi.",
        "This form did not come from this page. Open the page again.",
    ),
    "error.not-found.title": ("Halaman tidak ada", "There is no such page"),
    "error.not-found.text": ("Periksa alamatnya.", "Check the address."),
}
