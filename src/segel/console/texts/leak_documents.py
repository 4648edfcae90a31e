"""Findings of a leak, and the documents that are made of them."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "leaks.version": ("versi {number}", "version {number}"),
    "leaks.findings.write": ("Tulis temuan", "Write the findings"),
    "leaks.findings.look": ("Lihat temuan", "Look at the findings"),
    "leaks.findings.help": (
        "Semua dokumen dibuat dari sini, sehingga tidak saling bertentangan. Yang belum diketahui"
        " dikosongkan. Jangan menulis nama pasien. Setiap versi disimpan.",
        "All documents are made of this, so that they do not contradict each other. What is not"
        " known yet stays empty. Write no patient's name. Each version is kept.",
    ),
    "leaks.findings.keep": ("Simpan temuan", "Keep the findings"),
    "leaks.findings.unclear": (
        "Belum tersimpan. Perbaiki bagian ini:",
        "Not kept yet. Mend this part:",
    ),
    "leaks.wib": ("Waktu Indonesia Barat (WIB).", "Western Indonesian time (WIB, UTC+7)."),
    "leaks.rests": ("Berdasarkan bukti", "Rests on the evidence"),
    "leaks.rests.nothing": ("dinyatakan oleh petugas", "stated by the officer"),
    "leaks.rests.several": ("beberapa berkas, seperti semula", "several files, as it was"),
    "leaks.figures.help": (
        "Angka saja. Rentang diisi bila angkanya perkiraan.",
        "Digits alone. Give the range where the number is an estimate.",
    ),
    "leaks.figure.low": ("Paling sedikit", "At least"),
    "leaks.figure.high": ("Paling banyak", "At most"),
    "leaks.line.at": ("Kapan", "When"),
    "leaks.line.says": ("Apa yang terjadi", "What happened"),
    "leaks.way": ("Jalan keluarnya data", "Way by which data left"),
    "leaks.way.none": ("tidak ada", "none"),
    "leaks.way.help": (
        "Tanpa nama orang: laporan akhir dibaca orang luar.",
        "Without names of people: outsiders read the final report.",
    ),
    "leaks.way.likelihood": ("Kemungkinan, dalam persen", "Likelihood, in percent"),
    "leaks.way.for": ("Yang mendukung", "What speaks for it"),
    "leaks.way.against": ("Yang menentang", "What speaks against it"),
    "leaks.letterhead": ("Kop surat dan penerima", "Letterhead and addressees"),
    "leaks.field.organisation": ("nama organisasi", "the organisation's name"),
    "leaks.field.address": ("alamat organisasi", "the organisation's address"),
    "leaks.field.contact": ("narahubung", "the contact"),
    "leaks.field.authority": (
        "lembaga penerima pemberitahuan (UU 27/2022 Pasal 46)",
        "the authority that is notified (Law 27/2022, Article 46)",
    ),
    "leaks.field.csirt": ("nama CSIRT sektor", "the sector's CSIRT"),
    "leaks.field.reporter": ("pelapor kepada CSIRT", "who reports to the CSIRT"),
    "leaks.field.verdict": ("jawaban", "the verdict"),
    "leaks.field.verdict_error": (
        "peluang jawaban itu keliru, dalam persen",
        "odds that the verdict is wrong, in percent",
    ),
    "leaks.field.kinds": ("data yang terungkap", "the data that were disclosed"),
    "leaks.field.when": ("kapan dan bagaimana", "when and how"),
    "leaks.field.disclosed_s": ("kapan data terungkap", "when they were disclosed"),
    "leaks.field.earliest_s": (
        "keadaan arsip paling awal yang mungkin",
        "the earliest state of the archive",
    ),
    "leaks.field.latest_s": (
        "keadaan arsip paling akhir yang mungkin",
        "the latest state of the archive",
    ),
    "leaks.field.how": ("bagaimana data terungkap", "how they were disclosed"),
    "leaks.field.figures": ("jumlah", "the numbers"),
    "leaks.field.figure": ("jumlah", "the numbers"),
    "leaks.field.handling": ("upaya penanganan", "the handling"),
    "leaks.field.recovery": ("upaya pemulihan", "the recovery"),
    "leaks.field.impact": ("dampak", "the impact"),
    "leaks.field.chronology": ("kronologi", "the chronology"),
    "leaks.field.line": ("kronologi", "the chronology"),
    "leaks.field.hypotheses": ("asal kebocoran", "where the leak came from"),
    "leaks.field.way": ("asal kebocoran", "where the leak came from"),
    "leaks.documents": ("Dokumen", "Documents"),
    "leaks.documents.help": (
        "Dibuat dari temuan. Petugas pelindungan data menandatangani; yang ditandatangani tidak"
        " berubah lagi.",
        "Made of the findings. The data protection officer signs; what is signed never changes.",
    ),
    "leaks.document.authority": (
        "Pemberitahuan kepada lembaga pelindungan data",
        "Notice to the data protection authority",
    ),
    "leaks.document.patients": ("Pemberitahuan kepada pasien", "Notice to patients"),
    "leaks.document.csirt": ("Laporan kepada CSIRT sektor", "Report to the sector's CSIRT"),
    "leaks.document.hospitals": ("Pemberitahuan kepada rumah sakit", "Notice to hospitals"),
    "leaks.document.press": ("Siaran pers", "Press statement"),
    "leaks.document.report": ("Laporan akhir", "Final report"),
    "leaks.document.incomplete": ("belum lengkap", "incomplete"),
    "leaks.document.ready": ("siap ditandatangani", "ready to be signed"),
    "leaks.document.missing": ("Belum ada:", "Missing:"),
    "leaks.document.look.id": ("Lihat konsep (Indonesia)", "Look at the draft (Indonesian)"),
    "leaks.document.look.en": ("Lihat konsep (Inggris)", "Look at the draft (English)"),
    "leaks.document.number": ("Nomor {number}", "Number {number}"),
    "leaks.document.signed": ("ditandatangani", "signed"),
    "leaks.document.superseded": ("digantikan", "superseded"),
    "leaks.document.told": ("Sudah dikirim", "Has been sent"),
    "leaks.language.id": ("Indonesia", "Indonesian"),
    "leaks.language.en": ("Inggris", "English"),
    "leaks.bundle.help": (
        "Untuk mesin para penanggap: sidik berkas sampel dan jumlah, tanpa data pribadi.",
        "For responders' machines: hashes of the sample's files and counts, no personal data.",
    ),
    "leaks.bundle.stix": ("STIX 2.1", "STIX 2.1"),
    "leaks.bundle.misp": ("MISP", "MISP"),
    "leaks.draft.help": (
        "Konsep dari temuan versi {version}. Tidak ada yang tersimpan sebelum ditandatangani.",
        "A draft of the findings' version {version}. Nothing is kept before it is signed.",
    ),
    "leaks.draft.mark": ("KONSEP", "DRAFT"),
    "leaks.draft.incomplete": (
        "Dokumen ini belum dapat dibuat. Di temuan belum ada:",
        "This document cannot be made yet. The findings do not say:",
    ),
    "leaks.draft.take": ("Unduh konsep", "Take the draft along"),
    "leaks.draft.take.help": (
        "Setiap halamannya bertuliskan konsep.",
        "Each of its pages says that it is a draft.",
    ),
    "leaks.format.txt": ("Teks", "Text"),
    "leaks.format.docx": ("Word (DOCX)", "Word (DOCX)"),
    "leaks.format.pdf": ("PDF", "PDF"),
    "leaks.sign": ("Tanda tangan", "Sign"),
    "leaks.sign.help": (
        "Ditandatangani atas nama {name}. Yang ditandatangani adalah berkas PDF dengan SHA-256 ini;"
        " tanda tangan tercatat di log audit dan tidak dapat ditarik.",
        "Signed in the name of {name}. What is signed is the PDF file with this SHA-256; the"
        " signature stands in the audit log and cannot be taken back.",
    ),
    "leaks.sign.do": ("Tandatangani dokumen ini", "Sign this document"),
    "leaks.sign.who": (
        "Yang menandatangani adalah petugas pelindungan data pribadi.",
        "The data protection officer signs it.",
    ),
}
