"""What the broker answers when it does not release, as one tree.

Each carries a stable ``code``; the doors translate it into their protocol's own form in one place.
"""

from typing import Final

from segel.domain.errors import SegelError


class BrokerError(SegelError):
    """The broker did not do what was asked."""

    code = "broker-refused"


class BrokerUnavailable(BrokerError):
    """No answer can be given now: broker, database or KMS is away. Nothing was released."""

    code = "broker-unavailable"


class KeysLocked(BrokerUnavailable):
    """The KMS is sealed or away, or refuses: no key can be opened. Nothing was released."""

    code = "keys-locked"


def keys_locked(failure: SegelError) -> KeysLocked:
    """A failure of the KMS, as whoever asked for a key is told."""
    return KeysLocked(f"{failure.what} Nothing was released.", remedy=failure.remedy)


class MessageBroken(BrokerError):
    """A message on the socket that is not one of the broker's."""

    code = "message-broken"


class TokenInvalid(BrokerError):
    """The token is missing, forged, expired or of an ended session."""

    code = "token-invalid"


class Forbidden(BrokerError):
    """The policy does not permit this account to do this for this purpose."""

    code = "forbidden"


class Frozen(Forbidden):
    """The account, session or hospital is frozen."""

    code = "frozen"


OFFICER: Final = "Ask the data protection officer."


def person_frozen() -> Frozen:
    """What a frozen account or session is told."""
    return Frozen("The account or this session is frozen.", remedy=OFFICER)


def hospital_frozen() -> Frozen:
    """What the people of a frozen hospital are told."""
    return Frozen("The hospital's releases are frozen.", remedy=OFFICER)


class TargetUnknown(BrokerError):
    """What was to be frozen is not there, or another hospital's. The two look the same."""

    code = "target-unknown"


class FreezeUnknown(BrokerError):
    """No such freeze for this account: absent, lifted, or another hospital's."""

    code = "freeze-unknown"


class ReasonMissing(BrokerError):
    """What is unusual needs a stated reason, and got none that can be kept."""

    code = "reason-missing"


class RaiseBroken(BrokerError):
    """A request for more that names no account of the asker's, or too much."""

    code = "raise-broken"


class ApprovalError(BrokerError):
    """A request for the approval of others does not permit what was tried."""

    code = "approval-refused"


class ApprovalUnknown(ApprovalError):
    """No such request for this account: absent, or another hospital's."""

    code = "approval-unknown"


class ApprovalNotGiven(ApprovalError):
    """Not enough people have approved it, or one of them may do nothing any more."""

    code = "approval-not-given"


class ApprovalOver(ApprovalError):
    """It was rejected, withdrawn or used, has expired, or needs no more decisions."""

    code = "approval-over"


class ApprovalForAnother(ApprovalError):
    """It was given for something else."""

    code = "approval-for-another"


class ApprovalNotYours(ApprovalError):
    """This account may not decide it: it asked for it itself, or has decided."""

    code = "approval-not-yours"


class BudgetExhausted(BrokerError):
    """As many distinct patients were opened as may be in this time.

    ``retry_after_s``: whole seconds until the window lets one more patient in. ``whose`` (and
    ``field``): the ``account``'s budget, its ``hospital``'s, or that of the whole ``estate``.
    """

    code = "budget-exhausted"

    def __init__(
        self, what: str, *, remedy: str = "", retry_after_s: int = 3600, whose: str = "account"
    ) -> None:
        super().__init__(what, remedy=remedy)
        self.whose = whose
        self.retry_after_s = retry_after_s


class StudyUnknown(BrokerError):
    """No such study for this account: absent, or another hospital's. The two look the same."""

    code = "study-unknown"


class PatientUnknown(BrokerError):
    """No patient of this number at this hospital."""

    code = "patient-unknown"


class QueryTooBroad(BrokerError):
    """Too many records would have to be looked through; the remedy says what to add."""

    code = "query-too-broad"


class AeTitleUnknown(BrokerError):
    """The calling application entity is not enrolled, or not for this called title."""

    code = "ae-title-unknown"


class SignInFailed(BrokerError):
    """A sign-in ceremony that did not verify."""

    code = "sign-in-failed"


class AlreadyExists(BrokerError):
    """What was to be enrolled is enrolled."""

    code = "already-exists"


class AlertUnknown(BrokerError):
    """No such alert among those that this account may see."""

    code = "alert-unknown"


ERRORS_BY_CODE: dict[str, type[BrokerError]] = {
    error.code: error
    for error in (
        BrokerError,
        BrokerUnavailable,
        KeysLocked,
        MessageBroken,
        TokenInvalid,
        Forbidden,
        Frozen,
        TargetUnknown,
        ReasonMissing,
        RaiseBroken,
        ApprovalError,
        ApprovalUnknown,
        ApprovalNotGiven,
        ApprovalOver,
        ApprovalForAnother,
        ApprovalNotYours,
        FreezeUnknown,
        BudgetExhausted,
        StudyUnknown,
        PatientUnknown,
        QueryTooBroad,
        AeTitleUnknown,
        SignInFailed,
        AlreadyExists,
        AlertUnknown,
    )
}
