"""How programs come in: OAuth 2, who asks and why, and how a door refuses.

``router_for`` is the token endpoint with what it publishes about itself, for ``app`` to mount;
``Attempts`` bounds the addresses that answer without a token, here and in the console.
``requester_of`` takes token, proof and purpose of use from a request, ``seal_handle`` makes
addresses that name nobody, ``Pieces`` is an answer that is sent as it comes,
``smart_configuration`` is what FHIR's door says of tokens below its own address, ``status_of`` and
``headers_of`` are what refusals have in common. Nothing is verified here: assertions, proofs,
tokens and secrets go to the broker as they came.
"""

from segel.access.asking import SESSION_COOKIE, AnyRequest, requester_of
from segel.access.attempts import Attempts
from segel.access.errors import MediaTypeUnsupported, RequestBroken, TooManyAttempts
from segel.access.handles import HANDLE_LENGTH_MAX, HandleBroken, open_handle, seal_handle
from segel.access.http import SMART, router_for, smart_configuration
from segel.access.pieces import Pieces
from segel.access.refusals import headers_of, status_of

__all__ = [
    "HANDLE_LENGTH_MAX",
    "SESSION_COOKIE",
    "SMART",
    "AnyRequest",
    "Attempts",
    "HandleBroken",
    "MediaTypeUnsupported",
    "Pieces",
    "RequestBroken",
    "TooManyAttempts",
    "headers_of",
    "open_handle",
    "requester_of",
    "router_for",
    "seal_handle",
    "smart_configuration",
    "status_of",
]
