"""Retention: the schedule, destruction runs, holds. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.retention": ("Retensi", "Retention"),
    "retention.title": ("Retensi dan pemusnahan", "Retention and destruction"),
    "retention.lead": (
        "Rekam medis disimpan {years} tahun sejak kunjungan terakhir ({article}). Sesudahnya boleh"
        " dimusnahkan, dengan persetujuan dua orang lain.",
        "Medical records are kept for {years} years from the last visit ({article}). After that"
        " they may be destroyed, with the agreement of two others.",
    ),
    "retention.schedule": ("Jadwal retensi", "Retention schedule"),
    "retention.counted": ("Dihitung {day}, tanpa nama pasien.", "Counted {day}, without names."),
    "retention.examined": ("Pasien dihitung", "Patients counted"),
    "retention.kept": ("Masih wajib disimpan", "Still to be kept"),
    "retention.due": ("Lewat masa simpan", "Past retention"),
    "retention.held": ("Lewat, tetapi ditahan", "Past it, and held"),
    "retention.lately": ("Lewat, baru tiba setahun ini", "Past it, came within a year"),
    "retention.no_record": ("Tanpa rekam kunjungan", "No record of a visit"),
    "retention.ends": ("Tahun berakhirnya masa simpan", "Year in which retention ends"),
    "retention.year": ("Tahun", "Year"),
    "retention.patients": ("Pasien", "Patients"),
    "retention.none.title": ("Belum pernah dihitung", "Never counted"),
    "retention.none.text": (
        "Hitung untuk melihat berapa rekam yang lewat masa simpan. Tidak ada yang dimusnahkan.",
        "Count to see how many records are past their retention. Nothing is destroyed by it.",
    ),
    "retention.count": ("Hitung sekarang", "Count now"),
    "retention.runs": ("Rencana dan pemusnahan", "Plans and runs"),
    "retention.state.counting": ("Sedang dihitung", "Counting"),
    "retention.state.planned": ("Rencana", "Plan"),
    "retention.state.running": ("Sedang dimusnahkan", "Being destroyed"),
    "retention.state.destroyed": (
        "Kunci dimusnahkan; salinan lama sedang dibuat tak berguna",
        "Keys destroyed; older copies are being made worthless",
    ),
    "retention.state.complete": ("Selesai dan bersertifikat", "Complete and certified"),
    "retention.state.given_up": ("Dibatalkan", "Given up"),
    "retention.progress": ("{done} dari {total} pasien dihitung", "{done} of {total} counted"),
    "retention.progress.destroyed": (
        "{done} dari {total} pasien dimusnahkan",
        "{done} of {total} patients destroyed",
    ),
    "retention.plan": ("Pasien yang akan dimusnahkan: {due}.", "Patients to be destroyed: {due}."),
    "retention.later": (
        "{later} lagi menunggu rencana berikutnya.",
        "{later} more wait for the next plan.",
    ),
    "retention.destroyed": (
        "Dimusnahkan: {patients} pasien, {studies} pemeriksaan. Ditinggalkan karena berkunjung atau"
        " ditahan sementara itu: {skipped}.",
        "Destroyed: {patients} patients, {studies} studies. Left, because they were seen or held"
        " meanwhile: {skipped}.",
    ),
    "retention.waits": (
        "Tertahan: rumah sakit atau salah satu yang menyetujui dibekukan, atau kunci tidak dapat"
        " dibuka. Berlanjut sendiri.",
        "It waits: the hospital or somebody who agreed is frozen, or keys cannot be opened. It goes"
        " on by itself.",
    ),
    "retention.certificate": ("Simpan sertifikat", "Save the certificate"),
    "retention.approval": ("Persetujuan:", "Approval:"),
    "retention.reason": ("Alasan bagi yang menyetujui", "Reason, for those who decide"),
    "retention.ask": ("Minta persetujuan", "Ask for approval"),
    "retention.begin": ("Musnahkan sekarang", "Destroy now"),
    "retention.begin.help": (
        "Rekam {due} pasien akan hilang untuk selamanya, di semua salinan.",
        "Patients whose records will be gone for good, in every copy: {due}.",
    ),
    "retention.give_up": ("Batalkan rencana", "Give the plan up"),
    "retention.holds": ("Penahanan hukum", "Holds"),
    "retention.holds.help": (
        "Yang ditahan tidak dihapus dan tidak dimusnahkan, apa pun alasannya.",
        "What is held is neither erased nor destroyed, on whatever ground.",
    ),
    "retention.hold.whole": ("Seluruh rumah sakit", "The whole hospital"),
    "retention.hold.patient": ("Satu pasien", "One patient"),
    "retention.hold.placed": ("Oleh {name},", "By {name},"),
    "retention.hold.ended": ("Diakhiri oleh {name}: {reason},", "Ended by {name}: {reason},"),
    "retention.hold.why_end": ("Mengapa diakhiri", "Why it ends"),
    "retention.hold.end": ("Akhiri", "End it"),
    "retention.hold.new": ("Tahan rekam", "Place a hold"),
    "retention.hold.number": (
        "Nomor rekam medis (kosong: seluruh rumah sakit)",
        "Record number (empty: the whole hospital)",
    ),
    "retention.hold.reference": ("Nomor surat atau perkara", "Number of the letter or case"),
    "retention.hold.reason": ("Alasan, tanpa nama pasien", "Reason, without a patient's name"),
    "retention.hold.place": ("Tahan", "Hold"),
    "error.run-refused.title": ("Pemusnahan tidak dapat dibuat", "The run cannot be made"),
    "error.run-refused.text": (
        "Sedang ada yang berjalan, belum disetujui, atau tidak ada yang lewat masa simpan.",
        "One is under way, it is not approved yet, or nothing is past its retention.",
    ),
    "error.held-back.title": ("Penahanan tidak dapat diubah", "The hold cannot be changed"),
    "error.held-back.text": (
        "Periksa nomor surat: huruf, angka, titik, garis miring, tanda hubung; tanpa nama.",
        "Check the number of the letter: letters, digits, dots, slashes, dashes; no name.",
    ),
    "event.retention": ("Retensi: rencana, pemusnahan, penahanan", "Retention: plan, run, hold"),
}
