"""HL7 messages broken in the ways that occur, and what each is refused with."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from support.hl7_messages import Draft, Sample, results


@dataclass(frozen=True, slots=True)
class BrokenSample(Sample):
    """``how`` it was broken; ``fault`` is the code of table 0357 it is refused with, '' where it
    is to be taken all the same."""

    how: str
    fault: str


def broken(count: int, seed: int) -> list[BrokenSample]:
    """Each way of breaking a message in turn."""
    chance = random.Random(seed)
    made = []
    ways = list(WAYS.items())
    for number in range(count):
        how, (fault, breaks) = ways[number % len(ways)]
        draft = results(chance, f"{seed}-{number}")
        made.append(BrokenSample(breaks(draft, chance), draft.secrets, how, fault))
    return made


def _no_header(draft: Draft, _: random.Random) -> bytes:
    draft.without("MSH")
    return draft.raw()


def _no_patient(draft: Draft, _: random.Random) -> bytes:
    draft.without("PID")
    return draft.raw()


def _no_order(draft: Draft, _: random.Random) -> bytes:
    draft.without("OBR")
    return draft.raw()


def _set(name: str, field: int, text: str) -> Callable[[Draft, random.Random], bytes]:
    def breaks(draft: Draft, _: random.Random) -> bytes:
        segment = draft.of(name)
        at = field - (name == "MSH")
        segment.extend([""] * (at + 1 - len(segment)))
        segment[at] = text
        return draft.raw()

    return breaks


def _cut_in_pid(draft: Draft, _: random.Random) -> bytes:
    raw = draft.raw()
    return raw[: raw.index(b"PID") + 5]


def _other_signs(draft: Draft, _: random.Random) -> bytes:
    return draft.raw().translate(bytes.maketrans(b"|^~&", b"#*!%"))


def _latin_as_utf8(draft: Draft, _: random.Random) -> bytes:
    draft.of("NTE")[3] += " caf\xe9"
    return draft.raw(charset="latin-1")


def _windows_as_latin(draft: Draft, _: random.Random) -> bytes:
    draft.of("MSH")[17] = "8859/1"
    return draft.raw().replace(b"catatan", b"\x93catatan\x94")


def _utf8_unsaid(draft: Draft, _: random.Random) -> bytes:
    draft.of("MSH")[17] = ""
    draft.of("NTE")[3] += " caf\xe9"
    return draft.raw()


def _bad_nik(draft: Draft, _: random.Random) -> bytes:
    nik = draft.secrets[0]
    draft.of("PID")[3] = draft.of("PID")[3].replace(nik, nik[:6] + "9999" + nik[10:])
    draft.secrets = (nik[:6] + "9999" + nik[10:], *draft.secrets[1:])
    return draft.raw()


def _second_patient(draft: Draft, _: random.Random) -> bytes:
    draft.segments.append(draft.of("PID"))
    return draft.raw()


def _observation_first(draft: Draft, _: random.Random) -> bytes:
    obx = draft.of("OBX")
    draft.segments.remove(obx)
    draft.segments.insert(2, obx)
    return draft.raw()


def _same_control_id(draft: Draft, _: random.Random) -> bytes:
    draft.of("MSH")[9] = "SAME"
    return draft.raw()


WAYS: Final[dict[str, tuple[str, Callable[[Draft, random.Random], bytes]]]] = {
    "no MSH": ("100", _no_header),
    "no PID": ("100", _no_patient),
    "no OBR": ("100", _no_order),
    "second patient": ("100", _second_patient),
    "OBX before OBR": ("100", _observation_first),
    "LF for CR": ("100", lambda draft, _: draft.raw(end="\n")),
    "CR LF for CR": ("", lambda draft, _: draft.raw(end="\r\n")),
    "cut in PID": ("100", _cut_in_pid),
    "version 2.8": ("203", _set("MSH", 12, "2.8")),
    "no version": ("203", _set("MSH", 12, "")),
    "another message": ("200", _set("MSH", 9, "ADT^A01")),
    "another event": ("201", _set("MSH", 9, "ORU^W01")),
    "training": ("202", _set("MSH", 11, "T")),
    "no control id": ("101", _set("MSH", 10, "")),
    "same control id": ("", _same_control_id),
    "three signs": ("102", _set("MSH", 2, "^~\\")),
    "one sign twice": ("102", _set("MSH", 2, "^~\\^")),
    "other signs": ("", _other_signs),
    "unknown character set": ("103", _set("MSH", 18, "EBCDIC")),
    "Latin-1 said to be UTF-8": ("102", _latin_as_utf8),
    "Windows-1252 said to be Latin-1": ("102", _windows_as_latin),
    "UTF-8 without saying so": ("102", _utf8_unsaid),
    "no such month": ("102", _set("PID", 7, "19901301")),
    "no such time": ("102", _set("OBR", 7, "202201059900")),
    "MSH-7 no time": ("102", _set("MSH", 7, "kemarin")),
    "impossible NIK": ("102", _bad_nik),
    "no number": ("101", _set("PID", 3, "")),
    "no name": ("101", _set("PID", 5, "")),
    "unknown sex": ("103", _set("PID", 8, "L")),
    "no type of value": ("103", _set("OBX", 2, "")),
    "unknown type of value": ("103", _set("OBX", 2, "QQ")),
    "text said to be a number": ("102", _set("OBX", 2, "NM")),
    "text said to be a time": ("102", _set("OBX", 2, "TS")),
    "text said to be a document": ("103", _set("OBX", 2, "ED")),
    "unknown state of result": ("103", _set("OBX", 11, "Q")),
    "no state of result": ("101", _set("OBX", 11, "")),
    "unknown state of report": ("103", _set("OBR", 25, "Q")),
    "no code of observation": ("101", _set("OBX", 3, "")),
    "two filler numbers": ("102", _set("ORC", 3, "OTHER")),
    "huge name": ("102", _set("PID", 5, "X" * 100_000)),
    "huge number": ("102", _set("OBR", 3, "9" * 100_000)),
    "a hundred thousand parts": ("100", _set("NTE", 3, "a^" * 100_001)),
    "open escape": ("102", _set("NTE", 3, "C:\\folder")),
    "unknown escape": ("102", _set("NTE", 3, "a\\Zx\\b")),
    "change of character set": ("102", _set("NTE", 3, "\\C2842\\")),
}
"""What is wrong, and the code of table 0357 that says so."""
