"""Venue passes: policy, what is on record, budget and log entry, and then they leave the broker.

Nothing is kept that leads from a pass to a person: not the holder's keys, not the passes, not their
signatures. The log has that somebody was given so many, the budget that so many are used up.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4, uuid5

from segel.broker.audit import Kind
from segel.broker.budgets import Limit, limits_of
from segel.broker.card_making import CardMaking, SignerUse
from segel.broker.card_signers import CardSigners
from segel.broker.cards import Cards
from segel.broker.directory import LiveSession
from segel.broker.errors import BudgetExhausted, CardsMany, keys_locked
from segel.broker.ledger import Charge, Intent
from segel.broker.messages import IssuedPasses, Requester
from segel.broker.releases import Releases, event_for
from segel.keys import KmsError

PASS_LIMITS: Final[tuple[Limit, ...]] = limits_of(32, 64, 640)
"""Passes of one patient: a day of doors, and as many again after a phone was changed."""

_NAMESPACE: Final = UUID("7f0c5a43-5f3e-4b0a-9a0e-6a2f9c5a1e77")


def pass_subject(account: UUID) -> UUID:
    """The subject under which an account's passes are counted."""
    return uuid5(_NAMESPACE, account.hex)


class VenuePasses:
    """Makes passes for patients who are fit."""

    def __init__(
        self, making: CardMaking, signers: CardSigners, cards: Cards, releases: Releases
    ) -> None:
        self._making = making
        self._signers = signers
        self._cards = cards
        self._releases = releases

    async def issue(
        self, session: LiveSession, asked: Requester, points: Sequence[bytes]
    ) -> IssuedPasses:
        """A pass for each key. Raises Forbidden, CardNotMade, CardsMany, KeysLocked."""
        fit = await self._cards.fit(session, asked)
        certificate = await self._signers.signing(SignerUse.CERTIFICATE)
        now = datetime.fromtimestamp(self._releases.now(), UTC)
        try:
            made, ends_s = await asyncio.to_thread(
                self._making.passes, points, fit.test, certificate, now
            )
        except KmsError as failure:
            raise keys_locked(failure) from failure
        event = event_for(
            fit.asker,
            Kind.CARD_ISSUE,
            patient_id=fit.patient.patient_id,
            folders=fit.folders,
            detail=f"passes {len(made)}",
        )
        # Each counts once, under an id that nothing else has: they are counted, and told apart by
        # nobody.
        counted = tuple(uuid4() for _ in made)
        subject = pass_subject(session.claims.account_id)
        charge = Charge(subject, PASS_LIMITS, counted, opened=True)
        try:
            await self._releases.commit(
                session, asked, Intent(event, fit.patient.audit_key, charge)
            )
        except BudgetExhausted as used:
            raise CardsMany(
                "As many passes were made for you as a day has room for.",
                remedy=f"There is room again in {used.retry_after_s // 60 + 1} minutes.",
            ) from None
        return IssuedPasses(tuple(made), ends_s)
