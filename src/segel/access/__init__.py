"""How programs come in: OAuth 2, who asks and why, and how a door refuses.

``router_for`` is the token endpoint with what it publishes about itself, for ``app`` to mount;
``Attempts`` bounds the addresses that answer without a token, here and in the console.
``requester_of`` takes the token, proof and purpose of use from a request; ``status_of`` and
``headers_of`` are what refusals have in common. Nothing is verified here: assertions, proofs,
tokens and secrets go to the broker as they came.
"""

from segel.access.asking import SESSION_COOKIE, AnyRequest, requester_of
from segel.access.attempts import Attempts
from segel.access.errors import MediaTypeUnsupported, RequestBroken, TooManyAttempts
from segel.access.http import router_for
from segel.access.refusals import headers_of, status_of

__all__ = [
    "SESSION_COOKIE",
    "AnyRequest",
    "Attempts",
    "MediaTypeUnsupported",
    "RequestBroken",
    "TooManyAttempts",
    "headers_of",
    "requester_of",
    "router_for",
    "status_of",
]
