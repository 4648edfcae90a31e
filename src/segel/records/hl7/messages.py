"""From the bytes of a message to its segments, or to a refusal that says where and why.

python-hl7 takes the text apart; what it may be given is decided before (delimiters, character set,
segments, how much of it there is), and what it gives is unescaped and frozen here. See
docs/decisions/031.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, NamedTuple

import hl7

from segel.records.hl7.errors import Fault, Location, MessageRefused, wrong_type
from segel.records.hl7.escapes import unescape, unprintable
from segel.records.hl7.header import PRODUCTION, check_header, read_header
from segel.records.hl7.limits import PARTS_MAX, SEGMENTS_MAX
from segel.records.hl7.segments import (
    Component,
    Delimiters,
    Field,
    Header,
    Message,
    Repetition,
    Segment,
)

_NAME: Final = re.compile(r"[A-Z][A-Z0-9]{2}\Z")
_ONE_MESSAGE: Final = frozenset({"MSH", "BHS", "FHS", "BTS", "FTS"})


def parse_message(raw: bytes, processing_ids: Collection[str] = PRODUCTION) -> Message:
    """One message of a kind that is taken. Raises MessageRefused, and nothing else."""
    header = read_header(raw)
    charset = check_header(header, processing_ids)
    lines = _lines(_decoded(raw, header, charset), header.delimiters)
    try:
        parsed = hl7.parse("\r".join(lines))
    except Exception:  # it raises whatever its code runs into, and quotes the line
        parsed = ()
    if len(parsed) != len(lines):
        raise MessageRefused(
            Fault.SEQUENCE, Location("MSH"), "The message cannot be taken apart into segments."
        )
    return Message(header, tuple(_segments(parsed, _Text(header.delimiters, charset))))


def _decoded(raw: bytes, header: Header, charset: str) -> str:
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError as broken:
        raise wrong_type(
            _place(raw[: broken.start].decode("latin-1"), header.delimiters),
            "A character is not of the character set that MSH-18 says.",
            "Send UNICODE UTF-8, and say so in MSH-18.",
        ) from None
    if (at := unprintable(text)) >= 0:
        raise wrong_type(
            _place(text[:at], header.delimiters),
            "A control character is in the text.",
            "Say the character set in MSH-18 that the text is really in, and end segments with CR.",
        )
    return text


def _place(before: str, delimiters: Delimiters) -> Location:
    """Where a message goes on after ``before``."""
    lines = re.split(r"\r\n?", before)
    names = [line[:3] for line in lines if _NAME.match(line[:3])] or ["MSH"]
    field = lines[-1].count(delimiters.field) + (lines[-1][:3] == "MSH")
    return Location(names[-1], names.count(names[-1]), field)


def _lines(text: str, delimiters: Delimiters) -> list[str]:
    """The segments; LF after a CR is left out, and empty lines are."""
    lines = [line for line in re.split(r"\r\n?", text) if line.strip()]
    if len(lines) > SEGMENTS_MAX:
        raise _too_much(f"The message has more than {SEGMENTS_MAX} segments.")
    signs = (
        delimiters.field,
        delimiters.component,
        delimiters.repetition,
        delimiters.subcomponent,
        delimiters.escape,
    )
    if sum(map(text.count, signs)) > PARTS_MAX:
        raise _too_much(
            f"The message has more than {PARTS_MAX} fields, parts of fields and escapes."
        )
    begun = re.compile(r"\n[A-Z][A-Z0-9]{2}" + re.escape(delimiters.field))
    seen: Counter[str] = Counter()
    place = Location("MSH")
    for line in lines:
        name = line[:3]
        if not _NAME.match(name) or line[3:4] not in ("", delimiters.field):
            raise MessageRefused(
                Fault.SEQUENCE,
                place,
                "What follows this segment is none.",
                remedy="Write line ends in text as the escape .br.",
            )
        if seen and name in _ONE_MESSAGE:
            raise MessageRefused(
                Fault.SEQUENCE,
                place,
                "Another message or batch begins after this segment.",
                remedy="Send one message in each frame.",
            )
        seen[name] += 1
        place = Location(name, seen[name])
        if begun.search(line):
            raise MessageRefused(
                Fault.SEQUENCE,
                place,
                "After this segment another one begins after LF.",
                remedy="End every segment with CR (0D).",
            )
    return lines


def _too_much(what: str) -> MessageRefused:
    return MessageRefused(
        Fault.SEQUENCE, Location("MSH"), what, remedy="Send it in several messages."
    )


class _Text(NamedTuple):
    """How the leaves are to be read."""

    delimiters: Delimiters
    charset: str

    def field(self, field: Any, place: Location) -> Field:
        if place.segment == "MSH" and place.field in (1, 2):
            return (((str(field),),),)
        return tuple(
            self._repetition(one, place, number) for number, one in enumerate(_parts(field), 1)
        )

    def _repetition(self, one: Any, place: Location, number: int) -> Repetition:
        return tuple(
            self._component(part, place, number, at) for at, part in enumerate(_parts(one), 1)
        )

    def _component(self, part: Any, place: Location, number: int, at: int) -> Component:
        leaves = tuple(map(str, _parts(part)))
        if not any(self.delimiters.escape in leaf for leaf in leaves):
            return leaves
        where = replace(place, repetition=number, component=at)
        return tuple(unescape(leaf, self.delimiters, self.charset, where) for leaf in leaves)


def _parts(found: Any) -> Iterable[Any]:
    """What has no delimiter of a level or below, python-hl7 leaves as text."""
    return (found,) if isinstance(found, str) else found


def _segments(parsed: Iterable[Any], text: _Text) -> Iterator[Segment]:
    seen: Counter[str] = Counter()
    for segment in parsed:
        fields = tuple(_parts(segment))
        name = str(fields[0])
        seen[name] += 1
        yield Segment(
            name,
            seen[name],
            tuple(
                text.field(field, Location(name, seen[name], number))
                for number, field in enumerate(fields)
            ),
            text.delimiters,
        )
