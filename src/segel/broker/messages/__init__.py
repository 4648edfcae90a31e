"""What is said over the broker's socket: one tagged struct a request, one a reply.

A frame is a 4-byte big-endian length and a msgpack body (``wire``). Requests carry a number that
the reply repeats, so that many can be under way on one connection. Each area has a file here and
a desk that answers it.
"""

from segel.broker.messages import (
    accesses,
    accounts,
    alerts,
    approvals,
    audit_export,
    break_glass,
    charts,
    clients,
    decoys,
    erasing,
    freezes,
    keys,
    moving,
    openid,
    operating,
    oversight,
    own,
    pairs,
    reading,
    record,
    senders,
    sign_in,
    ways_in,
    witnesses,
    worklist,
)
from segel.broker.messages.accesses import (
    AccessLine,
    AccessList,
    AssignUnits,
    FileReason,
    ListAccesses,
    ReviewAccess,
)
from segel.broker.messages.accounts import (
    AccountLine,
    AccountsReport,
    AddAccount,
    BeginInvitation,
    CloseAccount,
    FinishInvitation,
    Invitation,
    InviteAgain,
    InvitedAs,
    InvitePatient,
    ListAccounts,
    LookInvitation,
    ShowAccount,
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
from segel.broker.messages.base import Done, Failure, Message, Proof, Requester
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
from segel.broker.messages.charts import (
    AmendPatient,
    ChartGrant,
    ConsentDecided,
    ConsentVersion,
    DecideConsent,
    FindPatients,
    FolderGrant,
    OpenChart,
    OpenFolder,
    PatientLine,
    PatientList,
    PatientNumber,
    PatientQuery,
    RegisterPatient,
)
from segel.broker.messages.clients import (
    AddClient,
    AskToken,
    ChangeClientKeys,
    ClientLine,
    ClientList,
    ClientToken,
    ListClients,
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
from segel.broker.messages.moving import AskMove, BeginMove, FinishMove
from segel.broker.messages.openid import (
    LinkIdentity,
    ListProviders,
    OpenIdAddress,
    OpenIdBegin,
    OpenIdBegun,
    OpenIdDone,
    OpenIdFinish,
    OpenIdLeave,
    ProviderNames,
    Unlink,
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
from segel.broker.messages.pairs import (
    DecidePair,
    DecisionTold,
    ListPairs,
    PairLine,
    PairList,
    PairSide,
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
from segel.broker.messages.senders import (
    EnrolSender,
    ListSenders,
    OpenedSender,
    OpenSender,
    RemoveSender,
    SenderLine,
    SenderList,
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
from segel.broker.messages.ways_in import (
    EndHospitalSessions,
    EndOwnSessions,
    EndSessionsOf,
    HospitalSessions,
    IdentityLine,
    NamePasskey,
    OwnSessions,
    OwnWaysIn,
    PasskeyLine,
    RemovePasskey,
    SessionLine,
    SessionList,
    SessionsOf,
    WaysIn,
)
from segel.broker.messages.witnesses import (
    EntryReceipt,
    ProveEntry,
    ReportWitnesses,
    WitnessReport,
    WitnessState,
)
from segel.broker.messages.worklist import (
    DueLine,
    DueList,
    DueMark,
    DueMarks,
    DueOrder,
    DueQuery,
    FindDue,
    MarkDue,
    OrderDue,
)

Request = (
    accesses.Request
    | accounts.Request
    | alerts.Request
    | approvals.Request
    | audit_export.Request
    | break_glass.Request
    | charts.Request
    | clients.Request
    | decoys.Request
    | erasing.Request
    | freezes.Request
    | keys.Request
    | moving.Request
    | openid.Request
    | operating.Request
    | oversight.Request
    | own.Request
    | pairs.Request
    | reading.Request
    | record.Request
    | senders.Request
    | sign_in.Request
    | ways_in.Request
    | witnesses.Request
    | worklist.Request
)
Reply = (
    accesses.Reply
    | accounts.Reply
    | alerts.Reply
    | approvals.Reply
    | audit_export.Reply
    | break_glass.Reply
    | charts.Reply
    | clients.Reply
    | decoys.Reply
    | erasing.Reply
    | freezes.Reply
    | keys.Reply
    | moving.Reply
    | openid.Reply
    | operating.Reply
    | oversight.Reply
    | own.Reply
    | pairs.Reply
    | reading.Reply
    | record.Reply
    | senders.Reply
    | sign_in.Reply
    | ways_in.Reply
    | witnesses.Reply
    | worklist.Reply
    | Done
    | Failure
)

__all__ = [
    "FILE_LINES_MAX",
    "PAGE_LINES",
    "RECORD_FORMAT",
    "AccessLine",
    "AccessList",
    "AccountLine",
    "AccountList",
    "AccountUse",
    "AccountsReport",
    "AcknowledgeAlert",
    "AcknowledgeAnyAlert",
    "AddAccount",
    "AddClient",
    "Address",
    "AlertLine",
    "AlertList",
    "AmendPatient",
    "ApprovalCount",
    "ApprovalKind",
    "ApprovalLine",
    "ApprovalList",
    "ApprovalState",
    "AskMove",
    "AskToken",
    "AssignUnits",
    "AuditLine",
    "AuditPage",
    "AuditTrail",
    "BeginBreakGlass",
    "BeginInvitation",
    "BeginMove",
    "BeginPlanting",
    "BudgetReport",
    "BudgetUse",
    "CarryOutErasure",
    "Ceremony",
    "CertifyErasure",
    "ChangeClientKeys",
    "ChartGrant",
    "CheckSession",
    "ClientLine",
    "ClientList",
    "ClientToken",
    "CloseAccount",
    "ComposeDecoys",
    "ConsentDecided",
    "ConsentVersion",
    "CountApprovals",
    "DecideApproval",
    "DecideConsent",
    "DecidePair",
    "DecideReview",
    "DecisionLine",
    "DecisionTold",
    "DecoyBatch",
    "DecoyPattern",
    "DecoysReport",
    "DemoAccount",
    "DemoSignIn",
    "DescribeErasure",
    "Done",
    "DueLine",
    "DueList",
    "DueMark",
    "DueMarks",
    "DueOrder",
    "DueQuery",
    "EndBreakGlass",
    "EndHospitalSessions",
    "EndOwnSessions",
    "EndSession",
    "EndSessionsOf",
    "EnrolAccount",
    "EnrolHospital",
    "EnrolPatient",
    "EnrolPeer",
    "EnrolSender",
    "EntryReceipt",
    "ErasureCertificate",
    "ErasureList",
    "ErasureReport",
    "ErasureSubject",
    "EscrowReport",
    "ExportAudit",
    "Failure",
    "FileReason",
    "FindDue",
    "FindPatients",
    "FinishInvitation",
    "FinishMove",
    "FolderGrant",
    "FollowForwarding",
    "FollowKeys",
    "ForwardStatus",
    "Freeze",
    "FreezeLine",
    "FreezeList",
    "GlassLine",
    "GlassState",
    "Hello",
    "HospitalDecoys",
    "HospitalSessions",
    "IdentityLine",
    "Invitation",
    "InviteAgain",
    "InvitePatient",
    "InvitedAs",
    "IssueToken",
    "KekReport",
    "KeksVersion",
    "KeyWork",
    "KeysReport",
    "LinkIdentity",
    "ListAccesses",
    "ListAccounts",
    "ListAlerts",
    "ListAllAlerts",
    "ListApprovals",
    "ListClients",
    "ListDemoAccounts",
    "ListErasures",
    "ListFreezes",
    "ListPairs",
    "ListProviders",
    "ListReviews",
    "ListSenders",
    "ListUse",
    "LookInvitation",
    "MarkDue",
    "Message",
    "NamePasskey",
    "OpenChart",
    "OpenFolder",
    "OpenForStore",
    "OpenGlass",
    "OpenIdAddress",
    "OpenIdBegin",
    "OpenIdBegun",
    "OpenIdDone",
    "OpenIdFinish",
    "OpenIdLeave",
    "OpenPeer",
    "OpenRecord",
    "OpenSender",
    "OpenStudy",
    "OpenedSender",
    "OpeningLine",
    "OperatorFreeze",
    "OperatorListFreezes",
    "OrderDue",
    "OrderErasure",
    "OwnBreakGlass",
    "OwnBudget",
    "OwnSessions",
    "OwnTrail",
    "OwnWaysIn",
    "PairLine",
    "PairList",
    "PairSide",
    "PasskeyLine",
    "PasskeyRegisterBegin",
    "PasskeyRegisterFinish",
    "PasskeySignInBegin",
    "PasskeySignInFinish",
    "PatientLine",
    "PatientList",
    "PatientNumber",
    "PatientQuery",
    "PeerAddress",
    "PlanDecoys",
    "Proof",
    "ProveEntry",
    "ProviderNames",
    "RaiseLine",
    "ReadReview",
    "RecordDocument",
    "RecordLine",
    "RecordTrail",
    "RegisterPatient",
    "RehearseEscrow",
    "RemovePasskey",
    "RemoveSender",
    "Reply",
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
    "SenderLine",
    "SenderList",
    "Session",
    "SessionLine",
    "SessionList",
    "SessionsOf",
    "ShowAccount",
    "ShowApproval",
    "ShowErasure",
    "SignedRecord",
    "SplitEscrow",
    "Status",
    "StudyArrival",
    "StudyGrant",
    "StudyMatch",
    "StudyQuery",
    "TargetKind",
    "Token",
    "Unlink",
    "UseReport",
    "ViewerCode",
    "ViewerSignIn",
    "Watch",
    "Watched",
    "WaysIn",
    "WithdrawApproval",
    "WitnessReport",
    "WitnessState",
]
