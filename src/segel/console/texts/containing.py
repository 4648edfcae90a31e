"""Containing a leak: what is stopped, and what stops with it."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "contain.title": ("Tanggulangi", "Contain"),
    "contain.back": ("Kembali ke perkara", "Back to the case"),
    "contain.open": ("Tanggulangi…", "Contain…"),
    "contain.help": (
        "Sebut apa yang harus berhenti. Sebelum dilakukan, Anda melihat dulu apa yang ikut"
        " berhenti bagi pasien. Pembekuan dapat dicabut oleh dua orang.",
        "Name what has to stop. Before it is done you see what stops with it for patients."
        " Freezes are lifted by two people.",
    ),
    "contain.field.account": (
        "Bekukan akun (nama, satu per baris)",
        "Freeze accounts (names, one a line)",
    ),
    "contain.field.session": (
        "Bekukan sesi (id, satu per baris)",
        "Freeze sessions (ids, one a line)",
    ),
    "contain.field.hospital": (
        "Bekukan rumah sakit (kode, satu per baris)",
        "Freeze hospitals (codes, one a line)",
    ),
    "contain.field.recipient": (
        "Bekukan ekspor ke penerima (satu per baris)",
        "Freeze exports to recipients (one a line)",
    ),
    "contain.field.archive": (
        "Bekukan semua pembukaan rekam di seluruh arsip",
        "Freeze everything that the whole archive shows",
    ),
    "contain.field.keys": (
        "Kunci baru: kode rumah sakit, atau * untuk semua",
        "New keys: a hospital's code, or * for all",
    ),
    "contain.field.cards": (
        "Nyatakan semua kartu sampai sekarang tidak berlaku",
        "Have no card hold that was made until now",
    ),
    "contain.hours": ("Pembekuan berlaku", "Freezes hold"),
    "contain.reason": (
        "Alasan, satu kalimat; jangan sebut pasien",
        "Why, in a sentence; name no patient",
    ),
    "contain.foresee": ("Lihat apa yang akan berhenti", "Show what it will stop"),
    "contain.foreseen": ("Yang akan berhenti", "What will stop"),
    "contain.already": ("sudah", "is so already"),
    "contain.do": ("Lakukan sekarang", "Do it now"),
    "contain.rehearse": ("Gladi saja", "Rehearse only"),
    "contain.rehearse.help": (
        "Gladi dicatat di linimasa; tidak ada yang dihentikan.",
        "A rehearsal is noted in the timeline; nothing is stopped.",
    ),
    "contain.change": ("Ubah", "Change"),
    "contain.stops.account": (
        "Akun ini tidak dapat apa-apa lagi, di semua sesinya.",
        "This account can do nothing any more, in all its sessions.",
    ),
    "contain.stops.session": (
        "Sesi ini tidak dapat apa-apa lagi; sesi lain dari akun itu berjalan terus.",
        "This session can do nothing any more; others of the account go on.",
    ),
    "contain.stops.hospital": (
        "Tidak ada yang dapat melihat rekam di sana, juga dalam keadaan darurat. Alat tetap dapat"
        " mengirim gambar.",
        "Nobody there sees any record, in emergencies either. Devices go on storing.",
    ),
    "contain.stops.recipient": (
        "Tidak ada ekspor lagi ke penerima ini.",
        "No export goes to this recipient any more.",
    ),
    "contain.stops.archive": (
        "TIDAK ADA yang dapat melihat rekam di mana pun, juga dalam keadaan darurat. Alat tetap"
        " dapat mengirim gambar.",
        "NOBODY sees any record anywhere, in emergencies either. Devices go on storing.",
    ),
    "contain.stops.keys": (
        "Tidak ada yang berhenti. Kunci pasien dibungkus ulang dengan kunci baru.",
        "Nothing stops. Patients' keys are wrapped anew under new keys.",
    ),
    "contain.stops.cards": (
        "Semua kartu yang dibuat sampai sekarang ditolak paling lambat dalam sehari; pemegangnya"
        " perlu kartu baru.",
        "All cards made until now are refused within a day; their holders need new ones.",
    ),
    "contain.figure.people": ("{count} orang sedang masuk", "{count} people signed in"),
    "contain.figure.sessions": ("{count} sesi belum diakhiri", "{count} sessions not ended"),
    "contain.figure.patients_day": (
        "{count} pasien dibuka atau terdaftar dalam 24 jam",
        "{count} patients opened or listed in 24 hours",
    ),
    "contain.figure.glasses": (
        "{count} akses darurat sedang terbuka",
        "{count} emergencies under way",
    ),
    "contain.figure.exports": (
        "{count} ekspor sedang berjalan ke sana",
        "{count} exports under way to them",
    ),
    "contain.figure.keys": (
        "{count} kunci pasien dibungkus ulang",
        "{count} patients' keys wrapped anew",
    ),
    "contain.figure.cards_month": (
        "{count} kartu dibuat dalam 30 hari",
        "{count} cards made in 30 days",
    ),
    "contain.held": ("Dibekukan oleh perkara ini", "Frozen by this case"),
    "contain.held.none": ("Belum ada yang dibekukan.", "Nothing is frozen."),
    "contain.release.one": ("Minta pencabutan yang ini…", "Ask to lift this one…"),
    "contain.release.all": ("Minta pencabutan semuanya…", "Ask to lift all of it…"),
    "contain.release.help": (
        "Berlaku setelah seorang petugas lain menyetujui.",
        "It takes effect once another officer has approved.",
    ),
    "contain.release.why": ("Mengapa aman kembali", "Why it is safe again"),
    "contain.release.send": ("Kirim permintaan", "Send the request"),
    "contain.unclear": (
        "Sebut setidaknya satu hal, paling banyak dua belas.",
        "Name at least one thing, twelve at most.",
    ),
    "contain.unclear.account": (
        "Akun ini tidak dikenal, atau bukan dari rumah sakit Anda.",
        "This account is not known, or not of your hospital.",
    ),
    "contain.unclear.session": (
        "Sesi ini tidak dikenal, atau bukan dari rumah sakit Anda.",
        "This session is not known, or not of your hospital.",
    ),
    "contain.unclear.hospital": (
        "Rumah sakit ini tidak dikenal, atau bukan milik Anda.",
        "This hospital is not known, or is not yours.",
    ),
    "contain.unclear.recipient": (
        "Penerima ini tidak terbaca.",
        "This recipient cannot be read.",
    ),
    "contain.unclear.keys": (
        "Tidak ada rumah sakit dengan kode ini.",
        "No hospital has this code.",
    ),
    "contain.unclear.answers": (
        "Organisasi Anda tidak menjawab untuk seluruh arsip. Tanggulangi rumah sakit Anda sendiri,"
        " atau hubungi pengelola arsip.",
        "Your organisation does not answer for the whole archive. Contain your own hospital, or"
        " ask the archive's operator.",
    ),
    "oversight.freezes.of_case": (
        "Bagian dari perkara kebocoran; petugas perkara itu yang meminta pencabutannya.",
        "Part of a leak's case; that case's officers have it lifted.",
    ),
    "target.archive": ("Seluruh arsip", "The whole archive"),
    "target.keys": ("Kunci", "Keys"),
    "target.cards": ("Kartu", "Cards"),
}
