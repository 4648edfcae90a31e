"""Every word the console shows, once, in Indonesian and English.

Templates name a text by its key; a test holds that both languages have every key, that a template
has no bare words, and that no text is left over.
"""

from typing import Final

LANGUAGES: Final = ("id", "en")

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- everywhere ---------------------------------------------------------------------------
    "app.name": ("Segel", "Segel"),
    "app.skip": ("Langsung ke isi", "Skip to content"),
    "app.demo": (
        "Mode demo: orang dan pasien di sini rekaan.",
        "Demo: the people and patients here are invented.",
    ),
    "nav.label": ("Navigasi utama", "Main navigation"),
    "nav.worklist": ("Daftar studi", "Studies"),
    "nav.account": ("Akun saya", "My account"),
    "nav.sign_out": ("Keluar", "Sign out"),
    "preferences.theme": ("Tampilan", "Appearance"),
    "preferences.theme.auto": ("Ikuti perangkat", "As the device"),
    "preferences.theme.light": ("Terang", "Light"),
    "preferences.theme.dark": ("Gelap", "Dark"),
    "preferences.language.id": ("Bahasa Indonesia", "Bahasa Indonesia"),
    "preferences.language.en": ("English", "English"),
    "role.clinician": ("Dokter", "Clinician"),
    "role.radiologist": ("Dokter radiologi", "Radiologist"),
    "role.radiographer": ("Radiografer", "Radiographer"),
    "role.data-protection-officer": ("Petugas pelindungan data", "Data protection officer"),
    "role.administrator": ("Administrator", "Administrator"),
    "role.modality": ("Modalitas", "Modality"),
    "sex.M": ("Laki-laki", "Male"),
    "sex.F": ("Perempuan", "Female"),
    "sex.O": ("Lainnya", "Other"),
    "wait.minutes": ("{count} menit", "{count} min"),
    "wait.hours": ("{count} jam", "{count} h"),
    "wait.days": ("{count} hari", "{count} days"),
    # --- sign-in ------------------------------------------------------------------------------
    "sign_in.title": ("Masuk", "Sign in"),
    "sign_in.lead": (
        "Rekam pencitraan yang tetap tersegel. Setiap pembukaan tercatat dan dapat dibuktikan.",
        "The imaging record that stays sealed. Every opening is logged and can be proven.",
    ),
    "sign_in.passkey": ("Masuk dengan kunci sandi", "Sign in with a passkey"),
    "sign_in.passkey.help": (
        "Gunakan sidik jari, wajah, PIN perangkat, atau kunci keamanan Anda.",
        "Use your fingerprint, face, device PIN or security key.",
    ),
    "sign_in.passkey.unsupported": (
        "Peramban atau alamat ini tidak mendukung kunci sandi. Bukalah lewat HTTPS, atau lewat"
        " localhost di komputer ini.",
        "This browser or address cannot use passkeys. Open it over HTTPS, or as localhost on"
        " this computer.",
    ),
    "sign_in.passkey.failed": (
        "Kunci sandi tidak dapat diverifikasi. Coba sekali lagi.",
        "The passkey could not be verified. Try once more.",
    ),
    "sign_in.passkey.cancelled": (
        "Dibatalkan, atau tidak ada kunci sandi di perangkat ini.",
        "Cancelled, or there is no passkey on this device.",
    ),
    "sign_in.passkey.waiting": ("Menunggu perangkat Anda …", "Waiting for your device …"),
    "sign_in.demo.title": ("Pilih orang demo", "Choose a demo person"),
    "sign_in.demo.help": (
        "Hanya ada dalam mode demo. Tidak ada kata sandi, tidak ada data nyata.",
        "Only there in demo mode. No password, no real data.",
    ),
    # --- worklist -----------------------------------------------------------------------------
    "worklist.title": ("Daftar studi", "Studies"),
    "worklist.none.title": ("Tidak ada daftar untuk peran ini", "No list for this role"),
    "worklist.none.text": (
        "Peran Anda tidak membuka rekam pasien, jadi tidak ada yang dapat dicari di sini.",
        "Your role does not open patient records, so there is nothing to search here.",
    ),
    "search.label": ("Cari studi", "Find a study"),
    "search.placeholder": (
        "Nama, NIK, no. rekam medis, no. akses, atau tanggal",
        "Name, NIK, record no., accession no. or date",
    ),
    "search.hint": (
        "Contoh: siti aminah 12/3/1984 · RM-00123 · kemarin · Maret 2024",
        "For example: siti aminah 12/3/1984 · RM-00123 · yesterday · March 2024",
    ),
    "search.submit": ("Cari", "Search"),
    "search.modality": ("Modalitas", "Modality"),
    "search.modality.all": ("Semua modalitas", "All modalities"),
    "search.day": ("Tanggal studi", "Study date"),
    "search.day.any": ("Kapan saja", "Any day"),
    "search.day.today": ("Hari ini", "Today"),
    "search.day.yesterday": ("Kemarin", "Yesterday"),
    "search.day.week": ("7 hari", "7 days"),
    "search.day.month": ("30 hari", "30 days"),
    "search.day.range": ("Rentang …", "Range …"),
    "search.first": ("Dari", "From"),
    "search.last": ("sampai", "to"),
    "search.clear": ("Bersihkan", "Clear"),
    "search.keys": (
        "Tombol: / untuk mencari, panah untuk memilih, Enter untuk membuka",
        "Keys: / to search, arrows to choose, Enter to open",
    ),
    "search.busy": ("Membuka segel indeks …", "Opening the sealed index …"),
    "results.label": ("Hasil pencarian", "Search results"),
    "results.count.one": ("1 studi", "1 study"),
    "results.count.many": ("{count} studi", "{count} studies"),
    "results.count.more": ("{count} studi di halaman ini", "{count} studies on this page"),
    "results.newest_first": ("terbaru dulu", "newest first"),
    "left.hour": ("Sisa jatah: {count} pasien jam ini", "Budget left: {count} patients this hour"),
    "left.day": ("Sisa jatah: {count} pasien / 24 jam", "Budget left: {count} patients / 24 h"),
    "left.month": (
        "Sisa jatah: {count} pasien / 30 hari",
        "Budget left: {count} patients / 30 days",
    ),
    "ago.today": ("hari ini", "today"),
    "ago.yesterday": ("kemarin", "yesterday"),
    "ago.days": ("{count} hari lalu", "{count} days ago"),
    "ago.weeks": ("{count} minggu lalu", "{count} weeks ago"),
    "ago.months": ("{count} bulan lalu", "{count} months ago"),
    "ago.years": ("{count} tahun lalu", "{count} years ago"),
    "results.read_as": ("Dicari sebagai", "Searched as"),
    "results.instead": ("Atau maksud Anda", "Or did you mean"),
    "said.name": ("nama {value}", "name {value}"),
    "said.nik": ("NIK {value}", "NIK {value}"),
    "said.record": ("no. rekam medis {value}", "record no. {value}"),
    "said.accession": ("no. akses {value}", "accession no. {value}"),
    "said.born": ("lahir {value}", "born {value}"),
    "said.studied": ("studi {value}", "study date {value}"),
    "results.patient": ("Pasien", "Patient"),
    "results.date": ("Tanggal studi", "Study date"),
    "results.modality": ("Modalitas", "Modality"),
    "results.description": ("Pemeriksaan", "Examination"),
    "results.accession": ("No. akses", "Accession no."),
    "results.files": ("Berkas", "Files"),
    "results.files.one": ("1 berkas", "1 file"),
    "results.files.many": ("{count} berkas", "{count} files"),
    "results.images.one": ("1 gambar", "1 image"),
    "results.images.many": ("{count} gambar", "{count} images"),
    "results.nameless": ("Tanpa nama", "No name"),
    "results.born": ("lahir {day}", "born {day}"),
    "results.record": ("RM {number}", "RM {number}"),
    "results.next": ("Berikutnya", "Next"),
    "results.previous": ("Sebelumnya", "Previous"),
    "results.pages": ("Halaman hasil", "Result pages"),
    "results.page": ("Halaman {number}", "Page {number}"),
    "welcome.title": ("Siapa yang Anda cari?", "Whom are you looking for?"),
    "welcome.text": (
        "Tidak ada yang ditampilkan sebelum Anda mencari: setiap pasien yang tampil tercatat dan"
        " mengurangi jatah Anda.",
        "Nothing is listed before you search: each patient shown is logged and counts towards"
        " your budget.",
    ),
    "welcome.latest": ("Tampilkan studi terbaru", "Show the latest studies"),
    "empty.title": ("Tidak ada studi yang cocok", "No study matches"),
    "empty.text": (
        "Periksa ejaan atau nomornya. Nama dicari menurut bunyinya; nomor harus tepat.",
        "Check the spelling or the number. Names are matched by sound; numbers must be exact.",
    ),
    "empty.filters": (
        "Pilihan modalitas atau tanggal mungkin terlalu sempit.",
        "The modality or date chosen may be too narrow.",
    ),
    "empty.widen": ("Cari tanpa pilihan itu", "Search without them"),
    "incomplete.text": (
        "Hanya studi terbaru rumah sakit ini yang diperiksa. Tambahkan nomor, atau nama dengan"
        " tanggal lahir, untuk menemukan yang lebih lama.",
        "Only this hospital's most recent studies were looked through. Add a number, or a name"
        " with a birth date, to find older ones.",
    ),
    # --- study --------------------------------------------------------------------------------
    "study.title": ("Studi", "Study"),
    "study.back": ("Kembali ke daftar", "Back to the list"),
    "study.banner": ("Pasien", "Patient"),
    "study.born": ("Lahir", "Born"),
    "study.sex": ("Jenis kelamin", "Sex"),
    "study.age": ("Usia saat studi", "Age at study"),
    "study.age.years": ("{count} tahun", "{count} years"),
    "study.record": ("No. rekam medis", "Record no."),
    "study.date": ("Tanggal", "Date"),
    "study.accession": ("No. akses", "Accession no."),
    "study.referrer": ("Dokter perujuk", "Referring physician"),
    "study.institution": ("Institusi", "Institution"),
    "study.modality": ("Modalitas", "Modality"),
    "study.images": ("Gambar", "Images"),
    "study.untitled": ("Pemeriksaan tanpa keterangan", "Examination without description"),
    "study.open": ("Lihat gambar", "View the images"),
    "study.open.ohif": ("Buka di OHIF", "Open in OHIF"),
    "study.open.ohif.help": (
        "Penampil lengkap untuk layar besar; terbuka di tab baru.",
        "The full viewer, for large screens; opens in a new tab.",
    ),
    "study.open.light": ("Penampil ringan", "Light viewer"),
    "study.open.light.help": (
        "Cepat, juga di ponsel.",
        "Quick, also on a phone.",
    ),
    "study.no_ohif": (
        "Penampil OHIF tidak terpasang di server ini. Penampil ringan selalu tersedia.",
        "The OHIF viewer is not installed on this server. The light viewer is always there.",
    ),
    "study.series.count.one": ("1 seri", "1 series"),
    "study.series.count.many": ("{count} seri", "{count} series"),
    "study.series.numbered": ("Seri {number}", "Series {number}"),
    "study.series.unnamed": ("Tanpa keterangan", "No description"),
    "study.series.column": ("Seri", "Series"),
    "study.series.none": ("Studi ini belum berisi gambar.", "This study holds no images yet."),
    "study.series.no_picture": ("Tanpa gambar", "No picture"),
    "study.series.no_preview": ("Tanpa pratinjau", "No preview"),
    "study.details": ("Rincian teknis", "Technical details"),
    "study.details.device": ("Alat", "Device"),
    "study.details.station": ("Stasiun", "Station"),
    "study.details.protocol": ("Protokol", "Protocol"),
    "study.details.operator": ("Operator", "Operator"),
    # --- light viewer -------------------------------------------------------------------------
    "viewer.title": ("Penampil", "Viewer"),
    "viewer.close": ("Kembali ke studi", "Back to the study"),
    "viewer.series": ("Pilih seri", "Choose a series"),
    "viewer.slider": ("Gambar dalam seri", "Image in the series"),
    "viewer.stage": (
        "Gambar medis. Panah atas dan bawah mengganti gambar.",
        "Medical image. Arrow up and down change the image.",
    ),
    "viewer.tool": ("Alat", "Tools"),
    "viewer.tool.scroll": ("Gulir", "Scroll"),
    "viewer.tool.window": ("Kontras", "Contrast"),
    "viewer.tool.pan": ("Geser", "Pan"),
    "viewer.zoom_in": ("Perbesar", "Zoom in"),
    "viewer.zoom_out": ("Perkecil", "Zoom out"),
    "viewer.fit": ("Paskan", "Fit"),
    "viewer.invert": ("Negatif", "Invert"),
    "viewer.turn": ("Rotasi", "Rotate"),
    "viewer.flip": ("Balik", "Flip"),
    "viewer.reset": ("Atur ulang", "Reset"),
    "viewer.play": ("Putar film", "Play"),
    "viewer.speed": ("Kecepatan film", "Speed of the film"),
    "viewer.speed.per_second": ("{count}/dtk", "{count}/s"),
    "viewer.help": ("Bantuan", "Help"),
    "viewer.help.scroll": ("Gambar sebelum dan sesudahnya", "Image before and after"),
    "viewer.help.series": ("Seri sebelum dan sesudahnya", "Series before and after"),
    "viewer.help.window": ("Seret: kontras dan terang", "Drag: contrast and brightness"),
    "viewer.help.pan": ("Seret: geser gambar", "Drag: move the image"),
    "viewer.help.play": ("Putar atau hentikan film", "Play or stop the film"),
    "viewer.help.zoom": ("Perbesar, perkecil", "Larger, smaller"),
    "viewer.help.fit": ("Seluruh gambar di layar", "The whole image on the screen"),
    "viewer.help.invert": ("Negatif", "Invert"),
    "viewer.help.turn": ("Rotasi 90°", "Rotate by 90°"),
    "viewer.help.flip": ("Balik kiri-kanan", "Flip left and right"),
    "viewer.help.reset": ("Seperti semula", "As it was at first"),
    "viewer.help.pointer": (
        "Roda tetikus mengganti gambar (dengan Ctrl: memperbesar); tombol kanan mengatur kontras,"
        " tombol tengah menggeser. Di layar sentuh, dua jari memperbesar.",
        "The wheel changes the image (with Ctrl it zooms); the right button sets the contrast, the"
        " middle one pans. On a touch screen two fingers zoom.",
    ),
    "viewer.help.ruler": (
        "Penggaris “di detektor” mengukur di sana: tubuh di depannya lebih kecil daripada yang"
        " tampak.",
        "A ruler “at the detector” measures there: the body before it is smaller than it looks.",
    ),
    "viewer.help.diagnosis": (
        "Gambar di sini dikompresi dan layar ini tidak dikalibrasi: untuk diagnosis, pakailah"
        " stasiun kerja.",
        "Images here are compressed and this screen is not calibrated: for a diagnosis, use a"
        " workstation.",
    ),
    "viewer.help.close": ("Tutup", "Close"),
    "viewer.preset": ("Prasetel kontras", "Contrast preset"),
    "viewer.preset.default": ("Bawaan", "Default"),
    "viewer.preset.lung": ("Paru", "Lung"),
    "viewer.preset.bone": ("Tulang", "Bone"),
    "viewer.preset.soft": ("Jaringan lunak", "Soft tissue"),
    "viewer.preset.brain": ("Otak", "Brain"),
    "viewer.preset.own": ("Disetel sendiri", "Set by hand"),
    "viewer.preset.narrow": ("Lebih kontras", "More contrast"),
    "viewer.preset.wide": ("Lebih lembut", "Softer"),
    "viewer.ruler.detector": ("di detektor", "at the detector"),
    "viewer.loading": ("Memuat …", "Loading …"),
    "viewer.failed": (
        "Gambar ini tidak dapat ditampilkan di sini. Berkas aslinya utuh; coba dengan OHIF.",
        "This image cannot be shown here. Its file is unharmed; try it in OHIF.",
    ),
    "viewer.away": (
        "Server sedang tidak menjawab. Coba lagi sebentar lagi.",
        "The server does not answer now. Try again in a moment.",
    ),
    "viewer.ended": (
        "Sesi berakhir. Masuk lagi untuk melanjutkan.",
        "The session has ended. Sign in again to go on.",
    ),
    "viewer.not_for_diagnosis": (
        "Bukan untuk diagnosis",
        "Not for diagnosis",
    ),
    # --- OHIF's origin ------------------------------------------------------------------------
    "entry.title": ("Membuka penampil …", "Opening the viewer …"),
    "entry.failed": (
        "Tautan ini sudah dipakai atau kedaluwarsa. Tutup tab ini dan buka lagi dari halaman"
        " studi.",
        "This link was used or has expired. Close this tab and open the viewer again from the"
        " study's page.",
    ),
    # --- account ------------------------------------------------------------------------------
    "account.title": ("Akun saya", "My account"),
    "account.session": ("Sesi ini", "This session"),
    "account.session.until": ("Berakhir", "Ends"),
    "account.session.hospital": ("Rumah sakit", "Hospital"),
    "account.session.role": ("Peran", "Role"),
    "account.session.end": ("Akhiri sesi ini", "End this session"),
    "account.passkeys": ("Kunci sandi", "Passkeys"),
    "account.passkeys.help": (
        "Kunci sandi menggantikan kata sandi dan tidak dapat dicuri lewat situs palsu.",
        "A passkey replaces the password and cannot be stolen by a fake site.",
    ),
    "account.passkeys.add": ("Daftarkan kunci sandi", "Register a passkey"),
    "account.passkeys.added": ("Kunci sandi terdaftar.", "The passkey is registered."),
    "account.budget": ("Jatah pasien", "Patient budget"),
    "account.budget.help": (
        "Banyaknya pasien berbeda yang boleh Anda buka. Pasien yang hanya tampil di hasil"
        " pencarian dihitung seperlima.",
        "How many different patients you may open. One that is only listed in a search result"
        " counts a fifth.",
    ),
    "account.budget.none": (
        "Peran ini tidak membuka rekam pasien.",
        "This role does not open patient records.",
    ),
    "account.budget.hour": ("Jam ini", "This hour"),
    "account.budget.day": ("24 jam", "24 hours"),
    "account.budget.month": ("30 hari", "30 days"),
    "account.budget.use": ("{used} dari {limit}", "{used} of {limit}"),
    "account.trail": ("Yang saya buka belakangan ini", "What I opened lately"),
    "account.trail.help": (
        "Setiap baris punya nomor daun di log bukti; tidak ada yang dapat menghapus atau"
        " mengubahnya tanpa ketahuan.",
        "Each line has its leaf number in the proof log; nobody can remove or change it unseen.",
    ),
    "account.trail.when": ("Waktu", "Time"),
    "account.trail.what": ("Kejadian", "Event"),
    "account.trail.purpose": ("Tujuan", "Purpose"),
    "account.trail.outcome": ("Hasil", "Outcome"),
    "account.trail.leaf": ("Daun", "Leaf"),
    "account.trail.empty": ("Belum ada kejadian.", "Nothing yet."),
    "account.trail.refused": ("Ditolak", "Refused"),
    "account.trail.granted": ("Diberikan", "Granted"),
    "event.110103": ("Studi dibuka", "Study opened"),
    "event.110104": ("Gambar diterima", "Images received"),
    "event.110112": ("Pencarian", "Search"),
    "event.110122": ("Masuk", "Sign-in"),
    "event.110123": ("Keluar", "Sign-out"),
    "event.110137": ("Perubahan akun", "Account change"),
    "event.other": ("Kejadian lain", "Other event"),
    "purpose.TREAT": ("Perawatan", "Treatment"),
    "purpose.ETREAT": ("Perawatan darurat", "Emergency treatment"),
    "purpose.HOPERAT": ("Operasional", "Operations"),
    "purpose.PUBHLTH": ("Kesehatan masyarakat", "Public health"),
    "purpose.PATRQT": ("Permintaan pasien", "Patient request"),
    "purpose.SYSADMIN": ("Administrasi sistem", "System administration"),
    "purpose.other": ("Lainnya", "Other"),
    # --- errors -------------------------------------------------------------------------------
    "error.home": ("Ke daftar studi", "To the studies"),
    "error.again": ("Coba lagi", "Try again"),
    "error.other.title": ("Ini tidak berhasil", "That did not work"),
    "error.other.text": (
        "Coba lagi sebentar lagi. Jika berulang, beri tahu operator.",
        "Try again in a moment. If it happens again, tell the operator.",
    ),
    "error.budget-exhausted.title": ("Jatah pasien habis", "Patient budget used up"),
    "error.budget-exhausted.text": (
        "Anda telah membuka sebanyak mungkin pasien berbeda untuk saat ini. Tempat berikutnya"
        " terbuka dalam sekitar {wait}. Pasien yang sudah Anda buka tetap dapat dibuka.",
        "You have opened as many different patients as you may for now. The next place frees in"
        " about {wait}. Patients you opened already can still be opened.",
    ),
    "error.budget-exhausted.look": ("Lihat jatah saya", "See my budget"),
    "error.query-too-broad.title": ("Pencarian terlalu luas", "The search is too broad"),
    "error.query-too-broad.text": (
        "Tambahkan nomor rekam medis, NIK, no. akses, tanggal lahir, atau rentang hari yang lebih"
        " pendek.",
        "Add a record number, NIK, accession number, birth date, or a shorter range of days.",
    ),
    "error.study-unknown.title": ("Studi tidak ditemukan", "Study not found"),
    "error.study-unknown.text": (
        "Studi ini tidak ada di rumah sakit Anda.",
        "There is no such study in your hospital.",
    ),
    "error.handle-broken.title": ("Tautan ini tidak berlaku lagi", "This link has ended"),
    "error.handle-broken.text": (
        "Tautan hanya berlaku di sesi yang membuatnya. Carilah studi itu lagi.",
        "Links work only in the session they were made for. Search for the study again.",
    ),
    "error.forbidden.title": ("Tidak diizinkan", "Not permitted"),
    "error.forbidden.text": (
        "Peran Anda tidak mengizinkan ini.",
        "Your role does not permit this.",
    ),
    "error.frozen.title": ("Akses dibekukan", "Access is frozen"),
    "error.frozen.text": (
        "Akun atau sesi ini dibekukan. Hubungi petugas pelindungan data.",
        "This account or session is frozen. Speak to the data protection officer.",
    ),
    "error.broker-unavailable.title": ("Kunci tidak tersedia", "No keys at the moment"),
    "error.broker-unavailable.text": (
        "Layanan kunci sedang tidak menjawab; tidak ada yang dibuka. Coba lagi sebentar lagi.",
        "The key service does not answer now; nothing was opened. Try again in a moment.",
    ),
    "error.sign-in-failed.title": ("Tidak dapat masuk", "Sign-in failed"),
    "error.sign-in-failed.text": ("Mulai lagi dari awal.", "Begin again."),
    "error.terms-unclear.title": ("Pencarian tidak jelas", "The search is not clear"),
    "error.terms-unclear.text": (
        "Teksnya terlalu panjang atau berisi terlalu banyak nomor.",
        "The text is too long or holds too many numbers.",
    ),
    "error.foreign-form.title": ("Formulir ditolak", "The form was refused"),
    "error.foreign-form.text": (
        "Formulir ini tidak berasal dari halaman ini. Buka halamannya lagi.",
        "This form did not come from this page. Open the page again.",
    ),
    "error.not-found.title": ("Halaman tidak ada", "There is no such page"),
    "error.not-found.text": ("Periksa alamatnya.", "Check the address."),
}


def text(language: str, key: str, **values: object) -> str:
    """The text of ``key``, filled in. Raises KeyError for a key that is not here."""
    return TEXTS[key][LANGUAGES.index(language)].format(**values)


def has_text(key: str) -> bool:
    """Whether there is a text of this key."""
    return key in TEXTS
