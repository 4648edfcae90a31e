"""What the names of columns say, in Indonesian and English, and whether a first row is of names."""

import re
from collections.abc import Sequence
from typing import Final

from segel.leaks.model import ColumnKind

_K: Final = ColumnKind
_NAMED: Final[tuple[tuple[str, ColumnKind], ...]] = (
    (r"no_?kk|kk|kartu_keluarga|nomor_kk|family_?card", _K.FAMILY_CARD),
    (r"(no_?|nomor_?)?(nik|ktp|e_?ktp)|nik_\w+|\w+_nik|no_identitas|national_id|id_?card(_no)?",
     _K.NIK),
    (r"(no_?|nomor_?)?(passport|paspor)(_no|_number)?", _K.PASSPORT),
    (r"(no_?)?ihs(_number|_id)?|satusehat_id|patient_ihs\w*", _K.HEALTH_NUMBER),
    (r"(no_?|nomor_?)?(rm|rekam_?medi[sk]|med_?rec|medrec|mrn|norm|mr)(_no|_number|_pasien)?"
     r"|medical_record(_no|_number)?|patient_?id|id_pasien|pasien_id", _K.MEDICAL_RECORD),
    (r"(no_?|nomor_?)?(hp|telp|telepon|telpon|handphone|phone|mobile|wa|whatsapp|tlp|kontak|cell)"
     r"(_?(no|number|pasien|rumah))?|no_?(hp|telp|tlp)\w*|phone\w*|telecom\w*value", _K.PHONE),
    (r"e_?mail\w*|surel", _K.EMAIL),
    (r"tgl_?lahir|tanggal_?lahir|tgl_?lhr|birth_?date|dob|date_of_birth|birthday|birthdate\w*|lahir"
     r"|patientbirthdate", _K.BIRTH_DATE),
    (r"jenis_?kelamin|jk|jns_?kelamin|kelamin|sex|gender|l_?p|patientsex|sexe", _K.SEX),
    (r"(rs|rumah_?sakit|hospital|faskes|fasyankes|puskesmas|institution|klinik|provider)"
     r"(_?(nama|name|id|kode|code|asal))?|(nama|kode|asal)_?(rs|rumah_?sakit|faskes|hospital)"
     r"|institutionname|kode_?(ppk|rs)", _K.HOSPITAL),
    (r"(no_?)?accession(_?(no|number))?|acsn|no_?foto|no_?(pemeriksaan|lab|order)|order_no",
     _K.ACCESSION),
    (r"study_?(instance_?)?uid", _K.STUDY_UID),
    (r"series_?(instance_?)?uid", _K.SERIES_UID),
    (r"(sop_?|image_?)?instance_?uid|sop_?uid", _K.INSTANCE_UID),
    (r"modalit(y|as|ies)(_in_study)?", _K.MODALITY),
    (r"alamat\w*|address\w*|addr|domisili|jalan|street", _K.ADDRESS),
    (r"nama(_?(lengkap|pasien|penduduk|pemilik|depan|belakang|lkp))?|nm_?(pasien|lengkap)|pasien"
     r"|name|full_?name|(patient|person|first|last|given|family)_?name|patient|name_\w*(text|family"
     r"|given)\w*", _K.NAME),
    (r"(tgl|tanggal|waktu|date|time|jam)_?(periksa|pemeriksaan|kunjungan|masuk|daftar|test|tes|lab"
     r"|vaksin\w*|hasil|exam|visit|sampel|swab|order|rilis|input)\w*|(study|visit|exam|test|created"
     r"|collected|sample|result|order|admission|event|updated)_?(date|time|at)(_?time)?"
     r"|effectivedatetime|issued|tanggal|tgl|waktu|timestamp|date|datetime", _K.EVENT_TIME),
    (r"(nama_?|jenis_?|kode_?)?(pemeriksaan|tes|test|loinc|vaksin\w*)(_?(name|nama|code|kode))?"
     r"|code_\w*(code|display)", _K.TEST),
    (r"(nilai_?)?hasil(_?(tes|lab|test|pemeriksaan))?|result(_?value)?|value\w*|nilai", _K.RESULT),
    (r"keterangan|catatan|note|notes|remark\w*|expertise|kesan|report\w*|deskripsi|description"
     r"|anamnes[ae]|diagnos\w*|comment\w*", _K.FREE_TEXT),
)  # fmt: skip
_PATTERNS: Final = tuple((re.compile(rf"(?:{words})\Z"), kind) for words, kind in _NAMED)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN: Final = re.compile(r"[^a-z0-9]+")
_DATA: Final = re.compile(r"\d{4,}|@|\d+[./-]\d+[./-]\d+|^[\d.,\s-]+$")
_NAME_CHARS: Final = 60


def hinted(name: str) -> ColumnKind | None:
    """What a column's name says that it holds."""
    plain = _BETWEEN.sub("_", _HUMP.sub("_", name[:_NAME_CHARS]).lower()).strip("_")
    joined = plain.replace("_", "")
    for pattern, kind in _PATTERNS:
        if pattern.match(plain) or pattern.match(joined):
            return kind
    return None


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: none of its cells looks like data, and they are known
    words, or no cell comes again below where the rows below do look like data."""
    first, below = rows[0], rows[1:]
    named = [cell.strip() for cell in first if cell.strip()]
    if not named or any(_DATA.search(cell) or len(cell) > _NAME_CHARS for cell in named):
        return False
    if any(hinted(cell) for cell in named):
        return True
    if not below or len(set(named)) < len(named):
        return False
    return any(_DATA.search(cell) for row in below[:20] for cell in row if cell.strip())
