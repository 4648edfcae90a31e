"""What people ask about their own data, and the hospital's answers. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.requests": ("Permintaan data", "Data requests"),
    "nav.requests.waiting": ("{count} menunggu", "{count} waiting"),
    "nav.own_requests": ("Permintaan saya", "My requests"),
    "own_requests.title": ("Permintaan tentang data saya", "My requests about my data"),
    "own_requests.lead": (
        "Anda berhak meminta rumah sakit memperbaiki, membatasi, menyalin, atau menghapus data"
        " Anda. Rumah sakit menjawab dalam 3 × 24 jam, dan setiap langkah tercatat di log.",
        "You may ask the hospital to correct, restrict, copy or erase your data. It answers within"
        " 3 × 24 hours, and each step is in the log.",
    ),
    "own_requests.ask": ("Yang ingin diminta", "What to ask for"),
    "own_requests.ask.correction": ("Perbaiki data", "Correct data"),
    "own_requests.ask.restriction": ("Batasi pemakaian", "Restrict a use"),
    "own_requests.ask.access": ("Minta salinan", "Ask for a copy"),
    "own_requests.ask.erasure": ("Hapus data", "Erase data"),
    "own_requests.help.correction": (
        "Tuliskan bagian mana yang salah dan bagaimana yang benar.",
        "Say which part is wrong, and how it is right.",
    ),
    "own_requests.help.restriction": (
        "Pilih pemakaian yang tidak Anda setujui. Perawatan Anda tidak berkurang karenanya.",
        "Choose the uses that you object to. Your treatment is not less for it.",
    ),
    "own_requests.help.access": (
        "Anda mendapat salinan data Anda, dan siapa yang membukanya. Siapa yang membuka sudah dapat"
        " Anda simpan sendiri dari halaman rekam medis.",
        "You get a copy of your data, and of who opened it. Who opened it you can save yourself"
        " from the page of your record.",
    ),
    "own_requests.help.erasure": (
        "Rekam medis wajib disimpan paling singkat 25 tahun sejak kunjungan terakhir. Yang bukan"
        " rekam medis, atau tersimpan karena keliru, dapat dihapus lebih awal.",
        "Medical records have to be kept for at least 25 years from the last visit. What is none,"
        " or was stored by mistake, can be erased earlier.",
    ),
    "own_requests.send": ("Kirim permintaan", "Send the request"),
    "own_requests.leave": ("Batal", "Cancel"),
    "own_requests.mine": ("Yang sudah diminta", "What you asked"),
    "own_requests.due": ("dijawab sebelum", "answered by"),
    "own_requests.overdue": (
        "Terlambat: petugas pelindungan data sudah diberi tahu",
        "Late: the data protection officer was told",
    ),
    "own_requests.added": ("Keterangan Anda", "You added"),
    "own_requests.add": ("Jawaban Anda", "Your answer"),
    "own_requests.add.send": ("Kirim jawaban", "Send the answer"),
    "own_requests.none.title": ("Belum ada permintaan", "No requests yet"),
    "own_requests.none.text": (
        "Pilih di atas apa yang ingin Anda minta.",
        "Choose above what you want to ask for.",
    ),
    "requests.title": ("Permintaan subjek data", "Requests about own data"),
    "requests.help": (
        "Yang tenggatnya paling dekat ada di atas. Jam berjalan 3 × 24 jam sejak permintaan"
        " diterima, juga selagi menunggu keterangan.",
        "What is due first stands first. The clock runs 3 × 24 hours from receipt, also while more"
        " is awaited.",
    ),
    "requests.new": ("Masukkan formulir kertas", "Enter a paper form"),
    "requests.new.help": (
        "Jam berjalan sejak formulir diterima, bukan sejak dimasukkan.",
        "The clock runs from when the form came, not from when it is entered.",
    ),
    "requests.new.number": ("Nomor rekam medis pasien", "The patient's record number"),
    "requests.new.hours": (
        "Diterima berapa jam yang lalu (0: baru saja)",
        "Received how many hours ago (0: just now)",
    ),
    "requests.new.kind": ("Yang diminta", "What is asked"),
    "requests.new.save": ("Simpan permintaan", "Save the request"),
    "requests.none.title": ("Tidak ada yang menunggu", "Nothing waits"),
    "requests.none.text": (
        "Permintaan pasien muncul di sini begitu diterima.",
        "Patients' requests appear here as they come.",
    ),
    "requests.over": ("Selesai", "Over"),
    "requests.back": ("Semua permintaan", "All requests"),
    "requests.kind.correction": ("Perbaikan", "Correction"),
    "requests.kind.restriction": ("Pembatasan", "Restriction"),
    "requests.kind.access": ("Salinan", "Copy"),
    "requests.kind.erasure": ("Penghapusan", "Erasure"),
    "requests.state.waiting": ("Menunggu jawaban", "Waits for an answer"),
    "requests.state.more-needed": ("Menunggu keterangan", "More is needed"),
    "requests.state.done": ("Dikabulkan", "Granted"),
    "requests.state.partly": ("Dikabulkan sebagian", "Granted in part"),
    "requests.state.refused": ("Ditolak", "Refused"),
    "requests.state.withdrawn": ("Ditarik kembali", "Withdrawn"),
    "requests.reply.done": ("Dikabulkan", "Granted"),
    "requests.reply.partly": ("Dikabulkan sebagian", "Granted in part"),
    "requests.reply.refused": ("Ditolak", "Refused"),
    "requests.reply.more-needed": ("Perlu keterangan", "More is needed"),
    "requests.channel": ("Cara", "Came by"),
    "requests.channel.own-page": ("Halaman pasien", "The patient's page"),
    "requests.channel.paper": ("Formulir kertas", "Paper form"),
    "requests.paper": ("Nomor formulir", "Number of the form"),
    "requests.received": ("Diterima", "Received"),
    "requests.due": ("Jawab sebelum", "Answer by"),
    "requests.closed": ("Dijawab", "Closed"),
    "requests.overdue": ("Melewati tenggat", "Overdue"),
    "requests.overdue.count": ("{count} melewati tenggat", "{count} overdue"),
    "requests.late": ("Dijawab terlambat", "Answered late"),
    "requests.part": ("Bagian", "Part"),
    "requests.part.identity": ("Identitas (nama, lahir, nomor)", "Identity (name, birth, numbers)"),
    "requests.part.contact": ("Alamat dan kontak", "Address and contact"),
    "requests.part.report": ("Hasil atau laporan", "Result or report"),
    "requests.part.image": ("Gambar", "Image"),
    "requests.part.other": ("Lainnya", "Other"),
    "requests.wrong": ("Yang tertulis sekarang", "What it says now"),
    "requests.right": ("Yang benar", "What is right"),
    "requests.uses": ("Pemakaian yang tidak disetujui", "Uses objected to"),
    "requests.use.research": ("Penelitian", "Research"),
    "requests.use.teaching": ("Pendidikan", "Teaching"),
    "requests.use.sharing": ("Dibagikan ke luar rumah sakit", "Sharing outside the hospital"),
    "requests.use.outreach": ("Promosi dan ajakan", "Promotion and outreach"),
    "requests.use.automated": ("Keputusan otomatis", "Automated decisions"),
    "requests.use.other": ("Lainnya", "Other"),
    "requests.text": ("Keterangan (boleh kosong)", "Explanation (may be empty)"),
    "requests.added": ("Keterangan peminta", "The asker adds"),
    "requests.changed": ("Yang diperbaiki", "What was mended"),
    "requests.erasure": ("Penghapusan", "Erasure"),
    "requests.withdraw": ("Tarik kembali", "Withdraw"),
    "requests.gone": (
        "Kunci pasien ini telah dihancurkan; kata-katanya tidak dapat dibaca lagi.",
        "The patient's key was destroyed; the words cannot be read any more.",
    ),
    "requests.asker": ("Peminta", "Who asks"),
    "requests.asker.unnamed": (
        "Nama peminta ditunjukkan kepada petugas rekam medis.",
        "Who asks is shown to the medical records officer.",
    ),
    "requests.asker.came": ("Peminta datang lagi", "The asker came again"),
    "requests.asker.adds": ("Yang ditambahkan peminta", "What the asker adds"),
    "requests.asker.add": ("Simpan keterangan", "Save the addition"),
    "requests.kept": (
        "Rekam medis ini wajib disimpan ({article}) dan baru dapat dihapus mulai {until}.",
        "This medical record has to be kept ({article}) and can be erased from {until} on.",
    ),
    "requests.kept.told": (
        "Rekam medis wajib disimpan paling singkat 25 tahun sejak kunjungan terakhir ({article})."
        " Rekam medis Anda baru dapat dihapus mulai {until}.",
        "Medical records have to be kept for at least 25 years from the last visit ({article})."
        " Yours can be erased from {until} on.",
    ),
    "requests.free": (
        "Tidak ada yang wajib disimpan lagi. Petugas pelindungan data dapat mengabulkannya:"
        " penghapusan lalu menunggu persetujuan orang kedua.",
        "Nothing of it has to be kept any more. The data protection officer can grant it: the"
        " erasure then waits for a second person's approval.",
    ),
    "requests.answer": ("Jawaban", "Answer"),
    "requests.answer.how": ("Bagaimana dijawab?", "What is the answer?"),
    "requests.answer.text": ("Penjelasan untuk peminta", "Explanation to the asker"),
    "requests.answer.article": (
        "Dasar hukum (wajib bila ditolak)",
        "Article of law (needed for a refusal)",
    ),
    "requests.answer.changed": (
        "Sumber yang diperbaiki, mis. Patient/ID",
        "The resource that was mended, e.g. Patient/ID",
    ),
    "requests.answer.seen": (
        "Peminta membaca jawaban ini; jawaban tercatat di log.",
        "The asker reads this answer, and it is in the log.",
    ),
    "requests.answer.save": ("Kirim jawaban", "Send the answer"),
    "requests.answer.over": (
        "Permintaan ini sudah selesai.",
        "This request is over.",
    ),
    "requests.unclear.part": ("Pilih bagian yang salah.", "Choose the part that is wrong."),
    "requests.unclear.wrong": (
        "Tuliskan apa yang tertulis sekarang.",
        "Say what it says now.",
    ),
    "requests.unclear.right": ("Tuliskan bagaimana yang benar.", "Say how it is right."),
    "requests.unclear.uses": ("Pilih setidaknya satu pemakaian.", "Choose at least one use."),
    "requests.unclear.text": (
        "Tulis penjelasan, paling banyak 2.000 huruf.",
        "Write an explanation of at most 2,000 characters.",
    ),
    "requests.unclear.article": (
        "Penolakan menyebut pasal yang menjadi dasarnya.",
        "A refusal names the article that it stands on.",
    ),
    "requests.unclear.changed": (
        "Tulis sebagai Patient/ID atau Observation/ID, atau kosongkan.",
        "Write it as Patient/ID or Observation/ID, or leave it empty.",
    ),
    "requests.unclear.number": (
        "Rumah sakit ini tidak punya pasien dengan nomor itu.",
        "This hospital has no patient of that number.",
    ),
    "requests.unclear.received": (
        "Formulir tidak mungkin diterima pada waktu itu.",
        "The form cannot have come then.",
    ),
    "requests.unclear.kept": (
        "Rekam medis ini masih wajib disimpan; tolak dengan pasalnya.",
        "This medical record still has to be kept; refuse with the article.",
    ),
    "requests.unclear.held": (
        "Penahanan hukum mencegah penghapusan rekam ini.",
        "A hold keeps this record from being erased.",
    ),
    "requests.unclear.other": (
        "Sudah terlalu banyak permintaan yang menunggu.",
        "Too many requests wait already.",
    ),
    "error.request-unclear.title": ("Permintaan belum lengkap", "The request lacks something"),
    "error.request-unclear.text": (
        "Kembali dan lengkapi isiannya.",
        "Go back and fill in what is missing.",
    ),
    "error.request-unknown.title": ("Permintaan tidak ditemukan", "No such request"),
    "error.request-unknown.text": (
        "Permintaan ini tidak ada, atau bukan milik Anda.",
        "There is no such request, or it is not yours.",
    ),
    "error.request-over.title": ("Permintaan sudah selesai", "The request is over"),
    "error.request-over.text": (
        "Sementara itu sudah dijawab atau ditarik kembali.",
        "It was answered or withdrawn meanwhile.",
    ),
    "alert.request-overdue": (
        "Permintaan subjek data melewati 3 × 24 jam",
        "A request about own data is past 3 × 24 hours",
    ),
    "alerts.request": ("Buka permintaan", "Open the request"),
    "record.kind.subject-request": (
        "Permintaan Anda diterima atau dijawab",
        "Your request was received or answered",
    ),
    "record.kind.request-read": ("Membaca permintaan Anda", "Read a request of yours"),
    "event.subject-request": ("Permintaan subjek data", "Request about own data"),
    "event.request-read": ("Permintaan subjek data dibaca", "Request about own data read"),
}
