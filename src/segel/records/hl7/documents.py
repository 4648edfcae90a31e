"""Documents in results: OBX with an ED (HL7 v2.5.1 § 2.A.24), as FHIR Attachments."""

import binascii
from collections.abc import Mapping
from typing import Final

from segel.records.hl7.coding import Json
from segel.records.hl7.errors import not_in_table, wrong_type
from segel.records.hl7.segments import Value

TYPES: Final[Mapping[str, tuple[str, bytes]]] = {
    "PDF": ("application/pdf", b"%PDF-"),
    "JPEG": ("image/jpeg", b"\xff\xd8\xff"),
    "JPG": ("image/jpeg", b"\xff\xd8\xff"),
    "PNG": ("image/png", b"\x89PNG\r\n"),
    "TIFF": ("image/tiff", b""),
    "RTF": ("application/rtf", b"{\\rtf"),
    "PLAIN": ("text/plain", b""),
}
"""ED.3 (table 0291): the type, and what such a file begins with. A page that shows a document must
not be given another kind of file than it was told; HTML and XML are not taken."""


def attachment(value: Value, title: str) -> Json:
    """A document as ``DiagnosticReport.presentedForm`` has it. Raises MessageRefused."""
    subtype = (value.text(3) or value.text(2)).upper().rpartition("/")[2]
    if subtype not in TYPES:
        raise not_in_table(value.at(3), "0291", "Send PDF, JPEG, PNG, TIFF, RTF or PLAIN.")
    if value.text(4).casefold() != "base64":
        raise not_in_table(value.at(4), "0299", "Send documents as Base64.")
    text = "".join(value.text(5).split())
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):  # ValueError: other than ASCII
        raise wrong_type(value.at(5), "This is no Base64.", "RFC 4648 § 4, with padding.") from None
    content_type, beginning = TYPES[subtype]
    if not content or not content.startswith(beginning):
        raise wrong_type(value.at(5), "The document is not of the type that ED.3 says.")
    made: Json = {"contentType": content_type, "data": text}
    return made | ({"title": title} if title else {})
