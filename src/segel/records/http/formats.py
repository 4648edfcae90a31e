"""In which format a client takes answers (R4 § 3.1.0.1.8): JSON, or a Binary as what it is."""

from collections.abc import Iterator
from typing import Final

from litestar.exceptions import ClientException

from segel.access import AnyRequest

ACCEPT_LENGTH_MAX: Final = 4_096
JSON_TYPES: Final = frozenset(("application/fhir+json", "application/json", "text/json"))
_FORMATS: Final = JSON_TYPES | {"json"}
"""What ``_format`` may say; it outweighs the header."""


class NotAcceptable(ClientException):
    """None of the formats that a client takes can be had."""

    status_code = 406


def require_json(request: AnyRequest) -> None:
    """Return where the client takes JSON. Raises NotAcceptable, before anything is done."""
    stated = request.query_params.get("_format")
    if stated is not None:
        # An address has a space where somebody wrote application/fhir+json as it is.
        if stated.partition(";")[0].strip().lower().replace(" ", "+") not in _FORMATS:
            raise NotAcceptable
    elif not any(map(accepts(request).__contains__, _WILD | JSON_TYPES)):
        raise NotAcceptable


def takes_as_it_is(request: AnyRequest, content_type: str) -> bool:
    """Whether a Binary is wanted as its content and not as JSON (R4 Binary, § REST)."""
    if "_format" in request.query_params:
        return False
    taken = accepts(request)
    kind = content_type.partition(";")[0].strip().lower()
    return not taken & (JSON_TYPES | {"*/*"}) and not taken.isdisjoint(
        {kind, f"{kind.partition('/')[0]}/*"}
    )


def accepts(request: AnyRequest) -> frozenset[str]:
    """The media types of the header that are not refused by ``q=0``; any without a header."""
    return frozenset(_stated(request.headers.get("accept", "")[:ACCEPT_LENGTH_MAX])) or frozenset(
        {"*/*"}
    )


def _stated(header: str) -> Iterator[str]:
    for piece in header.split(","):
        kind, *parameters = (part.strip().lower() for part in piece.split(";"))
        if kind and not any(_is_nothing(one) for one in parameters):
            yield kind


def _is_nothing(parameter: str) -> bool:
    """Whether this is ``q=0``, with or without decimals."""
    name, _, value = parameter.partition("=")
    return name.strip() == "q" and value.strip() in ("0", "0.", "0.0", "0.00", "0.000")


_WILD: Final = frozenset(("*/*", "application/*"))
