"""What a FHIR request asks: who, for which type, in which format, of which version."""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

from segel.access import AnyRequest, MediaTypeUnsupported, RequestBroken, requester_of
from segel.broker import Requester
from segel.records.http.formats import JSON_TYPES
from segel.records.model import version_of
from segel.records.r4 import decode

DOOR: Final = "fhir"
"""Its name in the audit log."""

FORM: Final = "application/x-www-form-urlencoded"
FORM_BYTES_MAX: Final = 64 * 1024
"""A search with some hundred identifiers."""

FORM_OF_ANSWERS: Final = frozenset(("_format", "_pretty", "_summary", "_elements"))
"""Parameters of every interaction (R4 § 3.1.0.1.8)."""

Json = dict[str, Any]


def asker(request: AnyRequest) -> Requester:
    """Who asks. Raises TokenInvalid, RequestBroken."""
    return requester_of(request, DOOR)


def pairs_of(request: AnyRequest) -> list[tuple[str, str]]:
    """The parameters of the address, in their order."""
    return [(str(name), str(value)) for name, value in request.query_params.multi_items()]


async def form_of(request: AnyRequest) -> list[tuple[str, str]]:
    """The parameters of a ``_search``: of its body, and of its address."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != FORM:
        raise MediaTypeUnsupported(f"A _search is posted as {FORM}.", remedy="Send a form.")
    if len(body) > FORM_BYTES_MAX:
        raise RequestBroken("The search is too long.", remedy="Ask for less at once.")
    try:
        return [*parse_qsl(body.decode(), keep_blank_values=True), *pairs_of(request)]
    except ValueError:
        raise RequestBroken("The form cannot be read.", remedy="Send UTF-8.") from None


async def body_of(request: AnyRequest) -> Json:
    """The resource in the body, readable and not yet valid. Raises MediaTypeUnsupported,
    ResourceUnreadable."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in JSON_TYPES:
        raise MediaTypeUnsupported(
            "Resources are taken as JSON.", remedy="Send Content-Type: application/fhir+json."
        )
    return decode(await request.body())


def require_no_condition(pairs: Iterable[tuple[str, str]]) -> None:
    """Return where the address of a create says nothing but the form of the answer. Raises
    RequestBroken: some clients state there what is to be made once, and R4 § 3.1.0.8.1 has it in a
    header. Were it passed over, each repetition would make one more.
    """
    if any(name not in FORM_OF_ANSWERS for name, _ in pairs):
        raise RequestBroken(
            "A create has no search parameters: nothing would be looked for.",
            field="If-None-Exist",
            remedy="Send the condition in the header If-None-Exist, or PUT to this address.",
        )


def expected_version(request: AnyRequest) -> int | None:
    """The version that a change was made of, from If-Match; None where it is not said. Raises
    RequestBroken."""
    tag = request.headers.get("if-match", "").strip()
    if not tag:
        return None
    number = version_of(tag)
    if number is None:
        raise RequestBroken(
            "The version is not an entity tag of this service.",
            field="If-Match",
            remedy='Send the ETag that was read, for example W/"1".',
        )
    return number
