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


class Unwitnessed(BrokerUnavailable):
    """Too few witnesses cosign the audit log. Nothing was released."""

    code = "log-unwitnessed"


class DiskFull(BrokerUnavailable):
    """The disk is nearly full: nothing more could be logged. Nothing was released."""

    code = "disk-full"


class MessageBroken(BrokerError):
    """A message on the socket that is not one of the broker's."""

    code = "message-broken"


class TokenInvalid(BrokerError):
    """The token is missing, forged, expired or of an ended session."""

    code = "token-invalid"


class ProofInvalid(TokenInvalid):
    """The proof of a bound token does not hold (RFC 9449 § 7.1)."""

    code = "proof-invalid"


class NonceNeeded(TokenInvalid):
    """A proof has to carry a newer ``nonce`` of the server (RFC 9449 § 8)."""

    code = "proof-nonce-needed"

    def __init__(
        self, what: str, *, remedy: str = "", field: str | None = None, nonce: str = ""
    ) -> None:
        super().__init__(what, remedy=remedy, field=field)
        self.nonce = nonce


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


class RecordsErased(BrokerError):
    """The patient or the study was erased: nothing is stored for them any more."""

    code = "records-erased"

    @classmethod
    def of(cls, what: str) -> "RecordsErased":
        """The refusal to store anything of a ``patient`` or a ``study``."""
        return cls(
            f"The records of this {what} were erased; nothing more is stored for them.",
            remedy="Delete it from the sender; the data protection officer knows why.",
        )


class ErasureRefused(BrokerError):
    """The erasure may not be, or cannot be as it was asked for."""

    code = "erasure-refused"


class MoveRefused(BrokerError):
    """Keys cannot be moved as it was asked for."""

    code = "move-refused"


class EscrowRefused(BrokerError):
    """What was said about the escrow does not hold."""

    code = "escrow-refused"


class QueryTooBroad(BrokerError):
    """Too many records would have to be looked through; the remedy says what to add."""

    code = "query-too-broad"


class EntryUnknown(BrokerError):
    """The audit log has no such entry, or none that can be proved yet."""

    code = "entry-unknown"


class AeTitleUnknown(BrokerError):
    """The calling application entity is not enrolled, or not for this called title."""

    code = "ae-title-unknown"


class SenderUnknown(BrokerError):
    """A sender of HL7 messages that is not enrolled, or not with what it shows."""

    code = "sender-unknown"


class SignInFailed(BrokerError):
    """A sign-in ceremony that did not verify."""

    code = "sign-in-failed"


class ClientInvalid(BrokerError):
    """A system's assertion that does not hold (RFC 6749 § 5.2, invalid_client)."""

    code = "client-invalid"


class ScopeRefused(BrokerError):
    """Scopes that are not scopes, or not those the system is enrolled for (invalid_scope)."""

    code = "scope-refused"


class AlreadyExists(BrokerError):
    """What was to be enrolled is enrolled."""

    code = "already-exists"


class GlassClosed(Forbidden):
    """Emergency access was asked for, and no break-glass of the account is open."""

    code = "glass-closed"


class BreakGlassBarred(Forbidden):
    """Reviews of the account's earlier break-glasses are open past their deadline."""

    code = "break-glass-barred"


class BreakGlassUsedUp(BrokerError):
    """One is open, or the account has broken the glass as often as it may in a day."""

    code = "break-glass-used-up"


class ReasonUnclear(BrokerError):
    """A reason, or a verdict's words, that a reader could do nothing with."""

    code = "reason-unclear"


class GlassUnknown(BrokerError):
    """No such break-glass in this hospital."""

    code = "glass-unknown"


class OwnReview(Forbidden):
    """Somebody tried to review what they did themselves."""

    code = "own-review"


class PatientUnknown(BrokerError):
    """No patient of this number in this hospital."""

    code = "patient-unknown"


class ConsentsChanged(BrokerError):
    """What a patient decided is not what whoever writes had read."""

    code = "consents-changed"


class PairUnknown(BrokerError):
    """No such pair of registrations in this hospital."""

    code = "pair-unknown"


class AccountUnknown(BrokerError):
    """No account of this name."""

    code = "account-unknown"


class AccessUnknown(BrokerError):
    """No such access on the hospital's list."""

    code = "access-unknown"


class NationalUnknown(BrokerError):
    """A hospital, patient or letter that is none of the national platform's."""

    code = "national-unknown"


class SubscriptionUnknown(BrokerError):
    """No such subscription among the asker's own."""

    code = "subscription-unknown"


class SubscriptionRefused(BrokerError):
    """What nobody may subscribe to, or have themselves told at. ``field``: an element of it."""

    code = "subscription-refused"


class SubscriptionChanged(BrokerError):
    """It is not the version that was named."""

    code = "subscription-changed"


class AlertUnknown(BrokerError):
    """No such alert among those that this account may see."""

    code = "alert-unknown"


class RequestUnclear(BrokerError):
    """What somebody asks about their own data, or what is answered, lacks something."""

    code = "request-unclear"


class RequestUnknown(BrokerError):
    """No such request among those that this account may see."""

    code = "request-unknown"


class RequestOver(BrokerError):
    """Nothing more can be done with the request."""

    code = "request-over"


class DeclarationUnclear(BrokerError):
    """A health declaration, a code or a receipt that cannot be taken as it is."""

    code = "declaration-unclear"


class DeclarationUnknown(BrokerError):
    """No such health declaration, or none that whoever asks may know of."""

    code = "declaration-unknown"


class DeclarationOver(BrokerError):
    """The time in which this can be done with a health declaration is over."""

    code = "declaration-over"


class PortFull(BrokerError):
    """More was declared for a vessel, or for a port's day, than can be true."""

    code = "port-full"


class CaseUnknown(BrokerError):
    """No such case of a leak, or none that whoever asks may know of."""

    code = "case-unknown"


class CaseUnclear(BrokerError):
    """What is said of a case does not say what is needed, or cannot be."""

    code = "case-unclear"


class CaseChanged(BrokerError):
    """Somebody else changed the case since it was shown."""

    code = "case-changed"


class CaseOver(BrokerError):
    """The case is closed, or what was asked of it is over."""

    code = "case-over"


class WarrantUnknown(BrokerError):
    """No such warrant, or none that whoever asks may know of."""

    code = "warrant-unknown"


class WarrantOver(BrokerError):
    """The warrant answers nothing: not yet approved, or over in one of its ways."""

    code = "warrant-over"


class WarrantTooFast(BrokerError):
    """More rows or requests in an hour than were agreed."""

    code = "warrant-too-fast"


class GuestUsedUp(BrokerError):
    """A guest of a case has looked as often as was agreed, or their time is over."""

    code = "guest-used-up"


class HeldBack(BrokerError):
    """A hold keeps a record, or a whole hospital's, from being destroyed."""

    code = "held-back"


class RunRefused(BrokerError):
    """A destruction run that cannot be made, or not yet."""

    code = "run-refused"


class HealthLinkUnclear(BrokerError):
    """A link that cannot be made as it is asked for, or an opening that lacks something."""

    code = "health-link-unclear"


class HealthLinkUnknown(BrokerError):
    """No such link: it never was, is another's, or is over."""

    code = "health-link-unknown"


def no_such_health_link() -> HealthLinkUnknown:
    """One answer for what never was, is another's, or is over."""
    return HealthLinkUnknown(
        "There is no such link, or it is over.", remedy="Ask whoever gave it for a new one."
    )


class PasscodeWrong(BrokerError):
    """A wrong passcode of a link. ``tries_left``: before it is over for good."""

    code = "passcode-wrong"

    def __init__(
        self, what: str, *, remedy: str = "", field: str | None = "passcode", tries_left: int = 0
    ) -> None:
        super().__init__(what, remedy=remedy, field=field)
        self.tries_left = tries_left


class ExportError(BrokerError):
    """A bulk export is not asked for, or not given."""

    code = "export-error"


class ExportUnknown(ExportError):
    """No such export of this account: it never was, was ended, or is over."""

    code = "export-unknown"


def no_such_export() -> ExportUnknown:
    """One answer for what never was, is another's, was ended, or is over."""
    return ExportUnknown("There is no such export, or it is over.", remedy="Ask for a new one.")


class ExportUnclear(ExportError):
    """What is asked for does not say what an export has to say."""

    code = "export-unclear"


class ExportRefused(ExportError):
    """Those who had to approve an export did not."""

    code = "export-refused"


class ExportWaiting(ExportError):
    """Not enough people have approved the export yet."""

    code = "export-waiting"


class CardError(BrokerError):
    """A card is not made, shown or revoked."""

    code = "card-error"


class CardsOff(CardError):
    """This archive makes no cards."""

    code = "cards-off"


def cards_off() -> CardsOff:
    """Where no issuer is set."""
    return CardsOff("This archive makes no cards.", remedy="Set card_issuer, or ask the operator.")


class CardUnknown(CardError):
    """No such card, or no such test, of this patient."""

    code = "card-unknown"


class CardNotMade(CardError):
    """What is on record cannot be made into a card. ``field``: what of it."""

    code = "card-not-made"


class CardConsentMissing(CardError):
    """The patient has not agreed to have cards made."""

    code = "card-consent-missing"


class CardsMany(CardError):
    """As many cards of a patient are in force as may be, or were made within a day."""

    code = "cards-many"


class MarksMany(CardError):
    """As many revocations are known as verifiers are given."""

    code = "marks-many"


class SignerRefused(CardError):
    """A signer of cards cannot be made, or have this certificate."""

    code = "signer-refused"


ERRORS_BY_CODE: dict[str, type[BrokerError]] = {
    error.code: error
    for error in (
        BrokerError,
        BrokerUnavailable,
        KeysLocked,
        Unwitnessed,
        DiskFull,
        MessageBroken,
        TokenInvalid,
        ProofInvalid,
        NonceNeeded,
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
        RecordsErased,
        ErasureRefused,
        MoveRefused,
        EscrowRefused,
        QueryTooBroad,
        EntryUnknown,
        AeTitleUnknown,
        SenderUnknown,
        SignInFailed,
        ClientInvalid,
        ScopeRefused,
        AlreadyExists,
        AlertUnknown,
        HealthLinkUnclear,
        HealthLinkUnknown,
        PasscodeWrong,
        GlassClosed,
        BreakGlassBarred,
        BreakGlassUsedUp,
        ReasonUnclear,
        GlassUnknown,
        OwnReview,
        PatientUnknown,
        PairUnknown,
        AccessUnknown,
        AccountUnknown,
        NationalUnknown,
        SubscriptionUnknown,
        SubscriptionRefused,
        SubscriptionChanged,
        RequestUnclear,
        RequestUnknown,
        RequestOver,
        DeclarationUnclear,
        DeclarationUnknown,
        DeclarationOver,
        PortFull,
        CaseUnknown,
        CaseUnclear,
        CaseChanged,
        CaseOver,
        WarrantUnknown,
        WarrantOver,
        WarrantTooFast,
        GuestUsedUp,
        HeldBack,
        RunRefused,
        ExportError,
        ExportUnknown,
        ExportUnclear,
        ExportRefused,
        ExportWaiting,
        CardError,
        CardsOff,
        CardUnknown,
        CardNotMade,
        CardConsentMissing,
        CardsMany,
        MarksMany,
        SignerRefused,
    )
}
