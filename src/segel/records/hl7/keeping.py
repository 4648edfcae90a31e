"""A message that was understood, kept in its patient's chart before it is acknowledged."""

import asyncio
from collections.abc import Sequence
from typing import Final

from segel.broker import Requester
from segel.broker import errors as broker
from segel.domain.errors import SegelError
from segel.records.entries import entry_of, writes_of
from segel.records.errors import ManyMatches, VersionConflict
from segel.records.hl7.coding import Json
from segel.records.hl7.errors import Fault, Location, MessageRefused, TryAgain
from segel.records.hl7.segments import Header, Message
from segel.records.hl7.sender import Sender
from segel.records.hl7.serving import Peer, Received
from segel.records.hl7.sessions import SenderSessions
from segel.records.hl7.settling import settled
from segel.records.hl7.values import DOCUMENT
from segel.records.r4 import ResourceInvalid
from segel.records.search import QueryInvalid
from segel.records.transactions import Transactions, Write, Written
from segel.store.database import DatabaseAway

ATTEMPTS_MAX: Final = 3
"""Who registers a patient at the same instant as another message finds them registered then."""

LATER: Final = (
    broker.BrokerUnavailable,
    broker.KeysLocked,
    broker.Unwitnessed,
    broker.DiskFull,
    broker.BudgetExhausted,
    broker.Frozen,
    broker.TokenInvalid,
    DatabaseAway,
    VersionConflict,
)
"""What another try may bring: nothing is wrong with the message."""

_SEGMENTS: Final = {
    "Patient": "PID",
    "Specimen": "SPM",
    "Observation": "OBX",
    "DiagnosticReport": "OBR",
    "ServiceRequest": "ORC",
}
"""Where what a resource says stands in a message."""


class Keeping:
    """Takes messages into charts. ``base``: FHIR's address as clients know it."""

    def __init__(self, transactions: Transactions, senders: SenderSessions, base: str) -> None:
        self._transactions = transactions
        self._senders = senders
        self._base = base

    async def sender_of(self, peer: Peer, header: Header) -> Sender:
        """Who a message is from. Raises MessageRefused, TryAgain."""
        try:
            return await self._senders.sender_of(peer, header)
        except SegelError as error:
            raise _told(error) from None

    async def accept(self, received: Received, peer: Peer) -> None:
        """Return when everything that a message says is durable, or was there already.

        Raises MessageRefused for what is wrong with it, TryAgain for what is wrong here.
        """
        try:
            writes = await asyncio.to_thread(
                writes_in, self._transactions, received.bundle, self._base
            )
            await self._senders.ask(
                peer,
                received.message.header,
                lambda asked: kept(self._transactions, asked, writes),
            )
        except ResourceInvalid as invalid:
            raise _misplaced(invalid, received) from None
        except SegelError as error:
            raise _told(error) from None


def writes_in(transactions: Transactions, bundle: Json, base: str) -> list[Write]:
    """The writes of a transaction that was made of a message. Raises ResourceInvalid."""
    entries = [entry_of(at, one, base) for at, one in enumerate(bundle["entry"])]
    return list(writes_of(transactions, entries).values())


async def kept(
    transactions: Transactions, asked: Requester, writes: Sequence[Write]
) -> list[Written]:
    """Everything that a message says, durable when this returns; of two states the later one."""
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return await transactions.transact(asked, writes, settled)
        except broker.AlreadyExists:
            if attempt == ATTEMPTS_MAX:
                raise
    raise AssertionError("the last attempt returns or raises")


def _told(error: SegelError) -> SegelError:
    """An error as the sender is told it, with its place where it has one."""
    numbers = Location("PID", 1, 3)
    match error:
        case MessageRefused() | TryAgain():
            return error
        case ManyMatches(field="Patient"):
            return MessageRefused(
                Fault.UNKNOWN,
                numbers,
                "The numbers are of more than one registered patient.",
                remedy="Correct them; else the medical records officer finds out who it is.",
            )
        case broker.AlreadyExists():
            return MessageRefused(
                Fault.UNKNOWN,
                numbers,
                "One of the numbers is another patient's.",
                remedy="Correct them; else the medical records officer finds out who it is.",
            )
        case broker.RecordsErased():
            return MessageRefused(Fault.UNKNOWN, numbers, error.what, remedy=error.remedy)
        case QueryInvalid():
            return MessageRefused(Fault.TYPE, Location("MSH"), error.what, remedy=error.remedy)
        case _ if isinstance(error, LATER):
            return TryAgain(error.what, remedy="Send it again later.")
        case _:
            return error


def _misplaced(invalid: ResourceInvalid, received: Received) -> MessageRefused:
    """What is no valid resource, at the segment that it was made of."""
    issue = invalid.issues[0]
    entries = received.bundle["entry"]
    kinds = [one["resource"]["resourceType"] for one in entries]
    stated = issue.expression.removeprefix("Bundle.entry[").partition("]")[0]
    kind = issue.expression.partition(".")[0]
    place = Location("MSH")
    if stated.isdigit() and int(stated) < len(entries):
        place = _place(kinds, int(stated), received.message)
    elif kind in kinds:  # found out when it was to be written: it stands for itself
        place = _place(kinds, kinds.index(kind), received.message)
    return MessageRefused(Fault.TYPE, place, issue.reason)


def _place(kinds: list[str], at: int, message: Message) -> Location:
    name = _SEGMENTS.get(kinds[at], "MSH")
    found = [one for one in message.all(name) if name != "OBX" or one.text(2) != DOCUMENT]
    nth = kinds[:at].count(kinds[at])
    return found[nth].at() if nth < len(found) else Location(name)
