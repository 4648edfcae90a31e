"""Radiologists' reports. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "report.heading": ("Laporan", "Report"),
    "report.none": ("Belum ada laporan.", "There is no report yet."),
    "report.no_text": (
        "Laporan ini tidak berisi teks di sini; lihat PDF atau rekam medis.",
        "This report has no text here; see its PDF or the record.",
    ),
    "report.write": ("Tulis laporan", "Write the report"),
    "report.continue": ("Lanjutkan draf", "Continue the draft"),
    "report.beside": ("Baca di samping gambar", "Read it beside the images"),
    "report.back": ("Kembali ke studi", "Back to the study"),
    "report.pictures": ("Gambar studi", "The study's images"),
    "report.no_pictures": (
        "Studi ini tidak berisi gambar yang dapat ditampilkan.",
        "This study holds no images that can be shown.",
    ),
    "report.order": ("Permintaan", "Order"),
    "report.order.none": (
        "Tidak ada permintaan dengan nomor akses studi ini.",
        "There is no order with this study's accession number.",
    ),
    "report.order.untitled": ("Pemeriksaan tanpa nama", "Unnamed examination"),
    "report.order.by": ("Diminta oleh {name}", "Asked for by {name}"),
    "report.question.none": (
        "Permintaan ini tidak menyebutkan alasannya.",
        "The order does not say why it was made.",
    ),
    "report.priority.urgent": ("Mendesak", "Urgent"),
    "report.priority.asap": ("Secepatnya", "As soon as possible"),
    "report.priority.stat": ("Cito", "Stat"),
    "report.prior": ("Laporan sebelumnya ({count})", "Earlier reports ({count})"),
    "report.prior.none": (
        "Pasien ini belum punya laporan radiologi lain.",
        "This patient has no other radiology report.",
    ),
    "report.status.preliminary": ("Draf", "Draft"),
    "report.status.final": ("Ditandatangani", "Signed"),
    "report.status.amended": ("Ditambah", "Added to"),
    "report.status.corrected": ("Dikoreksi", "Corrected"),
    "report.status.appended": ("Ditambah", "Added to"),
    "report.status.registered": ("Belum ada hasil", "No result yet"),
    "report.status.partial": ("Sebagian", "Partial"),
    "report.status.entered-in-error": ("Salah masuk, abaikan", "Entered in error, disregard"),
    "report.status.cancelled": ("Dibatalkan", "Cancelled"),
    "report.status.other": ("Status lain", "Other status"),
    "report.drafting": (
        "Sedang ditulis oleh {name}, belum ditandatangani. Terakhir disimpan",
        "Being written by {name}, not signed yet. Last saved",
    ),
    "report.signed_by": ("Ditandatangani oleh {name}", "Signed by {name}"),
    "report.amended_because": ("Alasan perbaikan:", "Why it was amended:"),
    "report.section.clinical": ("Keterangan klinis", "Clinical information"),
    "report.section.technique": ("Teknik", "Technique"),
    "report.section.comparison": ("Pembanding", "Comparison"),
    "report.section.findings": ("Temuan", "Findings"),
    "report.section.impression": ("Kesan", "Impression"),
    "report.section.addendum": ("Tambahan", "Addendum"),
    "report.needed": ("wajib", "required"),
    "report.assessment": ("Penilaian", "Assessment"),
    "report.assessment.none": ("Tidak dinyatakan", "Not stated"),
    "report.assessment.N": ("Normal", "Normal"),
    "report.assessment.A": ("Tidak normal", "Abnormal"),
    "report.assessment.AA": ("Temuan kritis", "Critical finding"),
    "report.template": ("Templat", "Template"),
    "report.template.use": ("Pakai templat", "Use template"),
    "report.language": ("Bahasa laporan", "Language of the report"),
    "report.save": ("Simpan draf", "Save draft"),
    "report.review": ("Periksa dan tanda tangani …", "Review and sign …"),
    "report.state.saving": ("Menyimpan …", "Saving …"),
    "report.state.saved": ("Tersimpan.", "Saved."),
    "report.state.unsaved": ("Ada yang belum tersimpan.", "Not everything is saved yet."),
    "report.state.not_kept": (
        "Perbaikan tidak disimpan sebagai draf: teks ini ada di halaman ini saja sampai"
        " ditandatangani.",
        "An amendment is not kept as a draft: until it is signed, this text is on this page only.",
    ),
    "report.state.away": (
        "Tidak tersimpan: server tidak menjawab. Teks tetap di sini dan akan dicoba lagi.",
        "Not saved: the server does not answer. The text stays here, and it will be tried again.",
    ),
    "report.state.refused": (
        "Tidak tersimpan: server menolak. Teks tetap di sini. Simpan draf lagi untuk melihat"
        " sebabnya.",
        "Not saved: the server refused. The text stays here. Save the draft again to see why.",
    ),
    "report.state.ended": (
        "Sesi Anda berakhir; teks tetap di sini. Masuk lagi di tab baru dan buka laporan studi ini"
        " di sana: teksnya akan ditawarkan.",
        "Your session has ended; the text stays here. Sign in again in a new tab and open this"
        " study's report there: it will offer you the text.",
    ),
    "report.state.conflict": (
        "Tidak tersimpan: orang lain menulis di laporan ini.",
        "Not saved: somebody else wrote in this report.",
    ),
    "report.sign_in": ("Masuk lagi di tab baru", "Sign in again in a new tab"),
    "report.found": (
        "Tab lain, yang sesinya berakhir, masih menyimpan teks untuk laporan ini.",
        "Another tab, whose session ended, still holds text for this report.",
    ),
    "report.found.take": ("Ambil teks itu ke sini", "Take that text over"),
    "report.conflict.title": (
        "{name} menyimpan laporan ini sementara Anda menulis",
        "{name} saved this report while you were writing",
    ),
    "report.conflict.text": (
        "Teks Anda ada di kolom; di bawahnya, yang ditulis orang itu. Gabungkan, lalu simpan."
        " Keduanya tetap ada di riwayat rekam medis setelah disimpan.",
        "Your text is in the fields; what the other wrote stands below each. Join them, then save."
        " Once saved, both stay in the history of the record.",
    ),
    "report.conflict.signed": (
        "{name} menandatangani laporan ini sementara Anda menulis",
        "{name} signed this report while you were writing",
    ),
    "report.conflict.signed.text": (
        "Teks Anda ada di kolom; di bawahnya, yang ditandatangani. Yang sudah ditandatangani hanya"
        " dapat diperbaiki, dengan alasan.",
        "Your text is in the fields; what was signed stands below each. What is signed can only be"
        " amended, with a reason.",
    ),
    "report.theirs": ("Yang ditulis {name}", "What {name} wrote"),
    "report.theirs.empty": ("Dikosongkan.", "Left empty."),
    "report.theirs.take": ("Pakai ini", "Use this"),
    "report.keep_mine": ("Simpan teks di kolom", "Save what is in the fields"),
    "report.review.title": ("Periksa laporan", "Review the report"),
    "report.review.back": ("Kembali mengubah", "Back to editing"),
    "report.review.text": (
        "Anda menandatangani sebagai {name}. Setelah itu laporan tidak dapat diubah, hanya"
        " diperbaiki dengan alasan; versi ini tetap terbaca.",
        "You sign as {name}. After that the report cannot be edited, only amended with a reason;"
        " this version stays readable.",
    ),
    "report.review.unfilled": (
        "Baris templat yang masih kosong: {count}.",
        "Lines of the template that are still empty: {count}.",
    ),
    "report.sign": ("Tanda tangani", "Sign"),
    "report.amend": ("Perbaiki atau tambahi …", "Amend or add to it …"),
    "report.amend.help": (
        "Laporan ini sudah ditandatangani. Ubah teksnya jika ada yang salah, atau tulis tambahan"
        " saja. Versi sebelumnya tetap terbaca, dicoret.",
        "This report is signed. Change its text if something is wrong, or only write an addendum."
        " The version before stays readable, struck through.",
    ),
    "report.addendum.help": (
        "Ditambahkan di bawah laporan, dengan nama dan waktu Anda.",
        "Added below the report, with your name and the time.",
    ),
    "report.reason": ("Alasan perbaikan", "Reason for the amendment"),
    "report.earlier": ("Versi sebelumnya", "Earlier versions"),
    "report.version": ("Versi {number}", "Version {number}"),
    "report.replaced": (
        "Tidak berlaku lagi: diganti oleh versi di atas.",
        "No longer valid: replaced by the version above.",
    ),
    "report.fault.report-incomplete": (
        "Kesan belum diisi. Laporan tidak dapat ditandatangani tanpa kesan.",
        "The impression is empty. A report cannot be signed without one.",
    ),
    "report.fault.report-too-long": (
        "Lebih dari {most} huruf. Persingkat: mungkin ada yang tertempel tidak sengaja.",
        "More than {most} characters. Shorten it: perhaps something was pasted by mistake.",
    ),
    "report.fault.report-reason-unsaid": (
        "Tulis alasannya dalam paling banyak {most} huruf.",
        "Say why in at most {most} characters.",
    ),
    "report.fault.report-amendment-empty": (
        "Belum ada yang berubah. Ubah teksnya, atau tulis tambahan.",
        "Nothing is changed yet. Change the text, or write an addendum.",
    ),
    "report.fault.report-changed": (
        "Draf ini berubah sejak Anda memeriksanya. Baca lagi, lalu tanda tangani.",
        "This draft changed since you reviewed it. Read it again, then sign.",
    ),
    "report.fault.report-signed": (
        "Laporan ini sudah ditandatangani orang lain. Yang berlaku adalah yang di bawah ini.",
        "This report was signed by somebody else. What is valid is below.",
    ),
    "report.kept.title": ("Belum tersimpan", "Not saved"),
    "report.kept.ended": (
        "Sesi Anda berakhir. Teks Anda ada di bawah: biarkan tab ini terbuka, masuk lagi di tab"
        " baru, dan buka laporan studi ini di sana; teksnya akan ditawarkan.",
        "Your session has ended. Your text is below: leave this tab open, sign in again in a new"
        " one, and open this study's report there; it will offer you the text.",
    ),
    "report.kept.again": (
        "Teks Anda ada di bawah. Muat ulang halaman ini untuk mengirimnya sekali lagi.",
        "Your text is below. Reload this page to send it once more.",
    ),
    "report.keys": ("Tombol untuk mendikte", "Keys for dictating"),
    "report.keys.next": ("Kolom berikutnya", "Next field"),
    "report.keys.previous": ("Kolom sebelumnya", "Previous field"),
    "report.keys.blank": ("Baris templat kosong berikutnya", "Next empty line of the template"),
    "report.keys.blank_before": (
        "Baris templat kosong sebelumnya",
        "Empty line of the template before",
    ),
    "report.keys.image": ("Gambar sebelum dan sesudahnya", "Image before and after"),
    "report.keys.save": ("Simpan draf", "Save the draft"),
    "report.keys.microphone": (
        "Tombol mikrofon dikte dapat diberi fungsi F8 dan F4 di perangkat lunaknya.",
        "The buttons of a dictation microphone can be given F8 and F4 in its own software.",
    ),
}
