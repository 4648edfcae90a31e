"""A hospital taken in, step by step. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "onboarding.title": ("Rumah sakit baru", "A new hospital"),
    "onboarding.lead": (
        "Buka tautan dari operator, atau tempelkan di sini. Tidak ada yang dibuat sebelum Anda"
        " memastikannya di langkah terakhir.",
        "Open the operator's link, or paste it here. Nothing is made before you confirm it in the"
        " last step.",
    ),
    "onboarding.ticket": ("Tautan dari operator", "The operator's link"),
    "onboarding.ticket.help": (
        "Dibuat dengan segel hospital invite KODE.",
        "Made by segel hospital invite CODE.",
    ),
    "onboarding.begin": ("Mulai", "Begin"),
    "onboarding.nothing_yet": (
        "Belum ada yang dibuat. Unduh berkasnya untuk melanjutkan lain waktu.",
        "Nothing is made yet. Download the file to go on another time.",
    ),
    "onboarding.enrolled": (
        "Rumah sakit ini sudah terdaftar: yang sudah ada tetap, sisanya ditambahkan.",
        "This hospital is enrolled already: what is there stays, and the rest is added.",
    ),
    "onboarding.steps": ("Langkah", "Steps"),
    "onboarding.step.hospital": ("Rumah sakit", "Hospital"),
    "onboarding.step.departments": ("Bagian", "Departments"),
    "onboarding.step.devices": ("Alat DICOM", "DICOM devices"),
    "onboarding.step.senders": ("Pengirim HL7", "HL7 senders"),
    "onboarding.step.systems": ("Sistem", "Systems"),
    "onboarding.step.people": ("Orang", "People"),
    "onboarding.step.review": ("Periksa", "Review"),
    "onboarding.help.hospital": (
        "Rumah sakit mendapat kuncinya sendiri: tidak ada yang dapat dibuka dari luar.",
        "The hospital gets a key of its own: nothing of it is opened from elsewhere.",
    ),
    "onboarding.help.departments": (
        "Seperti namanya tertulis di gambar. Boleh dilewati.",
        "As the images carry their names. May be left out.",
    ),
    "onboarding.help.devices": (
        "Modalitas dan PACS. Dengan sertifikat (PEM), alat hanya diterima lewat TLS.",
        "Modalities and PACS. With a certificate (PEM) a device is let in by TLS only.",
    ),
    "onboarding.help.senders": (
        "Sistem yang mengirim HL7 versi 2: seperti di MSH-3 dan MSH-4.",
        "Systems that send HL7 version 2: as in MSH-3 and MSH-4.",
    ),
    "onboarding.help.systems": (
        "SIMRS dan lainnya yang memakai FHIR atau DICOMweb, dengan kunci publiknya (JWK Set).",
        "Hospital systems that use FHIR or DICOMweb, with their public keys (JWK Set).",
    ),
    "onboarding.help.people": (
        "Setiap orang mendapat tautan untuk mendaftarkan passkey, sekali. Mulailah dengan petugas"
        " pelindungan data dan administrator: keputusan penting memerlukan keduanya.",
        "Each is given a link by which they register a passkey, once. Begin with a data protection"
        " officer and an administrator: what matters is decided by both.",
    ),
    "onboarding.help.review": (
        "Ini semua yang akan dibuat. Sesudah tombol ditekan, perubahan lewat operator.",
        "This is everything that will be made. After the button, changes go by the operator.",
    ),
    "onboarding.code": ("Kode", "Code"),
    "onboarding.name": ("Nama rumah sakit", "The hospital's name"),
    "onboarding.national_code": ("Kode nasional (SATUSEHAT)", "National code (SATUSEHAT)"),
    "onboarding.national_code.help": (
        "Nomor organisasi di register nasional; boleh menyusul.",
        "Its organisation number in the national register; may follow later.",
    ),
    "onboarding.departments.name": ("Nama", "Name"),
    "onboarding.departments.code": ("Kode", "Code"),
    "onboarding.devices.ae_title": ("AE title alat", "The device's AE title"),
    "onboarding.devices.called": ("AE title yang dipanggilnya", "AE title that it calls"),
    "onboarding.devices.listens": (
        "Alamat penerimaannya, jika menerima gambar",
        "Where it takes images itself",
    ),
    "onboarding.devices.certificates": ("Sertifikat (PEM)", "Certificate (PEM)"),
    "onboarding.senders.application": ("Aplikasi (MSH-3)", "Application (MSH-3)"),
    "onboarding.senders.facility": ("Fasilitas (MSH-4)", "Facility (MSH-4)"),
    "onboarding.senders.authorities": (
        "Penerbit nomor rekam medis (PID-3.4)",
        "Whose record numbers are the hospital's own (PID-3.4)",
    ),
    "onboarding.senders.certificates": ("Sertifikat (PEM)", "Certificate (PEM)"),
    "onboarding.systems.name": ("Nama", "Name"),
    "onboarding.systems.scope": ("Yang boleh dimintanya (SMART)", "What it may ask for (SMART)"),
    "onboarding.systems.jwks": ("Kunci publik (JWK Set)", "Public keys (JWK Set)"),
    "onboarding.people.name": ("Nama", "Name"),
    "onboarding.people.role": ("Peran", "Role"),
    "onboarding.row.departments": ("Bagian {number}", "Department {number}"),
    "onboarding.row.devices": ("Alat {number}", "Device {number}"),
    "onboarding.row.senders": ("Pengirim {number}", "Sender {number}"),
    "onboarding.row.systems": ("Sistem {number}", "System {number}"),
    "onboarding.row.people": ("Orang {number}", "Person {number}"),
    "onboarding.choose_file": ("Pilih berkas", "Choose a file"),
    "onboarding.next": ("Lanjut", "Next"),
    "onboarding.more": ("Tambah baris", "More rows"),
    "onboarding.back": ("Kembali", "Back"),
    "onboarding.download": ("Unduh berkas", "Download the file"),
    "onboarding.upload": ("Pakai berkas yang sudah ada", "Use a file that there is"),
    "onboarding.upload.help": (
        "Berkas yang sama dengan segel hospital onboard; sertifikat ditulis di dalamnya.",
        "The same file as segel hospital onboard takes; certificates stand in it.",
    ),
    "onboarding.upload.text": ("Isi berkas (TOML)", "The file's text (TOML)"),
    "onboarding.upload.use": ("Pakai", "Use it"),
    "onboarding.broken": ("Berkas tidak dapat dibaca.", "The file cannot be read."),
    "onboarding.other_code": (
        "Berkas itu untuk {code}; di sini dipakai untuk rumah sakit pada tautan.",
        "The file is for {code}; here it is used for the hospital of the link.",
    ),
    "onboarding.faults": (
        "Periksa isian yang ditandai.",
        "Look at the fields that are marked.",
    ),
    "onboarding.hindering": (
        "Belum dapat dibuat. Perbaiki dahulu:",
        "It cannot be made yet. Mend first:",
    ),
    "onboarding.missing": (
        "Belum ada {role}. Tanpa keduanya tidak ada yang dapat disetujui.",
        "Nobody is {role}. Without both nothing can be approved.",
    ),
    "onboarding.review.keys": ("kunci sendiri", "a key of its own"),
    "onboarding.review.none": ("tidak ada", "none"),
    "onboarding.review.tls": ("TLS", "TLS"),
    "onboarding.review.plain": ("tanpa TLS", "without TLS"),
    "onboarding.budgets": ("Anggaran", "Budgets"),
    "onboarding.budgets.text": (
        "Datang dengan peran, dan tumbuh dengan jumlah pasien.",
        "They come with the roles, and grow with the number of patients.",
    ),
    "onboarding.confirm": ("Buat rumah sakit ini", "Make this hospital"),
    "onboarding.fault.missing": ("Isi ini.", "Fill this in."),
    "onboarding.fault.twice": (
        "Nama ini dipakai dua kali. Bedakan.",
        "This name is there twice. Tell them apart.",
    ),
    "onboarding.fault.key-set": (
        "Bukan JWK Set dengan kunci publik saja.",
        "Not a JWK Set of public keys alone.",
    ),
    "onboarding.fault.certificate": (
        "Tempelkan sertifikatnya di sini: nama berkas hanya dapat dibaca di server.",
        "Paste the certificate here: a file's name can be read on the server only.",
    ),
    "onboarding.fault.certificate-broken": (
        "Bukan sertifikat PEM. Pakai sertifikat alat itu sendiri, bukan kuncinya.",
        "Not a certificate in PEM. Give the device's own certificate, not its key.",
    ),
    "onboarding.fault.ae-title-invalid": (
        "1 sampai 16 huruf dan angka, tanpa garis miring terbalik.",
        "1 to 16 letters and digits, without a backslash.",
    ),
    "onboarding.fault.sender-name-invalid": (
        "1 sampai 180 huruf ASCII, tanpa | ^ ~ \\ &. Salin dari pesannya.",
        "1 to 180 ASCII letters, and none of | ^ ~ \\ &. Copy it from a message.",
    ),
    "onboarding.fault.address-invalid": (
        "Tulis ALAMAT:PORT, seperti 10.0.0.5:11112.",
        "Write HOST:PORT, as 10.0.0.5:11112.",
    ),
    "onboarding.fault.other": ("Periksa ini.", "Look at this."),
    "onboarding.kind.hospital": ("Rumah sakit", "Hospital"),
    "onboarding.kind.department": ("Bagian", "Department"),
    "onboarding.kind.device": ("Alat", "Device"),
    "onboarding.kind.sender": ("Pengirim HL7", "HL7 sender"),
    "onboarding.kind.system": ("Sistem", "System"),
    "onboarding.kind.person": ("Orang", "Person"),
    "onboarding.state.made": ("Dibuat", "Made"),
    "onboarding.state.there": ("Sudah ada, tidak diubah", "There already, left as it is"),
    "onboarding.state.refused": ("Ditolak", "Refused"),
    "onboarding.done.title": ("{name} siap", "{name} is ready"),
    "onboarding.done.partly": ("{name}: sebagian dibuat", "{name}: made in part"),
    "onboarding.done.refused": (
        "Ditolak: {count}. Yang lain sudah dibuat. Perbaiki, lalu ulangi: yang ada tetap.",
        "Refused: {count}. The others are made. Mend what was refused and do it again: what is"
        " there stays.",
    ),
    "onboarding.done.mend": ("Kembali ke isian", "Back to the plan"),
    "onboarding.done.once": (
        "Tautan di bawah hanya tampil sekali. Serahkan masing-masing langsung, atau lewat saluran"
        " yang Anda percaya.",
        "The links below are shown once. Hand each over in person, or by a channel you trust.",
    ),
    "onboarding.link": (
        "Tautan masuk, sekali pakai, sampai {until}",
        "Link, good once, until {until}",
    ),
    "onboarding.client_id": ("Client id", "Client id"),
    "onboarding.token_endpoint": ("Token endpoint", "Token endpoint"),
    "onboarding.remains": ("Yang masih harus dilakukan", "What remains to be done"),
    "onboarding.remains.people": (
        "Setiap orang membuka tautannya dan mendaftarkan passkey.",
        "Each person opens their link and registers a passkey.",
    ),
    "onboarding.remains.device": (
        "{device}: arahkan ke alamat DICOM arsip ini dengan AE title {called}, lalu uji C-ECHO.",
        "{device}: point it to this archive's DICOM address with the AE title {called}, and test"
        " C-ECHO.",
    ),
    "onboarding.remains.device.tls": (
        "{device}: pasang kunci dan sertifikatnya, arahkan ke alamat DICOM arsip ini lewat TLS"
        " dengan AE title {called}, lalu uji C-ECHO.",
        "{device}: install its key and certificate, point it to this archive's DICOM address by"
        " TLS with the AE title {called}, and test C-ECHO.",
    ),
    "onboarding.remains.sender": (
        "{application} di {facility}: arahkan ke alamat HL7 (MLLP) arsip ini dan kirim satu pesan"
        " uji.",
        "{application} of {facility}: point it to this archive's HL7 (MLLP) address and send one"
        " test message.",
    ),
    "onboarding.remains.system": (
        "{name}: masukkan client id dan token endpoint di atas.",
        "{name}: enter the client id and the token endpoint above.",
    ),
    "onboarding.remains.operator": (
        "Operator: tanam umpan (segel decoys), dan periksa segel status.",
        "The operator: plant decoys (segel decoys), and look at segel status.",
    ),
}
