"""Patients found, registered and mended; what they decide. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.people": ("Pasien", "Patients"),
    "people.title": ("Cari pasien", "Find a patient"),
    "people.label": ("Nomor, atau nama dengan kelahiran", "A number, or a name with the birth"),
    "people.placeholder": (
        "NIK, no. RM, KK, telepon, atau nama + lahir",
        "NIK, record no., phone, or name + birth",
    ),
    "people.hint": (
        "Satu nomor cukup: NIK, rekam medis, paspor, kartu keluarga, NIK ibu, atau telepon. Atau"
        " nama dengan tanggal lahir, tahun, atau umur: Sri Wulandari 36 th.",
        "One number is enough: NIK, record, passport, family card, mother's NIK, or a phone. Or a"
        " name with the birth date, the year or the age: Sri Wulandari 36 yo.",
    ),
    "people.welcome": ("Siapa yang dicari?", "Whom are you looking for?"),
    "people.welcome.text": (
        "Hanya yang cocok yang ditampilkan, dan setiap pencarian dicatat.",
        "Only who matches is shown, and each search is logged.",
    ),
    "people.said.number": ("nomor {value}", "number {value}"),
    "people.said.kk": ("kartu keluarga {value}", "family card {value}"),
    "people.said.nik-ibu": ("NIK ibu {value}", "mother's NIK {value}"),
    "people.said.phone": ("telepon {value}", "phone {value}"),
    "people.why.nik": ("Ditemukan dengan NIK", "Found by the NIK"),
    "people.why.mrn": ("Ditemukan dengan nomor rekam medis", "Found by the record number"),
    "people.why.paspor": ("Ditemukan dengan paspor", "Found by the passport"),
    "people.why.ihs-number": (
        "Ditemukan dengan nomor SATUSEHAT",
        "Found by the national health number",
    ),
    "people.why.kk": ("Terdaftar di kartu keluarga ini", "Registered on this family card"),
    "people.why.nik-ibu": ("Ibunya ber-NIK ini", "The mother has this NIK"),
    "people.why.phone": ("Terdaftar dengan telepon ini", "Registered with this phone"),
    "people.why.linked": (
        "Pendaftaran lain dari orang yang sama",
        "Another registration of the same person",
    ),
    "people.said.name": ("nama {value}", "name {value}"),
    "people.said.born": ("lahir {value}", "born {value}"),
    "people.unborn": ("tanggal lahir tidak diketahui", "birth date unknown"),
    "people.none": ("Tidak ditemukan", "Nobody found"),
    "people.none.text": (
        "Periksa angkanya, atau cari dengan nama dan tanggal lahir seperti di kartu.",
        "Check the digits, or search by name and birth date as on the card.",
    ),
    "people.new": ("Daftarkan pasien baru", "Register a new patient"),
    "people.back": ("Kembali ke pencarian", "Back to the search"),
    "registration.title": ("Pendaftaran pasien", "Registration"),
    "registration.name": ("Nama lengkap", "Full name"),
    "registration.unnamed": (
        "Nama belum diketahui (pasien gawat darurat)",
        "The name is not known yet (emergency)",
    ),
    "registration.birth_date": ("Tanggal lahir", "Birth date"),
    "registration.birth_date.help": (
        "Misalnya 15/02/1990; tahunnya saja jika hanya itu yang diketahui.",
        "For example 15/02/1990; the year alone where no more is known.",
    ),
    "registration.nik": ("NIK", "NIK"),
    "registration.record_number": ("No. rekam medis", "Record number"),
    "registration.passport": ("Paspor", "Passport"),
    "registration.health_number": ("Nomor SATUSEHAT", "National health number"),
    "registration.health_number.help": ("Biasanya P dan 11 angka.", "Mostly P and 11 digits."),
    "registration.phone": ("Telepon", "Phone"),
    "registration.address": ("Alamat", "Address"),
    "registration.family_card": ("Nomor kartu keluarga", "Family card number"),
    "registration.mother": ("Nama ibu", "Mother's name"),
    "registration.mothers_nik": ("NIK ibu", "Mother's NIK"),
    "registration.child": ("Anak: ibu dan urutan lahir", "Child: mother and order of birth"),
    "registration.birth_order": ("Urutan lahir", "Order of birth"),
    "registration.birth_order.single": ("Lahir tunggal", "Born alone"),
    "registration.birth_order.nth": ("Kembar, anak ke-{number}", "Of twins or more, no. {number}"),
    "registration.estimated": (
        "Tahun lahir ini perkiraan",
        "This birth is an estimate",
    ),
    "registration.age": ("Perkiraan umur (tahun)", "Estimated age (years)"),
    "registration.age.help": (
        "Angka saja, misalnya 40; 0 untuk bayi.",
        "A number, for example 40; 0 for an infant.",
    ),
    "registration.save": ("Simpan", "Save"),
    "registration.make": ("Daftarkan", "Register"),
    "registration.done": ("Sudah disimpan.", "Saved."),
    "registration.faults": (
        "Belum disimpan. Periksa isian yang ditandai.",
        "Not saved yet. Look at the fields that are marked.",
    ),
    "registration.taken": (
        "Belum disimpan: salah satu nomor sudah terdaftar di rumah sakit ini. Cari dengan nomor"
        " itu, lalu ubah pendaftarannya.",
        "Not saved: one of the numbers is registered in this hospital already. Search by it, and"
        " change that registration.",
    ),
    "registration.fault.name": (
        "Isi nama, atau tandai bahwa namanya belum diketahui.",
        "Fill in the name, or say that it is not known yet.",
    ),
    "registration.fault.birth_date": (
        "Tulis seperti 15/02/1990, atau tahunnya saja; tidak boleh di masa depan.",
        "Write it like 15/02/1990, or the year alone; it cannot lie ahead.",
    ),
    "registration.fault.nik": (
        "NIK terdiri atas 16 angka; angka ke-7 sampai ke-12 adalah tanggal lahir (perempuan: hari"
        " + 40). Salin dari kartu.",
        "A NIK has 16 digits; the 7th to 12th are the birth date (women: day + 40). Copy it from"
        " the card.",
    ),
    "registration.fault.record_number": (
        "Paling banyak 64 huruf dan angka.",
        "At most 64 letters and digits.",
    ),
    "registration.fault.family_card": (
        "Nomor kartu keluarga terdiri atas 16 angka. Salin dari kartu.",
        "A family card's number has 16 digits. Copy it from the card.",
    ),
    "registration.fault.mothers_nik": (
        "NIK terdiri atas 16 angka. Salin dari kartu ibunya.",
        "A NIK has 16 digits. Copy it from the mother's card.",
    ),
    "registration.fault.mother": (
        "Isi nama ibu, atau NIK-nya.",
        "Fill in the mother's name, or her NIK.",
    ),
    "registration.fault.sex": ("Pilih salah satu.", "Choose one."),
    "registration.fault.age": (
        "Angka dari 0 sampai 120.",
        "A number from 0 to 120.",
    ),
    "registration.fault.passport": (
        "Paspor terdiri atas 5 sampai 9 huruf dan angka.",
        "A passport's number has 5 to 9 letters and digits.",
    ),
    "registration.fault.health_number": (
        "6 sampai 20 huruf dan angka, biasanya P dan 11 angka.",
        "6 to 20 letters and digits, mostly P and 11 digits.",
    ),
    "registration.fault.phone": ("Terlalu panjang.", "Too long."),
    "registration.fault.address": ("Terlalu panjang.", "Too long."),
    "registration.doubt": (
        "Menurut NIK, ini berbeda:",
        "The NIK says something else about:",
    ),
    "registration.doubt.birth_date": ("tanggal lahir", "the birth date"),
    "registration.doubt.sex": ("jenis kelamin", "the sex"),
    "registration.anyway": (
        "Kartunya memang begitu; simpan saja",
        "That is what the card says; save it all the same",
    ),
    "consents.title": ("Persetujuan", "Consents"),
    "consents.lead": (
        "Anda menentukan untuk apa rekam medis Anda dipakai. Keputusan berlaku seketika, dan dapat"
        " diubah kapan saja.",
        "You decide what your record is used for. It holds at once, and can always be changed.",
    ),
    "consents.desk": (
        "Catat di sini apa yang dinyatakan pasien. Keputusan berlaku seketika, dan pasien melihat"
        " siapa yang mencatatnya.",
        "Write down what the patient said. It holds at once, and the patient sees who wrote it.",
    ),
    "consents.back": ("Kembali ke pendaftaran", "Back to the registration"),
    "consents.TREAT": ("Perawatan di rumah sakit ini", "Treatment in this hospital"),
    "consents.TREAT.help": (
        "Dokter dan perawat yang merawat Anda membuka gambar, hasil, dan laporan.",
        "Doctors and nurses who treat you open images, results and reports.",
    ),
    "consents.HOPERAT": ("Kegiatan rumah sakit", "The hospital's own work"),
    "consents.HOPERAT.help": (
        "Sistem rumah sakit memakai rekam medis untuk penagihan, mutu, dan laporan internal.",
        "The hospital's systems use the record for billing, quality and internal reports.",
    ),
    "consents.COC": ("Berbagi dengan fasilitas lain", "Sharing with others who care for you"),
    "consents.COC.help": (
        "Rumah sakit meneruskan catatan ke platform kesehatan nasional.",
        "The hospital passes records on to the national health platform.",
    ),
    "consents.HRESCH": ("Penelitian", "Research"),
    "consents.HRESCH.help": (
        "Data tanpa nama Anda dipakai untuk penelitian kesehatan.",
        "Data without your name is used for health research.",
    ),
    "consents.used": ("Diizinkan", "Allowed"),
    "consents.unused": ("Tidak diizinkan", "Not allowed"),
    "consents.since": ("sejak", "since"),
    "consents.undecided": ("belum pernah diputuskan", "never decided"),
    "consents.decline": ("Jangan izinkan", "Do not allow"),
    "consents.permit": ("Izinkan", "Allow"),
    "consents.emergency": (
        "Jika tidak diizinkan, rekam medis ini tidak dapat ditemukan oleh yang merawat, kecuali"
        " dalam keadaan darurat dengan alasan yang kemudian ditinjau.",
        "Where it is not allowed, nobody who treats finds this record, except in an emergency, with"
        " a reason that is reviewed afterwards.",
    ),
    "consents.kept": (
        "Gambar dan hasil tetap disimpan: undang-undang mewajibkannya. Yang membuka, dan yang"
        " ditolak, tercatat.",
        "Images and results are kept all the same: the law demands it. Who opened the record, and"
        " who was kept from it, is logged.",
    ),
}
