"""What of a chart a card can be made of: a final, negative test for SARS-CoV-2. Pure.

Nothing is guessed: a result that contradicts itself, a time without its hour, a test of another
code, are no card.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from segel.broker.errors import CardNotMade
from segel.domain.card_facts import NegativeTest, TestMethod
from segel.records.hl7.coding import LOINC
from segel.records.hl7.covid import found_in
from segel.records.releasing import SIGNED

Json = dict[str, Any]

METHODS: Final[Mapping[str, TestMethod]] = {
    "94558-4": TestMethod.RAPID,
    "95209-3": TestMethod.RAPID,
    "94500-6": TestMethod.NAAT,
    "94309-2": TestMethod.NAAT,
    "94845-5": TestMethod.NAAT,
}
"""LOINC: antigen; RNA in respiratory specimens, in any specimen, and in saliva."""

DEVICES: Final = "https://covid-19-diagnostics.jrc.ec.europa.eu/devices"
"""The system of a device's number in the EU's register of rapid tests."""

NAMES: Final[Mapping[TestMethod, str]] = {
    TestMethod.RAPID: "SARS-CoV-2 antigen",
    TestMethod.NAAT: "SARS-CoV-2 RNA (NAAT)",
}
"""Of tests that the laboratory gave no name."""

_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_DEVICE: Final = re.compile(r"[1-9]\d{0,3}", re.ASCII)


def negative_test(observation: Json, default_centre: str) -> NegativeTest:
    """The negative test that an Observation says; ``default_centre`` is who tested where it does
    not say. Raises CardNotMade, naming the element."""
    loinc = next((code for code in _codes(observation) if code in METHODS), "")
    if not loinc:
        raise _unusable("code", "It is no test for SARS-CoV-2 that cards are made of.")
    if observation.get("status") not in SIGNED["Observation"]:
        raise _unusable("status", "The laboratory does not stand by the result (yet).")
    if found_in(observation, observation) != "negative":
        raise _unusable("value", "The result is not, or not clearly, negative.")
    method = METHODS[loinc]
    return NegativeTest(
        method=method,
        loinc=loinc,
        sampled_at=_sampled(observation),
        name=_name(observation) or NAMES[method],
        device=_device(observation),
        centre=_centre(observation) or default_centre,
    )


def _sampled(observation: Json) -> datetime:
    text = str(observation.get("effectiveDateTime") or observation.get("effectiveInstant") or "")
    try:
        moment = datetime.fromisoformat(text) if _TIME.fullmatch(text) else None
    except ValueError:  # a leap second
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _unusable("effectiveDateTime", "It is not said at what time the sample was taken.")
    return moment


def _codes(observation: Json) -> list[str]:
    codings = observation.get("code", {}).get("coding", ())
    return [str(one.get("code", "")) for one in codings if one.get("system") == LOINC]


def _name(observation: Json) -> str:
    code = observation.get("code", {})
    display = next((one["display"] for one in code.get("coding", ()) if "display" in one), "")
    return str(code.get("text") or display)


def _device(observation: Json) -> str:
    said = observation.get("device", {}).get("identifier", {})
    value = str(said.get("value", ""))
    return value if said.get("system") == DEVICES and _DEVICE.fullmatch(value) else ""


def _centre(observation: Json) -> str:
    """Who tested, where it is an organisation: no card names a person who treats."""
    for one in observation.get("performer", ()):
        kind = one.get("type") or str(one.get("reference", "")).split("/")[0]
        if kind == "Organization" and one.get("display"):
            return str(one["display"])
    return ""


def _unusable(field: str, what: str) -> CardNotMade:
    return CardNotMade(
        what,
        remedy="A card needs a negative antigen or PCR test, final, with the time of sampling.",
        field=f"Observation.{field}",
    )
