"""How programs come in: OAuth 2, who asks and why, and how a door refuses.

``router_for`` is the token endpoint with what it publishes about itself, for ``app`` to mount;
``Attempts`` bounds the addresses that answer without a token, here and in the console.
``requester_of`` takes token, proof and purpose of use from a request, ``json_of`` reads its body,
``seal_handle`` makes addresses that name nobody, ``Pieces`` is an answer that is sent as it comes,
``smart_configuration`` is what FHIR's door says of tokens below its own address, ``status_of`` and
``headers_of`` are what refusals have in common. A ``Plan`` is a hospital to be taken in, and
``steps`` what is done for it. Nothing is verified here: assertions, proofs,
tokens and secrets go to the broker as they came.

What needs the web framework is imported when it is first asked for: commands take a plan of a
hospital, or the form of a name, from here, and need not wait for it.
"""

import importlib
from typing import TYPE_CHECKING, Any, Final

from segel.access.attempts import Attempts
from segel.access.enrolling import (
    AeTitleInvalid,
    Outcome,
    ReadKey,
    State,
    Step,
    require_ae_title,
    require_sender_name,
    steps,
)
from segel.access.errors import MediaTypeUnsupported, RequestBroken, TooManyAttempts
from segel.access.handles import HANDLE_LENGTH_MAX, HandleBroken, open_handle, seal_handle
from segel.access.hospital_plan import (
    FILE_BYTES_MAX,
    TEMPLATE,
    Department,
    Device,
    Person,
    Plan,
    PlanBroken,
    Sender,
    System,
    files_of,
    missing,
    parse_plan,
    read_plan,
    require_whole,
    written_plan,
)
from segel.access.refusals import headers_of, problem_of, status_of

if TYPE_CHECKING:
    from segel.access.asking import SESSION_COOKIE, AnyRequest, json_of, requester_of
    from segel.access.http import SMART, router_for, smart_configuration
    from segel.access.pieces import Pieces

_OF_DOORS: Final = {
    "segel.access.asking": ("SESSION_COOKIE", "AnyRequest", "json_of", "requester_of"),
    "segel.access.http": ("SMART", "router_for", "smart_configuration"),
    "segel.access.pieces": ("Pieces",),
}

__all__ = [
    "FILE_BYTES_MAX",
    "HANDLE_LENGTH_MAX",
    "SESSION_COOKIE",
    "SMART",
    "TEMPLATE",
    "AeTitleInvalid",
    "AnyRequest",
    "Attempts",
    "Department",
    "Device",
    "HandleBroken",
    "MediaTypeUnsupported",
    "Outcome",
    "Person",
    "Pieces",
    "Plan",
    "PlanBroken",
    "ReadKey",
    "RequestBroken",
    "Sender",
    "State",
    "Step",
    "System",
    "TooManyAttempts",
    "files_of",
    "headers_of",
    "json_of",
    "missing",
    "open_handle",
    "parse_plan",
    "problem_of",
    "read_plan",
    "requester_of",
    "require_ae_title",
    "require_sender_name",
    "require_whole",
    "router_for",
    "seal_handle",
    "smart_configuration",
    "status_of",
    "steps",
    "written_plan",
]


def __getattr__(name: str) -> Any:
    """A name of a door's (PEP 562). Raises AttributeError."""
    for module, names in _OF_DOORS.items():
        if name in names:
            return getattr(importlib.import_module(module), name)
    raise AttributeError(name)
