"""Signers, lists and revocations of an archive's cards. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.health_cards": ("Kartu kesehatan", "Health cards"),
    "authority.title": ("Kartu kesehatan", "Health cards"),
    "authority.lead": (
        "Siapa yang menandatangani kartu, daftar apa yang terbit, dan berapa yang dicabut, untuk"
        " seluruh arsip. Tidak ada isi kartu siapa pun di sini.",
        "Who signs cards, which lists are published and how many are revoked, for the whole"
        " archive. Nothing of anybody's card is here.",
    ),
    "authority.signers": ("Penanda tangan", "Signers"),
    "authority.signers.help": (
        "Kunci tetap di KMS. Operator menggantinya dengan perintah.",
        "Keys stay in the KMS. The operator rotates them by a command.",
    ),
    "authority.signers.missing": (
        "Tidak ada yang menandatangani: {use}. Beri tahu operator.",
        "Nobody signs: {use}. Tell the operator.",
    ),
    "authority.use.certificate": ("Sertifikat UE", "EU certificates"),
    "authority.use.health-card": ("SMART Health Card", "SMART Health Cards"),
    "authority.use.lists": ("Daftar alat pemeriksa", "Verifiers' lists"),
    "authority.state.signs": ("Menandatangani", "Signs"),
    "authority.state.waits": ("Menunggu sertifikat", "Waits for its certificate"),
    "authority.state.retired": ("Tidak lagi", "No more"),
    "authority.state.disowned": (
        "Ditarik; kartunya tidak berlaku",
        "Disowned; its cards do not hold",
    ),
    "authority.made": ("Dibuat", "Made"),
    "authority.subject": ("Pemegang sertifikat", "Certificate of"),
    "authority.ends": ("Sertifikat berakhir", "Certificate ends"),
    "authority.days_left": ("{count} hari lagi", "{count} days left"),
    "authority.ended": ("sudah berakhir", "has ended"),
    "authority.lists": ("Daftar yang terbit", "Published lists"),
    "authority.lists.none": (
        "Belum ada daftar yang terbit: alat pemeriksa tidak dapat menilai.",
        "No lists are published yet: verifiers cannot judge.",
    ),
    "authority.lists.level.plenty": ("Daftar berlaku.", "The lists are current."),
    "authority.lists.level.near": (
        "Daftar melewati setengah masa berlakunya. Terbitkan sekarang; bila tetap begini, beri tahu"
        " operator.",
        "The lists are past half of their life. Publish them now; if it stays so, tell the"
        " operator.",
    ),
    "authority.lists.level.full": (
        "Daftar sudah berakhir: alat pemeriksa menolak semua kartu. Terbitkan sekarang.",
        "The lists have ended: verifiers refuse every card. Publish them now.",
    ),
    "authority.serial": ("Nomor urut", "Serial"),
    "authority.issued": ("Terbit", "Issued"),
    "authority.expires": ("Berakhir", "Expires"),
    "authority.listed": ("Tanda kartu yang dicabut", "Marks of revoked cards"),
    "authority.age": ("Umur", "Age"),
    "authority.age.hours": ("{count} jam", "{count} hours"),
    "authority.publish": ("Terbitkan sekarang", "Publish now"),
    "authority.publish.help": (
        "Daftar terbit sendiri dalam semenit setelah ada perubahan.",
        "Lists are published by themselves within a minute after a change.",
    ),
    "authority.public": ("Yang terbuka untuk semua", "What everybody may fetch"),
    "authority.public.trust": ("Daftar kepercayaan", "Trust list"),
    "authority.public.revoked": ("Daftar pencabutan", "Revocation list"),
    "authority.public.keys": ("Kunci SMART Health Card", "Keys of SMART Health Cards"),
    "authority.public.verifier": ("Alat pemeriksa", "Verifier"),
    "authority.counts": ("Kartu dibuat dan dicabut", "Cards made and revoked"),
    "authority.counts.days": ("Hari terakhir", "Last days"),
    "authority.counts.made": ("Dibuat", "Made"),
    "authority.counts.revoked": ("Dicabut", "Revoked"),
    "authority.revocations": ("Pencabutan", "Revocations"),
    "authority.marks": ("Tanda yang diketahui", "Marks known"),
    "authority.marks.own": ("Kartu arsip ini", "Of this archive's cards"),
    "authority.marks.others": ("Dari penerbit lain", "Of other issuers"),
    "authority.marks.help": (
        "Satu kartu dikenal dari beberapa tanda, yang tidak menunjuk kepada siapa pun.",
        "A card is known by several marks, which point to nobody.",
    ),
    "authority.batch": (
        "Berkas pencabutan penerbit lain (JSON gateway DCC UE, sampai 1 MiB)",
        "File of others' revocations (JSON of the EU DCC gateway, up to 1 MiB)",
    ),
    "authority.batch.help": (
        "Tanda tangan gateway diperiksa oleh yang mengambilnya, sebelum berkas diberikan di sini.",
        "The gateway's signature is checked by whoever fetches it, before the file is given here.",
    ),
    "authority.batch.take": ("Ambil pencabutan", "Take in"),
    "authority.card": ("Cabut satu kartu", "Revoke one card"),
    "authority.card.help": (
        "Untuk kartu arsip ini yang ada di depan Anda. Kartu pasien sendiri lebih baik dicabut di"
        " halaman pasien: keadaannya lalu terlihat di sana.",
        "For a card of this archive that is before you. A patient's own is better revoked on the"
        " patient's page: its state is then seen there.",
    ),
    "authority.card.text": (
        "Teks kode QR (HC1:… atau shc:/…)",
        "Text of the QR code (HC1:… or shc:/…)",
    ),
    "authority.card.look": ("Lihat kartu", "Look at the card"),
    "authority.card.shown": ("Kartu yang akan dicabut", "The card that is to be revoked"),
    "authority.card.shown.help": (
        "Asli dari arsip ini. Nama dan tanggal lahir tidak ditampilkan, dan teksnya tidak"
        " disimpan.",
        "Genuine, of this archive. Name and birth date are not shown, and its text is not kept.",
    ),
    "authority.card.ended": (
        "Kartu ini sudah berakhir: tidak perlu dicabut.",
        "This card has ended: it need not be revoked.",
    ),
    "authority.card.revoke": ("Cabut kartu ini", "Revoke this card"),
    "authority.done.published": ("Daftar kini mutakhir.", "The lists are those of now."),
    "authority.done.taken": (
        "Diambil: {new} tanda baru, {known} sudah diketahui.",
        "Taken in: {new} new marks, {known} known before.",
    ),
    "authority.done.revoked": (
        "Kartu dicabut. Alat pemeriksa mengetahuinya dengan daftar berikutnya.",
        "The card is revoked. Verifiers learn it with the next list.",
    ),
    "authority.wrong.large": ("Berkas lebih besar dari 1 MiB", "The file is larger than 1 MiB"),
    "authority.mend.large": ("Bagi menjadi beberapa berkas.", "Split it into several files."),
    "authority.wrong.json": ("Berkas ini bukan JSON yang benar", "The file is no proper JSON"),
    "authority.mend.json": (
        "Berikan satu berkas gateway sebagai JSON, tanpa amplop tanda tangannya.",
        "Give one batch of the gateway as JSON, without the envelope of its signature.",
    ),
    "authority.wrong.field": (
        "Isi berkas kurang, atau bentuknya salah",
        "Something in the file is missing, or in a wrong form",
    ),
    "authority.mend.field": (
        "Berkas memuat country, expires, hashType, dan entries seperti dari gateway DCC; tiap hash"
        " adalah Base64 dari 16 bita. Ambil lagi.",
        "It has country, expires, hashType and entries, as the DCC gateway gives it; each hash is"
        " the Base64 of 16 bytes. Fetch it again.",
    ),
    "authority.wrong.expires": (
        "Berkas sudah berakhir, atau baru berakhir bertahun-tahun lagi",
        "The batch has ended, or would not end for years",
    ),
    "authority.mend.expires": (
        "Ambil yang terbaru dari gateway; kartu yang sudah berakhir tidak perlu dicabut.",
        "Fetch the newest from the gateway; cards that have ended need not be revoked.",
    ),
    "authority.wrong.empty": ("Tidak ada pencabutan di berkas ini", "No revocation is in the file"),
    "authority.mend.empty": ("Pilih berkas lain.", "Choose another file."),
    "authority.wrong.not-ours": (
        "Kartu ini tidak ditandatangani arsip ini",
        "This archive did not sign the card",
    ),
    "authority.mend.not-ours": (
        "Penerbitnya sendiri yang mencabutnya.",
        "Its own issuer revokes it.",
    ),
    "authority.field": ("Bagian: {place}", "Field: {place}"),
    "authority.only_looks": (
        "Administrator yang menerbitkan dan mencabut.",
        "Administrators publish and revoke.",
    ),
}
