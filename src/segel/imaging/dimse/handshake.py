"""How an association begins (PS3.8 § 7.1, § 9.2: Sta1 to Sta6): ours to accept, or to ask for."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence

from segel.imaging.dimse import pdu
from segel.imaging.dimse.association import PEER_PDU_BYTES_MIN, Association
from segel.imaging.dimse.bytestream import ByteStream
from segel.imaging.dimse.contexts import accepted, answer_to, extended_for, roles_for
from segel.imaging.dimse.errors import AssociationRejected, PeerGone, ProtocolBroken
from segel.imaging.dimse.intake import Inflight
from segel.imaging.dimse.items import (
    APPLICATION_CONTEXT,
    PROTOCOL_VERSION,
    AssociateAccept,
    AssociateRequest,
    Proposal,
    decode_accept,
    decode_request,
    encode_accept,
    encode_request,
)
from segel.imaging.dimse.limits import ASSOCIATE_BYTES_MAX, Limits
from segel.imaging.dimse.pdu import AbortReason, PduType, Rejection, Rejections

Admit = Callable[[AssociateRequest], Awaitable[Rejection | None]]
"""Says whether a requestor may come in, once per association."""


async def accept(
    stream: ByteStream, admit: Admit, limits: Limits, inflight: Inflight
) -> Association | None:
    """Hear a requestor's A-ASSOCIATE-RQ and answer it; None where there is no association.

    Raises PeerGone, TimeoutError (nothing, or not enough, was said in ``artim_s``).
    """
    try:
        async with asyncio.timeout(limits.artim_s):
            request = decode_request(await _read_pdu(stream, PduType.ASSOCIATE_RQ))
    except ProtocolBroken as broken:
        await stream.write((pdu.abort(broken.reason),))
        return None
    rejection = _unfit(request) or await admit(request)
    if rejection is not None:
        await stream.write((pdu.reject(rejection),))
        return None
    answers = tuple(answer_to(proposal) for proposal in request.proposals)
    roles, extended = roles_for(request), extended_for(request)
    accept_pdu = AssociateAccept(
        request.called_ae, request.calling_ae, answers, limits.pdu_bytes, roles, extended
    )
    await stream.write((encode_accept(accept_pdu),))
    return Association(
        stream,
        accepted(request.proposals, answers, roles),
        calling_ae=request.calling_ae,
        called_ae=request.called_ae,
        peer_pdu_bytes=request.pdu_bytes,
        limits=limits,
        inflight=inflight,
        extended=extended,
    )


async def request(
    address: tuple[str, int],
    *,
    calling_ae: str,
    called_ae: str,
    proposals: tuple[Proposal, ...],
    limits: Limits,
    inflight: Inflight,
    tls: ssl.SSLContext | None = None,
    keys: Sequence[str] = (),
) -> Association:
    """An association with the peer at ``address``. Raises AssociationRejected, PeerGone.

    ``tls``: speak it, to a peer whose certificate's key is among ``keys``.
    """
    asked = AssociateRequest(called_ae, calling_ae, proposals, limits.pdu_bytes)
    stream = ByteStream(limits.stall_s)
    try:
        async with asyncio.timeout(limits.connect_s):
            await asyncio.get_running_loop().create_connection(lambda: stream, *address, ssl=tls)
        if tls is not None and stream.peer_key not in keys:
            raise PeerGone("The peer shows another certificate than the one that is enrolled.")
        async with asyncio.timeout(limits.artim_s):
            await stream.write((encode_request(asked),))
            answer = decode_accept(await _read_pdu(stream, PduType.ASSOCIATE_AC))
    except (OSError, TimeoutError):
        stream.cut()
        raise PeerGone("The peer could not be reached.") from None
    except (AssociationRejected, ProtocolBroken, PeerGone):
        stream.cut()
        raise
    return Association(
        stream,
        accepted(proposals, answer.answers, answer.roles),
        calling_ae=calling_ae,
        called_ae=called_ae,
        peer_pdu_bytes=max(answer.pdu_bytes, PEER_PDU_BYTES_MIN) if answer.pdu_bytes else 0,
        limits=limits,
        inflight=inflight,
    )


async def _read_pdu(stream: ByteStream, expected: PduType) -> bytes:
    kind, length = pdu.HEADER.unpack(await stream.read(pdu.HEADER.size))
    if kind == PduType.ASSOCIATE_RJ and expected is PduType.ASSOCIATE_AC:
        raise AssociationRejected("The peer does not take our association.")
    if kind == PduType.ABORT:
        raise PeerGone("The peer aborted the association.")
    if kind != expected:
        raise ProtocolBroken("An association begins otherwise.", reason=AbortReason.UNEXPECTED_PDU)
    if length > ASSOCIATE_BYTES_MAX:
        raise ProtocolBroken("An A-ASSOCIATE is too long.", reason=AbortReason.INVALID_PARAMETER)
    return await stream.read(length)


def _unfit(request: AssociateRequest) -> Rejection | None:
    if not request.protocol_version & PROTOCOL_VERSION:
        return Rejections.PROTOCOL_VERSION
    if request.application_context != APPLICATION_CONTEXT:
        return Rejections.APPLICATION_CONTEXT
    if 0 < request.pdu_bytes < PEER_PDU_BYTES_MIN:
        return Rejections.LOCAL_LIMIT
    return None
