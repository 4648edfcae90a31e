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


class _Agent(msgspec.Struct, frozen=True):
    requestor: bool = False
    role: list[_Concept] = []


class _Event(msgspec.Struct, frozen=True):
    """What is shown of a FHIR R4 AuditEvent."""

    recorded: str
    type: _Coding = _Coding()
    subtype: list[_Coding] = []
    outcome: str = "0"
    agent: list[_Agent] = []
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


@dataclass(frozen=True, slots=True)
class Told:
    """What an AuditEvent says. ``codes``: of what happened, the narrowest first."""

    when_s: float
    codes: tuple[str, ...]
    purpose: str
    role: str
    refused: bool


def told(event: str) -> Told:
    """A FHIR R4 AuditEvent's JSON, read."""
    read = msgspec.json.decode(event, type=_Event)
    purposes = [coding.code for concept in read.purposeOfEvent for coding in concept.coding]
    roles = [
        coding.code
        for agent in read.agent
        if agent.requestor
        for concept in agent.role
        for coding in concept.coding
    ]
    return Told(
        when_s=datetime.fromisoformat(read.recorded).timestamp(),
        codes=tuple(coding.code for coding in (*reversed(read.subtype), read.type)),
        purpose=purposes[0] if purposes else "",
        role=roles[0] if roles else "",
        refused=read.outcome != "0",
    )


def trail_line(line: AuditLine) -> TrailLine:
    """An opened audit line as it is shown."""
    event = told(line.event)
    return TrailLine(
        when_s=event.when_s,
        code=next((code for code in event.codes if has_text(f"event.{code}")), "other"),
        purpose=event.purpose if has_text(f"purpose.{event.purpose}") else "other",
        refused=event.refused,
        leaf_index=line.leaf_index,
    )
