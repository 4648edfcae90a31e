"""Who may pass: sets of rules in CertLogic, for a border or a venue, applied to a genuine card.

A rule is an EU DCC business rule (schema 1.x). Of a set those are asked that are in force and for
the card's kind, or for all kinds (*General*); of several versions of one the newest. Each must say
``true``. Where one says ``false`` the card does not fit, and the rule's description tells why.
Where one cannot be evaluated, or where none is for the card's kind, nothing is said: neither yes
nor no.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from segel.cards.certlogic import CertLogicBroken, evaluate
from segel.cards.model import Card, CertificateContent, Content, HealthCertificate
from segel.cards.reasons import Outcome
from segel.cards.words import Language

ENGINE: Final = "CERTLOGIC"
ENGINE_VERSION: Final = (1, 3, 3)
SCHEMA_MAJOR: Final = 1

Text = Annotated[str, Meta(max_length=500)]
Version = Annotated[str, Meta(pattern=r"^\d{1,4}\.\d{1,4}\.\d{1,4}$")]
Time = Annotated[datetime, Meta(tz=True)]


class Description(msgspec.Struct, frozen=True):
    """A rule in words of one language."""

    lang: Text
    desc: Text


class Rule(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """An EU DCC business rule. ``valid_to`` is its last moment."""

    identifier: Annotated[str, Meta(pattern="^[A-Z0-9-]{1,40}$")]
    type: Literal["Acceptance", "Invalidation"]
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    version: Version
    schema_version: Version
    engine: Text
    engine_version: Version
    certificate_type: Literal["General", "Test", "Vaccination", "Recovery"]
    description: tuple[Description, ...]
    valid_from: Time
    valid_to: Time
    affected_fields: tuple[Text, ...]
    logic: dict[str, Any]
    region: Text | None = None

    def said_in(self, language: Language) -> str:
        """Its description in the language; in English, or any, where it has none in that."""
        said = {one.lang: one.desc for one in reversed(self.description)}
        return said.get(language) or said.get(Language.EN) or next(iter(said.values()), "")


class RuleSet(msgspec.Struct, frozen=True, rename={"value_sets": "valueSets"}):
    """The rules of one border or venue."""

    id: str
    name: dict[str, Text]
    rules: tuple[Rule, ...]
    value_sets: dict[str, tuple[Text, ...]] = {}

    def named_in(self, language: Language) -> str:
        """Its name in the language."""
        return self.name.get(language) or self.name.get(Language.EN) or self.id


@dataclass(frozen=True, slots=True)
class Fitness:
    """What a set says of a card: with the rules that say no, and those that say nothing."""

    outcome: Outcome
    failed: tuple[Rule, ...] = ()
    unsaid: tuple[Rule, ...] = ()


def fitness_of(rules: RuleSet, card: Card, content: Content, at: datetime) -> Fitness:
    """What the set says, at the time ``at`` (aware), of a card that was **judged genuine**, with
    its checked content. Of a SMART Health Card: nothing."""
    assert at.tzinfo is not None
    if not isinstance(card, HealthCertificate) or not isinstance(content, CertificateContent):
        return Fitness(Outcome.NO_RULE)
    failed: list[Rule] = []
    unsaid: list[Rule] = []
    spoken_of = False
    data = data_of(rules, card, content, at)
    for rule in _asked(rules, content, at):
        if rule.type == "Acceptance" and rule.certificate_type != "General":
            spoken_of = True
        said = _said(rule, data)
        if said is None:
            unsaid.append(rule)
        elif not said:
            failed.append(rule)
    outcome = Outcome.FIT
    if failed:
        outcome = Outcome.NOT_FIT
    elif unsaid:
        outcome = Outcome.NOT_EVALUATED
    elif not spoken_of:
        outcome = Outcome.NO_RULE
    return Fitness(outcome, tuple(failed), tuple(unsaid))


def _asked(rules: RuleSet, content: CertificateContent, at: datetime) -> Iterator[Rule]:
    """The newest version in force of each rule that is for the card. An invalidation is only for
    the cards of its country: it is how an issuer takes back what it issued."""
    newest: dict[str, Rule] = {}
    for rule in rules.rules:
        if not rule.valid_from <= at <= rule.valid_to:
            continue
        other = newest.get(rule.identifier)
        if other is None or version_numbers(other.version) < version_numbers(rule.version):
            newest[rule.identifier] = rule
    for rule in newest.values():
        of_kind = rule.certificate_type.lower() in ("general", content.kind)
        if of_kind and (rule.type == "Acceptance" or rule.country == content.country):
            yield rule


def _said(rule: Rule, data: dict[str, Any]) -> bool | None:
    """What a rule says; None where it cannot be evaluated."""
    if rule.engine != ENGINE or version_numbers(rule.engine_version) > ENGINE_VERSION:
        return None
    if version_numbers(rule.schema_version)[0] != SCHEMA_MAJOR:
        return None
    try:
        said = evaluate(rule.logic, data_for(rule, data))
    except CertLogicBroken:
        return None
    return said if isinstance(said, bool) else None


def data_of(
    rules: RuleSet, card: HealthCertificate, content: CertificateContent, at: datetime
) -> dict[str, Any]:
    """What rules are evaluated against: the certificate as it was signed, and what is known beside
    it (EU DCC Validation Rules, External parameters)."""
    return {
        "payload": card.certificate,
        "external": {
            "validationClock": _text_of(at.timestamp()),
            "valueSets": rules.value_sets,
            "issuerCountryCode": content.country,
            "kid": base64.b64encode(card.key_id).decode(),
            "iat": _text_of(card.issued_at),
            "exp": _text_of(card.expires_at),
        },
    }


def data_for(rule: Rule, data: dict[str, Any]) -> dict[str, Any]:
    """The data with what one rule says of itself."""
    own = {"countryCode": rule.country, "region": rule.region or ""}
    return {"payload": data["payload"], "external": {**data["external"], **own}}


def version_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(one) for one in version.split("."))


def _text_of(seconds: float | None) -> str | None:
    """A time as rules have it: UTC, whole seconds."""
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return moment.isoformat().replace("+00:00", "Z")
