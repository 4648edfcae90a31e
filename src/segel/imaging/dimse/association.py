"""An established association (PS3.8 § 9.2, states Sta6 to Sta13), as acceptor or requestor.

::

    peer ──PDUs──▶ reader task ──messages──▶ receive()      send() ──PDUs──▶ peer
                     └─ C-CANCEL ──▶ is_cancelled()

The reader runs beside the operation that is under way, so that a cancel, an abort or a lost
connection is seen at once.
"""

import asyncio
import contextlib
from enum import Enum
from typing import Final

from segel.imaging.dimse.bytestream import Buffer, ByteStream
from segel.imaging.dimse.command import DATA_SET, NO_DATA_SET, Command, Element, Field, encode
from segel.imaging.dimse.command import number as number_of
from segel.imaging.dimse.contexts import FUZZY_AT, Context
from segel.imaging.dimse.errors import PeerGone, ProtocolBroken
from segel.imaging.dimse.intake import Inflight, Intake, Message
from segel.imaging.dimse.limits import CANCELS_MAX, KIB, MESSAGES_AHEAD_MAX, MIB, Limits
from segel.imaging.dimse.pdu import (
    HEADER,
    PDV_OVERHEAD_BYTES,
    RELEASE_RP,
    RELEASE_RQ,
    AbortReason,
    Control,
    PduType,
    abort,
    p_data_header,
)

SEND_FRAGMENT_BYTES_MAX: Final = 1 * MIB
"""Ours towards a peer that takes PDUs of any length."""

PEER_PDU_BYTES_MIN: Final = 128
"""A peer that takes less could not get a response's command set in any sensible way."""

PDU_TOLERANCE_BYTES: Final = 64 * KIB
"""Some senders count the PDU's headers in, some do not, and some forget both."""

CONTROL_PDU_BYTES: Final = 4


class Ending(Enum):
    """How an association ended."""

    RELEASED = "released"
    ABORTED_BY_PEER = "aborted by peer"
    LOST = "connection lost"
    PROTOCOL_BROKEN = "protocol broken"
    SILENT = "silent"
    ABORTED = "aborted"


class Association:
    """Messages to and from one peer. Made by ``handshake``; ``close`` it in any case."""

    def __init__(
        self,
        stream: ByteStream,
        contexts: dict[int, Context],
        *,
        calling_ae: str,
        called_ae: str,
        peer_pdu_bytes: int,
        limits: Limits,
        inflight: Inflight,
        extended: dict[str, bytes] | None = None,
    ) -> None:
        self.contexts = contexts
        self.calling_ae = calling_ae
        self.called_ae = called_ae
        self.ending: Ending | None = None
        self._stream = stream
        self._limits = limits
        self._extended = extended or {}
        self._fragment_bytes = (peer_pdu_bytes or SEND_FRAGMENT_BYTES_MAX) - PDV_OVERHEAD_BYTES
        self._fragment_bytes = min(self._fragment_bytes, SEND_FRAGMENT_BYTES_MAX)
        self._intake = Intake(contexts, calling_ae, limits, inflight)
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(1 + MESSAGES_AHEAD_MAX)
        self._cancelled: set[int] = set()
        self.is_leaving = False
        self._busy = False
        self._release_asked = False
        self._reader = asyncio.create_task(self._read())

    # --- messages -----------------------------------------------------------------------------

    async def receive(self) -> Message | None:
        """The next message; None when the association is over."""
        self._busy = False
        message = await self._messages.get()
        if message is None:
            self._messages.put_nowait(None)  # over is over, for whoever asks again
            return None
        self._room.release()
        self._busy = True
        return message

    def leave(self) -> None:
        """Once what is being answered now is answered, nothing more shall be."""
        self.is_leaving = True

    def done_with(self, message: Message) -> None:
        """The message is answered: forget its bytes and its cancellation."""
        self._intake.release(message)
        self._cancelled.clear()

    async def send(self, context: Context, command: Command, content: Buffer = b"") -> None:
        """Send a command with its data set, if any. Raises PeerGone."""
        command = command | {Element.DATA_SET_TYPE: DATA_SET if len(content) else NO_DATA_SET}
        await self._send_part(context, encode(command), Control.COMMAND)
        if len(content):
            await self._send_part(context, content, 0)

    def is_cancelled(self, message_id: int) -> bool:
        """Whether the peer has cancelled the operation of ``message_id``."""
        return message_id in self._cancelled

    @property
    def is_busy(self) -> bool:
        """Whether a message is being answered."""
        return self._busy

    @property
    def is_over(self) -> bool:
        """Whether nothing will be answered any more."""
        return self.ending is not None

    def fuzzy(self, abstract_syntax: str) -> bool:
        """Whether fuzzy matching of names was negotiated (PS3.4 § C.5.1.1)."""
        info = self._extended.get(abstract_syntax, b"")
        return len(info) > FUZZY_AT and info[FUZZY_AT] == 1

    # --- ends ---------------------------------------------------------------------------------

    async def release(self) -> None:
        """Ask for release as the requestor, wait for the peer's consent and close."""
        if not self.is_over:
            self._release_asked = True
            with contextlib.suppress(PeerGone, TimeoutError):
                async with asyncio.timeout(self._limits.artim_s):
                    await self._stream.write((RELEASE_RQ,))
                    while await self.receive() is not None:
                        pass
        await self.close()

    async def close(self) -> None:
        """End it: consent to a release that was asked for, otherwise abort."""
        if self.ending is Ending.RELEASED and not self._release_asked:
            await self._last_words(RELEASE_RP)
        elif self.ending is None:
            self.ending = Ending.ABORTED
            await self._last_words(abort(0, by_provider=False))
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
        while not self._messages.empty():
            if (message := self._messages.get_nowait()) is not None:
                self._intake.release(message)
        self._messages.put_nowait(None)
        self._stream.close()

    # --- how ----------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while self.ending is None:
                await self._wait_for_pdu()
                async with asyncio.timeout(self._limits.stall_s):
                    message = await self._read_pdu()
                if message is not None:
                    await self._deliver(message)
        except PeerGone:
            self.ending = self.ending or Ending.LOST
        except TimeoutError:
            self.ending = Ending.SILENT
            await self._last_words(abort(AbortReason.NOT_SPECIFIED))
        except ProtocolBroken as broken:
            self.ending = Ending.PROTOCOL_BROKEN
            await self._last_words(abort(broken.reason))
        finally:
            self._intake.abandon()
            self._messages.put_nowait(None)

    async def _wait_for_pdu(self) -> None:
        """Until the peer begins to say something; raises TimeoutError where it idles too long."""
        while True:
            try:
                async with asyncio.timeout(self._limits.idle_s):
                    return await self._stream.arrival()
            except TimeoutError:
                if not self._busy:
                    raise

    async def _read_pdu(self) -> Message | None:
        kind, length = HEADER.unpack(await self._stream.read(HEADER.size))
        if kind == PduType.P_DATA:
            if length > self._limits.pdu_bytes + PDU_TOLERANCE_BYTES:
                raise ProtocolBroken("A PDU is longer than we take.", reason=6)
            return await self._intake.read_p_data(self._stream, length)
        if kind not in (PduType.RELEASE_RQ, PduType.RELEASE_RP, PduType.ABORT):
            known = kind in PduType.__members__.values()
            reason = AbortReason.UNEXPECTED_PDU if known else AbortReason.UNRECOGNISED_PDU
            raise ProtocolBroken("A PDU does not belong here.", reason=reason)
        if length != CONTROL_PDU_BYTES:
            raise ProtocolBroken("A PDU has the wrong length.", reason=6)
        await self._stream.read(length)
        if kind == PduType.ABORT:
            self.ending = Ending.ABORTED_BY_PEER
        elif kind == PduType.RELEASE_RQ or self._release_asked:
            self.ending = Ending.RELEASED
        else:
            raise ProtocolBroken("A release came unasked.", reason=AbortReason.UNEXPECTED_PDU)
        return None

    async def _deliver(self, message: Message) -> None:
        if message.field == Field.C_CANCEL_RQ:
            if len(self._cancelled) < CANCELS_MAX:
                cancelled = number_of(message.command, Element.MESSAGE_ID_RESPONDED_TO)
                self._cancelled.add(cancelled)
            return
        await self._room.acquire()
        self._messages.put_nowait(message)

    async def _send_part(self, context: Context, content: Buffer, kind: int) -> None:
        view = memoryview(content)
        for at in range(0, len(view), self._fragment_bytes):
            piece = view[at : at + self._fragment_bytes]
            last = at + len(piece) == len(view)
            control = kind | (Control.LAST if last else 0)
            header = p_data_header(context.context_id, control, len(piece))
            await self._stream.write((header, piece))

    async def _last_words(self, pdu: bytes) -> None:
        with contextlib.suppress(PeerGone):
            await self._stream.write((pdu,))
