"""The parts of a patient's record: which FHIR types there are, and what is done with them."""

from enum import StrEnum
from typing import Final

PATIENT: Final = "Patient"
CONSENT: Final = "Consent"
BINARY: Final = "Binary"

CHART_TYPES: Final = (
    PATIENT,
    "Encounter",
    "ServiceRequest",
    "DiagnosticReport",
    "Observation",
    "Specimen",
    "Immunization",
    CONSENT,
    "DocumentReference",
    "Provenance",
    BINARY,
)
"""Types of resources that are about one patient each. Of each type a patient has a folder of its
own: its key opens nothing of another type. ImagingStudy is not among them: it is made of the
studies themselves."""


SENT: Final = "sent"
"""What was sent of a patient to the national platform. It lies beside the chart's folders, under a
key of its own, and is no type of resource."""

CARDS: Final = "cards"
"""The cards that were made for a patient, and whether they agreed to have them made. It lies beside
the chart's folders, under a key of its own, and is no type of resource: the broker alone opens
it."""

LINKED: Final = "linked"
"""What a patient shares by links. It lies beside the chart's folders, under a key of its own, and
is no type of resource."""

ORGANIZATION: Final = "Organization"
STAFF_TYPES: Final = ("Practitioner", "PractitionerRole")
"""Types that are made of the register: hospitals and departments, and who works in them."""

SUBSCRIPTION: Final = "Subscription"
"""What a hospital's system wants to be told of. It is about no patient."""

SUBSCRIBABLE: Final = (
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "ImagingStudy",
    "Immunization",
    "Observation",
    "ServiceRequest",
    "Specimen",
)
"""Types that a subscription may be to: what happens to patients. Not who they are or what they
decided (Patient, Consent), nor what only comes with something else (Provenance, Binary)."""

AUDIT_EVENT: Final = "AuditEvent"
"""Made of the log's entries."""


class Interaction(StrEnum):
    """What is done with a resource, by the letter that SMART scopes have for it."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


WRITES: Final = frozenset({Interaction.CREATE, Interaction.UPDATE, Interaction.DELETE})
