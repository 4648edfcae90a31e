"""The C-STORE sub-operations of C-GET and C-MOVE: original bytes out, and the count kept.

An instance goes in the transfer syntax that it is stored in where the peer takes it, else in
explicit, else in implicit VR little endian, else it has failed.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from segel.domain.errors import SegelError
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dicom.header import read_header
from segel.imaging.dicom.syntaxes import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from segel.imaging.dicom.transcode import transcode
from segel.imaging.dimse.association import Association
from segel.imaging.dimse.command import (
    PRIORITY_MEDIUM,
    Command,
    Element,
    Field,
    number,
)
from segel.imaging.dimse.contexts import Context
from segel.imaging.dimse.errors import PeerGone, ProtocolBroken
from segel.imaging.dimse.items import Proposal
from segel.imaging.dimse.ports import InstanceEntry
from segel.imaging.dimse.statuses import (
    CANCELLED,
    CANNOT_PERFORM_SUBOPERATIONS,
    SUBOPERATIONS_WITH_FAILURES,
    SUCCESS,
    is_warning,
)

FALLBACKS: Final = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
CONTEXTS_MAX: Final = 128
"""Context ids are the odd numbers of one byte (PS3.8 § 9.3.2.2)."""

ANSWER_S: Final = 120.0
"""For the peer's C-STORE response: it may be syncing the instance to a slow disk."""

MESSAGE_ID_MAX: Final = 0xFFFF


@dataclass(slots=True)
class Tally:
    """How far a retrieval is (PS3.7 Tables 9.1-3 and 9.1-4)."""

    remaining: int
    completed: int = 0
    warning: int = 0
    failed_uids: list[str] = field(default_factory=list)

    def done(self, status: int) -> None:
        """One sub-operation that the peer answered."""
        self.remaining -= 1
        if is_warning(status):
            self.warning += 1
        else:
            self.completed += 1

    def failed(self, sop_instance_uid: str) -> None:
        self.remaining -= 1
        self.failed_uids.append(sop_instance_uid)

    def progress(self, status: int) -> Command:
        """The elements of a response while sub-operations remain."""
        return {Element.REMAINING: self.remaining} | self.outcome(status)

    def outcome(self, status: int) -> Command:
        """The elements of a final response."""
        return {
            Element.STATUS: status,
            Element.COMPLETED: self.completed,
            Element.FAILED: len(self.failed_uids),
            Element.WARNING: self.warning,
        }

    def final_status(self, *, cancelled: bool) -> int:
        if cancelled:
            return CANCELLED
        if not self.failed_uids:
            return SUBOPERATIONS_WITH_FAILURES if self.warning else SUCCESS
        if self.completed or self.warning:
            return SUBOPERATIONS_WITH_FAILURES
        return CANNOT_PERFORM_SUBOPERATIONS


class NoContext(SegelError):
    """The peer takes this class of instance in no transfer syntax that we can give."""

    code = "dimse-no-context"


def batches(entries: Sequence[InstanceEntry]) -> Iterator[tuple[tuple[Proposal, ...], list[int]]]:
    """Proposals for C-MOVE associations, and the entries (by position) that each one serves."""
    kinds: dict[tuple[str, str], list[int]] = {}
    for position, entry in enumerate(entries):
        kinds.setdefault((entry.sop_class_uid, entry.transfer_syntax_uid), []).append(position)
    wanted: dict[tuple[str, str], None] = {}
    served: list[int] = []
    for (sop_class, syntax), positions in kinds.items():
        more = {(sop_class, one): None for one in (syntax, *FALLBACKS)}
        if len(wanted | more) > CONTEXTS_MAX:
            yield _proposals(wanted), sorted(served)
            wanted, served = {}, []
        wanted |= more
        served += positions
    if served:
        yield _proposals(wanted), sorted(served)


def choose(
    contexts: dict[int, Context], sop_class: str, stored_syntax: str, *, by_role: bool
) -> Context:
    """The context to send in. ``by_role``: only where the peer is SCP (C-GET). Raises NoContext."""
    fitting = {
        context.transfer_syntax: context
        for context in contexts.values()
        if context.abstract_syntax == sop_class and (context.peer_scp or not by_role)
    }
    for syntax in (stored_syntax, *FALLBACKS):
        if syntax in fitting:
            return fitting[syntax]
    raise NoContext("The peer takes no transfer syntax that this instance can be given in.")


def dataset_in(file: Buffer, stored_syntax: str, wanted_syntax: str) -> Buffer:
    """The file's data set in the wanted syntax, the stored bytes where they are in it.

    CPU work where it must transcode. Raises DicomError.
    """
    if wanted_syntax != stored_syntax:
        file = transcode(file, EXPLICIT_LITTLE)
    dataset = memoryview(file)[read_header(file, accept_no_meta=True).dataset_offset :]
    if wanted_syntax == IMPLICIT_LITTLE != stored_syntax:
        return _as_implicit(dataset)
    return dataset


async def send_instance(
    association: Association,
    entry: InstanceEntry,
    file: Buffer,
    *,
    by_role: bool,
    message_id: int,
    originator: Command,
) -> int:
    """Send one instance and wait for the answer; its status. Raises SegelError where it fails."""
    stored, sop_class = entry.transfer_syntax_uid, entry.sop_class_uid
    context = choose(association.contexts, sop_class, stored, by_role=by_role)
    if context.transfer_syntax == stored:
        dataset = dataset_in(file, stored, stored)
    else:
        dataset = await asyncio.to_thread(dataset_in, file, stored, context.transfer_syntax)
    request: Command = {
        Element.COMMAND_FIELD: Field.C_STORE_RQ,
        Element.AFFECTED_SOP_CLASS_UID: sop_class,
        Element.AFFECTED_SOP_INSTANCE_UID: entry.sop_instance_uid,
        Element.MESSAGE_ID: message_id,
        Element.PRIORITY: PRIORITY_MEDIUM,
    }
    await association.send(context, request | originator, dataset)
    try:
        async with asyncio.timeout(ANSWER_S):
            answer = await association.receive()
    except TimeoutError:
        raise PeerGone("The peer did not answer a sub-operation.") from None
    if answer is None:
        raise PeerGone("The peer left before it answered a sub-operation.")
    answered = number(answer.command, Element.MESSAGE_ID_RESPONDED_TO)
    if answer.field != Field.C_STORE_RSP or answered != message_id:
        raise ProtocolBroken("The answer to a sub-operation was another message.")
    return number(answer.command, Element.STATUS)


def _proposals(wanted: dict[tuple[str, str], None]) -> tuple[Proposal, ...]:
    return tuple(
        Proposal(2 * position + 1, sop_class, (syntax,))
        for position, (sop_class, syntax) in enumerate(wanted)
    )


def _as_implicit(explicit: Buffer) -> bytes:
    dataset = read_dataset(BytesIO(explicit), is_implicit_VR=False, is_little_endian=True)
    stream = DicomBytesIO()
    stream.is_implicit_VR, stream.is_little_endian = True, True
    write_dataset(stream, dataset)
    return bytes(stream.getvalue())
