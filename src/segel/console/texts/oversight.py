"""The officers' pages: use of budgets, freezes, requests. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.oversight": ("Pengawasan", "Oversight"),
    "nav.approvals": ("Persetujuan", "Approvals"),
    "nav.approvals.count": ("{count} menunggu Anda", "{count} waiting for you"),
    # --- use ---------------------------------------------------------------------------------
    "oversight.title": ("Pengawasan akun", "Oversight of accounts"),
    "oversight.help": (
        "Berapa banyak pasien berbeda yang dibuka setiap akun di rumah sakit ini. Pasien siapa"
        " tidak ditampilkan di sini.",
        "How many different patients each account of this hospital opened. Which patients is not"
        " shown here.",
    ),
    "oversight.shared": ("Seluruh rumah sakit", "The whole hospital"),
    "oversight.hospital": ("Rumah sakit ini", "This hospital"),
    "oversight.estate": ("Semua rumah sakit", "All hospitals"),
    "oversight.level.plenty": ("masih longgar", "plenty left"),
    "oversight.level.near": ("hampir habis", "almost used up"),
    "oversight.level.full": ("habis", "used up"),
    "oversight.window.hour": ("jam ini", "this hour"),
    "oversight.window.day": ("24 jam", "24 hours"),
    "oversight.window.month": ("30 hari", "30 days"),
    "oversight.ask": ("Minta tambahan untuk rumah sakit", "Ask for more for the hospital"),
    "oversight.accounts": ("Akun", "Accounts"),
    "oversight.account": ("Akun", "Account"),
    "oversight.role": ("Peran", "Role"),
    "oversight.use": ("Pemakaian tertinggi", "Fullest window"),
    "oversight.use.of": ("{used} dari {limit}, {window}", "{used} of {limit}, {window}"),
    "oversight.use.none": ("Tidak membuka rekam", "Opens no records"),
    "oversight.more": ("+{count} sampai", "+{count} until"),
    "oversight.status": ("Status", "Status"),
    "oversight.frozen": ("Dibekukan", "Frozen"),
    "oversight.near": ("Hampir habis", "Near the limit"),
    "oversight.full": ("Habis", "Used up"),
    "oversight.fine": ("Wajar", "Fine"),
    "oversight.partial": (
        "Rumah sakit ini punya lebih banyak akun; hanya {count} yang ditampilkan.",
        "This hospital has more accounts; only {count} are shown.",
    ),
    "oversight.freeze": ("Bekukan…", "Freeze…"),
    "oversight.freeze.of": ("Bekukan {name}", "Freeze {name}"),
    "oversight.freeze.now": ("Bekukan sekarang", "Freeze now"),
    "oversight.freeze.help": (
        "Berlaku di semua pintu dalam satu detik. Mencabutnya perlu dua orang.",
        "It takes effect at every door within a second. Lifting it needs two people.",
    ),
    "oversight.reason": ("Alasan (tanpa data pasien)", "Reason (no patient's data)"),
    "oversight.hours": ("Lamanya", "For how long"),
    "oversight.hours.open": ("Sampai dicabut", "Until lifted"),
    "oversight.hours.24": ("24 jam", "24 hours"),
    "oversight.hours.168": ("7 hari", "7 days"),
    "oversight.freezes": ("Yang dibekukan", "What is frozen"),
    "oversight.freezes.empty": ("Tidak ada yang dibekukan.", "Nothing is frozen."),
    "oversight.freeze.whole": ("Bekukan rumah sakit…", "Freeze the hospital…"),
    "oversight.freeze.whole.help": (
        "Tidak ada rekam rumah sakit ini yang ditampilkan kepada siapa pun; alat tetap dapat"
        " mengirim gambar.",
        "No record of this hospital is shown to anybody; devices can still send images.",
    ),
    "oversight.since": ("Dibekukan {when} oleh {by}", "Frozen on {when} by {by}"),
    "oversight.until": ("sampai {when}", "until {when}"),
    "oversight.over": ("sudah berakhir", "has ended"),
    "oversight.unfreeze": ("Minta pencabutan…", "Ask to lift it…"),
    "oversight.unfreeze.send": ("Kirim permintaan", "Send the request"),
    "target.account": ("Akun", "Account"),
    "target.session": ("Sesi", "Session"),
    "target.hospital": ("Rumah sakit", "Hospital"),
    "target.recipient": ("Penerima ekspor", "Export recipient"),
    # --- approvals ---------------------------------------------------------------------------
    "approvals.title": ("Persetujuan", "Approvals"),
    "approvals.help": (
        "Hal-hal yang tidak boleh dilakukan satu orang sendiri. Permintaan sendiri tidak dapat"
        " disetujui sendiri.",
        "What one person may not do alone. Nobody approves their own request.",
    ),
    "approvals.waiting": ("Menunggu Anda", "Waiting for you"),
    "approvals.waiting.empty": (
        "Tidak ada yang menunggu keputusan Anda.",
        "Nothing waits for your decision.",
    ),
    "approvals.open": ("Masih berjalan", "Under way"),
    "approvals.over": ("Riwayat", "History"),
    "approvals.over.empty": ("Belum ada.", "Nothing yet."),
    "approvals.asked": ("Diminta {when} oleh {by}", "Asked on {when} by {by}"),
    "approvals.expires": ("Berlaku sampai {when}", "Open until {when}"),
    "approvals.count": ("{given} dari {needed} persetujuan", "{given} of {needed} approvals"),
    "approvals.approve": ("Setujui", "Approve"),
    "approvals.reject": ("Tolak", "Reject"),
    "approvals.reject.still": ("Tolak sekarang", "Reject after all"),
    "approvals.withdraw": ("Tarik kembali", "Withdraw"),
    "approvals.reason": ("Alasan keputusan", "Why you decide so"),
    "approvals.approved_by": ("Disetujui {by}: {reason}", "Approved by {by}: {reason}"),
    "approvals.rejected_by": ("Ditolak {by}: {reason}", "Rejected by {by}: {reason}"),
    "approval.state.waiting": ("Menunggu", "Waiting"),
    "approval.state.approved": ("Disetujui, belum dipakai", "Approved, not yet used"),
    "approval.state.rejected": ("Ditolak", "Rejected"),
    "approval.state.withdrawn": ("Ditarik kembali", "Withdrawn"),
    "approval.state.expired": ("Kedaluwarsa", "Expired"),
    "approval.state.used": ("Disetujui dan dilaksanakan", "Approved and done"),
    "approval.what.early-erasure": (
        "Penghapusan rekam medis sebelum waktunya",
        "Erasure of a medical record before its time",
    ),
    "approval.what.destruction": (
        "Pemusnahan rekam yang lewat masa simpan",
        "Destruction of records past their retention",
    ),
    "approval.what.export": (
        "Ekspor rekam medis semua pasien",
        "An export of all patients' records",
    ),
    "approval.export.recipient": ("Penerima", "Recipient"),
    "approval.export.purpose": ("Tujuan", "Purpose"),
    "approval.export.patients": ("Pasien paling banyak", "Patients at most"),
    "approval.export.types": ("Jenis data", "Types of records"),
    "approval.export.since": ("Hanya yang berubah sejak", "Only what changed since"),
    "approval.export.given": ("Disetujui", "Approved"),
    "approval.export.help": (
        "Isinya rekam seperti saat diminta, tanpa pasien yang menolak tujuan ini; untuk penelitian"
        " hanya pasien yang mengizinkannya. Setelah disetujui, peminta dapat mengunduhnya"
        " selama tujuh hari; setiap rekam yang keluar tercatat di jejak"
        " pasiennya. Membekukan penerima atau akun menghentikannya.",
        "It has the records as they stood when it was asked for, without patients who declined"
        " this purpose; for research, only of those who permitted it. Once approved, the"
        " asker can download it for seven days; each record that leaves is in its"
        " patient's trail. Freezing the recipient or the account stops it.",
    ),
    "approval.what.warrant": ("Surat izin pemeriksaan kebocoran", "A warrant for a leak case"),
    "approval.what.unfreeze": ("Cabut pembekuan {name}", "Lift the freeze of {name}"),
    "approval.what.key-move": ("Pindahkan kunci ke KMS lain", "Move keys to another KMS"),
    "approval.what.erasure": ("Hapus data pasien untuk selamanya", "Erase a patient for good"),
    "approval.what.budget-raise": (
        "{name}: {more} pasien lagi selama {hours} jam",
        "{name}: {more} more patients for {hours} hours",
    ),
    "approval.field.reason": ("Alasan pembekuan", "Why it was frozen"),
    # --- the account's own -------------------------------------------------------------------
    "account.more": ("Perlu membuka lebih banyak?", "Do you need to open more?"),
    "account.more.help": (
        "Dua orang lain harus menyetujui: petugas pelindungan data dan administrator.",
        "Two others have to approve: the data protection officer and the administrator.",
    ),
    "account.more.count": ("Berapa pasien lagi", "How many more patients"),
    "account.more.hours": ("Selama berapa jam", "For how many hours"),
    "account.more.reason": ("Alasan (tanpa data pasien)", "Why (no patient's data)"),
    "account.more.send": ("Kirim permintaan", "Send the request"),
    "account.more.now": ("+{count} pasien sampai", "+{count} patients until"),
    "account.more.asked": ("Permintaan saya", "My requests"),
    "account.around": (
        "Rumah sakit ini: {hospital}. Semua rumah sakit: {estate}.",
        "This hospital: {hospital}. All hospitals: {estate}.",
    ),
}
