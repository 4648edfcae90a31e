"""Who somebody is, as a registration desk writes it down."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Registration:
    """What a form has; '' where nothing is known.

    ``birth_date`` is ISO, whole or as far as it is known (``1990``, ``1990-02``); ``sex`` M, F or
    O; the numbers as ``identifiers.parse_number`` takes them. ``estimated``: "1" where the birth is
    somebody's guess; ``temporary``: "1" where the name only stands until the own one is known;
    ``birth_order``: "1" to "9" of children born together; ``mother``: her name, of a newborn.
    """

    name: str = field(default="", repr=False)
    birth_date: str = field(default="", repr=False)
    sex: str = ""
    nik: str = field(default="", repr=False)
    record_number: str = field(default="", repr=False)
    passport: str = field(default="", repr=False)
    health_number: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    address: str = field(default="", repr=False)
    family_card: str = field(default="", repr=False)
    mothers_nik: str = field(default="", repr=False)
    mother: str = field(default="", repr=False)
    birth_order: str = ""
    estimated: str = ""
    temporary: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A registration that is kept. ``version``: what a change is made of; 0: of images alone."""

    patient_id: UUID
    version: int
    about: Registration
