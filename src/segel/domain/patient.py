"""Who a record is about, as far as an image says it."""

import msgspec


class PatientIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The identifying attributes of one patient; '' where the source says nothing.

    ``patient_id`` and ``issuer`` are (0010,0020) and (0010,0021); ``nik`` is the 16-digit national
    number, ``passport`` and ``health_number`` (the national platform's) no image carries; ``name``
    the alphabetic group of (0010,0010); ``birth_date`` is YYYYMMDD; ``sex`` is M, F or O.
    """

    patient_id: str = ""
    issuer: str = ""
    nik: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    passport: str = ""
    health_number: str = ""
