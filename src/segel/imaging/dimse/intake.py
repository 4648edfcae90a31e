"""PDVs become messages; a C-STORE's data set becomes a file while it is still arriving.

::

    P-DATA-TF = PDV, PDV, ...    PDV = length | context | control | fragment
    message   = command fragments, then data set fragments (PS3.7 § 6.3, PS3.8 Annex E)

The file is the Part 10 prefix with the received bytes behind it, never decoded, in one buffer that
the kernel writes into.
"""

from dataclasses import dataclass
from typing import Final

from segel.imaging.dicom.header import part10_prefix
from segel.imaging.dimse.bytestream import ByteStream
from segel.imaging.dimse.command import (
    DATA_SET,
    NO_DATA_SET,
    Command,
    Element,
    Field,
    decode,
    number,
    text,
)
from segel.imaging.dimse.contexts import Context
from segel.imaging.dimse.errors import ProtocolBroken
from segel.imaging.dimse.limits import COMMAND_BYTES_MAX, IDENTIFIER_BYTES_MAX, KIB, MIB, Limits
from segel.imaging.dimse.pdu import PDV_HEADER, AbortReason, Control

FIRST_BUFFER_BYTES: Final = 576 * KIB
"""A CT slice and its header fit; an association's later buffers begin at the size of its last."""

USUAL_BYTES_MAX: Final = 64 * MIB
"""So that a small instance behind a huge one does not clear a gigabyte of memory."""

GROWTH: Final = 2


class Inflight:
    """Bytes of all associations' instances that are arriving or being stored."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.used = 0

    def take(self, count: int) -> bool:
        """Whether there was room for ``count`` more."""
        if self.used + count > self._limit:
            return False
        self.used += count
        return True

    def give(self, count: int) -> None:
        self.used -= count
        assert self.used >= 0, "more given back than taken"


@dataclass(slots=True)
class Message:
    """A command with its data set. ``too_large``: the data set was read and dropped.

    ``content`` is a file in Part 10 format for a C-STORE request, else the bare data set.
    """

    context: Context
    command: Command
    content: memoryview
    too_large: bool
    held: int = 0

    @property
    def field(self) -> int:
        return number(self.command, Element.COMMAND_FIELD)

    @property
    def message_id(self) -> int:
        return number(self.command, Element.MESSAGE_ID)


class Intake:
    """Assembles the messages of one association, in order."""

    def __init__(
        self, contexts: dict[int, Context], source_ae: str, limits: Limits, inflight: Inflight
    ) -> None:
        self._contexts = contexts
        self._source_ae = source_ae
        self._limits = limits
        self._inflight = inflight
        self._usual_bytes = FIRST_BUFFER_BYTES
        self._scratch = bytearray(0)
        self._command_part = bytearray()
        self._partial: Message | None = None
        self._buffer = bytearray(0)
        self._filled = 0

    async def read_p_data(self, stream: ByteStream, length: int) -> Message | None:
        """Read one P-DATA-TF's PDVs; the message that it completes, if it does.

        Raises ProtocolBroken, PeerGone.
        """
        done: Message | None = None
        while length:
            if length < PDV_HEADER.size:
                raise _broken("A P-DATA-TF ends inside a PDV.")
            count, context_id, control = PDV_HEADER.unpack(await stream.read(PDV_HEADER.size))
            length -= PDV_HEADER.size
            count -= 2
            if count < 0 or count > length:
                raise _broken("A PDV is longer than its P-DATA-TF.")
            length -= count
            if done is not None:
                raise _broken("A P-DATA-TF goes on behind the end of a message.")
            if control & Control.COMMAND:
                done = await self._read_command(stream, count, context_id, control)
            else:
                done = await self._read_dataset(stream, count, context_id, control)
        return done

    def release(self, message: Message) -> None:
        """The message is answered: its memory counts no longer."""
        self._inflight.give(message.held)
        message.held = 0

    def abandon(self) -> None:
        """The association is over."""
        if self._partial is not None:
            self.release(self._partial)
            self._partial = None

    # --- how ----------------------------------------------------------------------------------

    async def _read_command(
        self, stream: ByteStream, count: int, context_id: int, control: int
    ) -> Message | None:
        if self._partial is not None:
            raise _broken("A command came inside a data set.")
        if len(self._command_part) + count > COMMAND_BYTES_MAX:
            raise _broken("A command set is too long.")
        self._command_part += await stream.read(count)
        if not control & Control.LAST:
            return None
        command = decode(bytes(self._command_part))
        self._command_part.clear()
        context = self._contexts.get(context_id)
        if context is None:
            raise _broken("A message uses a presentation context that was not accepted.")
        message = Message(context, command, memoryview(b""), too_large=False)
        if command.get(Element.DATA_SET_TYPE, DATA_SET) == NO_DATA_SET:
            return message
        self._begin_dataset(message)
        return None

    def _begin_dataset(self, message: Message) -> None:
        self._partial = message
        prefix, capacity = b"", 4 * KIB
        if message.field == Field.C_STORE_RQ:
            prefix = part10_prefix(
                message.context.abstract_syntax,
                text(message.command, Element.AFFECTED_SOP_INSTANCE_UID),
                message.context.transfer_syntax,
                self._source_ae,
            )
            capacity = self._usual_bytes
        self._filled = 0
        self._buffer = bytearray(0)
        if self._reserve(message, max(capacity, len(prefix)), at_least=len(prefix)):
            self._buffer[: len(prefix)] = prefix
            self._filled = len(prefix)

    def _reserve(self, message: Message, hoped: int, *, at_least: int) -> bool:
        """Make the buffer ``at_least`` so many bytes, or mark the message as too large."""
        is_store = message.field == Field.C_STORE_RQ
        most = self._limits.dataset_bytes if is_store else IDENTIFIER_BYTES_MAX
        wanted = min(max(hoped, at_least), most)
        if at_least > most or not self._inflight.take(wanted - message.held):
            message.too_large = True
            self._buffer = bytearray(0)
            self.release(message)
            return False
        message.held = wanted
        grown = bytearray(wanted)
        grown[: self._filled] = memoryview(self._buffer)[: self._filled]
        self._buffer = grown
        return True

    async def _read_dataset(
        self, stream: ByteStream, count: int, context_id: int, control: int
    ) -> Message | None:
        message = self._partial
        if message is None or message.context.context_id != context_id:
            raise _broken("A data set came without its command.")
        fits = not message.too_large and (
            self._filled + count <= len(self._buffer)
            or self._reserve(message, len(self._buffer) * GROWTH, at_least=self._filled + count)
        )
        if fits:
            await stream.read_into(memoryview(self._buffer)[self._filled : self._filled + count])
            self._filled += count
        elif count:
            await self._drop(stream, count)
        if not control & Control.LAST:
            return None
        self._partial = None
        if fits:
            message.content = memoryview(self._buffer)[: self._filled]
            if message.field == Field.C_STORE_RQ:
                # A series' instances differ by a few bytes: an eighth more spares the copy.
                usual = self._filled + self._filled // 8
                self._usual_bytes = min(max(FIRST_BUFFER_BYTES, usual), USUAL_BYTES_MAX)
        self._buffer = bytearray(0)
        return message

    async def _drop(self, stream: ByteStream, count: int) -> None:
        if len(self._scratch) < count:
            self._scratch = bytearray(count)
        await stream.read_into(memoryview(self._scratch)[:count])


def _broken(what: str) -> ProtocolBroken:
    return ProtocolBroken(what, reason=AbortReason.INVALID_PARAMETER)
