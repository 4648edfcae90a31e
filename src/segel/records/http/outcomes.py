"""Segel's errors as FHIR's OperationOutcome (R4 § 3.1.0.1.5), without personal data."""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.exceptions.responses import create_exception_response

from segel.access import headers_of, status_of
from segel.broker import errors as broker
from segel.domain.errors import SegelError
from segel.records import errors as records
from segel.records.r4 import ResourceInvalid, ResourceUnreadable, encode
from segel.records.search import QueryInvalid
from segel.records.service import BASE
from segel.records.sheets.errors import SheetRefused, SheetUnknown

FHIR_JSON: Final = "application/fhir+json"
CODE_SYSTEM: Final = "urn:segel:problem"

STATUS: Final[Mapping[type[SegelError], int]] = {
    records.ResourceUnknown: 404,
    records.VersionUnknown: 404,
    records.ResourceGone: 410,
    records.VersionConflict: 412,
    records.ManyMatches: 412,
    records.SubjectMissing: 422,
    records.SubjectChanged: 409,
    records.ResourceSigned: 409,
    records.SearchUnanswerable: 400,
    records.TypeUnsupported: 404,
    records.ChartFull: 413,
    records.PageUnknown: 410,
    broker.ExportUnknown: 404,
    broker.ExportUnclear: 400,
    broker.ExportRefused: 403,
    broker.ExportWaiting: 409,
    broker.ReasonMissing: 400,
    SheetUnknown: 404,
    SheetRefused: 422,
    broker.SubscriptionRefused: 422,
    ResourceUnreadable: 400,
    ResourceInvalid: 422,
    QueryInvalid: 400,
}

_ISSUE_CODES: Final[Mapping[type[SegelError], str]] = {
    broker.TokenInvalid: "login",
    broker.Forbidden: "forbidden",
    broker.AlreadyExists: "duplicate",
    broker.BudgetExhausted: "throttled",
    broker.QueryTooBroad: "too-costly",
    broker.RecordsErased: "deleted",
    broker.ExportUnknown: "not-found",
    broker.ExportUnclear: "invalid",
    broker.ExportRefused: "suppressed",
    broker.ExportWaiting: "transient",
    broker.ReasonMissing: "required",
    records.ResourceUnknown: "not-found",
    records.VersionUnknown: "not-found",
    records.ResourceGone: "deleted",
    records.VersionConflict: "conflict",
    records.ManyMatches: "multiple-matches",
    records.SubjectMissing: "required",
    records.SubjectChanged: "business-rule",
    records.ResourceSigned: "business-rule",
    records.SearchUnanswerable: "too-costly",
    records.TypeUnsupported: "not-supported",
    records.ChartFull: "too-costly",
    records.PageUnknown: "expired",
    SheetUnknown: "not-found",
    SheetRefused: "invalid",
    broker.SubscriptionRefused: "business-rule",
    ResourceUnreadable: "structure",
    QueryInvalid: "invalid",
}
"""FHIR's IssueType; ``transient`` for what another try may bring, ``processing`` for the rest."""

_OF_HTTP: Final = {
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    413: "too-long",
    415: "not-supported",
}


def outcome_response(_: Request[Any, Any, Any] | None, error: SegelError) -> Response[bytes]:
    """The answer that refuses."""
    status = status_of(error, STATUS)
    return Response(
        encode(outcome(error, status)),
        status_code=status,
        media_type=FHIR_JSON,
        headers=headers_of(error, status),
    )


def http_response(_: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """What the web framework refuses by itself: methods, sizes."""
    status = error.status_code
    issue = {
        "severity": "error",
        "code": _OF_HTTP.get(status, "processing"),
        "diagnostics": _WORDS.get(status, "The request cannot be answered."),
    }
    return Response(
        encode({"resourceType": "OperationOutcome", "issue": [issue]}),
        status_code=status,
        media_type=FHIR_JSON,
        headers={"Cache-Control": "no-store", **(error.headers or {})},
    )


def elsewhere(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the web framework refuses before any route has it, for the application: in FHIR's form
    below FHIR's address, in the framework's own everywhere else."""
    if request.url.path.startswith(f"{BASE}/"):
        return http_response(request, error)
    return create_exception_response(request, error)


_WORDS: Final = {
    404: "There is nothing at this address. See metadata for what there is.",
    405: "This interaction is not offered here. See metadata for those that are.",
    406: "Answers are JSON: accept application/fhir+json.",
    413: "The body is larger than is taken.",
}


def outcome(error: SegelError, status: int) -> dict[str, Any]:
    """The OperationOutcome of an error; of an invalid resource with each issue and its place."""
    if isinstance(error, ResourceInvalid):
        issues = [
            {
                "severity": issue.severity,
                "code": issue.code,
                "diagnostics": issue.reason,
                "expression": [issue.expression],
            }
            for issue in error.issues
        ]
        return {"resourceType": "OperationOutcome", "issue": issues}
    issue: dict[str, Any] = {
        "severity": "error",
        "code": _issue_code(error, status),
        "details": {"coding": [{"system": CODE_SYSTEM, "code": error.code}], "text": error.what},
    }
    if error.remedy:
        issue["diagnostics"] = error.remedy
    if error.field:
        issue["expression"] = [error.field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _issue_code(error: SegelError, status: int) -> str:
    for kind in type(error).__mro__:
        if kind in _ISSUE_CODES:
            return _ISSUE_CODES[kind]
    return "transient" if status in (503, 507) else "processing"
