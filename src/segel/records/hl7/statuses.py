"""The tables of states: HL7's codes, and the FHIR codes that mean the same.

Where FHIR has no state of its own the nearest one that promises less is taken.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

RESULT: Final[Mapping[str, str]] = {
    "C": "corrected",
    "D": "entered-in-error",
    "F": "final",
    "I": "registered",
    "N": "cancelled",
    "O": "registered",
    "P": "preliminary",
    "R": "preliminary",
    "S": "preliminary",
    "U": "final",
    "W": "entered-in-error",
    "X": "cancelled",
}
"""OBX-11 (table 0085). W: what was sent before was somebody else's. N: was not asked for. U: is now
final, without the value having changed."""

REPORT: Final[Mapping[str, str]] = {
    "O": "registered",
    "I": "registered",
    "S": "registered",
    "A": "partial",
    "P": "preliminary",
    "R": "preliminary",
    "C": "corrected",
    "F": "final",
    "X": "cancelled",
}
"""OBR-25 (table 0123). Y and Z answer queries, and are not taken."""

ORDER_CONTROL: Final[Mapping[str, str]] = {
    "NW": "active",
    "XO": "active",
    "CA": "revoked",
    "DC": "revoked",
    "SC": "",
}
"""ORC-1 (table 0119): new, change, cancel, discontinue. With SC the state is ORC-5's."""

ORDER: Final[Mapping[str, str]] = {
    "A": "active",
    "CA": "revoked",
    "CM": "completed",
    "DC": "revoked",
    "ER": "entered-in-error",
    "HD": "on-hold",
    "IP": "active",
    "RP": "revoked",
    "SC": "active",
}
"""ORC-5 (table 0038)."""

PRIORITY: Final[Mapping[str, str]] = {"S": "stat", "A": "asap", "R": "routine", "U": "urgent"}
"""OBR-5, TQ.6 and TQ1-9 (table 0485). U is not in the table, and much used."""

FLAGS: Final = frozenset("L H LL HH < > N A AA U D B W S R I MS VS POS NEG IND".split())
"""OBX-8 (table 0078, which sites may extend); v3-ObservationInterpretation has the same codes."""

_RANK: Final[Mapping[str, int]] = {
    "registered": 0,
    "unknown": 0,
    "partial": 1,
    "preliminary": 1,
    "final": 2,
    "amended": 3,
    "appended": 3,
    "corrected": 3,
    "cancelled": 3,
    "entered-in-error": 4,
}


def replaces(status: str) -> bool:
    """Whether a result in this state may take the place of one that was sent before: all but what
    only says that there will be one. Whoever keeps results asks ``is_older`` first."""
    return _RANK[status] > _RANK["registered"]


def is_older(new: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    """Whether ``new`` says of a result what was so before ``stored``; both are Observations or both
    DiagnosticReports of ``to_bundle``.

    Then it came late or again, and is not to be written over it. States decide, and between equal
    ones when they were issued.
    """
    states = _RANK[new["status"]], _RANK[stored["status"]]
    if states[0] != states[1]:
        return states[0] < states[1]
    if "issued" not in new or "issued" not in stored:
        return False
    return datetime.fromisoformat(new["issued"]) < datetime.fromisoformat(stored["issued"])
