"""What every message is made of."""

from uuid import UUID

import msgspec

from segel.domain.purpose import Purpose


class Message(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Anything that travels on the socket."""


class Proof(msgspec.Struct, frozen=True):
    """A DPoP proof and the HTTP request that it came with (RFC 9449).

    ``path`` without query, as it was asked for; ``request_id`` is the door's number of the request.
    """

    jwt: str
    method: str
    path: str
    request_id: str

    def __repr__(self) -> str:
        return "Proof(...)"


class Requester(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who asks, why, and through which door. Every read takes one."""

    token: str
    purpose: Purpose = Purpose.TREATMENT
    route: str = ""
    proof: Proof | None = None


class Done(Message, frozen=True):
    """It is done; ``identifier`` names what was made, where something was."""

    identifier: UUID | None = None


class Failure(Message, frozen=True):
    """A refusal; ``code`` names the error class, ``whose`` the budget that is used up,
    ``tries_left`` how many more passcodes a link takes."""

    code: str
    what: str
    remedy: str = ""
    field: str = ""
    retry_after_s: int = 0
    nonce: str = ""
    whose: str = ""
    tries_left: int = 0
