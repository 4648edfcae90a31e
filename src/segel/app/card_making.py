"""How the broker has cards made: what is on record by ``records``, what becomes of it by ``cards``.

Wired here, because the broker imports neither.
"""

import json
import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from joserfc.jwk import ECKey

from segel.app.settings import Settings, card_address
from segel.broker.card_making import ListsDue, MadeCard, Row, SignerUse, Signing
from segel.broker.errors import CardNotMade
from segel.broker.messages import FolderGrant
from segel.cards import Edition, ListKey, content_of, decode, marks_of
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
from segel.cards.lists import Material, make_lists
from segel.cards.rule_lists import shipped_sets
from segel.cards.signers import key_id_of
from segel.cards.trust_files import ListedIssuer
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

    def publish(self, due: ListsDue) -> dict[str, bytes]:
        """The verifiers' lists; the issuer's keys, and a revocation list of each (SMART Health
        Cards, Determining keys associated with an issuer, and Revocation)."""
        of_use = {use: [one for known, one in due.signers if known is use] for use in SignerUse}
        keys = [_jwk(one.point) for one in of_use[SignerUse.HEALTH_CARD]]
        material = Material(
            certificates=[
                (key_id_of(one.certificate), one.certificate)
                for one in of_use[SignerUse.CERTIFICATE]
            ],
            issuers=[ListedIssuer(self.address, self.authority, {"keys": keys})],
            marks=due.marks,
            rules=shipped_sets(),
        )
        edition = Edition(due.serial, due.issued, due.expires)
        key = ListKey(public_key_of(due.lists.point), due.lists.sign)
        files = {kind.file: data for kind, data in make_lists(material, edition, key).items()}
        published = [{**one, "crlVersion": due.serial} for one in keys]
        files[KEY_SET] = json.dumps({"keys": published}).encode()
        for one in keys:
            crl = {"kid": one["kid"], "method": "rid", "ctr": due.serial, "rids": list(due.rids)}
            files[crl_file(one["kid"])] = json.dumps(crl).encode()
        return files


KEY_SET: Final = "jwks.json"


def crl_file(key_id: str) -> str:
    """The name of the revocation list of a key, which may begin with a sign that no file may."""
    return f"crl/of-{key_id}.json"


def _jwk(point: bytes) -> dict[str, Any]:
    jwk = ECKey.import_key(public_key_of(point))
    said = jwk.as_dict(private=False)
    members = {name: said[name] for name in ("kty", "crv", "x", "y")}
    return {**members, "use": "sig", "alg": "ES256", "kid": jwk.thumbprint()}


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
