"""An order as an item of a modality worklist (PS3.4 Table K.6-1). Pure.

One order is one requested procedure with one step. What it does not say stays empty, and what the
standard wants of every item is made of what there is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from segel.domain.dicom import JsonDataset
from segel.domain.patient import PatientIdentity
from segel.records.accessions import types_of
from segel.records.worklist.orders import (
    image_number_of,
    modalities_of,
    start_of,
    stations_of,
    study_uid_of,
)

Resource = Mapping[str, Any]

STEPS: Final = "00400100"
MODALITY: Final = "00080060"
STATION: Final = "00400001"
START_DAY: Final = "00400002"
START_TIME: Final = "00400003"
STATUS: Final = "00400020"
SCHEDULED: Final = "SCHEDULED"
STARTED: Final = "STARTED"
"""Of a step's status (0040,0020): images of it have arrived."""

OTHER: Final = "OT"
"""The modality of an order that names none, for a query that names none."""

NUMBER_LENGTH_MAX: Final = 16  # SH
TEXT_LENGTH_MAX: Final = 64  # LO
WORDS_LENGTH_MAX: Final = 1024  # ST, LT

_SCHEMES: Final = {
    "http://loinc.org": "LN",
    "http://snomed.info/sct": "SCT",
    "http://dicom.nema.org/resources/ontology/DCM": "DCM",
}
"""FHIR's systems as DICOM's Coding Scheme Designators (PS3.16 Table 8-1)."""

_PRIORITIES: Final = {"stat": "STAT", "asap": "HIGH", "urgent": "HIGH", "routine": "ROUTINE"}
_PLAIN: Final = re.compile(r"[\\\x00-\x1f\x7f]+")


@dataclass(frozen=True, slots=True)
class Asking:
    """By whom a worklist is asked for: the device, and the modality that it named."""

    station: str
    modality: str = ""


def item_of(
    order: Resource,
    order_id: UUID,
    who: PatientIdentity,
    asking: Asking,
    *,
    written_s: float,
    started: bool,
) -> JsonDataset:
    """The item. ``order``: an open ServiceRequest; ``written_s``: when it was written."""
    day, time = start_of(order, written_s)
    number = image_number_of(order)
    procedure_id = _first_number(order, ("requested-procedure",), number, order_id)
    what = order.get("code", {})
    words = _words(what)
    codes = [code for coding in what.get("coding", ()) if (code := _code(coding))][:1]
    modalities = modalities_of(order) or ((asking.modality,) if asking.modality else (OTHER,))
    modality = asking.modality if asking.modality in modalities else modalities[0]
    stations = stations_of(order) or (asking.station,)
    requester = _person(order.get("requester", {}))
    step = _dataset(
        ("AE", STATION, *stations),
        ("DA", START_DAY, day),
        ("TM", START_TIME, time or "000000"),
        ("CS", MODALITY, modality),
        ("PN", "00400006", *(_person(one) for one in order.get("performer", ())[:1])),
        ("LO", "00400007", words),
        ("SQ", "00400008", *codes),
        ("SH", "00400009", _first_number(order, ("procedure-step",), procedure_id, order_id)),
        ("SH", "00400010"),
        ("SH", "00400011", *(_plain(_words(one)) for one in order.get("locationCode", ())[:1])),
        ("LO", "00400012"),
        ("CS", STATUS, STARTED if started else SCHEDULED),
        ("LT", "00400400", _notes(order)),
    )
    return _dataset(
        ("SH", "00080050", number),
        ("PN", "00080090", requester),
        ("SQ", "00081110"),
        ("SQ", "00081120"),
        ("PN", "00100010", who.name),
        ("LO", "00100020", who.patient_id or who.nik or who.health_number or who.passport),
        ("LO", "00100021", who.issuer if who.patient_id else ""),
        ("DA", "00100030", who.birth_date),
        ("CS", "00100040", who.sex),
        ("DS", "00101030"),
        ("LO", "00102000"),
        ("LO", "00102110"),
        ("US", "001021C0"),
        ("LT", "00104000"),
        ("UI", "0020000D", study_uid_of(order, order_id)),
        ("PN", "00321032", requester),
        ("LO", "00321060", words),
        ("SQ", "00321064", *codes),
        ("LO", "00380010"),
        ("LO", "00380050"),
        ("LO", "00380300"),
        ("LO", "00380500"),
        ("SQ", STEPS, step),
        ("SH", "00401001", procedure_id),
        ("LO", "00401002", _reasons(order)),
        ("SH", "00401003", _PRIORITIES.get(str(order.get("priority", "")), "")),
        ("LO", "00401004"),
        ("LO", "00402016", _typed(order, "PLAC")),
        ("LO", "00402017", _typed(order, "FILL")),
        ("LT", "00402400"),
        ("LO", "00403001"),
    )  # fmt: skip


def flat(item: JsonDataset) -> JsonDataset:
    """An item and its one step as one data set: no attribute stands in both."""
    (step,) = item[STEPS]["Value"]
    return {**item, **step}


def _dataset(*elements: tuple[Any, ...]) -> JsonDataset:
    return {tag: _element(vr, values) for vr, tag, *values in elements}


def _element(vr: str, values: list[Any]) -> dict[str, Any]:
    found = [_fitting(vr, value) for value in values if value not in ("", None)]
    return {"vr": vr, "Value": found} if found else {"vr": vr}


def _fitting(vr: str, value: Any) -> Any:
    match vr:
        case "PN":
            return {"Alphabetic": value}
        case "LO":
            return _plain(value)[:TEXT_LENGTH_MAX]
        case "LT":
            return value[:WORDS_LENGTH_MAX]
        case _:
            return value


def _first_number(order: Resource, kinds: tuple[str, ...], instead: str, order_id: UUID) -> str:
    """A number that fits: of these kinds, ``instead``, one that the order goes by, or its id's."""
    stated = [
        (str(one.get("system", "")), types_of(one), str(one.get("value", "")).strip())
        for one in order.get("identifier", ())
    ]
    candidates = (
        *(value for system, _, value in stated if system.rpartition("/")[2] in kinds),
        instead,
        *(value for _, types, value in stated if types & {"FILL", "PLAC"}),
    )
    fits = (one for one in candidates if 0 < len(one) <= NUMBER_LENGTH_MAX and _plain(one) == one)
    return next(fits, order_id.hex[:NUMBER_LENGTH_MAX].upper())


def _typed(order: Resource, code: str) -> str:
    stated = order.get("identifier", ())
    return next((str(one.get("value", "")) for one in stated if code in types_of(one)), "")


def _words(concept: Resource) -> str:
    codings = concept.get("coding", ())
    shown = next((one["display"] for one in codings if one.get("display")), "")
    first = next((one["code"] for one in codings if one.get("code")), "")
    return str(concept.get("text") or shown or first)


def _code(coding: Resource) -> JsonDataset | None:
    """A code sequence's item (PS3.3 Table 8.8-1); None for one that DICOM has no name for."""
    code, scheme = str(coding.get("code", "")), _SCHEMES.get(str(coding.get("system", "")), "")
    if not code or len(code) > NUMBER_LENGTH_MAX:
        return None
    return _dataset(
        ("SH", "00080100", code),
        ("SH", "00080102", scheme or "99LOCAL"),
        ("LO", "00080104", str(coding.get("display") or code)),
    )


def _person(reference: Resource) -> str:
    """Somebody's name as they are called: one component, for nobody can tell the family name."""
    return " ".join(re.sub(r"[\\^=\x00-\x1f\x7f]+", " ", str(reference.get("display", ""))).split())


def _reasons(order: Resource) -> str:
    return "; ".join(filter(None, (_words(one) for one in order.get("reasonCode", ()))))


def _notes(order: Resource) -> str:
    return "\n".join(_note_lines(order))


def _note_lines(order: Resource) -> Iterator[str]:
    for note in order.get("note", ()):
        if text := str(note.get("text", "")).strip():
            yield text


def _plain(text: str) -> str:
    """Without what separates values, in one line."""
    return " ".join(_PLAIN.sub(" ", text).split())
