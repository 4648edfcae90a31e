"""A freeze's end, which two people agree on: what is asked, and what is done when they do."""

from typing import Final
from uuid import UUID

import psycopg

from segel.broker.approval_rules import Approval, Subject
from segel.broker.approvals import Concern, Matter
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import BrokerError, FreezeUnknown
from segel.broker.freezes import FreezeRecord, Freezes, Target
from segel.broker.messages import TargetKind
from segel.broker.watch import Watch

FREEZE: Final = "freeze"
"""The subject's field: the id of the freeze."""


class Lifting:
    """The matter of ``ApprovalKind.UNFREEZE``, and the names of what is frozen."""

    def __init__(self, directory: Directory, freezes: Freezes, watch: Watch) -> None:
        self._directory = directory
        self._freezes = freezes
        self._watch = watch

    def matter(self) -> Matter:
        """Lifts the freeze with the approval that was missing."""
        return Matter(self._check, effect=self._lift)

    async def name_of(self, target: Target) -> str:
        """What people call a target; of a session, whose it is."""
        try:
            match target.kind:
                case TargetKind.ACCOUNT:
                    return await self._directory.name_of(UUID(target.name))
                case TargetKind.SESSION:
                    account_id = await self._directory.account_of_session(UUID(target.name))
                    return await self._directory.name_of(account_id) if account_id else target.name
                case TargetKind.HOSPITAL:
                    return (await self._directory.hospital(UUID(target.name))).name
                case TargetKind.RECIPIENT:
                    return target.name
        except BrokerError:  # an account that is gone
            return target.name

    async def _check(self, session: LiveSession, subject: Subject) -> Concern:
        record = await self._known(subject)
        if record.hospital_id not in (None, session.hospital_id):
            raise _unknown()
        shown = {
            "target": record.target.kind.value,
            "name": await self.name_of(record.target),
            "reason": record.reason,
        }
        return Concern(record.hospital_id, shown)

    async def _known(self, subject: Subject) -> FreezeRecord:
        try:
            freeze_id = UUID(subject.get(FREEZE, ""))
        except ValueError:
            raise _unknown() from None
        await self._watch.look()
        record = self._watch.active.records.get(freeze_id)
        if record is None or set(subject) != {FREEZE}:
            raise _unknown()
        return record

    async def _lift(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval
    ) -> None:
        why = f"{approval.reason} (approval {approval_id})"
        await self._freezes.lift(cursor, UUID(approval.subject[FREEZE]), why)


def _unknown() -> FreezeUnknown:
    return FreezeUnknown(
        "There is no such freeze, or it was lifted.",
        field=FREEZE,
        remedy="`segel freeze list` shows those in force.",
    )
