"""C-GET and C-MOVE in the study root and patient root models (PS3.4 § C.4.2-3, PS3.7 § 9.1.3-4).

::

    identifier ──▶ entries of opened studies ──▶ C-STORE sub-operations, each followed by a pending
                   response ──▶ a final response with the list of what failed

C-GET sends on the association that asked, C-MOVE on one of ours to the destination, which has to be
an enrolled peer of the asker's hospital.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from segel.broker.errors import StudyUnknown
from segel.broker.messages import Address
from segel.domain.dicom import text_value
from segel.domain.errors import SegelError
from segel.imaging.dicom.elements import Buffer
from segel.imaging.dimse import handshake
from segel.imaging.dimse.association import Association
from segel.imaging.dimse.command import Command, Element, text
from segel.imaging.dimse.errors import (
    DatasetTooLarge,
    DestinationUnreachable,
    IdentifierBroken,
    PeerGone,
    ProtocolBroken,
)
from segel.imaging.dimse.find import PAGE
from segel.imaging.dimse.identifier import (
    FAILED_UIDS,
    PATIENT_ID,
    STUDY_UID,
    Identifier,
    Level,
    element,
    read_identifier,
    write_answer,
)
from segel.imaging.dimse.intake import Message
from segel.imaging.dimse.ports import OpenStudy
from segel.imaging.dimse.serving import Serving
from segel.imaging.dimse.statuses import PENDING, SUCCESS, is_success, is_warning, retrieve_refusal
from segel.imaging.dimse.suboperations import (
    MESSAGE_ID_MAX,
    Tally,
    batches,
    send_instance,
)
from segel.imaging.errors import InstanceUnknown
from segel.imaging.model import Query

FAILED_UIDS_MAX: Final = 10_000
"""UIDs in the list of failures: 650 KB, which every peer's buffers take."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """An instance to send, and the opened study that it is read from."""

    study: OpenStudy
    entry: Any


async def get(serving: Serving, message: Message) -> None:
    """C-GET: the instances come back on this association."""
    try:
        chosen = await _choose(serving, message)
    except SegelError as refused:
        await serving.respond(message, retrieve_refusal(refused))
        return
    tally = Tally(len(chosen))
    await _send_all(serving, message, serving.association, chosen, tally, by_role=True)
    await _conclude(serving, message, tally)


async def move(serving: Serving, message: Message) -> None:
    """C-MOVE: the instances go to the destination, over associations of ours."""
    destination = text(message.command, Element.MOVE_DESTINATION)
    try:
        address = await serving.ask(partial(serving.peers.peer_address, ae_title=destination))
        tls = _tls_for(serving, address)
        chosen = await _choose(serving, message)
    except SegelError as refused:
        await serving.respond(message, retrieve_refusal(refused))
        return
    tally = Tally(len(chosen))
    for proposals, positions in batches([one.entry for one in chosen]):
        if serving.association.is_cancelled(message.message_id):
            break
        batch = [chosen[position] for position in positions]
        try:
            outgoing = await handshake.request(
                (address.host, address.port),
                calling_ae=serving.association.called_ae,
                called_ae=destination,
                proposals=proposals,
                limits=serving.limits,
                inflight=serving.inflight,
                tls=tls,
                keys=address.keys,
            )
        except SegelError:
            for one in batch:
                tally.failed(one.entry.sop_instance_uid)
            continue
        try:
            await _send_all(serving, message, outgoing, batch, tally, by_role=False)
        finally:
            await outgoing.release()
    await _conclude(serving, message, tally)


def _tls_for(serving: Serving, address: Address) -> ssl.SSLContext | None:
    """Raises DestinationUnreachable where it takes TLS and we have no certificate to show."""
    if not address.keys:
        return None
    if serving.tls is None:
        raise DestinationUnreachable(
            "The destination takes TLS only, and no certificate is set up for ours.",
            remedy="Set dimse_tls and its files.",
        )
    return serving.tls.asking


# --- what to send ------------------------------------------------------------------------------


async def _choose(serving: Serving, message: Message) -> list[Chosen]:
    if message.too_large:
        raise DatasetTooLarge("The identifier is too large.", remedy="Ask for less at once.")
    asked = read_identifier(
        message.content, message.context.transfer_syntax, message.context.abstract_syntax
    )
    chosen = []
    for study_uid in await _studies(serving, asked):
        try:
            study = await serving.ask(partial(serving.archive.open_study, study_uid=study_uid))
        except StudyUnknown:
            continue  # no match, and no word on whether it exists elsewhere
        for series_uid in asked.values(Level.SERIES) or (None,):
            try:
                entries = await study.instances(series_uid)
            except InstanceUnknown:
                continue
            wanted = frozenset(asked.values(Level.IMAGE))
            chosen += [
                Chosen(study, entry)
                for entry in entries
                if not wanted or entry.sop_instance_uid in wanted
            ]
    return chosen


async def _studies(serving: Serving, asked: Identifier) -> tuple[str, ...]:
    """The study UIDs that the unique keys lead to. Raises IdentifierBroken."""
    if not asked.values(asked.level):
        raise IdentifierBroken("The unique key of the level is empty.")
    if asked.level >= Level.STUDY:
        if not asked.values(Level.STUDY):
            raise IdentifierBroken("Name the study.", field="StudyInstanceUID")
        return asked.values(Level.STUDY)
    found: list[str] = []
    filters = {PATIENT_ID: asked.keys[PATIENT_ID]}
    while len(found) < serving.limits.matches:
        query = Query("study", filters, (STUDY_UID,), PAGE, len(found), fuzzy=False)
        page = (await serving.ask(partial(serving.archive.search, query=query))).datasets
        found += [text_value(dataset, STUDY_UID) for dataset in page]
        if len(page) < PAGE:
            break
    return tuple(found)


# --- sending -----------------------------------------------------------------------------------


async def _send_all(
    serving: Serving,
    message: Message,
    outgoing: Association,
    chosen: list[Chosen],
    tally: Tally,
    *,
    by_role: bool,
) -> None:
    """Send each, one pending response after each but the last; stops when cancelled."""
    originator: Command = {}
    if not by_role:
        originator = {
            Element.MOVE_ORIGINATOR_AE: serving.association.calling_ae,
            Element.MOVE_ORIGINATOR_MESSAGE_ID: message.message_id,
        }
    message_id = 0
    async for one, file in _read_ahead(chosen):
        if serving.association.is_cancelled(message.message_id) or serving.association.is_over:
            return
        uid = one.entry.sop_instance_uid
        message_id = message_id % MESSAGE_ID_MAX + 1
        try:
            if isinstance(file, SegelError):
                raise file
            await one.study.require_open()  # it was read while the one before was being sent
            status = await send_instance(
                outgoing,
                one.entry,
                file,
                by_role=by_role,
                message_id=message_id,
                originator=originator,
            )
        except (PeerGone, ProtocolBroken):
            tally.failed(uid)
            if by_role:
                raise
            await outgoing.close()  # so that those that remain fail at once
        except SegelError:
            tally.failed(uid)
        else:
            if is_success(status) or is_warning(status):
                tally.done(status)
            else:
                tally.failed(uid)
        if tally.remaining:
            await serving.respond(message, tally.progress(PENDING))


async def _read_ahead(chosen: list[Chosen]) -> AsyncIterator[tuple[Chosen, Buffer | SegelError]]:
    """Each instance with its bytes; the next is read and unsealed while one is being sent."""
    following: asyncio.Task[Buffer | SegelError] | None = None
    try:
        for position, one in enumerate(chosen):
            reading = following or asyncio.create_task(_read(one))
            file = await reading
            following = None
            if position + 1 < len(chosen):
                following = asyncio.create_task(_read(chosen[position + 1]))
            yield one, file
    finally:
        if following is not None:
            following.cancel()


async def _read(one: Chosen) -> Buffer | SegelError:
    try:
        return await one.study.read(one.entry)
    except SegelError as failed:
        return failed


async def _conclude(serving: Serving, message: Message, tally: Tally) -> None:
    cancelled = serving.association.is_cancelled(message.message_id) and tally.remaining > 0
    status = tally.final_status(cancelled=cancelled)
    response = tally.progress(status) if cancelled else tally.outcome(status)
    if status == SUCCESS or not tally.failed_uids:
        await serving.respond(message, response)
        return
    failed = element(FAILED_UIDS, *tally.failed_uids[:FAILED_UIDS_MAX])
    content = write_answer(failed, message.context.transfer_syntax)
    await serving.respond(message, response, content)
