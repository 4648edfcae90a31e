"""Audit events as the account page lists them."""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from segel.broker.messages import AuditLine
from segel.console.texts import has_text


class _Coding(msgspec.Struct, frozen=True):
    code: str = ""


class _Concept(msgspec.Struct, frozen=True):
    coding: list[_Coding] = []


class _Event(msgspec.Struct, frozen=True):
    """What is shown of a FHIR R4 AuditEvent."""

    recorded: str
    type: _Coding = _Coding()
    subtype: list[_Coding] = []
    outcome: str = "0"
    purposeOfEvent: list[_Concept] = []  # noqa: N815 - FHIR's own name


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One event: ``when_s`` in Unix seconds, purpose of use, leaf of the log.

    ``code``: the narrowest of its codes that there are words for, or "other".
    """

    when_s: float
    code: str
    purpose: str
    refused: bool
    leaf_index: int


def trail_line(line: AuditLine) -> TrailLine:
    """An opened audit line as it is shown."""
    event = msgspec.json.decode(line.event, type=_Event)
    codes = [coding.code for coding in (*reversed(event.subtype), event.type)]
    purposes = [coding.code for concept in event.purposeOfEvent for coding in concept.coding]
    return TrailLine(
        when_s=datetime.fromisoformat(event.recorded).timestamp(),
        code=next((code for code in codes if has_text(f"event.{code}")), "other"),
        purpose=purposes[0] if purposes else "",
        refused=event.outcome != "0",
        leaf_index=line.leaf_index,
    )
