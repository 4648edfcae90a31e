"""Each reason in words, for the person at the gate and the holder: Indonesian and English."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from segel.cards.reasons import Outcome, Reason, Remark


class Language(StrEnum):
    """The languages of the words."""

    ID = "id"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """What is so, and what to do about it (empty: nothing)."""

    what: str
    remedy: str = ""


Pair = tuple[str, str]
"""English, Indonesian."""

_NOTHING: Final[Pair] = ("", "")
_SCAN: Final[Pair] = (
    "Scan it again, straight, in good light and without glare.",
    "Pindai lagi, tegak lurus, cukup terang dan tanpa pantulan.",
)
_OTHER: Final[Pair] = (
    "Ask for the QR code of the certificate itself.",
    "Mintalah kode QR dari sertifikatnya sendiri.",
)
_REISSUE: Final[Pair] = (
    "The holder asks the issuer for a new card.",
    "Pemegang meminta kartu baru kepada penerbit.",
)
_DECLINE: Final[Pair] = (
    "Do not accept it; the holder may turn to the issuer.",
    "Jangan diterima; pemegang dapat menghubungi penerbit.",
)
_UPDATE: Final[Pair] = (
    "Update the list of trusted issuers; if it is current, do not accept the card.",
    "Perbarui daftar penerbit tepercaya; jika sudah terbaru, jangan terima kartunya.",
)
_CLOCK: Final[Pair] = (
    "Check this device's date and time.",
    "Periksa tanggal dan jam perangkat ini.",
)
_CHUNKS: Final[Pair] = (
    "Scan all codes of this card, each once.",
    "Pindai semua kode kartu ini, masing-masing sekali.",
)
_FILE: Final[Pair] = (
    "Give a picture (PNG or JPEG), or text with one card a line.",
    "Berikan gambar (PNG atau JPEG), atau teks dengan satu kartu per baris.",
)
_REVOCATIONS: Final[Pair] = (
    "Update the revocation lists.",
    "Perbarui daftar pencabutan.",
)

_FETCH: Final[Pair] = (
    "Fetch the lists again from whoever publishes them.",
    "Ambil lagi daftar dari penerbitnya.",
)
_TELL: Final[Pair] = (
    "Tell whoever publishes the lists.",
    "Beri tahu penerbit daftar.",
)
_PIN: Final[Pair] = (
    "Do not use it. If the list key was changed, set up its new thumbprint, from its owner.",
    "Jangan dipakai. Jika kunci daftar diganti, pasang sidik kunci baru dari pemiliknya.",
)

_REASONS: Final[dict[Reason, tuple[str, str, Pair]]] = {
    Reason.VALID: ("The card is genuine.", "Kartu ini asli.", _NOTHING),
    Reason.LISTS_MISSING: (
        "A list that this verifier needs is not here.",
        "Daftar yang diperlukan pemeriksa ini belum ada.", _FETCH,
    ),
    Reason.LISTS_TOO_LARGE: (
        "The list is larger than any may be.",
        "Daftar lebih besar daripada yang diizinkan.", _TELL,
    ),
    Reason.LISTS_STRUCTURE: (
        "The list is not a signed list (compact JWS).",
        "Ini bukan daftar bertanda tangan (JWS ringkas).", _FETCH,
    ),
    Reason.LISTS_HEADER: (
        "The list's header has not exactly alg, typ and jwk.",
        "Kepala daftar tidak tepat berisi alg, typ, dan jwk.", _TELL,
    ),
    Reason.LISTS_ALGORITHM: (
        "The list is signed in another way than ES256.",
        "Daftar ditandatangani dengan cara selain ES256.", _TELL,
    ),
    Reason.LISTS_TYPE: (
        "The list is of another kind than the one that belongs here.",
        "Jenis daftar bukan yang seharusnya di sini.", _FETCH,
    ),
    Reason.LISTS_KEY: (
        "The list's key is no public key of P-256.",
        "Kunci daftar bukan kunci publik P-256.", _TELL,
    ),
    Reason.LISTS_KEY_UNKNOWN: (
        "The list is signed with a key that this verifier was not set up with.",
        "Daftar ditandatangani dengan kunci yang tidak dipasang pada pemeriksa ini.", _PIN,
    ),
    Reason.LISTS_SIGNATURE: (
        "The list's signature is wrong: it was changed, or is cut off.",
        "Tanda tangan daftar salah: daftar diubah atau terpotong.", _FETCH,
    ),
    Reason.LISTS_NOT_JSON: (
        "The list's content is not a JSON object.",
        "Isi daftar bukan objek JSON.", _TELL,
    ),
    Reason.LISTS_TOO_DEEP: (
        "The list's content is nested too deeply.",
        "Isi daftar bersarang terlalu dalam.", _TELL,
    ),
    Reason.LISTS_DUPLICATE_KEY: (
        "The list says the same thing twice (a duplicate key).",
        "Daftar menyebut hal yang sama dua kali (kunci ganda).", _TELL,
    ),
    Reason.LISTS_CONTENT: (
        "The list lacks something, or has it in a wrong form.",
        "Daftar tidak lengkap, atau ada yang salah bentuk.", _TELL,
    ),
    Reason.LISTS_TIMES: (
        "The list expires before it was issued.",
        "Daftar kedaluwarsa sebelum diterbitkan.", _TELL,
    ),
    Reason.LISTS_OLDER: (
        "The list is older than one that this verifier had.",
        "Daftar lebih lama daripada yang pernah ada pada pemeriksa ini.", _FETCH,
    ),
    Reason.LISTS_NOT_YET_VALID: (
        "The list was issued after this device's time.",
        "Daftar diterbitkan setelah waktu perangkat ini.", _CLOCK,
    ),
    Reason.LISTS_EXPIRED: (
        "The lists have expired; no card can be judged with them.",
        "Daftar sudah kedaluwarsa; tidak ada kartu yang dapat dinilai dengannya.", _FETCH,
    ),
    Reason.PICTURE_UNREADABLE: (
        "The picture cannot be read.", "Gambar tidak dapat dibaca.", _FILE,
    ),
    Reason.PICTURE_TOO_LARGE: (
        "The picture is too large.", "Gambar terlalu besar.", _FILE,
    ),
    Reason.PICTURE_WITHOUT_QR: (
        "No readable QR code is in the picture.",
        "Tidak ada kode QR yang terbaca pada gambar.", _SCAN,
    ),
    Reason.QR_VERSION: (
        "The QR code is larger than a health card's may be (version 22).",
        "Kode QR lebih besar daripada yang diizinkan untuk kartu kesehatan (versi 22).", _REISSUE,
    ),
    Reason.TEXT_EMPTY: ("There is nothing to read.", "Tidak ada yang dapat dibaca.", _SCAN),
    Reason.TEXT_TOO_LONG: (
        "It is longer than any card.", "Lebih panjang daripada kartu mana pun.", _OTHER,
    ),
    Reason.TEXT_NOT_UTF8: ("It is not text.", "Ini bukan teks.", _FILE),
    Reason.TEXT_SURROUNDED: (
        "Something stands before or behind the card's text.",
        "Ada sesuatu di depan atau di belakang teks kartu.", _SCAN,
    ),
    Reason.PREFIX_MISSING: (
        "This is not a health card: it does not begin as one.",
        "Ini bukan kartu kesehatan: awalannya berbeda.", _OTHER,
    ),
    Reason.PREFIX_UNKNOWN: (
        "This is a kind of certificate that is not known here.",
        "Jenis sertifikat ini tidak dikenal di sini.", _OTHER,
    ),
    Reason.IS_A_LINK: (
        "This is a link to documents, not a card.",
        "Ini tautan ke dokumen, bukan kartu.", _OTHER,
    ),
    Reason.BASE45_CHARACTER: (
        "The text has a character that Base45 does not have.",
        "Teks memuat karakter yang tidak ada dalam Base45.", _SCAN,
    ),
    Reason.BASE45_LENGTH: (
        "The Base45 text is cut off.", "Teks Base45 terpotong.", _SCAN,
    ),
    Reason.BASE45_VALUE: (
        "The Base45 text has a group that stands for no bytes.",
        "Teks Base45 memuat kelompok yang tidak bermakna.", _SCAN,
    ),
    Reason.DIGITS_CHARACTER: (
        "Something else than digits stands in the card's digits.",
        "Ada selain angka di antara angka kartu.", _SCAN,
    ),
    Reason.DIGITS_ODD: (
        "The number of digits is odd: one is lost.",
        "Jumlah angka ganjil: ada yang hilang.", _SCAN,
    ),
    Reason.DIGITS_VALUE: (
        "A pair of digits stands for no character.",
        "Ada pasangan angka yang tidak bermakna.", _SCAN,
    ),
    Reason.CHUNK_MISSING: (
        "This is one of several codes of a card; others are missing.",
        "Ini satu dari beberapa kode sebuah kartu; yang lain belum ada.", _CHUNKS,
    ),
    Reason.CHUNK_NUMBER: (
        "The code says to be a part that there cannot be.",
        "Kode mengaku sebagai bagian yang tidak mungkin ada.", _REISSUE,
    ),
    Reason.CHUNK_ALONE: (
        "The code says to be a part of one; such a card has no part numbers.",
        "Kode mengaku bagian dari satu; kartu seperti itu tidak bernomor bagian.", _REISSUE,
    ),
    Reason.CHUNK_CONFLICT: (
        "The codes do not belong together, or one was scanned twice.",
        "Kode-kode tidak sekelompok, atau ada yang dipindai dua kali.", _CHUNKS,
    ),
    Reason.CHUNK_TOO_LONG: (
        "The code is longer than a health card's may be (1195 characters, a part 1191).",
        "Kode lebih panjang daripada yang diizinkan (1195 karakter, per bagian 1191).", _REISSUE,
    ),
    Reason.CHUNK_UNBALANCED: (
        "The card is split into more codes than it needs.",
        "Kartu dibagi menjadi lebih banyak kode daripada yang perlu.", _REISSUE,
    ),
    Reason.BASE64URL: (
        "The card has a character that base64url does not have.",
        "Kartu memuat karakter yang tidak ada dalam base64url.", _SCAN,
    ),
    Reason.COMPRESSION_MISSING: (
        "The content is not compressed as the standard demands.",
        "Isi tidak dimampatkan sesuai standar.", _REISSUE,
    ),
    Reason.COMPRESSION_BROKEN: (
        "The compressed content is broken.", "Isi yang dimampatkan rusak.", _SCAN,
    ),
    Reason.COMPRESSION_TRUNCATED: (
        "The compressed content is cut off.", "Isi yang dimampatkan terpotong.", _SCAN,
    ),
    Reason.COMPRESSION_TRAILING: (
        "Something stands behind the compressed content.",
        "Ada sesuatu di belakang isi yang dimampatkan.", _DECLINE,
    ),
    Reason.COMPRESSION_DICTIONARY: (
        "The content is compressed with a dictionary, which is not allowed.",
        "Isi dimampatkan dengan kamus; hal itu tidak diizinkan.", _DECLINE,
    ),
    Reason.COMPRESSION_TOO_LARGE: (
        "The content swells to more than 64 KiB.",
        "Isi mengembang hingga lebih dari 64 KiB.", _DECLINE,
    ),
    Reason.CBOR_BROKEN: (
        "The content is not well-formed CBOR.", "Isi bukan CBOR yang sah.", _REISSUE,
    ),
    Reason.CBOR_TRUNCATED: ("The CBOR content is cut off.", "Isi CBOR terpotong.", _REISSUE),
    Reason.CBOR_TRAILING: (
        "Something stands behind the CBOR content.",
        "Ada sesuatu di belakang isi CBOR.", _DECLINE,
    ),
    Reason.CBOR_TOO_DEEP: (
        "The content is nested too deeply.", "Isi bersarang terlalu dalam.", _DECLINE,
    ),
    Reason.CBOR_DUPLICATE_KEY: (
        "The content says the same thing twice (a duplicate key).",
        "Isi menyebut hal yang sama dua kali (kunci ganda).", _DECLINE,
    ),
    Reason.CBOR_TAG: (
        "The content has a CBOR tag that is not allowed.",
        "Isi memuat tag CBOR yang tidak diizinkan.", _DECLINE,
    ),
    Reason.COSE_STRUCTURE: (
        "It is not a signed message (COSE_Sign1).",
        "Ini bukan pesan bertanda tangan (COSE_Sign1).", _REISSUE,
    ),
    Reason.CLAIMS_STRUCTURE: (
        "The signed content is not a set of claims (CWT).",
        "Isi yang ditandatangani bukan kumpulan klaim (CWT).", _REISSUE,
    ),
    Reason.CLAIM_TYPE: (
        "A claim is of a wrong type.", "Sebuah klaim berjenis keliru.", _REISSUE,
    ),
    Reason.CERTIFICATE_MISSING: (
        "No health certificate is in it.", "Tidak ada sertifikat kesehatan di dalamnya.", _REISSUE,
    ),
    Reason.VENUE_MISSING: (
        "This is a card, and no venue pass.",
        "Ini kartu, bukan pas masuk.",
        (
            "Ask for a pass; a travel card is checked as a card.",
            "Mintalah pas masuk; kartu perjalanan diperiksa sebagai kartu.",
        ),
    ),
    Reason.VENUE_STRUCTURE: (
        "The pass says more or less than a pass may.",
        "Pas ini berisi lebih atau kurang daripada yang semestinya.", _DECLINE,
    ),
    Reason.VENUE_KEY: (
        "The holder's key in the pass is no key.",
        "Kunci pemegang di dalam pas bukan kunci.", _DECLINE,
    ),
    Reason.ANSWER_STRUCTURE: (
        "The code is not the answer of a pass.",
        "Kode ini bukan jawaban sebuah pas.",
        (
            "Have the holder scan the gate's code, and scan what is shown then.",
            "Minta pemegang memindai kode pintu, lalu pindai yang ditampilkan.",
        ),
    ),
    Reason.JWS_STRUCTURE: (
        "It is not a signed message (compact JWS).",
        "Ini bukan pesan bertanda tangan (JWS ringkas).", _REISSUE,
    ),
    Reason.PAYLOAD_BOM: (
        "The content begins with a byte-order mark.",
        "Isi diawali tanda urutan bita.", _REISSUE,
    ),
    Reason.PAYLOAD_NOT_JSON: (
        "The content is not a JSON object.", "Isi bukan objek JSON.", _REISSUE,
    ),
    Reason.PAYLOAD_TOO_DEEP: (
        "The content is nested too deeply.", "Isi bersarang terlalu dalam.", _DECLINE,
    ),
    Reason.PAYLOAD_DUPLICATE_KEY: (
        "The content says the same thing twice (a duplicate key).",
        "Isi menyebut hal yang sama dua kali (kunci ganda).", _DECLINE,
    ),
    Reason.PAYLOAD_NOT_MINIFIED: (
        "The content has spaces that a health card must not have.",
        "Isi memuat spasi yang tidak boleh ada pada kartu kesehatan.", _REISSUE,
    ),
    Reason.ALGORITHM_MISSING: (
        "The card does not say how it is signed.",
        "Kartu tidak menyebut cara penandatanganannya.", _DECLINE,
    ),
    Reason.ALGORITHM_UNPROTECTED: (
        "How the card is signed stands where anybody could change it.",
        "Cara penandatanganan tertulis di tempat yang dapat diubah siapa saja.", _DECLINE,
    ),
    Reason.ALGORITHM_UNSUPPORTED: (
        "The card is signed in a way that is not allowed.",
        "Kartu ditandatangani dengan cara yang tidak diizinkan.", _DECLINE,
    ),
    Reason.KEY_ID_MISSING: (
        "The card does not say with which key it is signed.",
        "Kartu tidak menyebut kunci penandatangannya.", _DECLINE,
    ),
    Reason.KEY_ID_UNPROTECTED: (
        "The key's id stands where anybody could change it.",
        "Pengenal kunci tertulis di tempat yang dapat diubah siapa saja.", _DECLINE,
    ),
    Reason.KEY_ID_FORM: (
        "The key's id has not the form that the standard demands.",
        "Bentuk pengenal kunci tidak sesuai standar.", _DECLINE,
    ),
    Reason.HEADER_CRITICAL: (
        "The card demands an extension that is not known here.",
        "Kartu menuntut perluasan yang tidak dikenal di sini.", _DECLINE,
    ),
    Reason.ISSUER_NOT_HTTPS: (
        "The issuer's address is not one of https.",
        "Alamat penerbit bukan alamat https.", _REISSUE,
    ),
    Reason.ISSUER_SLASH: (
        "The issuer's address ends with a slash.",
        "Alamat penerbit berakhir dengan garis miring.", _REISSUE,
    ),
    Reason.ISSUER_UNKNOWN: (
        "The issuer is not on the list of trusted issuers.",
        "Penerbit tidak ada dalam daftar penerbit tepercaya.", _UPDATE,
    ),
    Reason.ISSUER_MISMATCH: (
        "The key belongs to another issuer than the one the card names.",
        "Kunci milik penerbit lain daripada yang disebut kartu.", _DECLINE,
    ),
    Reason.KEY_UNKNOWN: (
        "The signing key is not on the list of trusted keys.",
        "Kunci penandatangan tidak ada dalam daftar kunci tepercaya.", _UPDATE,
    ),
    Reason.KEY_MISMATCH: (
        "The trusted key is not of the kind that the card says it is signed with.",
        "Kunci tepercaya tidak sejenis dengan yang disebut kartu.", _DECLINE,
    ),
    Reason.SIGNATURE_DER: (
        "The signature is written in DER, which is not allowed here.",
        "Tanda tangan ditulis dalam DER; hal itu tidak diizinkan.", _DECLINE,
    ),
    Reason.SIGNATURE_LENGTH: (
        "The signature has a wrong length.", "Panjang tanda tangan keliru.", _DECLINE,
    ),
    Reason.SIGNATURE_WRONG: (
        "The signature is wrong: the card was changed, or is not the issuer's.",
        "Tanda tangan salah: kartu diubah, atau bukan dari penerbit.", _DECLINE,
    ),
    Reason.ANSWER_MISSING: (
        "The pass is genuine, and nothing shows that it is this holder's: it may be a copy.",
        "Pas ini asli, tetapi tidak terbukti milik pembawanya: mungkin salinan.",
        (
            "Have the holder answer the gate's code, or accept paper passes where that is allowed.",
            "Minta pemegang menjawab kode pintu, atau terima pas kertas jika diizinkan.",
        ),
    ),
    Reason.ANSWER_WRONG: (
        "The answer is not to the code that this gate shows: a copy, or an old one.",
        "Jawaban bukan untuk kode pintu ini: salinan, atau sudah lama.",
        (
            "Have the holder scan the gate's code again.",
            "Minta pemegang memindai lagi kode pintu.",
        ),
    ),
    Reason.USAGE_MISMATCH: (
        "The signer may not issue this kind of certificate.",
        "Penandatangan tidak berwenang menerbitkan jenis sertifikat ini.", _DECLINE,
    ),
    Reason.SCHEMA_VERSION: (
        "The certificate is of a version that is not known here.",
        "Versi sertifikat tidak dikenal di sini.", _REISSUE,
    ),
    Reason.SCHEMA: (
        "The certificate lacks something, or has it in a wrong form.",
        "Sertifikat tidak lengkap, atau ada yang salah bentuk.", _REISSUE,
    ),
    Reason.SCHEMA_DATE: (
        "A date or time cannot be read.", "Sebuah tanggal atau jam tidak terbaca.", _REISSUE,
    ),
    Reason.NO_ENTRY: (
        "Neither a test nor a vaccination nor a recovery is in it.",
        "Tidak ada tes, vaksinasi, atau kesembuhan di dalamnya.", _REISSUE,
    ),
    Reason.SEVERAL_ENTRIES: (
        "More than one entry is in it; exactly one is allowed.",
        "Ada lebih dari satu catatan; hanya satu yang diizinkan.", _REISSUE,
    ),
    Reason.VALUE_UNKNOWN: (
        "A code is in none of the published lists.",
        "Sebuah kode tidak ada dalam daftar yang diterbitkan.", _REISSUE,
    ),
    Reason.VC_MISSING: (
        "No verifiable credential is in it.",
        "Tidak ada kredensial di dalamnya.", _REISSUE,
    ),
    Reason.VC_TYPE_MISSING: (
        "It does not say to be a health card.",
        "Tidak menyatakan diri sebagai kartu kesehatan.", _REISSUE,
    ),
    Reason.BUNDLE_SHAPE: (
        "The records in it have not the shape that a health card demands.",
        "Bentuk rekam medis di dalamnya tidak sesuai kartu kesehatan.", _REISSUE,
    ),
    Reason.BUNDLE_META: (
        "A record in it carries metadata that a health card must not have.",
        "Rekam medis di dalamnya memuat metadata yang tidak diizinkan.", _REISSUE,
    ),
    Reason.BUNDLE_REFERENCE: (
        "A record in it points to something that is not in the card.",
        "Rekam medis di dalamnya merujuk ke sesuatu di luar kartu.", _REISSUE,
    ),
    Reason.BUNDLE_EMPTY_VALUE: (
        "A record in it has an empty value.",
        "Rekam medis di dalamnya memuat nilai kosong.", _REISSUE,
    ),
    Reason.BUNDLE_RECORD: (
        "A record in it is not valid FHIR.",
        "Rekam medis di dalamnya bukan FHIR yang sah.", _REISSUE,
    ),
    Reason.VENUE_NOT_FIT: (
        "The pass does not say that its holder is fit.",
        "Pas tidak menyatakan pemegangnya layak masuk.", _DECLINE,
    ),
    Reason.START_MISSING: (
        "The card does not say since when it holds.",
        "Kartu tidak menyebut mulai berlakunya.", _REISSUE,
    ),
    Reason.END_MISSING: (
        "The card does not say until when it holds.",
        "Kartu tidak menyebut akhir berlakunya.", _REISSUE,
    ),
    Reason.TIME_MILLISECONDS: (
        "A time is written in milliseconds instead of seconds.",
        "Sebuah waktu ditulis dalam milidetik, bukan detik.", _REISSUE,
    ),
    Reason.ENDS_BEFORE_START: (
        "The card ends before it begins.", "Kartu berakhir sebelum mulai berlaku.", _REISSUE,
    ),
    Reason.NOT_YET_VALID: (
        "The card is not valid yet.", "Kartu belum berlaku.", _CLOCK,
    ),
    Reason.EXPIRED: ("The card has expired.", "Kartu sudah kedaluwarsa.", _REISSUE),
    Reason.VENUE_TOO_LONG: (
        "The pass holds for more than a day, or not to a full hour: it could be told from others.",
        "Pas berlaku lebih dari sehari, atau tidak sampai jam penuh: dapat dibedakan dari lainnya.",
        _DECLINE,
    ),
    Reason.SIGNER_NOT_YET_VALID: (
        "The signer's certificate is not valid yet.",
        "Sertifikat penandatangan belum berlaku.", _CLOCK,
    ),
    Reason.SIGNER_EXPIRED: (
        "The signer's certificate has expired.",
        "Sertifikat penandatangan sudah kedaluwarsa.", _REISSUE,
    ),
    Reason.RID_FORM: (
        "The card's revocation id has not the form that the standard demands.",
        "Bentuk pengenal pencabutan kartu tidak sesuai standar.", _REISSUE,
    ),
    Reason.REVOCATIONS_MISSING: (
        "The issuer revokes cards, and its current revocation list is not here.",
        "Penerbit mencabut kartu, dan daftar pencabutan terbarunya tidak ada di sini.",
        _REVOCATIONS,
    ),
    Reason.REVOCATIONS_OUTDATED: (
        "The issuer's revocation list is of another edition than its key says.",
        "Edisi daftar pencabutan penerbit berbeda dari yang disebut kuncinya.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_KEY: (
        "The issuer's revocation list is of another key.",
        "Daftar pencabutan penerbit milik kunci lain.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_METHOD: (
        "The issuer's revocation list uses a method that is not known here.",
        "Daftar pencabutan penerbit memakai cara yang tidak dikenal di sini.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_SHAPE: (
        "The issuer's revocation list cannot be read.",
        "Daftar pencabutan penerbit tidak dapat dibaca.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_RID_FORM: (
        "The issuer's revocation list has an id in a wrong form.",
        "Daftar pencabutan penerbit memuat pengenal yang salah bentuk.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_RID_LENGTH: (
        "The issuer's revocation list has an id that is too long.",
        "Daftar pencabutan penerbit memuat pengenal yang terlalu panjang.", _REVOCATIONS,
    ),
    Reason.REVOCATIONS_RID_TWICE: (
        "The issuer's revocation list has an id twice.",
        "Daftar pencabutan penerbit memuat pengenal yang sama dua kali.", _REVOCATIONS,
    ),
    Reason.REVOKED: ("The card has been revoked.", "Kartu telah dicabut.", _DECLINE),
}  # fmt: skip

_REMARKS: Final[dict[Remark, Pair]] = {
    Remark.RESULT_DETECTED: (
        "The test found the virus.", "Tes menemukan virus.",
    ),
    Remark.VALUE_UNLISTED: (
        "A name in it is in none of the published lists.",
        "Sebuah nama di dalamnya tidak ada dalam daftar yang diterbitkan.",
    ),
    Remark.KEY_ID_UNPROTECTED: (
        "The key's id is not covered by the signature.",
        "Pengenal kunci tidak tercakup tanda tangan.",
    ),
    Remark.SCHEMA_OLD: (
        "The certificate is of an older schema.", "Sertifikat memakai skema lama.",
    ),
    Remark.TYPES_INCOMPLETE: (
        "The card does not name all that it has in its types.",
        "Kartu tidak menyebut semua isinya pada jenisnya.",
    ),
    Remark.BUNDLE_PROSE: (
        "Records in it carry ids or prose that a QR card should leave out.",
        "Rekam medis di dalamnya memuat pengenal atau teks yang seharusnya ditinggalkan.",
    ),
    Remark.CHUNKED: (
        "The card is split over several codes, a form that was retired.",
        "Kartu dibagi dalam beberapa kode; bentuk ini sudah tidak dipakai.",
    ),
    Remark.LISTS_AGEING: (
        "The lists are past half of their life: fetch them again soon.",
        "Daftar sudah melewati separuh masa berlakunya: segera ambil lagi.",
    ),
    Remark.VENUE_COPYABLE: (
        "A pass on paper: who copies it can use it, and all who scan it see the same code.",
        "Pas kertas: siapa yang menyalinnya dapat memakainya; semua pemindai melihat kode sama.",
    ),
}  # fmt: skip

_OUTCOMES: Final[dict[Outcome, tuple[str, str, Pair]]] = {
    Outcome.FIT: ("The rules are met.", "Semua aturan terpenuhi.", _NOTHING),
    Outcome.NOT_FIT: (
        "The card is genuine, and the rules are not met.",
        "Kartu ini asli, tetapi aturan tidak terpenuhi.",
        (
            "Tell the holder which rule it is.",
            "Beri tahu pemegang aturan yang tidak terpenuhi.",
        ),
    ),
    Outcome.NO_RULE: (
        "The rules do not speak of this kind of card.",
        "Aturan tidak mengatur jenis kartu ini.",
        (
            "Ask for another card, or decide by hand as your office says.",
            "Mintalah kartu lain, atau putuskan sendiri sesuai ketentuan kantor.",
        ),
    ),
    Outcome.NOT_EVALUATED: (
        "A rule could not be applied to this card.",
        "Ada aturan yang tidak dapat diterapkan pada kartu ini.",
        (
            "Decide by hand as your office says, and tell whoever publishes the rules.",
            "Putuskan sendiri sesuai ketentuan kantor, dan beri tahu penerbit aturan.",
        ),
    ),
}


def words_of(reason: Reason, language: Language) -> Words:
    """A reason in words."""
    english, indonesian, remedy = _REASONS[reason]
    return Words(_in(language, (english, indonesian)), _in(language, remedy))


def remark_of(remark: Remark, language: Language) -> str:
    """A remark in words."""
    return _in(language, _REMARKS[remark])


def outcome_of(outcome: Outcome, language: Language) -> Words:
    """What a set of rules says, in words."""
    english, indonesian, remedy = _OUTCOMES[outcome]
    return Words(_in(language, (english, indonesian)), _in(language, remedy))


def _in(language: Language, pair: Pair) -> str:
    return pair[0] if language is Language.EN else pair[1]
