"""The judgement of a card: whether it is genuine, whom it is from, and whether it holds now.

Whether its content lets somebody pass (a negative result, a recent dose) is for rules that are
asked with the judgement's content. Content is only given where the signature held.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec

from segel.cards import bundles, dcc
from segel.cards.errors import CardRefused, ListRefused
from segel.cards.hcert import ES256
from segel.cards.model import (
    BundleContent,
    Card,
    CertificateContent,
    Content,
    HealthCertificate,
    SmartHealthCard,
)
from segel.cards.reasons import Reason, Remark, Step
from segel.cards.revoking import RevocationList, Revoked, marks_of
from segel.cards.signatures import (
    InvalidSignature,
    demand_es256_form,
    is_p256,
    is_rsa,
    verify_es256,
    verify_ps256,
)
from segel.cards.signers import Issuer, Signer, Trust
from segel.cards.value_sets import CURRENT, ValueSets


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms a verifier judges.

    ``key_id_protected`` demands the key's id in the protected header, too (Segel's own cards have
    it there; HCERT § 3.3.3 makes verifiers accept both). ``leeway_s`` is how far issuers' clocks
    may be ahead of the verifier's.
    """

    values: ValueSets = CURRENT
    key_id_protected: bool = False
    leeway_s: float = 0


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """What became of a card.

    ``reason`` is the first thing against it, ``VALID`` where there is none; ``also`` what else,
    in the order of the steps. ``place`` says where in the card the first stands. ``content`` is
    there where the signature held and the content could be read, ``signed`` where the signature
    held.
    """

    reason: Reason
    also: tuple[Reason, ...] = ()
    place: str = ""
    remarks: tuple[Remark, ...] = ()
    signed: bool = False
    content: Content | None = None

    @property
    def valid(self) -> bool:
        """Whether nothing is against it."""
        return self.reason is Reason.VALID

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All that is against it."""
        return () if self.valid else (self.reason, *self.also)

    def passed(self, step: Step) -> bool:
        """Whether a step was taken and found nothing."""
        steps = [reason.step for reason in self.reasons if reason.step is not None]
        if step in steps:
            return False
        return self.signed or not steps or step < min(steps)


PLAIN: Final = Terms()


def judge(
    card: Card, trust: Trust, at: datetime, revoked: Revoked | None = None, terms: Terms = PLAIN
) -> Judgement:
    """The judgement of an opened card at the time ``at`` (aware)."""
    assert at.tzinfo is not None
    if isinstance(card, HealthCertificate):
        return _judge_certificate(card, trust, at, revoked, terms)
    return _judge_health_card(card, trust, at, revoked, terms)


def refusal(error: CardRefused | ListRefused) -> Judgement:
    """The judgement of something that could not even be opened, or for which the verifier has no
    lists that it may use."""
    return Judgement(error.reason, place=error.place)


def content_of(card: Card, values: ValueSets = CURRENT) -> tuple[Content, tuple[Remark, ...]]:
    """The content of a card **without judging it**. Raises CardRefused."""
    if isinstance(card, HealthCertificate):
        return dcc.content_of(card.certificate, values)
    return bundles.content_of(card.payload)


def _judge_certificate(
    card: HealthCertificate, trust: Trust, at: datetime, revoked: Revoked | None, terms: Terms
) -> Judgement:
    try:
        if terms.key_id_protected and not card.key_id_protected:
            raise CardRefused(Reason.KEY_ID_UNPROTECTED)
        signer = signer_that_signed(card, trust.signers_of(card.key_id))
    except CardRefused as error:
        return refusal(error)
    content: CertificateContent | None = None
    remarks: tuple[Remark, ...] = ()
    found: list[Reason] = []
    place = ""
    try:
        content, remarks = dcc.content_of(card.certificate, terms.values)
    except CardRefused as error:
        found.append(error.reason)
        place = error.place
    if content and signer.purposes is not None and content.kind not in signer.purposes:
        found.insert(0, Reason.USAGE_MISMATCH)
    found += _times(card.issued_at, card.expires_at, at, terms.leeway_s)
    if card.expires_at is None:
        found.append(Reason.END_MISSING)
    if at < signer.not_before:
        found.append(Reason.SIGNER_NOT_YET_VALID)
    elif at > signer.not_after:
        found.append(Reason.SIGNER_EXPIRED)
    if content and revoked is not None and revoked.has_any(marks_of(card, content)):
        found.append(Reason.REVOKED)
    if not card.key_id_protected:
        remarks = (*remarks, Remark.KEY_ID_UNPROTECTED)
    return _judged(found, place, remarks, content)


class Signed(Protocol):
    """An opened HCERT envelope, whatever is in it."""

    @property
    def algorithm(self) -> int:
        """COSE's number."""

    @property
    def signed(self) -> bytes:
        """What the signature covers."""

    @property
    def signature(self) -> bytes:
        """As it stands there."""


def signer_that_signed(card: Signed, signers: list[Signer]) -> Signer:
    """The one of those with the card's key id whose key made the signature. Raises CardRefused.

    Where several certificates hold that key, the one that is valid longest.
    """
    if card.algorithm == ES256:
        demand_es256_form(card.signature)
    if not signers:
        raise CardRefused(Reason.KEY_UNKNOWN)
    fitting = [one for one in signers if (is_p256 if card.algorithm == ES256 else is_rsa)(one.key)]
    if not fitting:
        raise CardRefused(Reason.KEY_MISMATCH)
    if len(fitting) > 1:
        fitting.sort(key=lambda one: one.not_after, reverse=True)
    for signer in fitting:
        try:
            if card.algorithm == ES256:
                verify_es256(signer.key, card.signature, card.signed)  # type: ignore[arg-type]
            else:
                verify_ps256(signer.key, card.signature, card.signed)  # type: ignore[arg-type]
        except InvalidSignature:
            continue
        return signer
    raise CardRefused(Reason.SIGNATURE_WRONG)


def _judge_health_card(
    card: SmartHealthCard, trust: Trust, at: datetime, revoked: Revoked | None, terms: Terms
) -> Judgement:
    try:
        issuer = _issuer_that_signed(card, trust)
    except CardRefused as error:
        return refusal(error)
    content: BundleContent | None = None
    remarks: tuple[Remark, ...] = ()
    found: list[Reason] = []
    place = ""
    try:
        content, remarks = bundles.content_of(card.payload)
    except CardRefused as error:
        found.append(error.reason)
        place = error.place
    if content:
        found += _times(content.starts_at, content.expires_at, at, terms.leeway_s)
        found += _revocation(content, issuer, card.key_id)
        listed = revoked is not None and revoked.has_any(marks_of(card, content))
        if listed and Reason.REVOKED not in found:
            found.append(Reason.REVOKED)
    if card.chunked:
        remarks = (*remarks, Remark.CHUNKED)
    return _judged(found, place, remarks, content)


def _issuer_that_signed(card: SmartHealthCard, trust: Trust) -> Issuer:
    """The issuer that the card names, whose key made the signature. Raises CardRefused."""
    url = card.payload.get("iss")
    if not isinstance(url, str):
        raise CardRefused(Reason.CLAIM_TYPE, "iss")
    if not url.startswith("https://"):
        raise CardRefused(Reason.ISSUER_NOT_HTTPS, "iss")
    if url.endswith("/"):
        raise CardRefused(Reason.ISSUER_SLASH, "iss")
    demand_es256_form(card.signature)
    issuer = trust.issuer_of(url)
    if issuer is None:
        known = trust.is_anybodys(card.key_id)
        raise CardRefused(Reason.ISSUER_MISMATCH if known else Reason.ISSUER_UNKNOWN, "iss")
    key = issuer.keys.get(card.key_id)
    if key is None:
        known = trust.is_anybodys(card.key_id)
        raise CardRefused(Reason.ISSUER_MISMATCH if known else Reason.KEY_UNKNOWN)
    try:
        verify_es256(key, card.signature, card.signed)
    except InvalidSignature:
        raise CardRefused(Reason.SIGNATURE_WRONG) from None
    return issuer


def _times(
    starts_at: float | None, ends_at: float | None, at: datetime, leeway_s: float
) -> Iterator[Reason]:
    """``exp`` is the last moment (HCERT § 3.3.5: "after which"; SMART Health Cards: "before")."""
    now = at.timestamp()
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        yield Reason.ENDS_BEFORE_START
    if starts_at is not None and now + leeway_s < math.floor(starts_at):
        yield Reason.NOT_YET_VALID
    if ends_at is not None and now > ends_at:
        yield Reason.EXPIRED


def _revocation(content: BundleContent, issuer: Issuer, key_id: str) -> Iterator[Reason]:
    """What the issuer's list says; a list that cannot be used counts against the card."""
    held, current = issuer.revocations.get(key_id), issuer.crl_versions.get(key_id)
    if isinstance(held, Reason):
        yield held
    elif isinstance(held, RevocationList):
        if current is not None and held.edition != current:
            yield Reason.REVOCATIONS_OUTDATED
        elif held.revokes(content):
            yield Reason.REVOKED
    elif current is not None and content.rid is not None:
        yield Reason.REVOCATIONS_MISSING


def _judged(
    found: list[Reason], place: str, remarks: tuple[Remark, ...], content: Content | None
) -> Judgement:
    if not found:
        return Judgement(Reason.VALID, remarks=remarks, signed=True, content=content)
    found.sort(key=lambda reason: reason.step or 0)
    at = place if found[0].step is Step.CONTENT else ""
    return Judgement(found[0], tuple(found[1:]), at, remarks, True, content)
