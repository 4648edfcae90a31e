"""Sharing by SMART Health Links, and opening one. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "links.title": ("Bagikan lewat tautan", "Share by a link"),
    "links.to_download": ("Ke unduhan", "To the downloads"),
    "links.to_links": ("Ke semua tautan", "To all links"),
    "links.lead": (
        "Beri dokter lain tautan atau kode QR untuk melihat sebagian rekam medis Anda, tanpa akun."
        " Tanpa kata sandinya, tautan tidak membuka apa pun.",
        "Give another doctor a link or QR code to see a part of your record, without an account."
        " Without its passcode a link opens nothing.",
    ),
    "links.new": ("Tautan baru", "A new link"),
    "links.what.summary": ("Ringkasan rekam medis", "Summary of my record"),
    "links.what.report": ("Laporan pemeriksaan", "Examination report"),
    "links.what.summary.help": (
        "Ringkasan Anda: hasil tes, laporan, dan vaksinasi terbaru, dengan nama dan tanggal lahir"
        " tetapi tanpa NIK, alamat, dan telepon. Untuk membagikan laporan, buka laporannya dan"
        " pilih Bagikan.",
        "Your summary: the newest results, reports and vaccinations, with your name and date of"
        " birth but without NIK, address and phone. To share a report, open it and choose Share.",
    ),
    "links.what.report.help": (
        "Dokumen laporan yang Anda buka tadi, seperti yang ditandatangani dokter.",
        "The document of the report that you had open, as the doctor signed it.",
    ),
    "links.label": ("Nama tautan", "Name of the link"),
    "links.passcode": ("Kata sandi", "Passcode"),
    "links.passcode.help": (
        "Sampaikan terpisah dari tautan, misalnya lewat telepon. Setelah 10 kali salah, tautan"
        " berakhir.",
        "Tell it apart from the link, by phone perhaps. After 10 wrong ones the link is over.",
    ),
    "links.days": ("Berlaku selama", "Good for"),
    "links.days.one": ("1 hari", "1 day"),
    "links.days.many": ("{count} hari", "{count} days"),
    "links.openings": ("Dapat dibuka", "Can be opened"),
    "links.openings.one": ("1 kali", "once"),
    "links.openings.many": ("{count} kali", "{count} times"),
    "links.make": ("Buat tautan", "Make the link"),
    "links.logged": (
        "Setiap pembukaan tercatat dan muncul di",
        "Every opening is logged and shown under",
    ),
    "links.unclear.label": (
        "Beri nama, paling banyak 80 huruf.",
        "Give it a name of up to 80 letters.",
    ),
    "links.unclear.passcode": (
        "Gunakan 6 sampai 64 huruf atau angka yang tidak mudah ditebak, bukan 123456.",
        "Use 6 to 64 letters or digits that are not easily guessed; not 123456.",
    ),
    "links.unclear.many": (
        "Tautan ini tidak dapat dibuat: sudah ada 20 yang berlaku. Akhiri salah satunya dulu.",
        "This link cannot be made: 20 can be opened already. End one of them first.",
    ),
    "links.unclear.large": (
        "Dokumen ini terlalu besar untuk dibagikan lewat tautan. Unduh saja.",
        "This document is too large to be shared by a link. Download it instead.",
    ),
    "links.known": ("Tautan saya", "My links"),
    "links.none": ("Anda belum membuat tautan.", "You have made no link yet."),
    "links.open": ("Berlaku", "Open"),
    "links.until": ("Sampai", "Until"),
    "links.left.one": ("dapat dibuka 1 kali lagi", "can be opened once more"),
    "links.left.many": ("dapat dibuka {count} kali lagi", "can be opened {count} times more"),
    "links.over.ended": ("Anda akhiri", "Ended by you"),
    "links.over.expired": ("Sudah lewat waktu", "Expired"),
    "links.over.used-up": ("Sudah habis dipakai", "Used up"),
    "links.over.guessed-at": ("Terlalu sering salah kata sandi", "Too many wrong passcodes"),
    "links.tries.one": (
        "Kata sandi salah dimasukkan 1 kali.",
        "A wrong passcode was entered once.",
    ),
    "links.tries.many": (
        "Kata sandi salah dimasukkan {count} kali.",
        "A wrong passcode was entered {count} times.",
    ),
    "links.opened.one": ("Dibuka 1 kali", "Opened once"),
    "links.opened.many": ("Dibuka {count} kali", "Opened {count} times"),
    "links.opened.help": (
        "Nama diketik oleh yang membuka; kami tidak memeriksanya.",
        "The names were typed by whoever opened it; nobody checked them.",
    ),
    "links.never_opened": ("Belum pernah dibuka", "Never opened"),
    "links.end": ("Akhiri", "End it"),
    "links.made.title": ("Tautan siap", "The link is ready"),
    "links.made.lead": (
        "{label}: tunjukkan kode QR ini, atau kirim tautannya.",
        "{label}: show this QR code, or send the link.",
    ),
    "links.made.once": ("Hanya ditampilkan sekali", "Shown only once"),
    "links.made.once.text": (
        "Kunci isinya ada di dalam tautan dan tidak kami simpan. Jika hilang, buat tautan baru.",
        "The key to what is behind it is in the link, and we keep it nowhere. If it is lost, make"
        " another one.",
    ),
    "links.made.code": ("Kode QR tautan", "QR code of the link"),
    "links.made.link": ("Tautan", "Link"),
    "links.made.copy": ("Salin tautan", "Copy the link"),
    "links.made.copied": ("Tersalin", "Copied"),
    "links.made.apart": (
        "Kirim kata sandi lewat jalan lain daripada tautannya.",
        "Send the passcode by another way than the link.",
    ),
    "links.share": ("Bagikan lewat tautan", "Share by a link"),
    "links.share.help": (
        "Untuk dokter lain: berlaku beberapa hari, dengan kata sandi, dan Anda melihat siapa yang"
        " membukanya.",
        "For another doctor: good for some days, with a passcode, and you see who opens it.",
    ),
    "open_link.title": ("Rekam medis yang dibagikan", "A shared medical record"),
    "open_link.script": (
        "Halaman ini memerlukan JavaScript: isinya dibuka di peramban Anda.",
        "This page needs JavaScript: what is shared is opened in your browser.",
    ),
    "open_link.lead": (
        "Seorang pasien membagikan ini kepada Anda. Masukkan kata sandi yang Anda terima darinya.",
        "A patient shared this with you. Enter the passcode that you were given.",
    ),
    "open_link.who": ("Siapa Anda?", "Who are you?"),
    "open_link.who.example": ("dr. Ratna, RS Harapan", "Dr Ratna, RS Harapan"),
    "open_link.who.help": (
        "Pasien melihat nama ini.",
        "The patient sees this name.",
    ),
    "open_link.do": ("Buka", "Open"),
    "open_link.wrong": ("Kata sandi salah.", "The passcode is wrong."),
    "open_link.wrong.left": ("Sisa percobaan: {count}.", "Tries left: {count}."),
    "open_link.busy": (
        "Terlalu banyak percobaan. Tunggu beberapa menit, lalu coba lagi.",
        "Too many attempts. Wait a few minutes, then try again.",
    ),
    "open_link.trouble": (
        "Ini tidak berhasil. Periksa sambungan, lalu coba lagi.",
        "That did not work. Check the connection, and try again.",
    ),
    "open_link.opened.help": (
        "Dibuka di peramban ini saja; tutup halaman setelah selesai.",
        "Opened in this browser only; close the page when you are done.",
    ),
    "open_link.file.pdf": ("Dokumen (PDF)", "Document (PDF)"),
    "open_link.file.summary": ("Ringkasan (FHIR)", "Summary (FHIR)"),
    "open_link.file.other": ("Berkas", "File"),
    "open_link.look": ("Lihat", "Look at it"),
    "open_link.save": ("Simpan", "Save"),
    "open_link.born": ("lahir", "born"),
    "open_link.section.none": (
        "Tidak ada catatan di arsip ini.",
        "Nothing on record in this archive.",
    ),
    "open_link.none.title": ("Tidak ada tautan", "There is no link"),
    "open_link.none.text": (
        "Pindai kode QR atau buka tautan yang Anda terima, seutuhnya.",
        "Scan the QR code, or open the link that you were given, whole.",
    ),
    "open_link.elsewhere.title": ("Tautan dari arsip lain", "A link of another archive"),
    "open_link.elsewhere.text": (
        "Halaman ini hanya membuka tautannya sendiri. Gunakan aplikasi SMART Health Links.",
        "This page opens its own links only. Use an app for SMART Health Links.",
    ),
    "open_link.over.title": ("Tautan ini sudah berakhir", "This link is over"),
    "open_link.over.text": (
        "Tautan ini habis waktunya, habis dipakai, atau diakhiri. Minta yang baru kepada pasien.",
        "It expired, was used up, or was ended. Ask the patient for another one.",
    ),
    "open_link.broken.title": ("Tautan ini rusak", "This link is damaged"),
    "open_link.broken.text": (
        "Pindai atau salin lagi seutuhnya. Jika tetap begini, minta yang baru kepada pasien.",
        "Scan or copy it again, whole. If it stays so, ask the patient for another one.",
    ),
}
