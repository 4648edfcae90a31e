"""Errors as pages: which status, which words, how long to wait. In one place."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from segel.access import SESSION_COOKIE, TooManyAttempts
from segel.broker.errors import BudgetExhausted, GlassClosed, TokenInvalid
from segel.console.headers import picture_headers
from segel.console.http.pages import Pages
from segel.console.http.sessions import (
    EMERGENCY_COOKIE,
    ENDED_S,
    FRAGMENT_HEADER,
    SESSION_STATE,
    AnyRequest,
    emergency_cookie,
    ended_cookie,
    no_session_cookie,
    own_path,
)
from segel.console.present import show_duration
from segel.console.settings import ConsoleSettings
from segel.console.texts import has_text
from segel.domain.errors import SegelError

STATUS: Final = {
    "token-invalid": 401,
    "sign-in-failed": 401,
    "forbidden": 403,
    "frozen": 403,
    "approval-not-yours": 403,
    "freeze-unknown": 404,
    "target-unknown": 404,
    "approval-unknown": 404,
    "approval-over": 409,
    "approval-not-given": 409,
    "reason-missing": 422,
    "cards-off": 404,
    "card-unknown": 404,
    "card-not-made": 422,
    "card-consent-missing": 409,
    "cards-many": 429,
    "marks-many": 409,
    "raise-broken": 422,
    "foreign-form": 403,
    "glass-closed": 403,
    "break-glass-barred": 403,
    "own-review": 403,
    "alert-unknown": 404,
    "access-unknown": 404,
    "pair-unknown": 404,
    "request-unknown": 404,
    "request-unclear": 422,
    "request-over": 409,
    "health-link-unknown": 404,
    "health-link-unclear": 422,
    "link-too-large": 422,
    "declaration-unclear": 422,
    "declaration-unknown": 404,
    "declaration-over": 409,
    "port-full": 429,
    "case-unknown": 404,
    "case-unclear": 422,
    "case-changed": 409,
    "case-over": 409,
    "guest-used-up": 403,
    "warrant-unknown": 404,
    "warrant-over": 409,
    "warrant-too-fast": 429,
    "leak-content-missing": 409,
    "leak-corrections-broken": 422,
    "leak-findings-broken": 422,
    "leak-draft-changed": 409,
    "leak-list-broken": 422,
    "leak-gateway-down": 503,
    "export-unknown": 404,
    "run-refused": 409,
    "held-back": 409,
    "patient-unknown": 404,
    "glass-unknown": 404,
    "already-exists": 409,
    "reason-unclear": 422,
    "break-glass-used-up": 429,
    "sheet-unknown": 404,
    "sheet-refused": 422,
    "study-unknown": 404,
    "handle-broken": 404,
    "picture-missing": 404,
    "chart-missing": 404,
    "changed-meanwhile": 409,
    "own-record-gone": 410,
    "report-missing": 404,
    "version-conflict": 409,
    "report-signed": 409,
    "resource-unknown": 404,
    "not-found": 404,
    "query-too-broad": 422,
    "terms-unclear": 422,
    "people-unclear": 422,
    "form-broken": 422,
    "plan-broken": 422,
    "budget-exhausted": 429,
    "too-many-attempts": 429,
    "account-unknown": 404,
    "broker-unavailable": 503,
    "keys-locked": 503,
    "log-unwitnessed": 503,
    "disk-full": 503,
}
_OTHER: Final = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """An error as a template shows it. ``kind`` names its texts."""

    kind: str
    status: int
    wait_unit: str = "minutes"
    wait_count: int = 0


def fault_of(error: SegelError) -> Fault:
    """What to say about an error; one without words of its own gets the general ones."""
    kind = error.code if has_text(f"error.{error.code}.title") else "other"
    if isinstance(error, BudgetExhausted) and error.whose != "account":
        kind = f"{kind}.{error.whose}"
    unit, count = "minutes", 0
    if isinstance(error, BudgetExhausted | TooManyAttempts):
        unit, count = show_duration(error.retry_after_s)
    return Fault(kind, STATUS.get(error.code, _OTHER), unit, count)


def fault_of_failure(error: Exception) -> Fault:
    """What to say about anything at all. What nobody foresaw is logged by its class alone."""
    if isinstance(error, SegelError):
        return fault_of(error)
    if isinstance(error, HTTPException):  # the framework's: no such address, method or parameter
        missing = error.status_code in (404, 405)
        return Fault("not-found" if missing else "other", error.status_code)
    structlog.stdlib.get_logger().error("page-failed", error=type(error).__name__)
    return Fault("other", _OTHER)


def error_pages(
    pages: Pages, settings: ConsoleSettings
) -> Callable[[AnyRequest, Exception], Response[str]]:
    """What answers a request that failed. A closure: routers are copied deeply when mounted."""

    def answer(request: AnyRequest, error: Exception) -> Response[str]:
        """Who is not signed in is led to the sign-in; everybody else is told what happened."""
        fault = fault_of_failure(error)
        is_page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
        kind = request.headers.get("content-type", "")
        is_form = "form-urlencoded" in kind or "form-data" in kind
        if not (is_page or is_form) or request.headers.get(FRAGMENT_HEADER):
            # A script or an <img> asked: a bare status is all it can use.
            return Response("", status_code=fault.status, headers=_headers(error))
        if isinstance(error, TokenInvalid):
            cookies = [no_session_cookie(secure=settings.secure)]
            if SESSION_COOKIE in request.cookies:
                cookies.append(ended_cookie(ENDED_S, secure=settings.secure))
            return pages.onward("/sign-in", cookies=cookies)
        if isinstance(error, GlassClosed) and request.cookies.get(EMERGENCY_COOKIE):
            # It ran out, or was ended elsewhere: the same again, for treatment.
            cookies = [emergency_cookie(None, secure=settings.secure)]
            return pages.onward(own_path(request.url.path), cookies=cookies)
        answered = pages.answer(
            request,
            "message.html",
            session=request.state.get(SESSION_STATE),
            status=fault.status,
            error=fault,
        )
        answered.headers.update(_headers(error))
        return answered

    return answer


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, BudgetExhausted | TooManyAttempts):
        return picture_headers() | {"Retry-After": str(error.retry_after_s)}
    return picture_headers()
