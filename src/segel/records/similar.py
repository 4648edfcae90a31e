"""Who may be somebody: R4's operation ``Patient/$match``, read and answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from segel.broker import BrokerClient, Requester
from segel.domain.patient import PatientIdentity
from segel.domain.records import PATIENT
from segel.records.people import identity_of, listed
from segel.records.r4 import ResourceInvalid, validate

Json = dict[str, Any]

GRADE: Final = "http://hl7.org/fhir/StructureDefinition/match-grade"
COUNT_DEFAULT: Final = 10
COUNT_MAX: Final = 50
"""Whoever compares looks at a handful."""

PARAMETERS: Final = "Parameters"
_FLAGS: Final = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is looked for, how many are wanted, and whether only certain ones."""

    identity: PatientIdentity = field(repr=False)
    count: int = COUNT_DEFAULT
    only_certain: bool = False


def wanted_of(body: Json, pairs: Sequence[tuple[str, str]]) -> Wanted:
    """What is asked: Parameters, or the Patient alone with the rest in the address (R4
    § 3.1.0.6). Raises ResourceInvalid."""
    stated: dict[str, Any] = dict(pairs)
    if body.get("resourceType") == PATIENT:
        validate(body)
        stated["resource"] = body
    elif body.get("resourceType") == PARAMETERS:
        validate(body)
        stated |= {one["name"]: _value(one) for one in body.get("parameter", ())}
    else:
        reason = "Send Parameters with resource, and count or onlyCertainMatches where wanted."
        raise ResourceInvalid.of("resourceType", "invalid", reason)
    patient = stated.get("resource")
    if not isinstance(patient, dict) or patient.get("resourceType") != PATIENT:
        raise ResourceInvalid.of(
            "Parameters.parameter", "required", "The parameter resource is the Patient to match."
        )
    return Wanted(
        identity_of(patient),
        min(_count(stated.get("count", COUNT_DEFAULT)), COUNT_MAX),
        _flag(stated.get("onlyCertainMatches", False)),
    )


async def similar(broker: BrokerClient, asked: Requester, wanted: Wanted) -> list[Json]:
    """The entries of the searchset, the likeliest first, without their addresses. Raises
    QueryTooBroad, BrokerError."""
    lines = await broker.charts.match(
        asked, wanted.identity, wanted.count, only_certain=wanted.only_certain
    )
    session = await broker.session_of(asked)
    assert session.hospital_id is not None, "nobody without a hospital finds patients"
    return [
        {
            "resource": listed(line.patient_id, line.identity, session.hospital_id),
            "search": {
                "extension": [{"url": GRADE, "valueCode": line.grade}],
                "mode": "match",
                "score": Decimal(str(line.score)),
            },
        }
        for line in lines
    ]


def _value(parameter: Json) -> Any:
    return parameter.get(
        "resource", next((v for k, v in parameter.items() if k.startswith("value")), None)
    )


def _count(stated: Any) -> int:
    text = str(stated)
    if isinstance(stated, bool) or not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ResourceInvalid.of(
            "Parameters.parameter", "value", "The parameter count is a whole number from 1 on."
        )
    return int(text)


def _flag(stated: Any) -> bool:
    found = stated if isinstance(stated, bool) else _FLAGS.get(str(stated))
    if found is None:
        raise ResourceInvalid.of(
            "Parameters.parameter", "value", "The parameter onlyCertainMatches is true or false."
        )
    return found
