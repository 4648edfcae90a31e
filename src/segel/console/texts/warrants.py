"""Warrants to compare a sample with everybody's records."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "leaks.warrants": ("Surat izin pencocokan", "Warrants to compare"),
    "leaks.warrants.help": (
        "Baris sampel hanya dibandingkan dengan pasien di bawah surat izin yang disetujui dua orang"
        " lain: sekian baris, sekian orang, sekian lama.",
        "Rows of a sample are compared with patients only under a warrant that two others approved:"
        " so many rows, so many people, so long.",
    ),
    "leaks.warrants.none": ("Belum ada surat izin.", "No warrant yet."),
    "leaks.warrant.unregistered": (
        "Daftar pencocokan masih dibuat: {count} pasien belum termasuk.",
        "The matching register is still being made: {count} patients are not in it yet.",
    ),
    "leaks.warrant.unfingerprinted": (
        "{count} gambar tersimpan belum punya sidik, dan belum dapat dikenali.",
        "{count} stored images have no fingerprint yet, and cannot be known again.",
    ),
    "leaks.warrant.used": (
        "{rows} dari {rows_max} baris, {people} dari {people_max} orang dikenali",
        "{rows} of {rows_max} rows, {people} of {people_max} people recognised",
    ),
    "leaks.warrant.an_hour": ("{rows} baris per jam", "{rows} rows an hour"),
    "leaks.warrant.few": ("sampel berkolom sedikit", "a sample of few columns"),
    "leaks.warrant.trips": (
        "{count} umpan ditanyakan seperti oleh penebak",
        "{count} decoys asked for as a prober asks",
    ),
    "leaks.warrant.decoys": ("{count} umpan dalam sampel", "{count} decoys in the sample"),
    "leaks.warrant.until": ("berlaku sampai", "holds until"),
    "leaks.warrant.waits": ("menunggu persetujuan", "waits for approval"),
    "leaks.warrant.end": ("Akhiri", "End it"),
    "leaks.warrant.revoke": ("Cabut sekarang", "Revoke it now"),
    "leaks.warrant.close": ("Pencocokan selesai", "The comparing is done"),
    "leaks.warrant.ask": ("Minta surat izin", "Ask for a warrant"),
    "leaks.warrant.reason": ("Untuk apa", "What for"),
    "leaks.warrant.rows": ("Jumlah baris yang dibandingkan", "Rows to compare"),
    "leaks.warrant.people": ("Paling banyak orang yang dikenali", "People recognised at most"),
    "leaks.warrant.hours": ("Berlaku berapa jam", "Hours that it holds"),
    "leaks.warrant.hospitals": (
        "Kode rumah sakit, dipisah koma; kosong: semua yang boleh",
        "Hospitals' codes, with commas; empty: all that may be compared",
    ),
    "leaks.warrant.few.ask": (
        "Sampel hanya berisi satu atau dua kolom",
        "The sample has one or two columns only",
    ),
    "leaks.warrant.state.asked": ("menunggu persetujuan", "waits for approval"),
    "leaks.warrant.state.open": ("berlaku", "open"),
    "leaks.warrant.state.refused": ("tidak disetujui", "not approved"),
    "leaks.warrant.state.expired": ("waktunya habis", "expired"),
    "leaks.warrant.state.used-up": ("habis terpakai", "used up"),
    "leaks.warrant.state.tripped": ("DIHENTIKAN: orang ditanyakan", "ENDED: people were probed"),
    "leaks.warrant.state.revoked": ("dicabut", "revoked"),
    "leaks.warrant.state.closed": ("selesai", "closed"),
    "approval.warrant.case": ("Perkara", "Case"),
    "approval.warrant.hospitals": ("Pasien dari", "Patients of"),
    "approval.warrant.rows": ("Baris", "Rows"),
    "approval.warrant.people": ("Orang dikenali, paling banyak", "People recognised, at most"),
    "approval.warrant.rows_an_hour": ("Baris per jam", "Rows an hour"),
    "approval.warrant.hours": ("Jam berlaku", "Hours that it holds"),
    "approval.warrant.columns": ("Kolom sampel", "Columns of the sample"),
    "approval.warrant.columns.few": ("satu atau dua", "one or two"),
    "approval.warrant.columns.many": ("lebih banyak", "more"),
    "approval.warrant.help": (
        "Yang meminta dapat mengetahui siapa saja pasien, sebanyak angka ini. Lihat sampelnya di"
        " perkara dulu; jumlah baris tidak perlu lebih dari isinya.",
        "Whoever asks can learn who is a patient, as many as this says. Look at the sample in the"
        " case first; it needs no more rows than it has.",
    ),
}
