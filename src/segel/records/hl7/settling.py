"""What becomes of a message about something that is there already: the later state is kept.

Messages come late, twice and out of order. One that says what is there already changes nothing; of
two states of a result ``is_older`` says which is the later, of two of an order ``settled_order``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from segel.records.hl7.coding import Json
from segel.records.hl7.statuses import is_older

RESULTS: Final = frozenset({"DiagnosticReport", "Observation"})
ORDER: Final = "ServiceRequest"

_OURS: Final = frozenset({"id", "meta"})
"""Elements that the archive adds."""

_ENDED: Final[Mapping[str, int]] = {"completed": 1, "revoked": 1, "entered-in-error": 2}


def settled(new: Json, stored: Json) -> Json | None:
    """What is to be written of ``new``, given what is there; None where that stays."""
    if _said(new) == _said(stored):
        return None
    if new["resourceType"] in RESULTS:
        return None if is_older(new, stored) else new
    return settled_order(new, stored) if new["resourceType"] == ORDER else new


def settled_order(new: Json, stored: Json) -> Json | None:
    """The later state of an order: by ORC-9, when it was said, and where that tells nothing, an
    order that has ended is not taken up again.

    A cancellation without an OBR says the number and the state only: all else stays as it is.
    """
    later = _later(new.get("authoredOn", ""), stored.get("authoredOn", ""))
    if later < 0 or (later == 0 and _ended(new) < _ended(stored)):
        return None
    if "code" in new:
        return new
    merged = stored | {name: new[name] for name in ("status", "authoredOn") if name in new}
    return None if _said(merged) == _said(stored) else merged


def _ended(order: Json) -> int:
    return _ENDED.get(order["status"], 0)


def _later(new: str, stored: str) -> int:
    """1 where ``new`` is the later time, -1 where it is the earlier one, 0 where nobody can say."""
    if "T" not in new or "T" not in stored:  # a day may hold both
        return 0
    times = datetime.fromisoformat(new), datetime.fromisoformat(stored)
    return (times[0] > times[1]) - (times[0] < times[1])


def _said(resource: Mapping[str, Any]) -> Json:
    return {name: value for name, value in resource.items() if name not in _OURS}
