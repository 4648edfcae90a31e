"""What may be done with which type of resource, and whether a resource is one of it."""

from collections.abc import Mapping
from typing import Any, Final

from segel.domain.records import AUDIT_EVENT, CHART_TYPES, CONSENT, PATIENT, SUBSCRIPTION
from segel.records.consents import rules_in
from segel.records.errors import TypeUnsupported
from segel.records.r4 import ResourceInvalid, validate
from segel.records.register import REGISTER_TYPES
from segel.records.signed import untagged
from segel.records.studies import IMAGING_STUDY
from segel.records.subscriptions.resource import draft_of

Json = dict[str, Any]

OFFERED: Final[Mapping[str, frozenset[str]]] = {
    **{one: frozenset("crudsv") for one in CHART_TYPES if one != PATIENT},
    PATIENT: frozenset("crusv"),
    SUBSCRIPTION: frozenset("crudsv"),
    **dict.fromkeys((IMAGING_STUDY, *REGISTER_TYPES, AUDIT_EVENT), frozenset("rs")),
}
"""Interactions by type, as SMART has letters for them; v is the operation ``$validate``."""


def require_type(resource_type: str, letter: str) -> None:
    """Return where an interaction with a type is offered. Raises TypeUnsupported."""
    if letter not in OFFERED.get(resource_type, frozenset()):
        raise TypeUnsupported(
            "This interaction with this type of resource is not offered here.",
            remedy="See metadata for what is.",
        )


def valid(resource: Json, resource_type: str, resource_id: str | None = None) -> Json:
    """A resource as it may be written at an address. Raises ResourceInvalid."""
    stated = resource.get("resourceType")
    if stated != resource_type:
        raise ResourceInvalid.of(
            "resourceType", "invalid", "The resource is not of the type of the address."
        )
    if resource_id is not None and resource.get("id") != resource_id:
        raise ResourceInvalid.of(
            f"{resource_type}.id", "invalid", "The resource has not the id of the address."
        )
    validate(resource)
    if resource_type == CONSENT:
        rules_in(resource)
    if resource_type == SUBSCRIPTION:
        draft_of(resource, "")
    return untagged({name: value for name, value in resource.items() if name not in ("id",)})
