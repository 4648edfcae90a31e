"""Two registrations that may be of one person: what can be said of them."""

from enum import StrEnum


class PairState(StrEnum):
    """``OPEN``: nobody has looked, or a decision was taken back."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"
