"""A patient's cards as their pages show them: what each reveals, read out of the card itself. Pure.

Nothing is told from the record: what a scan reveals is what stands in the card.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from segel.access import open_handle, seal_handle
from segel.broker import CardLine, CardSheet, CardSource
from segel.cards import CertificateContent, HealthCertificate, TestResult, content_of, decode

CARD: Final = "card"
TEST: Final = "card-test"
"""What handles are sealed for."""

IN_FORCE: Final = "in-force"
ENDED: Final = "ended"
REVOKED: Final = "revoked"


@dataclass(frozen=True, slots=True)
class Revealed:
    """One thing that a scan reveals: a key of texts (``cards.fact.``), and what the card says.
    ``word``: a key of words for it; ``at_s``: that it is a moment; else ''/0."""

    name: str
    value: str = field(default="", repr=False)
    word: str = ""
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ShownCard:
    """A card. ``state``: see above; ``test``: the handle of what it was made of."""

    line: CardLine = field(repr=False)
    handle: str
    test: str
    state: str
    revealed: tuple[Revealed, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ShownTest:
    """A test that a card can be made of."""

    source: CardSource = field(repr=False)
    handle: str


@dataclass(frozen=True, slots=True)
class ShownCards:
    """The page."""

    agreed: bool
    tests: tuple[ShownTest, ...]
    cards: tuple[ShownCard, ...]

    def find(self, card_id: UUID) -> ShownCard | None:
        """One of the cards."""
        return next((one for one in self.cards if one.line.card_id == card_id), None)


def cards_of(sheet: CardSheet, token: str, now_s: float) -> ShownCards:
    """A patient's cards, addressed for this session."""
    return ShownCards(
        sheet.agreed,
        tuple(ShownTest(one, seal_test(token, one.resource_id)) for one in sheet.sources),
        tuple(shown_card(one, token, now_s) for one in sheet.cards),
    )


def shown_card(line: CardLine, token: str, now_s: float) -> ShownCard:
    """One card."""
    state = REVOKED if line.revoked_s else ENDED if line.ends_s < now_s else IN_FORCE
    return ShownCard(
        line,
        seal_handle(token, CARD, str(line.card_id)),
        seal_test(token, line.resource_id),
        state,
        revealed_by(line.certificate),
    )


def seal_test(token: str, resource_id: UUID) -> str:
    """The handle of a test."""
    return seal_handle(token, TEST, str(resource_id))


def open_test(token: str, handle: str) -> UUID:
    """The test behind a handle. Raises HandleBroken."""
    return UUID(open_handle(token, TEST, handle))


def open_card(token: str, handle: str) -> UUID:
    """The card behind a handle. Raises HandleBroken."""
    return UUID(open_handle(token, CARD, handle))


def revealed_by(text: str) -> tuple[Revealed, ...]:
    """Everything that a scan of a certificate reveals, in the order in which people ask."""
    card = decode(text)
    content, _ = content_of(card)
    assert isinstance(content, CertificateContent), "the first form of a card is a certificate"
    test = content.entry
    assert isinstance(test, TestResult), "cards are made of tests"
    name = " ".join(part for part in (content.holder.given, content.holder.family) if part)
    passport = "<<".join(
        part for part in (content.holder.family_icao, content.holder.given_icao) if part
    )
    assert isinstance(card, HealthCertificate)
    found = (
        Revealed("name", name or passport.replace("<", " ")),
        Revealed("icao", passport),
        Revealed("birth", content.holder.birth),
        Revealed("test", test.name),
        Revealed("method", word=METHODS.get(test.test_type, "other")),
        Revealed("sampled", at_s=test.sampled_at.timestamp()),
        Revealed("result", word="negative"),
        Revealed("centre", test.centre),
        Revealed("issuer", f"{content.issuer} ({content.country})"),
        Revealed("number", content.identifier),
        Revealed("ends", at_s=card.expires_at or 0.0),
    )
    return tuple(one for one in found if one.value or one.word or one.at_s)


METHODS: Final = {"LP217198-3": "rapid", "LP6464-4": "naat"}
"""The value set of kinds of test, in words."""


def in_utc(at_s: float) -> str:
    """A moment as it is printed: in UTC, and said so."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M} UTC"
