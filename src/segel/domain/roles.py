"""What an account is for. What a role may do is the broker's policy, not this list."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """The roles of people and of systems."""

    CLINICIAN = "clinician"
    RADIOLOGIST = "radiologist"
    RADIOGRAPHER = "radiographer"
    RECORDS_OFFICER = "records-officer"
    LABORATORY = "laboratory"
    """Somebody who reports a laboratory's results, and reads nobody's record."""
    DATA_PROTECTION_OFFICER = "data-protection-officer"
    ADMINISTRATOR = "administrator"
    MODALITY = "modality"
    HOSPITAL_SYSTEM = "hospital-system"
    """A hospital's or laboratory's information system."""
    NATIONAL_PLATFORM = "national-platform"
    """Tells the national health platform what is in charts; does nothing else."""
    PORT_HEALTH_OFFICER = "port-health-officer"
    """Sees what travellers declare who arrive at a port."""
    INCIDENT_OFFICER = "incident-officer"
    """Answers whether an alleged leak is ours; opens no record for it."""
    CASE_GUEST = "case-guest"
    """A regulator or agency that is shown one case of a leak."""
    PATIENT = "patient"


SYSTEM_ROLES: Final = frozenset({Role.MODALITY, Role.HOSPITAL_SYSTEM, Role.NATIONAL_PLATFORM})
"""Roles of machines: nobody signs in as one by a passkey."""
