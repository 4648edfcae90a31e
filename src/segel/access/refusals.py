"""How every door for programs refuses over HTTP: the status, and the headers that go with it.

The form of the body is the protocol's own: problem details for DICOMweb, an OperationOutcome for
FHIR.
"""

from collections.abc import Mapping
from typing import Any, Final

from segel.access.errors import MediaTypeUnsupported, RequestBroken, TooManyAttempts
from segel.broker import errors as broker
from segel.domain.errors import SegelError
from segel.domain.matching import FilterInvalid
from segel.store.database import DatabaseAway
from segel.store.objects import StoreError, StoreFull

RETRY_S: Final = 5

STATUS: Final[Mapping[type[SegelError], int]] = {
    broker.TokenInvalid: 401,
    broker.Forbidden: 403,
    broker.SignInFailed: 403,
    broker.AlreadyExists: 409,
    broker.StudyUnknown: 404,
    broker.PatientUnknown: 404,
    broker.RecordsErased: 410,
    broker.BudgetExhausted: 429,
    broker.BreakGlassUsedUp: 409,
    broker.ReasonUnclear: 422,
    broker.QueryTooBroad: 400,
    broker.AeTitleUnknown: 404,
    broker.BrokerUnavailable: 503,
    FilterInvalid: 400,
    RequestBroken: 400,
    MediaTypeUnsupported: 415,
    DatabaseAway: 503,
    StoreFull: 507,
    StoreError: 503,
}
"""Of what any door may run into. The most specific class decides; a class that is named neither
here nor in the door's own table is a defect: 500."""

_BEARER: Final = 'Bearer realm="segel"'
_DPOP: Final = 'DPoP algs="ES256 ES384 EdDSA PS256 RS256"'


def status_of(error: SegelError, own: Mapping[type[SegelError], int]) -> int:
    """The HTTP status of an error. ``own``: the door's table."""
    for kind in type(error).__mro__:
        for table in (own, STATUS):
            if kind in table:
                return table[kind]
    return 500


def headers_of(error: SegelError, status: int) -> dict[str, str]:
    """What a refusal carries beside its body."""
    headers = {"Cache-Control": "no-store"}
    if isinstance(error, broker.BudgetExhausted | TooManyAttempts):
        headers["Retry-After"] = str(error.retry_after_s)
    elif status == 503:
        headers["Retry-After"] = str(RETRY_S)
    elif status == 401:
        headers["WWW-Authenticate"] = _challenge(error)
    if isinstance(error, broker.NonceNeeded):
        headers["DPoP-Nonce"] = error.nonce
    return headers


def problem_of(error: SegelError, status: int) -> dict[str, Any]:
    """The members of an error's problem details (RFC 9457)."""
    told: dict[str, Any] = {
        "type": f"urn:segel:problem:{error.code}",
        "title": error.what,
        "status": status,
        "code": error.code,
    }
    if error.remedy:
        told["detail"] = error.remedy
    if error.field:
        told["field"] = error.field
    return told


def _challenge(error: SegelError) -> str:
    """What to come back with (RFC 6750 § 3, RFC 9449 § 7.1)."""
    match error:
        case broker.NonceNeeded():
            return f'{_DPOP}, error="use_dpop_nonce"'
        case broker.ProofInvalid():
            return f'{_DPOP}, error="invalid_dpop_proof"'
        case _:
            return f"{_BEARER}, {_DPOP}"
