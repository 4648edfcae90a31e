"""Who is registered before they have a name. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "newborn.title": ("Daftarkan bayi baru lahir", "Register a newborn"),
    "newborn.lead": (
        "Bayi terhubung dengan ibunya lewat NIK ibu. Sampai ada nama sendiri, namanya Bayi Ny."
        " diikuti nama ibu.",
        "A newborn is linked to the mother by her NIK. Until there is a name of their own, it is"
        " Bayi Ny. with the mother's name.",
    ),
    "newborn.mothers_nik.help": (
        "Semua anaknya ditemukan dengan nomor ini. Kosongkan jika ibunya belum punya.",
        "All her children are found by it. Leave it empty where she has none.",
    ),
    "newborn.birth_date.help": ("Misalnya 28/11/2026.", "For example 28/11/2026."),
    "newborn.own_name": ("Nama bayi, jika sudah ada", "The child's name, where there is one"),
    "newborn.own_name.help": (
        "Boleh kosong: nama dan NIK diisi nanti di pendaftarannya.",
        "May be empty: name and NIK are filled in later, in the registration.",
    ),
    "newborn.of": ("Daftarkan bayinya", "Register her newborn"),
    "newborn.twin": ("Daftarkan saudara kembarnya", "Register the twin"),
    "unknown.title": ("Pasien tak dikenal (gawat darurat)", "Unknown patient (emergency)"),
    "unknown.lead": (
        "Namanya menjadi Tn. X, Ny. X, atau An. X dengan waktu tiba. Identitas dilengkapi nanti.",
        "They are called Tn. X, Ny. X or An. X with the time of arrival. Who they are is filled in"
        " later.",
    ),
    "unknown.record_number.help": (
        "Dari gelang pasien: dengan nomor ini ia ditemukan lagi.",
        "From the wristband: they are found again by this number.",
    ),
    "unknown.address.help": (
        "Tempat ditemukan, jika membantu mengenalinya.",
        "Where they were found, if it helps to find out who they are.",
    ),
    "known.title": ("Siapa pasien ini?", "Who is this patient?"),
    "known.lead": (
        "Namanya sementara. Jika sudah diketahui, isi di bawah. Jika orangnya sudah terdaftar di"
        " rumah sakit ini, cari pendaftarannya dan gabungkan.",
        "The name is temporary. Once it is known, fill it in below. Where they are registered in"
        " this hospital already, find that registration and join the two.",
    ),
    "known.lead.newborn": (
        "Namanya sementara. Isi nama dan NIK bayi di bawah; hubungan dengan ibunya tetap ada.",
        "The name is temporary. Fill in the child's name and NIK below; the link to the mother"
        " stays.",
    ),
    "known.label": ("Nomor, atau nama dengan kelahiran", "A number, or a name with the birth"),
    "known.search": ("Cari pendaftarannya", "Find the registration"),
    "known.help": (
        "Menggabungkan tidak memindahkan apa pun: pencarian dengan nomor yang satu menemukan studi"
        " keduanya. Dapat dibatalkan di Pendaftaran ganda.",
        "Joining moves nothing: a search by the number of one finds the studies of both. It can be"
        " taken back under Duplicates.",
    ),
    "known.none": (
        "Tidak ada pendaftaran lain yang cocok. Lengkapi pendaftaran yang ini.",
        "No other registration matches. Complete this one.",
    ),
    "known.join": ("Ini orangnya: gabungkan", "This is the person: join"),
    "known.joined": ("Digabungkan.", "Joined."),
    "known.joined.undo": ("Lihat atau batalkan", "Look at it, or take it back"),
    "known.back": ("Kembali ke pendaftaran", "Back to the registration"),
}
