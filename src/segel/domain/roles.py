"""What an account is for. What a role may do is the broker's policy, not this list."""

from enum import StrEnum


class Role(StrEnum):
    """The roles of people and of systems."""

    CLINICIAN = "clinician"
    RADIOLOGIST = "radiologist"
    RADIOGRAPHER = "radiographer"
    RECORDS_OFFICER = "records-officer"
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    ADMINISTRATOR = "administrator"
    MODALITY = "modality"
    PATIENT = "patient"
