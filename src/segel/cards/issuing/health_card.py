"""A SMART Health Card of the same test: a Patient and an Observation, minimal, signed as a JWS.

The shape is that of the SMART Health Cards framework 1.4 and its Vaccination & Testing guide.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from segel.cards import base64url, numeric
from segel.cards.bundles import HEALTH_CARD
from segel.cards.inflating import deflate_raw
from segel.cards.issuing.certificate import TEXT_CHARACTERS_MAX
from segel.cards.issuing.drawing import HEALTH_CARD_CHARACTERS_MAX
from segel.cards.issuing.errors import CardFault, CardNotMade
from segel.cards.issuing.terms import Authority, demand_makeable
from segel.cards.signatures import ES256_BYTES, Sign
from segel.cards.value_sets import NOT_DETECTED
from segel.domain.card_facts import CardHolder, NegativeTest

LABORATORY: Final = "https://smarthealth.cards#laboratory"
FHIR_VERSION: Final = "4.0.1"
LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"


@dataclass(frozen=True, slots=True)
class MadeHealthCard:
    """A signed card: ``jws`` for files, ``text`` is what its QR code says."""

    jws: str = field(repr=False)
    text: str = field(repr=False)
    rid: str = field(repr=False)
    expires_at: datetime = field(repr=False)


def make_health_card(
    holder: CardHolder,
    test: NegativeTest,
    authority: Authority,
    *,
    key_id: str,
    rid: str,
    at: datetime,
    sign: Sign,
) -> MadeHealthCard:
    """The card, made at ``at``; ``key_id`` is the key's thumbprint. Raises CardNotMade before
    anything is signed, and what ``sign`` raises."""
    demand_makeable(holder, test, at)
    ends = int(test.ends_at.timestamp())
    payload = {
        "iss": authority.address,
        "nbf": int(at.timestamp()),
        "exp": ends,
        "vc": {
            "type": [HEALTH_CARD, LABORATORY],
            "credentialSubject": {
                "fhirVersion": FHIR_VERSION,
                "fhirBundle": _bundle(holder, test),
            },
            "rid": rid,
        },
    }
    header = {"zip": "DEF", "alg": "ES256", "kid": key_id}
    signed = f"{base64url.encode(_minified(header))}.{_packed(payload)}"
    if len(f"{signed}.{base64url.encode(bytes(ES256_BYTES))}") > HEALTH_CARD_CHARACTERS_MAX:
        raise CardNotMade(
            CardFault.TOO_LARGE,
            "The card would be too large for a QR code that phones read well.",
            remedy="The issuer's address or the name on record is too long for a card.",
        )
    signature = sign(signed.encode())
    assert len(signature) == ES256_BYTES
    jws = f"{signed}.{base64url.encode(signature)}"
    (text,) = numeric.texts_of(jws)
    return MadeHealthCard(jws, text, rid, datetime.fromtimestamp(ends, UTC))


def _bundle(holder: CardHolder, test: NegativeTest) -> dict[str, Any]:
    name: dict[str, Any] = {"family": holder.family} if holder.family else {}
    if holder.given:
        name["given"] = holder.given.split()
    patient = {"resourceType": "Patient", "name": [name], "birthDate": holder.birth_date}
    observation: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": test.loinc}]},
        "subject": {"reference": "resource:0"},
        "effectiveDateTime": f"{test.sampled_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "valueCodeableConcept": {"coding": [{"system": SNOMED, "code": NOT_DETECTED}]},
    }
    if test.centre:
        observation["performer"] = [{"display": test.centre[:TEXT_CHARACTERS_MAX]}]
    entries = [
        {"fullUrl": f"resource:{number}", "resource": resource}
        for number, resource in enumerate((patient, observation))
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def _packed(document: object) -> str:
    return base64url.encode(deflate_raw(_minified(document)))


def _minified(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
