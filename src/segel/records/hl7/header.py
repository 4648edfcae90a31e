"""MSH, read on its own and leniently: a message that is refused is answered by its control id.

``read_header`` fails only where nothing can be told from the bytes; ``check_header`` then says
whether messages with such a header are taken.
"""

import re
from collections.abc import Collection, Mapping
from typing import Final

from segel.records.hl7.errors import Fault, Location, MessageRefused, missing, not_in_table
from segel.records.hl7.limits import CONTROL_ID_LENGTH_MAX
from segel.records.hl7.segments import Component, Delimiters, Header

VERSIONS: Final = frozenset({"2.3", "2.3.1", "2.4", "2.5", "2.5.1"})
"""MSH-12 (table 0104): their fields that are read here stand in the same places."""

EVENTS: Final[Mapping[str, frozenset[str]]] = {
    "ORU": frozenset({"R01"}),
    "ORM": frozenset({"O01"}),
    "OML": frozenset({"O21"}),
}
"""MSH-9: messages (table 0076) and their events (table 0003)."""

PRODUCTION: Final = frozenset({"P"})
"""MSH-11 (table 0103). Training and debugging do not belong into patients' records."""

CHARSETS: Final[Mapping[str, str]] = {
    "": "ascii",
    "ASCII": "ascii",
    "8859/1": "latin-1",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",  # not in the table, and clear
}
"""MSH-18 (table 0211) and the codec. Nothing said is ASCII (§ 2.15.9.18)."""

_CONTROL_ID: Final = re.compile(r"[^\s|^~\\&](?:[^|^~\\&]*[^\s|^~\\&])?\Z")
_MSH_LENGTH_MIN: Final = len("MSH|^~\\&|")
_ACKNOWLEDGED: Final = frozenset({"", "AL", "NE", "ER", "SU"})  # table 0155


def read_header(raw: bytes) -> Header:
    """The header of a message. Raises MessageRefused where it has none that can be read."""
    # Up to an LF, too: that is refused later, and by then has the right control id.
    line = raw.partition(b"\r")[0].partition(b"\n")[0].decode("latin-1")
    if not line.startswith("MSH"):
        raise MessageRefused(
            Fault.SEQUENCE,
            Location("MSH"),
            "The message does not begin with MSH.",
            remedy="Send one message in each frame, without batch or file headers.",
            rejects=True,
        )
    delimiters = _delimiters(line)
    fields = [line[3], *line.split(delimiters.field)[1:]]

    def components(number: int) -> Component:
        text = fields[number - 1] if number <= len(fields) else ""
        first = text.partition(delimiters.repetition)[0]
        return tuple(part.strip() for part in first.split(delimiters.component))

    def text(number: int) -> str:
        return components(number)[0]

    return Header(
        delimiters=delimiters,
        sending=(components(3), components(4)),
        receiving=(components(5), components(6)),
        sent_at=text(7),
        kind="^".join(components(9)[:2]),
        control_id=text(10),
        processing_id=text(11),
        version=text(12),
        accept_ack=text(15),
        application_ack=text(16),
        charset=text(18),
    )


def check_header(header: Header, processing_ids: Collection[str]) -> str:
    """Whether such messages are taken; gives the codec of their text. Raises MessageRefused."""
    if not is_control_id(header.control_id):
        raise missing(
            Location("MSH", 1, 10),
            f"The message has no control id of 1 to {CONTROL_ID_LENGTH_MAX} plain characters.",
            "Give every message one, and the same one when it is sent again.",
        )
    if header.version not in VERSIONS:
        raise _rejected(Fault.VERSION, 12, "Messages are taken in version 2.3 to 2.5.1.")
    kind, _, event = header.kind.partition("^")
    if kind not in EVENTS:
        raise _rejected(Fault.MESSAGE_TYPE, 9, "ORU, ORM and OML messages are taken here.")
    if event not in EVENTS[kind]:
        raise _rejected(Fault.EVENT, 9, "The events R01, O01 and O21 are taken here.")
    if header.processing_id not in processing_ids:
        raise _rejected(
            Fault.PROCESSING, 11, "Messages with this processing id are not taken from this sender."
        )
    for number, condition in ((15, header.accept_ack), (16, header.application_ack)):
        if condition not in _ACKNOWLEDGED:
            raise not_in_table(Location("MSH", 1, number), "0155", "Give AL, NE, ER or SU.")
    if header.charset not in CHARSETS:
        raise not_in_table(
            Location("MSH", 1, 18), "0211", "Send UNICODE UTF-8, and say so in MSH-18."
        )
    return CHARSETS[header.charset]


def is_control_id(text: str) -> bool:
    """Whether a control id can be said back to its sender."""
    is_plain = text.isascii() and text.isprintable() and len(text) <= CONTROL_ID_LENGTH_MAX
    return is_plain and _CONTROL_ID.match(text) is not None


def _delimiters(line: str) -> Delimiters:
    signs = line[3:8]
    is_usable = (
        len(line) >= _MSH_LENGTH_MIN
        and line[8] == line[3]
        and len(set(signs)) == len(signs)
        and all("!" <= sign <= "~" and not sign.isalnum() for sign in signs)
    )
    if not is_usable:
        raise MessageRefused(
            Fault.TYPE,
            Location("MSH", 1, 2),
            "MSH-1 and MSH-2 are not five different signs.",
            remedy="They are mostly | and ^~\\&.",
            rejects=True,
        )
    return Delimiters(*list(signs))


def _rejected(fault: Fault, number: int, remedy: str) -> MessageRefused:
    return MessageRefused(fault, Location("MSH", 1, number), f"{fault.text}.", remedy=remedy)
