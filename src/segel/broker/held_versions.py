"""From when to when the archive held what a leaked row says of a patient. Pure.

Each value that a record ever had stands with the time at which it came and the time at which
another took its place. A row is compared with these; what was compared never leaves.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rapidfuzz.fuzz import token_set_ratio

from segel.domain import result_words
from segel.domain.identifiers import NumberInvalid, NumberKind, parse_number
from segel.domain.leak_rows import ColumnKind, PersonRow
from segel.domain.records import PATIENT

Json = Mapping[str, Any]
_K = ColumnKind

FOREVER: Final = float("inf")

COMPARED: Final = frozenset(
    {
        _K.MEDICAL_RECORD, _K.PHONE, _K.ADDRESS, _K.ACCESSION, _K.STUDY_UID, _K.EVENT_TIME,
        _K.MODALITY, _K.RESULT,
    }
)  # fmt: skip
"""Kinds of columns that are looked for in the versions."""

ALIKE_FROM: Final = 90.0
"""Of two addresses, by the words that they share (0 to 100), from which on they are one."""

ADDRESS_CHARS_MAX: Final = 400

_DATED: Final = (
    "effectiveDateTime", "issued", "authoredOn", "occurrenceDateTime", "date", "recorded",
)  # fmt: skip
_PERIODS: Final = ("period", "effectivePeriod", "occurrencePeriod")


@dataclass(frozen=True, slots=True)
class Held:
    """A value that the archive held. ``text``: in the form in which it is compared. ``until_s`` is
    infinite where it still does."""

    kind: ColumnKind
    text: str = field(repr=False)
    from_s: float
    until_s: float = FOREVER


@dataclass(frozen=True, slots=True)
class Version:
    """One version of one resource: from when it was the newest until when. ``body`` None: it was
    taken out."""

    resource_type: str
    at_s: float
    until_s: float
    body: Json | None = field(repr=False)


def spans(row: PersonRow, held: Sequence[Held]) -> Iterator[tuple[ColumnKind, float, float]]:
    """What a row shows that the archive ever held, each with from when and until when. Of a value
    that came again, the whole time."""
    for kind, said in _said(row):
        agrees = _SAME.get(kind, str.__eq__)
        found = [one for one in held if one.kind is kind and agrees(one.text, said)]
        if found:
            yield kind, min(one.from_s for one in found), max(one.until_s for one in found)


def _said(row: PersonRow) -> Iterator[tuple[ColumnKind, str]]:
    for kind, text in (
        (_K.MEDICAL_RECORD, row.medical_record),
        (_K.PHONE, row.phone),
        (_K.ACCESSION, row.accession),
        (_K.STUDY_UID, row.study_uid),
        (_K.EVENT_TIME, row.event_time),
        *((kind, row.others.get(kind, "")) for kind in (_K.ADDRESS, _K.MODALITY, _K.RESULT)),
    ):
        if said := formed(kind, text):
            yield kind, said


def formed(kind: ColumnKind, text: str) -> str:
    """A value in the form in which it is compared; '' for none."""
    form = _FORMS.get(kind)
    return form(text) if form and text else ""


def _number(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def _phone(text: str) -> str:
    try:
        return parse_number(NumberKind.PHONE, text)
    except NumberInvalid:
        return ""


def _day(text: str) -> str:
    """YYYYMMDD of a DICOM date, or of an ISO one as it is written: a clock is the place's own."""
    digits = text[:10].replace("-", "")[:8]
    return digits if len(digits) == 8 and digits.isdecimal() else ""


def _words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text[:ADDRESS_CHARS_MAX].casefold()))


def _result(text: str) -> str:
    bare = _words(text)
    return result_words.MEANINGS.get(bare.replace("_", " "), bare)


_FORMS: Final[Mapping[ColumnKind, Callable[[str], str]]] = {
    _K.MEDICAL_RECORD: _number,
    _K.PHONE: _phone,
    _K.ACCESSION: _number,
    _K.STUDY_UID: str.strip,
    _K.EVENT_TIME: _day,
    _K.ADDRESS: _words,
    _K.MODALITY: _number,
    _K.RESULT: _result,
}


def _same_place(one: str, other: str) -> bool:
    return token_set_ratio(one, other) >= ALIKE_FROM


_SAME: Final[Mapping[ColumnKind, Callable[[str, str], bool]]] = {_K.ADDRESS: _same_place}


# --- what there is to be compared with ------------------------------------------------------------


def of_values(
    values: Iterable[tuple[ColumnKind, str]], from_s: float, until_s: float = FOREVER
) -> Iterator[Held]:
    """Values as they are compared; those that say nothing are left out."""
    for kind, text in values:
        if said := formed(kind, text):
            yield Held(kind, said, from_s, until_s)


def of_versions(versions: Iterable[Version]) -> Iterator[Held]:
    """What the versions of a patient's resources say."""
    for one in versions:
        if one.body is not None:
            said = _of_person if one.resource_type == PATIENT else _of_event
            yield from of_values(said(one.body), one.at_s, one.until_s)


def _of_event(body: Json) -> Iterator[tuple[ColumnKind, str]]:
    for name in _DATED:
        if isinstance(body.get(name), str):
            yield _K.EVENT_TIME, body[name]
    for name in _PERIODS:
        yield _K.EVENT_TIME, str(body.get(name, {}).get("start", ""))
    for part in (body, *body.get("component", ())):
        for text in _results(part):
            yield _K.RESULT, text


def _of_person(body: Json) -> Iterator[tuple[ColumnKind, str]]:
    for contact in body.get("telecom", ()):
        yield _K.PHONE, str(contact.get("value", ""))
    for one in body.get("address", ()):
        lines = (*one.get("line", ()), one.get("city", ""), one.get("postalCode", ""))
        yield _K.ADDRESS, one.get("text") or " ".join(filter(None, lines))
    for one in body.get("identifier", ()):
        yield _K.MEDICAL_RECORD, str(one.get("value", ""))


def _results(part: Json) -> Iterator[str]:
    if "valueString" in part:
        yield str(part["valueString"])
    quantity = part.get("valueQuantity")
    if quantity:
        value, unit = str(quantity.get("value", "")), str(quantity.get("unit", ""))
        yield value
        yield f"{value} {unit}"
    for concept in (part.get("valueCodeableConcept", {}), *part.get("interpretation", ())):
        yield str(concept.get("text", ""))
        for coding in concept.get("coding", ()):
            yield str(coding.get("display", ""))
            yield str(coding.get("code", ""))
