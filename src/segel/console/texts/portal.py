"""The patient's own pages, in plain words. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "portal.nav.label": ("Rekam medis saya", "My record"),
    "portal.nav.home": ("Beranda", "Home"),
    "portal.nav.records": ("Rekam medis", "Records"),
    "portal.nav.images": ("Gambar", "Images"),
    "portal.nav.looked": ("Siapa melihat", "Who looked"),
    "portal.nav.consents": ("Izin", "Consents"),
    "portal.nav.download": ("Unduh", "Download"),
    "portal.hello": ("Halo, {name}", "Hello, {name}"),
    "portal.hello.nameless": ("Halo", "Hello"),
    "portal.home.lead": (
        "Ini rekam medis Anda sendiri di {hospital}.",
        "This is your own record at {hospital}.",
    ),
    "portal.home.results": ("Hasil terbaru", "Newest results"),
    "portal.home.images": ("Gambar terbaru", "Newest images"),
    "portal.home.all_records": ("Semua rekam medis", "All records"),
    "portal.home.all_images": ("Semua gambar", "All images"),
    "portal.home.looked": ("Siapa melihat rekam medis saya?", "Who looked at my record?"),
    "portal.home.looked.help": (
        "Setiap pembukaan tercatat. Anda dapat melihat siapa, kapan, dan untuk apa.",
        "Every opening is logged. You can see who, when and what for.",
    ),
    "portal.home.download": ("Bawa salinannya", "Take a copy along"),
    "portal.home.download.help": (
        "Unduh rekam medis atau gambar Anda, misalnya untuk dokter lain.",
        "Download your record or your images, for another doctor perhaps.",
    ),
    "portal.empty.title": ("Belum ada apa-apa di sini", "Nothing is here yet"),
    "portal.empty.text": (
        "Hasil, laporan, dan gambar muncul di sini begitu rumah sakit menyelesaikannya.",
        "Results, reports and images appear here as soon as the hospital has finished them.",
    ),
    "portal.results.none": (
        "Belum ada hasil yang selesai.",
        "There are no finished results yet.",
    ),
    "portal.images.none": (
        "Belum ada gambar. Foto rontgen, CT, dan USG Anda akan muncul di sini.",
        "There are no images yet. Your X-rays, scans and ultrasounds will appear here.",
    ),
    "portal.records.title": ("Rekam medis saya", "My records"),
    "portal.records.lead": (
        "Kunjungan, tes, laporan, gambar, dan vaksinasi Anda; yang terbaru di atas. Yang belum"
        " selesai atau belum ditandatangani dokter belum ditampilkan.",
        "Your visits, tests, reports, images and vaccinations, the newest first. What is not"
        " finished, or not signed by a doctor yet, is not shown yet.",
    ),
    "portal.images.title": ("Gambar saya", "My images"),
    "portal.kind.study": ("Gambar", "Images"),
    "portal.kind.report": ("Laporan", "Report"),
    "portal.kind.result": ("Hasil tes", "Test result"),
    "portal.kind.encounter": ("Kunjungan", "Visit"),
    "portal.kind.immunization": ("Vaksinasi", "Vaccination"),
    "portal.kind.document": ("Dokumen", "Document"),
    "portal.plain.study.xray": ("Foto rontgen", "X-ray"),
    "portal.plain.study.ct": ("CT scan", "CT scan"),
    "portal.plain.study.mr": ("MRI", "MRI scan"),
    "portal.plain.study.us": ("USG", "Ultrasound"),
    "portal.plain.study.mg": ("Mamografi", "Mammogram"),
    "portal.plain.study.nm": ("Kedokteran nuklir", "Nuclear medicine scan"),
    "portal.plain.study.pet": ("PET scan", "PET scan"),
    "portal.plain.study.xa": (
        "Pemeriksaan pembuluh darah",
        "Blood vessel examination (angiogram)",
    ),
    "portal.plain.study.es": ("Endoskopi", "Endoscopy"),
    "portal.plain.study.ecg": ("Rekam jantung (EKG)", "Heart tracing (ECG)"),
    "portal.plain.study.eye": ("Foto mata", "Eye photograph"),
    "portal.plain.study.photo": ("Foto", "Photograph"),
    "portal.plain.study.other": ("Pemeriksaan gambar", "Imaging examination"),
    "portal.plain.visit.outpatient": ("Rawat jalan", "Outpatient visit"),
    "portal.plain.visit.inpatient": ("Rawat inap", "Hospital stay"),
    "portal.plain.visit.emergency": ("Gawat darurat (IGD)", "Emergency department"),
    "portal.plain.visit.home": ("Kunjungan rumah", "Visit at home"),
    "portal.plain.visit.remote": ("Konsultasi jarak jauh", "Consultation at a distance"),
    "portal.plain.visit.other": ("Kunjungan", "Visit"),
    "portal.covid.positive": ("Positif", "Positive"),
    "portal.covid.positive.help": (
        "Virus Covid-19 ditemukan di sampel ini.",
        "The Covid-19 virus was found in this sample.",
    ),
    "portal.covid.negative": ("Negatif", "Negative"),
    "portal.covid.negative.help": (
        "Virus Covid-19 tidak ditemukan di sampel ini.",
        "The Covid-19 virus was not found in this sample.",
    ),
    "portal.covid.inconclusive": ("Tidak jelas", "Not clear"),
    "portal.covid.inconclusive.help": (
        "Tes ini tidak memberi jawaban pasti. Tanyakan apakah perlu diulang.",
        "This test gave no certain answer. Ask whether it should be repeated.",
    ),
    "portal.status.amended": (
        "Diperbarui setelah pertama kali dikeluarkan",
        "Changed since it was first given out",
    ),
    "portal.status.corrected": (
        "Dikoreksi setelah pertama kali dikeluarkan",
        "Corrected since it was first given out",
    ),
    "portal.status.appended": (
        "Ditambah setelah pertama kali dikeluarkan",
        "Added to since it was first given out",
    ),
    "portal.status.planned": ("Direncanakan", "Planned"),
    "portal.status.in-progress": ("Sedang berlangsung", "Under way"),
    "portal.status.not-done": ("Tidak dilakukan", "Not done"),
    "portal.back": ("Ditarik kembali", "Taken back"),
    "portal.back.help": (
        "Rumah sakit menarik ini kembali: jangan gunakan isinya bila Anda pernah membacanya."
        " Tanyakan alasannya di rumah sakit.",
        "The hospital took this back: do not rely on it if you have read it before. Ask the"
        " hospital why.",
    ),
    "portal.final.report": ("Laporan akhir", "Final report"),
    "portal.final.result": ("Hasil akhir", "Final result"),
    "portal.conclusion": ("Kesimpulan", "Conclusion"),
    "portal.results": ("Hasil", "Results"),
    "portal.flag.help": (
        "Nilai di luar rujukan belum tentu berarti sakit. Tanyakan artinya kepada dokter Anda.",
        "A value outside the usual range does not have to mean illness. Ask your doctor what it"
        " means for you.",
    ),
    "portal.document": ("Simpan laporan lengkap (PDF)", "Save the whole report (PDF)"),
    "portal.beside.images": ("Gambar untuk laporan ini", "The images of this report"),
    "portal.beside.reports": ("Laporan tentang gambar ini", "Reports of these images"),
    "portal.beside.none": (
        "Belum ada laporan yang selesai untuk gambar ini.",
        "There is no finished report of these images yet.",
    ),
    "portal.with_report": ("Ada laporan", "With report"),
    "portal.to_home": ("Ke beranda", "To the start page"),
    "portal.to_records": ("Ke rekam medis", "To the records"),
    "portal.to_images": ("Ke gambar", "To the images"),
    "portal.open": ("Lihat gambar", "Look at the images"),
    "portal.open.help": (
        "Langsung di ponsel atau komputer ini.",
        "Right on this phone or computer.",
    ),
    "portal.open.ohif": ("Buka di penampil lengkap", "Open in the full viewer"),
    "portal.open.ohif.help": (
        "OHIF, dengan lebih banyak alat; paling nyaman di komputer.",
        "OHIF, with more tools; best on a computer.",
    ),
    "portal.no_picture": ("Tanpa gambar", "No picture"),
    "portal.series": ("Bagian pemeriksaan", "Parts of the examination"),
    "portal.take": ("Unduh gambar ini", "Download these images"),
    "portal.wrong.title": ("Ada yang keliru?", "Is something wrong?"),
    "portal.wrong.text": (
        "Anda berhak meminta perbaikan. Datanglah ke bagian rekam medis {hospital}, dan sebutkan"
        " tanggal serta nama pemeriksaannya. Untuk pertanyaan tentang hasil, tanyakan dokter Anda.",
        "You have the right to ask for a correction. Turn to the medical records office of"
        " {hospital} and name the date and the examination. For what a result means, ask your"
        " doctor.",
    ),
    "portal.download.title": ("Unduh salinan", "Download a copy"),
    "portal.download.lead": (
        "Rekam medis ini milik Anda juga. Bawa salinannya ke dokter atau rumah sakit lain, atau"
        " simpan sendiri.",
        "This record is yours, too. Take a copy to another doctor or hospital, or keep it.",
    ),
    "portal.download.warning": (
        "Setelah diunduh, berkasnya menjadi tanggung jawab Anda",
        "Once downloaded, the file is yours to protect",
    ),
    "portal.download.warning.text": (
        "Di sini rekam medis Anda tersegel. Berkas yang diunduh tidak: siapa pun yang memegangnya"
        " dapat membaca nama, nomor, dan hasil Anda. Jangan unduh di perangkat milik orang lain,"
        " jangan kirim lewat percakapan grup, dan hapus bila tidak diperlukan lagi.",
        "Here your record is sealed. A file that was downloaded is not: whoever holds it can read"
        " your name, numbers and results. Do not download on somebody else's device, do not send"
        " it in group chats, and delete it once you no longer need it.",
    ),
    "portal.download.logged": (
        "Setiap unduhan dicatat. Anda melihatnya di",
        "Every download is logged. You see it under",
    ),
    "portal.download.record": ("Seluruh rekam medis", "The whole record"),
    "portal.download.record.help": (
        "Satu berkas FHIR (JSON): kunjungan, hasil, laporan, vaksinasi, dan dokumen. Dibuat untuk"
        " sistem rumah sakit dan aplikasi kesehatan, bukan untuk dibaca langsung.",
        "One FHIR file (JSON): visits, results, reports, vaccinations and documents. It is made for"
        " hospital systems and health apps, not for reading.",
    ),
    "portal.download.record.do": ("Unduh sebagai FHIR", "Download as FHIR"),
    "portal.download.images": ("Gambar", "Images"),
    "portal.download.images.help": (
        "Satu berkas ZIP untuk setiap pemeriksaan, dengan gambar DICOM asli yang diperlukan dokter."
        " Bisa besar: sebaiknya lewat Wi-Fi.",
        "A ZIP file for each examination, with the original DICOM images that doctors need. It can"
        " be large: best over Wi-Fi.",
    ),
    "portal.download.images.do": ("Unduh sebagai DICOM", "Download as DICOM"),
}
