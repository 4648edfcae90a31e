"""The content of a SMART Health Card: its claims, and the shape of the FHIR bundle in it.

Of what a card in a QR code must leave out, metadata is refused, because it can change what a record
says (security labels, profiles); ids and prose are told in a remark.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from segel.cards.errors import CardRefused
from segel.cards.model import BundleContent, Holder
from segel.cards.reasons import Reason, Remark
from segel.cards.revoking import is_rid

HEALTH_CARD: Final = "https://smarthealth.cards#health-card"
_TYPE_OF_RESOURCE: Final = {
    "Immunization": "https://smarthealth.cards#immunization",
    "Observation": "https://smarthealth.cards#laboratory",
}
_RECORDS: Final = {
    "Immunization": (frozenset({"completed", "entered-in-error", "not-done"}), "occurrence"),
    "Observation": (
        frozenset(
            "registered preliminary final amended corrected cancelled entered-in-error"
            " unknown".split()
        ),
        "effective",
    ),
}
"""Of FHIR R4: the statuses, and the choice that says when."""
_MOMENT: Final = re.compile(
    r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?)?)?", re.ASCII
)
SECONDS_MAX: Final = 100_000_000_000
"""The year 5138; what is later was written in milliseconds."""
_FULL_URL: Final = re.compile(r"resource:\d+", re.ASCII)
_NAME: Final = re.compile(r"[A-Za-z_]{1,40}", re.ASCII)
"""What an element's name looks like; what does not is not repeated in an error."""
_FHIR_VERSION: Final = re.compile(r"\d+\.\d+\.\d+", re.ASCII)


def content_of(payload: dict[str, Any]) -> tuple[BundleContent, tuple[Remark, ...]]:
    """The checked content, and what is worth knowing of it. Raises CardRefused."""
    issuer, starts_at = payload.get("iss"), seconds_of(payload, "nbf")
    expires_at = seconds_of(payload, "exp")
    if not isinstance(issuer, str):
        raise CardRefused(Reason.CLAIM_TYPE, "iss")
    if starts_at is None:
        raise CardRefused(Reason.START_MISSING, "nbf")
    vc = payload.get("vc")
    if not isinstance(vc, dict):
        raise CardRefused(Reason.VC_MISSING)
    types = vc.get("type")
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        raise CardRefused(Reason.VC_TYPE_MISSING)
    if HEALTH_CARD not in types:
        raise CardRefused(Reason.VC_TYPE_MISSING)
    rid = vc.get("rid")
    if rid is not None and not is_rid(rid):
        raise CardRefused(Reason.RID_FORM)
    subject = vc.get("credentialSubject")
    if not isinstance(subject, dict):
        raise CardRefused(Reason.VC_MISSING, "credentialSubject")
    version, bundle = subject.get("fhirVersion"), subject.get("fhirBundle")
    if not isinstance(version, str) or not _FHIR_VERSION.fullmatch(version):
        raise CardRefused(Reason.VC_MISSING, "fhirVersion")
    if not isinstance(bundle, dict):
        raise CardRefused(Reason.VC_MISSING, "fhirBundle")
    remarks = check_bundle(bundle)
    resources = [entry["resource"] for entry in bundle["entry"]]
    if any(_TYPE_OF_RESOURCE.get(one["resourceType"], HEALTH_CARD) not in types
           for one in resources):  # fmt: skip
        remarks = (*remarks, Remark.TYPES_INCOMPLETE)
    content = BundleContent(
        issuer, starts_at, expires_at, tuple(types), rid, version, bundle, _holder(resources)
    )
    return content, remarks


def seconds_of(payload: dict[str, Any], claim: str) -> float | None:
    """A NumericDate (RFC 7519 § 2). Raises CardRefused."""
    value = payload.get(claim)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CardRefused(Reason.CLAIM_TYPE, claim)
    if abs(value) >= SECONDS_MAX:
        raise CardRefused(Reason.TIME_MILLISECONDS, claim)
    return value


def check_bundle(bundle: dict[str, Any]) -> tuple[Remark, ...]:
    """What is worth knowing of a bundle's shape. Raises CardRefused where it is not a card's."""
    entries = bundle.get("entry")
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") != "collection":
        raise CardRefused(Reason.BUNDLE_SHAPE, "fhirBundle")
    if not isinstance(entries, list) or not entries:
        raise CardRefused(Reason.BUNDLE_SHAPE, "entry")
    urls = set()
    for number, entry in enumerate(entries):
        place = f"entry[{number}]"
        if not isinstance(entry, dict) or not isinstance(entry.get("resource"), dict):
            raise CardRefused(Reason.BUNDLE_SHAPE, place)
        if not isinstance(entry["resource"].get("resourceType"), str):
            raise CardRefused(Reason.BUNDLE_SHAPE, f"{place}.resource")
        url = entry.get("fullUrl")
        if not isinstance(url, str) or not _FULL_URL.fullmatch(url) or url in urls:
            raise CardRefused(Reason.BUNDLE_REFERENCE, f"{place}.fullUrl")
        urls.add(url)
        _check_meta(entry["resource"], f"{place}.resource")
        _check_record(entry["resource"], f"{place}.resource")
    if "meta" in bundle:
        raise CardRefused(Reason.BUNDLE_META, "fhirBundle")
    prose = "id" in bundle
    for place, key, value in _everything(bundle):
        if value == "" or value == [] or value == {} or value is None:
            raise CardRefused(Reason.BUNDLE_EMPTY_VALUE, place)
        if key == "reference" and (not isinstance(value, str) or value not in urls):
            raise CardRefused(Reason.BUNDLE_REFERENCE, place)
        if key in ("text", "display") and "performer" not in place:
            prose = True
    prose = prose or any("id" in entry["resource"] for entry in entries)
    return (Remark.BUNDLE_PROSE,) if prose else ()


def _check_meta(resource: dict[str, Any], place: str) -> None:
    """Only security labels with a code may stand there (Health Cards are Compact)."""
    meta = resource.get("meta")
    if meta is None:
        return
    labels = meta.get("security") if isinstance(meta, dict) and set(meta) == {"security"} else None
    if not isinstance(labels, list) or not all(
        isinstance(label, dict) and isinstance(label.get("code"), str) for label in labels
    ):
        raise CardRefused(Reason.BUNDLE_META, f"{place}.meta")


def _check_record(resource: dict[str, Any], place: str) -> None:
    """What FHIR R4 demands of the two records that cards are made of: a status that there is, and
    one time at which it was."""
    statuses, times = _RECORDS.get(resource["resourceType"], (None, ""))
    if statuses is None:
        return
    if resource.get("status") not in statuses:
        raise CardRefused(Reason.BUNDLE_RECORD, f"{place}.status")
    said = [name for name in resource if _is_choice(name, times)]
    if len(said) > 1:
        raise CardRefused(Reason.BUNDLE_RECORD, f"{place}.{times}[x]")
    if said and said[0].endswith("DateTime"):
        moment = resource[said[0]]
        if not isinstance(moment, str) or not _MOMENT.fullmatch(moment):
            raise CardRefused(Reason.BUNDLE_RECORD, f"{place}.{said[0]}")
    elif not said and resource["resourceType"] == "Immunization":
        raise CardRefused(Reason.BUNDLE_RECORD, f"{place}.{times}[x]")


def _is_choice(name: str, element: str) -> bool:
    return name.startswith(element) and name[len(element) : len(element) + 1].isupper()


def _everything(item: Any, place: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every member, with its path; as deep as the JSON reader allows."""
    if isinstance(item, dict):
        for key, value in item.items():
            name = key if _NAME.fullmatch(key) else "…"
            path = f"{place}.{name}" if place else name
            yield path, key, value
            yield from _everything(value, path)
    elif isinstance(item, list):
        for number, value in enumerate(item):
            yield from _everything(value, f"{place}[{number}]")


def _holder(resources: list[dict[str, Any]]) -> Holder | None:
    patients = [one for one in resources if one["resourceType"] == "Patient"]
    if len(patients) != 1:
        return None
    names, birth = patients[0].get("name"), patients[0].get("birthDate")
    name = names[0] if isinstance(names, list) and names and isinstance(names[0], dict) else {}
    family, given = name.get("family"), name.get("given")
    firsts = [one for one in given if isinstance(one, str)] if isinstance(given, list) else []
    return Holder(
        family if isinstance(family, str) else "",
        " ".join(firsts),
        "",
        "",
        birth if isinstance(birth, str) else "",
    )
