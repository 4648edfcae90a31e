"""Invitations, passkeys, identities and sessions. See ``segel.console.texts``."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "nav.sessions": ("Sesi", "Sessions"),
    "invitation.title": ("Anda diundang", "You are invited"),
    "invitation.looking": ("Memeriksa undangan …", "Checking the invitation …"),
    "invitation.script": (
        "Halaman ini memerlukan JavaScript untuk mendaftarkan kunci sandi.",
        "This page needs JavaScript to register a passkey.",
    ),
    "invitation.lead": (
        "Daftarkan kunci sandi untuk akun ini. Setelah itu undangan tidak berlaku lagi.",
        "Register a passkey for this account. After that the invitation is used up.",
    ),
    "invitation.name": ("Nama", "Name"),
    "invitation.accept": ("Daftarkan dan masuk", "Register and sign in"),
    "invitation.help": (
        "Jika ini bukan Anda, jangan lanjutkan dan beri tahu operator.",
        "If this is not you, go no further and tell the operator.",
    ),
    "invitation.to_sign_in": ("Ke halaman masuk", "To the sign-in page"),
    "invitation.unknown.title": ("Ini bukan undangan", "This is no invitation"),
    "invitation.unknown.text": (
        "Buka tautannya persis seperti yang Anda terima, atau minta yang baru kepada operator.",
        "Open the link exactly as you received it, or ask the operator for a new one.",
    ),
    "invitation.expired.title": ("Undangan ini sudah lewat waktu", "This invitation has run out"),
    "invitation.expired.text": (
        "Mintalah undangan baru kepada operator.",
        "Ask the operator for a new one.",
    ),
    "invitation.used.title": ("Undangan ini sudah dipakai", "This invitation was used"),
    "invitation.used.text": (
        "Masuklah dengan kunci sandi Anda. Jika bukan Anda yang memakainya, segera beri tahu"
        " operator.",
        "Sign in with your passkey. If it was not you who used it, tell the operator at once.",
    ),
    "invitation.trouble.title": ("Tidak dapat diperiksa", "It could not be checked"),
    "invitation.trouble.text": (
        "Server sedang tidak menjawab. Buka tautannya lagi sebentar lagi.",
        "The server does not answer at the moment. Open the link again in a while.",
    ),
    "passkeys.name": ("Nama kunci sandi", "Name of the passkey"),
    "passkeys.name.example": ("misalnya: ponsel saya", "for example: my phone"),
    "passkeys.unnamed": ("Tanpa nama", "Without a name"),
    "passkeys.added": ("Didaftarkan", "Registered"),
    "passkeys.used": ("Terakhir dipakai", "Last used"),
    "passkeys.change": ("Ubah", "Change"),
    "passkeys.rename": ("Simpan nama", "Save name"),
    "passkeys.remove": ("Hapus", "Remove"),
    "passkeys.remove.help": (
        "Menghapusnya juga mengakhiri sesi yang dimulai dengannya.",
        "Removing it also ends the sessions that it began.",
    ),
    "passkeys.last": (
        "Ini satu-satunya jalan masuk ke akun Anda. Daftarkan yang lain sebelum menghapusnya.",
        "This is the only way into your account. Register another before removing it.",
    ),
    "passkeys.none": (
        "Belum ada kunci sandi. Daftarkan satu agar Anda dapat masuk lagi.",
        "There is no passkey yet. Register one so that you can sign in again.",
    ),
    "identities.title": ("Masuk lewat penyedia", "Sign-in through a provider"),
    "identities.help": (
        "Akun Anda di penyedia yang dapat dipakai untuk masuk ke sini.",
        "Your accounts at providers by which you can sign in here.",
    ),
    "identities.added": ("Ditautkan", "Linked"),
    "identities.link": ("Tautkan: {provider}", "Link: {provider}"),
    "identities.unlink": ("Lepaskan", "Unlink"),
    "sessions.title": ("Sesi saya", "My sessions"),
    "sessions.help": (
        "Di sini akun Anda sedang masuk. Akhiri yang tidak Anda kenal; berlaku dalam satu detik.",
        "Where your account is signed in. End what you do not recognise; it takes a second.",
    ),
    "sessions.here": ("sesi ini", "this one"),
    "sessions.began": ("mulai", "began"),
    "sessions.used": ("Terakhir dipakai", "Last used"),
    "sessions.until": ("berakhir", "ends"),
    "sessions.end": ("Akhiri", "End"),
    "sessions.end.of": ("Akhiri sesi {name}", "End the session of {name}"),
    "sessions.end.others": ("Akhiri semua sesi lain", "End all other sessions"),
    "sessions.method.passkey": ("Kunci sandi", "Passkey"),
    "sessions.method.invitation": ("Undangan", "Invitation"),
    "sessions.method.openid": ("Penyedia identitas", "Identity provider"),
    "sessions.method.demo": ("Mode demo", "Demo mode"),
    "sessions.method.viewer": ("Penampil citra", "Image viewer"),
    "sessions.method.issued": ("Token dari operator", "Token from the operator"),
    "sessions.method.client": ("Pernyataan bertanda tangan", "Signed assertion"),
    "sessions.method.ae-title": ("Perangkat DICOM", "DICOM device"),
    "sessions.method.hl7-sender": ("Sistem pengirim HL7", "HL7 sender"),
    "sessions.method.other": ("Cara lain", "Another way"),
    "sessions.route.console": ("Konsol", "Console"),
    "sessions.route.viewer": ("Penampil", "Viewer"),
    "sessions.route.operator": ("Server", "Server"),
    "sessions.route.token": ("Antarmuka program", "Interface for programs"),
    "sessions.route.dimse": ("DICOM", "DICOM"),
    "sessions.route.other": ("Pintu lain", "Another door"),
    "staff_sessions.title": ("Sesi yang terbuka", "Open sessions"),
    "staff_sessions.lead": (
        "Semua yang sedang masuk di {hospital}. Mengakhiri sesi tercatat di log bukti.",
        "Everybody who is signed in at {hospital}. Ending a session is logged.",
    ),
    "staff_sessions.empty": ("Tidak ada sesi yang terbuka.", "There is no open session."),
    "sign_in.or": ("atau", "or"),
    "sign_in.providers": ("Masuk lewat penyedia", "Sign in through a provider"),
    "sign_in.onward": ("Melanjutkan …", "Going on …"),
    "sign_in.onward.link": ("Lanjutkan", "Continue"),
    "signed_out.title": ("Anda sudah keluar", "You are signed out"),
    "signed_out.text": (
        "Anda keluar dari Segel, tetapi masih masuk di {provider}. Di komputer bersama, keluarlah"
        " di sana juga.",
        "You are signed out of Segel, but still signed in at {provider}. On a shared computer,"
        " sign out there too.",
    ),
    "signed_out.there": ("Keluar juga dari {provider}", "Sign out of {provider} too"),
    "signed_out.again": ("Masuk lagi", "Sign in again"),
    "openid.cancelled.title": ("Belum masuk", "Not signed in"),
    "openid.cancelled.text": (
        "Penyedia tidak memasukkan Anda, atau Anda membatalkannya.",
        "The provider did not sign you in, or you cancelled.",
    ),
    "openid.away.title": ("Penyedia tidak menjawab", "The provider does not answer"),
    "openid.away.text": (
        "Coba lagi nanti, atau masuklah dengan kunci sandi.",
        "Try again later, or sign in with a passkey.",
    ),
    "openid.failed.title": ("Tidak dapat masuk", "Sign-in failed"),
    "openid.failed.text": (
        "Jawaban penyedia tidak dapat diverifikasi, atau terlalu lama. Mulai lagi dari awal.",
        "The provider's answer could not be verified, or came too late. Begin again.",
    ),
    "openid.unlinked.title": ("Akun belum ditautkan", "No account is linked"),
    "openid.unlinked.text": (
        "Tidak ada akun di sini yang ditautkan dengan Anda di penyedia itu. Masuklah dengan kunci"
        " sandi dan tautkan di halaman akun, atau minta operator menautkannya.",
        "No account here is linked to you at that provider. Sign in with a passkey and link it on"
        " the account page, or ask the operator to link it.",
    ),
    "error.too-many-attempts.title": ("Terlalu banyak percobaan", "Too many attempts"),
    "error.too-many-attempts.text": (
        "Dari jaringan ini terlalu sering dicoba masuk. Coba lagi dalam sekitar {wait}.",
        "There were too many attempts from this network. Try again in about {wait}.",
    ),
    "error.account-unknown.title": ("Sesi sudah berakhir", "The session has ended"),
    "error.account-unknown.text": (
        "Sesi itu tidak terbuka lagi. Muat ulang halamannya.",
        "That session is not open any more. Load the page again.",
    ),
}
