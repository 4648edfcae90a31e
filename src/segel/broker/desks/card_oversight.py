"""The desk of whoever answers for an archive's cards: who signs, what is published and revoked.

It shows counts and certificates, and nothing of anybody's card. Who is asked to revoke a card has
its text before them; the broker is told its marks, which are hashes of random values.
"""

import re
from typing import Final

import psycopg

from segel.broker import messages as m
from segel.broker.audit import Kind
from segel.broker.card_lists import CardLists
from segel.broker.card_rows import HEALTH_CARD, CardRows
from segel.broker.card_signers import LISTS_LIFE, CardSigners
from segel.broker.card_tallies import CardTallies
from segel.broker.desks.cards import MARK_BYTES, MARKS_MAX, signer_lines
from segel.broker.desks.offers import Offer
from segel.broker.directory import LiveSession
from segel.broker.errors import MarksMany, MessageBroken, cards_off
from segel.broker.folders import Apply
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.broker.policy import Permission, authorise
from segel.broker.releases import event_of
from segel.domain.card_facts import AFTER_SAMPLING

ENDS_MAX_S: Final = 3 * 366 * 86_400.0
"""No certificate of others' is in force for longer than from now until then."""
KNOWN_MAX: Final = 1_000_000
"""Marks of an archive: a snapshot of as many is what verifiers are measured with."""
KINDS: Final = range(1, HEALTH_CARD + 1)

_RID: Final = re.compile(r"[A-Za-z0-9_-]{0,24}", re.ASCII)


class CardOversightDesk:
    """Answers any hospital's administrators; data protection officers are shown the same."""

    def __init__(
        self,
        sessions: Sessions,
        ledger: Ledger,
        rows: CardRows,
        tallies: CardTallies,
        signers: CardSigners | None,
        lists: CardLists | None,
    ) -> None:
        self._sessions = sessions
        self._ledger = ledger
        self._rows = rows
        self._tallies = tallies
        self._signers = signers
        self._lists = lists

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.OverseeCards, self._look),
            Offer(m.PublishListsNow, self._publish),
            Offer(m.TakeMarks, self._take),
            Offer(m.RevokeShown, self._revoke),
        ]

    async def _look(self, asked: m.OverseeCards) -> m.Reply:
        await self._admit(asked.requester, Permission.CARDS_OVERSEE)
        signers, lists = self._on()
        serial, made = await lists.newest()
        tally, now_s = await self._tallies.read(), self._ledger.now()
        issued_s = float(int(made.made_s)) if made else 0.0
        return m.CardOversight(
            signers=await signer_lines(signers),
            address=signers.address,
            serial=serial,
            issued_s=issued_s,
            ends_s=issued_s + LISTS_LIFE.total_seconds() if made else 0.0,
            listed=made.marks if made else 0,
            marks=await self._rows.known(),
            others=tally.others_known(now_s),
            counts=tally.counts(now_s),
        )

    async def _publish(self, asked: m.PublishListsNow) -> m.Reply:
        session = await self._admit(asked.requester, Permission.CARDS_GOVERN)
        _, lists = self._on()
        await self._log(session, asked.requester, Kind.KEYS, "card-lists-published")
        await lists.look()
        return m.Done()

    async def _take(self, asked: m.TakeMarks) -> m.Reply:
        session = await self._admit(asked.requester, Permission.CARDS_GOVERN)
        self._on()
        now_s, marks = self._ledger.now(), sorted(set(asked.marks))
        _require_marks(marks, m.TAKEN_MAX)
        if any(mark[0] == HEALTH_CARD for mark in marks):
            raise MessageBroken("SMART Health Cards are revoked by their own issuers.")
        if not now_s <= asked.ends_s <= now_s + ENDS_MAX_S:
            raise MessageBroken("Cards have ended, or would not end for years.")
        if await self._rows.known() + len(marks) > KNOWN_MAX:
            raise MarksMany(
                "As many revocations are known as verifiers are given.",
                remedy="Wait until the cards of others have ended, or ask the operator.",
            )
        new = 0

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            nonlocal new
            new = await self._rows.take(cursor, marks, asked.ends_s)
            if new:
                at_s = self._ledger.now_s
                await self._tallies.take(cursor, at_s, others=new, ends_s=asked.ends_s)

        detail = f"card-marks-taken {len(marks)}"
        await self._log(session, asked.requester, Kind.KEYS, detail, apply)
        return m.MarksTaken(new)

    async def _revoke(self, asked: m.RevokeShown) -> m.Reply:
        session = await self._admit(asked.requester, Permission.CARDS_GOVERN)
        self._on()
        _require_marks(asked.marks, MARKS_MAX)
        now_s = self._ledger.now()
        if not 0 < asked.ends_s <= now_s + AFTER_SAMPLING.total_seconds():
            raise MessageBroken("No card of this archive lasts as long.", field="ends_s")
        if not _RID.fullmatch(asked.rid):
            raise MessageBroken("This is no revocation id.", field="rid")

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if await self._rows.mark(cursor, asked.marks, asked.rid, asked.ends_s):
                await self._tallies.count(cursor, self._ledger.now_s, revoked=1)

        await self._log(session, asked.requester, Kind.CARD_REVOKE, "card", apply)
        return m.Done()

    # --- how ----------------------------------------------------------------------------------

    def _on(self) -> tuple[CardSigners, CardLists]:
        if self._signers is None or self._lists is None:
            raise cards_off()
        return self._signers, self._lists

    async def _admit(self, asked: m.Requester, permission: Permission) -> LiveSession:
        session = await self._sessions.live(asked)
        authorise(session.principal, permission, asked.purpose, session.hospital_id)
        return session

    async def _log(
        self,
        session: LiveSession,
        asked: m.Requester,
        kind: Kind,
        detail: str,
        apply: Apply | None = None,
    ) -> None:
        event = event_of(session, asked.purpose, asked.route, kind, detail=detail)
        await self._ledger.commit(Intent(event, apply=apply))


def _require_marks(marks: tuple[bytes, ...] | list[bytes], most: int) -> None:
    if not 0 < len(marks) <= most:
        raise MessageBroken(f"There are one to {most} marks.", field="marks")
    if any(len(mark) != MARK_BYTES or mark[0] not in KINDS for mark in marks):
        raise MessageBroken("A mark of a card has a kind and 16 bytes.", field="marks")
