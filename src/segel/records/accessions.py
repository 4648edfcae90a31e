"""The accession number of an order, in the forms that are in use.

The national platform's documentation has ``acsn/<patient>``, integrations write ``acsn/{org}``
with the type ACSN, and http and https are mixed. Orders by HL7 that state none go by the filler's
number, which is what their systems' worklists give to the device.
"""

from collections.abc import Mapping
from typing import Any

Resource = Mapping[str, Any]


def accession_of(order: Resource) -> str:
    """The number that the images of an order have; '' where it states none."""
    stated = list(order.get("identifier", ()))
    for is_one in (is_named_accession, is_accession):
        for identifier in stated:
            if is_one(identifier) and (value := str(identifier.get("value", "")).strip()):
                return value
    return ""


def is_accession(identifier: Resource) -> bool:
    """Whether an identifier is one that images have as accession number."""
    return (
        is_named_accession(identifier)
        or "FILL" in types_of(identifier)
        or "/servicerequest/" in str(identifier.get("system", ""))
    )


def is_named_accession(identifier: Resource) -> bool:
    """Whether an identifier says that it is an accession number."""
    return "ACSN" in types_of(identifier) or "/acsn/" in str(identifier.get("system", ""))


def types_of(identifier: Resource) -> set[str]:
    """The codes of an identifier's type (table 0203)."""
    codings = identifier.get("type", {}).get("coding", ())
    return {str(coding.get("code", "")) for coding in codings}
