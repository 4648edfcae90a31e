"""Puts right in a generated element what R4 asks beyond its form: invariants, type by type."""

from collections.abc import Callable
from typing import Any

Node = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
Mend = Callable[[Node, Any], None]


def drop(node: Node, *names: str) -> None:
    for name in names:
        node.pop(name, None)
        node.pop(f"_{name}", None)


def drop_choice(node: Node, stem: str) -> None:
    for key in [key for key in node if key.lstrip("_").startswith(stem)]:
        if key.lstrip("_")[len(stem) : len(stem) + 1].isupper():
            del node[key]


def keep_one(node: Node, *names: str) -> None:
    there = [name for name in names if name in node]
    drop(node, *there[1:])


def measured(code: str, *, whole: bool = False) -> Mend:
    def mend(node: Node, make: Any) -> None:
        drop(node, "value", "system", "code")
        number = make.primitive("integer" if whole else "decimal")
        node |= {"value": number, "system": UCUM, "code": code}

    return mend


def needing(name: str, other: str, value: Any) -> Mend:
    def mend(node: Node, _: Any) -> None:
        if name in node:
            node.setdefault(other, value)

    return mend


def setting(name: str, value: Any) -> Mend:
    return lambda node, _: node.update({name: value}) if name not in node else None


def attachment(node: Node, _: Any) -> None:
    if "data" in node:
        node.setdefault("contentType", "application/pdf")


def period(node: Node, _: Any) -> None:
    if "start" in node and "end" in node:
        drop(node, "start", "end")
        node |= {"start": "2026-01-31", "end": "2026-02-01T08:00:00+07:00"}


def low_to_high(node: Node, make: Any) -> None:
    for name, number in (("low", 1), ("high", 2)):
        if name in node:
            node[name] = {"value": number, "unit": "mg"}
    if not node:
        node["low"] = {"value": 1}


def ratio(node: Node, make: Any) -> None:
    drop(node, "numerator", "denominator")
    node |= {"numerator": {"value": 1}, "denominator": {"value": make.primitive("decimal")}}


def extension(node: Node, make: Any) -> None:
    inner = node.pop("extension", None)
    named = [key for key in node if key.startswith(("value", "_value"))]
    if inner and make.chance.random() < 0.3:
        for key in named:
            del node[key]
        node["extension"] = inner
    elif not named:
        node["valueString"] = "catatan"


def observation(node: Node, _: Any) -> None:
    if any(key.lstrip("_").startswith("value") for key in node):
        drop(node, "dataAbsentReason")
    for part in node.get("component", ()):
        part["code"] = {"text": "bagian"}


def organization(node: Node, make: Any) -> None:
    node.setdefault("name", make.words())
    for place in (*node.get("address", ()), *node.get("telecom", ())):
        drop(place, "use")
        place |= {"use": "work"}


def repeat(node: Node, _: Any) -> None:
    needs = {"duration": ("durationUnit", "h"), "period": ("periodUnit", "d")}
    for name, (unit, code) in needs.items():
        if f"{name}Max" in node:
            node.setdefault(name, 1)
        if name in node:
            node.setdefault(unit, code)
    if "countMax" in node:
        node.setdefault("count", 1)
    if "timeOfDay" in node:
        drop(node, "when")
    drop(node, "offset")
    if "when" in node:
        drop(node, "when")
        node |= {"when": ["WAKE"], "offset": 10}


def trigger(node: Node, _: Any) -> None:
    drop_choice(node, "timing")
    drop(node, "condition", "data", "type")
    node |= {"type": "named-event"}
    node.setdefault("name", "rilis")


def parameter(node: Node, _: Any) -> None:
    if "resource" in node:
        drop_choice(node, "value")
        drop(node, "part")
    elif any(key.lstrip("_").startswith("value") for key in node):
        drop(node, "part")
    elif "part" not in node:
        node["valueString"] = "isi"


def codes_filter(node: Node, _: Any) -> None:
    keep_one(node, "path", "searchParam")
    if "searchParam" not in node:
        node.setdefault("path", "code")


def audit_entity(node: Node, _: Any) -> None:
    if "name" in node:
        drop(node, "query")


def bundle(node: Node, make: Any) -> None:
    kinds = ("collection", "batch", "transaction", "searchset", "history", "transaction-response")
    kind = make.chance.choice(kinds)
    drop(node, "type", "total", "identifier")
    node |= {"type": kind}
    if kind == "searchset":
        node["total"] = make.primitive("unsignedInt")
    for number, entry in enumerate(node.get("entry", ())):
        request, response = entry.get("request", {}), entry.get("response", {})
        drop(entry, "fullUrl", "search", "request", "response")
        entry.setdefault("resource", {"resourceType": "Patient", "active": True})
        drop(entry["resource"].get("meta", {}), "versionId")
        if not entry["resource"].get("meta", {"": 0}).keys() - {"id"}:
            del entry["resource"]["meta"]
        entry["fullUrl"] = f"https://rs.example/fhir/x/{number}"
        if kind in ("batch", "transaction", "history"):
            entry["request"] = request | {"method": "PUT", "url": f"Patient/{number}"}
        if kind in ("transaction-response", "history"):
            entry["response"] = response | {"status": "201 Created"}
        if kind == "searchset" and make.chance.random() < 0.5:
            entry["search"] = {"mode": "match", "score": 1}


MENDS: dict[str, Mend] = {
    "Age": measured("a"),
    "Attachment": attachment,
    "AuditEvent.entity": audit_entity,
    "Bundle": bundle,
    "Consent": setting("policyRule", {"text": "UU 27/2022"}),
    "ContactPoint": needing("value", "system", "phone"),
    "Count": measured("1", whole=True),
    "DataRequirement.codeFilter": codes_filter,
    "DataRequirement.dateFilter": codes_filter,
    "Distance": measured("km"),
    "Duration": measured("min"),
    "Expression": setting("expression", "1 + 1"),
    "Extension": extension,
    "Immunization.education": setting("documentType", "brosur"),
    "Observation": observation,
    "Observation.referenceRange": setting("text", "biasa"),
    "Organization": organization,
    "Parameters.parameter": parameter,
    "Patient.contact": setting("name", {"text": "Ibu Sari"}),
    "Period": period,
    "Quantity": needing("code", "system", UCUM),
    "Range": low_to_high,
    "Ratio": ratio,
    "ServiceRequest": needing("orderDetail", "code", {"text": "rontgen dada"}),
    "SimpleQuantity": needing("code", "system", UCUM),
    "Timing.repeat": repeat,
    "TriggerDefinition": trigger,
}
"""By shape. What is not here has no invariant that chance would break."""
