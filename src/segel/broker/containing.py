"""Containing a leak: freezes, new keys, new signers of cards, under a case.

What is stopped also stops care: whoever decides sees first what goes on there now. The case's
branch of the log and its timeline say what is done before it is; a crash between leaves some of it
undone, which ``listed`` shows, and doing it again does no harm.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from segel.broker.card_signers import CardSigners
from segel.broker.card_tallies import CardTallies
from segel.broker.cases import Cases, Deed
from segel.broker.directory import Directory
from segel.broker.errors import CaseUnclear, Forbidden, cards_off, keys_locked
from segel.broker.export_rows import ExportRows
from segel.broker.freeze_targets import FreezeTargets
from segel.broker.freezes import Freezes, Order, Target
from segel.broker.glasses import Glasses
from segel.broker.keeper import Keeper
from segel.broker.ledger import Ledger
from segel.broker.lifting import Lifting
from segel.broker.messages import TargetKind
from segel.broker.messages.containing import (
    FREEZES,
    MEASURES_MAX,
    Contain,
    Contained,
    Effect,
    Effects,
    Measure,
    MeasureKind,
)
from segel.broker.overview import Overview
from segel.broker.reasons import checked_reason
from segel.broker.releases import Asker
from segel.broker.session_rows import SessionRows
from segel.broker.shared_budgets import ESTATE
from segel.broker.watch import Watch
from segel.domain.cases import Happening
from segel.keys import KmsError


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """An effect, and what is frozen for it: None where nothing is. ``hospital_id``: whose officers
    see that freeze; None for one of the whole archive."""

    effect: Effect
    target: Target | None = None
    hospital_id: UUID | None = None


class Containing:
    """Foresees, does and lists what contains a case. ``signers`` None: no cards are made here."""

    def __init__(
        self,
        cases: Cases,
        targets: FreezeTargets,
        directory: Directory,
        freezes: Freezes,
        lifting: Lifting,
        watch: Watch,
        ledger: Ledger,
        sessions: SessionRows,
        overview: Overview,
        glasses: Glasses,
        exports: ExportRows,
        keeper: Keeper,
        tallies: CardTallies,
        signers: CardSigners | None,
    ) -> None:
        self._cases = cases
        self._targets = targets
        self._directory = directory
        self._freezes = freezes
        self._lifting = lifting
        self._watch = watch
        self._ledger = ledger
        self._sessions = sessions
        self._overview = overview
        self._glasses = glasses
        self._exports = exports
        self._keeper = keeper
        self._tallies = tallies
        self._signers = signers

    async def foresee(
        self, asker: Asker, case_id: UUID, measures: tuple[Measure, ...]
    ) -> list[Effect]:
        """What measures would stop. Raises CaseUnclear, CaseUnknown, TargetUnknown, Forbidden."""
        await self._cases.found(asker, case_id)
        await self._cases.log(asker, case_id, None)
        return [one.effect for one in await self._foreseen(asker, measures)]

    async def contain(self, asker: Asker, asked: Contain) -> Effects:
        """Do it, or have the timeline say what would be done. Raises what ``foresee`` does, and
        ReasonMissing, BrokerUnavailable; what was done by then stays."""
        reason, until_s = checked_reason(asked.reason), asked.until_s
        if until_s and until_s <= self._ledger.now():
            raise CaseUnclear(
                "It would end before it began.", field="until", remedy="Name a later time."
            )
        foreseen = await self._foreseen(asker, asked.measures)
        effects = [one.effect for one in foreseen]
        what = Happening.REHEARSED if asked.rehearse else Happening.CONTAINED
        said = "; ".join(f"{one.kind.value} {one.name}".strip() for one in effects)
        proven = " ".join(f"{one.kind.value}:{one.target}" for one in effects)
        deed = Deed(what, f"{said}: {reason}", proven=proven)
        await self._cases.change(asker, asked.case_id, deed)
        if asked.rehearse:
            return Effects(effects)
        made = []
        for one in foreseen:
            if one.target is None:
                await self._renew(one.effect)
            elif not one.effect.already:
                order = self._order(asker, asked.case_id, one, one.target, reason, until_s)
                intent, freeze_id = self._freezes.intent(order, asker.requester.route)
                await self._ledger.commit(intent)
                made.append(freeze_id)
        return Effects(effects, made)

    async def listed(self, asker: Asker, case_id: UUID) -> Contained:
        """What the case has frozen, and nobody lifted."""
        await self._cases.found(asker, case_id)
        await self._cases.log(asker, case_id, None)
        await self._watch.look()
        own = {
            freeze_id: record
            for freeze_id, record in self._watch.active.records.items()
            if record.case_id == case_id
        }
        return Contained((await self._lifting.lines(own)).freezes)

    # --- how ----------------------------------------------------------------------------------

    def _order(
        self,
        asker: Asker,
        case_id: UUID,
        one: _Foreseen,
        target: Target,
        reason: str,
        until_s: float,
    ) -> Order:
        session = asker.session
        return Order(
            target,
            reason,
            session.account.role,
            one.hospital_id,
            session.claims.account_id,
            session.claims.session_id,
            until_s,
            kept_by=asker.hospital_id,
            case_id=case_id,
        )

    async def _renew(self, effect: Effect) -> None:
        """New versions of KEKs, or new signers. Raises BrokerUnavailable."""
        if effect.kind is MeasureKind.CARDS:
            await self._own_signers().disown()
            return
        if self._keeper.busy:
            return  # a rotation is under way: all that was there when it began comes under new keys
        try:
            await self._keeper.rotate(effect.name or None)
        except KmsError as failure:
            raise keys_locked(failure) from failure

    async def _foreseen(self, asker: Asker, measures: tuple[Measure, ...]) -> list[_Foreseen]:
        if not 0 < len(measures) <= MEASURES_MAX or len(set(measures)) != len(measures):
            raise CaseUnclear(
                "No measure is named, or too many, or one twice.",
                field="measures",
                remedy=f"Name one to {MEASURES_MAX}.",
            )
        await self._watch.look()
        answers = await self._answers(asker)
        return [await self._effect(asker, one, answers=answers) for one in measures]

    async def _effect(self, asker: Asker, measure: Measure, *, answers: bool) -> _Foreseen:
        kind = measure.kind
        if kind is MeasureKind.KEYS:
            return _Foreseen(await self._of_keys(asker, measure.name, answers=answers))
        if kind is MeasureKind.CARDS:
            _require_answering(answers)
            self._own_signers()
            counts = (await self._tallies.read()).counts(self._ledger.now())
            month = max(counts, key=lambda one: one.days)
            return _Foreseen(Effect(kind, "", "", {"cards_month": month.made}))
        assert kind in FREEZES
        frozen = TargetKind(kind.value)
        if frozen is TargetKind.ARCHIVE:
            _require_answering(answers)
        target, whose = await (
            self._targets.named(frozen, measure.name)
            if answers
            else self._targets.of_hospital(frozen, measure.name, asker.hospital_id)
        )
        name = await self._lifting.name_of(target)
        already = self._watch.active.holds(target, self._ledger.now())
        effect = Effect(kind, name, target.name, await self._figures(target), already)
        return _Foreseen(effect, target, whose)

    async def _of_keys(self, asker: Asker, code: str, *, answers: bool) -> Effect:
        own = asker.hospital.code
        if not answers:
            _require_answering(code in ("", own))
            code = own
        try:
            whose = await self._directory.hospital_by_code(code) if code else None
        except Forbidden:
            raise CaseUnclear(
                "No hospital has this code.", field="keys", remedy="Check the code."
            ) from None
        counts = await self._keeper.rows.counts()
        keys = sum(
            sum(by_label.values())
            for hospital_id, by_label in counts.items()
            if whose in (None, hospital_id)
        )
        return Effect(MeasureKind.KEYS, code, code, {"keys": keys}, already=self._keeper.busy)

    async def _figures(self, target: Target) -> Mapping[str, int]:
        match target.kind:
            case TargetKind.ACCOUNT:
                return await self._of_account(UUID(target.name))
            case TargetKind.SESSION:
                account_id = await self._directory.account_of_session(UUID(target.name))
                return await self._of_account(account_id) if account_id else {}
            case TargetKind.HOSPITAL:
                hospital_id = UUID(target.name)
                return await self._of_place(hospital_id, hospital_id)
            case TargetKind.ARCHIVE:
                return await self._of_place(None, ESTATE)
            case TargetKind.RECIPIENT:
                going = await self._exports.going()
                to_them = [
                    one for one in going.values() if Target.recipient(one.recipient) == target
                ]
                return {"exports": len(to_them)}

    async def _of_account(self, account_id: UUID) -> Mapping[str, int]:
        return {
            "sessions": len(await self._sessions.of_account(account_id)),
            "patients_day": await self._overview.day_of_account(account_id),
        }

    async def _of_place(self, hospital_id: UUID | None, whose: UUID) -> Mapping[str, int]:
        (people, sessions), day, glasses = await asyncio.gather(
            self._sessions.count(hospital_id),
            self._overview.day_of(whose),
            self._glasses.open_now(hospital_id),
        )
        return {
            "people": people,
            "sessions": sessions,
            "patients_day": day,
            "glasses": glasses,
        }

    async def _answers(self, asker: Asker) -> bool:
        """Whether the asker's organisation may stop others'. Read anew: it may have been taken from
        it since the session began."""
        return (await self._directory.hospital(asker.hospital_id)).answers

    def _own_signers(self) -> CardSigners:
        if self._signers is None:
            raise cards_off()
        return self._signers


def _require_answering(may: bool) -> None:
    if not may:
        raise Forbidden(
            "This organisation does not answer for the whole archive.",
            field="answers",
            remedy="Contain your own hospital, or have the operator: segel hospital answers CODE.",
        )
