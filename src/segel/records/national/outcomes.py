"""What the platform's refusals say, without their words: those may quote the record."""

import re
from typing import Any, Final

from segel.records.national.elements import ORDER
from segel.records.national.errors import Fault, Refused

Json = dict[str, Any]

ISSUE_CODES: Final = frozenset(
    {
        "invalid", "structure", "required", "value", "invariant", "security", "login", "unknown",
        "expired", "forbidden", "suppressed", "processing", "not-supported", "duplicate",
        "multiple-matches", "not-found", "deleted", "too-long", "code-invalid", "extension",
        "too-costly", "business-rule", "conflict", "transient", "lock-error", "no-store",
        "exception", "timeout", "incomplete", "throttled", "informational",
    }
)  # fmt: skip
"""FHIR's own (value set issue-type, R4). Anything else in their place may be a value."""

_PLACE: Final = re.compile(
    rf"(?:{'|'.join((*ORDER, 'Patient'))})"
    r"(?:\.[a-z][A-Za-z]{0,60}(?:\[(?:x|[0-9]{1,4})\])?){0,8}"
)
"""An element's path. Anything else in an expression may be a value."""

CONFLICT: Final = 409


def refusal_of(status: int, outcome: Json) -> Refused:
    """An OperationOutcome as an error. Its first issue counts; the platform mostly has one."""
    issues = outcome.get("issue") if outcome.get("resourceType") == "OperationOutcome" else None
    issue = issues[0] if isinstance(issues, list) and issues else {}
    issue = issue if isinstance(issue, dict) else {}
    code = issue.get("code")
    known = code if isinstance(code, str) and code in ISSUE_CODES else "no reason"
    fault = Fault.DUPLICATE if known == "duplicate" or status == CONFLICT else Fault.REFUSED
    return Refused(status, fault, known, _place(issue))


def _place(issue: Json) -> str:
    for name in ("expression", "location"):
        stated = issue.get(name)
        for one in stated if isinstance(stated, list) else ():
            if isinstance(one, str) and _PLACE.fullmatch(one):
                return one
    return ""
