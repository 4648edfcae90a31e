"""Segel's errors as HTTP: one table, RFC 9457 problem details, no personal data."""

from typing import Any, Final

import msgspec
from litestar import Request, Response

from segel.broker import errors as broker
from segel.domain.errors import SegelError
from segel.domain.matching import FilterInvalid
from segel.imaging import errors as imaging
from segel.imaging.dicom import errors as dicom
from segel.store.database import DatabaseAway
from segel.store.objects import StoreError, StoreFull

RETRY_S: Final = 5

STATUS: Final[dict[type[SegelError], int]] = {
    broker.TokenInvalid: 401,
    broker.Forbidden: 403,
    broker.SignInFailed: 403,
    broker.AlreadyExists: 409,
    broker.StudyUnknown: 404,
    broker.RecordsErased: 410,
    broker.BudgetExhausted: 429,
    broker.BreakGlassUsedUp: 409,
    broker.ReasonUnclear: 422,
    broker.QueryTooBroad: 400,
    broker.AeTitleUnknown: 404,
    broker.BrokerUnavailable: 503,
    imaging.InstanceUnknown: 404,
    imaging.ObjectDamaged: 500,
    imaging.StudyMismatch: 409,
    imaging.DuplicateInstance: 409,
    imaging.OutOfRoom: 503,
    FilterInvalid: 400,
    DatabaseAway: 503,
    StoreFull: 507,
    StoreError: 503,
    dicom.NotAcceptable: 406,
    dicom.RenderingInvalid: 400,
    dicom.FrameUnknown: 404,
    dicom.PixelsAbsent: 404,
    dicom.BulkUnknown: 404,
    dicom.MultipartTooLarge: 413,
    dicom.LimitExceeded: 413,
    dicom.MultipartBroken: 400,
    dicom.DicomError: 422,
}
"""The most specific class decides; a class that is not named here is a defect: 500."""

_BEARER: Final = 'Bearer realm="segel"'
_DPOP: Final = 'DPoP algs="ES256 ES384 EdDSA PS256 RS256"'


class RequestBroken(SegelError):
    """A parameter or header that cannot be used."""

    code = "request-broken"


class MediaTypeUnsupported(SegelError):
    """A body of a kind that this resource does not take."""

    code = "media-type-unsupported"


STATUS[RequestBroken] = 400
STATUS[MediaTypeUnsupported] = 415


def _challenge(error: SegelError) -> str:
    """What to come back with (RFC 6750 § 3, RFC 9449 § 7.1)."""
    match error:
        case broker.NonceNeeded():
            return f'{_DPOP}, error="use_dpop_nonce"'
        case broker.ProofInvalid():
            return f'{_DPOP}, error="invalid_dpop_proof"'
        case _:
            return f"{_BEARER}, {_DPOP}"


def status_of(error: SegelError) -> int:
    """The HTTP status of an error."""
    for kind in type(error).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


def problem_response(_: Request[Any, Any, Any] | None, error: SegelError) -> Response[bytes]:
    """The problem details of an error."""
    status = status_of(error)
    body = {
        "type": f"urn:segel:problem:{error.code}",
        "title": error.what,
        "status": status,
        "code": error.code,
    }
    if error.remedy:
        body["detail"] = error.remedy
    if error.field:
        body["field"] = error.field
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, broker.BudgetExhausted):
        headers["Retry-After"] = str(error.retry_after_s)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_S)
    elif status == 401:
        headers["WWW-Authenticate"] = _challenge(error)
    if isinstance(error, broker.NonceNeeded):
        headers["DPoP-Nonce"] = error.nonce
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )
