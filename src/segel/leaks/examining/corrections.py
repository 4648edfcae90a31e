"""What somebody who looked at a sample knows better than its content says. Pure.

Kept as a finding of the case (``CORRECTIONS``), and heeded by every examination after it.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from segel.leaks.examining.errors import CorrectionsBroken
from segel.leaks.model import ColumnKind

CORRECTIONS: Final = "corrections"
COLUMNS_MAX: Final = 4_000
NAME_MAX: Final = 2_001
"""Of a table and a column, and the point between them."""
PASSWORDS_MAX: Final = 20
PASSWORD_MAX: Final = 200


class Corrections(msgspec.Struct, frozen=True):
    """``kinds``: what columns hold, by TABLE.COLUMN. ``passwords``: tried on what is encrypted.
    ``second``: names of evidence that is a second sample of the seller's, posted apart."""

    kinds: dict[str, ColumnKind] = {}
    passwords: tuple[str, ...] = ()
    second: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "Corrections(...)"

    def with_kinds(self, kinds: Mapping[str, ColumnKind | None]) -> "Corrections":
        """With other columns corrected; of a None it is forgotten."""
        merged = {**self.kinds, **kinds}
        return msgspec.structs.replace(
            self, kinds={name: kind for name, kind in merged.items() if kind is not None}
        )

    def packed(self) -> bytes:
        """As the case keeps them. Raises CorrectionsBroken."""
        if len(self.kinds) > COLUMNS_MAX or any(len(name) > NAME_MAX for name in self.kinds):
            raise CorrectionsBroken(
                f"At most {COLUMNS_MAX} columns are corrected.", field="columns"
            )
        if len(self.passwords) > PASSWORDS_MAX or any(
            not one or len(one) > PASSWORD_MAX for one in self.passwords
        ):
            raise CorrectionsBroken(
                f"At most {PASSWORDS_MAX} passwords, each of at most {PASSWORD_MAX} characters.",
                field="passwords",
                remedy="Write each on a line of its own.",
            )
        return msgspec.json.encode(self)


def unpacked(body: bytes) -> Corrections:
    """What was kept. Raises CorrectionsBroken."""
    try:
        return msgspec.json.decode(body, type=Corrections)
    except msgspec.MsgspecError:
        raise CorrectionsBroken("The case's corrections cannot be read.") from None


def correction(text: str) -> tuple[str, ColumnKind]:
    """TABLE.COLUMN=KIND, as it is typed. Raises CorrectionsBroken."""
    column, sign, kind = text.rpartition("=")
    if not sign or "." not in column:
        raise CorrectionsBroken(
            "This corrects no column.",
            field="column",
            remedy="Write it as TABLE.COLUMN=KIND, as in pasien.no=medical-record.",
        )
    if kind not in set(ColumnKind):
        raise CorrectionsBroken(
            "There is no such kind of column.",
            field="column",
            remedy=f"There are: {', '.join(ColumnKind)}.",
        )
    return column, ColumnKind(kind)


def kinds_of(texts: Sequence[str]) -> dict[str, ColumnKind]:
    """Several. Raises CorrectionsBroken."""
    return dict(map(correction, texts))
