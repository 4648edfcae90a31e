"""The desk for freezes, and for whoever has to hear of them."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from segel.broker import messages as m
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory, LiveSession
from segel.broker.errors import BrokerError, Forbidden, TargetUnknown
from segel.broker.freezes import (
    FreezeRecord,
    Freezes,
    Order,
    Target,
)
from segel.broker.ledger import Ledger
from segel.broker.lifting import Lifting
from segel.broker.live import Sessions
from segel.broker.messages import TargetKind
from segel.broker.policy import Permission, authorise
from segel.broker.reasons import checked_reason
from segel.broker.watch import Watch
from segel.domain.clock import Clock

OPERATOR: Final = "operator"


class FreezingDesk:
    """Freezes for officers and the operator, lists freezes, and has the doors hear of them."""

    def __init__(
        self,
        sessions: Sessions,
        directory: Directory,
        ledger: Ledger,
        freezes: Freezes,
        watch: Watch,
        lifting: Lifting,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._ledger = ledger
        self._freezes = freezes
        self._watch = watch
        self._lifting = lifting
        self._clock = clock

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.Freeze, self._freeze),
            Offer(m.OperatorFreeze, self._operator_freeze, OPERATOR_ONLY),
            Offer(m.ListFreezes, self._list),
            Offer(m.OperatorListFreezes, self._operator_list, OPERATOR_ONLY),
            Offer(m.Watch, self._watched),
        ]

    async def _watched(self, asked: m.Watch) -> m.Reply:
        await self._watch.changed_since(asked.boot, asked.version)
        return m.Watched(self._watch.boot, self._watch.version, self._watch.fresh)

    async def _freeze(self, asked: m.Freeze) -> m.Reply:
        session = await self._sessions.live(asked.requester.token)
        authorise(
            session.principal, Permission.FREEZE, asked.requester.purpose, session.hospital_id
        )
        target, hospital_id = await self._resolve(asked.kind, asked.name, session)
        order = Order(
            target,
            checked_reason(asked.reason),
            session.account.role,
            hospital_id,
            session.claims.account_id,
            session.claims.session_id,
            self._checked_end(asked.until_s),
        )
        return await self._commit(order, asked.requester.route)

    async def _operator_freeze(self, asked: m.OperatorFreeze) -> m.Reply:
        target, hospital_id = await self._resolve(asked.kind, asked.name, None)
        until_s = self._checked_end(asked.until_s)
        order = Order(target, checked_reason(asked.reason), OPERATOR, hospital_id, until_s=until_s)
        return await self._commit(order, OPERATOR)

    async def _commit(self, order: Order, route: str) -> m.Reply:
        intent, freeze_id = self._freezes.intent(order, route)
        await self._ledger.commit(intent)
        return m.Done(freeze_id)

    async def _list(self, asked: m.ListFreezes) -> m.Reply:
        session = await self._sessions.live(asked.requester.token)
        authorise(
            session.principal, Permission.USE_READ, asked.requester.purpose, session.hospital_id
        )
        await self._watch.look()
        return await self._lines(
            {
                freeze_id: record
                for freeze_id, record in self._watch.active.records.items()
                if record.hospital_id == session.hospital_id
            }
        )

    async def _operator_list(self, _: m.OperatorListFreezes) -> m.Reply:
        await self._watch.look()
        return await self._lines(self._watch.active.records)

    # --- how ----------------------------------------------------------------------------------

    async def _resolve(
        self, kind: TargetKind, name: str, session: LiveSession | None
    ) -> tuple[Target, UUID | None]:
        """The target of a name and its hospital. Raises TargetUnknown, for another hospital's too.

        ``session``: the officer's who may freeze their own hospital's only; None: the operator.
        """
        target, hospital_id = await self._named(kind, name, session)
        if session is not None and hospital_id != session.hospital_id:
            raise _unknown(kind)
        return target, hospital_id

    async def _named(
        self, kind: TargetKind, name: str, session: LiveSession | None
    ) -> tuple[Target, UUID | None]:
        match kind:
            case TargetKind.ACCOUNT:
                account_id = _uuid(name) or await self._directory.account_by_name(name)
                if account_id is None:
                    raise _unknown(kind)
                hospital_id = await self._hospital_of(account_id)
                return Target.account(account_id), hospital_id
            case TargetKind.SESSION:
                session_id = _uuid(name) or self._sessions.session_id_of(name)
                hospital_id = await self._directory.hospital_of_session(session_id)
                if hospital_id is None:
                    raise _unknown(kind)
                return Target.session(session_id), hospital_id
            case TargetKind.HOSPITAL:
                hospital_id = _uuid(name)
                if hospital_id is None:
                    try:
                        hospital_id = await self._directory.hospital_by_code(name)
                    except Forbidden:
                        raise _unknown(kind) from None
                return Target.hospital(hospital_id), hospital_id
            case TargetKind.RECIPIENT:
                if not name.strip():
                    raise _unknown(kind)
                return Target.recipient(name), session.hospital_id if session else None

    async def _hospital_of(self, account_id: UUID) -> UUID | None:
        try:
            return (await self._directory.account(account_id))[1]
        except BrokerError:
            raise _unknown(TargetKind.ACCOUNT) from None

    def _checked_end(self, until_s: float) -> float:
        if until_s and until_s <= self._clock():
            raise BrokerError(
                "The freeze would end before it began.",
                field="until",
                remedy="Name a later time, or none for an open end.",
            )
        return until_s

    async def _lines(self, records: Mapping[UUID, FreezeRecord]) -> m.Reply:
        now_s = self._clock()
        newest_first = sorted(records.items(), key=lambda one: one[1].at_s, reverse=True)
        return m.FreezeList(
            [
                m.FreezeLine(
                    freeze_id,
                    record.target.kind,
                    await self._lifting.name_of(record.target),
                    record.target.name,
                    record.reason,
                    await self._directory.name_of(record.by) if record.by else record.role,
                    record.at_s,
                    record.until_s,
                    record.holds(now_s),
                )
                for freeze_id, record in newest_first
            ]
        )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _unknown(kind: TargetKind) -> TargetUnknown:
    return TargetUnknown(
        f"There is no such {kind}, or it is not of this hospital.", remedy="Check its name."
    )
