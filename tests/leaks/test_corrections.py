"""What somebody knows better than a sample says."""

import pytest

from segel.leaks.examining import Corrections, CorrectionsBroken
from segel.leaks.examining.corrections import (
    COLUMNS_MAX,
    PASSWORD_MAX,
    PASSWORDS_MAX,
    correction,
    kinds_of,
    unpacked,
)
from segel.leaks.model import ColumnKind

SECRET = "kata-sandi-penjual"


def test_they_are_read_as_they_were_written() -> None:
    made = Corrections({"dump/pasien.csv.no": ColumnKind.NIK}, (SECRET,), ("b.zip",))
    assert unpacked(made.packed()) == made
    assert SECRET not in repr(made)


def test_columns_are_corrected_again_and_forgotten() -> None:
    made = Corrections(kinds_of(["a.x=nik", "a.y=name"]), (SECRET,))
    changed = made.with_kinds({"a.x": None, "a.y": ColumnKind.OTHER, "b.z": ColumnKind.PHONE})
    assert changed.kinds == {"a.y": ColumnKind.OTHER, "b.z": ColumnKind.PHONE}
    assert changed.passwords == (SECRET,)


def test_the_last_point_parts_a_table_from_its_column() -> None:
    assert correction("dump/pasien.csv.no=medical-record") == (
        "dump/pasien.csv.no", ColumnKind.MEDICAL_RECORD,
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "nik", "pasien=nik", "pasien.no", "pasien.no=nomor", "=nik"])
def test_what_corrects_nothing_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(CorrectionsBroken) as caught:
        correction(text)
    assert caught.value.field == "column"
    assert caught.value.remedy


@pytest.mark.parametrize(
    "made",
    [
        Corrections({f"t.{at}": ColumnKind.NIK for at in range(COLUMNS_MAX + 1)}),
        Corrections({"t" * 3_000: ColumnKind.NIK}),
        Corrections(passwords=("x",) * (PASSWORDS_MAX + 1)),
        Corrections(passwords=("x" * (PASSWORD_MAX + 1),)),
        Corrections(passwords=("",)),
    ],
    ids=["columns", "a name", "passwords", "a password", "an empty one"],
)
def test_more_than_there_can_be_is_refused(made: Corrections) -> None:
    with pytest.raises(CorrectionsBroken):
        made.packed()


@pytest.mark.parametrize("body", [b"", b"[]", b'{"kinds": {"t.c": "nobody"}}', b"\xff"])
def test_what_was_not_written_so_is_refused(body: bytes) -> None:
    with pytest.raises(CorrectionsBroken):
        unpacked(body)
