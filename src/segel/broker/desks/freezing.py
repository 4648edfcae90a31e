"""The desk for freezes, and for whoever has to hear of them."""

from typing import Final

from segel.broker import messages as m
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.directory import Directory
from segel.broker.errors import BrokerError
from segel.broker.freeze_targets import FreezeTargets
from segel.broker.freezes import (
    Freezes,
    Order,
)
from segel.broker.ledger import Ledger
from segel.broker.lifting import Lifting
from segel.broker.live import Sessions
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
        targets: FreezeTargets,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._directory = directory
        self._ledger = ledger
        self._freezes = freezes
        self._watch = watch
        self._lifting = lifting
        self._targets = targets
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
        target, hospital_id = await self._targets.of_hospital(
            asked.kind, asked.name, session.hospital_id
        )
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
        target, hospital_id = await self._targets.named(asked.kind, asked.name)
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
        return await self._lifting.lines(
            {
                freeze_id: record
                for freeze_id, record in self._watch.active.records.items()
                if record.concerns(session.hospital_id)
            }
        )

    async def _operator_list(self, _: m.OperatorListFreezes) -> m.Reply:
        await self._watch.look()
        return await self._lifting.lines(self._watch.active.records)

    # --- how ----------------------------------------------------------------------------------

    def _checked_end(self, until_s: float) -> float:
        if until_s and until_s <= self._clock():
            raise BrokerError(
                "The freeze would end before it began.",
                field="until",
                remedy="Name a later time, or none for an open end.",
            )
        return until_s
