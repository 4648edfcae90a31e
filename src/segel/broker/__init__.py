"""The key broker: the only door to keys, a process of its own.

It verifies the asker's token, authorises, counts distinct patients against a budget, writes a
durable audit entry, and only then releases the key of one patient's study. Others import the
client and the messages from here; the server (``segel.broker.server``) is started by ``app``.
"""

from segel.broker.client import BrokerClient
from segel.broker.hearing import Ear
from segel.broker.messages import (
    BudgetReport,
    ChartGrant,
    ConsentVersion,
    DrawerGrant,
    DueLine,
    DueMark,
    DueQuery,
    Exported,
    ExportReport,
    FolderGrant,
    HospitalLine,
    MatchLine,
    OrderDue,
    PatientLine,
    PatientList,
    PatientNumber,
    PatientQuery,
    Proof,
    Requester,
    SearchResult,
    Session,
    StaffLine,
    StaffList,
    StudyArrival,
    StudyGrant,
    StudyMatch,
    StudyQuery,
    Token,
)

__all__ = [
    "BrokerClient",
    "BudgetReport",
    "ChartGrant",
    "ConsentVersion",
    "DrawerGrant",
    "DueLine",
    "DueMark",
    "DueQuery",
    "Ear",
    "ExportReport",
    "Exported",
    "FolderGrant",
    "HospitalLine",
    "MatchLine",
    "OrderDue",
    "PatientLine",
    "PatientList",
    "PatientNumber",
    "PatientQuery",
    "Proof",
    "Requester",
    "SearchResult",
    "Session",
    "StaffLine",
    "StaffList",
    "StudyArrival",
    "StudyGrant",
    "StudyMatch",
    "StudyQuery",
    "Token",
]
