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
    "error.sheet-unknown.title": ("Impor tidak ditemukan", "No such import"),
    "error.sheet-unknown.text": (
        "Impor ini sudah kedaluwarsa atau bukan milik akun Anda. Unggah berkasnya lagi: hasil yang"
        " sudah ada akan dikenali.",
        "This import is over, or is not of your account. Upload the file again: results that are"
        " there are recognised.",
    ),
    "error.sheet-refused.title": ("Berkas tidak dapat diimpor", "The file cannot be imported"),
    "error.sheet-refused.text": (
        "Periksa kolom-kolomnya, lalu coba lagi.",
        "Check its columns, and try again.",
    ),
    "error.budget-exhausted.title": ("Jatah pasien habis", "Patient budget used up"),
    "error.budget-exhausted.text": (
        "Anda telah membuka sebanyak mungkin pasien berbeda untuk saat ini. Tempat berikutnya"
        " terbuka dalam sekitar {wait}. Pasien yang sudah Anda buka tetap dapat dibuka. Jika perlu"
        " lebih, mintalah di halaman akun Anda.",
        "You have opened as many different patients as you may for now. The next place frees in"
        " about {wait}. Patients you opened already can still be opened. If you need more, ask for"
        " it on your account's page.",
    ),
    "error.budget-exhausted.hospital.title": (
        "Jatah rumah sakit habis",
        "The hospital's budget is used up",
    ),
    "error.budget-exhausted.hospital.text": (
        "Semua akun rumah sakit ini bersama-sama telah membuka sebanyak mungkin pasien. Tempat"
        " berikutnya terbuka dalam sekitar {wait}. Petugas pelindungan data dapat meminta"
        " tambahan.",
        "The accounts of this hospital together have opened as many patients as they may. The next"
        " place frees in about {wait}. The data protection officer can ask for more.",
    ),
    "error.budget-exhausted.estate.title": (
        "Jatah semua rumah sakit habis",
        "All hospitals' budget is used up",
    ),
    "error.budget-exhausted.estate.text": (
        "Semua rumah sakit bersama-sama telah membuka sebanyak mungkin pasien. Tempat berikutnya"
        " terbuka dalam sekitar {wait}. Beri tahu petugas pelindungan data.",
        "All hospitals together have opened as many patients as they may. The next place frees in"
        " about {wait}. Tell the data protection officer.",
    ),
    "error.cards-off.title": ("Kartu tidak dibuat di sini", "No cards are made here"),
    "error.cards-off.text": (
        "Arsip ini tidak membuat kartu perjalanan.",
        "This archive makes no travel cards.",
    ),
    "error.card-unknown.title": ("Kartu atau tes tidak ditemukan", "No such card or test"),
    "error.card-unknown.text": (
        "Kembali ke daftar kartu: mungkin sudah berubah.",
        "Go back to the list of cards: it may have changed.",
    ),
    "error.marks-many.title": (
        "Terlalu banyak pencabutan",
        "Too many revocations",
    ),
    "error.marks-many.text": (
        "Pencabutan yang diketahui sudah sebanyak yang dapat diberikan kepada alat pemeriksa."
        " Tunggu sampai kartu penerbit lain berakhir, atau tanyakan kepada operator.",
        "As many revocations are known as verifiers can be given. Wait until the cards of others"
        " have ended, or ask the operator.",
    ),
    "error.card-not-made.title": (
        "Kartu tidak dapat dibuat dari tes ini",
        "No card can be made of this test",
    ),
    "error.card-not-made.text": (
        "Kartu memerlukan tes antigen atau PCR negatif yang final, dengan waktu pengambilan sampel"
        " dalam 72 jam terakhir, serta nama dan tanggal lahir yang terdaftar.",
        "A card needs a negative antigen or PCR test that is final, sampled within the last 72"
        " hours, and a registered name and birth date.",
    ),
    "error.card-consent-missing.title": (
        "Pasien belum menyetujui",
        "The patient has not agreed",
    ),
    "error.card-consent-missing.text": (
        "Kartu hanya dibuat bila pasien menyetujuinya: di halamannya sendiri, atau kepada petugas"
        " rekam medis.",
        "Cards are made only where the patient agreed: on their own page, or to the medical records"
        " officer.",
    ),
    "error.cards-many.title": ("Kartu sudah cukup banyak", "There are cards enough"),
    "error.cards-many.text": (
        "Gunakan kartu yang masih berlaku, atau cabut yang tidak diperlukan. Dalam sehari paling"
        " banyak delapan.",
        "Use one of the cards that are in force, or revoke one that is not needed. There are eight"
        " a day at most.",
    ),
    "error.reason-missing.title": ("Alasan belum ditulis", "A reason is missing"),
    "error.reason-missing.text": (
        "Tulis alasannya dalam paling banyak 500 huruf, tanpa menyebut pasien.",
        "Say why in at most 500 characters, and name no patient.",
    ),
    "error.raise-broken.title": ("Permintaan tidak dapat dibuat", "The request cannot be made"),
    "error.raise-broken.text": (
        "Periksa jumlah pasien dan jamnya.",
        "Check how many patients and hours.",
    ),
    "error.export-unknown.title": ("Ekspor sudah selesai", "The export is over"),
    "error.export-unknown.text": (
        "Sementara itu peminta mengakhirinya, atau waktunya habis.",
        "Whoever asked ended it meanwhile, or its time ran out.",
    ),
    "error.freeze-unknown.title": ("Pembekuan tidak ditemukan", "No such freeze"),
    "error.freeze-unknown.text": (
        "Pembekuan ini tidak ada atau sudah dicabut.",
        "There is no such freeze, or it was lifted.",
    ),
    "error.target-unknown.title": ("Tidak ditemukan", "Not found"),
    "error.target-unknown.text": (
        "Akun ini tidak ada di rumah sakit Anda.",
        "There is no such account in your hospital.",
    ),
    "error.approval-unknown.title": ("Permintaan tidak ditemukan", "No such request"),
    "error.approval-unknown.text": (
        "Permintaan ini tidak ada di rumah sakit Anda.",
        "There is no such request in your hospital.",
    ),
    "error.approval-over.title": ("Permintaan sudah selesai", "The request is over"),
    "error.approval-over.text": (
        "Sementara itu sudah diputuskan, ditarik kembali, atau kedaluwarsa.",
        "It was decided, withdrawn, or has expired meanwhile.",
    ),
    "error.approval-not-given.title": ("Belum disetujui", "Not approved"),
    "error.approval-not-given.text": (
        "Belum cukup orang menyetujui, atau salah satu dari mereka dibekukan.",
        "Not enough people have approved it, or one of them is frozen.",
    ),
    "error.approval-not-yours.title": ("Harus diputuskan orang lain", "Others have to decide"),
    "error.approval-not-yours.text": (
        "Anda yang memintanya, atau sudah memutuskan.",
        "You asked for it, or have decided.",
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
    "error.study-unknown.patient": (
        "Gambar ini tidak ada, atau tidak ada lagi, di rekam medis Anda.",
        "These images are not, or no longer, in your record.",
    ),
    "error.chart-missing.title": ("Rekam medis tidak ditemukan", "Record not found"),
    "error.chart-missing.text": (
        "Pasien atau dokumen ini tidak ada di rumah sakit Anda.",
        "There is no such patient or document in your hospital.",
    ),
    "error.chart-missing.patient": (
        "Ini tidak ada, atau tidak ada lagi, di rekam medis Anda.",
        "This is not, or no longer, in your record.",
    ),
    "error.own-record-gone.title": ("Rekam medis Anda telah dihapus", "Your record was erased"),
    "error.own-record-gone.text": (
        "Kuncinya dihancurkan: isinya tidak dapat dibaca siapa pun lagi, termasuk oleh kami. Jika"
        " Anda tidak mengetahui hal ini, tanyakan kepada petugas pelindungan data rumah sakit.",
        "Its key was destroyed: nobody can read it any more, we included. If you did not know of"
        " this, ask the hospital's data protection officer.",
    ),
    "error.report-missing.title": ("Laporan tidak ditemukan", "Report not found"),
    "error.report-missing.text": (
        "Laporan atau dokumen ini tidak ada di rumah sakit Anda.",
        "There is no such report or document in your hospital.",
    ),
    "error.handle-broken.title": ("Tautan ini tidak berlaku lagi", "This link has ended"),
    "error.handle-broken.text": (
        "Tautan hanya berlaku di sesi yang membuatnya. Carilah studi itu lagi.",
        "Links work only in the session they were made for. Search for the study again.",
    ),
    "error.handle-broken.patient": (
        "Tautan hanya berlaku di sesi yang membuatnya. Mulai lagi dari beranda.",
        "Links work only in the session they were made for. Begin again from the start page.",
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
    "error.frozen.patient": (
        "Rumah sakit menghentikan sementara semua akses, atau akses dengan akun ini. Rekam medis"
        " Anda tetap tersimpan. Tanyakan kepada rumah sakit, atau coba lagi nanti.",
        "The hospital has stopped all access for now, or access by this account. Your record is"
        " still kept. Ask the hospital, or try again later.",
    ),
    "error.broker-unavailable.title": ("Kunci tidak tersedia", "No keys at the moment"),
    "error.broker-unavailable.text": (
        "Layanan kunci sedang tidak menjawab; tidak ada yang dibuka. Coba lagi sebentar lagi.",
        "The key service does not answer now; nothing was opened. Try again in a moment.",
    ),
    "error.keys-locked.title": ("Kunci sedang tersegel", "The keys are locked"),
    "error.keys-locked.text": (
        "Layanan pengelola kunci sedang tersegel atau tidak dapat dihubungi; tidak ada yang dibuka."
        " Hubungi pengelola sistem.",
        "The key service is sealed or cannot be reached; nothing was opened. Tell the operator.",
    ),
    "error.log-unwitnessed.title": ("Menunggu saksi log", "Waiting for the log's witnesses"),
    "error.log-unwitnessed.text": (
        "Setiap akses dicatat dan disaksikan pihak luar. Saksi-saksi itu sedang tidak terjangkau,"
        " maka tidak ada yang dibuka. Coba lagi sebentar lagi; jika berulang, beri tahu operator.",
        "Each access is logged and witnessed by others. Too few witnesses can be reached now, so"
        " nothing was opened. Try again in a moment; if it happens again, tell the operator.",
    ),
    "error.disk-full.title": ("Penyimpanan hampir penuh", "The disk is nearly full"),
    "error.disk-full.text": (
        "Akses baru tidak dapat dicatat lagi, maka tidak ada yang dibuka. Hubungi pengelola"
        " sistem; setelah ada ruang, semuanya berjalan lagi dengan sendirinya.",
        "A new access could not be logged, so nothing was opened. Tell the operator; once there is"
        " room, everything goes on by itself.",
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
    "error.glass-closed.title": ("Akses darurat sudah berakhir", "Emergency access is over"),
    "error.glass-closed.text": (
        "Waktunya habis, atau diakhiri di tempat lain. Buka halaman sebelumnya lagi.",
        "Its time is up, or it was ended elsewhere. Open the page before again.",
    ),
    "error.break-glass-barred.title": (
        "Akses darurat belum dapat dimulai",
        "Emergency access cannot begin",
    ),
    "error.break-glass-barred.text": (
        "Peninjauan akses darurat sebelumnya melewati tenggat. Hubungi petugas pelindungan data.",
        "A review of an earlier one is past its deadline. Speak to the data protection officer.",
    ),
    "error.own-review.title": ("Bukan untuk Anda tinjau", "Not yours to review"),
    "error.own-review.text": (
        "Tidak ada yang meninjau akses daruratnya sendiri.",
        "Nobody reviews their own emergency access.",
    ),
    "error.glass-unknown.title": ("Peninjauan tidak ditemukan", "Review not found"),
    "error.glass-unknown.text": (
        "Tidak ada akses darurat ini di rumah sakit Anda.",
        "There is no such emergency access in your hospital.",
    ),
    "error.alert-unknown.title": ("Peringatan tidak ditemukan", "Alert not found"),
    "error.alert-unknown.text": (
        "Tidak ada peringatan ini di rumah sakit Anda.",
        "There is no such alert in your hospital.",
    ),
    "error.access-unknown.title": ("Tidak ada di daftar", "Not on the list"),
    "error.access-unknown.text": (
        "Akses ini sudah tidak di daftar. Muat daftarnya lagi.",
        "This access is not on the list any more. Load the list again.",
    ),
    "error.pair-unknown.title": ("Tidak ada di daftar", "Not on the list"),
    "error.pair-unknown.text": (
        "Pasangan ini tidak ada di rumah sakit Anda, atau pasiennya sudah dihapus.",
        "There is no such pair in your hospital, or one of the two was erased.",
    ),
    "error.already-exists.title": ("Sudah ada", "It is there already"),
    "error.already-exists.text": (
        "Orang lain mendahului Anda. Muat halaman ini lagi.",
        "Somebody else was before you. Load the page again.",
    ),
    "error.people-unclear.title": ("Belum cukup untuk mencari", "Not enough to search by"),
    "error.people-unclear.text": (
        "Satu nomor cukup. Nama saja menemukan terlalu banyak orang: tambahkan tanggal lahir,"
        " tahun, atau umur.",
        "One number is enough. A name alone finds too many people: add the birth date, the year or"
        " the age.",
    ),
    "error.patient-unknown.title": ("Pasien tidak ditemukan", "Patient not found"),
    "error.patient-unknown.text": (
        "Tidak ada pasien ini, atau Anda tidak boleh mengetahuinya.",
        "There is no such patient, or none that you may know of.",
    ),
    "error.changed-meanwhile.title": ("Sudah diubah orang lain", "Changed by somebody else"),
    "error.changed-meanwhile.text": (
        "Tidak ada yang ditimpa. Buka halaman ini lagi, lalu ulangi perubahan Anda.",
        "Nothing was written over. Open the page again, and repeat your change.",
    ),
    "error.not-found.title": ("Halaman tidak ada", "There is no such page"),
    "error.not-found.text": ("Periksa alamatnya.", "Check the address."),
}
