"""How systems come in by OAuth 2, and how often anybody may try to come in.

``router_for`` is the token endpoint with what it publishes about itself, for ``app`` to mount;
``Attempts`` bounds the addresses that answer without a token, here and in the console. Nothing is
verified here: assertions, proofs and secrets go to the broker as they came.
"""

from segel.access.attempts import Attempts
from segel.access.errors import TooManyAttempts
from segel.access.http import router_for

__all__ = ["Attempts", "TooManyAttempts", "router_for"]
