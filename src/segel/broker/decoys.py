"""Decoy patients: told apart from others by nobody but the broker.

There is no list of them. Half of a decoy's row id is a keyed token of the other half; to everybody
without the key it is as random as any other id, in the dump and in a door's memory. So nothing has
to be written when one is planted or touched that a thief could set beside it, several brokers
agree without speaking, and a restored backup knows its decoys. (Decision 020.)
"""

import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from segel.domain.patient import PatientIdentity
from segel.sealing import token

HALF_BYTES: Final = 8
_VARIANT_MASK: Final = 0x3F
_VARIANT: Final = 0x80
"""RFC 9562 § 5.4: what every random UUID has at this place."""


@dataclass(frozen=True, slots=True)
class DecoyMarks:
    """Makes and recognises decoys' row ids. ``key``: 32 bytes that only the broker holds."""

    key: bytes = field(repr=False)

    def new_id(self, randomness: Callable[[int], bytes] = os.urandom) -> UUID:
        """The row id of a new decoy."""
        head = UUID(bytes=randomness(16), version=4).bytes[:HALF_BYTES]
        return UUID(bytes=head + self._mark(head))

    def is_decoy(self, patient_id: UUID) -> bool:
        """Whether a patient is one: of random ids one in 2⁶² is taken for a decoy."""
        head, tail = patient_id.bytes[:HALF_BYTES], patient_id.bytes[HALF_BYTES:]
        return hmac.compare_digest(tail, self._mark(head))

    def _mark(self, head: bytes) -> bytes:
        mark = bytearray(token(self.key, "decoy", head)[:HALF_BYTES])
        mark[0] = mark[0] & _VARIANT_MASK | _VARIANT
        return bytes(mark)


def is_same_person(one: PatientIdentity, other: PatientIdentity) -> bool:
    """Whether an arrival is of the decoy itself: otherwise somebody was really given its number."""
    return (one.name, one.birth_date, one.sex) == (other.name, other.birth_date, other.sex)
