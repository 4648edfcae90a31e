"""Travel cards, on a patient's own pages and at the desk. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "cards.title": ("Kartu perjalanan", "Travel cards"),
    "cards.title.own": ("Kartu perjalanan saya", "My travel cards"),
    "cards.lead": (
        "Kartu perjalanan membuktikan hasil tes negatif Anda di perbatasan atau bandara. Kartu"
        " diperiksa tanpa internet: tidak ada yang tahu di mana Anda menunjukkannya.",
        "A travel card proves your negative test at a border or an airport. It is checked without"
        " the internet: nobody learns where you show it.",
    ),
    "cards.lead.desk": (
        "Dibuat atas permintaan pasien, dari tes yang tercatat di sini, dan hanya bila pasien"
        " menyetujuinya.",
        "Made at the patient's request, of tests on record here, and only where the patient"
        " agrees.",
    ),
    "cards.home.help": (
        "Buat kartu dari tes negatif Anda, untuk ditunjukkan di perjalanan.",
        "Make a card of your negative test, to show on your journey.",
    ),
    "cards.consent.title": ("Persetujuan", "Agreement"),
    "cards.consent.text": (
        "Kartu berisi nama, tanggal lahir, dan hasil satu tes. Siapa pun yang memindai kodenya"
        " dapat membaca dan menyimpan isinya. NIK, alamat, dan isi rekam medis lain tidak ada di"
        " dalamnya. Kartu berakhir 72 jam setelah sampel diambil dan dapat dicabut kapan saja.",
        "A card holds the name, the birth date and the result of one test. Whoever scans its code"
        " can read and keep that. The NIK, the address and the rest of the record are not in it. A"
        " card ends 72 hours after the sample was taken, and can be revoked at any time.",
    ),
    "cards.consent.give": ("Saya setuju kartu dibuat", "I agree to have cards made"),
    "cards.consent.give.desk": (
        "Catat: pasien telah diberi tahu dan setuju",
        "Write down: the patient was told, and agrees",
    ),
    "cards.consent.given": ("Disetujui.", "Agreed."),
    "cards.consent.missing.desk": (
        "Pasien belum menyetujui. Pasien dapat menyetujuinya di halamannya sendiri, atau petugas"
        " rekam medis mencatatnya.",
        "The patient has not agreed. They can do so on their own page, or the medical records"
        " officer writes it down.",
    ),
    "cards.consent.take_back": ("Tarik persetujuan", "Take the agreement back"),
    "cards.make.title": ("Buat kartu", "Make a card"),
    "cards.make.button": ("Buat kartu dari tes ini", "Make a card of this test"),
    "cards.make.none": (
        "Belum ada tes yang dapat dijadikan kartu. Diperlukan tes antigen atau PCR COVID-19 yang"
        " final dan negatif, dengan sampel dari 72 jam terakhir.",
        "There is no test that a card can be made of. It takes a COVID-19 antigen or PCR test that"
        " is final and negative, with a sample of the last 72 hours.",
    ),
    "cards.make.sampled": ("Sampel diambil", "Sample taken"),
    "cards.make.until": ("kartu berlaku sampai", "card valid until"),
    "cards.made.title": ("Kartu yang sudah dibuat", "Cards that were made"),
    "cards.made.none": ("Belum ada kartu.", "There are no cards yet."),
    "cards.state.in-force": ("Berlaku", "In force"),
    "cards.state.ended": ("Berakhir", "Ended"),
    "cards.state.revoked": ("Dicabut", "Revoked"),
    "cards.open": ("Lihat kartu", "Look at the card"),
    "cards.back": ("Semua kartu", "All cards"),
    "cards.one.title": ("Kartu perjalanan", "Travel card"),
    "cards.until": ("Berlaku sampai", "Valid until"),
    "cards.reveals.title": ("Yang terungkap bila dipindai", "What a scan reveals"),
    "cards.reveals.help": (
        "Hanya ini. NIK, nomor rekam medis, alamat, telepon, dan isi lain rekam medis tidak ada di"
        " kartu. Tunjukkan hanya kepada yang berwenang memeriksanya.",
        "Only this. The NIK, record number, address, phone and the rest of the record are not in"
        " the card. Show it only to those who have to check it.",
    ),
    "cards.show": ("Tampilkan kode QR", "Show the QR code"),
    "cards.code.title": ("Kode QR", "QR code"),
    "cards.code.alt": (
        "Kode QR kartu perjalanan, untuk dipindai petugas",
        "QR code of the travel card, for an officer to scan",
    ),
    "cards.code.bright": (
        "Terangkan layar penuh dan pegang tegak lurus.",
        "Turn the screen's brightness up and hold it straight.",
    ),
    "cards.code.hide": ("Sembunyikan", "Hide it"),
    "cards.form.label": ("Bentuk kartu", "Form of the card"),
    "cards.form.certificate": ("Sertifikat UE", "EU certificate"),
    "cards.form.health-card": ("SMART Health Card", "SMART Health Card"),
    "cards.save.title": ("Simpan atau cetak", "Save or print"),
    "cards.save.pdf": ("PDF untuk dicetak", "PDF to print"),
    "cards.save.png": ("Gambar PNG", "PNG picture"),
    "cards.save.svg": ("Gambar SVG", "SVG picture"),
    "cards.save.help": (
        "Berkas yang disimpan memuat semua yang di atas. Simpan di tempat yang hanya Anda buka.",
        "A file that is saved holds all of the above. Keep it where only you open it.",
    ),
    "cards.replace.title": ("Ganti atau cabut", "Replace or revoke"),
    "cards.replace.help": (
        "Bila kartu hilang atau dilihat orang lain: buat yang baru; yang lama lalu tidak berlaku.",
        "If the card was lost or seen by others: make a new one; the old one is then revoked.",
    ),
    "cards.replace": ("Buat kartu baru sebagai gantinya", "Make a new card in its place"),
    "cards.revoke": ("Cabut kartu ini", "Revoke this card"),
    "cards.revoked.help": (
        "Kartu ini dicabut. Alat pemeriksa menolaknya setelah memperbarui daftarnya, biasanya dalam"
        " sehari.",
        "This card is revoked. Verifiers refuse it once they have updated their lists, usually"
        " within a day.",
    ),
    "cards.ended.help": ("Kartu ini sudah berakhir.", "This card has ended."),
    "cards.of_test": ("Buat kartu perjalanan dari tes ini", "Make a travel card of this test"),
    "cards.fact.name": ("Nama", "Name"),
    "cards.fact.icao": ("Nama seperti di paspor", "Name as in a passport"),
    "cards.fact.birth": ("Tanggal lahir", "Date of birth"),
    "cards.fact.test": ("Tes", "Test"),
    "cards.fact.method": ("Jenis tes", "Kind of test"),
    "cards.fact.sampled": ("Sampel diambil", "Sample taken"),
    "cards.fact.result": ("Hasil", "Result"),
    "cards.fact.centre": ("Tempat tes", "Testing centre"),
    "cards.fact.issuer": ("Penerbit kartu", "Issuer of the card"),
    "cards.fact.number": ("Nomor acak kartu", "Random number of the card"),
    "cards.fact.ends": ("Berlaku sampai", "Valid until"),
    "cards.word.rapid": ("Antigen (cepat)", "Antigen (rapid)"),
    "cards.word.naat": ("PCR atau sejenisnya (NAAT)", "PCR or its kin (NAAT)"),
    "cards.word.other": ("Lainnya", "Other"),
    "cards.word.negative": ("Negatif (tidak terdeteksi)", "Negative (not detected)"),
    "cards.paper.help": (
        "Periksa dengan alat pemeriksa resmi: hanya kode yang terbaca asli yang berlaku, bukan"
        " tulisan di kertas ini.",
        "Check it with an official verifier: only a code that reads as genuine counts, not the"
        " words on this paper.",
    ),
}
