"""A witness: a small program that runs elsewhere and cosigns a log only as long as it grows.

It holds its own key and, for each log, the newest checkpoint that it cosigned; nothing of Segel.
``Witness`` decides and remembers, ``WitnessFolder`` is its place on disk, ``web`` its HTTP door
(C2SP tlog-witness). Imports only ``tlog`` and ``domain``.
"""

from segel.witness.cosigning import Witness
from segel.witness.errors import (
    FolderRefused,
    LogUnknown,
    ProofRefused,
    RequestMalformed,
    SignatureRefused,
    SizeConflict,
    StateBroken,
    WitnessError,
)
from segel.witness.folder import Record, WitnessFolder, origin_hash
from segel.witness.web import web_app

__all__ = [
    "FolderRefused",
    "LogUnknown",
    "ProofRefused",
    "Record",
    "RequestMalformed",
    "SignatureRefused",
    "SizeConflict",
    "StateBroken",
    "Witness",
    "WitnessError",
    "WitnessFolder",
    "origin_hash",
    "web_app",
]
