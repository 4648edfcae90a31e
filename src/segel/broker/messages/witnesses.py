"""The log's witnesses, and proofs for readers."""

import msgspec

from segel.broker.messages.base import Message


class WitnessState(msgspec.Struct, frozen=True):
    """One witness. ``state``: cosigns, not-asked, away, refuses, behind, forked, rolled-back.

    ``size`` entries were in what it cosigned last, at ``cosigned_s`` (Unix seconds; 0: never).
    """

    label: str
    name: str
    url: str
    vkey: str
    state: str
    trouble: str = ""
    size: int = 0
    cosigned_s: int = 0


class WitnessReport(Message, frozen=True):
    """``cosigned_size`` entries were cosigned by ``cosigners`` at ``cosigned_s``; 0 for never."""

    log_size: int
    log_vkey: str
    quorum: int
    witnesses: list[WitnessState]
    cosigned_size: int = 0
    cosigned_s: int = 0
    cosigners: int = 0


class ReportWitnesses(Message, frozen=True):
    """Ask who witnesses, and how they do."""


class EntryReceipt(Message, frozen=True):
    """The JSON of a receipt."""

    receipt: bytes


class ProveEntry(Message, frozen=True):
    """Ask for a receipt of any entry, in the newest checkpoint that others can see."""

    leaf_index: int


Request = ReportWitnesses | ProveEntry
Reply = WitnessReport | EntryReceipt
