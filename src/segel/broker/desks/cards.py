"""Cards: shown, made and revoked at the doors; their signers kept by the operator."""

from uuid import UUID

import psycopg

from segel.broker import messages as m
from segel.broker.audit import Event, Kind, Outcome
from segel.broker.card_lists import CardLists
from segel.broker.card_making import SignerUse
from segel.broker.card_rows import CardRows
from segel.broker.card_signer_rows import CardSigner
from segel.broker.card_signers import CardSigners
from segel.broker.card_tallies import CardTallies
from segel.broker.cards import Cards
from segel.broker.desks.offers import OPERATOR_ONLY, Offer
from segel.broker.errors import MessageBroken, cards_off
from segel.broker.ledger import Intent, Ledger
from segel.broker.live import Sessions
from segel.domain.purpose import Purpose

MARK_BYTES = 17
MARKS_MAX = 8
"""Of one card in both of its forms there are four."""


class CardsDesk:
    """Answers about cards. ``cards``, ``signers`` and ``lists`` None: none are made here."""

    def __init__(
        self,
        sessions: Sessions,
        ledger: Ledger,
        rows: CardRows,
        tallies: CardTallies,
        cards: Cards | None,
        signers: CardSigners | None,
        lists: CardLists | None,
    ) -> None:
        self._sessions = sessions
        self._ledger = ledger
        self._rows = rows
        self._tallies = tallies
        self._cards = cards
        self._signers = signers
        self._lists = lists

    def offers(self) -> list[Offer]:
        """See ``Desk``."""
        return [
            Offer(m.ShowCards, self._show),
            Offer(m.IssueCard, self._issue),
            Offer(m.RevokeCard, self._revoke),
            Offer(m.AgreeToCards, self._agree),
            Offer(m.ListSigners, self._list, OPERATOR_ONLY),
            Offer(m.RotateSigner, self._rotate, OPERATOR_ONLY),
            Offer(m.StartSigner, self._start, OPERATOR_ONLY),
            Offer(m.AskCertificate, self._request, OPERATOR_ONLY),
            Offer(m.InstallCertificate, self._install, OPERATOR_ONLY),
            Offer(m.PublishLists, self._publish, OPERATOR_ONLY),
            Offer(m.RevokeMarks, self._mark, OPERATOR_ONLY),
        ]

    @property
    def _on(self) -> Cards:
        if self._cards is None:
            raise cards_off()
        return self._cards

    @property
    def _kept(self) -> CardSigners:
        if self._signers is None:
            raise cards_off()
        return self._signers

    async def _show(self, asked: m.ShowCards) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        return await self._on.show(session, asked.requester, asked.patient_id)

    async def _issue(self, asked: m.IssueCard) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        card = await self._on.issue(
            session, asked.requester, asked.patient_id, asked.resource_id, asked.replaces
        )
        return m.IssuedCard(card)

    async def _revoke(self, asked: m.RevokeCard) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._on.revoke(session, asked.requester, asked.patient_id, asked.card_id)
        return m.Done()

    async def _agree(self, asked: m.AgreeToCards) -> m.Reply:
        session = await self._sessions.live(asked.requester)
        await self._on.agree(session, asked.requester, asked.patient_id, agreed=asked.agreed)
        return m.Done()

    # --- the operator -------------------------------------------------------------------------

    async def _list(self, _: m.ListSigners) -> m.Reply:
        return m.SignerLines(await signer_lines(self._kept), self._kept.address)

    async def _rotate(self, asked: m.RotateSigner) -> m.Reply:
        if asked.use not in set(SignerUse):
            raise MessageBroken("There is no such use of a signer.")
        made = await self._kept.rotate(
            SignerUse(asked.use), later=asked.later, at_once=asked.at_once
        )
        await self._log(Kind.KEYS, "card-signer-made", made.signer_id)
        return m.Done(made.signer_id)

    async def _start(self, asked: m.StartSigner) -> m.Reply:
        await self._kept.start(asked.signer_id)
        await self._log(Kind.KEYS, "card-signer-started", asked.signer_id)
        return m.Done()

    async def _request(self, asked: m.AskCertificate) -> m.Reply:
        return m.CertificateRequest(await self._kept.request_of(asked.signer_id))

    async def _install(self, asked: m.InstallCertificate) -> m.Reply:
        await self._kept.install(asked.signer_id, asked.certificate)
        await self._log(Kind.KEYS, "card-signer-certified", asked.signer_id)
        return m.Done()

    async def _publish(self, _: m.PublishLists) -> m.Reply:
        if self._lists is None:
            raise cards_off()
        await self._rows.look()
        await self._lists.look()
        return m.Done()

    async def _mark(self, asked: m.RevokeMarks) -> m.Reply:
        if not asked.marks or len(asked.marks) > MARKS_MAX:
            raise MessageBroken("A card has one to eight marks.")
        if any(len(mark) != MARK_BYTES for mark in asked.marks):
            raise MessageBroken("A mark of a card has 17 bytes.")
        self._on  # noqa: B018 - raises where no cards are made

        async def apply(cursor: psycopg.AsyncCursor) -> None:
            if await self._rows.mark(cursor, asked.marks, asked.rid, asked.ends_s):
                await self._tallies.count(cursor, self._ledger.now_s, revoked=1)

        await self._ledger.commit(Intent(_operators(Kind.CARD_REVOKE, "card"), apply=apply))
        return m.Done()

    async def _log(self, kind: Kind, what: str, signer_id: UUID) -> None:
        await self._ledger.commit(Intent(_operators(kind, f"{what} {signer_id}")))


def _operators(kind: Kind, detail: str) -> Event:
    return Event(
        kind=kind,
        outcome=Outcome.SUCCESS,
        account_id=None,
        role="operator",
        hospital_id=None,
        session_id=None,
        purpose=Purpose.SYSTEM_ADMINISTRATION,
        route="operator",
        detail=detail,
    )


async def signer_lines(signers: CardSigners) -> list[m.SignerLine]:
    """Who signs, as it is told."""
    signing = {await signers.current(use) for use in SignerUse}
    return [_line_of(one, signing) for one in await signers.all()]


def _line_of(signer: CardSigner, signing: set[CardSigner | None]) -> m.SignerLine:
    record = signer.record
    state = "signs" if signer in signing else "waits"
    if record.retired_s:
        state = "disowned" if record.disowned else "retired"
    return m.SignerLine(
        signer_id=signer.signer_id,
        use=record.use.value,
        state=state,
        made_s=record.made_s,
        point=record.point,
        certificate=record.certificate,
        from_s=record.from_s,
        retired_s=record.retired_s,
    )
