"""Who a record is about, as far as an image or a registration says it."""

from typing import Final

import msgspec

PHONES_MAX: Final = 2
"""Phone numbers that somebody is found by: their own, and another at home."""


class PatientIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """The identifying attributes of one patient; '' where the source says nothing.

    ``patient_id`` and ``issuer`` are (0010,0020) and (0010,0021); ``nik`` is the 16-digit national
    number, ``passport`` and ``health_number`` (the national platform's) no image carries; ``name``
    the alphabetic group of (0010,0010); ``birth_date`` is YYYYMMDD; ``sex`` is M, F or O.
    ``birth_order`` tells children apart who were born together, 0 where nothing is said of it.
    ``family_card``, ``mothers_nik`` and ``phones`` others may share: they find, and name nobody.
    """

    patient_id: str = ""
    issuer: str = ""
    nik: str = ""
    name: str = ""
    birth_date: str = ""
    sex: str = ""
    passport: str = ""
    health_number: str = ""
    family_card: str = ""
    mothers_nik: str = ""
    phones: tuple[str, ...] = ()
    birth_order: int = 0
