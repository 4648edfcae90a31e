"""The escrow: enough custodians open the archive without its KMS, fewer open nothing."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from segel.broker import escrow_file, escrowing, keeper
from segel.broker import messages as m
from segel.broker.desks.offers import Caller
from segel.broker.errors import EscrowRefused, Forbidden, RecordsErased
from segel.broker.escrow import (
    EscrowError,
    NewEscrow,
    ShareGivenTwice,
    ShareMistyped,
    ShareOfAnotherSplit,
    SharesWrong,
    TooFewShares,
    fingerprint,
    new_escrow,
    open_test,
    put_together,
)
from segel.broker.generations import described
from segel.broker.recovering import recover
from segel.domain.purpose import Purpose
from segel.domain.roles import Role
from segel.keys import FileKms, KmsError, open_kms
from support.keeping import report, settled
from support.kms import new_place


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "RETIRE_PAUSE_S", 0.05)
    monkeypatch.setattr(keeper, "TROUBLE_PAUSE_S", 0.05)


MADE = new_escrow(5, 3)
NAMED = fingerprint(MADE.public)


async def split(estate: Any, made: NewEscrow = MADE) -> None:
    await estate.ask(m.SplitEscrow(made.public, made.test, made.test_digest, 5, 3))


@pytest.mark.parametrize("chosen", [(0, 1, 2), (4, 2, 0), (1, 3, 4), (0, 1, 2, 3, 4)])
def test_any_three_shares_make_the_key(chosen: tuple[int, ...]) -> None:
    key = put_together([MADE.words[at] for at in chosen], NAMED)
    assert key.public_key().public_bytes_raw() == MADE.public
    assert open_test(key, MADE.test)


def test_shares_are_words_as_people_write_them() -> None:
    words = [f"  {MADE.words[at].upper()}\n" for at in (0, 1, 2)]
    put_together([words[0].replace(" ", "\n  "), *words[1:]], NAMED)


def test_what_is_wrong_with_shares_is_told_apart_and_no_word_is_repeated() -> None:
    first, second, third = MADE.words[:3]
    other = new_escrow(5, 3)
    words = first.split()
    other_word = "academic" if words[9] != "academic" else "acid"
    slip = " ".join([*words[:9], other_word, *words[10:]])
    cases: list[tuple[list[str], type[EscrowError]]] = [
        ([], TooFewShares),
        ([first, second], TooFewShares),
        ([first, first, second], ShareGivenTwice),
        ([first, slip, third], ShareMistyped),
        ([first, second, third + " abacus"], ShareMistyped),
        ([first, second, third.rsplit(" ", 1)[0]], ShareMistyped),
        ([first, second, "siti"], ShareMistyped),
        ([first, second, other.words[2]], ShareOfAnotherSplit),
        (list(other.words[:3]), ShareOfAnotherSplit),
    ]
    for given, error in cases:
        with pytest.raises(error) as told:
            put_together(given, NAMED)
        said = str(told.value).split()
        assert not {word for text in given for word in text.split() if len(word) > 5} & set(said)
        assert told.value.remedy
    with pytest.raises(SharesWrong):
        open_test(X25519PrivateKey.generate(), MADE.test)
    for shares, threshold in ((5, 1), (3, 4), (17, 3), (1, 1)):
        with pytest.raises(EscrowError):
            new_escrow(shares, threshold)
    assert first not in repr(MADE)


def test_a_rehearsal_is_believed_only_with_what_is_in_the_test(estate_of, arrival) -> None:
    async def run() -> None:
        async with estate_of() as estate:
            await estate.store(await estate.token(Role.RADIOGRAPHER), arrival(1))
            assert (await report(estate)).escrow.split_s == 0
            await split(estate)
            found = (await report(estate)).escrow
            assert (found.fingerprint, found.shares, found.threshold) == (NAMED, 5, 3)
            assert found.rehearsed_s == 0
            test = open_test(put_together(MADE.words[:3], NAMED), found.test)
            for wrong in (m.RehearseEscrow(NAMED, bytes(32)), m.RehearseEscrow("x", test)):
                with pytest.raises(EscrowRefused):
                    await estate.ask(wrong)
            assert (await report(estate)).escrow.rehearsed_s == 0
            await estate.ask(m.RehearseEscrow(NAMED, test))
            assert (await report(estate)).escrow.rehearsed_s == estate.clock.now_s
            with pytest.raises(Forbidden):
                await estate.ask(m.RehearseEscrow(NAMED, test), Caller.DOOR)
            estate.clock.now_s += 1
            await split(estate, new_escrow(5, 3))
            assert (await report(estate)).escrow.rehearsed_s == 0, "another key, not rehearsed"

    asyncio.run(run())


def test_the_archive_opens_again_without_its_kms_and_the_erased_stay_erased(
    estate_of, arrival, database, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(escrowing, "EVERY_S", 0.05)
    wrapped = tmp_path / "wrapped"

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            reader = await estate.token(Role.CLINICIAN)
            dpo = await estate.token(Role.DATA_PROTECTION_OFFICER)
            await estate.store(await estate.token(Role.RADIOGRAPHER, "H2"), arrival(1))
            grants = {number: await estate.store(maker, arrival(number)) for number in range(4)}
            two = arrival(3, study_uid="2.25.33", accession="33")
            await estate.store(maker, two)
            await split(estate)
            asked = m.Requester(dpo, Purpose.SYSTEM_ADMINISTRATION)
            erasures = []
            for named in (
                {"patient_number": arrival(1).patient.patient_id},
                {"study_uid": two.study_uid},
            ):
                order = m.OrderErasure(asked, "unlawful", "X-1", reason="Never consented.", **named)
                ordered = await estate.ask(order)
                await estate.agree(ordered.approval_id)
                await estate.ask(m.CarryOutErasure(asked, ordered.erasure_id))
                await settled(estate)
                erasures.append(ordered.erasure_id)
            # New patients' keys are added by themselves.
            grants[9] = await estate.store(maker, arrival(9))
            for _ in range(200):
                tail = escrow_file.read_tail(wrapped)
                if tail is not None and tail.count == 5:
                    break
                await asyncio.sleep(0.05)
            rows = list(escrow_file.read_rows(wrapped))
            assert len(rows) == 5
            assert grants[1].patient_id not in {row.patient_id for row in rows}
            assert all(key not in (wrapped / escrow_file.FILE).read_bytes()
                       for key in (grants[0].scope_key, MADE.words[0].encode()))  # fmt: skip
        # The machine is lost, and with it the KMS. What is there: database, wrapped keys, shares.
        shutil.rmtree(tmp_path / "kms")
        with pytest.raises(KmsError):
            async with estate_of():
                pass
        shutil.rmtree(tmp_path / "kms")  # a new one was made, and found to open nothing
        key = put_together([MADE.words[at] for at in (1, 2, 4)], NAMED)
        kms = FileKms.create(tmp_path / "kms")
        done = recover(wrapped, key, kms, None, estate.clock.now_s)
        assert (done.patients, done.generation) == (5, 1)
        for _ in range(2):
            async with estate_of() as estate:
                for at in (0, 2, 3, 9):
                    opened = await estate.open(reader, arrival(at).study_uid)
                    assert opened.scope_key == grants[at].scope_key
                for gone in (arrival(1), two):
                    with pytest.raises(RecordsErased):
                        await estate.store(maker, gone)
                await estate.store(maker, arrival(10))
                shown = await estate.ask(m.ShowErasure(asked, erasures[0]))
                assert shown.state == "complete"
                assert (await report(estate)).escrow.fingerprint == NAMED

    asyncio.run(run())


def test_a_damaged_or_foreign_escrow_file_changes_nothing(estate_of, arrival, tmp_path) -> None:
    wrapped = tmp_path / "wrapped"

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(3):
                await estate.store(maker, arrival(number))
            await split(estate)
            await estate.ask(m.RotateKeys())
            await settled(estate)

    asyncio.run(run())
    key = put_together(MADE.words[:3], NAMED)
    file = wrapped / escrow_file.FILE
    assert file.stat().st_mode & 0o077 == 0
    whole, before = file.read_bytes(), (wrapped / "keys.segel").read_bytes()

    def attempt(name: str, who: X25519PrivateKey = key) -> None:
        recover(wrapped, who, FileKms.create(tmp_path / name), None, 0.0)

    with pytest.raises(SharesWrong):
        attempt("other key", X25519PrivateKey.generate())
    for number, at in enumerate(range(0, len(whole), len(whole) // 60)):
        for kind, content in (
            ("cut", whole[:at]),
            ("flipped", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]),
        ):
            file.write_bytes(content)
            with pytest.raises((SharesWrong, escrow_file.EscrowFileBroken)):
                attempt(f"{kind}{number}")
            assert (wrapped / "keys.segel").read_bytes() == before
    file.unlink()
    with pytest.raises(escrow_file.EscrowFileBroken):
        attempt("absent")
    file.write_bytes(whole[: len(whole) // 2])

    async def rotate() -> None:
        async with estate_of() as estate:
            await settled(estate)
            await estate.ask(m.RotateKeys())
            await settled(estate)

    asyncio.run(rotate())
    attempt("written anew")


def test_only_keys_that_are_new_go_through_the_broker_again(
    estate_of, arrival, tmp_path, monkeypatch
) -> None:
    opened: list[int] = []
    whole = FileKms.unwrap_many

    def counted(self: FileKms, items: Any) -> Any:
        opened.append(len(items))
        return whole(self, items)

    async def run() -> None:
        async with estate_of() as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            for number in range(6):
                await estate.store(maker, arrival(number))
            monkeypatch.setattr(FileKms, "unwrap_many", counted)
            await split(estate)
            assert sum(opened) == 6
            await estate.store(maker, arrival(7))
            opened.clear()
            await estate.ask(m.RotateKeys())
            await settled(estate)
            # In the background whoever is new may be compared with the others, all seven.
            assert [one for one in opened if one != 7] == [1]
        tail = escrow_file.read_tail(tmp_path / "wrapped")
        assert tail is not None
        assert len(tail.segments) == 2

    asyncio.run(run())


def test_the_folder_of_the_shares_is_not_the_archives(tmp_path: Path) -> None:
    """What the broker keeps never holds a share: it is given the public half only."""
    assert set(m.SplitEscrow.__struct_fields__) == {
        "public", "test", "test_digest", "shares", "threshold",
    }  # fmt: skip


def test_an_archive_whose_openbao_is_lost_opens_in_a_new_one(
    estate_of, arrival, tmp_path, database
) -> None:
    lost, new = new_place("openbao", tmp_path), new_place("openbao", tmp_path)

    async def run() -> None:
        async with estate_of(kms=open_kms(lost, production=False)) as estate:
            maker = await estate.token(Role.RADIOGRAPHER)
            grants = [await estate.store(maker, arrival(number)) for number in range(3)]
            await split(estate)
            await estate.ask(m.RotateKeys())
            await settled(estate)
        key = put_together(MADE.words[2:], NAMED)
        kms = open_kms(new, production=False)
        recover(tmp_path / "wrapped", key, kms, described(new), 0.0)
        async with estate_of(kms=None) as estate:
            assert (await report(estate)).adapter == "openbao"
            for number, grant in enumerate(grants):
                again = await estate.store(maker, arrival(number))
                assert again.scope_key == grant.scope_key

    asyncio.run(run())
