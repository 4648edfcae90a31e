"""A result as the HL7 message that a laboratory's system would have sent of it.

What becomes of a result is decided in one place (``segel.records.hl7``): here it is only said in
that place's words, so that a table and a message make the same resources. See decision 036.
"""

from typing import Final
from uuid import UUID

from segel.records.hl7 import Header, Message, Segment, Sender, to_bundle
from segel.records.hl7.coding import Json
from segel.records.hl7.segments import Component, Delimiters, Field
from segel.records.people import RECORD_SYSTEM
from segel.records.sheets.columns import normal
from segel.records.sheets.rows import INVALID, Result

ASSIGNERS: Final = "http://sys-ids.kemkes.go.id/lab/"
"""A laboratory's own numbers: with the hospital and the laboratory after it."""
CT_CODE: Final = "94745-7"
"""LOINC: SARS-CoV-2 RNA, cycle threshold."""

_SIGNS: Final = Delimiters()
_FLAGS: Final = {
    **dict.fromkeys(("positif", "positive", "reaktif", "reactive"), "POS"),
    **dict.fromkeys(("negatif", "negative", "non reaktif", "nonreaktif", "non reactive"), "NEG"),
    **dict.fromkeys(("tinggi", "high", "h"), "H"),
    **dict.fromkeys(("rendah", "low", "l"), "L"),
    **dict.fromkeys(("normal", "n"), "N"),
}


def sender_of(hospital_id: UUID, hospital: str, laboratory: str) -> Sender:
    """Who gave the numbers of a table: two laboratories that count from 1 do not meet."""
    name = " ".join(laboratory.casefold().split()) or "-"
    base = Sender(f"{ASSIGNERS}{hospital_id}")
    return Sender(base.system(name), issuer=hospital, record_system=f"{RECORD_SYSTEM}{hospital_id}")


def bundle_of(result: Result, hospital_id: UUID, hospital: str) -> Json:
    """The transaction that keeps a result. Raises MessageRefused."""
    sender = sender_of(hospital_id, hospital, result.laboratory)
    return to_bundle(message_of(result), sender)


def message_of(result: Result) -> Message:
    """An ORU^R01 (HL7 v2.5.1 § 7.3.1) of one result, as it would have been parsed.

    Specimen numbers begin anew each day in many places: their authority is the day's book.
    """
    day = f"{result.day[:4]}-{result.day[4:6]}-{result.day[6:]}"
    number = (result.specimen, day) if result.specimen else (result.collected, day)
    if result.code:
        test: Field = _one(result.code, "", "LN", "", "", "", "", "", result.test)
    else:
        test = _one("", result.test)
    pid = {3: _numbers(result), 5: _one(result.name), 7: _one(result.birth), 8: _one(result.sex)}
    obr = {
        3: _one(*number),
        4: test,
        7: _one(result.collected),
        22: _one(result.resulted),
        24: _one("LAB"),
        25: _one("F"),
        32: _one("", result.doctor) if result.doctor else (),
    }
    segments = [
        _segment("MSH", {}),
        _segment("PID", pid),
        _segment("OBR", obr),
        _segment("OBX", _observation(result, test)),
    ]
    if result.note:
        segments.append(_segment("NTE", {3: _one(result.note)}))
    if result.ct is not None:
        segments.append(_segment("OBX", _cycle_threshold(result), 2))
    if result.specimen or result.specimen_type:
        numbers: Field = ((("",), (result.specimen, day)),) if result.specimen else ()
        spm = {2: numbers, 4: _one("", result.specimen_type), 17: _one(result.collected)}
        segments.append(_segment("SPM", spm))
    return Message(_HEADER, tuple(segments))


def _observation(result: Result, test: Field) -> dict[int, Field]:
    kind, value, flag = "ST", _one(result.words), ""
    if result.value is not None:
        kind, value = "NM", _one(format(result.value, "f"))
        if result.comparator:
            kind, value = "SN", _one(result.comparator, format(result.value, "f"))
        flag = _FLAGS.get(normal(result.words), result.words)
    return {
        2: _one(kind),
        3: test,
        5: value,
        6: _one("", result.unit),
        7: _one(result.reference),
        8: _one(flag),
        11: _one("F"),
        14: _one(result.collected),
        19: _one(result.resulted),
        23: _one(result.laboratory),
    }


def _cycle_threshold(result: Result) -> dict[int, Field]:
    assert result.ct is not None
    return {
        2: _one("NM"),
        3: _one(CT_CODE, "", "LN"),
        5: _one(format(result.ct, "f")),
        11: _one("F"),
        14: _one(result.collected),
    }


def _numbers(result: Result) -> Field:
    kinds = ((result.record, "MR"), (result.nik, "NI"), (result.passport, "PPN"))
    return tuple(((value,), ("",), ("",), ("",), (code,)) for value, code in kinds if value)


def _one(*components: str) -> Field:
    """A field of one repetition; of nothing where it says nothing."""
    made: tuple[Component, ...] = tuple((part,) for part in components)
    return (made,) if any(components) else ()


def _segment(name: str, fields: dict[int, Field], sequence: int = 1) -> Segment:
    width = max(fields, default=0) + 1
    return Segment(name, sequence, tuple(fields.get(at, ()) for at in range(width)), _SIGNS)


_HEADER: Final = Header(
    delimiters=_SIGNS,
    sending=(("",), ("",)),
    receiving=(("",), ("",)),
    sent_at="",
    kind="ORU^R01",
    control_id="1",
    processing_id="P",
    version="2.5.1",
    accept_ack="",
    application_ack="",
    charset="UNICODE UTF-8",
)
assert INVALID.isdisjoint(_FLAGS), "a test that failed says nothing of anybody"
