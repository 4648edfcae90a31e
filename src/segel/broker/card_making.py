"""What the broker needs of whoever knows cards: a port, as it imports neither records nor cards.

It is the broker that opens a test and has the card made of it. A door that was taken over can ask
for a card of a test that is on record, and for no other (decision 049).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from segel.broker.messages import FolderGrant
from segel.domain.card_facts import CardHolder, NegativeTest

Sign = Callable[[bytes], bytes]
"""ES256, *r* and *s* side by side."""

Row = tuple[UUID, int, bytes]
"""A resource's row: its id, version and sealed content."""


class SignerUse(StrEnum):
    """What a signer signs."""

    CERTIFICATE = "certificate"
    """EU Digital COVID Certificates."""
    HEALTH_CARD = "health-card"
    """SMART Health Cards."""
    LISTS = "lists"
    """The lists that verifiers take along."""


@dataclass(frozen=True, slots=True)
class Signing:
    """A signer at work: its public key (``04 ‖ x ‖ y``), its certificate (DER, or empty), and what
    signs with it."""

    point: bytes
    certificate: bytes
    sign: Sign = field(repr=False)


@dataclass(frozen=True, slots=True)
class MadeCard:
    """A card in both of its forms: the texts of their QR codes, what they are revoked by, and when
    they end (Unix time)."""

    certificate: str = field(repr=False)
    health_card: str = field(repr=False)
    identifier: str = field(repr=False)
    rid: str = field(repr=False)
    marks: tuple[bytes, ...] = field(repr=False)
    ends_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ListsDue:
    """What lists are made of: every signer that is not gone, every mark, the revocation ids of
    SMART Health Cards; which edition it is, and the signer of the lists themselves."""

    signers: Sequence[tuple[SignerUse, Signing]]
    marks: Sequence[bytes] = field(repr=False)
    rids: Sequence[str] = field(repr=False)
    serial: int
    issued: datetime
    expires: datetime
    lists: Signing


class CardMaking(Protocol):
    """Who issues, and how cards are made. Raises CardNotMade for what none can be made of."""

    country: str
    authority: str
    address: str

    def negative_test(
        self, patient_id: UUID, folder: FolderGrant, row: Row, default_centre: str
    ) -> NegativeTest:
        """The negative test that an Observation's row says. Raises CardNotMade."""

    def passes(
        self, points: Sequence[bytes], test: NegativeTest, certificate: Signing, at: datetime
    ) -> tuple[list[bytes], int]:
        """A venue pass for each of a holder's keys, and until when they hold (Unix time). Raises
        CardNotMade, and what signing raises."""

    def make(
        self,
        holder: CardHolder,
        test: NegativeTest,
        certificate: Signing,
        health_card: Signing,
        at: datetime,
    ) -> MadeCard:
        """Both forms of a card. Raises CardNotMade, and what signing raises."""

    def publish(self, due: ListsDue) -> Mapping[str, bytes]:
        """The files that everybody may have, by name. Raises what signing raises."""
