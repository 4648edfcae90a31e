"""An audit event as a syslog message, and its frame on a TLS stream. Pure.

RFC 5424 with the payload of DICOM PS3.15 A.6 or a FHIR AuditEvent; RFC 5425 § 4.3 octet counting.
"""

from enum import StrEnum
from typing import Final

from segel.broker.dicom_event import dicom_message
from segel.broker.stored_event import StoredEvent, read_event

FACILITY_AUTHPRIV: Final = 10
"""PS3.15 A.6: security and authorization messages."""
SEVERITY_NOTICE: Final = 5
SEVERITY_WARNING: Final = 4

BOM: Final = b"\xef\xbb\xbf"
SEQUENCE_MAX: Final = 2**31 - 1
"""RFC 5424 § 7.3.1: after it ``sequenceId`` begins at 1 again."""


class Payload(StrEnum):
    """What a message carries."""

    DICOM = "dicom"
    FHIR = "fhir"


_MESSAGE_IDS: Final = {Payload.DICOM: "DICOM+RFC3881", Payload.FHIR: "FHIR+AuditEvent"}


def syslog_message(leaf: int, event: bytes, payload: Payload, host: str) -> bytes:
    """The message of the entry at ``leaf``; receivers tell repeated ones by ``sequenceId``."""
    told = read_event(event)
    content = dicom_message(told, host) if payload is Payload.DICOM else event
    header = (
        f"<{priority(told)}>1 {told.recorded} {host} segel - {_MESSAGE_IDS[payload]}"
        f' [meta sequenceId="{leaf % SEQUENCE_MAX + 1}"] '
    )
    return header.encode() + BOM + content


def priority(told: StoredEvent) -> int:
    """RFC 5424 § 6.2.1. Refusals and alerts are warnings, the rest is notable."""
    severe = told.outcome != "0" or told.event_id[0] == "110113"
    return FACILITY_AUTHPRIV * 8 + (SEVERITY_WARNING if severe else SEVERITY_NOTICE)


def frame(message: bytes) -> bytes:
    """A message on the stream."""
    return b"%d " % len(message) + message
