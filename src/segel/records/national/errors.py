"""Why something is not sent, as one tree. No error quotes a value.

``Unfit`` and ``Refused`` are of one record, which is set aside with its reason. ``PlatformAway``
is of the platform, which is asked again later.
"""

from enum import StrEnum
from typing import Final

from segel.domain.errors import SegelError


class NationalError(SegelError):
    """Nothing was sent."""

    code = "national-error"


class Fault(StrEnum):
    """What is wrong with a record, in a word that programs read."""

    MISSING = "missing"
    VALUE = "value"
    CODE = "code"
    TOO_EARLY = "too-early"
    WAITS = "waits"
    PATIENT_UNKNOWN = "patient-unknown"
    PATIENT_AMBIGUOUS = "patient-ambiguous"
    NUMBER_DIFFERS = "number-differs"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


class Unfit(NationalError):
    """A record that the platform would not take as it is. ``field``: the element."""

    code = "national-unfit"

    def __init__(self, fault: Fault, place: str, what: str, remedy: str = "") -> None:
        super().__init__(what, field=place, remedy=remedy)
        self.fault = fault


class Refused(NationalError):
    """The platform answered that it does not take a record.

    ``status``: of HTTP; ``fault`` and ``field`` from its OperationOutcome. What it says in words
    may quote the record and is not kept.
    """

    code = "national-refused"

    def __init__(self, status: int, fault: Fault, issue: str, place: str) -> None:
        super().__init__(
            f"The platform refused it: HTTP {status}, {issue}.",
            field=place,
            remedy="Mend the record and it is sent again, or `segel national retry`.",
        )
        self.status = status
        self.fault = fault


class PlatformAway(NationalError):
    """The platform does not answer, or not now. ``retry_after_s``: what it asked for, or 0.

    ``trouble``: a word for it, without anything of the answer.
    """

    code = "national-away"

    def __init__(self, trouble: str, retry_after_s: float = 0.0) -> None:
        super().__init__(
            f"The national platform cannot be used now: {trouble}.",
            remedy="Nothing is lost; it is tried again by itself.",
        )
        self.trouble = trouble
        self.retry_after_s = retry_after_s


class CredentialsRefused(PlatformAway):
    """The platform does not know the organisation's client, or not its secret."""

    code = "national-credentials-refused"


TROUBLES: Final = frozenset(
    {
        "connect", "timeout", "broken-answer", "answer-too-large", "rate-limited",
        "credentials", "server-error", "elsewhere",
    }
)  # fmt: skip
"""All that ``PlatformAway.trouble`` can be."""
