"""What is asked of the broker about cards and those who sign them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from segel.broker import messages as m

if TYPE_CHECKING:
    from segel.broker.client import BrokerClient


class CardCalls:
    """``BrokerClient.cards``. All raise CardsOff, Forbidden, BrokerUnavailable."""

    def __init__(self, client: "BrokerClient") -> None:
        self._client = client

    async def show(self, requester: m.Requester, patient_id: UUID) -> m.CardSheet:
        """A patient's cards, and what cards can be made of. Raises PatientUnknown."""
        return await self._client.call(m.ShowCards(requester, patient_id), m.CardSheet)

    async def issue(
        self,
        requester: m.Requester,
        patient_id: UUID,
        resource_id: UUID,
        replaces: UUID | None = None,
    ) -> m.CardLine:
        """A card of one test; ``replaces`` is revoked by it. Raises CardUnknown, CardNotMade,
        CardConsentMissing, CardsMany, BudgetExhausted."""
        asked = m.IssueCard(requester, patient_id, resource_id, replaces)
        return (await self._client.call(asked, m.IssuedCard)).card

    async def revoke(self, requester: m.Requester, patient_id: UUID, card_id: UUID) -> None:
        """Revoke a card. Raises CardUnknown."""
        await self._client.call(m.RevokeCard(requester, patient_id, card_id), m.Done)

    async def agree(self, requester: m.Requester, patient_id: UUID, *, agreed: bool) -> None:
        """Write down whether a patient agrees to have cards made."""
        await self._client.call(m.AgreeToCards(requester, patient_id, agreed), m.Done)

    # --- the operator -------------------------------------------------------------------------

    async def signers(self) -> m.SignerLines:
        """Who signs cards and lists."""
        return await self._client.call(m.ListSigners(), m.SignerLines)

    async def rotate(self, use: str, *, later: bool = False, at_once: bool = False) -> UUID:
        """Another signer for a use; ``later``: it waits, ``at_once``: it signs now."""
        done = await self._client.call(m.RotateSigner(use, later, at_once), m.Done)
        assert done.identifier is not None
        return done.identifier

    async def start(self, signer_id: UUID) -> None:
        """Have a waiting signer that needs no certificate sign. Raises SignerRefused."""
        await self._client.call(m.StartSigner(signer_id), m.Done)

    async def certificate_request(self, signer_id: UUID) -> bytes:
        """The request (DER) of a signer that waits. Raises SignerRefused."""
        asked = m.AskCertificate(signer_id)
        return (await self._client.call(asked, m.CertificateRequest)).request

    async def install(self, signer_id: UUID, certificate: bytes) -> None:
        """Give a waiting signer its certificate. Raises SignerRefused."""
        await self._client.call(m.InstallCertificate(signer_id, certificate), m.Done)

    async def publish(self) -> None:
        """Have the lists made now, where something in them changed."""
        await self._client.call(m.PublishLists(), m.Done)

    async def revoke_marks(self, marks: Sequence[bytes], ends_s: float, rid: str = "") -> None:
        """Revoke a card that somebody has before them."""
        await self._client.call(m.RevokeMarks(tuple(marks), ends_s, rid), m.Done)
