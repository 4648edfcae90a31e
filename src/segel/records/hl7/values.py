"""OBX-5 by its type in OBX-2 (HL7 v2.5.1 § 7.4.2.5, table 0125), as a FHIR value[x].

Numbers are ``decimal.Decimal``: 13.50 was measured to two places, and must not become 13.5.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from segel.records.hl7.coding import UCUM, Json, concept, system_of_codes
from segel.records.hl7.errors import not_in_table, wrong_type
from segel.records.hl7.limits import DECIMAL_LENGTH_MAX
from segel.records.hl7.segments import Segment, Value
from segel.records.hl7.sender import Sender
from segel.records.hl7.times import Times, time_of_day

_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)\Z", re.ASCII)
_COMPARATORS: Final = frozenset({"<", "<=", ">=", ">"})
_RANGE: Final = re.compile(r"\s*([+-]?[\d.]+)\s*-\s*([+-]?[\d.]+)\s*\Z", re.ASCII)
_BOUND: Final = re.compile(r"\s*(<=?|>=?)\s*([+-]?[\d.]+)\s*\Z", re.ASCII)
TEXTS: Final = frozenset({"ST", "TX", "FT"})
DOCUMENT: Final = "ED"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the values of one OBX are read with."""

    obx: Segment
    sender: Sender
    times: Times

    @property
    def units(self) -> Json:
        """OBX-6: unit, and system and code where it is UCUM."""
        value = self.obx.value(6)
        code, text = value.text(1), value.text(2)
        if not code and not text:
            return {}
        made: Json = {"unit": text or code}
        system = value.text(3)
        if code and system and system_of_codes(system, self.sender) == UCUM:
            made |= {"system": UCUM, "code": code}
        return made


def values_of(reading: Reading) -> list[Json]:
    """``[{"valueQuantity": …}]``, one for each repetition; text is one value of many lines. Raises
    MessageRefused where a value is not what its type says."""
    obx = reading.obx
    kind = obx.text(2)
    found = list(obx.values(5))
    if not kind and found:
        raise not_in_table(obx.at(2), "0125", "Say in OBX-2 what type OBX-5 has.")
    if kind and kind not in _KINDS and kind not in TEXTS:
        raise not_in_table(obx.at(2), "0125", "Send NM, SN, CE, CWE, ST, TX, FT, DT, TM, TS or ED.")
    if kind in TEXTS:
        lines = [one.whole() if kind == "ST" else one.laid_out() for one in found]
        return [{"valueString": "\n".join(lines)}] if lines else []
    return [_KINDS[kind](one, reading) for one in found]


def range_of(text: str, units: Json) -> Json:
    """OBX-7 as a referenceRange: its text, and its bounds where they are numbers."""
    made: Json = {}
    if found := _RANGE.match(text):
        low, high = (_decimal(part) for part in found.groups())
        if low is not None and high is not None and low <= high:
            made = {"low": {"value": low} | units, "high": {"value": high} | units}
    # A bound that is not itself within is not said by FHIR's low and high.
    elif (found := _BOUND.match(text)) and len(found[1]) > 1:
        bound = _decimal(found[2])
        if bound is not None:
            made = {"high" if found[1] == "<=" else "low": {"value": bound} | units}
    return made | {"text": text}


def _decimal(text: str) -> Decimal | None:
    if len(text) > DECIMAL_LENGTH_MAX or not _NUMBER.match(text):
        return None
    return Decimal(text)


def _number(value: Value, component: int = 1) -> Decimal:
    made = _decimal(value.text(component))
    if made is None:
        raise wrong_type(
            value.at(component),
            "This is no number.",
            "Write digits and a decimal point, a comparison as SN, and anything else as ST.",
        )
    return made


def _numeric(value: Value, reading: Reading) -> Json:
    if len(value.components) > 1 or len(value.components[0]) > 1:
        raise wrong_type(value.location, "An NM has no components.")
    return {"valueQuantity": {"value": _number(value)} | reading.units}


def _structured(value: Value, reading: Reading) -> Json:
    """An SN (§ 2.A.70): comparator, number, separator or suffix, number."""
    comparator, separator = value.text(1) or "=", value.text(3)
    units = reading.units
    first = _number(value, 2)
    if value.text(4):
        second = _number(value, 4)
        if comparator == "=" and separator == "-" and first <= second:
            return {
                "valueRange": {"low": {"value": first} | units, "high": {"value": second} | units}
            }
        if comparator == "=" and separator in (":", "/"):
            return {"valueRatio": {"numerator": {"value": first}, "denominator": {"value": second}}}
    elif not separator:
        if comparator == "=":
            return {"valueQuantity": {"value": first} | units}
        if comparator in _COMPARATORS:
            return {"valueQuantity": {"value": first, "comparator": comparator} | units}
    elif separator == "+" and comparator == "=":
        return {"valueString": f"{value.text(2)}+"}
    raise wrong_type(
        value.location,
        "The comparator, numbers and separator make no value together.",
        "Write ^1^:^128, ^1^-^5, >^100 or ^2^+.",
    )


def _coded(value: Value, reading: Reading) -> Json:
    made = concept(value, reading.sender)
    if not made:
        raise wrong_type(value.location, "A coded value has neither code nor text.")
    return {"valueCodeableConcept": made}


def _plain_code(value: Value, _: Reading) -> Json:
    return {"valueCodeableConcept": {"coding": [{"code": value.whole()}], "text": value.whole()}}


def _date(value: Value, reading: Reading) -> Json:
    made = reading.times.date_time(value.text(1), value.location)
    if "T" in made:
        raise wrong_type(value.location, "A DT has no time of day.", "Send it as TS.")
    return {"valueDateTime": made}


def _moment(value: Value, reading: Reading) -> Json:
    return {"valueDateTime": reading.times.date_time(value.text(1), value.location)}


def _time(value: Value, _: Reading) -> Json:
    made, has_zone = time_of_day(value.text(1), value.location)
    return {"valueString": value.text(1)} if has_zone else {"valueTime": made}


_KINDS: Final[Mapping[str, Callable[[Value, Reading], Json]]] = {
    "NM": _numeric, "SN": _structured, "CE": _coded, "CWE": _coded, "CNE": _coded, "CF": _coded,
    "IS": _plain_code, "ID": _plain_code, "DT": _date, "TM": _time, "TS": _moment, "DTM": _moment,
}  # fmt: skip
