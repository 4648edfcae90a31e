"""What the page of a case's answer says."""

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "answer.title": ("Jawaban", "The answer"),
    "answer.look": ("Lihat jawaban lengkap", "Look at the whole answer"),
    "answer.none": (
        "Bukti belum diperiksa. Tambahkan bukti, minta surat perintah, lalu periksa.",
        "The evidence was not examined yet. Add it, ask for a warrant, then examine it.",
    ),
    "answer.error": ("Peluang jawaban ini keliru: {odds}", "Odds that this is wrong: {odds}"),
    "answer.steps": ("Dasar jawaban", "What it rests on"),
    "answer.step.structure": ("Bentuk tabel dan kolom", "Shape of tables and columns"),
    "answer.step.identifiers": ("Nomor yang kami simpan", "Numbers that we hold"),
    "answer.step.fields": (
        "Isian lain, terutama yang hanya kami punya",
        "The other fields, above all those that only we hold",
    ),
    "answer.step.misspelt": ("Baris yang salah ketik", "Misspelt rows"),
    "answer.step.images": ("Gambar", "Images"),
    "answer.step.foreign": (
        "Data umum, milik badan lain, atau karangan",
        "Public data, another body's, or made up",
    ),
    "answer.sample": ("Isi sampel", "The sample's content"),
    "answer.files": ("Berkas", "Files"),
    "answer.rows": ("Baris", "Rows"),
    "answer.unique": ("Baris unik", "Unique rows"),
    "answer.people": ("Orang unik", "Unique people"),
    "answer.ours": ("Pasien kami", "Our patients"),
    "answer.by_chance": ("Cocok karena kebetulan", "Would match by chance"),
    "answer.beyond": (
        "Baris di luar surat perintah, yang tidak dibandingkan: {count}",
        "Rows beyond the warrant, which were not compared: {count}",
    ),
    "answer.skipped": (
        "Berkas yang tidak terbaca seluruhnya: {count}",
        "Files that were not read whole: {count}",
    ),
    "answer.extent": ("Cakupan", "Extent"),
    "answer.extent.none": (
        "Tidak ada pasien kami yang dikenali.",
        "Nobody of ours is recognised.",
    ),
    "answer.window": ("Disalin antara", "Copied between"),
    "answer.window.start": ("awal arsip", "the archive's beginning"),
    "answer.window.end": ("sekarang", "now"),
    "answer.at_once": ("sekali salin", "at one moment"),
    "answer.over_time": (
        "berangsur-angsur, atau dari beberapa salinan",
        "over some time, or of several copies",
    ),
    "answer.whole": ("Pasien kami dalam keseluruhan", "Our patients in the whole"),
    "answer.whole.estimate": (
        "kira-kira {count}, antara {low} dan {high}",
        "about {count}, between {low} and {high}",
    ),
    "answer.whole.exactly": ("{count}", "{count}"),
    "answer.whole.bounds": ("antara {low} dan {high}", "between {low} and {high}"),
    "answer.draw": ("Cara sampel diambil", "How the sample is drawn"),
    "answer.draw.even": ("tidak tampak berat sebelah", "nothing shows that it is uneven"),
    "answer.draw.corner": (
        "dari satu sudut, bukan dari keseluruhan",
        "from one corner, not from the whole",
    ),
    "answer.claim": ("Klaim penjual", "The seller's claim"),
    "answer.claim.possible": ("mungkin benar", "may be true"),
    "answer.claim.too-many": (
        "lebih banyak orang daripada isi arsip",
        "more people than the archive holds",
    ),
    "answer.claim.too-few-seen": (
        "lebih banyak orang daripada yang ditunjukkan sampel",
        "more people than the samples show",
    ),
    "answer.claim.too-large": (
        "lebih besar daripada isi arsip",
        "more bytes than the archive holds",
    ),
    "answer.claim.too-small": (
        "terlalu kecil untuk orang sebanyak itu",
        "too few bytes for so many people",
    ),
    "answer.archive": ("Isi arsip", "The archive holds"),
    "answer.archive.count": (
        "{patients} pasien, {studies} pemeriksaan",
        "{patients} patients, {studies} studies",
    ),
    "answer.hospitals": ("Menurut rumah sakit", "By hospital"),
    "answer.fields": ("Menurut isian, dalam baris", "By field, in rows"),
    "answer.origin": ("Asal", "Origin"),
    "answer.origin.named": (
        "Yang pertama cukup mungkin untuk disebut.",
        "The first is likely enough to be named.",
    ),
    "answer.origin.unnamed": (
        "Tidak ada yang dituduh: ini tempat untuk mencari.",
        "Nobody is accused: this is where to look.",
    ),
    "answer.origin.alike": (
        "{count} yang pertama tidak dapat dibedakan.",
        "The first {count} cannot be told apart.",
    ),
    "answer.origin.none": ("Tidak ada catatan yang dapat dirunut.", "No record can be traced."),
    "answer.origin.weighed": (
        "Catatan yang ditimbang: {records}. Kemungkinan: {candidates}.",
        "Records weighed: {records}. Candidates: {candidates}.",
    ),
    "answer.lead.given": (
        "dapat memberi {share} catatan; melihat {reach} pasien",
        "can have given {share} of the records; saw {reach} patients",
    ),
    "answer.lead.against": (
        "{never} tidak pernah dilihatnya; {other} hanya dalam versi lain",
        "{never} it never saw; {other} only in another version",
    ),
    "answer.lead.contain": ("Hentikan akun ini", "Contain this account"),
    "answer.lead.more": (
        "Kemungkinan lain, yang kurang mungkin: {count}",
        "Other candidates, less likely: {count}",
    ),
}
