"""What a radiologist answers for at the reporting page, told from what systems wrote. Pure.

A tag in ``meta`` says it, of the report, its PDF and its Provenance. The archive alone gives it:
what is written at any other door comes without (``untagged``), and what has it is changed by the
reporting page only (decision 034).
"""

from collections.abc import Mapping
from typing import Any, Final

from segel.records.errors import ResourceSigned

Json = dict[str, Any]

TAG_SYSTEM: Final = "urn:segel:report"
DRAFT: Final = "draft"
SIGNED: Final = "signed"

SIGNED_STATUSES: Final = frozenset({"final", "amended", "corrected", "appended"})
"""R4 DiagnosticReport.status of what somebody answers for. ``appended`` comes from elsewhere."""


def tagged(resource: Json, code: str) -> Json:
    """A resource of the reporting page's: DRAFT or SIGNED."""
    plain = untagged(resource)
    meta = plain.get("meta", {})
    tags = [*meta.get("tag", ()), {"system": TAG_SYSTEM, "code": code}]
    return {**plain, "meta": {**meta, "tag": tags}}


def untagged(resource: Json) -> Json:
    """The same without what only the archive says."""
    meta = resource.get("meta", {})
    kept = [one for one in meta.get("tag", ()) if one.get("system") != TAG_SYSTEM]
    if len(kept) == len(meta.get("tag", ())):
        return resource
    rest = {name: value for name, value in meta.items() if name != "tag"}
    meta = rest | ({"tag": kept} if kept else {})
    plain = {name: value for name, value in resource.items() if name != "meta"}
    return plain | ({"meta": meta} if meta else {})


def changed(before: Mapping[str, Any] | None, after: Json | None) -> Json | None:
    """What is written over ``before`` at any door but the reporting page's; None: it is taken out.

    A draft stays the page's own, and is signed there only. Raises ResourceSigned.
    """
    state = _state(before or {})
    if state == SIGNED:
        raise ResourceSigned(
            "A radiologist signed this in Segel: it is not changed or taken out by other systems.",
            remedy="Amend the report on its reporting page; what another system found is a"
            " DiagnosticReport of its own.",
        )
    if state == DRAFT and after is not None:
        if after.get("status") in SIGNED_STATUSES:
            raise ResourceSigned(
                "This draft is signed by its radiologist, at the reporting page.",
                field="DiagnosticReport.status",
                remedy="Leave its status as it is.",
            )
        return tagged(after, DRAFT)
    return after


def _state(resource: Mapping[str, Any]) -> str:
    codes = (
        str(one.get("code", ""))
        for one in resource.get("meta", {}).get("tag", ())
        if one.get("system") == TAG_SYSTEM
    )
    return next(codes, "")
