"""What a FHIR Consent decides, as the rules that the broker enforces.

Enforced is an active Consent about privacy: its ``policyRule`` OPTIN or OPTOUT for every purpose
that a patient has a say in, and its root ``provision`` for the purposes named there. One that says
more than can be enforced is refused: a promise on file that nobody keeps is worse than none.
Consents to a treatment, to taking part in a study or of advance care are documents, and kept.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from segel.domain.consent import DECIDABLE, Decision, Restriction, Rule, Standing, decided
from segel.domain.purpose import Purpose
from segel.domain.records import CONSENT
from segel.records.model import Version, instant
from segel.records.r4 import ResourceInvalid
from segel.records.search import WESTERN_INDONESIA, unix_end

Json = dict[str, Any]

ACTIVE: Final = "active"
PRIVACY: Final = "patient-privacy"
ACT_CODE: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

SCOPE: Final = "http://terminology.hl7.org/CodeSystem/consentscope"
DECISION_SYSTEM: Final = "urn:segel:decision"
"""Of the one Consent that the pages keep for each purpose."""

LAW: Final = "Undang-Undang Nomor 27 Tahun 2022"
"""The rule that the pages' consents are made under."""

POLICY_RULES: Final[Mapping[str, Decision]] = {"OPTIN": Decision.PERMIT, "OPTOUT": Decision.DENY}
_OWN_PARTS: Final = frozenset({"id", "type", "purpose", "period"})
"""What a provision may say. Everything else would narrow it in a way that nobody enforces."""


def rules_of(versions: Iterable[Version]) -> tuple[Rule, ...]:
    """The rules of every consent that lies in a folder, the newest first.

    Of two that decide the same the one that was written last holds. Raises ResourceInvalid.
    """
    lying = sorted(versions, key=lambda one: (one.at_s, one.resource_id), reverse=True)
    return tuple(
        rule for one in lying if one.resource is not None for rule in rules_in(one.resource)
    )


def rules_in(consent: Json) -> tuple[Rule, ...]:
    """The rules of one Consent, none where it is not one that is enforced.

    Raises ResourceInvalid for an active one that says what is not enforced here.
    """
    if consent.get("status") != ACTIVE or PRIVACY not in _codes(consent.get("scope")):
        return ()
    provision = consent.get("provision") or {}
    _require_enforceable(provision)
    until_s = _until(provision)
    stated = provision.get("type")
    named = tuple(_purposes(provision))
    rules = [Rule(purpose, Decision(stated), until_s) for purpose in named or DECIDABLE if stated]
    rule = _policy_rule(consent)
    if rule is not None and (named or not stated):
        rules += [Rule(one, rule, until_s) for one in DECIDABLE if one not in named]
    if not rules:
        raise _unenforceable(
            "policyRule", "Say OPTIN or OPTOUT, or a provision that permits or denies."
        )
    return tuple(rules)


def standings(
    versions: Iterable[Version], restricted: Iterable[Restriction], now_s: float
) -> list[Standing]:
    """How it stands with each purpose that a patient has a say in; ``restricted`` by the hospital
    at their request."""
    found = []
    stopped = {one.purpose: one.at_s for one in restricted}
    lying = sorted(versions, key=lambda one: one.at_s, reverse=True)
    for purpose in DECIDABLE:
        if purpose in stopped:
            found.append(Standing(purpose, Decision.DENY, stopped[purpose]))
            continue
        for one in lying:
            rules = rules_in(one.resource) if one.resource is not None else ()
            decision = decided(rules, purpose, now_s)
            if decision is not None:
                found.append(Standing(purpose, decision, one.at_s))
                break
        else:
            found.append(Standing(purpose, None))
    return found


def decision_on(purpose: Purpose, decision: Decision, patient_id: UUID, at_s: float) -> Json:
    """The Consent of one purpose, as the pages write it."""
    return {
        "resourceType": CONSENT,
        "identifier": [{"system": DECISION_SYSTEM, "value": purpose.value}],
        "status": ACTIVE,
        "scope": {"coding": [{"system": SCOPE, "code": PRIVACY}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": f"Patient/{patient_id}"},
        "dateTime": instant(at_s),
        "policyRule": {"text": LAW},
        "provision": {
            "type": decision.value,
            "purpose": [{"system": ACT_REASON, "code": purpose.value}],
        },
    }


def is_decision_on(purpose: Purpose, consent: Json) -> bool:
    """Whether a Consent is the one that the pages write of a purpose."""
    return any(
        (one.get("system"), one.get("value")) == (DECISION_SYSTEM, purpose.value)
        for one in consent.get("identifier", ())
    )


def _policy_rule(consent: Json) -> Decision | None:
    codes = [code for code in _codes(consent.get("policyRule"), ACT_CODE) if code in POLICY_RULES]
    return POLICY_RULES[codes[0]] if codes else None


def _require_enforceable(provision: Json) -> None:
    for name in sorted(set(provision) - _OWN_PARTS):
        raise _unenforceable(
            f"provision.{name}",
            "Decide by purpose of use, for everybody in this hospital and all of the record: a"
            " finer decision cannot be enforced here, and is not accepted as if it were.",
        )
    if provision.get("purpose") and not provision.get("type"):
        raise _unenforceable("provision.type", "Say permit or deny for the purposes named.")


def _purposes(provision: Json) -> Iterator[Purpose]:
    for at, coding in enumerate(provision.get("purpose", [])):
        try:
            purpose = Purpose(coding.get("code", ""))
        except ValueError:
            purpose = None
        if purpose not in DECIDABLE or coding.get("system") != ACT_REASON:
            known = ", ".join(one.value for one in DECIDABLE)
            raise _unenforceable(
                f"provision.purpose[{at}]",
                f"A patient decides on {known} ({ACT_REASON}): emergencies, and what the law asks"
                " for, cannot be declined.",
            )
        yield purpose


def _until(provision: Json) -> int:
    period = provision.get("period") or {}
    if "start" in period:
        raise _unenforceable(
            "provision.period.start",
            "A consent holds from when it is written: leave the start out, or write it then.",
        )
    return unix_end(period["end"], WESTERN_INDONESIA) if "end" in period else 0


def _codes(concept: Json | None, system: str | None = None) -> list[str]:
    return [
        str(coding.get("code", ""))
        for coding in (concept or {}).get("coding", [])
        if system in (None, coding.get("system"))
    ]


def _unenforceable(place: str, reason: str) -> ResourceInvalid:
    return ResourceInvalid.of(f"Consent.{place}", "not-supported", reason)
