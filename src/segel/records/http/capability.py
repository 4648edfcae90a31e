"""What is offered at ``/fhir``, as the CapabilityStatement says it (R4 § 2.1)."""

from importlib.metadata import version
from typing import Any, Final

from segel.domain.records import AUDIT_EVENT, CHART_TYPES, PATIENT, SUBSCRIPTION
from segel.records.offering import OFFERED
from segel.records.register import REGISTER_TYPES
from segel.records.search import parameters_of

PUBLISHED: Final = "2026-11-28"
"""When the statement last changed."""

EVENTS_OPERATION: Final = (
    "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events"
)

Json = dict[str, Any]

_INTERACTIONS: Final = {
    "r": ("read", "vread", "history-instance"),
    "s": ("search-type",),
    "c": ("create",),
    "u": ("update",),
    "d": ("delete",),
}
_PATIENTS_FOUND_BY: Final = (
    "_id", "identifier", "phone", "telecom", "name", "family", "given", "birthdate", "gender",
)  # fmt: skip
_PATIENTS: Final = (
    "Found by number (identifier, phone, _id), or by name together with the birth date. What is"
    " found in a list is shortened (SUBSETTED): reading a patient shows all, and counts as opening"
    " the record."
)
_REGISTER: Final = (
    "Made of the register: hospitals and their departments, and the people of the asker's own"
    " hospital. Of other hospitals' people nothing is told."
)
_LOG: Final = (
    "Patients read what is logged about their own record, newest first; data protection officers"
    " their own hospital's entries, oldest first and without names, at the cost of an export."
    " Searches are narrowed by date and agent; a page may have less than was asked for."
)
BULK_DATA: Final = "http://hl7.org/fhir/uv/bulkdata"
_EXPORT: Final = (
    "Of all patients of the asker's hospital, once two people approved it: X-Purpose-Of-Use"
    " (HOPERAT, COC, PUBHLTH or HRESCH), X-Recipient and X-Reason say what for, to whom and why."
    " _type, _since and _outputFormat are taken, _typeFilter is not; exports of groups and of the"
    " whole system are not offered."
)
_SUBSCRIPTIONS: Final = (
    "One's own: for hospitals' systems, over rest-hook, without a payload. Criteria are what one"
    " resource meets by itself, and name nobody. What matched, $events says."
)
_CHART: Final = (
    "A search has to say whose record it is about: patient=, patient.identifier=, or _id=."
)


def statement(base: str) -> Json:
    """The CapabilityStatement. ``base``: the service's address as clients know it."""
    origin = base.removesuffix("/fhir")
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "instantiates": [f"{BULK_DATA}/CapabilityStatement/bulk-data"],
        "software": {"name": "Segel", "version": version("segel")},
        "implementation": {"description": "Segel", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "documentation": "Each request states its purpose of use in X-Purpose-Of-Use; each"
                " is logged where the patient sees it, and counts against the account's budget.",
                "security": {
                    "service": [
                        {
                            "coding": [
                                {
                                    "system": "http://terminology.hl7.org/CodeSystem/"
                                    "restful-security-service",
                                    "code": "SMART-on-FHIR",
                                }
                            ]
                        }
                    ],
                    "extension": [
                        {
                            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/"
                            "oauth-uris",
                            "extension": [{"url": "token", "valueUri": f"{origin}/oauth/token"}],
                        }
                    ],
                },
                "resource": [_resource(one) for one in sorted(OFFERED)],
                "interaction": [{"code": "batch"}, {"code": "transaction"}],
            }
        ],
    }


_DOCUMENTATION: Final = {
    PATIENT: _PATIENTS,
    AUDIT_EVENT: _LOG,
    SUBSCRIPTION: _SUBSCRIPTIONS,
    **dict.fromkeys(REGISTER_TYPES, _REGISTER),
}


def _resource(resource_type: str) -> Json:
    letters = OFFERED[resource_type]
    in_chart = resource_type in CHART_TYPES
    codes = _PATIENTS_FOUND_BY if resource_type == PATIENT else sorted(parameters_of(resource_type))
    found: Json = {
        "type": resource_type,
        "documentation": _DOCUMENTATION.get(resource_type, _CHART),
        "interaction": [
            {"code": code}
            for letter, names in _INTERACTIONS.items()
            if letter in letters
            for code in names
        ],
        "versioning": "versioned" if "u" in letters and in_chart else "no-version",
        "readHistory": True,
        "updateCreate": False,
        "conditionalCreate": "c" in letters and in_chart,
        "conditionalRead": "not-supported",
        "conditionalUpdate": "u" in letters and in_chart and resource_type != PATIENT,
        "conditionalDelete": "not-supported",
        "searchInclude": [
            f"{resource_type}:{code}"
            for code, parameter in sorted(parameters_of(resource_type).items())
            if resource_type not in (PATIENT, AUDIT_EVENT) and set(parameter.targets) & set(OFFERED)
        ],
        "searchParam": [
            {"name": code, "type": parameters_of(resource_type)[code].type} for code in codes
        ],
    }
    if resource_type == PATIENT:
        found |= {
            "operation": [
                {
                    "name": "everything",
                    "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
                },
                {
                    "name": "match",
                    "definition": "http://hl7.org/fhir/OperationDefinition/Patient-match",
                },
                {
                    "name": "export",
                    "definition": f"{BULK_DATA}/OperationDefinition/patient-export",
                    "documentation": _EXPORT,
                },
            ],
        }
    if resource_type == SUBSCRIPTION:
        found["operation"] = [{"name": "events", "definition": EVENTS_OPERATION}]
    if not found["searchInclude"]:
        del found["searchInclude"]
    return found
