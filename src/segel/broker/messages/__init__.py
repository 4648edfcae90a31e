"""What is said over the broker's socket: one tagged struct a request, one a reply.

A frame is a 4-byte big-endian length and a msgpack body (``wire``). Requests carry a number that
the reply repeats, so that many can be under way on one connection. Each area has a file here and
a desk that answers it.
"""

from segel.broker.messages import (
    accesses,
    alerts,
    approvals,
    break_glass,
    decoys,
    freezes,
    keys,
    operating,
    oversight,
    own,
    reading,
    sign_in,
    witnesses,
)
from segel.broker.messages.accesses import (
    AccessLine,
    AccessList,
    AssignUnits,
    FileReason,
    ListAccesses,
    ReviewAccess,
)
from segel.broker.messages.alerts import (
    AcknowledgeAlert,
    AcknowledgeAnyAlert,
    AlertLine,
    AlertList,
    ListAlerts,
    ListAllAlerts,
)
from segel.broker.messages.approvals import (
    ApprovalCount,
    ApprovalKind,
    ApprovalLine,
    ApprovalList,
    ApprovalState,
    CountApprovals,
    DecideApproval,
    DecisionLine,
    ListApprovals,
    RequestApproval,
    ShowApproval,
    WithdrawApproval,
)
from segel.broker.messages.base import Done, Failure, Message, Requester
from segel.broker.messages.break_glass import (
    BeginBreakGlass,
    DecideReview,
    EndBreakGlass,
    GlassLine,
    GlassState,
    ListReviews,
    OpenGlass,
    OpeningLine,
    OwnBreakGlass,
    ReadReview,
    Review,
    ReviewList,
)
from segel.broker.messages.decoys import (
    BeginPlanting,
    ComposeDecoys,
    DecoyBatch,
    DecoyPattern,
    DecoysReport,
    HospitalDecoys,
    PlanDecoys,
    ReportDecoys,
)
from segel.broker.messages.freezes import (
    Freeze,
    FreezeLine,
    FreezeList,
    ListFreezes,
    OperatorFreeze,
    OperatorListFreezes,
    TargetKind,
    Watch,
    Watched,
)
from segel.broker.messages.keys import (
    EscrowReport,
    FollowKeys,
    KekReport,
    KeksVersion,
    KeysReport,
    KeyWork,
    ReportKeys,
    RotateKeys,
)
from segel.broker.messages.operating import (
    EnrolAccount,
    EnrolHospital,
    EnrolPeer,
    Hello,
    IssueToken,
    Status,
)
from segel.broker.messages.oversight import AccountUse, ListUse, UseReport
from segel.broker.messages.own import (
    AuditLine,
    AuditTrail,
    BudgetReport,
    BudgetUse,
    CheckSession,
    EndSession,
    OwnBudget,
    OwnTrail,
    RaiseLine,
    Session,
)
from segel.broker.messages.reading import (
    Address,
    OpenForStore,
    OpenStudy,
    PeerAddress,
    Search,
    SearchResult,
    StudyArrival,
    StudyGrant,
    StudyMatch,
    StudyQuery,
)
from segel.broker.messages.sign_in import (
    AccountList,
    Ceremony,
    DemoAccount,
    DemoSignIn,
    ListDemoAccounts,
    OpenPeer,
    PasskeyRegisterBegin,
    PasskeyRegisterFinish,
    PasskeySignInBegin,
    PasskeySignInFinish,
    Token,
    ViewerCode,
    ViewerSignIn,
)
from segel.broker.messages.witnesses import (
    EntryReceipt,
    ProveEntry,
    ReportWitnesses,
    WitnessReport,
    WitnessState,
)

Request = (
    accesses.Request
    | alerts.Request
    | approvals.Request
    | break_glass.Request
    | decoys.Request
    | freezes.Request
    | keys.Request
    | operating.Request
    | oversight.Request
    | own.Request
    | reading.Request
    | sign_in.Request
    | witnesses.Request
)
Reply = (
    accesses.Reply
    | alerts.Reply
    | approvals.Reply
    | break_glass.Reply
    | decoys.Reply
    | freezes.Reply
    | keys.Reply
    | operating.Reply
    | oversight.Reply
    | own.Reply
    | reading.Reply
    | sign_in.Reply
    | witnesses.Reply
    | Done
    | Failure
)

__all__ = [
    "AccessLine",
    "AccessList",
    "AccountList",
    "AccountUse",
    "AcknowledgeAlert",
    "AcknowledgeAnyAlert",
    "Address",
    "AlertLine",
    "AlertList",
    "ApprovalCount",
    "ApprovalKind",
    "ApprovalLine",
    "ApprovalList",
    "ApprovalState",
    "AssignUnits",
    "AuditLine",
    "AuditTrail",
    "BeginBreakGlass",
    "BeginPlanting",
    "BudgetReport",
    "BudgetUse",
    "Ceremony",
    "CheckSession",
    "ComposeDecoys",
    "CountApprovals",
    "DecideApproval",
    "DecideReview",
    "DecisionLine",
    "DecoyBatch",
    "DecoyPattern",
    "DecoysReport",
    "DemoAccount",
    "DemoSignIn",
    "Done",
    "EndBreakGlass",
    "EndSession",
    "EnrolAccount",
    "EnrolHospital",
    "EnrolPeer",
    "EntryReceipt",
    "EscrowReport",
    "Failure",
    "FileReason",
    "FollowKeys",
    "Freeze",
    "FreezeLine",
    "FreezeList",
    "GlassLine",
    "GlassState",
    "Hello",
    "HospitalDecoys",
    "IssueToken",
    "KekReport",
    "KeksVersion",
    "KeyWork",
    "KeysReport",
    "ListAccesses",
    "ListAlerts",
    "ListAllAlerts",
    "ListApprovals",
    "ListDemoAccounts",
    "ListFreezes",
    "ListReviews",
    "ListUse",
    "Message",
    "OpenForStore",
    "OpenGlass",
    "OpenPeer",
    "OpenStudy",
    "OpeningLine",
    "OperatorFreeze",
    "OperatorListFreezes",
    "OwnBreakGlass",
    "OwnBudget",
    "OwnTrail",
    "PasskeyRegisterBegin",
    "PasskeyRegisterFinish",
    "PasskeySignInBegin",
    "PasskeySignInFinish",
    "PeerAddress",
    "PlanDecoys",
    "ProveEntry",
    "RaiseLine",
    "ReadReview",
    "ReportDecoys",
    "ReportKeys",
    "ReportWitnesses",
    "RequestApproval",
    "Requester",
    "Review",
    "ReviewAccess",
    "ReviewList",
    "RotateKeys",
    "Search",
    "SearchResult",
    "Session",
    "ShowApproval",
    "Status",
    "StudyArrival",
    "StudyGrant",
    "StudyMatch",
    "StudyQuery",
    "TargetKind",
    "Token",
    "UseReport",
    "ViewerCode",
    "ViewerSignIn",
    "Watch",
    "Watched",
    "WithdrawApproval",
    "WitnessReport",
    "WitnessState",
]
