"""Why somebody did what is unusual: a sentence that goes into the log."""

from typing import Final

from segel.broker.errors import ReasonMissing

REASON_LENGTH_MAX: Final = 500
"""Characters: a sentence or two. It is sealed, and read by whoever reviews."""


def checked_reason(reason: str) -> str:
    """A reason that says something and fits. Raises ReasonMissing."""
    stripped = " ".join(reason.split())
    if not stripped or len(stripped) > REASON_LENGTH_MAX:
        raise ReasonMissing(
            "A reason is missing, or too long.",
            field="reason",
            remedy=f"Say why in at most {REASON_LENGTH_MAX} characters, and name no patient.",
        )
    return stripped
