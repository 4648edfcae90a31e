"""How the broker has cards made: what is on record by ``records``, what becomes of it by ``cards``.

Wired here, because the broker imports neither.
"""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from joserfc.jwk import ECKey

from segel.app.settings import Settings, card_address
from segel.broker.card_making import MadeCard, Row, Signing
from segel.broker.errors import CardNotMade
from segel.broker.messages import FolderGrant
from segel.cards import content_of, decode, marks_of
from segel.cards.issuing import (
    Authority,
    make_certificate,
    make_health_card,
    make_passes,
    new_identifier,
    new_rid,
    pass_ends_at,
)
from segel.cards.issuing import CardNotMade as NotMade
from segel.cards.signers import key_id_of
from segel.domain.card_facts import CardHolder, NegativeTest
from segel.records import negative_test
from segel.records.model import Folder


class CardMaker:
    """``segel.broker.card_making.CardMaking``."""

    def __init__(
        self, authority: Authority, randomness: Callable[[int], bytes] = os.urandom
    ) -> None:
        self._authority = authority
        self._randomness = randomness
        self.country = authority.country
        self.authority = authority.name
        self.address = authority.address

    def negative_test(
        self, patient_id: UUID, folder: FolderGrant, row: Row, default_centre: str
    ) -> NegativeTest:
        """The negative test that an Observation's row says. Raises CardNotMade."""
        version = Folder(patient_id, folder).open(row)
        if version.resource is None:
            raise CardNotMade("The test was taken back.", remedy="A card needs another test.")
        return negative_test(version.resource, default_centre)

    def passes(
        self, points: Sequence[bytes], test: NegativeTest, certificate: Signing, at: datetime
    ) -> tuple[list[bytes], int]:
        """Venue passes, and until when they hold. Raises CardNotMade, and what signing raises."""
        try:
            ends_at = pass_ends_at(at, test.ends_at)
            made = make_passes(
                points,
                self.country,
                key_id=key_id_of(certificate.certificate),
                ends_at=ends_at,
                sign=certificate.sign,
            )
        except NotMade as fault:
            raise CardNotMade(fault.what, remedy=fault.remedy, field=fault.field) from None
        return made, ends_at

    def make(
        self,
        holder: CardHolder,
        test: NegativeTest,
        certificate: Signing,
        health_card: Signing,
        at: datetime,
    ) -> MadeCard:
        """Both forms of a card. Raises CardNotMade, and what signing raises."""
        try:
            made = make_certificate(
                holder,
                test,
                self._authority,
                key_id=key_id_of(certificate.certificate),
                identifier=new_identifier(self.country, self._randomness),
                at=at,
                sign=certificate.sign,
            )
            also = make_health_card(
                holder,
                test,
                self._authority,
                key_id=thumbprint_of(health_card.point),
                rid=new_rid(self._randomness),
                at=at,
                sign=health_card.sign,
            )
        except NotMade as fault:
            raise CardNotMade(fault.what, remedy=fault.remedy, field=fault.field) from None
        return MadeCard(
            certificate=made.text,
            health_card=also.text,
            identifier=made.identifier,
            rid=also.rid,
            marks=(*_marks(made.text), *_marks(also.text)),
            ends_s=made.expires_at.timestamp(),
        )


def maker_of(settings: Settings) -> CardMaker | None:
    """How this archive makes cards; None where it makes none."""
    if not settings.card_authority:
        return None
    country, name = settings.card_country, settings.card_authority
    return CardMaker(Authority(country, name, card_address(settings)))


def thumbprint_of(point: bytes) -> str:
    """The thumbprint (RFC 7638) of a public key."""
    return ECKey.import_key(public_key_of(point)).thumbprint()


def public_key_of(point: bytes) -> EllipticCurvePublicKey:
    """The public key that ``04 ‖ x ‖ y`` is."""
    return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)


def _marks(text: str) -> tuple[bytes, ...]:
    """What a card is revoked by, read back from it as a verifier does: that it can be read is
    looked at before anybody gets it."""
    card = decode(text)
    content, _ = content_of(card)
    return marks_of(card, content)
