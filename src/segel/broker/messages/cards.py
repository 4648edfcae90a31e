"""Cards: shown, made and revoked for a patient; who signs them; what is published."""

from typing import Final
from uuid import UUID

import msgspec

from segel.broker.messages.base import Message, Requester

# --- doors ---------------------------------------------------------------------------------------


class ShowCards(Message, frozen=True):
    """A patient's cards, and what cards can be made of."""

    requester: Requester
    patient_id: UUID


class CardSource(msgspec.Struct, frozen=True):
    """A test that a card can be made of now. Times are Unix seconds; ``method`` is a
    ``TestMethod``."""

    resource_id: UUID
    method: str
    name: str
    centre: str
    sampled_s: float
    ends_s: float

    def __repr__(self) -> str:
        return f"CardSource(resource_id={self.resource_id})"


class CardLine(msgspec.Struct, frozen=True):
    """A card. ``certificate``, ``health_card``: the texts of their QR codes; ``revoked_s``: since
    when it is revoked, or 0."""

    card_id: UUID
    resource_id: UUID
    method: str
    sampled_s: float
    issued_s: float
    ends_s: float
    certificate: str
    health_card: str
    revoked_s: float = 0.0

    def __repr__(self) -> str:
        return f"CardLine(card_id={self.card_id})"


class CardSheet(Message, frozen=True):
    """The newest first. ``agreed``: whether the patient agreed to have cards made."""

    patient_id: UUID
    agreed: bool
    sources: list[CardSource]
    cards: list[CardLine]


class IssueCard(Message, frozen=True):
    """A card of one test. ``replaces``: a card that is revoked by it."""

    requester: Requester
    patient_id: UUID
    resource_id: UUID
    replaces: UUID | None = None


class IssuedCard(Message, frozen=True):
    """A card that was made."""

    card: CardLine


class RevokeCard(Message, frozen=True):
    """Revoking it again changes nothing."""

    requester: Requester
    patient_id: UUID
    card_id: UUID


class AgreeToCards(Message, frozen=True):
    """Write down whether a patient agrees to have cards made."""

    requester: Requester
    patient_id: UUID
    agreed: bool


# --- the operator --------------------------------------------------------------------------------


class ListSigners(Message, frozen=True):
    """Who signs cards and lists."""


class SignerLine(msgspec.Struct, frozen=True):
    """A signer. ``use`` is a ``SignerUse``; ``state``: signs, waits, retired, or disowned (what it
    signed holds no more); ``certificate``: DER; ``point``: its public key; ``from_s``: from when on
    it signs, 0 for at once."""

    signer_id: UUID
    use: str
    state: str
    made_s: float
    point: bytes
    certificate: bytes = b""
    from_s: float = 0.0
    retired_s: float = 0.0


class SignerLines(Message, frozen=True):
    """The newest first. ``address``: the issuer's, as SMART Health Cards name it."""

    signers: list[SignerLine]
    address: str


class RotateSigner(Message, frozen=True):
    """Another signer, which signs when verifiers have heard of it. ``later``: it waits, for a
    certificate that somebody else signs, or to be started; ``at_once``: it signs now."""

    use: str
    later: bool = False
    at_once: bool = False


class StartSigner(Message, frozen=True):
    """Have a waiting signer that needs no certificate sign from now on."""

    signer_id: UUID


class AskCertificate(Message, frozen=True):
    """The certification request of a signer that waits."""

    signer_id: UUID


class CertificateRequest(Message, frozen=True):
    """PKCS #10, DER."""

    request: bytes


class InstallCertificate(Message, frozen=True):
    """Give a waiting signer its certificate (DER)."""

    signer_id: UUID
    certificate: bytes


class PublishLists(Message, frozen=True):
    """Have the lists made now, where something in them changed."""


class RevokeMarks(Message, frozen=True):
    """Revoke a card by what it is known by: somebody has it before them, and no patient.

    ``ends_s``: when the card ends; ``rid``: of a SMART Health Card.
    """

    marks: tuple[bytes, ...]
    ends_s: float
    rid: str = ""


# --- who answers for an archive's cards -----------------------------------------------------------


class OverseeCards(Message, frozen=True):
    """Who signs, which lists are the newest, how much is revoked."""

    requester: Requester


class CardCount(msgspec.Struct, frozen=True):
    """How many cards were made and revoked in the last days, today among them (UTC)."""

    days: int
    made: int
    revoked: int


class CardOversight(Message, frozen=True):
    """Nothing of anybody's card. ``serial``, ``listed`` (marks) and times (Unix seconds) are of the
    newest lists, 0 where none were made; ``marks``: as many as are known, ``others`` of them from
    others' lists."""

    signers: list[SignerLine]
    address: str
    serial: int
    issued_s: float
    ends_s: float
    listed: int
    marks: int
    others: int
    counts: list[CardCount]


class PublishListsNow(Message, frozen=True):
    """Have the lists made now, where something in them changed."""

    requester: Requester


TAKEN_MAX: Final = 5_000
"""Marks in one message."""


class TakeMarks(Message, frozen=True):
    """Revoke cards of others' by their marks. ``ends_s``: when the last of them has ended."""

    requester: Requester
    marks: tuple[bytes, ...]
    ends_s: float


class MarksTaken(Message, frozen=True):
    """How many were not known before."""

    new: int


class RevokeShown(Message, frozen=True):
    """As ``RevokeMarks``, by who answers for the archive's cards."""

    requester: Requester
    marks: tuple[bytes, ...]
    ends_s: float
    rid: str = ""


Request = (
    ShowCards
    | IssueCard
    | RevokeCard
    | AgreeToCards
    | ListSigners
    | RotateSigner
    | StartSigner
    | AskCertificate
    | InstallCertificate
    | PublishLists
    | RevokeMarks
    | OverseeCards
    | PublishListsNow
    | TakeMarks
    | RevokeShown
)
Reply = CardSheet | IssuedCard | SignerLines | CertificateRequest | CardOversight | MarksTaken
