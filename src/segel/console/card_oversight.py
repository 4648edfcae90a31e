"""What is shown to whoever answers for an archive's cards. Pure: nothing of it is kept.

Of a card that is to be revoked its marks go on, sealed for the session; its text goes nowhere, and
of what stands in it neither name nor birth date is shown.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import msgspec
from cryptography import x509

from segel.access import open_handle, seal_handle
from segel.broker.messages import CardOversight, SignerLine
from segel.cards import (
    BundleContent,
    CertificateContent,
    HealthCertificate,
    TestResult,
    decode,
    judge,
    marks_of,
    own_trust,
)
from segel.console.cards_page import METHODS, Revealed
from segel.domain.errors import SegelError

USES: Final = ("certificate", "health-card", "lists")
DAY_S: Final = 86_400
NEAR_DAYS: Final = 30
"""A signer whose certificate ends sooner is marked: an authority takes weeks for another."""
BATCH_BYTES_MAX: Final = 1024 * 1024
ENDS_MAX_DAYS: Final = 3 * 365
"""No certificate of others' is in force for longer from now; the broker holds it, too."""

_TO_REVOKE: Final = "card-to-revoke"


class NotOwnCard(SegelError):
    """A card that this archive did not sign."""

    code = "card-not-ours"


@dataclass(frozen=True, slots=True)
class ShownSigner:
    """A signer. ``subject`` and ``ends_s`` are its certificate's, where it has one. ``level``:
    plenty, near (its end) or full (it has ended)."""

    line: SignerLine
    subject: str
    ends_s: float
    days_left: int
    level: str


@dataclass(frozen=True, slots=True)
class ShownOversight:
    """The page. ``missing``: uses that nobody signs for; ``level``: of the lists, as a signer's."""

    signers: tuple[ShownSigner, ...]
    missing: tuple[str, ...]
    level: str
    age_hours: int


@dataclass(frozen=True, slots=True)
class CardBefore:
    """A card of ours that somebody has before them. ``sealed``: what it is revoked by."""

    form: str
    facts: tuple[Revealed, ...]
    ended: bool
    sealed: str = field(repr=False)


class Marked(msgspec.Struct, frozen=True):
    """What a card is revoked by."""

    marks: list[str]
    ends_s: float
    rid: str = ""


def shown(oversight: CardOversight, now_s: float) -> ShownOversight:
    """What the page marks."""
    signers = tuple(_signer(one, now_s) for one in oversight.signers)
    at_work = {one.line.use for one in signers if one.line.state == "signs" and one.level != "full"}
    life_s = oversight.ends_s - oversight.issued_s
    age_s = max(0.0, now_s - oversight.issued_s)
    level = "full" if now_s > oversight.ends_s else "near" if age_s > life_s / 2 else "plenty"
    return ShownOversight(
        signers, tuple(use for use in USES if use not in at_work), level, int(age_s // 3_600)
    )


def _signer(line: SignerLine, now_s: float) -> ShownSigner:
    if not line.certificate:
        return ShownSigner(line, "", 0.0, 0, "plenty")
    try:
        certificate = x509.load_der_x509_certificate(line.certificate)
        subject = certificate.subject.rfc4514_string()
    except ValueError:  # an authority's that a strict reader stops at
        return ShownSigner(line, "", 0.0, 0, "plenty")
    ends_s = certificate.not_valid_after_utc.timestamp()
    days = int((ends_s - now_s) // DAY_S)
    level = "full" if ends_s < now_s else "near" if days < NEAR_DAYS else "plenty"
    return ShownSigner(line, subject, ends_s, days, "plenty" if line.retired_s else level)


def card_before(text: str, oversight: CardOversight, token: str, now_s: float) -> CardBefore:
    """A card of ours, out of the text of its code. Raises CardRefused, NotOwnCard."""
    card = decode(text.strip())
    trust = own_trust(
        oversight.address,
        [one.point for one in oversight.signers if one.use == "health-card"],
        [one.certificate for one in oversight.signers if one.certificate],
    )
    judged = judge(card, trust, datetime.fromtimestamp(now_s, UTC))
    content = judged.content
    if not judged.signed or content is None:
        raise NotOwnCard("This archive did not sign the card.", remedy="Ask its own issuer.")
    facts: tuple[Revealed, ...]
    marks = [one.hex() for one in marks_of(card, content)]
    if isinstance(content, BundleContent):
        form, ends_s, rid = "health-card", content.expires_at or 0.0, content.rid or ""
        facts = (Revealed("issuer", content.issuer), Revealed("number", rid))
    else:
        assert isinstance(card, HealthCertificate)
        form, ends_s, rid = "certificate", card.expires_at or 0.0, ""
        facts = _facts(content)
    facts = (*facts, Revealed("ends", at_s=ends_s))
    plain = msgspec.json.encode(Marked(marks, ends_s, rid)).decode()
    return CardBefore(form, facts, ends_s < now_s, seal_handle(token, _TO_REVOKE, plain))


def _facts(content: CertificateContent) -> tuple[Revealed, ...]:
    issued = (
        Revealed("issuer", f"{content.issuer} ({content.country})"),
        Revealed("number", content.identifier),
    )
    if not isinstance(content.entry, TestResult):
        return issued
    test = content.entry
    return (
        Revealed("method", word=METHODS.get(test.test_type, "other")),
        Revealed("sampled", at_s=test.sampled_at.timestamp()),
        Revealed("centre", test.centre),
        *issued,
    )


def marked(token: str, sealed: str) -> Marked:
    """What ``card_before`` sealed. Raises HandleBroken."""
    return msgspec.json.decode(open_handle(token, _TO_REVOKE, sealed), type=Marked)
