"""Segel and Medplum's validator, side by side over the same resources.

Both take everything that the generator makes. Of what is broken, both refuse what is not in
``KNOWN_DISAGREEMENTS``; Segel refuses all of it.
"""

from collections import Counter

import pytest

from segel.records.r4 import TYPES, ResourceInvalid, decode, encode, validate
from support.fhir_breaking import WAYS, broken
from support.fhir_generator import resources
from support.medplum import medplum

VALID_OF_A_TYPE = 1_000
BROKEN_OF_A_TYPE = 200
SEED = 20_260_301

KNOWN_DISAGREEMENTS = {
    "code not required": "Medplum looks up no value sets while it validates.",
    "empty list": "Medplum takes an empty array for an element that is not there.",
    "empty object": "Medplum takes an empty optional object for an element that is not there.",
    "empty string": "Medplum takes an empty string for an element that is not there.",
    "id with a slash": "Medplum reads the id of a resource as a string, as HL7's definitions say.",
    "narrative not well-formed": "Medplum does not read XHTML.",
    "period backwards": "Medplum evaluates invariants of resources, not those of datatypes.",
    "range backwards": "Medplum evaluates invariants of resources, not those of datatypes.",
    "reference of no form": "Medplum does not look at the form of references.",
    "reference to another type": "Medplum warns of it, and accepts.",
    "reference to nothing contained": "ref-1 is an invariant of a datatype.",
    "siblings too long": "Medplum pairs values and extensions as far as there are values.",
    "two types of a choice": "Medplum warns of it, and accepts.",
    "unit without system": "Medplum evaluates invariants of resources, not those of datatypes.",
}
"""Ways to break a resource which Medplum accepts, in some or in all places, and why."""


def accepts(body: bytes) -> bool:
    try:
        validate(decode(body))
    except ResourceInvalid:
        return False
    return True


@pytest.mark.timeout(300)
def test_both_accept_every_resource_that_is_made_of_the_definitions() -> None:
    with medplum() as (ask, verdicts):
        refused = []
        asked = []
        for name in TYPES:
            for resource in resources(name, VALID_OF_A_TYPE, SEED):
                body = encode(resource)
                ask(body)
                asked.append(name)
                if not accepts(body):
                    refused.append(body)
        theirs = verdicts()
    assert len(theirs) == len(asked) == VALID_OF_A_TYPE * len(TYPES)
    assert not refused
    assert not [verdict for verdict in theirs if not verdict["accepted"]]


@pytest.mark.timeout(300)
def test_both_refuse_what_is_broken_but_for_the_known_disagreements() -> None:
    with medplum() as (ask, verdicts):
        cases = [case for name in TYPES for case in broken(name, BROKEN_OF_A_TYPE, SEED)]
        for case in cases:
            ask(encode(case.resource))
        ours = [accepts(encode(case.resource)) for case in cases]
        theirs = verdicts()
    assert not any(ours)
    assert all(
        any(expression for _, expression in verdict["issues"])
        for verdict in theirs
        if not verdict["accepted"]
    )
    accepted = Counter(
        case.way for case, verdict in zip(cases, theirs, strict=True) if verdict["accepted"]
    )
    assert {case.way for case in cases} == set(WAYS)
    assert set(accepted) == set(KNOWN_DISAGREEMENTS), accepted
