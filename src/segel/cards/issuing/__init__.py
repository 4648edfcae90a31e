"""Making cards: one negative test becomes an EU certificate and a SMART Health Card. Pure.

Everything that can go wrong is looked at before anything is signed; what signs is a callable, so
that the key stays in its KMS.
"""

from segel.cards.issuing.certificate import MadeCertificate, make_certificate
from segel.cards.issuing.drawing import Drawing, draw
from segel.cards.issuing.errors import CardFault, CardNotMade
from segel.cards.issuing.health_card import MadeHealthCard, make_health_card
from segel.cards.issuing.icao import icao_name
from segel.cards.issuing.terms import Authority, new_identifier, new_rid
from segel.cards.issuing.venue import BATCH_MAX, make_passes, pass_ends_at

__all__ = [
    "BATCH_MAX", "Authority", "CardFault", "CardNotMade", "Drawing", "MadeCertificate",
    "MadeHealthCard", "draw", "icao_name", "make_certificate", "make_health_card", "make_passes",
    "new_identifier", "new_rid", "pass_ends_at",
]  # fmt: skip
