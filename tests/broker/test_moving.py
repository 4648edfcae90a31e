"""Moving every key to another KMS: work goes on, no object is touched, and a kill loses nothing."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from segel.broker import keeper, rewrapping
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import (
    ApprovalForAnother,
    ApprovalNotGiven,
    ApprovalOver,
    BrokerUnavailable,
    Forbidden,
    MoveRefused,
    RecordsErased,
)
from segel.broker.generations import described
from segel.broker.keyring import Keyring, label_of
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms, KekDestroyed, MemoryKms, open_kms
from support.keeping import report, settled
from support.kms import new_place
from support.snapshots import Snapshot


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)


def place(folder: Path) -> dict[str, Any]:
    return {"type": "file", "folder": str(folder)}


async def finish(estate: Any, admin: str) -> m.KeysReport:
    await finishing(estate, admin)
    return await settled(estate)


async def begin(estate: Any, kms: dict[str, Any]) -> None:
    """Keys go to ``kms``, as two people agreed."""
    admin = await estate.token(Role.ADMINISTRATOR, name="who moves")
    asked = m.Requester(admin, Purpose.SYSTEM_ADMINISTRATION, "test")
    done = await estate.ask(m.AskMove(asked, kms))
    await estate.agree(done.identifier)
    await estate.ask(m.BeginMove(kms, done.identifier))


async def finishing(estate: Any, admin: str) -> None:
    asked = m.Requester(admin, Purpose.SYSTEM_ADMINISTRATION, "test")
    done = await estate.ask(m.AskMove(asked))
    assert isinstance(done, m.Done)
    assert done.identifier is not None
    await estate.agree(done.identifier)
    await estate.ask(m.FinishMove(done.identifier))


def generations_in(database: Any) -> set[int]:
    return {label_of(key)[0] for key in Snapshot(database).wrapped_keys().values()}


def usable(folder: Path) -> int:
    return FileKms.open(folder, production=False).status().keks


def test_every_key_moves_while_work_goes_on_and_the_old_kms_is_emptied_at_the_end(
    estate_of, arrival, database, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(rewrapping.Rewrapper.__init__, "__kwdefaults__", {"page_rows": 3})
    other = tmp_path / "other"

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            admin = await estate.token(Role.ADMINISTRATOR)
            grants = {number: await estate.store(maker, arrival(number)) for number in range(30)}
            yesterday = Snapshot(database)
            await begin(estate, place(other))
            number = 30
            while (await estate.ask(m.FollowKeys())).state != "idle" or number < 40:
                grants[number] = await estate.store(maker, arrival(number))
                number += 1
            found = await settled(estate)
            assert (found.generation, found.moving_from) == (1, ("file",))
            assert generations_in(database) == {1}
            assert usable(tmp_path / "kms") == usable(other) == 2
            with pytest.raises(MoveRefused):
                await begin(estate, place(tmp_path / "third"))
            for role in (Role.CLINICIAN, Role.RADIOGRAPHER):
                asked = m.Requester(await estate.token(role), Purpose.SYSTEM_ADMINISTRATION)
                with pytest.raises(Forbidden):
                    await estate.ask(m.AskMove(asked))
            asked = m.Requester(admin, Purpose.SYSTEM_ADMINISTRATION)
            unanswered = await estate.ask(m.AskMove(asked))
            with pytest.raises(ApprovalNotGiven):
                await estate.ask(m.FinishMove(unanswered.identifier))
            assert usable(tmp_path / "kms") == 2
            found = await finish(estate, admin)
            assert found.moving_from == ()
            assert usable(tmp_path / "kms") == 0
            with pytest.raises(MoveRefused):
                await estate.ask(m.AskMove(asked))
            for message in (
                m.BeginMove(place(other), unanswered.identifier),
                m.FinishMove(unanswered.identifier),
            ):
                with pytest.raises(Forbidden):
                    await estate.ask(message, Caller.DOOR)
        for _ in range(2):
            async with estate_of() as estate:
                for at in (1, 29, 33):
                    if at in grants:
                        opened = await estate.open(reader, arrival(at).study_uid)
                        assert opened.scope_key == grants[at].scope_key
            # An older database, from before the move, finds its keys in their backup.
            yesterday.restore()
            grants = {at: grant for at, grant in grants.items() if at < 30}

    asyncio.run(run())


def test_moving_where_it_cannot_be_is_refused_and_nothing_changes(
    estate_of, arrival, tmp_path
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            used = tmp_path / "used"
            FileKms.create(used).create_kek("broker")
            FileKms.open(used, production=False).destroy_kek("broker")
            with pytest.raises(MoveRefused, match="is the KMS that the keys are in"):
                await begin(estate, place(tmp_path / "kms"))
            for wrong in (place(used), {"type": "abacus"}, {}):
                with pytest.raises(BrokerUnavailable):
                    await begin(estate, wrong)
            found = await report(estate)
            assert (found.generation, found.moving_from) == (0, ())
            with pytest.raises(MoveRefused):
                await estate.ask(
                    m.AskMove(
                        m.Requester(
                            await estate.token(Role.ADMINISTRATOR), Purpose.SYSTEM_ADMINISTRATION
                        )
                    )
                )

    asyncio.run(run())


class Killed(BaseException):
    """The process ends here."""


STEPS = ("add", "floor", "renew", "secrets", "finish", "back up", "empty", "keep only")


@pytest.mark.parametrize("before", [True, False])
def test_killed_at_any_step_the_next_broker_opens_both_and_goes_on(
    estate_of, arrival, database, tmp_path, monkeypatch, before
) -> None:
    from segel.broker.generations import Generations

    places: dict[str, tuple[Any, str]] = {
        "add": (Generations, "add"),
        "floor": (keeper.Keeper, "log"),
        "renew": (Keyring, "renew_many"),
        "secrets": (keeper, "rewrap_secrets"),
        "finish": (keeper.Keeper, "log"),
        "back up": (keeper.Keeper, "back_up"),
        "empty": (Keyring, "empty_older"),
        "keep only": (Generations, "keep_only"),
    }

    def killing(owner: Any, name: str, reached: list[str]) -> Any:
        whole = getattr(owner, name)

        def sync(*args: Any, **named: Any) -> Any:
            reached.append(name)
            if not before:
                whole(*args, **named)
            raise Killed

        async def later(*args: Any, **named: Any) -> Any:
            reached.append(name)
            if not before:
                await whole(*args, **named)
            raise Killed

        return later if asyncio.iscoroutinefunction(whole) else sync

    async def settled_or_killed(estate: Any, reached: list[str]) -> None:
        for _ in range(300):
            if reached or (await estate.ask(m.FollowKeys())).state == "idle":
                return
            await asyncio.sleep(0.02)

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            admin = await estate.token(Role.ADMINISTRATOR)
            grants = [await estate.store(maker, arrival(number)) for number in range(4)]

        async def all_open(estate: Any) -> None:
            for number, grant in enumerate(grants):
                again = await estate.store(maker, arrival(number))
                assert again.scope_key == grant.scope_key
            grants.append(await estate.store(maker, arrival(len(grants))))

        for turn, step in enumerate(STEPS, 1):
            reached: list[str] = []
            async with estate_of() as estate:
                with monkeypatch.context() as patched, contextlib.suppress(Killed):
                    owner, name = places[step]
                    ending = step in ("finish", "back up", "empty", "keep only")
                    if not ending:
                        patched.setattr(owner, name, killing(owner, name, reached))
                    await begin(estate, place(tmp_path / f"kms{turn}"))
                    await settled_or_killed(estate, reached)
                    if ending:
                        await settled(estate)
                        patched.setattr(owner, name, killing(owner, name, reached))
                        await finishing(estate, admin)
                        await settled_or_killed(estate, reached)
                assert reached, step
                if before or step != "add":
                    await all_open(estate)
            async with estate_of() as estate:
                await all_open(estate)
                found = await settled(estate)
                if not found.moving_from and found.generation < turn:
                    await begin(estate, place(tmp_path / f"kms{turn}"))
                    found = await settled(estate)
                assert found.generation == turn, step
                if found.moving_from:
                    await finish(estate, admin)
                await all_open(estate)
                assert generations_in(database) == {turn}
            old = tmp_path / (f"kms{turn - 1}" if turn > 1 else "kms")
            assert usable(old) == 0, step

    asyncio.run(run())


def test_keys_go_to_no_kms_but_the_one_that_others_agreed_to(
    estate_of, arrival, database, tmp_path
) -> None:
    agreed, other = place(tmp_path / "agreed"), place(tmp_path / "other")

    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            admin = await estate.token(Role.ADMINISTRATOR)
            asked = m.Requester(admin, Purpose.SYSTEM_ADMINISTRATION, "test")
            approval = (await estate.ask(m.AskMove(asked, agreed))).identifier
            with pytest.raises(ApprovalNotGiven):
                await estate.ask(m.BeginMove(agreed, approval))
            await estate.agree(approval)
            with pytest.raises(ApprovalForAnother):
                await estate.ask(m.BeginMove(other, approval))
            assert (await report(estate)).generation == 0
            await estate.ask(m.BeginMove(agreed, approval))
            assert (await settled(estate)).generation == 1
            # One approval is one move: the end needs its own.
            with pytest.raises((ApprovalOver, ApprovalForAnother)):
                await estate.ask(m.FinishMove(approval))
        assert generations_in(database) == {1}

    asyncio.run(run())


def test_what_is_erased_during_a_move_is_destroyed_in_both(
    estate_of, arrival, database, tmp_path
) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            await estate.store(await estate.token(Role.RADIOGRAPHER, "H2"), arrival(1))
            grants = [await estate.store(maker, arrival(number)) for number in range(3)]
            yesterday = Snapshot(database)
            await begin(estate, place(tmp_path / "other"))
            asked = m.Requester(dpo, Purpose.SYSTEM_ADMINISTRATION)
            number = arrival(1).patient.patient_id
            order = m.OrderErasure(asked, "unlawful", "X-1", number, reason="Never consented.")
            ordered = await estate.ask(order)
            await estate.agree(ordered.approval_id)
            await estate.ask(m.CarryOutErasure(asked, ordered.erasure_id))
            await settled(estate)
            shown = await estate.ask(m.ShowErasure(asked, ordered.erasure_id))
            assert shown.state == "complete"
            certificate = await estate.ask(m.CertifyErasure(asked, ordered.erasure_id))
            assert '"generation":0' in certificate.text
            assert '"generation":1' in certificate.text
        old = FileKms.open(tmp_path / "kms", production=False)
        with pytest.raises(KekDestroyed):
            old.versions(f"hospital-{grants[0].hospital_id}")
        assert old.status().keks == 2, "the other hospital's and the broker's wait for the finish"
        yesterday.restore()
        async with estate_of() as estate:
            with pytest.raises(RecordsErased):
                await estate.store(maker, arrival(1))
            for at in (0, 2):
                again = await estate.store(maker, arrival(at))
                assert again.scope_key == grants[at].scope_key

    asyncio.run(run())


def test_another_broker_follows_a_move(estate_of, arrival, tmp_path) -> None:
    async def run() -> None:
        async with estate_of() as estate, estate_of() as second:
            maker = await estate.token(Role.RADIOGRAPHER)
            grants = [await estate.store(maker, arrival(number)) for number in range(3)]
            await begin(estate, place(tmp_path / "other"))
            await settled(estate)
            for number, grant in enumerate(grants):
                again = await second.store(maker, arrival(number))
                assert again.scope_key == grant.scope_key
            await second.store(maker, arrival(7))

    asyncio.run(run())


def test_keys_move_to_any_kms_that_keeps_the_port(
    estate_of, arrival, database, monkeypatch
) -> None:
    memory = MemoryKms()
    monkeypatch.setattr(
        "segel.broker.generations.Generations.open_new", lambda self, settings: memory
    )

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            grants = [await estate.store(maker, arrival(number)) for number in range(3)]
            await begin(estate, {"type": "memory"})
            found = await settled(estate)
            assert found.adapter == "memory"
            assert generations_in(database) == {1}
            for number, grant in enumerate(grants):
                assert (await estate.store(maker, arrival(number))).scope_key == grant.scope_key

    asyncio.run(run())


@pytest.mark.parametrize(("old", "new"), [("file", "openbao"), ("openbao", "pkcs11")])
def test_keys_move_between_real_kms(estate_of, arrival, database, tmp_path, old, new) -> None:
    first, then = new_place(old, tmp_path), new_place(new, tmp_path / "then")

    async def run() -> None:
        async with estate_of(kms=open_kms(first, production=False)) as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            admin = await estate.token(Role.ADMINISTRATOR)
            grants = [await estate.store(maker, arrival(number)) for number in range(5)]
            yesterday = Snapshot(database)
            await begin(estate, described(then))
            found = await settled(estate)
            assert (found.adapter, found.moving_from) == (new, (old,))
            assert generations_in(database) == {1}
        async with estate_of(kms=open_kms(first, production=False)) as estate:
            await settled(estate)
            assert (await report(estate)).moving_from == (old,)
            await finish(estate, admin)
        assert open_kms(first, production=False).status().keks == 0
        for _ in range(2):
            async with estate_of() as estate:  # what the settings name does not count any more
                for number, grant in enumerate(grants):
                    again = await estate.store(maker, arrival(number))
                    assert again.scope_key == grant.scope_key
                assert (await report(estate)).adapter == new
            yesterday.restore()

    asyncio.run(run())
