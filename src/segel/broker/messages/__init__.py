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
    erasing,
    freezes,
    keys,
    moving,
    operating,
    oversight,
    own,
    reading,
    sign_in,
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
from segel.broker.messages.erasing import (
    CarryOutErasure,
    CertifyErasure,
    DescribeErasure,
    ErasureCertificate,
    ErasureList,
    ErasureReport,
    ErasureSubject,
    ListErasures,
    OrderErasure,
    ShowErasure,
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
    RehearseEscrow,
    ReportKeys,
    RotateKeys,
    SplitEscrow,
)
from segel.broker.messages.moving import AskFinishMove, BeginMove, FinishMove
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

Request = (
    reading.Request
    | own.Request
    | sign_in.Request
    | operating.Request
    | keys.Request
    | freezes.Request
    | approvals.Request
    | oversight.Request
    | alerts.Request
    | break_glass.Request
    | accesses.Request
    | erasing.Request
    | moving.Request
)
Reply = (
    reading.Reply
    | own.Reply
    | sign_in.Reply
    | operating.Reply
    | keys.Reply
    | freezes.Reply
    | approvals.Reply
    | oversight.Reply
    | alerts.Reply
    | break_glass.Reply
    | accesses.Reply
    | erasing.Reply
    | moving.Reply
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
    "AskFinishMove",
    "AssignUnits",
    "AuditLine",
    "AuditTrail",
    "BeginBreakGlass",
    "BeginMove",
    "BudgetReport",
    "BudgetUse",
    "CarryOutErasure",
    "Ceremony",
    "CertifyErasure",
    "CheckSession",
    "CountApprovals",
    "DecideApproval",
    "DecideReview",
    "DecisionLine",
    "DemoAccount",
    "DemoSignIn",
    "DescribeErasure",
    "Done",
    "EndBreakGlass",
    "EndSession",
    "EnrolAccount",
    "EnrolHospital",
    "EnrolPeer",
    "ErasureCertificate",
    "ErasureList",
    "ErasureReport",
    "ErasureSubject",
    "EscrowReport",
    "Failure",
    "FileReason",
    "FinishMove",
    "FollowKeys",
    "Freeze",
    "FreezeLine",
    "FreezeList",
    "GlassLine",
    "GlassState",
    "Hello",
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
    "ListErasures",
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
    "OrderErasure",
    "OwnBreakGlass",
    "OwnBudget",
    "OwnTrail",
    "PasskeyRegisterBegin",
    "PasskeyRegisterFinish",
    "PasskeySignInBegin",
    "PasskeySignInFinish",
    "PeerAddress",
    "RaiseLine",
    "ReadReview",
    "RehearseEscrow",
    "Reply",
    "ReportKeys",
    "Request",
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
    "ShowErasure",
    "SplitEscrow",
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
]
