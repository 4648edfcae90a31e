"""How a device or system that comes in by its name is known: by the key of its certificate."""

import hmac
from collections.abc import Sequence

from segel.broker.errors import BrokerError


def require_shown(
    enrolled: Sequence[str], shown: str, refusal: type[BrokerError], who: str, command: str
) -> None:
    """Return for a ``who`` that shows one of the certificates it is enrolled with, or none where
    none is: those are known by their keys. Raises ``refusal``."""
    if not enrolled and not shown:
        return
    known = [hmac.compare_digest(one, shown) for one in enrolled]  # no early end
    if not any(known):
        raise refusal(
            f"The {who} is enrolled with another certificate, or with none.",
            remedy=f"Enrol its certificate: segel {command} add ... --certificate FILE.",
            field="certificate",
        )
