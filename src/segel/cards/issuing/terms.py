"""Who issues, when a card may be made, and the names by which it is revoked."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from segel.cards import base64url
from segel.cards.issuing.errors import CardFault, CardNotMade
from segel.cards.value_sets import COUNTRIES
from segel.domain.card_facts import CardHolder, NegativeTest

Randomness = Callable[[int], bytes]

AUTHORITY_CHARACTERS_MAX: Final = 50
CLOCKS_APART: Final = timedelta(minutes=5)
"""How far a laboratory's clock may be ahead of ours."""
IDENTIFIER_BYTES: Final = 16
RID_BYTES: Final = 16
"""22 characters, of the 24 that there may be."""
_BIRTH: Final = re.compile(r"(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues: ISO 3166-1 ``country``, ``name`` as cards have it, and the address that is the
    ``iss`` of SMART Health Cards."""

    country: str
    name: str
    address: str

    def __post_init__(self) -> None:
        if self.country not in COUNTRIES:
            raise _no_authority("country", "Write two letters of ISO 3166-1, such as ID.")
        if not 0 < len(self.name) <= AUTHORITY_CHARACTERS_MAX:
            raise _no_authority("name", f"Write 1 to {AUTHORITY_CHARACTERS_MAX} characters.")
        if not self.address.startswith("https://") or self.address.endswith("/"):
            raise _no_authority("address", "Write an https:// address without a slash at its end.")


def _no_authority(field: str, remedy: str) -> CardNotMade:
    what = "The cards' issuer is not set as cards need it."
    return CardNotMade(CardFault.AUTHORITY, what, remedy=remedy, field=field)


def demand_makeable(holder: CardHolder, test: NegativeTest, at: datetime) -> None:
    """Raises CardNotMade where no card is made at ``at`` of this test of this person."""
    assert at.tzinfo is not None
    assert test.sampled_at.tzinfo is not None
    if not holder.family and not holder.given:
        raise CardNotMade(
            CardFault.NAME_MISSING,
            "The record has no name.",
            remedy="Have it registered at the hospital first.",
            field="name",
        )
    if not _BIRTH.fullmatch(holder.birth_date):
        raise CardNotMade(
            CardFault.BIRTH,
            "The record has no birth date that a card can have.",
            remedy="Have it registered at the hospital first, at least the year.",
            field="birth_date",
        )
    if test.sampled_at > at + CLOCKS_APART:
        raise CardNotMade(
            CardFault.IN_FUTURE,
            "The specimen was taken in the future.",
            remedy="Have the laboratory correct the time.",
            field="effectiveDateTime",
        )
    if test.ends_at <= at:
        raise CardNotMade(
            CardFault.TOO_OLD,
            "The specimen was taken more than 72 hours ago.",
            remedy="A card needs a newer test.",
            field="effectiveDateTime",
        )


def new_identifier(country: str, randomness: Randomness) -> str:
    """A UVCI that says nothing but the country (eHN, Interoperability annex 2, option 2)."""
    opaque = base64.b32encode(randomness(IDENTIFIER_BYTES)).decode().rstrip("=")
    return f"URN:UVCI:01:{country}:{opaque}"


def new_rid(randomness: Randomness) -> str:
    """A revocation id (SMART Health Cards, Revocation)."""
    return base64url.encode(randomness(RID_BYTES))
