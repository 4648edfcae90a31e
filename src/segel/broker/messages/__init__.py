"""What is said over the broker's socket: one tagged struct a request, one a reply.

A frame is a 4-byte big-endian length and a msgpack body (``wire``). Requests carry a number that
the reply repeats, so that many can be under way on one connection. Each area has a file here and
a desk that answers it.
"""

from segel.broker.messages import (
    alerts,
    approvals,
    audit_export,
    freezes,
    keys,
    operating,
    oversight,
    own,
    reading,
    record,
    sign_in,
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
from segel.broker.messages.audit_export import (
    AuditPage,
    ExportAudit,
    FollowForwarding,
    ForwardStatus,
)
from segel.broker.messages.base import Done, Failure, Message, Requester
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
from segel.broker.messages.record import (
    FILE_LINES_MAX,
    PAGE_LINES,
    RECORD_FORMAT,
    EnrolPatient,
    OpenRecord,
    RecordDocument,
    RecordLine,
    RecordTrail,
    SignedRecord,
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
    | record.Request
    | audit_export.Request
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
    | record.Reply
    | audit_export.Reply
    | Done
    | Failure
)

__all__ = [
    "FILE_LINES_MAX",
    "PAGE_LINES",
    "RECORD_FORMAT",
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
    "AuditLine",
    "AuditPage",
    "AuditTrail",
    "BudgetReport",
    "BudgetUse",
    "Ceremony",
    "CheckSession",
    "CountApprovals",
    "DecideApproval",
    "DecisionLine",
    "DemoAccount",
    "DemoSignIn",
    "Done",
    "EndSession",
    "EnrolAccount",
    "EnrolHospital",
    "EnrolPatient",
    "EnrolPeer",
    "EscrowReport",
    "ExportAudit",
    "Failure",
    "FollowForwarding",
    "FollowKeys",
    "ForwardStatus",
    "Freeze",
    "FreezeLine",
    "FreezeList",
    "Hello",
    "IssueToken",
    "KekReport",
    "KeksVersion",
    "KeyWork",
    "KeysReport",
    "ListAlerts",
    "ListAllAlerts",
    "ListApprovals",
    "ListDemoAccounts",
    "ListFreezes",
    "ListUse",
    "Message",
    "OpenForStore",
    "OpenPeer",
    "OpenRecord",
    "OpenStudy",
    "OperatorFreeze",
    "OperatorListFreezes",
    "OwnBudget",
    "OwnTrail",
    "PasskeyRegisterBegin",
    "PasskeyRegisterFinish",
    "PasskeySignInBegin",
    "PasskeySignInFinish",
    "PeerAddress",
    "RaiseLine",
    "RecordDocument",
    "RecordLine",
    "RecordTrail",
    "Reply",
    "ReportKeys",
    "Request",
    "RequestApproval",
    "Requester",
    "RotateKeys",
    "Search",
    "SearchResult",
    "Session",
    "ShowApproval",
    "SignedRecord",
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
