"""Which operation answers which command (PS3.7 § 9.1), and the life of one association."""

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from segel.domain.errors import SegelError
from segel.imaging.dimse.command import RESPONSE_BIT, Element, Field
from segel.imaging.dimse.contexts import FIND, GET, MOVE, VERIFICATION, WORKLIST
from segel.imaging.dimse.errors import DimseError, PeerGone
from segel.imaging.dimse.find import find
from segel.imaging.dimse.intake import Message
from segel.imaging.dimse.retrieve import get, move
from segel.imaging.dimse.serving import Serving
from segel.imaging.dimse.statuses import (
    PROCESSING_FAILURE,
    SUCCESS,
    UNABLE_TO_PROCESS,
    UNRECOGNISED_OPERATION,
)
from segel.imaging.dimse.store import store
from segel.imaging.dimse.worklist import find_scheduled

Operation = Callable[[Serving, Message], Awaitable[None]]

_log = structlog.stdlib.get_logger("segel")


async def echo(serving: Serving, message: Message) -> None:
    """C-ECHO (PS3.7 § 9.1.5)."""
    await serving.respond(message, {Element.STATUS: SUCCESS})


async def refuse(serving: Serving, message: Message) -> None:
    """An operation that the presentation context does not have (PS3.7 § C.5.22)."""
    await serving.respond(message, {Element.STATUS: UNRECOGNISED_OPERATION})


_BY_FIELD: Final[dict[int, dict[Operation, frozenset[str]]]] = {
    Field.C_ECHO_RQ: {echo: frozenset((VERIFICATION,))},
    Field.C_FIND_RQ: {find: FIND, find_scheduled: WORKLIST},
    Field.C_GET_RQ: {get: GET},
    Field.C_MOVE_RQ: {move: MOVE},
}


def operation_for(message: Message) -> Operation:
    """The operation; C-STORE checks its context itself, for it has a status of its own for it."""
    if message.field == Field.C_STORE_RQ:
        return store
    for operation, classes in _BY_FIELD.get(message.field, {}).items():
        if message.context.abstract_syntax in classes:
            return operation
    return refuse


async def serve(serving: Serving) -> int:
    """Answer messages until the association is over; how many were answered."""
    answered = 0
    association = serving.association
    while not association.is_leaving and (message := await association.receive()) is not None:
        if message.field & RESPONSE_BIT:
            break  # nobody was asked anything: the caller's close() aborts
        try:
            await operation_for(message)(serving, message)
        except DimseError:
            break  # the peer is gone or incomprehensible; nothing can be answered
        except SegelError as error:
            _log.warning("dimse-operation-failed", code=error.code)
            break
        except Exception as error:
            _log.error("dimse-operation-broken", error=type(error).__name__)
            try:
                await serving.respond(message, {Element.STATUS: _broken_status(message)})
            except PeerGone:
                break
        finally:
            association.done_with(message)
        answered += 1
    return answered


def _broken_status(message: Message) -> int:
    return PROCESSING_FAILURE if message.field == Field.C_STORE_RQ else UNABLE_TO_PROCESS
