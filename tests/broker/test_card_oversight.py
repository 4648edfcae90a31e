"""Who answers for an archive's cards: what they see and do, and who else may not."""

import asyncio
from typing import Any

import msgspec
import pytest

from broker.test_cards import Clinic, clinic
from segel.broker import messages as m
from segel.broker.errors import CardsOff, Forbidden, MarksMany, MessageBroken
from segel.cards import MarkKind, content_of, decode, mark_of, marks_of
from segel.domain.purpose import Purpose
from segel.domain.roles import Role

__all__ = ["clinic"]

DAY_S = 86_400.0


def at(token: str) -> m.Requester:
    return m.Requester(token, Purpose.OPERATIONS, "console")


def others(count: int, kind: MarkKind = MarkKind.SIGNATURE) -> tuple[bytes, ...]:
    return tuple(mark_of(kind, number.to_bytes(16)) for number in range(count))


async def seen(one: Clinic, token: str) -> m.CardOversight:
    reply = await one.ask(m.OverseeCards(at(token)))
    assert isinstance(reply, m.CardOversight)
    return reply


def test_an_administrator_sees_counts_and_signers_and_nothing_of_anybody(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            admin = await one.estate.token(Role.ADMINISTRATOR, "H2")
            before = await seen(one, admin)
            assert (before.listed, before.marks, before.others) == (0, 0, 0)
            await one.agree()
            test = await one.test()
            gone, kept = await one.issue(test), await one.issue(test)
            await one.ask(m.RevokeCard(one.at(one.own), one.patient, gone.card_id))
            await one.ask(m.PublishListsNow(at(admin)))
            shown = await seen(one, admin)
            assert {(line.use, line.state) for line in shown.signers} == {
                ("certificate", "signs"), ("health-card", "signs"), ("lists", "signs"),
            }  # fmt: skip
            assert shown.serial > 0
            assert (shown.issued_s, shown.ends_s - shown.issued_s) == (
                int(one.estate.clock()), 3 * DAY_S,
            )  # fmt: skip
            assert shown.listed == shown.marks == len(one.rows("card_marks"))
            assert [(c.days, c.made, c.revoked) for c in shown.counts] == [
                (1, 2, 1), (7, 2, 1), (30, 2, 1),
            ]  # fmt: skip
            said = repr(msgspec.to_builtins(shown))
            for secret in ("WULANDARI", str(one.patient), str(kept.card_id), kept.certificate[:30]):
                assert secret not in said
            one.estate.clock.now_s += 2 * DAY_S
            later = await seen(one, await one.estate.token(Role.ADMINISTRATOR))
            assert [(c.made, c.revoked) for c in later.counts] == [(0, 0), (2, 1), (2, 1)]

    asyncio.run(run())


def test_others_revocations_are_taken_once_and_counted_apart(
    clinic: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with clinic() as one:
            admin = await one.estate.token(Role.ADMINISTRATOR)
            ends_s = one.estate.clock() + 40 * DAY_S
            for _ in range(2):
                taken = await one.ask(m.TakeMarks(at(admin), others(300), ends_s))
                assert taken.new == (0 if _ else 300)
            more = await one.ask(m.TakeMarks(at(admin), others(301) * 2, ends_s))
            assert more.new == 1
            shown = await seen(one, admin)
            assert (shown.marks, shown.others) == (301, 301)
            assert [c.revoked for c in shown.counts] == [0, 0, 0]  # they are not ours
            for marks, until in (
                ((), ends_s),
                (others(1, MarkKind.HEALTH_CARD), ends_s),
                ((b"\x09" + bytes(16),), ends_s),
                ((bytes(3),), ends_s),
                (others(m.TAKEN_MAX + 1), ends_s),
                (others(1), one.estate.clock() - 1),
                (others(1), one.estate.clock() + 5 * 366 * DAY_S),
                (others(1), float("nan")),
            ):
                with pytest.raises(MessageBroken):
                    await one.ask(m.TakeMarks(at(admin), marks, until))
            monkeypatch.setattr("segel.broker.desks.card_oversight.KNOWN_MAX", 400)
            with pytest.raises(MarksMany):
                await one.ask(m.TakeMarks(at(admin), others(100, MarkKind.IDENTIFIER), ends_s))
            one.estate.clock.now_s += 80 * DAY_S
            later = await one.estate.token(Role.ADMINISTRATOR)
            assert (await seen(one, later)).others == 0

    asyncio.run(run())


def test_a_card_is_revoked_by_its_marks_alone(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            admin = await one.estate.token(Role.ADMINISTRATOR)
            await one.agree()
            card = await one.issue(await one.test())
            opened = decode(card.certificate)
            marks = marks_of(opened, content_of(opened)[0])
            for _ in range(2):
                await one.ask(m.RevokeShown(at(admin), marks, card.ends_s))
            assert {bytes(row[0]) for row in one.rows("card_marks")} == set(marks)
            assert (await seen(one, admin)).counts[0].revoked == 1
            for broken in (
                m.RevokeShown(at(admin), others(9), card.ends_s),
                m.RevokeShown(at(admin), marks, one.estate.clock() + 4 * DAY_S),
                m.RevokeShown(at(admin), marks, card.ends_s, "not a rid"),
            ):
                with pytest.raises(MessageBroken):
                    await one.ask(broken)
            trail = await one.ask(m.OwnTrail(at(admin), 10))
            assert "card-revoke" in repr(trail)

    asyncio.run(run())


def test_who_looks_on_does_nothing_and_nobody_else_looks(clinic: Any, estate_of: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            for role in set(Role) - {Role.PATIENT}:
                token = await one.estate.token(role)
                deeds = (
                    m.PublishListsNow(at(token)),
                    m.TakeMarks(at(token), others(1), one.estate.clock() + DAY_S),
                    m.RevokeShown(at(token), others(1), one.estate.clock() + DAY_S),
                )
                looks = role in (Role.ADMINISTRATOR, Role.DATA_PROTECTION_OFFICER)
                for asked in (m.OverseeCards(at(token)), *deeds):
                    if looks and (role is Role.ADMINISTRATOR or asked not in deeds):
                        await one.ask(asked)
                        continue
                    with pytest.raises(Forbidden):
                        await one.ask(asked)
            with pytest.raises(Forbidden):
                await one.ask(m.OverseeCards(at(one.own)))

    asyncio.run(run())


def test_where_no_cards_are_made_there_is_nothing_to_answer_for(estate_of: Any) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            admin = await estate.token(Role.ADMINISTRATOR)
            for asked in (m.OverseeCards(at(admin)), m.PublishListsNow(at(admin))):
                with pytest.raises(CardsOff):
                    await estate.ask(asked)

    asyncio.run(run())
