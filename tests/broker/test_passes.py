"""Venue passes at the broker: for who is fit, so many a day, and nothing kept of any."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from broker.test_cards import HOUR_S, Clinic, clinic
from segel.broker import messages as m
from segel.broker.errors import CardNotMade, CardsMany, CardsOff, Forbidden
from segel.broker.passes import PASS_LIMITS
from segel.cards.issuing import BATCH_MAX
from segel.cards.passes import Answer, judge_pass, open_pass, paper_text
from segel.domain.roles import Role
from segel.store.schema import metadata

__all__ = ["clinic"]


def keys(count: int = 4) -> tuple[bytes, ...]:
    made = (ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(count))
    return tuple(one.public_bytes(Encoding.X962, PublicFormat.CompressedPoint) for one in made)


async def passes(one: Clinic, points: tuple[bytes, ...], token: str = "") -> m.IssuedPasses:
    reply = await one.ask(m.IssuePasses(one.at(token or one.own), points))
    assert isinstance(reply, m.IssuedPasses)
    return reply


def stored(database: Any) -> dict[str, bytes]:
    """All rows of each table, as PostgreSQL copies them out."""
    found = {}
    with psycopg.connect(database.owner) as connection:
        for table in metadata.sorted_tables:
            sql = f"COPY (SELECT * FROM {table.name} ORDER BY 1) TO STDOUT".encode()
            with connection.cursor().copy(sql) as copy:
                found[table.name] = b"".join(bytes(part) for part in copy)
    return found


MAY_CHANGE = {"audit_entries", "log_head", "log_tiles", "budget_accounts", "budget_touches"}
"""The log says that so many were made, the budget how many are left. That these rows are sealed
tells nothing of what is in them: what the log says is looked at as the patient sees it."""


def in_any_writing(secrets: Iterable[bytes]) -> set[bytes]:
    return {form for one in secrets for form in (one[:20], one[:12].hex().encode())}


def test_a_patient_who_is_fit_gets_a_pass_for_each_key_and_nothing_of_them_is_kept(
    clinic: Any,
    database: Any,
    tmp_path: Any,
) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.test()
            await passes(one, keys(1))  # the signer is made by this
            points, before = keys(), stored(database)
            made = await passes(one, points)
            after, trust = stored(database), await one.trust()
            changed = {table for table in after if after[table] != before[table]}
            assert changed <= MAY_CHANGE
            ends = made.ends_s
            assert ends % 3_600 == 0
            assert 23 * HOUR_S < ends - one.estate.clock() <= 24 * HOUR_S
            secrets = [*points]
            for point, message in zip(points, made.passes, strict=True):
                judged = judge_pass(paper_text(message), trust, one.now, paper=True)
                assert (judged.valid, judged.ends_at) == (True, ends)
                shown = open_pass(paper_text(message))
                assert not isinstance(shown, Answer)
                assert shown.point == point
                secrets += [shown.signature, message]
            (line, *_) = (await one.ask(m.OwnTrail(one.at(one.own), 1))).lines
            assert "passes 4" in line.event
            kept = [line.event.encode(), *after.values()]
            kept += [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
            for form in in_any_writing(secrets):
                assert not any(form in one for one in kept)
            assert ("card-issue", "0") in await one.kinds()

    asyncio.run(run())


def test_a_pass_ends_no_later_than_the_test_counts(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            await one.test(hours_ago=69.5)
            ends = (await passes(one, keys(1))).ends_s
            assert ends <= (one.now + timedelta(hours=2.5)).timestamp()
            assert ends % 3_600 == 0

    asyncio.run(run())


def test_who_is_not_fit_or_is_somebody_else_gets_none(clinic: Any) -> None:
    async def run() -> None:
        async with clinic() as one:
            with pytest.raises(CardNotMade):
                await passes(one, keys())
            await one.test(hours_ago=73)
            await one.test(valueCodeableConcept={"text": "positif"})
            with pytest.raises(CardNotMade):
                await passes(one, keys())
            await one.test()
            for role in (Role.CLINICIAN, Role.RECORDS_OFFICER, Role.HOSPITAL_SYSTEM):
                with pytest.raises(Forbidden):
                    await passes(one, keys(), await one.estate.token(role))
            for broken in ((), keys(1) * 2, (b"x",), keys(BATCH_MAX + 1)):
                with pytest.raises(CardNotMade):
                    await passes(one, broken)

    asyncio.run(run())


def test_so_many_passes_and_no_more(clinic: Any) -> None:
    hour = PASS_LIMITS[0].patients

    async def run() -> None:
        async with clinic() as one:
            await one.test()
            for _ in range(hour // BATCH_MAX):
                await passes(one, keys(BATCH_MAX))
            with pytest.raises(CardsMany):
                await passes(one, keys(1))
            one.estate.clock.now_s += HOUR_S + 1
            await passes(one, keys(1))

    asyncio.run(run())


def test_without_an_issuer_there_are_none(estate_of: Any) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            asked = m.Requester(await estate.token(Role.CLINICIAN))
            with pytest.raises(CardsOff):
                await estate.ask(m.IssuePasses(asked, keys(1)))

    asyncio.run(run())
