"""ACK (HL7 v2.5.1 § 2.14.1): what a sender is told about its message.

::

    MSH-15    MSH-16        taken             has an error   kind not taken   (§ 2.9.2, 2.9.3)
    empty     empty         AA                AE             AR               original mode
    AL …      whatever      CA                CE             CR               enhanced mode
    empty, NE AL …          AA                AE             AR
    NE, empty NE            nothing is answered

``…`` is ER (errors only) and SU (success only). In enhanced mode the accept acknowledgement is the
answer, also where MSH-16 wants another one later: what is acknowledged is kept, and there is
nothing more to say. A message whose header cannot be read is answered in original mode.

Every part of ERR is the sender's own structure or our own sentence; no value of the message is said
back, but for the control id and the names of the applications.
"""

import re
from datetime import datetime
from typing import Final

from segel.domain.errors import SegelError
from segel.records.hl7.errors import Fault, Location, MessageRefused
from segel.records.hl7.escapes import escape
from segel.records.hl7.header import CHARSETS, VERSIONS, is_control_id
from segel.records.hl7.segments import Component, Delimiters, Header

_OURS: Final = Delimiters()
_NEWEST: Final = "2.5.1"
_ERL_SINCE: Final = "2.5"
"""Before, ERR-1 says place and code together, and there is no other field."""

APPLICATION: Final = "SEGEL"
TEXT_LENGTH_MAX: Final = 250  # ERR-8
MSA_TEXT_LENGTH_MAX: Final = 80  # MSA-3
NAME_LENGTH_MAX: Final = 227  # HD in v2.5.1

_NAME: Final = re.compile(r"[ -%'-\[\]^-{}]*\Z")
"""Printable ASCII but for |, ~, & and the escape character."""

_SUCCESS: Final = frozenset({"AL", "SU"})
_ERROR: Final = frozenset({"AL", "ER"})


def answer(
    header: Header | None, refusal: SegelError | None, *, at: datetime, control_id: str
) -> bytes | None:
    """The ACK for a message; None where its sender wants none. ``header`` is None where it could
    not be read; ``control_id`` is the answer's own."""
    code = _code(header, refusal)
    if not code:
        return None
    version = header.version if header and header.version in VERSIONS else _NEWEST
    lines = [_msh(header, version, at, control_id), _msa(header, code, refusal, version)]
    if refusal is not None:
        lines.append(_err(refusal, version))
    text = "".join(f"{line}\r" for line in lines)
    return text.encode(CHARSETS.get(header.charset, "ascii") if header else "ascii", "replace")


def code_of(header: Header | None, refusal: SegelError | None) -> str:
    """MSA-1 (table 0008) of the answer in original mode: AA, AE or AR. For logs and counters."""
    del header
    return "AA" if refusal is None else "AR" if _rejects(refusal) else "AE"


def _code(header: Header | None, refusal: SegelError | None) -> str:
    accept = header.accept_ack if header else ""
    application = header.application_ack if header else ""
    if not accept and not application:
        return code_of(header, refusal)
    wanted = _SUCCESS if refusal is None else _ERROR
    if accept not in ("", "NE"):
        return (
            "C" + code_of(header, refusal)[1] if accept in wanted or not _is_known(accept) else ""
        )
    if application not in ("", "NE"):
        known = _is_known(application)
        return code_of(header, refusal) if application in wanted or not known else ""
    return ""


def _is_known(condition: str) -> bool:
    return condition in _SUCCESS | _ERROR


def _rejects(refusal: SegelError) -> bool:
    return isinstance(refusal, MessageRefused) and refusal.rejects


def _msh(header: Header | None, version: str, at: datetime, control_id: str) -> str:
    """Sender and receiver change places."""
    application, facility = header.receiving if header else ((APPLICATION,), ("",))
    to_application, to_facility = header.sending if header else (("",), ("",))
    event = header.kind.partition("^")[2] if header and is_control_id(header.control_id) else ""
    is_event = len(event) == 3 and event.isascii() and event.isalnum()
    fields = [
        "MSH",
        "^~\\&",
        _name(application) or APPLICATION,
        _name(facility),
        _name(to_application),
        _name(to_facility),
        f"{at:%Y%m%d%H%M%S%z}",
        "",
        f"ACK^{event}^ACK" if is_event else "ACK",
        escape(control_id, _OURS),
        header.processing_id if header and header.processing_id in ("P", "T", "D") else "P",
        version,
    ]
    if header and header.charset in CHARSETS and header.charset:
        fields += ["", "", "", "", "", header.charset]
    return "|".join(fields)


def _name(parts: Component) -> str:
    """An application or facility, said back as its sender said it."""
    text = "^".join(parts[:3])
    return text if len(text) <= NAME_LENGTH_MAX and _NAME.match(text) else ""


def _msa(header: Header | None, code: str, refusal: SegelError | None, version: str) -> str:
    """Before v2.5 the sentence has no other place than MSA-3."""
    control_id = header.control_id if header and is_control_id(header.control_id) else ""
    line = f"MSA|{code}|{control_id}"
    if refusal is None or version >= _ERL_SINCE:
        return line
    return f"{line}|{_told(refusal, MSA_TEXT_LENGTH_MAX)}"


def _told(refusal: SegelError, length_max: int) -> str:
    return escape(f"{refusal.what} {refusal.remedy}".strip()[:length_max], _OURS)


def _err(refusal: SegelError, version: str) -> str:
    """ERR (§ 2.15.5): where, what by table 0357, how bad, our own code, and a sentence."""
    fault, place = Fault.INTERNAL, None
    if isinstance(refusal, MessageRefused):
        fault, place = refusal.fault, refusal.location
    if version < _ERL_SINCE:
        where = f"{place.segment}^{place.sequence}^{place.field or ''}" if place else "^^"
        return f"ERR|{where}^{fault.code}&{fault.text}&HL70357"
    fields = [
        "ERR",
        "",
        _erl(place) if place else "",
        f"{fault.code}^{fault.text}^HL70357",
        "E",
        f"{refusal.code}^^L",
        "",
        "",
        _told(refusal, TEXT_LENGTH_MAX),
    ]
    return "|".join(fields)


def _erl(place: Location) -> str:
    parts = (place.field, place.repetition, place.component)
    numbers = [str(part or "") for part in parts]
    return "^".join((place.segment, str(place.sequence), *numbers)).rstrip("^")
