"""R4's invariants, each as a predicate in Python beside the reason that a sender is given.

``definitions.json`` has their FHIRPath; the tests hold each predicate to it with an independent
evaluator. They are written out here because that evaluator takes 30 to 120 microseconds for one,
knows no ``hasValue()``, cannot compare quantities, and takes time in the square of what a hostile
Bundle holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from segel.records.r4 import predicates as rule

ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ref-1": "references, where what is contained is known",
        "txt-1": "narrative, for every xhtml",
        "txt-2": "narrative, for every xhtml",
    }
)
"""Invariants that another room holds, by key."""


@dataclass(frozen=True, slots=True)
class Invariant:
    """A predicate and what to do when it does not hold."""

    holds: rule.Holds
    remedy: str


INVARIANTS: Final[Mapping[str, Invariant]] = MappingProxyType(
    {
        "age-1": Invariant(rule.age, "Give an age above zero, its code, and UCUM as the system."),
        "att-1": Invariant(rule.needs("data", "contentType"), "Say the contentType of the data."),
        "bdl-1": Invariant(rule.bundle_total, "Leave out total but in a searchset or a history."),
        "bdl-10": Invariant(
            lambda node, _: node.get("type") != "document" or "timestamp" in node,
            "Give a document its timestamp.",
        ),
        "bdl-11": Invariant(
            rule.document_begins_with("document", "Composition"),
            "Begin a document with Composition.",
        ),
        "bdl-12": Invariant(
            rule.document_begins_with("message", "MessageHeader"),
            "Begin a message with MessageHeader.",
        ),
        "bdl-2": Invariant(rule.bundle_search, "Leave out entry.search but in a searchset."),
        "bdl-3": Invariant(
            rule.entries_have("request", "batch", "transaction", "history"),
            "Give every entry a request in a batch, transaction or history, and none elsewhere.",
        ),
        "bdl-4": Invariant(
            rule.entries_have("response", "batch-response", "transaction-response", "history"),
            "Give every entry a response in a batch-response, transaction-response or history,"
            " and none elsewhere.",
        ),
        "bdl-5": Invariant(
            rule.one_of("resource", "request", "response"),
            "Give the entry a resource, a request or a response.",
        ),
        "bdl-7": Invariant(rule.entries_differ, "Put each version of a resource in once."),
        "bdl-8": Invariant(
            lambda node, _: "/_history/" not in node.get("fullUrl", ""),
            "Leave the version out of fullUrl.",
        ),
        "bdl-9": Invariant(
            rule.bundle_identifier, "Give a document an identifier with system and value."
        ),
        "cnt-3": Invariant(
            rule.count, "Count in whole numbers, with the code 1 and UCUM as the system."
        ),
        "cpt-2": Invariant(rule.needs("value", "system"), "Say the system of the contact point."),
        "dis-1": Invariant(
            lambda node, _: (
                (rule.has(node, "code") or not rule.has(node, "value")) and rule.in_ucum(node)
            ),
            "Give a distance its code, and UCUM as the system.",
        ),
        "dom-2": Invariant(
            lambda node, _: (
                not any(rule.has(inner, "contained") for inner in rule.items(node, "contained"))
            ),
            "Contain resources in the outermost one only.",
        ),
        "dom-3": Invariant(
            rule.contained_is_used, "Refer to each contained resource, or from it with '#'."
        ),
        "dom-4": Invariant(
            rule.no_contained_has("versionId", "lastUpdated"),
            "Leave versionId and lastUpdated out of what is contained.",
        ),
        "dom-5": Invariant(
            rule.no_contained_has("security"), "Put security labels on the outermost resource only."
        ),
        "drq-1": Invariant(
            rule.exactly_one("path", "searchParam"), "Give either the path or the searchParam."
        ),
        "drq-2": Invariant(
            rule.exactly_one("path", "searchParam"), "Give either the path or the searchParam."
        ),
        "drt-1": Invariant(
            rule.duration, "Give a duration with a code its value, and UCUM as system."
        ),
        "exp-1": Invariant(
            rule.one_of("expression", "reference"), "Give the expression or a reference to it."
        ),
        "imm-1": Invariant(
            rule.one_of("documentType", "reference"), "Give the documentType or a reference."
        ),
        "inv-1": Invariant(rule.parameter, "Give a parameter one of value, resource and part."),
        "obs-3": Invariant(
            rule.one_of("low", "high", "text"), "Give the range low, high or a text."
        ),
        "obs-6": Invariant(
            lambda node, _: (
                not (rule.has(node, "dataAbsentReason") and rule.has_choice(node, "value"))
            ),
            "Leave out dataAbsentReason where there is a value.",
        ),
        "obs-7": Invariant(
            rule.code_not_in_components,
            "Leave out the value where a component has the same code.",
        ),
        "org-1": Invariant(rule.one_of("identifier", "name"), "Give the organization a name."),
        "org-2": Invariant(rule.not_at_home, "An organization has no home address."),
        "org-3": Invariant(rule.not_at_home, "An organization has no home telephone."),
        "pat-1": Invariant(
            rule.one_of("name", "telecom", "address", "organization"),
            "Say who the contact is or how to reach them.",
        ),
        "per-1": Invariant(rule.period, "Let the period end after it starts."),
        "ppc-1": Invariant(
            rule.one_of("policy", "policyRule"), "Give the policy or the policyRule."
        ),
        "ppc-2": Invariant(rule.consent_has_patient("patient-privacy"), "Say which patient."),
        "ppc-3": Invariant(rule.consent_has_patient("research"), "Say which patient."),
        "ppc-4": Invariant(rule.consent_has_patient("adr"), "Say which patient."),
        "ppc-5": Invariant(rule.consent_has_patient("treatment"), "Say which patient."),
        "prr-1": Invariant(rule.needs("orderDetail", "code"), "Give the code beside orderDetail."),
        "qty-3": Invariant(rule.needs("code", "system"), "Say the system of the unit's code."),
        "rat-1": Invariant(
            rule.ratio, "Give both numerator and denominator, or an extension alone."
        ),
        "rng-2": Invariant(rule.low_to_high, "Let low be at most high."),
        "sev-1": Invariant(rule.not_both("name", "query"), "Give the name or the query, not both."),
        "sqty-1": Invariant(
            lambda node, _: not rule.has(node, "comparator"), "Leave out the comparator here."
        ),
        "tim-1": Invariant(rule.needs("duration", "durationUnit"), "Give the durationUnit."),
        "tim-10": Invariant(
            rule.not_both("timeOfDay", "when"), "Give timeOfDay or when, not both."
        ),
        "tim-2": Invariant(rule.needs("period", "periodUnit"), "Give the periodUnit."),
        "tim-4": Invariant(rule.not_negative("duration"), "A duration is not negative."),
        "tim-5": Invariant(rule.not_negative("period"), "A period is not negative."),
        "tim-6": Invariant(rule.needs("periodMax", "period"), "Give the period beside periodMax."),
        "tim-7": Invariant(
            rule.needs("durationMax", "duration"), "Give the duration beside durationMax."
        ),
        "tim-8": Invariant(rule.needs("countMax", "count"), "Give the count beside countMax."),
        "tim-9": Invariant(
            rule.offset_of_event, "Give an offset with when only, and not with C, CM, CD or CV."
        ),
        "trd-1": Invariant(
            lambda node, _: not (rule.has(node, "data") and rule.has_choice(node, "timing")),
            "Give the data or the timing, not both.",
        ),
        "trd-2": Invariant(rule.needs("condition", "data"), "Give the data beside the condition."),
        "trd-3": Invariant(
            rule.trigger,
            "Give a named event its name, a periodic one its timing, and a data event its data.",
        ),
    }
)
"""By key. With ``ELSEWHERE``, ele-1 and ext-1 these are all that R4 has for the types here."""
