"""A freeze's end, which two people agree on: what is asked, and what is done when they do."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

import psycopg

from segel.broker.approval_rules import Approval, Subject
from segel.broker.approvals import Concern, Matter
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import BrokerError, FreezeUnknown
from segel.broker.freezes import FreezeRecord, Freezes, Target
from segel.broker.messages import FreezeLine, FreezeList, TargetKind
from segel.broker.policy import Permission
from segel.broker.watch import Watch
from segel.domain.clock import Clock

FREEZE: Final = "freeze"
"""The subject's field: the ids of the freezes, with blanks between."""

FREEZES_MAX: Final = 12
"""Of one request: as many as its subject's field has room for."""


class Lifting:
    """The matter of ``ApprovalKind.UNFREEZE``, and the names of what is frozen."""

    def __init__(self, directory: Directory, freezes: Freezes, watch: Watch, clock: Clock) -> None:
        self._directory = directory
        self._freezes = freezes
        self._watch = watch
        self._clock = clock

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
                case TargetKind.RECIPIENT | TargetKind.ARCHIVE:
                    return target.name
        except BrokerError:  # an account that is gone
            return target.name

    async def lines(self, records: Mapping[UUID, FreezeRecord]) -> FreezeList:
        """Freezes as they are shown, the newest first."""
        now_s = self._clock()
        newest_first = sorted(records.items(), key=lambda one: one[1].at_s, reverse=True)
        return FreezeList(
            [
                FreezeLine(
                    freeze_id,
                    record.target.kind,
                    await self.name_of(record.target),
                    record.target.name,
                    record.reason,
                    await self._directory.name_of(record.by) if record.by else record.role,
                    record.at_s,
                    record.until_s,
                    record.holds(now_s),
                    record.case_id,
                )
                for freeze_id, record in newest_first
            ]
        )

    async def _check(self, session: LiveSession, subject: Subject) -> Concern:
        records = await self._known(subject)
        if not all(one.lifted_by(session.hospital_id) for one in records):
            raise _unknown()
        names = [await self.name_of(one.target) for one in records]
        shown = {
            "target": _together(one.target.kind.value for one in records),
            "name": _together(one for one in names if one),
            "reason": _together(one.reason for one in records),
        }
        if records[0].kept_by is not None:
            return Concern(records[0].kept_by, shown, Permission.LEAK_CONTAIN)
        return Concern(records[0].hospital_id, shown)

    async def _known(self, subject: Subject) -> list[FreezeRecord]:
        try:
            freeze_ids = _ids(subject)
        except ValueError:
            raise _unknown() from None
        await self._watch.look()
        known = self._watch.active.records
        records = [known[one] for one in freeze_ids if one in known]
        whose = {(one.kept_by, one.kept_by or one.hospital_id) for one in records}
        if len(records) != len(freeze_ids) or len(whose) != 1 or set(subject) != {FREEZE}:
            raise _unknown()
        return records

    async def _lift(
        self, cursor: psycopg.AsyncCursor, approval_id: UUID, approval: Approval
    ) -> None:
        why = f"{approval.reason} (approval {approval_id})"
        freeze_ids = _ids(approval.subject)
        known = self._freezes.active.records
        if not any(one in known for one in freeze_ids):
            raise _unknown()
        for freeze_id in freeze_ids:
            if freeze_id in known:  # another request may have had it lifted meanwhile
                await self._freezes.lift(cursor, freeze_id, why)


def _ids(subject: Subject) -> list[UUID]:
    """The freezes of a request. Raises ValueError."""
    freeze_ids = [UUID(one) for one in subject.get(FREEZE, "").split()]
    if not 0 < len(freeze_ids) <= FREEZES_MAX or len(set(freeze_ids)) != len(freeze_ids):
        raise ValueError
    return freeze_ids


def _together(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _unknown() -> FreezeUnknown:
    return FreezeUnknown(
        "There is no such freeze, or it was lifted.",
        field=FREEZE,
        remedy="`segel freeze list` shows those in force.",
    )
