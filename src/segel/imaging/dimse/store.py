"""C-STORE: acknowledged when it is durable (PS3.7 § 9.1.1, PS3.4 Annex B)."""

from segel.domain.errors import SegelError
from segel.imaging.dimse.command import Element, text
from segel.imaging.dimse.contexts import STORAGE
from segel.imaging.dimse.errors import DatasetTooLarge
from segel.imaging.dimse.intake import Message
from segel.imaging.dimse.serving import Serving
from segel.imaging.dimse.statuses import (
    SOP_CLASS_NOT_SUPPORTED,
    STORED_WITH_MISMATCH,
    SUCCESS,
    store_refusal,
)


async def store(serving: Serving, message: Message) -> None:
    """Store the instance in ``message`` and answer."""
    # The command's class is not looked at: real senders garble it where the data set's own is oddly
    # encoded. The archive holds the context's against the data set's (PS3.4 § B.2.3, A9xx).
    if message.context.abstract_syntax not in STORAGE:
        await serving.respond(
            message,
            {
                Element.STATUS: SOP_CLASS_NOT_SUPPORTED,
                Element.ERROR_COMMENT: "Not a storage SOP class.",
            },
        )
        return
    try:
        if message.too_large:
            raise DatasetTooLarge(
                "Too large, or too much at once; send it again later.",
                remedy="Raise the receiver's limits if this instance is meant to be so large.",
            )
        stored = await serving.ask(
            lambda requester: serving.archive.store(requester, message.content)
        )
    except SegelError as refused:
        await serving.respond(message, store_refusal(refused))
        return
    if stored.sop_instance_uid != text(message.command, Element.AFFECTED_SOP_INSTANCE_UID):
        await serving.respond(
            message,
            {
                Element.STATUS: STORED_WITH_MISMATCH,
                Element.ERROR_COMMENT: "Kept under the data set's UID, not the command's.",
            },
        )
        return
    await serving.respond(message, {Element.STATUS: SUCCESS})
