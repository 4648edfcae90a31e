"""What the columns of a laboratory's table can be."""

from enum import StrEnum


class Field(StrEnum):
    """What a column can be."""

    NIK = "nik"
    RECORD = "record"
    PASSPORT = "passport"
    NAME = "name"
    BIRTH = "birth"
    SEX = "sex"
    SPECIMEN = "specimen"
    SPECIMEN_TYPE = "specimen-type"
    COLLECTED = "collected"
    COLLECTED_TIME = "collected-time"
    RESULTED = "resulted"
    TEST = "test"
    CODE = "code"
    RESULT = "result"
    VALUE = "value"
    UNIT = "unit"
    REFERENCE = "reference"
    CT = "ct"
    LABORATORY = "laboratory"
    DOCTOR = "doctor"
    NOTE = "note"
