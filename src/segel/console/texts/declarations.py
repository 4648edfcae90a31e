"""Health declarations: the traveller's form, the officer's pages. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.port_health": ("Kedatangan", "Arrivals"),
    "nav.port_ended": ("Pemusnahan", "Destruction"),
    "declare.title": ("Deklarasi kesehatan", "Health declaration"),
    "declare.lead": (
        "Untuk siapa saja yang tiba di Indonesia dengan pesawat atau kapal. Isi sebelum mendarat;"
        " tunjukkan tanda terimanya kepada petugas.",
        "For everybody who arrives in Indonesia by air or sea. Fill it in before you land, and show"
        " its receipt to the officer.",
    ),
    "declare.who_sees": (
        "Yang melihatnya hanya petugas kesehatan pelabuhan yang Anda pilih: dari sehari sebelum"
        " sampai tiga hari sesudah kedatangan. Setiap pembukaan dicatat.",
        "Only health officers of the port that you choose see it: from a day before your arrival to"
        " three days after it. Each opening is logged.",
    ),
    "declare.how_long": (
        "Empat belas hari sesudah kedatangan kuncinya dimusnahkan; tidak ada salinan yang masih"
        " dapat dibaca.",
        "Fourteen days after your arrival its key is destroyed; no copy can be read after that.",
    ),
    "declare.no_account": (
        "Tidak perlu akun. Yang Anda ketik tetap di peramban ini sampai Anda mengirimnya.",
        "No account is needed. What you type stays in this browser until you send it.",
    ),
    "declare.mine.link": ("Buka deklarasi yang sudah dikirim", "Open one that was sent"),
    "declare.faults": (
        "Belum terkirim: ada yang kurang atau keliru di bawah.",
        "Not sent yet: something below is missing or wrong.",
    ),
    "declare.none.title": ("Belum ada pelabuhan", "No port yet"),
    "declare.none.text": (
        "Saat ini tidak ada pelabuhan yang menerima deklarasi di sini.",
        "At present no port takes declarations here.",
    ),
    "declare.journey": ("Perjalanan", "Journey"),
    "declare.by.flight": ("Pesawat", "Flight"),
    "declare.by.ship": ("Kapal", "Ship"),
    "declare.vessel": ("Nomor penerbangan atau nama kapal", "Flight number, or name of the ship"),
    "declare.vessel.help": ("Misalnya GA881.", "For example GA881."),
    "declare.arrival": ("Tanggal tiba", "Day of arrival"),
    "declare.port": ("Tempat tiba", "Port of arrival"),
    "declare.choose": ("Pilih", "Choose"),
    "declare.seat": ("Kursi atau kabin", "Seat or cabin"),
    "declare.you": ("Anda", "You"),
    "declare.name": ("Nama seperti di paspor", "Name as in your passport"),
    "declare.phone": ("Nomor telepon", "Phone number"),
    "declare.phone.help": (
        "Dengan kode negara, misalnya +62 812 0000 0000.",
        "With the country's code, for example +62 812 0000 0000.",
    ),
    "declare.email": ("Alamat surel", "E-mail address"),
    "declare.address": ("Alamat selama di Indonesia", "Where you stay in Indonesia"),
    "declare.health": ("Kesehatan", "Health"),
    "declare.symptoms": (
        "Yang Anda rasakan sekarang atau dalam {days} hari terakhir",
        "What you have now, or had in the last {days} days",
    ),
    "declare.symptom.fever": ("Demam", "Fever"),
    "declare.symptom.cough": ("Batuk", "Cough"),
    "declare.symptom.sore-throat": ("Sakit tenggorokan", "Sore throat"),
    "declare.symptom.breathless": ("Sesak napas", "Shortness of breath"),
    "declare.symptom.headache": ("Sakit kepala", "Headache"),
    "declare.symptom.muscle-pain": ("Nyeri otot", "Muscle pain"),
    "declare.symptom.rash": ("Ruam atau lenting kulit", "Rash or blisters"),
    "declare.symptom.vomiting": ("Muntah", "Vomiting"),
    "declare.symptom.diarrhoea": ("Diare", "Diarrhoea"),
    "declare.symptom.bleeding": ("Perdarahan", "Bleeding"),
    "declare.other_symptoms": ("Keluhan lain", "Anything else"),
    "declare.well": ("Tidak ada satu pun", "None of these"),
    "declare.met_sick": (
        "Apakah Anda bertemu orang dengan penyakit menular dalam {days} hari terakhir?",
        "Did you meet anybody with an infectious disease in the last {days} days?",
    ),
    "declare.answer.yes": ("Ya", "Yes"),
    "declare.answer.no": ("Tidak", "No"),
    "declare.countries": (
        "Negara yang Anda kunjungi dalam {days} hari terakhir",
        "Countries that you were in during the last {days} days",
    ),
    "declare.country.nth": ("Negara {number}", "Country {number}"),
    "declare.countries.more": ("Negara lain lagi", "More countries"),
    "declare.countries.help": (
        "Pilih dari daftar, atau tulis kodenya dua huruf, misalnya SG.",
        "Choose from the list, or write its code of two letters, such as SG.",
    ),
    "declare.keep": (
        "Simpan isian di peramban ini sampai terkirim (jangan di komputer bersama)",
        "Keep what I type in this browser until it is sent (not on a shared computer)",
    ),
    "declare.forget": ("Hapus isian", "Delete what I typed"),
    "declare.restored": ("Isian Anda tadi sudah kembali.", "What you typed before is back."),
    "declare.send": ("Kirim deklarasi", "Send the declaration"),
    "declare.correct": ("Perbaiki", "Correct it"),
    "declare.correct.send": ("Kirim perbaikan", "Send the correction"),
    "declare.sent": ("Sudah dikirim", "It was sent"),
    "declare.sent.at": ("Dikirim", "Sent"),
    "declare.corrected.at": ("Diperbaiki", "Corrected"),
    "declare.destroyed": ("Dimusnahkan pada", "Destroyed on"),
    "declare.withdraw": ("Tarik kembali deklarasi ini", "Withdraw this declaration"),
    "declare.over": (
        "Deklarasi ini tidak dapat diubah lagi.",
        "This declaration cannot be changed any more.",
    ),
    "declare.fault.missing": ("Isi bagian ini.", "Fill this in."),
    "declare.fault.too-long": ("Terlalu panjang.", "This is too long."),
    "declare.fault.malformed": (
        "Periksa penulisannya.",
        "Check how it is written.",
    ),
    "declare.fault.outside": (
        "Ini tidak mungkin: dari kemarin sampai tujuh hari lagi, dan pelabuhan dari daftar.",
        "That cannot be: from yesterday to seven days from now, and a port of the list.",
    ),
    "declare.mine.title": ("Deklarasi saya", "My declaration"),
    "declare.mine.lead": (
        "Tulis kode pemulihan dari halaman konfirmasi untuk membaca, memperbaiki, atau menarik"
        " kembali deklarasi Anda.",
        "Write the recovery code of the confirmation page to read, correct or withdraw your"
        " declaration.",
    ),
    "declare.mine.open": ("Buka", "Open it"),
    "declare.new": ("Isi deklarasi baru", "Fill in a new one"),
    "declare.withdrawn.title": ("Deklarasi ditarik kembali", "The declaration was withdrawn"),
    "declare.withdrawn.text": (
        "Isinya sudah dihapus. Jika Anda tetap berangkat, isi yang baru.",
        "What it said is deleted. If you travel after all, fill in a new one.",
    ),
    "declared.title": ("Deklarasi diterima", "Your declaration was received"),
    "declared.corrected": ("Perbaikan diterima", "Your correction was received"),
    "declared.receipt": ("Tanda terima", "Receipt"),
    "declared.receipt.help": (
        "Tunjukkan kepada petugas kesehatan saat tiba. Simpan tangkapan layar halaman ini.",
        "Show it to the health officer when you arrive. Keep a screenshot of this page.",
    ),
    "declared.code": ("Kode pemulihan", "Recovery code"),
    "declared.code.help": (
        "Hanya untuk Anda: siapa yang memilikinya dapat membaca dan mengubah deklarasi ini. Jangan"
        " tunjukkan kepada petugas.",
        "For you alone: whoever has it can read and change this declaration. Officers do not need"
        " it.",
    ),
    "declared.link": ("Buka deklarasi ini", "Open this declaration"),
    "port_health.title": ("Kedatangan", "Arrivals"),
    "port_health.receipt": ("Tanda terima", "Receipt"),
    "port_health.receipt.help": (
        "Pindai kode QR pada ponsel pelaku perjalanan, atau ketik sepuluh huruf dan angkanya.",
        "Scan the QR code on the traveller's phone, or type its ten letters and digits.",
    ),
    "port_health.open": ("Buka", "Open"),
    "port_health.arriving": ("Tiba {day}", "Arriving on {day}"),
    "port_health.declared": ("{count} deklarasi", "Declared: {count}"),
    "port_health.attention": ("{count} perlu perhatian", "Need attention: {count}"),
    "port_health.none.title": ("Belum ada deklarasi", "No declarations"),
    "port_health.none.text": (
        "Deklarasi tampak dari sehari sebelum sampai tiga hari sesudah kedatangan.",
        "They are shown from a day before the arrival to three days after it.",
    ),
    "port_health.nameless": (
        "Daftar ini tidak menyebut nama. Membuka satu deklarasi dicatat dan dihitung.",
        "This list names nobody. Opening a declaration is logged and counted.",
    ),
    "port_health.state": ("Keadaan", "State"),
    "port_health.look": ("Perlu perhatian", "Needs attention"),
    "port_health.well": ("Tidak ada keluhan", "Nothing declared"),
    "port_declaration.title": ("Deklarasi kesehatan", "Health declaration"),
    "port_declaration.symptoms": ("Keluhan", "Symptoms"),
    "port_declaration.none": ("Tidak ada", "None"),
    "port_declaration.met_sick": ("Kontak dengan orang sakit", "Met somebody who was ill"),
    "port_declaration.countries": ("Negara yang dikunjungi", "Countries visited"),
    "port_declaration.reach": ("Cara menghubungi", "How to reach them"),
    "port_ended.title": ("Pemusnahan deklarasi", "The end of declarations"),
    "port_ended.lead": (
        "Empat belas hari sesudah kedatangan semua deklarasi hari itu dimusnahkan bersama kuncinya;"
        " sertifikatnya membuktikan hal itu.",
        "Fourteen days after the arrival all declarations of that day are destroyed with their key;"
        " a certificate proves it.",
    ),
    "port_ended.declared": ("Deklarasi", "Declarations"),
    "port_ended.end": ("Pemusnahan", "Destruction"),
    "port_ended.due": ("Akan dimusnahkan", "Due on"),
    "port_ended.gone": ("Dimusnahkan", "Destroyed on"),
    "port_ended.certificate": ("Sertifikat", "Certificate"),
    "port_ended.take": ("Unduh", "Download"),
    "port_ended.none.title": ("Belum ada", "None yet"),
    "port_ended.none.text": (
        "Belum ada yang mendeklarasikan kesehatannya untuk pelabuhan ini.",
        "Nobody has declared anything for this port yet.",
    ),
    "error.declaration-unclear.title": (
        "Ini tidak dapat diterima begini",
        "This cannot be taken as it is",
    ),
    "error.declaration-unclear.text": (
        "Kembali dan perbaiki isian yang ditandai, atau salin kode sekali lagi.",
        "Go back and mend the fields that are marked, or copy the code once more.",
    ),
    "error.declaration-unknown.title": ("Deklarasi tidak ditemukan", "No such declaration"),
    "error.declaration-unknown.text": (
        "Kode atau nomornya keliru, deklarasinya sudah ditarik atau dimusnahkan, atau belum atau"
        " tidak lagi waktunya dilihat.",
        "The code or number is wrong, the declaration was withdrawn or destroyed, or this is not"
        " the time in which it is seen.",
    ),
    "error.declaration-over.title": ("Waktunya sudah lewat", "Its time is over"),
    "error.declaration-over.text": (
        "Deklarasi ini tidak dapat diubah lagi. Bicaralah dengan petugas kesehatan di pelabuhan.",
        "This declaration cannot be changed any more. Speak to the health officer at the port.",
    ),
    "error.port-full.title": ("Terlalu banyak deklarasi", "Too many declarations"),
    "error.port-full.text": (
        "Untuk penerbangan, kapal, atau hari ini sudah masuk lebih banyak deklarasi daripada yang"
        " mungkin. Periksa nomor dan tanggalnya, atau bicaralah dengan petugas di pelabuhan.",
        "More was declared for this flight, ship or day than can be true. Check number and date, or"
        " speak to the officer at the port.",
    ),
    "event.declaration": (
        "Deklarasi kesehatan dari pelaku perjalanan",
        "A traveller's declaration",
    ),
    "event.declaration-read": ("Deklarasi kesehatan dibaca", "Health declaration read"),
}
