"""Whatever a file is changed to: its reader says what its parent believes, and ends.

Some dozens of each format in the ordinary run; ``SEGEL_FUZZ=100000`` for as many. What a mutation
changes is drawn from a seed, so that a failure can be run again: it is in the message.
"""

import os
from random import Random
from typing import Final

import msgspec
import pytest

from segel.leaks.intake.model import FileFound
from segel.leaks.intake.reasons import Reason
from segel.leaks.model import Handling
from support.hostile.archives import info, tarred
from support.hostile.documents import FILES as DOCUMENTS
from support.hostile.pictures import dicom, own, picture
from support.quarantine import NARROW, inspected
from support.reading_here import read_here
from support.samples import FILES

INPUTS: Final = int(os.environ.get("SEGEL_FUZZ", "25"))
SEED: Final = int(os.environ.get("SEGEL_FUZZ_SEED", "20261129"))
LIMITS: Final = msgspec.structs.replace(NARROW, inflated_bytes=8 << 20, depth=4)
NATIVE: Final = ("pdf", "png", "jpeg", "tiff", "webp", "gif", "dicom", "7z")
PIECES: Final = (
    b"\x00", b"\xff" * 4, b"'", b'"', b"\\", b"(" * 9, b"[" * 9, b"\n", b";", b"INSERT INTO ",
    b"PK\x01\x02", b"{", b"\xed\xa0\x80", b"\xff\xfe", b"9" * 40, b"-1",
)  # fmt: skip


def changed(data: bytes, chance: Random) -> bytes:
    """The same with some bytes changed, put in, taken out or doubled."""
    made = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(4):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                made[at:at] = chance.choice(PIECES)
            case 2:
                del made[at : at + chance.randint(1, 40)]
            case _:
                made[at:at] = made[at : at + chance.randint(1, 200)] * chance.randint(1, 3)
    return bytes(made)


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith(".7z")])
def test_a_changed_file_is_read_or_refused(name: str) -> None:
    whole = FILES[name]()
    for number in range(INPUTS):
        data = changed(whole, Random(f"{SEED} {name} {number}"))
        findings = read_here(name, data, LIMITS)
        files = [one.file for one in findings if isinstance(one, FileFound)]
        assert files[-1].path == (name,), f"input {number} of seed {SEED}"
        assert all(file.handling is Handling.READ or file.reason for file in files)


def _native(kind: str) -> bytes:
    match kind:
        case "pdf":
            return next(one.make(1) for one in DOCUMENTS if one.name == "javascript.pdf")
        case "dicom":
            return dicom(pixels=own(bytes(64)))
        case "7z":
            return FILES["rows.7z"]()
        case _:
            return picture(kind.upper())


@pytest.mark.parametrize("kind", NATIVE)
def test_changed_files_for_native_decoders_cost_their_child_at_most(kind: str) -> None:
    """Their decoders are C: they are tried behind the walls, all in one archive."""
    whole = _native(kind)
    members = tarred(
        *(
            (info(f"{number}"), changed(whole, Random(f"{SEED} {kind} {number}")))
            for number in range(INPUTS)
        )
    )
    found = inspected("all.tar", members, msgspec.structs.replace(NARROW, crashes=INPUTS))
    assert {file.path[1] for file in found.files.values() if len(file.path) == 2} == {
        str(number) for number in range(INPUTS)
    }
    assert Reason.LIED not in found.reasons()
