"""Resources as the entries of a FHIR transaction (FHIR R4 § 3.1.0.11).

What is new is created unless a resource with its identifier is there (``ifNoneExist``); what takes
the place of an earlier state is a conditional update by the same identifier. Either way the same
message sent twice is there once.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from segel.records.hl7.coding import Json
from segel.records.hl7.people import Person
from segel.records.hl7.segments import Message, Segment
from segel.records.hl7.sender import Sender
from segel.records.hl7.times import Times

NOTE: Final = "http://hl7.org/fhir/StructureDefinition/note"
"""The extension for notes on what has no element for them (DiagnosticReport, Patient)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What everything in one message is read with."""

    sender: Sender
    times: Times
    patient_url: str
    sent_at: str
    """MSH-7 as an instant; '' where it has no time of day."""

    @property
    def subject(self) -> Json:
        return {"reference": self.patient_url}

    def url(self, kind: str, identifier: Json) -> str:
        """The full URL of a resource that is found by ``identifier``."""
        return self.sender.urn(kind, identifier["system"], identifier["value"])


def entry(url: str, resource: Json, *identifiers: Json, replaces: bool = False) -> Json:
    """One entry. ``identifiers`` is what the resource is found by, each of them."""
    kind = resource["resourceType"]
    tokens = [f"{_token(one['system'])}|{_token(one['value'])}" for one in identifiers]
    query = f"identifier={','.join(tokens)}"
    request: Json = {"method": "POST", "url": kind, "ifNoneExist": query}
    if replaces:
        request = {"method": "PUT", "url": f"{kind}?{query}"}
    return {"fullUrl": url, "resource": resource, "request": request}


def patient_entry(person: Person, context: Context, notes: list[Segment]) -> Json:
    """The patient, who is created where nobody has one of the numbers, and else left as they are.

    All of them count: a number of one person beside one of another is a mistake to be told.
    """
    numbers = [{"system": one.system, "value": one.value} for one in person.numbers]
    resource = filled(person.resource | {"extension": note_extensions(notes)})
    return entry(context.patient_url, resource, *numbers)


def bundle(message: Message, context: Context, entries: Iterable[Json]) -> Json:
    """The transaction. An entry that is said twice (a specimen of two orders) is there once."""
    once: dict[str, Json] = {}
    for one in entries:
        once.setdefault(one["fullUrl"], one)
    made = {
        "resourceType": "Bundle",
        "type": "transaction",
        "identifier": {
            "system": context.sender.system("message"),
            "value": message.header.control_id,
        },
        "timestamp": context.sent_at,
        "entry": list(once.values()),
    }
    return filled(made)


def filled(resource: dict[str, Any]) -> Json:
    """Without the elements that say nothing: FHIR has no empty ones."""
    return {key: value for key, value in resource.items() if value not in ("", [], {}, None)}


def annotations(notes: Iterable[Segment]) -> list[Json]:
    """NTE-3 (§ 2.15.10): each NTE is a note, its repetitions are lines."""
    return [{"text": text} for text in _texts(notes)]


def note_extensions(notes: Iterable[Segment]) -> list[Json]:
    """NTEs, where the resource has no element for them."""
    return [{"url": NOTE, "valueAnnotation": {"text": text}} for text in _texts(notes)]


def _texts(notes: Iterable[Segment]) -> Iterator[str]:
    for note in notes:
        text = "\n".join(value.whole() for value in note.values(3))
        if text:
            yield text


def _token(text: str) -> str:
    """A part of a token in a query (FHIR R4 § 3.1.1.5): what separates is escaped, then encoded."""
    for sign in "\\,$|":
        text = text.replace(sign, f"\\{sign}")
    return quote(text, safe=":/")
