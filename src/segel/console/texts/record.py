"""The patient's page: who opened my record. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "record.title": ("Siapa membuka rekam medis saya", "Who opened my record"),
    "record.lead": (
        "Setiap kali seseorang membuka, menyimpan, atau menemukan rekam medis Anda, kejadian itu"
        " dicatat lebih dulu di log yang tidak dapat diubah diam-diam. Peramban Anda sendiri"
        " memeriksa bukti setiap baris di bawah ini.",
        "Whenever somebody opens, stores or finds your record, it is first written to a log that"
        " nobody can change unseen. Your own browser checks the proof of each line below.",
    ),
    "record.of": ("Rekam medis", "Record of"),
    "record.at": ("Rumah sakit", "Hospital"),
    "record.made": ("Dibuat", "Made"),
    "record.save": ("Simpan sebagai berkas", "Save as a file"),
    "record.save.help": (
        "Berkas itu berisi semua baris dan buktinya, dan memeriksa dirinya sendiri tanpa internet."
        " Isinya tentang Anda: simpan baik-baik.",
        "The file holds all lines with their proofs and checks itself without the internet. It is"
        " about you: keep it safe.",
    ),
    "record.older": ("Kejadian sebelumnya", "Earlier events"),
    "record.newest": ("Ke kejadian terbaru", "Back to the newest"),
    "record.part": (
        "Berkas ini memuat {count} kejadian terbaru; yang lebih lama disimpan dari halaman"
        " sebelumnya.",
        "This file holds the newest {count} events; save earlier ones from the earlier pages.",
    ),
    "record.empty": (
        "Belum ada yang membuka rekam medis Anda.",
        "Nobody has opened your record yet.",
    ),
    "record.erased": (
        "Kunci rekam medis Anda telah dihancurkan. Log masih membuktikan bahwa sesuatu terjadi,"
        " tetapi tidak seorang pun, termasuk kami, dapat membaca apa.",
        "The key of your record was destroyed. The log still proves that something happened, but"
        " nobody, we included, can read what.",
    ),
    "record.line.by": ("Oleh", "By"),
    "record.line.purpose": ("Tujuan", "Purpose"),
    "record.line.leaf": ("Nomor di log", "Number in the log"),
    "record.line.detail": ("Isi catatan ini", "What the entry says"),
    "record.line.detail.help": (
        "Inilah catatan persis seperti yang terikat di log (FHIR AuditEvent). Nama dan rumah sakit"
        " petugas diambil dari daftar akun saat halaman ini dibuat.",
        "This is the entry exactly as the log is bound to it (a FHIR AuditEvent). The name and"
        " hospital of staff come from the register of accounts when this page was made.",
    ),
    "record.check.title": ("Cara memeriksanya sendiri", "How to check it yourself"),
    "record.check.key": ("Sidik jari kunci log", "Fingerprint of the log's key"),
    "record.check.key.help": (
        "Bandingkan dengan sidik jari pada kartu atau surat dari rumah sakit. Bila berbeda, halaman"
        " ini bukan dari log yang sama.",
        "Compare it with the fingerprint on your card or letter from the hospital. If they differ,"
        " this page is not of the same log.",
    ),
    "record.check.size": ("Banyaknya entri di log", "Entries in the log"),
    "record.check.witnesses": ("Saksi yang ikut menandatangani", "Witnesses who signed too"),
    "record.check.more": (
        "Tanda centang berarti: isi baris, tempatnya di log, dan tanda tangan log cocok. Bukti itu"
        " tidak dapat menunjukkan kejadian yang tidak pernah dicatat.",
        "A check mark means: the line's content, its place in the log and the log's signature"
        " agree. The proof cannot show what was never written.",
    ),
    "record.noscript": (
        "Pemeriksaan di peramban memerlukan JavaScript. Baris-baris tetap dapat dibaca, tetapi"
        " belum diperiksa.",
        "Checking in the browser needs JavaScript. You can read the lines, but they are not"
        " checked.",
    ),
    "record.say.waiting": ("Sedang memeriksa bukti …", "Checking the proofs …"),
    "record.say.waiting.help": (
        "Belum ada baris yang terbukti.",
        "No line is proved yet.",
    ),
    "record.say.held": ("{count} baris terbukti", "Lines proved: {count}"),
    "record.say.held.help": (
        "Setiap baris ada di log, persis seperti tertulis di sini, dan log ditandatangani.",
        "Each line is in the log exactly as written here, and the log is signed.",
    ),
    "record.say.empty": ("Tanda tangan log cocok", "The log's signature holds"),
    "record.say.empty.help": ("Tidak ada baris.", "There are no lines."),
    "record.say.broken": (
        "{broken} dari {count} baris TIDAK cocok dengan log",
        "{broken} of {count} lines do NOT match the log",
    ),
    "record.say.broken.help": (
        "Baris yang bertanda silang diubah atau bukan dari log ini. Jangan percayai, dan tanyakan"
        " kepada petugas pelindungan data rumah sakit.",
        "Lines with a cross were altered, or are not of this log. Do not trust them, and ask the"
        " hospital's data protection officer.",
    ),
    "record.say.altered": (
        "Halaman ini diubah setelah dibuat",
        "This page was altered after it was made",
    ),
    "record.say.altered.help": (
        "Setiap baris yang tersisa ada di log, tetapi ada baris yang dihapus, atau nama yang"
        " diganti.",
        "Each line that is left is in the log, but lines were left out, or names were changed.",
    ),
    "record.say.unsigned": (
        "Tanda tangan log TIDAK cocok",
        "The log's signature does NOT hold",
    ),
    "record.say.unsigned.help": (
        "Bukti di halaman ini rusak atau dipalsukan. Jangan percayai, dan tanyakan kepada petugas"
        " pelindungan data rumah sakit.",
        "The proofs on this page are damaged or forged. Do not trust them, and ask the hospital's"
        " data protection officer.",
    ),
    "record.say.unable": (
        "Peramban ini tidak dapat memeriksa bukti",
        "This browser cannot check the proofs",
    ),
    "record.say.unable.help": (
        "Ia tidak mengenal tanda tangan Ed25519. Simpan berkasnya dan buka dengan peramban yang"
        " lebih baru, atau jalankan: segel audit verify-receipt",
        "It does not know Ed25519 signatures. Save the file and open it with a newer browser, or"
        " run: segel audit verify-receipt",
    ),
    "record.say.refused": ("ditolak", "refused"),
    "record.say.line.waiting": ("Belum diperiksa", "Not checked"),
    "record.say.line.held": ("Terbukti", "Proved"),
    "record.say.line.held.help": (
        "Isi baris ini cocok dengan log, di tempat yang disebutkan.",
        "What this line says matches the log, at the place it names.",
    ),
    "record.say.line.broken": ("Tidak cocok", "Does not match"),
    "record.say.line.broken.help": (
        "Baris ini atau buktinya diubah.",
        "This line or its proof was altered.",
    ),
    "record.kind.read": ("Membuka studi Anda", "Opened your study"),
    "record.kind.store": ("Menyimpan gambar Anda", "Stored images of yours"),
    "record.kind.chart-read": ("Membuka rekam medis Anda", "Opened your record"),
    "record.kind.disclosure": (
        "Mengirim dari rekam medis Anda ke platform kesehatan nasional",
        "Sent from your record to the national health platform",
    ),
    "record.kind.records-export": (
        "Mengekspor rekam medis Anda bersama pasien lain, dengan persetujuan dua petugas",
        "Exported your record with other patients', as two officers had approved",
    ),
    "record.kind.picture-export": (
        "Mengambil foto dari gambar Anda, dengan tanda siapa yang mengambilnya",
        "Took pictures of your images, marked with who took them",
    ),
    "record.kind.fingerprint": (
        "Membuat sidik gambar Anda, agar dikenali bila pernah bocor",
        "Made a fingerprint of your images, to know them again should they ever leak",
    ),
    "record.kind.card-issue": ("Membuat kartu perjalanan Anda", "Made a travel card for you"),
    "record.kind.card-revoke": ("Mencabut kartu perjalanan Anda", "Revoked a travel card of yours"),
    "record.kind.chart-create": ("Menambah rekam medis Anda", "Added to your record"),
    "record.kind.chart-update": ("Mengubah rekam medis Anda", "Changed your record"),
    "record.kind.chart-delete": ("Menarik bagian rekam medis Anda", "Took out of your record"),
    "record.kind.consent": ("Mencatat persetujuan Anda", "Recorded what you decided"),
    "record.kind.study-copy": (
        "Mengunduh salinan gambar Anda",
        "Downloaded a copy of your images",
    ),
    "record.kind.chart-copy": (
        "Mengunduh salinan rekam medis Anda",
        "Downloaded a copy of your record",
    ),
    "record.kind.health-link": (
        "Membuat atau mengakhiri tautan berbagi",
        "Made or ended a link to share",
    ),
    "record.kind.link-opened": (
        "Membuka yang Anda bagikan lewat tautan",
        "Opened what you shared by a link",
    ),
    "record.kind.link": (
        "Memeriksa apakah Anda terdaftar dua kali",
        "Looked whether you are registered twice",
    ),
    "record.kind.query": ("Melihat Anda di hasil pencarian", "Saw you in a search result"),
    "record.kind.erase": ("Menghapus rekam Anda", "Erased a record of yours"),
    "record.kind.other": ("Kejadian lain", "Another event"),
    "record.own": (
        "Anda sendiri: {count} kali berturut-turut",
        "You yourself: {count} times in a row",
    ),
    "role.patient": ("Pasien", "Patient"),
    "role.link-holder": ("Pemegang tautan", "Holder of a link"),
    "role.other": ("Peran lain", "Another role"),
}
